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
    """What was wrong; the value says it of several, after their number."""

    BROKEN_PICTURE = "pictures cannot be read and are left out"
    NO_LABELS = "pictures have no label file and are left out"
    NO_PICTURE = "labels belong to no picture that is there"
    BAD_ROW = "pictures have a label that cannot be read and are left out"
    OTHER_SIZE = "pictures have another size than their labels say and are left out"
    DOUBLE_NAME = "pictures have a name that another one has, and are left out"
    CLIPPED = "boxes reach out of their picture and are cut to it"
    OUTSIDE = "boxes lie outside their picture and are dropped"
    NO_SIZE = "boxes have no width or height and are dropped"
    DOUBLE_ROW = "boxes are marked twice and dropped once"
    DOUBLE_ID = "labels have an id that another one has"
    ODD_SCORE = "scores lie outside 0 to 1 and are cut to it"
    LEFT_OUT_CLASS = "boxes are of a class that is left out on purpose"
    NO_NEGATIVES = "sets hold no picture without a box: a model learns from them that something is always there"
    OPEN_CLASSES = "pictures may hold unmarked things of a class that is trained"
    GREYED = "regions that say nothing are greyed"
    LOST_EVIDENCE = "evidence files are gone or were altered, and are left out"
    NO_VERDICT = "cases are left out, as nobody judged what is seen in them"


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
    return [f"{counts[kind]} {kind.value} (first: {first[kind]})" for kind in FindingKind if kind in counts]


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
