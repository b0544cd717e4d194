"""Draws a wet ground: darker, and mirroring the fronts, the sky, lamps, and what stands and drives on it.

What is mirrored is seen by a camera below the ground that sees everything upside down. Its picture is drawn at a
quarter of the size and blurred, as ripples and grains of asphalt do, and mixed in by how wet a place is and how flat
the look on it.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Protocol

import cv2
import numpy as np
import numpy.typing as npt

from datasets.backdrop import Backdrop
from datasets.ground_camera import GroundCamera
from datasets.lamps import LampLight, Lamps
from datasets.light import Light
from datasets.shapes import Shape
from datasets.sightlines import Sightlines
from datasets.sketches import Pose, Sketch, Studio
from datasets.street import Street
from vision.arrays import Picture

REDUCTION = 4

FARTHEST_MIRRORED_M = 45.0
"""What is farther away than this mirrors in a few pixels, which nobody sees."""

DARKENING = 0.42
"""Share of its brightness that asphalt loses when it is soaked."""

PUDDLE_FIELD_PX, PUDDLE_PX_PER_M = 512, 8


@dataclass(frozen=True, slots=True, eq=False)
class MirrorCamera(GroundCamera):
    """A camera seen in the ground: it hangs below it as high as the real one above."""

    def __post_init__(self) -> None:
        x, y, z = self.position
        above = GroundCamera((x, y, -z), self.yaw_rad, self.pitch_rad, self.focal_px, self.size_wh)
        object.__setattr__(self, "matrix", above.matrix * np.array([1.0, 1.0, -1.0, 1.0]))


class Mirrored(Protocol):
    """A thing that may be seen in the ground."""

    @property
    def mirrored(self) -> Sketch | None: ...  # noqa: D102
    @property
    def lamps(self) -> Lamps | None: ...  # noqa: D102


class WetGround:
    """The wet ground of one view."""

    def __init__(self, street: Street, camera: GroundCamera, light: Light, wet_ratio: float) -> None:
        """Prepare for a view; `wet_ratio` in [0, 1] says how much water there is."""
        x, y, z = camera.position
        size = -(-camera.size_wh[0] // REDUCTION), -(-camera.size_wh[1] // REDUCTION)
        self._mirror = MirrorCamera((x, y, -z), camera.yaw_rad, camera.pitch_rad, camera.focal_px / REDUCTION, size)
        self._studio = Studio(self._mirror, replace(light, shadow_ratio=0.0), street.front_y)
        self._street, self._camera, self._wet = street, camera, wet_ratio
        self._top = camera.size_wh[1]
        self._keep = self._weights = np.zeros((0, camera.size_wh[0]), np.float32)
        self._still: Picture = np.zeros((*size[::-1], 3), np.uint8)

    def soak(self, backdrop: Backdrop, sight: Sightlines, lights: LampLight | None, lamps: Lamps | None) -> Backdrop:
        """Return the still street with its ground darkened, and keep what it mirrors.

        Args:
            backdrop: the dry street.
            sight: what each of its pixels looks at.
            lights: draws the streaks of lamps by night; None by day.
            lamps: the street's, where they are on.
        """
        puddles = _puddles(self._street.look, sight)
        ground = sight.on_ground.copy()
        for prop in backdrop.props:
            (x, y), (height, width) = prop.corner, prop.mask.shape
            ground[y : y + height, x : x + width] &= prop.mask == 0
        down = self._camera.position[2] / np.maximum(sight.distances, 1.0)
        mirrors = 0.12 + 0.88 * (1 - np.clip(down, 0, 1)) ** 3
        weights = np.clip(self._wet * mirrors * (0.6 + 0.9 * puddles), 0, MOST_MIRRORED) * ground
        rows = np.nonzero(ground.any(axis=1))[0]
        self._top = int(rows[0]) // REDUCTION * REDUCTION if len(rows) else self._top
        self._weights = np.ascontiguousarray(weights[self._top :], np.float32)
        self._keep = 1 - self._weights
        self._still = self._mirrored_street(backdrop.bgr, sight)
        if lights is not None and lamps is not None:
            lights.streaks(self._still, self._mirror, lamps)
        dark = 1 - ground * np.clip(DARKENING * self._wet * (0.75 + 0.4 * puddles), 0, 0.8)
        bgr = (backdrop.bgr * dark[..., None]).astype(np.uint8)
        bgr.setflags(write=False)
        return replace(backdrop, bgr=bgr)

    def sketch(self, shape: Shape, pose: Pose, lamp: float, distance_m: float) -> Sketch | None:
        """Return a thing as the ground mirrors it, or None where that cannot be seen."""
        return self._studio.sketch(shape, pose, lamp) if distance_m < FARTHEST_MIRRORED_M else None

    def lay(self, bgr: Picture, things: Iterable[Mirrored], lights: LampLight | None) -> None:
        """Mix what is mirrored into the ground of a picture, in place; call it before things are drawn."""
        if self._top >= bgr.shape[0]:
            return
        layer = self._still.copy()
        for thing in things:
            if thing.mirrored is not None:
                thing.mirrored.paint(layer)
        layer = cv2.blur(layer, BLUR_WH)
        if lights is not None:
            for thing in things:
                if thing.lamps is not None:
                    lights.streaks(layer, self._mirror, thing.lamps)
        ground = bgr[self._top :]
        big = cv2.resize(
            layer[self._top // REDUCTION :], (ground.shape[1], ground.shape[0]), interpolation=cv2.INTER_LINEAR
        )
        cv2.blendLinear(ground, big, self._keep, self._weights, dst=ground)

    def _mirrored_street(self, bgr: Picture, sight: Sightlines) -> Picture:
        """(h, w, 3): for each pixel of the ground what it mirrors of fronts and sky, sharp."""
        ground = sight.ground[::REDUCTION, ::REDUCTION].astype(np.float64)
        rays = sight.rays[::REDUCTION, ::REDUCTION].astype(np.float64)
        ahead = (self._street.front_y - ground[..., 1]) / np.maximum(rays[..., 1], 0.02)
        hit = np.stack(
            [ground[..., 0] + ahead * rays[..., 0], ground[..., 1] + ahead * rays[..., 1], -ahead * rays[..., 2]],
            axis=-1,
        )
        pixels, depths = self._camera.project(hit.reshape(-1, 3))
        pixels[depths < 0.5] = -10.0
        where = pixels.reshape((*hit.shape[:2], 2)).astype(np.float32)
        limit = np.float32(8 * max(bgr.shape))
        x, y = np.clip(where[..., 0], -limit, limit), np.clip(where[..., 1], -limit, limit)
        return cv2.remap(bgr, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)


MOST_MIRRORED = 0.62

BLUR_WH = (3, 9)
"""Blur of what is mirrored, in pixels of a quarter of the size: far more upright than across, as ripples make it."""


def _puddles(seed: int, sight: Sightlines) -> npt.NDArray[np.float32]:
    """(H, W) how much water stands at each pixel, in [0, 1]: patches along the street, and grains."""
    rng = np.random.default_rng((seed, 74))
    side = PUDDLE_FIELD_PX
    field = np.zeros((side, side), np.float32)
    for rows, columns, strength in ((40, 14, 1.0), (110, 60, 0.5), (256, 256, 0.25)):
        coarse = rng.normal(0, strength, (rows, columns)).astype(np.float32)
        field += cv2.resize(coarse, (side, side), interpolation=cv2.INTER_CUBIC)
    water = (1 / (1 + np.exp(-4 * (field - 0.35)))).astype(np.float32)
    x, y = (np.mod(sight.ground[..., axis] * PUDDLE_PX_PER_M, np.float32(side)) for axis in (0, 1))
    return cv2.remap(water, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_WRAP)
