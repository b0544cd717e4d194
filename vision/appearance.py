"""Tells whether two crops of one place show the same thing, in whatever light, or another thing that stands there now.

Shape is compared by directions of edges in a grid of cells, each made free of contrast; colour by how much more or less
of blue, green and red the thing gives back than the ground around it, which a lamp or a cloud changes for both. So two
things are the same where nobody could tell them apart by shape and paint; one that a dark street hides is not known
again. Measured in drawn streets, see docs/second-opinion.md.

Belongs here: crops and their comparison. Does not: patches that prove that a thing stands still (stillness).
"""

from dataclasses import dataclass

import cv2
import numpy as np

from vision.arrays import FloatArray, Picture

Box = tuple[float, float, float, float]

SIDE_PX, CELLS, DIRECTIONS = 64, 8, 8
"""A crop is made so many pixels wide and high, cut into so many cells a side, with so many directions in each."""

MIN_SIDE_PX = 24
"""Smaller boxes have no shape that could be told from another one's."""

MIN_SPREAD = 4.0
"""Crops that vary less (grey values, sigma) are noise."""

SHIFTS = (-0.04, 0.0, 0.04)
"""Shares of the box's sides by which a crop may be displaced: cameras shake, and boxes are loose."""

SAME_SHAPE, SAME_PAINT, SAME_LEVEL = 0.8, 0.18, 1.2
"""From which likeness of shape on, and up to which differences of paint and of brightness, two crops show the same.

In drawn streets (benchmarks/results/look_alikes.json) one thing in two of day, cloud, dusk and night has a shape of
0.81 at the worst where lamps shine (0.76 where none do), and paints that differ by 0.14 at most; another body at its
place has 0.76 at the best, another paint 0.21 at the least. The level only parts black from white: a night without
lamps takes 1.05 off a bright cart."""

OTHER_SHAPE = 0.5
"""A likeness of shape below which a crop surely shows something else: another thing, or the street behind the one that
left. Between this and `SAME_SHAPE` shape alone does not tell.

In the same streets the road alone has a shape of 0.48 at the best."""

MOST_OF_A_CELL = 0.4
"""Share that one direction may have of a cell's surroundings: one bright edge must not be the whole shape."""

_EPSILON = 0.255
_FLOOR, _VEIL_RATIO = 2.0, 0.1
"""Added to colours before their ratio is taken, in grey values and as a share of the ground's: in the dark a grey value
of 1 or 2 is chance, and lenses lay a veil over what is black."""


@dataclass(frozen=True, slots=True, eq=False)
class Appearance:
    """What a thing looks like.

    Attributes:
        edges: (8, 8, 8) float32 in [0, 0.4]: direction, row, column.
        colour: (3,) float32: natural logarithm of blue, green and red against the ground around the thing.
    """

    edges: FloatArray
    colour: FloatArray


@dataclass(frozen=True, slots=True)
class Resemblance:
    """How alike two crops are: shape in [0, 1], and how much paint and brightness differ, as logarithms of ratios."""

    shape: float
    paint: float
    level: float

    @property
    def is_same(self) -> bool:
        """Whether they show the same thing, or one that nobody could tell from it."""
        return self.shape >= SAME_SHAPE and self.paint <= SAME_PAINT and self.level <= SAME_LEVEL


def appearance_of(bgr: Picture, box: Box) -> Appearance | None:
    """Return what stands in a box, or None where it is too small or too plain to be told from anything else.

    Args:
        bgr: (H, W, 3) uint8.
        box: xyxy in its pixels, clipped to it.
    """
    edges = edges_of(cv2.cvtColor(bgr, cv2.COLOR_BGR2GRAY), box)
    return None if edges is None else Appearance(edges, _colour(bgr, box))


def resemblance(kept: Appearance, bgr: Picture, box: Box) -> Resemblance | None:
    """Return how much what stands in a box resembles what is kept; None where nothing can be told.

    Args:
        kept: of a picture of the same view.
        bgr: (H, W, 3) uint8.
        box: the box that it was kept of, in pixels of this picture.
    """
    shape = shape_likeness(kept.edges, cv2.cvtColor(bgr, cv2.COLOR_BGR2GRAY), box)
    if shape is None:
        return None
    ratios = kept.colour - _colour(bgr, box)
    level = float(ratios.mean())
    return Resemblance(shape, float(np.abs(ratios - level).max()), abs(level))


def shape_likeness(kept: FloatArray, luma: Picture, box: Box) -> float | None:
    """Return in [0, 1] how much the shape of what stands in a box is like one that is kept; None where it has none.

    Args:
        kept: `edges_of` a picture of the same view.
        luma: (H, W) uint8.
        box: the box that it was kept of, in pixels of this picture.
    """
    across, down = box[2] - box[0], box[3] - box[1]
    shifted = [
        (box[0] + x * across, box[1] + y * down, box[2] + x * across, box[3] + y * down) for x in SHIFTS for y in SHIFTS
    ]
    found = [_correlation(kept, edges) for each in shifted if (edges := edges_of(luma, each)) is not None]
    return max(0.0, *found) if found else None


def edges_of(luma: Picture, box: Box) -> FloatArray | None:
    """Return the shape of what stands in a box, (8, 8, 8) as in `Appearance`, or None where it is too small or plain.

    Args:
        luma: (H, W) uint8.
        box: xyxy in its pixels, clipped to it.
    """
    x1, y1, x2, y2 = _clipped(luma, box)
    crop = luma[y1:y2, x1:x2]
    if x2 - x1 < MIN_SIDE_PX or y2 - y1 < MIN_SIDE_PX or float(crop.std()) < MIN_SPREAD:
        return None
    small = cv2.resize(crop, (SIDE_PX, SIDE_PX), interpolation=cv2.INTER_AREA).astype(np.float32)
    small = cv2.GaussianBlur(small, (0, 0), 0.8)
    across, down = cv2.Sobel(small, cv2.CV_32F, 1, 0), cv2.Sobel(small, cv2.CV_32F, 0, 1)
    return _cells(np.hypot(across, down), np.mod(np.arctan2(down, across), np.pi) * (DIRECTIONS / np.pi))


def _cells(strengths: FloatArray, directions: FloatArray) -> FloatArray:
    """Return strengths by direction and cell, each made free of the contrast around it."""
    lower = np.floor(directions)
    share, lower = directions - lower, lower.astype(np.int64) % DIRECTIONS
    side = SIDE_PX // CELLS
    cells = np.empty((DIRECTIONS, CELLS, CELLS), np.float32)
    for direction in range(DIRECTIONS):
        part = strengths * ((1 - share) * (lower == direction) + share * ((lower + 1) % DIRECTIONS == direction))
        cells[direction] = part.reshape(CELLS, side, CELLS, side).sum(axis=(1, 3))
    power = np.maximum(cv2.blur((cells * cells).sum(axis=0), (3, 3), borderType=cv2.BORDER_REPLICATE), 0) * 9
    around = np.sqrt(power) + _EPSILON  # the running sums of a blur may end below 0 by rounding
    return np.minimum(cells / around, MOST_OF_A_CELL).astype(np.float32)


def _correlation(a: FloatArray, b: FloatArray) -> float:
    a, b = a - a.mean(), b - b.mean()
    return float((a * b).sum() / max(float(np.sqrt((a * a).sum() * (b * b).sum())), 1e-9))


def _colour(bgr: Picture, box: Box) -> FloatArray:
    """Return the colour of the middle of a box against that of strips above and below it, (3,) logarithms of ratios."""
    x1, y1, x2, y2 = _clipped(bgr, box)
    width, height = x2 - x1, y2 - y1
    inner = bgr[y1 + height // 5 : y2 - height // 5, x1 + width // 5 : x2 - width // 5].reshape(-1, 3)
    strips = bgr[max(0, y1 - height // 4) : y1, x1:x2], bgr[y2 : y2 + height // 6, x1:x2]
    ground = np.concatenate([strip.reshape(-1, 3) for strip in strips])
    if not len(ground):  # it fills the picture from top to bottom
        ground = bgr.reshape(-1, 3)
    around = ground.mean(axis=0)
    veil = _VEIL_RATIO * around + _FLOOR
    return np.log((inner.mean(axis=0) + veil) / (around + veil)).astype(np.float32)


def _clipped(picture: Picture, box: Box) -> tuple[int, int, int, int]:
    height, width = picture.shape[:2]
    return max(0, int(box[0])), max(0, int(box[1])), min(width, int(box[2])), min(height, int(box[3]))
