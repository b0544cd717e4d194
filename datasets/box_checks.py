"""Checks boxes as files give them: finite, of some size, inside their picture."""

import numpy as np
import numpy.typing as npt

from datasets.findings import Finding, FindingKind
from vision.arrays import Boxes, Mask, SizeWH

EDGE_PX = 0.5
"""A box that reaches less far beyond the edge was rounded; more is a mistake that is told."""


def checked_boxes(
    boxes: npt.NDArray[np.float64], size_wh: SizeWH, place: str
) -> tuple[Boxes, Mask, tuple[Finding, ...]]:
    """Cut boxes to their picture and tell which of them are of use.

    Args:
        boxes: (N, 4) xyxy, pixels; finite.
        size_wh: of the picture.
        place: file or picture, for what is told.

    Returns:
        (N, 4) float32 boxes inside the picture, (N,) bool which of them have an area there, and what was wrong.

    Raises:
        ValueError: a number is not finite.
    """
    if not np.isfinite(boxes).all():
        raise ValueError("a box has a side that is no number")
    limit = np.array([*size_wh, *size_wh], np.float64)
    inside = np.clip(boxes, 0, limit)
    has_size = (boxes[:, 2] > boxes[:, 0]) & (boxes[:, 3] > boxes[:, 1])
    cut = inside.astype(np.float32)
    has_area = has_size & (cut[:, 2] > cut[:, 0]) & (cut[:, 3] > cut[:, 1])
    reaches_out = (np.abs(inside - boxes) > EDGE_PX).any(axis=1)
    kinds = (
        (FindingKind.NO_SIZE, ~has_size),
        (FindingKind.OUTSIDE, has_size & ~has_area),
        (FindingKind.CLIPPED, has_area & reaches_out),
    )
    return cut, has_area, tuple(Finding(kind, place) for kind, rows in kinds for _ in range(int(rows.sum())))


def from_ltwh(rows: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return (N, 4) xyxy of (N, 4) left, top, width, height; exact for what `to_ltwh` gave."""
    with np.errstate(over="ignore", invalid="ignore"):  # what is not finite afterwards is refused by `checked_boxes`
        return np.concatenate([rows[:, :2], rows[:, :2] + rows[:, 2:]], axis=1)


def to_ltwh(boxes: Boxes) -> npt.NDArray[np.float64]:
    """Return (N, 4) float64 left, top, width, height of (N, 4) float32 xyxy.

    In double precision the difference of two float32 pixel numbers is exact, so that nothing is lost on the way back.
    """
    wide = boxes.astype(np.float64)
    return np.concatenate([wide[:, :2], wide[:, 2:] - wide[:, :2]], axis=1)
