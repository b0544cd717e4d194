"""Darkens and brightens soft patches of a picture: shadows on the ground, the glow of lamps."""

import cv2
import numpy as np

from datasets.ground_camera import Metres
from vision.arrays import Picture

REDUCTION = 4
"""Patches are drawn and blurred at a quarter of the size: soft edges need no more, and it costs a sixteenth."""


def darken(bgr: Picture, outline: Metres, strength_ratio: float) -> None:
    """Take `strength_ratio` of the light away inside a polygon of (K, 2) pixels with a soft edge, in place."""
    if len(outline) < 3 or strength_ratio <= 0:
        return
    height, width = bgr.shape[:2]
    x0, y0 = (max(0, int(v) // REDUCTION * REDUCTION - 2 * REDUCTION) for v in outline.min(axis=0))
    x1, y1 = (min(limit, int(v) + 3 * REDUCTION) for limit, v in zip((width, height), outline.max(axis=0), strict=True))
    if x1 - x0 < 2 or y1 - y0 < 2:
        return
    small = np.full((-(-(y1 - y0) // REDUCTION), -(-(x1 - x0) // REDUCTION), 1), 255, np.uint8)
    corners = np.round((outline - (x0, y0)) / REDUCTION * 16).astype(np.int32)
    cv2.fillPoly(small, [corners], 255 * (1 - strength_ratio), cv2.LINE_AA, 4)
    small = cv2.blur(small, (3, 3))
    factor = cv2.resize(cv2.cvtColor(small, cv2.COLOR_GRAY2BGR), (x1 - x0, y1 - y0), interpolation=cv2.INTER_LINEAR)
    patch = bgr[y0:y1, x0:x1]
    cv2.multiply(patch, factor, dst=patch, scale=1 / 255)


def glow(bgr: Picture, centre: tuple[float, float], radius_px: float, colour: tuple[float, float, float]) -> None:
    """Add light of a BGR colour around a pixel, fading to nothing at `radius_px`, in place."""
    height, width = bgr.shape[:2]
    x0, y0 = max(0, int(centre[0] - radius_px)), max(0, int(centre[1] - radius_px))
    x1, y1 = min(width, int(centre[0] + radius_px) + 1), min(height, int(centre[1] + radius_px) + 1)
    if x1 - x0 < 2 or y1 - y0 < 2:
        return
    ys, xs = np.ogrid[y0:y1, x0:x1]
    fade = np.clip(1 - np.hypot(xs - centre[0], ys - centre[1]) / radius_px, 0, 1) ** 2
    light = (fade[..., None] * np.array(colour)).astype(np.uint8)
    patch = bgr[y0:y1, x0:x1]
    cv2.add(patch, light, dst=patch)
