"""Polygons with a purpose in one view of a camera, stored as fractions so that they outlive a change of resolution."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from vision.arrays import Boxes, Mask, Points, SizeWH
from vision.boxes import feet
from vision.errors import PolygonError


@dataclass(frozen=True, slots=True)
class Zone:
    """A polygon in one camera's view.

    Attributes:
        zone_id: unique within the camera.
        name: what the operator called it.
        polygon: at least three corners as (x, y) fractions of width and height, each in [0, 1]; closed by itself.
        version: counts edits, from 1; evidence names the version that judged it.
    """

    zone_id: str
    name: str
    polygon: tuple[tuple[float, float], ...]
    version: int = 1

    def __post_init__(self) -> None:
        if len(self.polygon) < 3:
            raise PolygonError(f"zone {self.zone_id!r} has {len(self.polygon)} corners; a zone needs at least 3")
        for x, y in self.polygon:
            if not (0 <= x <= 1 and 0 <= y <= 1):
                raise PolygonError(
                    f"zone {self.zone_id!r} leaves the picture at ({x}, {y}); corners lie within 0 and 1"
                )
        if _area_ratio(self.polygon) < MIN_AREA_RATIO:
            raise PolygonError(f"zone {self.zone_id!r} has no area; its corners lie on one line or on one point")

    def corners_px(self, size_wh: SizeWH) -> Points:
        """Return the (N, 2) float32 corners in pixels of a frame of that size."""
        return (np.array(self.polygon, np.float32) * np.array(size_wh, np.float32)).astype(np.float32)

    def contains(self, points: Points, size_wh: SizeWH) -> Mask:
        """Return (N,) bool: which of the (N, 2) points, in pixels, lie in the zone; its border belongs to it."""
        contour = self.corners_px(size_wh).reshape(-1, 1, 2)
        return np.array([cv2.pointPolygonTest(contour, (float(x), float(y)), False) >= 0 for x, y in points], bool)

    def contains_feet(self, boxes: Boxes, size_wh: SizeWH) -> Mask:
        """Return (N,) bool: which objects stand in the zone, by the bottom centre of their boxes."""
        return self.contains(feet(boxes), size_wh)


def standing_mask(zones: Sequence[Zone], size_wh: SizeWH) -> Mask:
    """Return (H, W) bool: the zones in a picture of that size, and what lies above them, as things reach up there."""
    mask = np.zeros((size_wh[1], size_wh[0]), np.uint8)
    for zone in zones:
        cv2.fillPoly(mask, [np.round(zone.corners_px(size_wh)).astype(np.int32)], 1)
    if mask.any():
        mask = cv2.dilate(mask, np.ones((13, 9), np.uint8), anchor=(4, 0))
    return mask.astype(bool)


MIN_AREA_RATIO = 1e-5
"""Smallest zone, as a share of the picture: about 3 x 3 pixels at 720p; anything less is a slip of the mouse."""


def _area_ratio(polygon: tuple[tuple[float, float], ...]) -> float:
    return float(cv2.contourArea(np.array(polygon, np.float32).reshape(-1, 1, 2)))
