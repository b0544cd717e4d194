"""Parts a view into cells, so that a look can say where it saw well; a thing is in the cell on which it stands.

Cells are numbered row by row from the top left, and are shares of the picture, so that they outlive a change of
resolution as zones do.
"""

from collections.abc import Collection

import cv2
import numpy as np

from vision.arrays import Boxes, Ids, Mask, Picture, SizeWH
from vision.boxes import areas, feet
from vision.zones import Zone

GRID_WH = (32, 18)
"""Cells across and down: 40 x 40 px at 720p, about as large as the things that are small in it."""

FINER = 4
"""A zone is drawn so many times finer than the cells; one that touches a cell takes it."""

PLAIN_PX, PLAIN_SIDE_PX = 48.0, 640
"""A thing this large, as the side of a square of its box's area in a picture fitted into 640 px, is plain to any look,
whatever smaller things may stand in its cell."""


def cells_under(boxes: Boxes, size_wh: SizeWH) -> Ids:
    """Return (N,) int64: the cell on which each thing stands, by the bottom centre of its box, in pixels."""
    grid = np.array(GRID_WH, np.float64)
    places = np.clip(feet(boxes) * (grid / np.array(size_wh)), 0, grid - 1).astype(np.int64)
    return places[:, 1] * GRID_WH[0] + places[:, 0]


def may_be_missed(boxes: Boxes, unclear: Collection[int], size_wh: SizeWH) -> Mask:
    """Return (N,) bool: which things a look may have missed that was too coarse in these cells."""
    plain_px = PLAIN_PX * max(size_wh) / PLAIN_SIDE_PX
    is_there = np.isin(cells_under(boxes, size_wh), np.array(sorted(unclear), np.int64))
    return np.asarray(is_there & (areas(boxes) < plain_px**2), bool)


def cells_of(zone: Zone) -> Mask:
    """Return (18, 32) bool: the cells that a zone touches."""
    width, height = GRID_WH[0] * FINER, GRID_WH[1] * FINER
    drawn = np.zeros((height, width), np.uint8)
    corners = zone.corners_px((width - 1, height - 1))
    cv2.fillPoly(drawn, [np.round(corners).astype(np.int32)], 1)
    return np.asarray(drawn.reshape(GRID_WH[1], FINER, GRID_WH[0], FINER).any(axis=(1, 3)), bool)


def cells_in(mask: Mask) -> tuple[int, ...]:
    """Return the cells in which any pixel of an (H, W) bool mask is set, whose sides are multiples of the grid's."""
    height, width = mask.shape[0] // GRID_WH[1], mask.shape[1] // GRID_WH[0]
    parts = mask.reshape(GRID_WH[1], height, GRID_WH[0], width).any(axis=(1, 3))
    return tuple(np.flatnonzero(parts).tolist())


def cell_mask(cells: Collection[int], size_wh: SizeWH) -> Picture:
    """Return (H, W) uint8 of a picture of that size: 255 in the cells, else 0."""
    mask = np.zeros(GRID_WH[0] * GRID_WH[1], np.uint8)
    mask[sorted(cells)] = 255
    return cv2.resize(mask.reshape(GRID_WH[1], GRID_WH[0]), size_wh, interpolation=cv2.INTER_NEAREST)
