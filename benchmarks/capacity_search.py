"""Finds the largest number of cameras that a side bears, by trials that may fail by chance.

Each round is an estimate of its own. The first climbs the steps from the lowest and gives a failed step a second
trial; later rounds begin at the middle of what the earlier ones found and go up or down from there. A search says
which number to try next, so that the trials of several sides can take turns.
"""

import statistics
from collections.abc import Sequence
from itertools import pairwise


class Climb:
    """One round's search over ascending steps; `best` is 0 until a step was passed."""

    def __init__(self, steps: Sequence[int], *, begin_at: int | None = None) -> None:
        """Begin.

        Args:
            steps: numbers of cameras, ascending.
            begin_at: the step with which to begin; the lowest by default.

        Raises:
            ValueError: no steps, or not ascending.
        """
        if not steps or any(a >= b for a, b in pairwise(steps)):
            raise ValueError(f"steps must be ascending numbers of cameras, not {list(steps)}")
        self.best = 0
        self._steps = tuple(steps)
        self._row: int | None = 0 if begin_at is None else _row_of(self._steps, begin_at)
        self._failed_row = len(self._steps)
        self._tries = 0

    @property
    def next_step(self) -> int | None:
        """The number of cameras to try next; None when the round is over."""
        return None if self._row is None else self._steps[self._row]

    def take(self, *, passed: bool) -> None:
        """Note how the trial of `next_step` went.

        Raises:
            ValueError: the round is over.
        """
        if self._row is None:
            raise ValueError("the round is over, there was nothing to try")
        if not passed and self._tries == 0:
            self._tries = 1
            return
        self._tries = 0
        if passed:
            self.best = max(self.best, self._steps[self._row])
            upper = self._row + 1
            self._row = upper if upper < self._failed_row else None
        else:
            self._failed_row = self._row
            lower = self._row - 1
            self._row = lower if lower >= 0 and self._steps[lower] > self.best else None


def begin_of(earlier: Sequence[int], steps: Sequence[int]) -> int | None:
    """Return the step with which a further round begins: the middle of the earlier results; None for the lowest."""
    found = [best for best in earlier if best]
    if not found:
        return None
    return _nearest(steps, statistics.median(found))


def _row_of(steps: Sequence[int], cameras: int) -> int:
    return list(steps).index(_nearest(steps, cameras))


def _nearest(steps: Sequence[int], cameras: float) -> int:
    return min(steps, key=lambda step: (abs(step - cameras), step))
