"""Draws shade that moves over the ground: clouds that pass, and the light that falls through the leaves of trees.

All of it is a factor by which the picture is multiplied: clouds on a coarse grid, leaves around each tree.
"""

import math
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from datasets.ground_camera import NEAREST_M, GroundCamera
from datasets.light import Light
from datasets.sightlines import Sightlines
from datasets.street import Street
from vision.arrays import Picture

CLOUD_GRID_PX = 16
"""A cloud's edge is metres wide, so every 16th pixel is enough."""

CLOUD_FIELD_M = 256
"""After so many metres the same clouds come again."""

WIND_M_S = (2.6, 0.7)
"""How fast the shadows of clouds move along and across the street."""

CROWN_Z_M = 4.2
CROWN_RADIUS_M = 1.5
LEAF_PX_PER_M = 40
SWAY_M = 0.09
"""How far a twig's shadow moves to either side in a good wind."""


class CloudShade:
    """Shadows of single clouds, laid on the ground of one view."""

    def __init__(self, sight: Sightlines, depth_ratio: float, seed: int) -> None:
        """Prepare for a view.

        Args:
            sight: what each `CLOUD_GRID_PX`-th pixel looks at.
            depth_ratio: how much light the thickest cloud takes.
            seed: of the clouds' shapes.
        """
        rng = np.random.default_rng((seed, 71))
        field = np.zeros((CLOUD_FIELD_M, CLOUD_FIELD_M), np.float32)
        for cells, strength in ((6, 1.0), (13, 0.45)):
            coarse = np.pad(rng.normal(0, strength, (cells, cells)).astype(np.float32), 2, mode="wrap")
            span = CLOUD_FIELD_M * (cells + 4) // cells
            edge = (span - CLOUD_FIELD_M) // 2
            whole = cv2.resize(coarse, (span, span), interpolation=cv2.INTER_CUBIC)
            field += whole[edge : edge + CLOUD_FIELD_M, edge : edge + CLOUD_FIELD_M]
        thick = 1 / (1 + np.exp(-6 * (field - 0.25)))
        self._factors = (255 * (1 - depth_ratio * thick)).astype(np.uint8)
        self._x, self._y = sight.ground[..., 0], sight.ground[..., 1]

    def lay(self, bgr: Picture, t_s: float) -> None:
        """Darken a picture where clouds are at a time, in place."""
        drift = np.float32(WIND_M_S[0] * t_s % CLOUD_FIELD_M), np.float32(WIND_M_S[1] * t_s % CLOUD_FIELD_M)
        x, y = (np.mod(place - move, CLOUD_FIELD_M) for place, move in zip((self._x, self._y), drift, strict=True))
        small = cv2.remap(self._factors, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_WRAP)
        _dim(bgr, cv2.cvtColor(small, cv2.COLOR_GRAY2BGR))


def passing_cloud(bgr: Picture, t_s: float, period_s: float) -> None:
    """Draw one soft shadow that passes over the whole picture twice in a period, in place."""
    width = bgr.shape[1]
    columns = np.linspace(0, 1, 32, dtype=np.float32)
    where = (t_s / period_s * 2 % 1) * 6 - 2.5
    depth = 0.3 * np.exp(-((columns - where) ** 2) / 0.5)
    if depth.max() < 0.01:
        return
    small = np.repeat((255 * (1 - depth)).astype(np.uint8)[None, :, None], 3, axis=2)
    factor = cv2.resize(small, (width, 1), interpolation=cv2.INTER_LINEAR)
    cv2.multiply(bgr, np.broadcast_to(factor, bgr.shape).copy(), dst=bgr, scale=1 / 255)


@dataclass(frozen=True, slots=True, eq=False)
class LeafShade:
    """The flecks of sun under one tree.

    Attributes:
        corner: (x, y) pixel of the patch that they cover.
        flecks: two (h + 2 m, w + 2 m, 3) uint8 factors, `FLECK_ONE` changing nothing; m is `margin_px`.
        margin_px: how far the flecks can be moved.
        phase: of this tree's swaying.
    """

    corner: tuple[int, int]
    flecks: tuple[Picture, Picture]
    margin_px: int
    phase: float

    def lay(self, bgr: Picture, t_s: float) -> None:
        """Brighten a picture where sun falls through the leaves at a time, in place."""
        x, y = self.corner
        m = self.margin_px
        height, width = self.flecks[0].shape[0] - 2 * m, self.flecks[0].shape[1] - 2 * m
        patch = bgr[y : y + height, x : x + width]
        gust = 0.6 + 0.4 * math.sin(2 * math.pi * t_s / 11.0 + self.phase)
        for flecks, hz, turn in zip(self.flecks, (0.63, 0.41), (0.0, 2.1), strict=True):
            sway = m * gust * math.sin(2 * math.pi * hz * t_s + self.phase + turn)
            dx, dy = m + round(sway), m + round(0.4 * sway)
            cv2.multiply(patch, flecks[dy : dy + height, dx : dx + width], dst=patch, scale=1 / FLECK_ONE)


FLECK_ONE = 128
"""The factor that changes nothing, so that flecks can be up to twice as bright."""


def leaf_shades(street: Street, camera: GroundCamera, light: Light, wind_ratio: float) -> tuple[LeafShade, ...]:
    """Return the moving flecks under the trees of a street; none where no sun shines or they are out of the picture."""
    if light.shadow_ratio < LEAST_SHADOW or wind_ratio == 0:
        return ()
    lean = np.array(light.sun[:2]) / max(light.sun[2], 0.25) * CROWN_Z_M
    shades = []
    for number, x in enumerate(street.tree_xs):
        middle = np.array([x, street.furniture_y]) - lean
        if middle[1] < street.front_y:
            shade = _leaf_shade((float(middle[0]), float(middle[1])), (street, camera), light, (number, wind_ratio))
            if shade is not None:
                shades.append(shade)
    return tuple(shades)


LEAST_SHADOW = 0.25
"""Where shadows are weaker than this the sky is covered, and no sun falls through leaves."""


def _leaf_shade(
    middle: tuple[float, float], place: tuple[Street, GroundCamera], light: Light, swaying: tuple[int, float]
) -> LeafShade | None:
    """The flecks around one point of the ground, or None where that is not in the picture."""
    (street, camera), (number, wind_ratio) = place, swaying
    x, y = middle
    low, high = (x - CROWN_RADIUS_M, y - CROWN_RADIUS_M), (x + CROWN_RADIUS_M, min(y + CROWN_RADIUS_M, street.front_y))
    corners = np.array([(low[0], low[1], 0), (high[0], low[1], 0), (high[0], high[1], 0), (low[0], high[1], 0)])
    pixels, depths = camera.project(corners)
    width, height = camera.size_wh
    x0, y0 = (max(0, int(v)) for v in pixels.min(axis=0))
    x1, y1 = (min(limit, int(v) + 1) for v, limit in zip(pixels.max(axis=0), (width, height), strict=True))
    if depths.min() < NEAREST_M or x1 - x0 < 4 or y1 - y0 < 4:
        return None
    margin = max(1, round(SWAY_M * wind_ratio * camera.focal_px / float(depths.mean())))
    step = 1 / LEAF_PX_PER_M
    homography = camera.plane_homography(
        np.array([x - CROWN_RADIUS_M, y - CROWN_RADIUS_M, 0.0]), np.array([step, 0, 0]), np.array([0, step, 0])
    )
    move = np.array([[1, 0, margin - x0], [0, 1, margin - y0], [0, 0, 1.0]])
    size = x1 - x0 + 2 * margin, y1 - y0 + 2 * margin
    rows = round((high[1] - low[1]) * LEAF_PX_PER_M)
    flecks = []
    for layer in (0, 1):
        texture = _flecks(np.random.default_rng((street.look, number, layer, 72)), light.shadow_ratio)[:rows]
        warped = cv2.warpPerspective(texture, move @ homography, size, borderValue=FLECK_ONE)
        flecks.append(cv2.cvtColor(warped, cv2.COLOR_GRAY2BGR))
    return LeafShade((x0, y0), (flecks[0], flecks[1]), margin, 1.7 * number)


def _flecks(rng: np.random.Generator, shadow_ratio: float) -> npt.NDArray[np.uint8]:
    """(N, N) factors of one layer of a crown from above: bright where sun comes through, a little dark between."""
    side = round(2 * CROWN_RADIUS_M * LEAF_PX_PER_M)
    noise = np.zeros((side, side), np.float32)
    for cell_m, strength in ((0.5, 0.7), (0.17, 1.0)):
        cells = round(2 * CROWN_RADIUS_M / cell_m)
        coarse = rng.normal(0, strength, (cells, cells)).astype(np.float32)
        noise += cv2.resize(coarse, (side, side), interpolation=cv2.INTER_CUBIC)
    open_ratio = 1 / (1 + np.exp(-5 * (noise - 0.75)))
    axis = np.linspace(-1, 1, side, dtype=np.float32)
    inside = np.clip(2.2 * (1 - np.hypot(axis[None, :], axis[:, None])), 0, 1)
    full = math.sqrt(1 / (1 - shadow_ratio))
    factor = 1 + inside * (open_ratio * (full - 1) * 1.3 - 0.06)
    return np.clip(FLECK_ONE * factor, 0, 255).astype(np.uint8)


def _dim(bgr: Picture, small: Picture) -> None:
    """Multiply a picture by (h, w, 3) factors of 255ths that are stretched over it, in place."""
    factor = cv2.resize(small, (bgr.shape[1], bgr.shape[0]), interpolation=cv2.INTER_LINEAR)
    cv2.multiply(bgr, factor, dst=bgr, scale=1 / 255)
