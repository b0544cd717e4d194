"""Tells how large things on a flat surface are, and how many pixels a metre has there, where its real size is known.

A surface that is seen from the side has more pixels a metre near the camera than far from it; what counts is the worst
spot, as paper may hang anywhere.

Belongs here: geometry; pure functions. Does not: what that is enough for (detectors.sheet_visibility).
"""

import cv2
import numpy as np

from vision.arrays import SizeWH
from vision.surfaces import surface_quad
from vision.zones import Zone

PROBE_M = 0.1
"""How far apart two points are whose distance in the picture is measured: less than a sheet, more than rounding."""

PROBES = 5
"""Spots along each side of the surface at which it is measured."""


class SurfaceScale:
    """A surface of known size in one view.

    Args:
        zone: the polygon that was drawn; its four corners, or the smallest rectangle around more, are the surface's.
        frame_wh: size of the picture in pixels.
        size_m: real width and height of the surface in metres, both above 0.
    """

    def __init__(self, zone: Zone, frame_wh: SizeWH, size_m: tuple[float, float]) -> None:
        width, height = size_m
        if width <= 0 or height <= 0:
            raise ValueError(f"a surface has a width and a height in metres, not {size_m}")
        metres = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
        quad = surface_quad(zone, frame_wh)
        self.size_m = size_m
        self._to_metres = cv2.getPerspectiveTransform(quad, metres)
        self._to_frame = cv2.getPerspectiveTransform(metres, quad)

    def px_per_m(self) -> tuple[float, float]:
        """Return pixels a metre along and up the surface, each where it is worst."""
        width, height = self.size_m
        step = min(PROBE_M, width / 2, height / 2)
        grid_x, grid_y = np.meshgrid(np.linspace(0, width - step, PROBES), np.linspace(0, height - step, PROBES))
        at = np.stack([grid_x.ravel(), grid_y.ravel()], axis=1).astype(np.float32)
        along, up = (self._pixels(at + move) - self._pixels(at) for move in ((step, 0), (0, step)))
        return float(np.linalg.norm(along, axis=1).min() / step), float(np.linalg.norm(up, axis=1).min() / step)

    def box_m(self, box: tuple[float, float, float, float]) -> tuple[float, float]:
        """Return width and height in metres of what fills a box (x1, y1, x2, y2) of the picture's pixels."""
        x1, y1, x2, y2 = box
        middle = np.array([[[x1, (y1 + y2) / 2]], [[x2, (y1 + y2) / 2]], [[(x1 + x2) / 2, y1]], [[(x1 + x2) / 2, y2]]])
        left, right, top, foot = cv2.perspectiveTransform(middle.astype(np.float32), self._to_metres)[:, 0]
        return float(np.linalg.norm(right - left)), float(np.linalg.norm(foot - top))

    def _pixels(self, metres: np.ndarray) -> np.ndarray:
        return cv2.perspectiveTransform(metres.astype(np.float32)[:, None], self._to_frame)[:, 0]
