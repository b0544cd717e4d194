"""Measures things in metres where the ground of the view is known."""

import numpy as np

from vision.scenes import Scene

Box = tuple[float, float, float, float]

PERSON_M = 1.7
"""Height of a person on a street; settings in heights of a person count with it."""


def size_m(box: Box, scene: Scene) -> float | None:
    """Return the size of a thing, the root of its width times its height; None where the ground is not known.

    The lower edge of its box gives its width on the ground, and with it the metres of a pixel where it stands.

    Args:
        box: xyxy in pixels, down to the ground.
        scene: whose ground it stands on.
    """
    pixel_m = _pixel_m(box, scene)
    area_px = max(0.0, box[2] - box[0]) * max(0.0, box[3] - box[1])
    return None if pixel_m is None else float(pixel_m * area_px**0.5)


def person_px(box: Box, scene: Scene) -> float | None:
    """Return how high a person is in the picture where a thing stands, in pixels; None where no ground tells."""
    pixel_m = _pixel_m(box, scene)
    return None if pixel_m is None else PERSON_M / pixel_m


def _pixel_m(box: Box, scene: Scene) -> float | None:
    """Return how many metres a pixel covers across, where a thing stands."""
    if scene.ground is None or box[2] <= box[0]:
        return None
    width_m = float(scene.ground.widths_m(np.array([box], np.float32), scene.size_wh)[0])
    if not np.isfinite(width_m) or width_m <= 0:
        return None
    return width_m / (box[2] - box[0])
