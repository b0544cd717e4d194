"""Covers a street with the deck of a bridge: the underside above, and the dim light that is left below it."""

from dataclasses import replace

import numpy as np

from datasets.light import Light
from datasets.street import Street
from vision.arrays import Picture

DECK_PX_PER_M = 10
BEAM_M, LAMP_M = 5.0, 7.5
"""Distance of beams, and of lamps under the deck."""

DECK_NEAR_Y = -14.0
"""How far the deck reaches on the camera's side."""


def covered(light: Light) -> Light:
    """Return the light below a deck: no sun, little sky, lamps that burn all day."""
    share = 0.62 if light.lamps_on else 0.5
    ambient = light.ambient[0] * share, light.ambient[1] * share, light.ambient[2] * share
    return replace(
        light,
        sun=(0.0, 0.0, 1.0),
        ambient=ambient,
        direct=(0.0, 0.0, 0.0),
        shadow_ratio=0.12,
        noise_level=max(light.noise_level, 3.4),
        lamps_on=True,
    )


def paint_underside(street: Street, light: Light) -> tuple[Picture, float]:
    """Return the underside of the deck as (H, W, 3) BGR and its pixels a metre.

    Column 0 is the street's `from_x`, row 0 is y = `DECK_NEAR_Y`.
    """
    rng = np.random.default_rng(street.look + 71)
    scale = DECK_PX_PER_M
    width = round((street.to_x - street.from_x) * scale)
    height = round((street.front_y - DECK_NEAR_Y) * scale)
    tone = 70.0 if light.name in ("day", "overcast") else 46.0
    under = np.full((height, width, 3), tone, np.float32) + rng.normal(0, 3, (height, width, 1)).astype(np.float32)
    for x in np.arange(0.0, street.to_x - street.from_x, BEAM_M):
        column = round(x * scale)
        under[:, column : column + round(0.7 * scale)] *= 0.72
        under[:, column + round(0.7 * scale) : column + round(0.78 * scale)] *= 1.25
    for y in (0.3, 0.62):
        row = round((street.road_m * y - DECK_NEAR_Y) * scale)
        under[row : row + round(0.3 * scale)] *= 0.8
    row = round((street.road_m + 0.8 - DECK_NEAR_Y) * scale)
    for x in np.arange(2.0, street.to_x - street.from_x, LAMP_M):
        column = round(x * scale)
        halo = slice(max(0, row - 12), row + 14), slice(max(0, column - 14), column + 26)
        under[halo] += 34
        under[row : row + 2, column : column + 12] = (236, 244, 248)
    return np.clip(under, 0, 255).astype(np.uint8), float(scale)
