"""Decides whether a thing stands in a zone, by where it touches the ground.

Of most things that is the lowest part of the box. A vehicle at the kerb is long and seen from oblique: its wheels stand
on a line that rises through the box from one lower corner, as steeply as the zone along the kerb does.
"""

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np

from vision.arrays import Points, SizeWH
from vision.boxes import feet
from vision.zones import Zone

Box = tuple[float, float, float, float]

FOOTPRINT_HEIGHT_RATIO = 0.3
"""The lowest share of a box that stands for the ground it occupies: a car seen from a pole at 20 to 40 degrees."""

INSET_RATIO = 0.08
"""Share of a box's width that is left out at either side."""

MIN_ELONGATION = 2.5
"""A zone that is not so many times longer than wide, in the picture, does not tell which way vehicles stand in it."""

MIN_WIDTH_RATIO = 1.2
"""A vehicle whose box is not so many times wider than high is seen from its end: it does not stand along the zone."""

END_RATIO = 0.2
"""Share of a box's width that the end of an oblique vehicle takes, before its long side begins."""

MAX_SLOPE = 1.0
"""Steeper in the picture, a zone leads away from the camera, and vehicles in it are seen from behind."""

MAX_RISE_RATIO = 0.6
"""Share of a box's height that the line of the wheels may rise in it: something must be left for the vehicle."""


def footprint_ratio(box: Box, zone: Zone, size_wh: SizeWH) -> float:
    """Return the share of the thing's footprint (the low part of its box) that lies in the zone, in steps of 1/21."""
    return _inside_ratio(box, 0.0, zone, size_wh)


def stands_in(box: Box, zone: Zone, size_wh: SizeWH, min_ratio: float) -> bool:
    """Return whether the foot point or a sufficient share of the footprint lies in the zone."""
    return _has_foot_in(box, zone, size_wh) or footprint_ratio(box, zone, size_wh) >= min_ratio


def vehicle_footprint_ratio(box: Box, zone: Zone, size_wh: SizeWH) -> float:
    """Return the same share for a vehicle, which may stand along the zone, seen from oblique: the larger of both."""
    ratio = footprint_ratio(box, zone, size_wh)
    slope = _outline(zone, size_wh).slope
    if slope == 0.0 or box[2] - box[0] < MIN_WIDTH_RATIO * (box[3] - box[1]):
        return ratio
    return max(ratio, _inside_ratio(box, slope, zone, size_wh))


def vehicle_stands_in(box: Box, zone: Zone, size_wh: SizeWH, min_ratio: float) -> bool:
    """Return whether the foot point or a sufficient share of the footprint of a vehicle lies in the zone."""
    return _has_foot_in(box, zone, size_wh) or vehicle_footprint_ratio(box, zone, size_wh) >= min_ratio


@dataclass(frozen=True, slots=True)
class _Outline:
    """The box around a zone, and how steeply it descends from left to right; 0 where it is not long and narrow."""

    box: Box
    slope: float


@lru_cache(maxsize=1024)
def _outline(zone: Zone, size_wh: SizeWH) -> _Outline:
    corners = zone.corners_px(size_wh)
    (x1, y1), (x2, y2) = corners.min(axis=0).tolist(), corners.max(axis=0).tolist()
    rectangle = cv2.boxPoints(cv2.minAreaRect(corners))
    sides = rectangle[1] - rectangle[0], rectangle[2] - rectangle[1]
    short, long = sorted(sides, key=lambda side: float(np.hypot(*side)))
    is_narrow = np.hypot(*long) >= MIN_ELONGATION * np.hypot(*short)
    is_across = abs(long[1]) <= MAX_SLOPE * abs(long[0])
    return _Outline((x1, y1, x2, y2), float(long[1] / long[0]) if is_narrow and is_across else 0.0)


def _has_foot_in(box: Box, zone: Zone, size_wh: SizeWH) -> bool:
    return bool(zone.contains(feet(np.array([box], np.float32)), size_wh)[0])


def _inside_ratio(box: Box, slope: float, zone: Zone, size_wh: SizeWH) -> float:
    """Return the share in the zone of the footprint of a thing whose line of wheels descends so to the right."""
    left, top, right, bottom = _outline(zone, size_wh).box
    if box[2] < left or box[0] > right or box[3] < top or box[1] > bottom:
        return 0.0  # most vehicles stand nowhere near
    return float(zone.contains(_footprint(box, slope), size_wh).mean())


def _footprint(box: Box, slope: float) -> Points:
    """Return 7 x 3 points of the ground that such a thing occupies."""
    x1, y1, x2, y2 = box
    along = np.linspace(INSET_RATIO, 1 - INSET_RATIO, 7)
    beyond = np.clip((along if slope < 0 else 1 - along) - END_RATIO, 0, None)  # the corner that is next to the camera
    risen_px = np.minimum(abs(slope) * (x2 - x1) * beyond, MAX_RISE_RATIO * (y2 - y1))
    depth_px = FOOTPRINT_HEIGHT_RATIO * (y2 - y1 - float(risen_px.max()))
    xs, near = x1 + along * (x2 - x1), y2 - risen_px
    rows = [np.stack([xs, near - back], axis=1) for back in np.linspace(0, depth_px, 3)]
    return np.concatenate(rows).astype(np.float32)
