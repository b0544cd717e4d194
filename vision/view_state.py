"""Judges whether a camera sees what it was set up to see: dark, blocked, frozen, defocused or moved.

The first looks give a reference of luma and edges, which follows slowly while all is well. A look is compared with it;
a verdict makes the view unsure after `SUSPECT_S`, so that rules abstain, and counts once it has lasted for `CONFIRM_S`.
Things that the model found are left out, so that traffic is no movement of the camera. That works with one look in
eight seconds as with four a second.

Belongs here: the state of the view. Does not: what follows from it (clocks freeze, in vision.memory).
"""

from collections.abc import Mapping

import cv2
import numpy as np
import numpy.typing as npt

from vision.arrays import Boxes, FloatArray, Mask, Picture
from vision.freezing import FreezeWatch
from vision.light import gradient
from vision.observations import ViewState

SIZE_WH = (160, 90)
"""Size of the luma that is judged."""

DARK_LUMA = 42.0
"""If 98 % of the picture is darker, no lamp is in it: black is 16 in video luma, a lit street at night has lamps."""

SUSPECT_S = 2.0
"""A doubt must last so long before rules abstain: a flash, or a lorry before the lens for a second, is none."""

CONFIRM_S = 12.0
"""A doubt must last so long to be a fault that people are told of: a bus before the lens drives on."""

DOUBT_FADES = 2.0
"""A look that sees nothing wrong takes back so many times the time of one that does: traffic hides a fault at times."""

AGREE_S = 2.0
"""Which fault it is must be agreed on for so long."""

LEARN_LOOKS = 4
"""Looks until there is a reference to compare with."""

FOLLOW_S = 600.0
"""Time constant with which the reference follows the day."""

BLOCKED_EDGES = 0.2
"""If less of the reference's edge strength is left, and little structure, something covers the lens."""

BLOCKED_SPREAD = 0.5
"""And the picture varies less than this share of the reference."""

DEFOCUSED_EDGES = 0.5
"""Fine edges below this share of the reference, while the coarse picture is the same, are lost to blur."""

NOISE_SIGMAS = 1.2
"""Slopes below so many sigmas of the noise are noise: it makes slopes of 0.54 sigma on average."""

LESSER_MEAN_TO_SIGMA = 1.373
"""Of a normal distribution: the mean of the lesser three quarters is 0.515 sigma, and two looks have noise."""

SAME_COARSE, SAME_BEHIND_TRAFFIC = 0.8, 0.6
"""Correlation of coarse pictures from which they show the same street, and the same one with traffic before it."""

MOVED_EDGES, TURNED_EDGES = 0.3, 0.36
"""Correlation of edges below which another street is seen, unless they still lie in the same place: at once where the
coarse picture differs, too; where it does not, as of a camera that turned a little, if nothing lines up."""

ALIGNED_RESPONSE, UNALIGNED_RESPONSE = 0.25, 0.2
"""Response of the phase correlation from which it says how far the picture is displaced; and below which it lies
nowhere as it did."""

MOVED_SHIFT = 0.03
"""Share of the width by which the whole picture must be displaced; wind shakes a pole by less."""

MIN_EDGES = 0.6
"""A reference with less edge strength (grey values per pixel, mean) is too plain to judge blur or movement by."""


class ViewJudge:
    """Judges the view of one camera; one thread at a time."""

    def __init__(self) -> None:
        self.state = ViewState.OK
        self._luma: FloatArray | None = None
        self._edges = np.zeros((SIZE_WH[1], SIZE_WH[0]), np.float32)
        self._fine = np.zeros((SIZE_WH[1], SIZE_WH[0]), np.float32)  # slopes at the size of the looks
        self._last: FloatArray | None = None
        self._looks = 0
        self._pending, self._pending_s = ViewState.OK, 0.0
        self._doubt_s = 0.0
        self._freeze = FreezeWatch()

    def update(self, luma: Picture, sample: Picture, things: Boxes, step_s: float) -> ViewState:
        """Take in a look and return the state of the view.

        Args:
            luma: twice `SIZE_WH` uint8, by area.
            sample: some pixels of the full-size luma, always the same ones; a frozen picture repeats them.
            things: (N, 4) boxes in pixels at `SIZE_WH`, left out of the comparison.
            step_s: watched seconds since the look before.
        """
        is_frozen = self._freeze.update(sample, step_s)
        now = cv2.resize(luma, SIZE_WH, interpolation=cv2.INTER_AREA).astype(np.float32)
        whole = luma.astype(np.float32)
        fine, noise = gradient(whole)[1::2, 1::2].copy(), self._noise(whole)  # a quarter of the slopes tells the same
        verdict = self._verdict(now, (fine, noise), things)
        if verdict is ViewState.OK and is_frozen:
            verdict = ViewState.FROZEN
        self._settle(verdict, step_s)
        if verdict is ViewState.OK and self.state is ViewState.OK:
            self._follow(now, fine, things, step_s)
        return self.state

    @property
    def is_steady(self) -> bool:
        """Whether the last look agreed that all is well, so that others may learn from it."""
        return self.state is ViewState.OK and self._pending is ViewState.OK

    def checkpoint(self) -> dict[str, npt.NDArray[np.generic]]:
        """Return the reference as arrays; empty before the first look."""
        if self._luma is None:
            return {}
        return {"luma": self._luma, "edges": self._edges, "fine": self._fine, "looks": np.array([self._looks])}

    def restore(self, arrays: Mapping[str, npt.NDArray[np.generic]]) -> None:
        """Take up what `checkpoint` returned; what an older version kept is left aside and learned anew."""
        if "fine" in arrays:
            self._luma, self._edges = arrays["luma"].astype(np.float32), arrays["edges"].astype(np.float32)
            self._fine, self._looks = arrays["fine"].astype(np.float32), int(arrays["looks"].astype(np.int64)[0])

    def _settle(self, verdict: ViewState, step_s: float) -> None:
        is_agreed = verdict is self._pending
        self._pending_s = self._pending_s + step_s if is_agreed else 0.0
        if verdict is ViewState.OK:
            self._doubt_s = max(0.0, self._doubt_s - DOUBT_FADES * step_s)
        elif self._pending is not ViewState.OK or self._doubt_s:
            self._doubt_s = min(self._doubt_s + step_s, CONFIRM_S)
        self._pending = verdict
        if verdict is ViewState.FROZEN:
            self.state = verdict  # it has lasted long enough
        elif verdict is self.state or (is_agreed and self._pending_s >= AGREE_S and self._is_settled(verdict)):
            self.state = verdict
        elif self.state is ViewState.OK and verdict is not ViewState.OK and self._doubt_s >= SUSPECT_S:
            self.state = ViewState.UNSURE

    def _is_settled(self, verdict: ViewState) -> bool:
        return verdict is ViewState.OK or self._doubt_s >= CONFIRM_S

    def _noise(self, whole: FloatArray) -> float:
        """Return the sigma of the noise: the lesser three quarters of what differs from the look before.

        Their mean, not their middle: pixels are whole numbers, and the middle of little noise is 0.
        """
        before, self._last = self._last, whole[::8, ::8].copy()
        if before is None or before.shape != self._last.shape:
            return 0.0
        differences = np.abs(self._last - before).ravel()
        most = 3 * len(differences) // 4
        return LESSER_MEAN_TO_SIGMA * float(np.partition(differences, most)[:most].mean())

    def _verdict(self, now: FloatArray, details: tuple[FloatArray, float], things: Boxes) -> ViewState:
        brightest = np.sort(now[::2, ::2], axis=None)
        if brightest[int(0.98 * len(brightest))] < DARK_LUMA:
            return ViewState.DARK
        if self._luma is None or self._looks < LEARN_LOOKS:
            return ViewState.OK
        used = ~_mask(things, now.shape)
        if used.mean() < 0.3 or float(self._edges[used].mean()) < MIN_EDGES:
            return ViewState.OK
        edges = gradient(now)
        strength = float(edges[used].mean()) / float(self._edges[used].mean())
        spread = float(now[used].std()) / max(1.0, float(self._luma[used].std()))
        if strength < BLOCKED_EDGES and spread < BLOCKED_SPREAD:
            return ViewState.BLOCKED
        coarse = correlation_of(_coarse(now), _coarse(self._luma), used[2:88:4, 2::4])
        sharpness = self._sharpness(*details, min(1.0, max(spread, 0.3)))
        if coarse >= SAME_BEHIND_TRAFFIC and sharpness < DEFOCUSED_EDGES:
            return ViewState.DEFOCUSED
        return ViewState.MOVED if self._has_moved(edges, used, coarse) else ViewState.OK

    def _sharpness(self, fine: FloatArray, noise: float, contrast: float) -> float:
        """Return how much of the reference's fine slopes is left in this contrast, where they rise above the noise."""
        floor = np.float32(NOISE_SIGMAS * noise)
        usual = float(np.maximum(self._fine * np.float32(contrast) - floor, 0).mean())
        return float(np.maximum(fine - floor, 0).mean()) / usual if usual > 0 else 1.0

    def _has_moved(self, edges: FloatArray, used: Mask, coarse: float) -> bool:
        likeness = correlation_of(edges, self._edges, used)
        if likeness >= 0.6:
            return False
        blank = np.where(used, edges, 0).astype(np.float32), np.where(used, self._edges, 0).astype(np.float32)
        (dx, dy), response = cv2.phaseCorrelate(*blank)
        is_displaced = max(abs(dx), abs(dy)) > MOVED_SHIFT * SIZE_WH[0]
        if response >= ALIGNED_RESPONSE and not is_displaced:
            return False  # the street shows through whatever fills the picture
        is_turned = likeness < TURNED_EDGES and response < UNALIGNED_RESPONSE
        return (likeness < MOVED_EDGES and coarse < SAME_COARSE) or is_turned or (response > 0.2 and is_displaced)

    def _follow(self, now: FloatArray, fine: FloatArray, things: Boxes, step_s: float) -> None:
        self._looks += 1
        edges = gradient(now)
        if self._luma is None:
            self._luma, self._edges, self._fine = now, edges, fine
            return
        weight = 1 / self._looks if self._looks <= 2 * LEARN_LOOKS else 1 - np.exp(-step_s / FOLLOW_S)
        self._fine = self._fine + np.float32(weight) * (fine - self._fine)
        amount = np.where(_mask(things, now.shape), np.float32(0), np.float32(weight))
        self._luma = self._luma + amount * (now - self._luma)
        self._edges = self._edges + amount * (edges - self._edges)


def _coarse(luma: FloatArray) -> FloatArray:
    return cv2.resize(luma, (SIZE_WH[0] // 4, SIZE_WH[1] // 4), interpolation=cv2.INTER_AREA)


def correlation_of(one: FloatArray, other: FloatArray, used: Mask) -> float:
    """Return the correlation of the `used` pixels of two pictures of one size, in [-1, 1]; 0 where one is plain."""
    a, b = one[used].astype(np.float64), other[used].astype(np.float64)
    a, b = a - a.mean(), b - b.mean()
    # Sums, not `@`: BLAS spreads a product of this size over all cores, which costs several times what it saves.
    scale = float(np.sqrt((a * a).sum() * (b * b).sum()))
    return float((a * b).sum()) / scale if scale > 0 else 0.0


def _mask(boxes: Boxes, shape_hw: tuple[int, ...]) -> Mask:
    mask = np.zeros(shape_hw, bool)
    for x1, y1, x2, y2 in boxes:
        mask[max(0, int(y1)) : max(0, int(np.ceil(y2))), max(0, int(x1)) : max(0, int(np.ceil(x2)))] = True
    return mask
