"""Draws falling rain: streaks at three distances, other ones in every picture."""

import math

import cv2
import numpy as np

from datasets.light import Light
from vision.arrays import Picture, SizeWH

MARGIN_PX = 192
"""By how much the sheet of streaks is larger than the picture, so that it can be moved from frame to frame."""

DEEPEST_SLANT = 0.28
"""Sideways over downwards, of rain in a strong wind."""

LAYERS = ((1500.0, 0.018, 1, 17.0, 0.5), (420.0, 0.045, 1, 24.0, 0.7), (45.0, 0.13, 3, 20.0, 2.2))
"""Far, middle and near drops: streaks in a megapixel, length as a share of the height, thickness in px, brightness in
grey levels, and blur in px."""


class Rain:
    """Rain of one strength in pictures of one size."""

    def __init__(self, size_wh: SizeWH, rain_ratio: float, light: Light, seed: int) -> None:
        """Draw the sheets of streaks.

        Args:
            size_wh: picture size in pixels.
            rain_ratio: how hard it rains, in [0, 1].
            light: by day drops take the sky's brightness, by night only that of lamps.
            seed: of streaks and wind.
        """
        rng = np.random.default_rng((seed, 73))
        slant = float(rng.uniform(-DEEPEST_SLANT, DEEPEST_SLANT))
        brightness = 0.55 if light.lamps_on else 1.0
        self._seed = seed
        self._sheets = [_sheet(size_wh, (rain_ratio, slant, brightness), rng) for _ in range(2)]

    def fall(self, bgr: Picture, t_s: float) -> None:
        """Draw the rain of one moment into a picture, in place."""
        x, y, number = np.random.default_rng((self._seed, round(t_s * 1000) & 0x7FFFFFFF)).integers(0, MARGIN_PX, 3)
        sheet = self._sheets[int(number) % len(self._sheets)]
        cv2.add(bgr, sheet[y : y + bgr.shape[0], x : x + bgr.shape[1]], dst=bgr)


def _sheet(size_wh: SizeWH, fall: tuple[float, float, float], rng: np.random.Generator) -> Picture:
    """(H + margin, W + margin, 3) grey levels to add."""
    rain_ratio, slant, brightness = fall
    height, width = size_wh[1] + MARGIN_PX, size_wh[0] + MARGIN_PX
    whole = np.zeros((height, width), np.uint8)
    for density, length_ratio, thickness, grey, blur_px in LAYERS:
        layer = np.zeros((height, width), np.uint8)
        scale = size_wh[1] / 720
        for _ in range(round(density * rain_ratio * height * width / 1e6 / max(scale, 0.3))):
            x, y = float(rng.uniform(-50, width + 50)), float(rng.uniform(-50, height))
            length = length_ratio * size_wh[1] * float(rng.uniform(0.6, 1.4))
            tone = grey * brightness * float(rng.uniform(0.5, 1.3)) * (1.6 if thickness > 1 else 1.0)
            end = round((x + slant * length) * 16), round((y + length) * 16)
            cv2.line(layer, (round(x * 16), round(y * 16)), end, tone, thickness, cv2.LINE_AA, 4)
        cv2.add(whole, cv2.GaussianBlur(layer, (0, 0), max(0.3, blur_px * math.sqrt(scale))), dst=whole)
    return cv2.cvtColor(whole, cv2.COLOR_GRAY2BGR)
