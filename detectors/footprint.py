"""Decides whether a thing stands in a zone, by where it touches the ground."""

import numpy as np

from vision.arrays import SizeWH
from vision.boxes import feet
from vision.zones import Zone

Box = tuple[float, float, float, float]

FOOTPRINT_HEIGHT_RATIO = 0.3
"""The lowest share of a box that stands for the ground it occupies: a car seen from a pole at 20 to 40 degrees."""


def footprint_ratio(box: Box, zone: Zone, size_wh: SizeWH) -> float:
    """Return the share of the thing's footprint (the low part of its box) that lies in the zone, in steps of 1/21."""
    x1, y1, x2, y2 = box
    xs = np.linspace(x1 + 0.08 * (x2 - x1), x2 - 0.08 * (x2 - x1), 7)
    ys = np.linspace(y2 - FOOTPRINT_HEIGHT_RATIO * (y2 - y1), y2, 3)
    grid = np.stack(np.meshgrid(xs, ys), axis=-1).reshape(-1, 2).astype(np.float32)
    return float(zone.contains(grid, size_wh).mean())


def stands_in(box: Box, zone: Zone, size_wh: SizeWH, min_ratio: float) -> bool:
    """Return whether the foot point or a sufficient share of the footprint lies in the zone."""
    foot_inside = bool(zone.contains(feet(np.array([box], np.float32)), size_wh)[0])
    return foot_inside or footprint_ratio(box, zone, size_wh) >= min_ratio
