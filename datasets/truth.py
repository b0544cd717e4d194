"""Holds what is true of a drawn scene: boxes of one moment, and offences with their times."""

from dataclasses import dataclass

import numpy as np

from datasets.ground_camera import Metres
from vision.arrays import Boxes, Ids, Scores, SizeWH


@dataclass(frozen=True, slots=True)
class Offence:
    """Something unlawful that happens in a scene.

    Attributes:
        kind: `parking`, `vending` or `flyers`.
        actor_id: the vehicle, stall or paper.
        started_s: when it came to rest, was set up or was posted; seconds since the scene's beginning.
        ended_s: when it left, was packed up or was taken down.
        place: (x, y) metres on the ground.
    """

    kind: str
    actor_id: int
    started_s: float
    ended_s: float
    place: tuple[float, float]


@dataclass(frozen=True, slots=True, eq=False)
class Truth:
    """What is in one drawn picture; row i of every array is the same object.

    Attributes:
        t_s: seconds since the scene's beginning.
        size_wh: picture size in pixels.
        boxes: (N, 4) float32 xyxy, pixels, cut to the picture.
        class_ids: (N,) int64, values of `StreetClass`.
        object_ids: (N,) int64, the same for the same object over time.
        visible_ratios: (N,) float32: share of the object that is in the picture and hidden by nothing.
        ground: (N, 2) float64: where it stands, metres.
        papers: (P, 4) float32 boxes of flyers, pixels.
        paper_ids: (P,) int64.
    """

    t_s: float
    size_wh: SizeWH
    boxes: Boxes
    class_ids: Ids
    object_ids: Ids
    visible_ratios: Scores
    ground: Metres
    papers: Boxes
    paper_ids: Ids

    def __post_init__(self) -> None:
        n = len(self.boxes)
        shapes = (
            self.boxes.shape,
            self.class_ids.shape,
            self.object_ids.shape,
            self.visible_ratios.shape,
            self.ground.shape,
        )
        if shapes != ((n, 4), (n,), (n,), (n,), (n, 2)):
            raise ValueError(f"rows differ: {shapes}")

    def __len__(self) -> int:
        return len(self.boxes)


def no_papers() -> tuple[Boxes, Ids]:
    """Return the papers of a scene that has none."""
    return np.zeros((0, 4), np.float32), np.zeros(0, np.int64)
