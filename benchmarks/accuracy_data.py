"""Chooses the pictures that models are judged on, and says of each set what may be judged on it.

No set here is one that `street-nano` was trained on. Pretrained models have seen pictures of COCO in training.
"""

import tempfile
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from benchmarks.bgr_frame import as_frame
from benchmarks.errors import NotPossibleError
from datasets.catalogue import MATERIAL_SETS, read_material_set
from datasets.errors import DatasetError
from datasets.formats import read_set
from datasets.labelled import ClipMoment, Domain, LabelledPicture
from datasets.picture_files import clip_frames, read_bgr
from datasets.reading import SetFacts
from datasets.training_set import DRAWING_VERSION, TrainingSetSettings, write_training_set
from vision.classes import VEHICLES, StreetClass
from vision.frames import Frame

DRAWN = "drawn"
DRAWN_PICTURES = 160
DRAWN_SEED = 9
"""Of streets that no training set is drawn from (`datasets.training_set.VAL_SEED` parts them, too)."""


@dataclass(frozen=True, slots=True)
class Yardstick:
    """Some pictures that are judged together.

    Attributes:
        name: of the set.
        pictures: what is marked in them.
        note: what a reader must know to judge the figures.
    """

    name: str
    pictures: tuple[LabelledPicture, ...]
    note: str

    @property
    def domain(self) -> Domain:
        """From where its pictures look at the street."""
        return self.pictures[0].origin.domain


AS_COMPLETE = {
    "jamcam": (
        VEHICLES,
        "two London traffic cameras; every vehicle of 24 px and more is taken to be marked, which most are",
    ),
    "coco128": (frozenset[StreetClass](), "photographs; the pretrained models were trained on them"),
}
"""Sets of the material that are judged by default: what is taken to be marked completely beyond what the catalogue
says, and a note."""

DEFAULT_DATA = (*AS_COMPLETE, DRAWN)


def yardstick(name: str, material: Path) -> Yardstick:
    """Return the pictures of a set.

    Args:
        name: `drawn`, a set of the catalogue, or a folder in YOLO or COCO format.
        material: the folder of the catalogue's sets.

    Raises:
        NotPossibleError: it is not there or cannot be read.
    """
    try:
        if name == DRAWN:
            return Yardstick(DRAWN, _drawn(), "streets that were not trained on")
        entries = [entry for entry in MATERIAL_SETS if entry.facts.name.startswith(name)]
        if not entries:
            found = read_set(name, SetFacts(Path(name).name)).pictures
            return Yardstick(Path(name).name, found, "judged as its files say")
        classes, note = AS_COMPLETE.get(name, (frozenset[StreetClass](), ""))
        pictures = [picture for entry in entries for picture in read_material_set(material, entry).pictures]
        return Yardstick(name, tuple(replace(p, complete=p.complete | classes) for p in pictures), note)
    except (DatasetError, ValueError) as err:
        raise NotPossibleError(f"{name}: {err}") from None


def frames_of(pictures: Sequence[LabelledPicture]) -> Iterator[tuple[LabelledPicture, Frame]]:
    """Yield each picture as a frame: those of clips as the program gets them, files from BGR as ultralytics does.

    Raises:
        DatasetError: a picture cannot be read.
    """
    moments: defaultdict[Path, dict[float, LabelledPicture]] = defaultdict(dict)
    for picture in pictures:
        if isinstance(picture.source, ClipMoment):
            moments[picture.source.path][picture.source.t_s] = picture
        else:
            yield picture, as_frame(read_bgr(picture.source))
    for path, by_time in moments.items():
        for t_s, frame in clip_frames(path, sorted(by_time)):
            yield by_time[t_s], frame


def _drawn() -> tuple[LabelledPicture, ...]:
    name = f"streetwarden-drawn-{DRAWING_VERSION}-{DRAWN_SEED}-{DRAWN_PICTURES}"
    folder = Path(tempfile.gettempdir()) / name
    settings = TrainingSetSettings(train_pictures=8, val_pictures=DRAWN_PICTURES, seed=DRAWN_SEED)
    write_training_set(folder, settings)
    every = frozenset(kind for kind in StreetClass if kind is not StreetClass.UNKNOWN)
    facts = SetFacts(DRAWN, "AGPL-3.0-or-later", Domain.DRAWN, complete=every)
    pictures = read_set(str(folder), facts).pictures
    return tuple(p for p in pictures if isinstance(p.source, Path) and p.source.parent.name == "val")
