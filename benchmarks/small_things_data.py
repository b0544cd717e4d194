"""Gets the pictures on which small things are looked for: drawn streets, a real clip, and real pictures at half scale.

The real sets with labels are 640 px wide, so that nothing is left to see in them at 1280. They are judged at half
scale: looked at as a whole at 320, and closely at 640; things of 48 px are then as small as those of 24 are at 640.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count, islice
from pathlib import Path

import numpy as np

from benchmarks.camera_clip import REAL_CLIP
from benchmarks.errors import NotPossibleError
from datasets.catalogue import material_set, read_material_set
from datasets.errors import DatasetError
from datasets.picture_files import clip_frames, read_bgr
from datasets.random_streets import MOMENTS_S, random_script
from datasets.scene import StreetScene
from vision.arrays import Boxes, Ids, Picture
from vision.boxes import areas
from vision.classes import VEHICLES, StreetClass
from vision.frames import Frame, Planes

DRAWN_SEED = 9_000_000
"""Streets that no training set is drawn from (`datasets.training_set.VAL_SEED`, as in `benchmarks.accuracy_data`)."""

DRAWN, DRAWN_WH = "drawn", (1280, 720)
LESSONS = 8
"""More moments of a street from which sizes are learned; a camera of the program has hundreds."""

SMALL_PX, LEAST_PX, SIDE_PX = 24.0, 6.0, 640
"""Bounds of what is small, as the side of a square of the box's area in a picture fitted into so many pixels."""

LEAST_SMALL = 5
"""A drawn street with fewer small things in the middle of its time is left out."""

LEAST_VISIBLE_RATIO = 0.5
MOTORWAY_MOMENTS_S = tuple(float(t_s) for t_s in np.arange(0.5, 22.5, 1.0))

CAR_M, PERSON_M = 2.0, 1.0
"""Metres of the smallest thing that is looked for in a set, as `smallest_m` of the rules has it."""


@dataclass(frozen=True, slots=True, eq=False)
class Marked:
    """One picture with what is marked in it; the arrays are None where nobody marked it.

    Attributes:
        camera: pictures of one camera share what is learned of sizes.
        frame: the picture.
        boxes: (N, 4) float32 xyxy, pixels.
        class_ids: (N,) int64; UNKNOWN is a vehicle of a kind that the set does not tell.
    """

    camera: str
    frame: Frame
    boxes: Boxes | None
    class_ids: Ids | None


@dataclass(frozen=True, slots=True)
class SmallSet:
    """Pictures that are judged together.

    Attributes:
        name: of the set.
        pictures: with their marks.
        lessons: more pictures of its cameras, from which only sizes are learned.
        smallest_m: metres of the smallest thing that is looked for.
        is_half: whether it is judged at half scale.
        is_complete: whether everything is marked, so that other finds are false.
        note: what a reader must know.
    """

    name: str
    pictures: tuple[Marked, ...]
    lessons: tuple[Marked, ...]
    smallest_m: float
    is_half: bool
    is_complete: bool
    note: str


def drawn(streets: int, moments: int) -> SmallSet:
    """Return drawn streets at 1280x720 with their truth, each at some moments: those with enough small things."""
    pictures: list[Marked] = []
    lessons: list[Marked] = []
    for name, scene in islice(_far_streets(), streets):
        for t_s in np.linspace(1, MOMENTS_S - 1, moments):
            bgr, truth = scene.render(float(t_s))
            seen = truth.visible_ratios >= LEAST_VISIBLE_RATIO
            pictures.append(Marked(name, _frame(name, bgr), truth.boxes[seen], truth.class_ids[seen]))
        for t_s in np.linspace(2, MOMENTS_S - 2, LESSONS):
            lessons.append(Marked(name, _frame(name, scene.picture(float(t_s))), None, None))
    note = f"{streets} streets at 1280x720, the first with {LEAST_SMALL} small things each; exact truth"
    return SmallSet(DRAWN, tuple(pictures), tuple(lessons), PERSON_M, is_half=False, is_complete=True, note=note)


def motorway(material: Path) -> SmallSet:
    """Return moments of the motorway clip; nobody marked it.

    Raises:
        NotPossibleError: the clip is not there or cannot be read.
    """
    path = material / REAL_CLIP
    try:
        frames = [frame for _, frame in clip_frames(path, MOTORWAY_MOMENTS_S)]
    except DatasetError as err:
        raise NotPossibleError(str(err)) from None
    pictures = tuple(Marked("motorway", frame, None, None) for frame in frames)
    note = "a real clip at 1280x720 that nobody marked: what the same model finds at 1280 with a score of 0.5 is taken"
    return SmallSet(
        "motorway",
        pictures,
        (),
        CAR_M,
        is_half=False,
        is_complete=False,
        note=f"{note} for true: nothing is said of 1280, and the closer look is flattered",
    )


def labelled(material: Path, name: str, most: int) -> SmallSet:
    """Return real pictures of a set of the catalogue, at most so many, spread over the set.

    Raises:
        NotPossibleError: it is not there or cannot be read.
    """
    try:
        found = read_material_set(material, material_set(name)).pictures
        rows = np.unique(np.linspace(0, len(found) - 1, min(most, len(found))).round().astype(int))
        pictures = [
            Marked(p.camera, _frame(p.camera, read_bgr(p.source)), p.labels.boxes, p.labels.class_ids)
            for p in (found[row] for row in rows)
        ]
    except DatasetError as err:
        raise NotPossibleError(f"{name}: {err}") from None
    note = "real pictures of 640x640 judged at half scale: whole at 320, closely at 640; small is up to 48 px of 640"
    return SmallSet(name, tuple(pictures), (), CAR_M, is_half=True, is_complete=False, note=note)


def groups_of(class_ids: Ids) -> Ids:
    """Return (N,) int64: 0 for vehicles, 1 for people, -1 for what is not judged."""
    vehicles = [*VEHICLES, StreetClass.UNKNOWN]
    return np.where(np.isin(class_ids, vehicles), 0, np.where(class_ids == StreetClass.PERSON, 1, -1))


def spread_over(pictures: Sequence[Marked], most: int) -> list[Marked]:
    """Return at most so many of the pictures, spread over them."""
    rows = np.unique(np.linspace(0, len(pictures) - 1, min(most, len(pictures))).round().astype(int))
    return [pictures[row] for row in rows]


def _far_streets() -> Iterator[tuple[str, StreetScene]]:
    """Yield streets with small things, by name."""
    for number in count():
        script, light = random_script(DRAWN_SEED + number)
        scene = StreetScene(script, DRAWN_WH, light)
        truth = scene.truth(MOMENTS_S / 2)
        sides = np.sqrt(areas(truth.boxes)) * SIDE_PX / DRAWN_WH[0]
        seen = (truth.visible_ratios >= LEAST_VISIBLE_RATIO) & (groups_of(truth.class_ids) >= 0)
        if int((seen & (sides >= LEAST_PX) & (sides <= SMALL_PX)).sum()) >= LEAST_SMALL:
            yield script.name, scene


def _frame(camera: str, bgr: Picture) -> Frame:
    return Frame(camera, 0, 0.0, datetime(2026, 1, 1, tzinfo=UTC), 0.0, Planes.from_bgr(bgr))
