"""Holds what is true of a drawn scene: boxes of one moment, and offences with their times."""

from dataclasses import dataclass, field

import numpy as np

from datasets.barrel import bent
from datasets.ground_camera import Metres
from vision.arrays import Boxes, Ids, Mask, Scores, SizeWH


@dataclass(frozen=True, slots=True)
class Offence:
    """Something unlawful that happens in a scene.

    Attributes:
        kind: `parking`, `vending`, `spillover` or `flyers`.
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


LAWFUL_PRINTS = frozenset({"notice", "enamel", "cover", "stain"})
"""Kinds of print that hang rightly: what an office posted, enamel signs; and what is no print at all."""


@dataclass(frozen=True, slots=True, eq=False)
class GroundPlane:
    """How the ground lies in the picture, so that a detector can be given what a calibration would find.

    Attributes:
        homography: (3, 3) float64 from ground metres (x, y, 1) to the pixels that a straight lens would show, shaking
            included; its inverse leads back.
        door_lines: (D, 4) float64 x1, y1, x2, y2 in metres: how far each shop may put its things out.
        barrel_ratio: how much the lens bends those pixels (`datasets.barrel.bent`); 0 for a straight one.
        size_wh: of the picture, about whose middle it bends.
    """

    homography: Metres = field(default_factory=lambda: np.eye(3))
    door_lines: Metres = field(default_factory=lambda: np.zeros((0, 4)))
    barrel_ratio: float = 0.0
    size_wh: SizeWH = (0, 0)

    def __post_init__(self) -> None:
        if self.homography.shape != (3, 3) or self.door_lines.shape[1:] != (4,):
            raise ValueError(f"no ground plane: {self.homography.shape=} {self.door_lines.shape=}")
        if self.barrel_ratio and min(self.size_wh) <= 0:
            raise ValueError(f"a lens bends a picture that has a size: {self.barrel_ratio=} {self.size_wh=}")

    def pixels(self, ground: Metres) -> Metres:
        """Return (N, 2) pixels of (N, 2) ground points in metres that lie before the camera."""
        homogeneous = np.hstack([ground, np.ones((len(ground), 1))]) @ self.homography.T
        straight = homogeneous[:, :2] / homogeneous[:, 2:]
        return bent(straight, self.size_wh, self.barrel_ratio) if self.barrel_ratio else straight

    def door_lines_px(self) -> Metres:
        """Return the door lines as (D, 4) x1, y1, x2, y2 in pixels."""
        return self.pixels(self.door_lines.reshape(-1, 2)).reshape(-1, 4)


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
        papers: (P, 4) float32 boxes of what is posted, pixels: flyers, lettering, and lawful notices too.
        paper_ids: (P,) int64.
        paper_kinds: P kinds, as in `Paper.kind`.
        plane: how the ground lies in the picture.
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
    paper_kinds: tuple[str, ...] = ()
    plane: GroundPlane = field(default_factory=GroundPlane)

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
        if not len(self.papers) == len(self.paper_ids) == len(self.paper_kinds):
            raise ValueError(f"rows of papers differ: {self.papers.shape=} {self.paper_ids=} {self.paper_kinds=}")

    def __len__(self) -> int:
        return len(self.boxes)

    @property
    def paper_is_lawful(self) -> Mask:
        """(P,) bool: which of the papers hang rightly."""
        return np.array([kind in LAWFUL_PRINTS for kind in self.paper_kinds], bool)


def no_papers() -> tuple[Boxes, Ids]:
    """Return the papers of a scene that has none."""
    return np.zeros((0, 4), np.float32), np.zeros(0, np.int64)
