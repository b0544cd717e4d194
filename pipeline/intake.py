"""Takes offers of pictures from many readers and hands out batches, so that the slow never wait for the quick.

Each camera has room for one waiting offer, its newest. One that is pushed out, grows stale, is not due or cannot be
decoded is counted with its cause, so that what was offered equals what was looked at plus what was dropped, exactly.

Belongs here: waiting, fairness, counting. Does not: what a look is (watch), the model (inference).
"""

import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from pipeline.views import LookCounts
from streams.offers import Offer

REPLACED = "replaced"
STALE = "stale"
NOT_DUE = "not_due"
FAILED = "failed"
CORRUPT = "corrupt"


STALE_AFTER_S = 4.0
"""An offer that waited longer is dropped. A rule loses nothing by a picture that comes late, as it has its own time; a
camera that somebody watches offers several a second, which push out the old ones."""


HEAD_START_S = 1.0
"""By so much a camera that is looked at closely comes sooner. With more, quiet ones starve where there is too much to
do: a car that came to rest there is not seen twice."""

REACHED_WINDOW_S = 60.0
"""The reached rate is counted over this time: ten looks of a quiet camera."""


@dataclass(slots=True)
class _Slot:
    offered: int = 0
    looked: int = 0
    inferred: int = 0
    dropped: Counter[str] = field(default_factory=Counter)
    waiting: Offer | None = None
    arrived_s: float = 0.0
    waits_since_s: float | None = None
    in_hand: int = 0
    wanted_hz: float = 0.0
    looks_s: deque[float] = field(default_factory=deque)


class FrameIntake:
    """One waiting offer per camera, shared by all readers of a shard and its inference thread.

    `put` may be called from any thread; `take` and the `count_` methods from the inference thread.
    """

    def __init__(self, *, stale_after_s: float = STALE_AFTER_S, clock: Callable[[], float] = time.monotonic) -> None:
        """Make an empty intake.

        Args:
            stale_after_s: an offer that waited longer is dropped.
            clock: monotonic seconds.
        """
        self._stale_after_s = stale_after_s
        self._clock = clock
        self._slots: dict[str, _Slot] = {}
        self._changed = threading.Condition()
        self._closed = False

    def add(self, camera_id: str) -> None:
        """Make room for a camera."""
        with self._changed:
            self._slots.setdefault(camera_id, _Slot())

    def remove(self, camera_id: str) -> None:
        """Forget a camera and its counts; an offer of it that comes later is ignored."""
        with self._changed:
            self._slots.pop(camera_id, None)

    def want(self, camera_id: str, look_hz: float) -> None:
        """Note how many looks a second a camera's rules want, for its counts."""
        with self._changed:
            if slot := self._slots.get(camera_id):
                slot.wanted_hz = look_hz

    def put(self, offer: Offer) -> None:
        """Take an offer; it pushes out one of the same camera that still waits."""
        with self._changed:
            slot = self._slots.get(offer.camera_id)
            if slot is None or self._closed:
                return
            slot.offered += 1
            if slot.waiting is not None:
                slot.dropped[REPLACED] += 1
            slot.waiting, slot.arrived_s = offer, self._clock()
            if slot.waits_since_s is None:
                slot.waits_since_s = slot.arrived_s
            self._changed.notify()

    def take(self, most: int, wait_s: float) -> list[Offer]:
        """Return up to `most` fresh offers, at most one per camera, those that are due first.

        A camera waits from the first offer on that was not taken, also where that grew stale; else one that offers
        often, or is always passed over, would never have its turn. One that is looked at closely comes before quiet
        ones that have waited up to `HEAD_START_S` longer, so that whoever watches it does not wait for all of them.
        Waits at most `wait_s` for the first; returns an empty list then or once closed. Each offer handed out must be
        accounted for by `count_looked` or `count_dropped`.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._closed or any(s.waiting for s in self._slots.values()), wait_s)
            if self._closed:
                return []
            waiting = sorted((s for s in self._slots.values() if s.waiting), key=_due_s)
            offers = [offer for slot in waiting if (offer := self._fresh(slot)) is not None][:most]
            for offer in offers:
                slot = self._slots[offer.camera_id]
                slot.waiting = slot.waits_since_s = None
                slot.in_hand += 1
            return offers

    def _fresh(self, slot: _Slot) -> Offer | None:
        if self._clock() - slot.arrived_s <= self._stale_after_s:
            return slot.waiting
        slot.waiting = None
        slot.dropped[STALE] += 1
        return None

    def count_looked(self, camera_id: str, *, inferred: bool) -> None:
        """Account for a frame that went through perception, and through the model if `inferred`."""
        with self._changed:
            if slot := self._slots.get(camera_id):
                slot.in_hand -= 1
                slot.looked += 1
                slot.inferred += inferred
                slot.looks_s.append(self._clock())
                _forget(slot.looks_s, self._clock() - REACHED_WINDOW_S)

    def count_dropped(self, camera_ids: Iterable[str], cause: str) -> None:
        """Account for offers that were taken but not looked at."""
        with self._changed:
            for camera_id in camera_ids:
                if slot := self._slots.get(camera_id):
                    slot.in_hand -= 1
                    slot.dropped[cause] += 1

    def counts(self, camera_id: str) -> LookCounts:
        """Return a camera's counts; offers in the inference thread's hand count as waiting."""
        with self._changed:
            slot = self._slots.get(camera_id, _Slot())
            waiting = slot.in_hand + (slot.waiting is not None)
            _forget(slot.looks_s, self._clock() - REACHED_WINDOW_S)
            rates = slot.wanted_hz, _rate(slot.looks_s)
            return LookCounts(slot.offered, slot.looked, slot.inferred, dict(slot.dropped), waiting, *rates)

    def close(self) -> None:
        """Wake the inference thread for good."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()


def _due_s(slot: _Slot) -> float:
    since_s = slot.arrived_s if slot.waits_since_s is None else slot.waits_since_s
    return since_s + min(1 / slot.wanted_hz if slot.wanted_hz else HEAD_START_S, HEAD_START_S)


def _forget(looks_s: deque[float], before_s: float) -> None:
    while looks_s and looks_s[0] < before_s:
        looks_s.popleft()


def _rate(looks_s: deque[float]) -> float:
    return (len(looks_s) - 1) / max(looks_s[-1] - looks_s[0], 1e-3) if len(looks_s) > 1 else 0.0
