"""Measures how orderly vehicles stand: how much ground they are spread over, and how many are turned another way.

Vehicles in a row take little ground each and are seen from the same side; thrown down anyhow they take much, or show
different sides. Nothing here knows what they are.
"""

import cv2
import numpy as np

from vision.arrays import Boxes, Points
from vision.boxes import feet
from vision.scenes import Scene

BICYCLE_M = 1.2
"""Size of a two-wheeler as cameras see it, as in `vision.ground_scale`: the metre where no ground plane is known."""

FORESHORTENED = 2.0
"""Up the picture a pixel covers so many times the ground of one across, seen from a pole at 30 degrees."""

TURNED_LOG = 0.35
"""Width by height that differs by a factor of 1.4 from that of most: another side is seen, not the same one askew."""


def area_m2(boxes: Boxes, scene: Scene) -> float:
    """Return the ground between vehicles in square metres for each: the hull of where they stand, by their number.

    Args:
        boxes: (N, 4) xyxy in pixels of the scene's frame; N at least 1.
        scene: whose ground tells the metres; where it is not known the vehicles' own size does, roughly.
    """
    places = np.asarray(_places_m(boxes, scene), np.float32)
    places = places[np.isfinite(places).all(axis=1)]
    if len(places) < 3:
        return 0.0
    return float(cv2.contourArea(cv2.convexHull(places))) / len(boxes)


def turned_ratio(boxes: Boxes) -> float:
    """Return the share of vehicles that are seen from another side than most: in [0, 1]."""
    sides = np.maximum(boxes[:, 2:] - boxes[:, :2], 1)
    shapes = np.log(sides[:, 0] / sides[:, 1])
    return float((np.abs(shapes - np.median(shapes)) > TURNED_LOG).mean())


def _places_m(boxes: Boxes, scene: Scene) -> Points:
    if scene.ground is not None:
        return np.asarray(scene.ground.feet_m(boxes, scene.size_wh), np.float32)
    sizes_px = np.sqrt(np.maximum(boxes[:, 2:] - boxes[:, :2], 1).prod(axis=1))
    pixel_m = BICYCLE_M / float(np.median(sizes_px))
    return np.asarray(feet(boxes) * np.array([pixel_m, FORESHORTENED * pixel_m]), np.float32)
