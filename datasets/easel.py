"""Holds a front while it is painted: pixels as seen from straight ahead, addressed in metres."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, slots=True, eq=False)
class Easel:
    """A front under work.

    Attributes:
        pixels: (H, W, 3) float32 BGR; row 0 is the roof. Painted in place.
        px_per_m: its scale.
        height_m: of the front.
    """

    pixels: np.ndarray
    px_per_m: float
    height_m: float

    def add(self, change: np.ndarray) -> None:
        """Brighten or darken everything."""
        self.pixels[:] = self.pixels + change

    def rect(self, low: tuple[float, float], high: tuple[float, float], colour: object) -> None:
        """Fill from (x, z) to (x, z), metres."""
        x0, x1 = round(low[0] * self.px_per_m), round(high[0] * self.px_per_m)
        y0, y1 = round((self.height_m - high[1]) * self.px_per_m), round((self.height_m - low[1]) * self.px_per_m)
        self.pixels[max(0, y0) : max(0, y1), max(0, x0) : max(0, x1)] = colour
