"""Draws haze and fog: what is far away takes the colour of the air.

The still street is veiled once, every pixel by its own distance; what moves is veiled when it is sketched, by how far
away it is. So haze costs nothing per frame.
"""

import math
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from datasets.shapes import Colour
from datasets.sketches import Sketch
from vision.arrays import Picture


@dataclass(frozen=True, slots=True)
class Haze:
    """Air that hides what is far.

    Attributes:
        colour: BGR of the air.
        visibility_m: distance at which a twentieth of the contrast is left.
        lamp_level: pieces of a sketch with a channel this bright are lamps, which shine through most of it.
    """

    colour: Colour
    visibility_m: float
    lamp_level: float = 256.0

    def veiled_ratio(self, distances_m: npt.NDArray[np.float32] | float) -> npt.NDArray[np.float32]:
        """Return how much of what is seen is air, in [0, 1], at distances in metres.

        Source: Koschmieder's law; contrast falls to 0.05 at the visibility.
        """
        return 1 - np.exp(np.float32(math.log(0.05) / self.visibility_m) * np.asarray(distances_m, np.float32))

    def over(self, sketch: Sketch, distance_m: float) -> Sketch:
        """Return a sketch as it looks from far away."""
        colours = np.array(sketch.colours)
        are_lamps = colours.max(axis=1, keepdims=True) >= self.lamp_level
        veiled = float(self.veiled_ratio(distance_m)) * np.where(are_lamps, 0.3, 1.0)
        colours = colours * (1 - veiled) + np.array(self.colour) * veiled
        return replace(sketch, colours=tuple(map(tuple, colours.tolist())))

    def over_still(self, bgr: Picture, distances_m: npt.NDArray[np.float32]) -> Picture:
        """Return a picture with its pixels veiled by (H, W) distances in metres."""
        veiled = self.veiled_ratio(distances_m)[..., None]
        return (bgr * (1 - veiled) + np.array(self.colour, np.float32) * veiled + np.float32(0.5)).astype(np.uint8)
