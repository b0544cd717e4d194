"""Bounds how many cameras are dialled at once, and how long to wait between tries.

After a power cut every camera of a site comes back in the same second; without a budget each reader would dial at once.
"""

import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from streams.errors import StreamError
from streams.settings import StreamSettings

DIALS_AT_ONCE = 4
"""Enough to start 100 cameras in about half a minute, few enough for a small switch or recorder."""

LEASE_S = 2.0
"""A camera that lives answers within this time; a dial that hangs longer only waits and burdens nobody."""

GROWTH = 2.0
JITTER_RATIO = 0.3
SLOW_WAIT_S = 30.0
"""First wait where only a change at the camera helps (no such path, no video)."""


class DialBudget:
    """A bounded number of dials at once, shared by the readers of a pool.

    Args:
        at_once: how many.
        lease_s: seconds after which a dial no longer counts, so that cameras that do not answer hold nobody up.
        monotonic: the clock of the leases.
    """

    def __init__(
        self,
        at_once: int = DIALS_AT_ONCE,
        *,
        lease_s: float = LEASE_S,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        if at_once < 1:
            raise ValueError(f"a dial budget needs at least one dial: {at_once=}")
        self._at_once = at_once
        self._lease_s = lease_s
        self._monotonic = monotonic
        self._leases: dict[object, float] = {}  # each dial's ticket, and until when it counts
        self._changed = threading.Condition()

    @contextmanager
    def slot(self, stop: threading.Event) -> Iterator[bool]:
        """Wait for a free dial; gives False at once when `stop` is set (call `wake` after setting it)."""
        ticket = object()
        with self._changed:
            while not stop.is_set() and (wait_s := self._wait_s()) > 0:
                self._changed.wait(wait_s)
            has_slot = not stop.is_set()
            if has_slot:
                self._leases[ticket] = self._monotonic() + self._lease_s
        try:
            yield has_slot
        finally:
            with self._changed:
                self._leases.pop(ticket, None)
                self._changed.notify_all()

    def wake(self) -> None:
        """Let waiting readers look at their stop events."""
        with self._changed:
            self._changed.notify_all()

    def _wait_s(self) -> float:
        now_s = self._monotonic()
        counting = [until_s for until_s in self._leases.values() if until_s > now_s]
        return min(counting) - now_s if len(counting) >= self._at_once else 0.0


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
