"""Hides regions of a picture so that nothing of what they showed can be brought back.

A region becomes a few flat cells, each of the mean colour of what it covers: of a face at most nine colours are left.
In a moving picture it is one, as many different mosaics of one face would tell more than one does.
"""

import math
from itertools import pairwise

import numpy as np

from vision.arrays import Boxes, Picture

STILL_CELLS, MOVING_CELLS = 3, 1
"""Cells along a region's shorter side, and along its longer one: in a still, and in each picture of a clip."""


def hide(bgr: Picture, regions: Boxes, *, cells: int = STILL_CELLS) -> Picture:
    """Return a copy of an (H, W, 3) picture with (N, 4) regions turned to flat cells.

    Regions that overlap are one after the other made of what is there already, so no order shows more than another.

    Raises:
        ValueError: less than one cell.
    """
    if cells < 1:
        raise ValueError(f"a region needs at least one cell: {cells=}")
    hidden = bgr.copy()
    height, width = bgr.shape[:2]
    for x1, y1, x2, y2 in regions:
        left, top = max(0, math.floor(x1)), max(0, math.floor(y1))
        right, bottom = min(width, math.ceil(x2)), min(height, math.ceil(y2))
        if left < right and top < bottom:
            _flatten(hidden[top:bottom, left:right], cells)
    return hidden


def _flatten(part: Picture, cells: int) -> None:
    rows = np.linspace(0, part.shape[0], min(cells, part.shape[0]) + 1).round().astype(int)
    columns = np.linspace(0, part.shape[1], min(cells, part.shape[1]) + 1).round().astype(int)
    for top, bottom in pairwise(rows):
        for left, right in pairwise(columns):
            cell = part[top:bottom, left:right]
            cell[:] = cell.reshape(-1, 3).mean(axis=0).round().astype(np.uint8)
