"""Gives the closer looks of a camera in turns, within what all cameras together may spend.

Each look of the model at a frame may bring one more at parts of it (`vision.closer_plan`). Which parts is decided here:
those with news or a thing in doubt go first every other time, else those that have waited longest.
"""

import time
from collections.abc import Callable, Mapping, Sequence

import numpy as np
import numpy.typing as npt

from vision.arrays import FloatArray, SizeWH
from vision.cells import GRID_WH, cells_of
from vision.closer_look import CloserLook, Sheet
from vision.closer_plan import plan_closer_looks
from vision.detections import Detections
from vision.frames import Frame
from vision.ground_scale import GroundScale
from vision.zones import Zone

FIRST_PLANS, PLAN_EVERY = 8, 256
"""Looks after which the plan is made anew with what was learned: at first after 8, 16, 32, then after every 256."""

MOST_SAVED = 2.0
"""Closer looks that may be saved up: a batch for two cores."""


class Allowance:
    """So many looks a second and no more; for one thread."""

    def __init__(self, per_s: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._per_s, self._clock = per_s, clock
        self._saved, self._counted_s = 1.0 if per_s > 0 else 0.0, clock()

    def has_one(self) -> bool:
        """Whether a look may be taken now."""
        now_s = self._clock()
        self._saved = min(MOST_SAVED, self._saved + self._per_s * (now_s - self._counted_s))
        self._counted_s = now_s
        return self._saved >= 1

    def spend(self) -> None:
        """Note that one was taken."""
        self._saved -= 1


class CloserTurns:
    """The closer looks of one camera; one thread at a time.

    Args:
        input_wh: of the model; None where no closer look is taken.
    """

    def __init__(self, input_wh: SizeWH | None) -> None:
        self._input_wh = input_wh
        self._zones: tuple[tuple[Zone, float], ...] = ()
        self._scale = GroundScale()
        self._sheets: tuple[Sheet, ...] = ()
        self._planned_wh: SizeWH | None = None
        self._looks, self._plan_at = 0, FIRST_PLANS
        self._turns: dict[Sheet, int] = {}
        self._was_for_doubt = False

    def watch(self, zones: Sequence[tuple[Zone, float]]) -> None:
        """Set the zones, each with the size in metres of the smallest thing that matters in it."""
        self._zones, self._planned_wh = tuple(zones), None

    def choose(self, frame: Frame, doubted: Sequence[int]) -> CloserLook | None:
        """Return the next closer look; None where nothing is small.

        Args:
            frame: that the model is about to look at.
            doubted: cells with something that a look should settle, as often as there is something in them.
        """
        sheets = self._plan(frame.size_wh)
        if not sheets:
            return None
        counts = {sheet: sum(cell in sheet.cells for cell in doubted) for sheet in sheets}
        longest = min(sheets, key=lambda sheet: self._turns.get(sheet, -1))
        doubtful = max(sheets, key=lambda sheet: counts[sheet])
        return CloserLook(frame, doubtful if counts[doubtful] and not self._was_for_doubt else longest)

    def looked(self, frame: Frame, closer: CloserLook | None, found: Detections) -> tuple[int, ...]:
        """Take in a look of the model and return the cells in which it was too coarse.

        Args:
            frame: that was looked at as a whole.
            closer: what was looked at closely with it, if anything.
            found: by both.
        """
        if self._input_wh is None:
            return ()
        self._looks += 1
        self._scale.learn(found, frame.size_wh)
        sheets = self._plan(frame.size_wh)
        coarse = frozenset[int]().union(*(sheet.cells for sheet in sheets))
        if closer is not None:
            longest = min(sheets, key=lambda sheet: self._turns.get(sheet, -1), default=None)
            self._was_for_doubt = closer.sheet != longest
            self._turns[closer.sheet] = self._looks
            coarse -= closer.sheet.cells
        if self._looks >= self._plan_at:
            self._plan_at += min(self._looks, PLAN_EVERY)
            self._planned_wh = None
        return tuple(sorted(coarse))

    def checkpoint(self) -> dict[str, npt.NDArray[np.generic]]:
        """Return what was learned as arrays."""
        return self._scale.checkpoint()

    def restore(self, arrays: Mapping[str, npt.NDArray[np.generic]]) -> None:
        """Take up what `checkpoint` returned; nothing where it is empty.

        Raises:
            ValueError: the arrays have other shapes.
        """
        if arrays:
            self._scale.restore(arrays)
            self._planned_wh = None

    def _plan(self, size_wh: SizeWH) -> tuple[Sheet, ...]:
        if self._input_wh is None:
            return ()
        if size_wh != self._planned_wh:
            sizes_px = sizes_wanted(self._zones, self._scale.px_per_metre(size_wh))
            self._sheets, self._planned_wh = plan_closer_looks(size_wh, self._input_wh, sizes_px), size_wh
            self._turns = {sheet: self._turns[sheet] for sheet in self._sheets if sheet in self._turns}
        return self._sheets


def sizes_wanted(zones: Sequence[tuple[Zone, float]], px_per_metre: FloatArray) -> FloatArray:
    """Return (18, 32) float32: the size in pixels of the smallest thing that matters in each cell, else infinite.

    Args:
        zones: each with that size in metres.
        px_per_metre: (18,) of each row of cells.
    """
    sizes = np.full((GRID_WH[1], GRID_WH[0]), np.inf, np.float32)
    for zone, size_m in zones:
        here = np.broadcast_to((size_m * px_per_metre)[:, None], sizes.shape)
        sizes = np.where(cells_of(zone), np.minimum(sizes, here), sizes).astype(np.float32)
    return sizes
