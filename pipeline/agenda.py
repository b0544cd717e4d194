"""Runs jobs one after another on one thread, now or at a due time, and never drops one in silence.

A job that fails in a way that may pass (a full disk, a locked database) is tried again with growing waits, and counts
as held back meanwhile. A job that fails otherwise is said in the log and ends. When the program stops, jobs of the
future are dropped, but for those that would rather be done early than never.

Belongs here: order, time, trying again. Does not: what the jobs are (case_flow).
"""

import heapq
import itertools
import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace

logger = logging.getLogger(__name__)

FIRST_RETRY_S = 2.0
LONGEST_RETRY_S = 60.0

STOP_LIMIT_S = 60.0
"""What is due at the end is done within this time, or never: a job that hangs must not keep the program alive. A pack
that is being written is swept at the next start (cases.recovery)."""


@dataclass(frozen=True, slots=True, order=True)
class _Job:
    due_s: float
    number: int
    name: str = field(compare=False)
    run: Callable[[], None] = field(compare=False)
    is_urgent: bool = field(compare=False, default=False)
    at_stop: bool = field(compare=False, default=False)
    if_lost: Callable[[], None] | None = field(compare=False, default=None)
    retries: int = field(compare=False, default=0)


class Agenda:
    """The thread of that name and its jobs; `now` and `at` may be called from any thread, also from a job."""

    def __init__(self, name: str, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._jobs: list[_Job] = []
        self._urgent: list[_Job] = []
        self._numbers = itertools.count()
        self._changed = threading.Condition()
        self._stopping = False
        self._held_back: set[int] = set()
        self._problem = ""
        self._doing = ""
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def stop(self, limit_s: float = STOP_LIMIT_S) -> None:
        """Run what is due now, what is to be done early and, once more, what is held back; wait for the thread.

        Raises:
            TimeoutError: that took longer than the limit; the thread ends with the program.
        """
        with self._changed:
            self._stopping = True
            for jobs in (self._urgent, self._jobs):
                jobs[:] = [self._hastened(job) for job in jobs]
                heapq.heapify(jobs)
            self._changed.notify_all()
        if self._thread.is_alive():
            self._thread.join(limit_s)
        if self._thread.is_alive():
            with self._changed:
                doing, left = self._doing, len(self._urgent) + len(self._jobs)
            raise TimeoutError(
                f"{self._thread.name} did not end within {limit_s:.0f} s: still at {doing!r}, {left} jobs behind it"
            )

    def now(
        self, name: str, run: Callable[[], None], *, is_urgent: bool = False, if_lost: Callable[[], None] | None = None
    ) -> None:
        """Run a job as soon as those before it are done.

        Args:
            name: tells it in the log.
            run: the job.
            is_urgent: run it before all others that wait, but for urgent ones that were due before it.
            if_lost: called once, after a failure that is not tried again.
        """
        self._put(_Job(self._clock(), next(self._numbers), name, run, is_urgent, if_lost=if_lost))

    def at(
        self, due_s: float, name: str, run: Callable[[], None], *, is_urgent: bool = False, at_stop: bool = False
    ) -> None:
        """Run a job at a time of the agenda's clock.

        Args:
            due_s: when.
            name: tells it in the log.
            run: the job.
            is_urgent: once it is due, as in `now`.
            at_stop: run it early if the program stops first, instead of dropping it.
        """
        self._put(_Job(due_s, next(self._numbers), name, run, is_urgent, at_stop))

    def after(
        self, wait_s: float, name: str, run: Callable[[], None], *, is_urgent: bool = False, at_stop: bool = False
    ) -> None:
        """Run a job in `wait_s` seconds; the rest as in `at`."""
        self.at(self._clock() + wait_s, name, run, is_urgent=is_urgent, at_stop=at_stop)

    @property
    def is_stopping(self) -> bool:
        """Whether this is the end: what a job leaves for later now is not done any more."""
        with self._changed:
            return self._stopping

    @property
    def held_back(self) -> int:
        """Jobs that failed and are tried again."""
        with self._changed:
            return len(self._held_back)

    @property
    def problem(self) -> str:
        """Why jobs are held back, in one sentence; empty when none is."""
        with self._changed:
            return self._problem if self._held_back else ""

    def _put(self, job: _Job) -> None:
        with self._changed:
            jobs = self._urgent if job.is_urgent else self._jobs
            heapq.heappush(jobs, self._hastened(job) if self._stopping else job)
            self._changed.notify()

    def _hastened(self, job: _Job) -> _Job:
        """Return the job as it is to be run at the end; its place among those of the same time stays."""
        return replace(job, due_s=min(job.due_s, self._clock())) if job.retries or job.at_stop else job

    def _run(self) -> None:
        while (job := self._next()) is not None:
            try:
                self._doing = job.name
                job.run()
            except Exception as err:  # noqa: BLE001 - top of the thread: one job's failure must not end the others
                self._failed(job, err)
            else:
                self._done(job)

    def _next(self) -> _Job | None:
        with self._changed:
            while True:
                now_s, waiting = self._clock(), [jobs for jobs in (self._urgent, self._jobs) if jobs]
                due = next((jobs for jobs in waiting if jobs[0].due_s <= now_s), None)
                if due is not None:
                    return heapq.heappop(due)
                if self._stopping:
                    return None
                self._changed.wait(min((jobs[0].due_s - now_s for jobs in waiting), default=None))

    def _done(self, job: _Job) -> None:
        with self._changed:
            if job.number in self._held_back:
                self._held_back.discard(job.number)
                logger.info("%s: done after %d tries", job.name, job.retries + 1)

    def _failed(self, job: _Job, err: Exception) -> None:
        is_retryable = getattr(err, "retryable", False)
        if is_retryable and not self.is_stopping:
            self._hold_back(job, err)
            return
        if is_retryable:
            logger.error("%s: lost, as the program stops before it could be done: %s", job.name, err)
        else:
            logger.error("%s: failed: %s", job.name, err, exc_info=err)
        with self._changed:
            self._held_back.discard(job.number)
        if job.if_lost is not None:
            job.if_lost()

    def _hold_back(self, job: _Job, err: Exception) -> None:
        if job.retries == 0:
            logger.warning("%s: held back and tried again: %s", job.name, err)
        wait_s = min(FIRST_RETRY_S * 2**job.retries, LONGEST_RETRY_S)
        with self._changed:
            self._held_back.add(job.number)
            self._problem = str(err)
        self._put(replace(job, due_s=self._clock() + wait_s, retries=job.retries + 1))
