"""One thread per horn: its queue, its voice, its health.

The worker plays one clip at a time, the most urgent first. A more urgent clip cuts off a less urgent one; an automatic
one is then said again from its beginning, as no person would. A horn that failed is asked again after a growing wait;
until it answers, automatic clips fail at once instead of waiting for it.
"""

import logging
import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import IntEnum
from typing import Literal

from broadcast.audio import AudioClip
from broadcast.errors import HornAuthError, HornBusyError, HornError, HornUnavailableError
from broadcast.horns import Horn
from broadcast.quiet_hours import quiet_refusal, volume_at
from broadcast.receipts import HornCheck, Receipt, WallClock, not_played
from broadcast.settings import HornEntry
from vision.error_codes import code_of

logger = logging.getLogger(__name__)

MAX_WAITING = 16
"""Clips waiting at one horn: some three minutes of talking; what comes later is better not said."""

JOIN_TIMEOUT_S = 15.0
"""Longer than any horn takes to notice `stop` and hang up."""

MORE_URGENT = "a more urgent announcement came"


class Priority(IntEnum):
    """Who speaks first; the smaller number."""

    EMERGENCY = 0
    LIVE = 1
    OPERATOR = 2
    AUTO = 3


HornState = Literal["starting", "ok", "speaking", "busy", "away", "refused"]


@dataclass(frozen=True, slots=True)
class HornHealth:
    """How a horn is.

    Attributes:
        horn_id: the horn.
        state: `busy` (somebody else speaks through it) and `away` mend themselves, `refused` wants a person.
        problem: one sentence without a password; empty when all is well.
        problem_code: what kind of problem it is (`vision.error_codes`); empty when all is well.
        waiting: clips in its queue.
        last: the newest receipt, or None.
    """

    horn_id: str
    state: HornState
    problem: str
    problem_code: str
    waiting: int
    last: Receipt | None


@dataclass(frozen=True, slots=True)
class HornPolicy:
    """How patient a worker is with its horn, and a clip with the worker.

    Attributes:
        first_s: wait after its first failure; doubles with each further one.
        max_s: longest wait.
        well_s: between checks of a horn that is well.
        auto_wait_s: an automatic clip that waited longer behind others is not said any more, as whom it was meant for
            may be gone.
    """

    first_s: float = 5.0
    max_s: float = 300.0
    well_s: float = 300.0
    auto_wait_s: float = 60.0


OnReceipt = Callable[[Receipt], None]
"""Takes the receipt of one clip, on the horn's thread; must return soon."""


@dataclass(frozen=True, slots=True, eq=False)
class _Job:
    priority: Priority
    number: int
    clip: AudioClip
    on_receipt: OnReceipt
    queued_s: float
    stop: threading.Event
    why_stopped: list[str]

    def cut_off(self, why: str) -> None:
        self.why_stopped.append(why)
        self.stop.set()

    def afresh(self) -> "_Job":
        """Return the same clip, not cut off, at its old turn."""
        return replace(self, stop=threading.Event(), why_stopped=[])


class HornWorker:
    """The thread of one horn.

    Args:
        horn: what it speaks through.
        entry: its quiet hours and volume.
        wall_clock: the time of day.
        policy: how patient it is.
    """

    def __init__(self, horn: Horn, entry: HornEntry, *, wall_clock: WallClock, policy: HornPolicy) -> None:
        self._horn = horn
        self._entry = entry
        self._wall_clock = wall_clock
        self._policy = policy
        self._changed = threading.Condition()
        self._waiting: list[_Job] = []
        self._dropped: list[tuple[_Job, str]] = []
        self._current: _Job | None = None
        self._closing = False
        self._number = 0
        self._state: HornState = "starting"
        self._problem: HornError | None = None
        self._last: Receipt | None = None
        self._failures = 0
        self._check_at_s: float | None = 0.0
        self._thread = threading.Thread(target=self._run, name=f"horn-{entry.id}", daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def say(self, clip: AudioClip, priority: Priority, on_receipt: OnReceipt) -> None:
        """Queue a clip.

        Raises:
            HornBusyError: the queue is full of clips at least as urgent.
            HornUnavailableError: the worker is closing.
        """
        with self._changed:
            if self._closing:
                raise HornUnavailableError(self._entry.id, "the program is stopping")
            self._number += 1
            job = _Job(priority, self._number, clip, on_receipt, time.monotonic(), threading.Event(), [])
            if len(self._waiting) >= MAX_WAITING:
                if self._waiting[-1].priority <= priority:
                    raise HornBusyError(self._entry.id, f"{MAX_WAITING} announcements are waiting already; try later")
                self._dropped.append((self._waiting.pop(), "pushed out of the queue by a more urgent announcement"))
            self._enqueue(job)
            if self._current and priority < self._current.priority:
                self._current.cut_off(MORE_URGENT)
            self._changed.notify_all()

    def stop_speaking(self) -> None:
        """Cut off what is being said, and drop what waits."""
        with self._changed:
            self._dropped.extend((job, "stopped by the operator before it began") for job in self._waiting)
            self._waiting.clear()
            if self._current:
                self._current.cut_off("stopped by the operator")
            self._changed.notify_all()

    def health(self) -> HornHealth:
        """Return how the horn is."""
        with self._changed:
            state: HornState = "speaking" if self._current else self._state
            code = code_of(self._problem) if self._problem else ""
            return HornHealth(self._entry.id, state, self._sentence(), code, len(self._waiting), self._last)

    def refusal(self) -> str:
        """Return why an automatic clip would not be said now, as a sentence, or an empty text."""
        quiet = quiet_refusal(self._entry.quiet_hours, self._entry.zone, self._wall_clock())
        with self._changed:
            return quiet or (self._sentence() if self._state in ("busy", "away", "refused") else "")

    def close(self) -> None:
        """Cut off what is being said, hand back what waits, and join the thread."""
        with self._changed:
            self._closing = True
            self._dropped.extend((job, "the program stopped before it began") for job in self._waiting)
            self._waiting.clear()
            if self._current:
                self._current.cut_off("the program stopped")
            self._changed.notify_all()
        if self._thread.ident is not None:
            self._thread.join(JOIN_TIMEOUT_S)
        if self._thread.is_alive():
            logger.error("horn %s: does not let go of its voice after %.0f s", self._entry.id, JOIN_TIMEOUT_S)

    def _enqueue(self, job: _Job) -> None:
        self._waiting.append(job)
        self._waiting.sort(key=lambda waiting: (waiting.priority, waiting.number))

    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(self._has_work, self._idle_s())
                dropped, self._dropped = self._dropped, []
                job = self._waiting.pop(0) if self._waiting else None
                self._current = job
                if self._closing and not dropped and job is None:
                    return
                due = self._check_at_s is not None and time.monotonic() >= self._check_at_s
            for lost, why in dropped:
                self._hand_over(lost, not_played(self._entry.id, self._wall_clock(), why, lost.clip.sha256))
            if job:
                self._do(job)
            elif due:
                self._check()

    def _has_work(self) -> bool:
        return self._closing or bool(self._waiting) or bool(self._dropped)

    def _idle_s(self) -> float | None:
        return None if self._check_at_s is None else max(0.0, self._check_at_s - time.monotonic())

    def _do(self, job: _Job) -> None:
        receipt = self._receipt(job)
        with self._changed:
            self._current = None
            self._last = receipt
            again = not receipt.ok and job.priority is Priority.AUTO and job.why_stopped == [MORE_URGENT]
            if again:
                self._enqueue(job.afresh())
        level = logging.INFO if receipt.ok else logging.WARNING
        logger.log(level, "horn %s: %.1f s said, %s", self._entry.id, receipt.duration_s, receipt.detail or "whole")
        if not again:
            self._hand_over(job, receipt)

    def _receipt(self, job: _Job) -> Receipt:
        """Play, whatever may happen: a fault in one horn must leave its thread, and the other horns, speaking."""
        now = self._wall_clock()
        try:
            receipt = self._played(job, now)
        except HornError as err:
            self._note_failure(err)
            return not_played(self._entry.id, now, err.problem, job.clip.sha256)
        except Exception as err:
            logger.exception("horn %s: unforeseen error", self._entry.id)
            problem = f"unforeseen error {type(err).__name__}; see the log"
            self._note_failure(HornUnavailableError(self._entry.id, problem))
            return not_played(self._entry.id, now, problem, job.clip.sha256)
        why = f", {job.why_stopped[0]}" if job.why_stopped and not receipt.ok else ""
        return replace(receipt, detail=receipt.detail + why) if why else receipt

    def _played(self, job: _Job, now: datetime) -> Receipt:
        refusal = self._auto_refusal(job) if job.priority is Priority.AUTO else ""  # a person's button tries any horn
        if refusal:
            return not_played(self._entry.id, now, refusal, job.clip.sha256)
        volume = volume_at(self._entry.volume_ratio, self._entry.volume_caps, self._entry.zone, now)
        receipt = self._horn.play(job.clip.scaled(volume) if volume < 1 else job.clip, job.stop)
        self._note_success()
        return receipt

    def _auto_refusal(self, job: _Job) -> str:
        if time.monotonic() - job.queued_s > self._policy.auto_wait_s:
            return f"waited more than {self._policy.auto_wait_s:g} s behind others"
        return self.refusal()

    def _check(self) -> None:
        try:
            check = self._horn.check()
        except Exception:
            logger.exception("horn %s: unforeseen error", self._entry.id)
            check = HornCheck(ok=False, detail="unforeseen error; see the log")
        if check.ok:
            self._note_success()
        else:
            self._note_failure(check.error or HornUnavailableError(self._entry.id, check.detail))

    def _note_success(self) -> None:
        with self._changed:
            was, self._state, self._problem, self._failures = self._state, "ok", None, 0
            self._check_at_s = time.monotonic() + self._policy.well_s
        if was != "ok":
            logger.info("horn %s: ready", self._entry.id)

    def _note_failure(self, err: HornError) -> None:
        with self._changed:
            is_new = self._sentence() != err.problem
            self._state, self._problem = _state_after(err), err
            wait_s = min(self._policy.max_s, self._policy.first_s * 2 ** min(self._failures, 20))
            self._failures += 1
            jitter = random.uniform(0.8, 1.2)  # noqa: S311 - spreads horns behind one switch, keeps no secret
            asks_again = not isinstance(err, HornAuthError)  # asking with a wrong password can lock the account
            self._check_at_s = time.monotonic() + wait_s * jitter if asks_again else None
        if is_new:
            logger.warning("horn %s: %s", self._entry.id, err.problem)

    def _sentence(self) -> str:
        return self._problem.problem if self._problem else ""

    def _hand_over(self, job: _Job, receipt: Receipt) -> None:
        try:
            job.on_receipt(receipt)
        except Exception:
            logger.exception("horn %s: its receipt was not taken", self._entry.id)


def _state_after(err: HornError) -> HornState:
    if isinstance(err, HornBusyError):
        return "busy"
    return "away" if err.retryable else "refused"
