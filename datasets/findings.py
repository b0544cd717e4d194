"""Counts what was wrong in a set and was put right or left out, and says it in sentences.

A set of ten thousand pictures has a few bad ones. A reader goes on without them, but never in silence. A picture whose
labels cannot all be read is left out whole: trained on, it would teach that what it lacks is background.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from datasets.errors import SetEmptyError
from datasets.labelled import LabelledPicture


class FindingKind(StrEnum):
    """What was wrong; the value stands before their number."""

    BROKEN_PICTURE = "pictures left out, as they cannot be read"
    NO_LABELS = "pictures left out, as they have no label file"
    NO_PICTURE = "labels left out, as their picture is not there"
    BAD_ROW = "pictures left out, as a label of theirs cannot be read"
    OTHER_SIZE = "pictures left out, as their labels are of another size"
    DOUBLE_NAME = "pictures left out, as another one has their name"
    CLIPPED = "boxes cut to their picture"
    OUTSIDE = "boxes dropped, as they lie outside their picture"
    NO_SIZE = "boxes dropped, as they have no width or height"
    DOUBLE_ROW = "boxes dropped, as they are marked twice"
    DOUBLE_ID = "labels with an id that another one has"
    ODD_SCORE = "scores cut to 0 to 1"
    LEFT_OUT_CLASS = "boxes left out on purpose by their class"
    OPEN_CLASSES = "pictures left out, as things of a trained class may stand unmarked in them"
    GREYED = "regions greyed, as they say nothing"
    LOST_EVIDENCE = "cases left out, as their evidence is gone or not as it was written"
    NO_VERDICT = "cases left out, as nobody decided what is seen in them"
    NO_NEGATIVES = "sets in which every picture shows something: a model learns that something is always there"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was wrong: what, and where (file, line, name)."""

    kind: FindingKind
    place: str


class LeftOutError(Exception):
    """One picture cannot be used; its reader notes the finding and goes on with the next. Never leaves the package."""

    def __init__(self, kind: FindingKind, place: str) -> None:
        super().__init__(place)
        self.finding = Finding(kind, place)


@dataclass(frozen=True, slots=True, eq=False)
class LabelledSet:
    """Pictures of one set with what was wrong while reading them."""

    name: str
    pictures: tuple[LabelledPicture, ...]
    findings: tuple[Finding, ...]


def sentences(findings: Iterable[Finding]) -> list[str]:
    """Return one sentence for each kind of finding, with their number and the first place."""
    counts: dict[FindingKind, int] = {}
    first: dict[FindingKind, str] = {}
    for finding in findings:
        counts[finding.kind] = counts.get(finding.kind, 0) + 1
        first.setdefault(finding.kind, finding.place)
    return [f"{kind.value}: {counts[kind]} (first: {first[kind]})" for kind in FindingKind if kind in counts]


def finished_set(name: str, pictures: Sequence[LabelledPicture], findings: Sequence[Finding]) -> LabelledSet:
    """Return a set after the last checks: a second picture of a name is left out, a lack of negatives is said.

    Raises:
        SetEmptyError: no picture is left.
    """
    seen: set[str] = set()
    kept: list[LabelledPicture] = []
    found = list(findings)
    for picture in pictures:
        if picture.name in seen:
            found.append(Finding(FindingKind.DOUBLE_NAME, picture.name))
            continue
        seen.add(picture.name)
        kept.append(picture)
    if not kept:
        why = "; ".join(sentences(found)) or "there are none"
        raise SetEmptyError(f"set {name} holds no picture that can be used: {why}")
    if all(len(picture.labels) for picture in kept):
        found.append(Finding(FindingKind.NO_NEGATIVES, name))
    return LabelledSet(name, tuple(kept), tuple(found))
