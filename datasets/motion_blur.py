"""Smears what moves while a picture is exposed, along its way in the picture."""

import math

import cv2
import numpy as np

from datasets.sketches import SHIFT, Sketch
from vision.arrays import Picture

LEAST_PX = 1.6
"""Shorter smears cannot be seen."""

LONGEST_PX = 60.0
MOST_COPIES = 12


def paint_moving(bgr: Picture, sketch: Sketch, way_px: tuple[float, float]) -> None:
    """Draw a sketch that moved by (right, down) pixels while the picture was exposed, in place.

    The middle of the exposure is where the sketch is, so that its box lies in the middle of the smear.
    """
    length = math.hypot(*way_px)
    if length < LEAST_PX:
        sketch.paint(bgr)
        return
    short = min(1.0, LONGEST_PX / length)
    dx, dy = way_px[0] * short, way_px[1] * short
    height, width = bgr.shape[:2]
    reach_x, reach_y = math.ceil(abs(dx) / 2) + 2, math.ceil(abs(dy) / 2) + 2
    x0, y0 = max(0, int(sketch.box[0]) - reach_x), max(0, int(sketch.box[1]) - reach_y)
    x1, y1 = min(width, int(sketch.box[2]) + reach_x), min(height, int(sketch.box[3]) + reach_y)
    if x1 - x0 < 2 or y1 - y0 < 2:
        return
    patch = bgr[y0:y1, x0:x1]
    colour, mask = _alone(sketch, (x0 - reach_x, y0 - reach_y), (x1 - x0 + 2 * reach_x, y1 - y0 + 2 * reach_y))
    copies = min(MOST_COPIES, max(3, math.ceil(max(abs(dx), abs(dy)))))
    total = np.zeros((*patch.shape[:2], 3), np.uint16)
    cover = np.zeros(patch.shape[:2], np.uint16)
    for share in np.linspace(-0.5, 0.5, copies):
        left, top = reach_x - round(dx * share), reach_y - round(dy * share)
        window = slice(top, top + patch.shape[0]), slice(left, left + patch.shape[1])
        cv2.add(total, colour[window], dst=total, dtype=cv2.CV_16U)
        cv2.add(cover, mask[window], dst=cover, dtype=cv2.CV_16U)
    left_ratio = 255 - cv2.convertScaleAbs(cover, alpha=1 / copies)
    factor = cv2.cvtColor(left_ratio, cv2.COLOR_GRAY2BGR)
    cv2.multiply(patch, factor, dst=patch, scale=1 / 255)
    cv2.add(patch, cv2.convertScaleAbs(total, alpha=1 / copies), dst=patch)


def smear_across(bgr: Picture, way_px: float) -> None:
    """Smear a whole picture sideways by so many pixels, as while a camera turns, in place."""
    wide = round(min(abs(way_px), LONGEST_PX))
    if wide >= 2:
        cv2.blur(bgr, (wide, 1), dst=bgr)


def _alone(sketch: Sketch, corner: tuple[int, int], size_wh: tuple[int, int]) -> tuple[Picture, Picture]:
    """The sketch on black, and its mask, in a window of the picture."""
    colour = np.zeros((size_wh[1], size_wh[0], 3), np.uint8)
    mask = np.zeros((size_wh[1], size_wh[0]), np.uint8)
    move = np.array(corner, np.int32) << SHIFT
    for polygon, bgr in zip(sketch.polygons, sketch.colours, strict=True):
        cv2.fillPoly(colour, [polygon - move], bgr, cv2.LINE_AA, SHIFT)
        cv2.fillPoly(mask, [polygon - move], 255, cv2.LINE_AA, SHIFT)
    return colour, mask
