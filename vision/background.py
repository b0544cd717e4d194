"""Finds objects that no model knows: what was not in the long-term background, and stays.

Works on a small luma. The background is kept in the light of its first minute; each look is compared with it after
undoing gain and offset. A pixel that differs and does not move gathers seconds; regions with enough of them are
unknown objects. Boxes of known things are cut out: they neither gather nor teach. A region in which the texture of the
background goes on is a shadow, one whose border is sharper in the background is where a thing was taken away (a
ghost); both are taken into the background at once.

Belongs here: pixels of the background. Does not: what the objects mean.
"""

from collections.abc import Mapping, Sequence

import cv2
import numpy as np
import numpy.typing as npt

from vision.arrays import Boxes, FloatArray, Mask, Picture
from vision.classes import StreetClass
from vision.detections import Detections
from vision.light import Light, fit_light, gradient
from vision.zones import Zone, standing_mask

SIZE_WH = (320, 180)
"""Size of the luma that is compared: a crate of 25 px at 720p is 6 px here, a look costs under a millisecond."""

MIN_DIFFERENCE = 11.0
"""Grey values by which a thing must differ: compression of flat areas moves them by up to 6."""

STAY_S = 5.0
"""Watched seconds a pixel must differ and stay: who waits at the kerb for less is a passer-by."""

GONE_S = 10.0
"""A pixel that looks like the background again remembers no more than so many seconds of what stood there: it would be
seen for half of its stay after it was taken away."""

LONGEST_GATHER_S = 3.0
"""A look vouches for no more than so many seconds before it: who waits may have been known at the looks between."""

LEARNING_S = 12.0
"""The background of the first seconds follows quickly, so that who walks through it is not painted in."""

FOLLOW_FAST_S, FOLLOW_S, SHORT_S = 4.0, 120.0, 2.0
"""Time constants: the background while learning, afterwards (clouds), and the present picture for "does not move"."""

ABSORB_S = 7200.0
"""What stays for two hours belongs to the street."""

MIN_AREA_PX = 40
"""Smaller regions are leaves and noise: 40 px here are 25 x 25 px at 720p."""

MIN_FILL_RATIO = 0.35
"""Regions that fill less of their box are outlines: camera shake, cables."""

MAX_SHARE = 0.5
"""If more of the watched area differs, the light or the view has changed and nothing is concluded."""

SHADOW_RESIDUAL = 0.35
"""A region whose difference shrinks to this share once light is fitted inside it, keeps its texture: a shadow."""

LEAST_SHADOW_GAIN = 0.4
"""So much of the background's contrast a shadow keeps: a sixth of the light is a gain of 0.44 in a picture (gamma 2.2).
Crates on even paving fit with less, as nothing of the paving is left there to see."""

GHOST_RATIO = 0.75
"""A region's border whose slope is less than this share of the background's belongs to a thing that went away."""


class Background:
    """The long-term background of one camera within some zones; one thread at a time."""

    def __init__(self, zones: Sequence[Zone]) -> None:
        self._watched = standing_mask(zones, SIZE_WH)
        self._long: FloatArray | None = None
        self._short = np.zeros(self._watched.shape, np.float32)
        self._stay_s = np.zeros(self._watched.shape, np.float32)
        self._age_s = 0.0

    @property
    def is_needed(self) -> bool:
        """Whether there is anything to watch."""
        return bool(self._watched.any())

    @property
    def is_gathering(self) -> bool:
        """Whether something stays somewhere and is no object yet; what is one already gathers no more."""
        young = ((self._stay_s > 0) & (self._stay_s < STAY_S)).astype(np.uint8)
        return int(cv2.erode(young, np.ones((5, 5), np.uint8)).max()) > 0

    def update(self, luma: Picture, known: Boxes, step_s: float) -> Detections:
        """Take in a look and return unknown objects, with boxes in pixels of the small luma.

        Args:
            luma: `SIZE_WH` uint8.
            known: (N, 4) boxes of what the model found, in pixels of the small luma.
            step_s: watched seconds since the look before.
        """
        if not self.is_needed:
            return Detections.empty()
        now = cv2.GaussianBlur(luma, (3, 3), 0).astype(np.float32)
        if self._long is None:
            self._long, self._short = now.copy(), now.copy()
            return Detections.empty()
        hidden = _box_mask(known, self._watched.shape)
        open_ = ~hidden
        light = fit_light(now[::4, ::4], self._long[::4, ::4], (open_ & (self._stay_s < STAY_S))[::4, ::4])
        expected = light.expected(self._long)
        differs = np.abs(now - expected) > max(MIN_DIFFERENCE, 4 * light.noise)
        if differs[self._watched].mean() > MAX_SHARE:
            self._follow_short(now, open_, step_s)
            return Detections.empty()
        self._gather(now, differs, open_, min(step_s, LONGEST_GATHER_S))
        self._long += self._weight(open_ & ~differs, step_s) * (light.undone(now) - self._long)
        self._follow_short(now, open_, step_s)
        return self._objects(now, expected, light, known)

    def checkpoint(self) -> dict[str, npt.NDArray[np.generic]]:
        """Return the background as arrays; empty before the first look."""
        if self._long is None:
            return {}
        age = np.array([self._age_s], np.float64)
        return {"long": self._long, "short": self._short, "stay_s": self._stay_s, "age_s": age}

    def restore(self, arrays: Mapping[str, npt.NDArray[np.generic]]) -> None:
        """Take up what `checkpoint` returned."""
        if not arrays:
            return
        long, short, stay_s = (arrays[name].astype(np.float32) for name in ("long", "short", "stay_s"))
        if not long.shape == short.shape == stay_s.shape == self._watched.shape:
            raise ValueError(f"background has another size: {long.shape=}, wanted {self._watched.shape}")
        self._long, self._short, self._stay_s = long.copy(), short.copy(), stay_s.copy()
        self._age_s = float(arrays["age_s"].astype(np.float64)[0])

    def _gather(self, now: FloatArray, differs: Mask, open_: Mask, step_s: float) -> None:
        is_still = np.abs(now - self._short) <= 2 * MIN_DIFFERENCE
        stays = differs & is_still & open_ & self._watched
        self._stay_s[stays] += step_s
        np.minimum(self._stay_s, GONE_S, out=self._stay_s, where=open_ & ~differs)
        self._stay_s[open_ & ~stays] -= 2 * step_s
        self._stay_s[~open_] -= step_s  # a person whom the model misses at one look in three is no unknown thing
        np.maximum(self._stay_s, 0, out=self._stay_s)

    def _weight(self, same: Mask, step_s: float) -> FloatArray:
        """Return by how much each pixel of the background follows the present."""
        self._age_s += step_s
        is_learning = self._age_s < LEARNING_S
        tau_s = FOLLOW_FAST_S if is_learning else FOLLOW_S
        taken = same | (self._stay_s > (0 if is_learning else ABSORB_S))
        return np.where(taken, np.float32(1 - np.exp(-step_s / tau_s)), np.float32(0)).astype(np.float32)

    def _follow_short(self, now: FloatArray, open_: Mask, step_s: float) -> None:
        weight = np.where(open_, np.float32(1 - np.exp(-step_s / SHORT_S)), np.float32(0))
        self._short += weight * (now - self._short)

    def _objects(self, now: FloatArray, expected: FloatArray, light: Light, known: Boxes) -> Detections:
        """Return the regions that stayed; what turns out to be no thing is taken into the background."""
        staying = (self._stay_s >= STAY_S).astype(np.uint8)
        if not staying.any():
            return Detections.empty()
        staying = cv2.morphologyEx(staying, cv2.MORPH_CLOSE, np.ones((5, 5), np.uint8))
        staying = cv2.morphologyEx(staying, cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
        _, labels, stats, _ = cv2.connectedComponentsWithStats(staying, connectivity=8)
        rows: list[tuple[tuple[float, float, float, float], float, int]] = []
        for label, (x, y, width, height, area) in enumerate(stats[1:], start=1):
            if area < MIN_AREA_PX or area < MIN_FILL_RATIO * width * height:
                continue
            window = slice(max(0, y - 3), y + height + 3), slice(max(0, x - 3), x + width + 3)
            region = labels[window] == label
            if not _is_known(known, (x, y, x + width, y + height)):
                if not _is_thing(now[window], expected[window], region):
                    self._absorb(window, region, light.undone(now[window]))
                    continue
                contrast = float(np.abs(now[window] - expected[window])[region].mean())
                score = 0.35 + 0.5 * min(1.0, contrast / 60)
                rows.append(((x, y, x + width, y + height), score, StreetClass.UNKNOWN.value))
        return Detections.of(rows)

    def _absorb(self, window: tuple[slice, slice], region: Mask, luma: FloatArray) -> None:
        if self._long is not None:
            self._long[window][region] = luma[region]
        self._stay_s[window][region] = 0


def _is_thing(now: FloatArray, expected: FloatArray, region: Mask) -> bool:
    """Return whether a region holds a thing that came, and neither a shadow nor the gap that a thing left."""
    difference = float(np.abs(now - expected)[region].mean())
    inner = cv2.erode(region.astype(np.uint8), np.ones((3, 3), np.uint8)).astype(bool)
    if inner.sum() >= 16 and expected[inner].std() > 4:
        inside = fit_light(now, expected, inner)
        residual = float(np.abs(now - inside.expected(expected))[inner].mean())
        if inside.gain >= LEAST_SHADOW_GAIN and residual < SHADOW_RESIDUAL * difference:
            return False
    mask = region.astype(np.uint8)
    ring = (cv2.dilate(mask, np.ones((3, 3), np.uint8)) - cv2.erode(mask, np.ones((3, 3), np.uint8))).astype(bool)
    return float(gradient(now)[ring].mean()) >= GHOST_RATIO * float(gradient(expected)[ring].mean())


def _is_known(known: Boxes, box: tuple[int, int, int, int]) -> bool:
    """Return whether a known thing explains half of a region's box."""
    if not len(known):
        return False
    sides = np.minimum(known[:, 2:], box[2:]) - np.maximum(known[:, :2], box[:2])
    shared = np.clip(sides, 0, None).prod(axis=1)
    return bool(shared.max() >= 0.5 * (box[2] - box[0]) * (box[3] - box[1]))


def _box_mask(boxes: Boxes, shape_hw: tuple[int, ...]) -> Mask:
    mask = np.zeros(shape_hw, bool)
    for x1, y1, x2, y2 in boxes:
        margin_x, margin_y = 1 + 0.1 * (x2 - x1), 1 + 0.05 * (y2 - y1)
        rows = slice(max(0, int(y1 - margin_y)), max(0, int(np.ceil(y2 + margin_y))))
        mask[rows, max(0, int(x1 - margin_x)) : max(0, int(np.ceil(x2 + margin_x)))] = True
    return mask
