"""Hides regions of a picture so that nothing of what they showed can be brought back.

A region becomes flat cells, each of the mean colour of what it covers. How many is a matter of what the picture is for:
of what leaves the house nothing is left in a region, at most nine colours of a face. In a moving picture it is one, as
many different mosaics of one face would tell more than one does. In pictures to learn from faces go the same way, but
a vehicle must still look like one, so of its lower part only so much goes that no plate can be read.
"""

import math
from itertools import pairwise

import cv2
import numpy as np

from cases.bystanders import Regions
from vision.arrays import Boxes, Picture

STILL_CELLS, MOVING_CELLS = 3, 1
"""Cells along a region's longer side: in a still, and in each picture of a clip."""

PLATE_CELLS, SMALL_PLATE_CELLS = 40, 20
"""Cells along the lower part of a vehicle, and of one on two or three wheels, in a picture to learn from. A character
of a plate is 5 to 6 cm wide, a car from ahead 1.8 m, a motorcycle from behind 0.8 m: no character has more than a cell
and a half."""


LEARNT_HIGHER_RATIO = 0.25
"""By how much of its height a vehicle's band is coarsened further up in a picture to learn from: down from a quarter
of the vehicle, as so fine cells cost it nothing of its shape."""


def hide_to_learn(bgr: Picture, regions: Regions) -> Picture:
    """Return a copy of an (H, W, 3) picture for training: nobody and no plate can be told, vehicles still can."""
    higher = regions.plates.copy()
    higher[:, 1] -= LEARNT_HIGHER_RATIO * (higher[:, 3] - higher[:, 1])
    hidden = hide(bgr, higher, cells=PLATE_CELLS)
    hidden = hide(hidden, regions.small_plates, cells=SMALL_PLATE_CELLS)
    return hide(hidden, regions.heads, cells=STILL_CELLS)


def hide(bgr: Picture, regions: Boxes, *, cells: int = STILL_CELLS) -> Picture:
    """Return a copy of an (H, W, 3) picture with (N, 4) regions turned to flat cells, square but for rounding.

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
    cell_px = max(1.0, max(part.shape[:2]) / cells)
    rows, columns = (
        np.linspace(0, side, max(1, round(side / cell_px)) + 1).round().astype(int) for side in part.shape[:2]
    )
    for top, bottom in pairwise(rows):
        for left, right in pairwise(columns):
            colour = cv2.mean(part[top:bottom, left:right])
            cv2.rectangle(part, (left, top), (right - 1, bottom - 1), colour, cv2.FILLED)
