"""Turns the picture of a scene into the one that a camera gives: shaken, bent, soft, dirty, with drops on its lens.

What moves pixels (shaking, barrel) moves boxes and ground of the truth with them; what only hides them leaves truth
alone.

Belongs here: pixels of one camera. Does not: what its faults are and when (camera_faults), noise and exposure (scene).
"""

import math
from dataclasses import dataclass, replace

import cv2
import numpy as np
import numpy.typing as npt

from datasets.barrel import barrel_maps, bent
from datasets.camera_faults import CameraFaults, shake_at
from datasets.truth import Truth
from vision.arrays import Boxes, FloatArray, Picture, SizeWH

NOMINAL_HEIGHT_PX = 720
"""The height for which a camera's faults are told in pixels."""

DROP_LIFE_S = (12.0, 40.0)
"""How long a drop stays where it is."""

DROP_REDUCTION = 8


class Lens:
    """What lies between a scene and the pixels of one camera; not for several threads at once."""

    def __init__(self, size_wh: SizeWH, faults: CameraFaults, seed: int) -> None:
        """Prepare for pictures of a size; the seed says where dirt and drops are."""
        self._size_wh, self._faults, self._seed = size_wh, faults, seed
        self._scale = size_wh[1] / NOMINAL_HEIGHT_PX
        self._maps = barrel_maps(size_wh, faults.barrel_ratio) if faults.barrel_ratio else None
        self._cover = _cover(size_wh, faults, seed)
        self._drops = [_Drop(number, seed, size_wh) for number in range(faults.drops)]

    def shift_px(self, t_s: float) -> tuple[float, float]:
        """Return by how much shaking moves the scene in this picture size at a time: right and down."""
        right, down = shake_at(self._faults, t_s, self._seed)
        return right * self._scale, down * self._scale

    def show(self, bgr: Picture, t_s: float) -> Picture:
        """Return the picture that gets to the sensor at a time; the given one may be changed or returned."""
        dx, dy = self.shift_px(t_s)
        if dx or dy:
            move = np.array([[1, 0, dx], [0, 1, dy]], np.float64)
            bgr = cv2.warpAffine(bgr, move, self._size_wh, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        if self._maps is not None:
            bgr = cv2.remap(bgr, *self._maps, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        soft = self._faults.soft_px * self._scale
        if soft > LEAST_SOFT_PX:
            bgr = cv2.GaussianBlur(bgr, (0, 0), soft)
        if self._cover is not None:
            cv2.multiply(bgr, self._cover, dst=bgr, scale=1 / COVER_ONE)
        if self._drops:
            small = cv2.resize(bgr, None, fx=1 / DROP_REDUCTION, fy=1 / DROP_REDUCTION, interpolation=cv2.INTER_AREA)
            for drop in self._drops:
                drop.refract(bgr, small, t_s)
        return bgr

    def drops_cover(self, t_s: float) -> FloatArray | None:
        """Return (H, W) float32 in [0, 1]: how much drops hide of each pixel; None on a lens without drops."""
        if not self._drops:
            return None
        left = np.ones((self._size_wh[1], self._size_wh[0]), np.float32)
        for drop in self._drops:
            drop.hide(left, t_s)
        return 1 - left

    def follow(self, truth: Truth, t_s: float) -> Truth:
        """Return a truth with its boxes, its papers and its ground plane where this lens shows them."""
        shift = np.array(self.shift_px(t_s))
        if self._maps is None and not shift.any():
            return truth
        move = np.array([[1, 0, shift[0]], [0, 1, shift[1]], [0, 0, 1.0]])
        plane = replace(
            truth.plane,
            homography=move @ truth.plane.homography,
            barrel_ratio=self._faults.barrel_ratio,
            size_wh=self._size_wh,
        )
        boxes, papers = (self._moved(boxes, shift) for boxes in (truth.boxes, truth.papers))
        return replace(truth, boxes=boxes, papers=papers, plane=plane)

    def _moved(self, boxes: Boxes, shift: npt.NDArray[np.float64]) -> Boxes:
        """(N, 4) boxes moved; an edge on the picture's border stays there, as the thing goes on behind it."""
        width, height = self._size_wh
        x1, y1, x2, y2 = boxes.astype(np.float64).T
        middle_x, middle_y = (x1 + x2) / 2, (y1 + y2) / 2
        edges = []
        places = [(x1, middle_y), (middle_x, y1), (x2, middle_y), (middle_x, y2)]
        for place, axis, limit in zip(places, (0, 1, 0, 1), (width, height, width, height), strict=True):
            before = place[axis]
            points = np.stack(np.broadcast_arrays(*place), axis=-1) + shift
            after = np.clip(bent(points, self._size_wh, self._faults.barrel_ratio)[:, axis], 0, limit)
            edges.append(np.where((before <= 0) | (before >= limit), before, after))
        return np.stack(edges, axis=1).astype(np.float32)


LEAST_SOFT_PX = 0.25

COVER_ONE = 200
"""The factor that changes nothing, so that bright dirt can lighten."""


def _cover(size_wh: SizeWH, faults: CameraFaults, seed: int) -> Picture | None:
    """(H, W, 3) factors of vignetting and dirt, `COVER_ONE` changing nothing; None on a clean lens."""
    if not faults.vignette_ratio and not faults.dirt_ratio:
        return None
    width, height = size_wh[0] // 2, size_wh[1] // 2
    ys, xs = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    factor = 1 - faults.vignette_ratio * np.clip((xs**2 + ys**2) / 2, 0, 1) ** 1.3
    if faults.dirt_ratio:
        factor = factor * _dirt((height, width), faults.dirt_ratio, np.random.default_rng((seed, 83)))
    whole = cv2.resize((COVER_ONE * factor).clip(0, 255).astype(np.uint8), size_wh, interpolation=cv2.INTER_LINEAR)
    return cv2.cvtColor(whole, cv2.COLOR_GRAY2BGR)


def _dirt(shape_hw: tuple[int, int], dirt_ratio: float, rng: np.random.Generator) -> npt.NDArray[np.float32]:
    """(h, w) factors: a film of dust, out-of-focus specks, a smear where somebody wiped."""
    height, width = shape_hw
    film = cv2.resize(rng.normal(0, 0.05, (7, 12)).astype(np.float32), (width, height), interpolation=cv2.INTER_CUBIC)
    dark = np.zeros((height, width), np.float32)
    for _ in range(round(4 + 22 * dirt_ratio)):
        speck = np.zeros((height, width), np.float32)
        centre = int(rng.integers(width)), int(rng.integers(height))
        radius = float(rng.uniform(0.008, 0.045)) * height
        axes = max(2, round(radius)), max(2, round(radius * float(rng.uniform(0.6, 1.0))))
        cv2.ellipse(speck, centre, axes, float(rng.uniform(0, 180)), 0, 360, float(rng.uniform(0.12, 0.5)), -1)
        dark = np.maximum(dark, cv2.GaussianBlur(speck, (0, 0), max(1.0, radius * 0.45)))
    smear = np.zeros((height, width), np.float32)
    start, turn = rng.uniform(0.1, 0.9, 2) * (width, height), float(rng.uniform(0, math.pi))
    for offset in np.linspace(-0.05, 0.05, 7) * height:
        aside = np.array([-math.sin(turn), math.cos(turn)]) * offset
        end = start + aside + np.array([math.cos(turn), math.sin(turn)]) * 0.5 * width
        line = [tuple(round(float(v)) for v in point) for point in (start + aside, end)]
        cv2.line(smear, line[0], line[1], float(rng.uniform(0.05, 0.2)), max(1, round(0.008 * height)))
    smear = cv2.GaussianBlur(smear, (0, 0), 0.012 * height)
    return (1 + dirt_ratio * (film - dark + smear)).astype(np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class _Glass:
    """One drop at one place: the patch that it covers, where its pixels come from in the small picture, its weight."""

    corner: tuple[int, int]
    x: npt.NDArray[np.float32]
    y: npt.NDArray[np.float32]
    weight: npt.NDArray[np.float32]

    @property
    def rows_columns(self) -> tuple[slice, slice]:
        """Where in the picture the patch lies."""
        (x, y), (height, width) = self.corner, self.weight.shape
        return slice(y, y + height), slice(x, x + width)


class _Drop:
    """A drop of water on the lens, which is gone after a while while another comes elsewhere."""

    def __init__(self, number: int, seed: int, size_wh: SizeWH) -> None:
        rng = np.random.default_rng((seed, 84, number))
        self._key, self._size_wh = (seed, 85, number), size_wh
        self._life_s, self._phase_s = float(rng.uniform(*DROP_LIFE_S)), float(rng.uniform(0, DROP_LIFE_S[1]))
        self._held: tuple[int, _Glass | None] | None = None

    def refract(self, bgr: Picture, small: Picture, t_s: float) -> None:
        """Draw what the drop shows at a time, in place: the scene around it upside down and out of focus."""
        glass = self._at(t_s)
        if glass is None:
            return
        patch = bgr[glass.rows_columns]
        seen = cv2.remap(small, glass.x, glass.y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        cv2.blendLinear(patch, seen, 1 - glass.weight, glass.weight, dst=patch)

    def hide(self, left: FloatArray, t_s: float) -> None:
        """Take from the share that is left of each pixel of the scene what the drop covers at a time, in place."""
        glass = self._at(t_s)
        if glass is not None:
            left[glass.rows_columns] *= 1 - glass.weight

    def _at(self, t_s: float) -> _Glass | None:
        slot = math.floor((t_s + self._phase_s) / self._life_s)
        if self._held is None or self._held[0] != slot:
            self._held = slot, self._glass(slot)
        return self._held[1]

    def _glass(self, slot: int) -> _Glass | None:
        rng = np.random.default_rng((*self._key, slot & 0x7FFFFFFF))
        width, height = self._size_wh
        radius = height * float(rng.uniform(0.008, 0.014) + 0.06 * rng.random() ** 2.5)
        tall = radius * float(rng.uniform(1.0, 1.5))
        middle_x, middle_y = float(rng.uniform(0, width)), float(rng.uniform(0, height))
        x0, y0 = max(0, int(middle_x - radius)), max(0, int(middle_y - tall))
        x1, y1 = min(width, int(middle_x + radius) + 2), min(height, int(middle_y + tall) + 2)
        if x1 - x0 < 2 or y1 - y0 < 2:
            return None
        ys, xs = np.mgrid[y0:y1, x0:x1].astype(np.float32)
        u, v = (xs - middle_x) / radius, (ys - middle_y) / tall
        r = np.hypot(u, v)
        weight = np.clip((1 - r) * 3.5, 0, 1) * 0.92
        source_x = (middle_x - u * radius * DROP_WIDE) / DROP_REDUCTION
        source_y = (middle_y - v * tall * DROP_WIDE) / DROP_REDUCTION
        return _Glass((x0, y0), source_x.astype(np.float32), source_y.astype(np.float32), weight.astype(np.float32))


DROP_WIDE = 5.0
"""How many of its own radii of the scene a drop shows."""
