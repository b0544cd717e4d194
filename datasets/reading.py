"""Says what files of labels do not: the facts about a set that its reader is given."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from datasets.camera_keys import CameraRule, each_its_own
from datasets.findings import Finding, FindingKind
from datasets.labelled import Domain, Origin
from datasets.picture_files import PICTURE_ENDINGS
from vision.classes import StreetClass


@dataclass(frozen=True, slots=True)
class SetFacts:
    """What is known of a set besides its files.

    Attributes:
        name: of the set.
        licence: as the set states it.
        domain: from where its pictures look.
        class_map: name of a class → label of a street class, or `ignore`; see `datasets.class_map`.
        complete: classes that are marked completely; None for all that the set's names mean.
        camera_rule: who took which picture, from their names.
        unlabelled_are_empty: whether a picture without a label file shows nothing, as some programs write sets; else it
            is taken for one that nobody looked at.
    """

    name: str
    licence: str = "not stated"
    domain: Domain = Domain.STREET_CAMERA
    class_map: Mapping[str, str] = field(default_factory=dict)
    complete: frozenset[StreetClass] | None = None
    camera_rule: CameraRule = each_its_own
    unlabelled_are_empty: bool = False

    @property
    def origin(self) -> Origin:
        """What every picture of the set carries."""
        return Origin(self.name, self.licence, self.domain)

    def cameras(self, names: Sequence[str]) -> list[str]:
        """Return the camera of each picture, unique over all sets."""
        return [f"{self.name}/{camera}" for camera in self.camera_rule(names)]


def picture_paths(folder: Path) -> list[Path]:
    """Return the picture files at any depth below a folder, in the order of their names."""
    return sorted(p for p in folder.rglob("*") if p.suffix.lower() in PICTURE_ENDINGS and p.is_file())


def plain_names(relatives: Sequence[str]) -> list[str]:
    """Return a name for each picture by its path below its set's folder: without ending, folders joined by `-`.

    Folders of the layout, as `train/images`, are left away unless two pictures then had one name.
    """
    paths = [PurePosixPath(relative).with_suffix("") for relative in relatives]
    short = ["-".join([p for p in path.parts[:-1] if p not in LAYOUT_FOLDERS] + [path.name]) for path in paths]
    counts = Counter(short)
    whole = ["-".join(part for part in path.parts if part not in ("/", "..")) for path in paths]
    return [s if counts[s] == 1 else w for s, w in zip(short, whole, strict=True)]


LAYOUT_FOLDERS = frozenset({"images", "img1", "train", "val", "valid", "test", "/", ".."})
"""Folders that belong to a format's layout."""


def all_at(kind: FindingKind, places: Iterable[object]) -> list[Finding]:
    """Return a finding of one kind for each place."""
    return [Finding(kind, str(place)) for place in places]
