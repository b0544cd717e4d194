"""Draws what lamps do by night: cones of headlights on the road, halos and glare, streaks on a wet road.

A vehicle's lamps are the glowing pieces of its shape, so that every kind that is drawn with lamps has them here too.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import cv2
import numpy as np
import numpy.typing as npt

from datasets.backdrop import Prop
from datasets.ground_camera import GroundCamera, Metres
from datasets.shapes import GLOWING, Shape
from datasets.sketches import Pose, Sketch
from datasets.street import Street
from vision.arrays import Picture

REDUCTION = 4
"""Light on the road is soft, and is worked out at a quarter of the size."""

BEAM_STEP_M = 0.25
BEAM_LONG_M, BEAM_HALF_M = 24.0, 6.5
"""How far low beams reach, ahead and to either side."""

BEAM_GAIN = 96.0
"""How much brighter the road is where the beams are strongest, in 1 / `FACTOR_ONE`."""

FACTOR_ONE = 64

LEAST_LAMP = 150.0
"""Glowing pieces whose brightest channel is below this are windows, not lamps."""

LEAST_SHOWN = 200
"""A lamp behind the box of a nearer thing is hidden where no channel around its pixel is this bright."""

STREET_LAMP = (-1.75, 7.2)
"""Where the head of a street lamp hangs: metres across from its pole, and height."""

WHITE, RED, AMBER = 0, 1, 2
TINTS = ((255.0, 248.0, 236.0), (60.0, 50.0, 255.0), (120.0, 205.0, 255.0))
"""BGR of the light around white, red and amber lamps."""

GLARE = ((1.9, 2.5), (0.75, 1.0), (0.9, 1.0))
"""For each tint: radius of the halo in metres, and how much a lamp sends to the side (1: evenly)."""


@dataclass(frozen=True, slots=True, eq=False)
class Lamps:
    """The lamps of one thing; row i of every array is the same lamp.

    Attributes:
        places: (L, 3) metres.
        facing: (L, 3) unit vectors; zero where a lamp shines to all sides.
        tints: (L,) int, `WHITE`, `RED` or `AMBER`.
    """

    places: Metres
    facing: Metres
    tints: npt.NDArray[np.int64]


class Lamplit(Protocol):
    """A thing that may have lamps."""

    @property
    def lamps(self) -> Lamps | None: ...  # noqa: D102
    @property
    def sketch(self) -> Sketch: ...  # noqa: D102


def lamps_of(shape: Shape, pose: Pose) -> Lamps | None:
    """Return the lamps of a shape at a pose, or None where it has none."""
    middles = np.concatenate([shape.middles, shape.ends.mean(axis=1)])
    normals = np.concatenate([shape.normals, np.zeros((len(shape.ends), 3))])
    tubes = np.arange(len(middles)) >= len(shape.middles)
    normals[tubes, 0] = np.sign(middles[tubes, 0])
    lit = (shape.materials == GLOWING) & (shape.colours.max(axis=1) >= LEAST_LAMP)
    if not lit.any():
        return None
    cos, sin = math.cos(pose.heading_rad), math.sin(pose.heading_rad)
    turn = np.array([[cos, -sin, 0.0], [sin, cos, 0.0], [0.0, 0.0, 1.0]])
    blue, green, red = shape.colours[lit].T
    ahead = normals[lit][:, 0] > 0.9
    tints = np.where((blue > 180) & ahead, WHITE, np.where(red > 2.5 * green, RED, AMBER))
    return Lamps(middles[lit] @ turn.T + (pose.x, pose.y, pose.z), normals[lit] @ turn.T, tints)


def street_lamps(street: Street) -> Lamps:
    """Return the lamps over a street."""
    aside, height = STREET_LAMP
    places = np.array([(x, street.furniture_y + aside, height) for x in street.lamp_xs], float).reshape(-1, 3)
    return Lamps(places, np.zeros_like(places), np.full(len(places), AMBER))


class LampLight:
    """The light of lamps in pictures of one camera."""

    def __init__(self, camera: GroundCamera, beams_ratio: float, veil_ratio: float) -> None:
        """Prepare.

        Args:
            camera: that sees them.
            beams_ratio: how strong beams and halos are, in [0, 1].
            veil_ratio: how much rain and fog scatter the light, in [0, 1].
        """
        self._camera, self._beams, self._veil = camera, beams_ratio, veil_ratio
        width, height = camera.size_wh
        size = -(-width // REDUCTION), -(-height // REDUCTION)
        self._small = replace(camera, focal_px=camera.focal_px / REDUCTION, size_wh=size)
        self._pattern = _beam_pattern(BEAM_GAIN * beams_ratio)
        self._sprites = [_sprite(tint) for tint in TINTS]

    def light_road(self, bgr: Picture, things: Iterable[Lamplit]) -> None:
        """Brighten the ground before headlights, in place; call it before anything is drawn on the ground."""
        width, height = self._small.size_wh
        light = np.full((height, width), FACTOR_ONE, np.uint8)
        top = height
        for thing in things:
            if thing.lamps is not None:
                white = thing.lamps.tints == WHITE
                top = min(top, self._add_beam(light, thing.lamps.places[white], thing.lamps.facing[white]))
        if top >= height:
            return
        rows = slice(top * REDUCTION, bgr.shape[0])
        factor = cv2.cvtColor(light[top:], cv2.COLOR_GRAY2BGR)
        big = cv2.resize(factor, (bgr.shape[1], bgr.shape[0] - rows.start), interpolation=cv2.INTER_LINEAR)
        cv2.multiply(bgr[rows], big, dst=bgr[rows], scale=1 / FACTOR_ONE)

    def _add_beam(self, light: Picture, places: Metres, facing: Metres) -> int:
        """Add one vehicle's beams; return the first row that they reach."""
        height, width = light.shape
        if not len(facing):
            return height
        forward = np.append(facing[0, :2], 0.0)
        aside = np.array([-forward[1], forward[0], 0.0])
        nose = places.mean(axis=0) * (1, 1, 0)
        columns = self._columns_ahead(nose, forward)
        if columns < 8:
            return height
        homography = self._small.plane_homography(
            nose - aside * BEAM_HALF_M, forward * BEAM_STEP_M, aside * BEAM_STEP_M
        )
        pattern = self._pattern[:, :columns]
        tall = len(pattern)
        outline = homography @ np.array([[0, columns, columns, 0], [0, 0, tall, tall], [1, 1, 1, 1]], float)
        pixels = outline[:2] / outline[2]
        x0, y0 = np.clip(np.floor(pixels.min(axis=1)), 0, (width, height)).astype(int)
        x1, y1 = np.clip(np.ceil(pixels.max(axis=1)), 0, (width, height)).astype(int)
        if x1 - x0 < 2 or y1 - y0 < 2:
            return height
        move = np.array([[1, 0, -x0], [0, 1, -y0], [0, 0, 1.0]])
        patch = light[y0:y1, x0:x1]
        cv2.add(patch, cv2.warpPerspective(pattern, move @ homography, (int(x1 - x0), int(y1 - y0))), dst=patch)
        return int(y0)

    def _columns_ahead(self, nose: Metres, forward: Metres) -> int:
        """How many columns of the pattern lie wholly before the lens."""
        aside = np.array([-forward[1], forward[0], 0.0]) * BEAM_HALF_M
        depth_row = self._small.matrix[2]
        starts = [float(depth_row[:3] @ (nose + sign * aside) + depth_row[3]) for sign in (-1, 1)]
        per_column = float(depth_row[:3] @ forward) * BEAM_STEP_M
        columns = self._pattern.shape[1]
        if min(starts) < LEAST_DEPTH_M:
            return 0
        if per_column >= 0:
            return columns
        return min(columns, int((min(starts) - LEAST_DEPTH_M) / -per_column))

    def glare(self, bgr: Picture, things: Sequence[Lamplit], hiding: Sequence[Sequence[Prop]]) -> None:
        """Add the halos of lamps that look at the camera and are not hidden, in place; call it after all is drawn.

        Args:
            bgr: the picture.
            things: all that was drawn, the farthest first.
            hiding: for each, the furniture that stands before it.
        """
        for row, thing in enumerate(things):
            if thing.lamps is not None:
                self._halos(bgr, thing.lamps, [nearer.sketch.box for nearer in things[row + 1 :]], hiding[row])

    def glare_still(self, bgr: Picture, lamps: Lamps) -> Picture:
        """Return a picture with the halos of lamps that nothing hides added."""
        shining = bgr.copy()
        self._halos(shining, lamps, (), ())
        return shining

    def _halos(
        self, bgr: Picture, lamps: Lamps, before: Sequence[tuple[float, float, float, float]], props: Sequence[Prop]
    ) -> None:
        """Halos of one thing's lamps; `before` are the boxes of nearer things, `props` furniture that is nearer."""
        pixels, depths = self._camera.project(lamps.places)
        strengths = self._strengths(lamps)
        for (x, y), depth, tint, strength in zip(pixels.tolist(), depths.tolist(), lamps.tints, strengths, strict=True):
            if depth < LEAST_DEPTH_M or strength < 0.04 or any(_covers(prop, x, y) for prop in props):
                continue
            if any(x1 < x < x2 and y1 < y < y2 for x1, y1, x2, y2 in before) and not _shows(bgr, x, y):
                continue
            radius = self._camera.focal_px * GLARE[tint][0] * (1 + 1.6 * self._veil) / depth * math.sqrt(strength)
            radius = min(max(radius, LEAST_HALO * bgr.shape[0]), WIDEST_HALO * bgr.shape[0])
            _stamp(bgr, self._sprites[tint], (x, y), (radius, radius), min(1.0, 0.35 + strength) * self._beams)

    def _strengths(self, lamps: Lamps) -> Metres:
        """(L,) how much each lamp sends towards the camera, in [0, 1]."""
        toward = np.array(self._camera.position) - lamps.places
        toward /= np.linalg.norm(toward, axis=1, keepdims=True)
        cosines = np.clip(np.einsum("ij,ij->i", toward, lamps.facing), 0, 1)
        powers = np.array([GLARE[tint][1] for tint in lamps.tints])
        return np.where(np.any(lamps.facing != 0, axis=1), cosines**powers, 1.0)

    def streaks(self, layer: Picture, mirror: GroundCamera, lamps: Lamps, *, strength: float = 1.0) -> None:
        """Add the long reflections of lamps to a picture of what a wet road mirrors, in place.

        Args:
            layer: of the mirror's size.
            mirror: the camera that sees everything upside down below the ground.
            lamps: what is mirrored.
            strength: of the streaks, in [0, 1].
        """
        pixels, depths = mirror.project(lamps.places)
        sent = self._strengths(lamps)
        for (x, y), depth, tint, power in zip(pixels.tolist(), depths.tolist(), lamps.tints, sent, strict=True):
            if depth < LEAST_DEPTH_M or power < 0.04:
                continue
            wide = max(2.0, mirror.focal_px * 0.4 * GLARE[tint][0] / depth)
            long = max(8.0, mirror.focal_px * 2.4 * GLARE[tint][0] / depth)
            _stamp(layer, self._sprites[tint], (x, y), (wide, long), min(1.0, 0.3 + power) * strength)


LEAST_DEPTH_M = 1.5
LEAST_HALO, WIDEST_HALO = 0.008, 0.2
"""Radius of a halo, as shares of the picture's height."""

SPRITE_PX = 96


def _covers(prop: Prop, x: float, y: float) -> bool:
    """Tell whether furniture hides a lamp: the pixel and all around it, so that a wire before a lamp does not."""
    column, row = round(x) - prop.corner[0], round(y) - prop.corner[1]
    if not (0 <= column < prop.mask.shape[1] and 0 <= row < prop.mask.shape[0]):
        return False
    return bool(prop.mask[max(0, row - 1) : row + 2, max(0, column - 1) : column + 2].all())


def _shows(bgr: Picture, x: float, y: float) -> bool:
    """Tell whether a lamp's pixel is as bright as a lamp; it is not where something stands before it."""
    column, row = round(x), round(y)
    if not (0 <= column < bgr.shape[1] and 0 <= row < bgr.shape[0]):
        return False
    around = bgr[max(0, row - 1) : row + 2, max(0, column - 1) : column + 2]
    return int(around.max()) >= LEAST_SHOWN


def _stamp(
    bgr: Picture, sprite: Picture, centre: tuple[float, float], radii: tuple[float, float], strength: float
) -> None:
    """Add a sprite, stretched to half axes in pixels around a centre, in place."""
    wide, tall = 2 * max(1, round(radii[0])) + 1, 2 * max(1, round(radii[1])) + 1
    left, top = round(centre[0]) - wide // 2, round(centre[1]) - tall // 2
    x0, y0 = max(0, left), max(0, top)
    x1, y1 = min(bgr.shape[1], left + wide), min(bgr.shape[0], top + tall)
    if x1 <= x0 or y1 <= y0:
        return
    light = cv2.resize(sprite, (wide, tall), interpolation=cv2.INTER_LINEAR)
    patch = bgr[y0:y1, x0:x1]
    cv2.addWeighted(patch, 1.0, light[y0 - top : y1 - top, x0 - left : x1 - left], strength, 0.0, dst=patch)


def _sprite(tint: tuple[float, float, float]) -> Picture:
    """A lamp as a lens shows it: a core that is all white, a bright ring, a wide faint veil."""
    axis = np.linspace(-1, 1, SPRITE_PX, dtype=np.float32)
    r = np.hypot(axis[None, :], axis[:, None])
    edge = np.clip(1 - r, 0, 1)
    core = np.clip(1.5 * np.exp(-((r / 0.1) ** 2)), 0, 1)
    veil = (0.75 * np.exp(-r / 0.14) + 0.22 * np.exp(-r / 0.45)) * edge
    light = 255 * core[..., None] + veil[..., None] * np.array(tint, np.float32)
    return np.clip(light, 0, 255).astype(np.uint8)


def _beam_pattern(gain: float) -> npt.NDArray[np.uint8]:
    """(across, ahead) gains on the ground of a pair of low beams, the nose in the middle of the left edge."""
    ahead = np.arange(0, BEAM_LONG_M, BEAM_STEP_M, dtype=np.float32)[None, :] + BEAM_STEP_M / 2
    aside = np.arange(-BEAM_HALF_M, BEAM_HALF_M, BEAM_STEP_M, dtype=np.float32)[:, None] + BEAM_STEP_M / 2
    wide = 0.55 + 0.17 * ahead
    across = 0.5 * sum(np.exp(-(((aside - side) / wide) ** 2)) for side in (-0.6, 0.6))
    rise = np.clip((ahead - 0.5) / 2.5, 0, 1)
    fall = np.clip((BEAM_LONG_M - ahead) / 8.0, 0, 1) / (1 + (ahead / 9.0) ** 2)
    edge = np.clip((BEAM_HALF_M - np.abs(aside)) / 1.5, 0, 1)
    return np.clip(gain * 1.5 * across * rise * fall * edge, 0, 255 - FACTOR_ONE).astype(np.uint8)
