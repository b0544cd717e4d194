"""Bounds how many cameras are dialled at once, and how long to wait between tries.

After a power cut every camera of a site comes back in the same second; without a budget each reader would dial at once.
"""

import random
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from streams.errors import StreamError
from streams.settings import StreamSettings

DIALS_AT_ONCE = 4
"""Enough to start 100 cameras in about half a minute, few enough for a small switch or recorder."""

GROWTH = 2.0
JITTER_RATIO = 0.3
SLOW_WAIT_S = 30.0
"""First wait where only a change at the camera helps (no such path, no video)."""


class DialBudget:
    """A bounded number of dials at once, shared by the readers of a pool."""

    def __init__(self, at_once: int = DIALS_AT_ONCE) -> None:
        if at_once < 1:
            raise ValueError(f"a dial budget needs at least one dial: {at_once=}")
        self._free = at_once
        self._changed = threading.Condition()

    @contextmanager
    def slot(self, stop: threading.Event) -> Iterator[bool]:
        """Wait for a free dial; gives False at once when `stop` is set (call `wake` after setting it)."""
        with self._changed:
            self._changed.wait_for(lambda: self._free > 0 or stop.is_set())
            has_slot = not stop.is_set()
            self._free -= has_slot
        try:
            yield has_slot
        finally:
            with self._changed:
                self._free += has_slot
                self._changed.notify_all()

    def wake(self) -> None:
        """Let waiting readers look at their stop events."""
        with self._changed:
            self._changed.notify_all()


class Waits:
    """The waits between tries of one camera: growing, capped, jittered; short again after a success."""

    def __init__(self, settings: StreamSettings, uniform: Callable[[float, float], float] = random.uniform) -> None:
        self._first_s = settings.first_wait_s
        self._longest_s = settings.longest_wait_s
        self._uniform = uniform
        self._next_s = self._first_s

    def succeeded(self) -> None:
        """Begin with the shortest wait again."""
        self._next_s = self._first_s

    def after(self, err: StreamError) -> float:
        """Return how many seconds to wait after an error, and let the next wait grow."""
        base_s = max(self._next_s, SLOW_WAIT_S) if err.is_slow else self._next_s
        base_s = min(base_s, self._longest_s)
        self._next_s = min(self._next_s * GROWTH, self._longest_s)
        return base_s * self._uniform(1 - JITTER_RATIO, 1)
