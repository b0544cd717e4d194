"""Bounds how many cameras are dialled at once and a second, and how long to wait between tries.

After a power cut every camera of a site comes back in the same second; without a budget each reader would dial at once.
What a short outage needs and what a long one needs differ, so a camera is tried at a steady pace at first, and then
ever more slowly, in proportion to the time that it has been away (docs/design/recovery.md).
"""

import random
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from streams.errors import StreamBusyError, StreamError
from streams.settings import StreamSettings

LEASE_S = 2.0
"""A camera that lives answers within this time; a dial that hangs longer only waits and burdens nobody."""

AWAY_RATIO = 1 / 60
"""Share of the time away that may be lost before the return is noticed: the first minute is tried each
`first_wait_s`, an hour's outage once a minute."""

JITTER_RATIO = 0.3
SLOW_WAIT_S = 30.0
"""Wait where only a change at the camera helps (no such path, no video), unless it worked before: then it boots."""

BUSY_WAIT_S = 5.0
"""Wait where all sessions of a camera are taken: our own lost ones end by its time limit, of a minute or two."""

FREE_FLAPS = 2
"""So often a connection may break early, as it does while a camera boots, before its waits double each time."""


@dataclass(frozen=True, slots=True)
class DialLimits:
    """What a pool's readers may do together.

    Attributes:
        at_once: dials at the same time. A dial takes 0.7 to 1.2 s, so that 20 bring back 100 cameras in 5 to 7 s.
        per_s: dials a second; a recorder with all cameras behind it sees no more than that.
        knocks_per_s: bare TCP connects a second to hosts that did not answer; one costs a packet or three.
        lease_s: seconds after which a dial no longer counts, so that cameras that do not answer hold nobody up.
    """

    at_once: int = 20
    per_s: float = 20.0
    knocks_per_s: float = 100.0
    lease_s: float = LEASE_S

    def __post_init__(self) -> None:
        if self.at_once < 1:
            raise ValueError(f"a dial budget needs at least one dial: {self.at_once=}")
        if min(self.per_s, self.knocks_per_s, self.lease_s) <= 0:
            raise ValueError(f"a dial budget needs rates and a lease above 0: {self}")


class DialBudget:
    """A bounded number of dials at once and a second, shared by the readers of a pool; first come, first served.

    Args:
        limits: how many.
        monotonic: the clock.
    """

    def __init__(self, limits: DialLimits | None = None, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._limits = limits or DialLimits()
        self._monotonic = monotonic
        self._leases: dict[object, float] = {}  # each dial's ticket, and until when it counts
        self._queue: deque[object] = deque()
        self._next_dial_s = self._next_knock_s = monotonic()
        self._changed = threading.Condition()

    @contextmanager
    def slot(self, stop: threading.Event) -> Iterator[bool]:
        """Wait for a free dial; gives False at once when `stop` is set (call `wake` after setting it)."""
        ticket = object()
        has_slot = self._queued(ticket, stop)
        try:
            yield has_slot
        finally:
            with self._changed:
                self._leases.pop(ticket, None)
                self._changed.notify_all()

    def knock(self, stop: threading.Event) -> bool:
        """Wait for the turn to knock; gives False at once when `stop` is set."""
        with self._changed:
            due_s = max(self._monotonic(), self._next_knock_s)
            self._next_knock_s = due_s + 1 / self._limits.knocks_per_s
        return not stop.wait(max(0.0, due_s - self._monotonic()))

    def wake(self) -> None:
        """Let waiting readers look at their stop events."""
        with self._changed:
            self._changed.notify_all()

    def _queued(self, ticket: object, stop: threading.Event) -> bool:
        with self._changed:
            self._queue.append(ticket)
            try:
                while not stop.is_set() and (wait_s := self._wait_s(ticket)) > 0:
                    self._changed.wait(wait_s if wait_s < float("inf") else None)
                if stop.is_set():
                    return False
                now_s = self._monotonic()
                self._leases[ticket] = now_s + self._limits.lease_s
                self._next_dial_s = now_s + 1 / self._limits.per_s
                return True
            finally:
                self._queue.remove(ticket)
                self._changed.notify_all()

    def _wait_s(self, ticket: object) -> float:
        if self._queue[0] is not ticket:
            return float("inf")  # whoever leaves the queue wakes all
        now_s = self._monotonic()
        counting = [until_s for until_s in self._leases.values() if until_s > now_s]
        free_s = min(counting) - now_s if len(counting) >= self._limits.at_once else 0.0
        return max(free_s, self._next_dial_s - now_s)


class Waits:
    """The waits between tries of one camera: short and steady at first, then growing with the outage; jittered.

    Args:
        settings: the shortest and the longest wait.
        monotonic: the clock that tells how long the camera has been away.
        uniform: draws the jitter.
    """

    def __init__(
        self,
        settings: StreamSettings,
        monotonic: Callable[[], float] = time.monotonic,
        uniform: Callable[[float, float], float] = random.uniform,
    ) -> None:
        self._first_s = settings.first_wait_s
        self._longest_s = settings.longest_wait_s
        self._monotonic = monotonic
        self._uniform = uniform
        self._away_since_s: float | None = None
        self._has_worked = self._is_connected = False
        self._flaps = 0

    def connected(self) -> None:
        """Note that packets came; only `succeeded` ends the outage."""
        self._has_worked = self._is_connected = True

    def succeeded(self) -> None:
        """Note that the connection lasted: the next outage begins anew."""
        self._away_since_s = None
        self._flaps = 0

    def after(self, err: StreamError) -> float:
        """Return how many seconds to wait after an error."""
        now_s = self._monotonic()
        if self._away_since_s is None:
            self._away_since_s = now_s
        self._flaps += self._is_connected
        self._is_connected = False
        base_s = max(self._first_s, (now_s - self._away_since_s) * AWAY_RATIO)
        if self._flaps > FREE_FLAPS:
            # The exponent is bounded, as a camera may flap for years.
            base_s = max(base_s, self._first_s * 2.0 ** min(self._flaps - FREE_FLAPS, 30))
        if isinstance(err, StreamBusyError):
            base_s = max(base_s, BUSY_WAIT_S)
        elif err.is_slow and not self._has_worked:
            base_s = max(base_s, SLOW_WAIT_S)
        return min(base_s, self._longest_s) * self._uniform(1 - JITTER_RATIO, 1)
