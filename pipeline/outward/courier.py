"""One thread per receiver: takes what is due out of the outbox, sends it, and writes down what came of it.

After a failure a letter waits, each time longer, up to a limit, and spread by chance; and the receiver is left alone
for a while that grows with each failure in a row, then tried with a single letter. So a receiver that is down is asked
now and then, and a letter that it alone chokes on does not hold up those of other cases.

Belongs here: when to try. Does not: how to send (webhook, mqtt, gat1400), keeping letters (cases.outbox).
"""

import logging
import random
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta

from cases.evidence import utc_now
from cases.outbox import Letter, LetterState, Outbox, Outcome
from pipeline.errors import ReceiverAwayError, ReceiverRefusesError
from pipeline.outward.messages import Sender

logger = logging.getLogger(__name__)

JOIN_TIMEOUT_S = 15.0
"""Longer than most receivers may take to answer; a thread that stays ends with the program."""

FORGET_EVERY = timedelta(hours=1)
"""Between clearings of what was delivered long ago: each writes, which wakes the couriers."""


@dataclass(frozen=True, slots=True)
class CourierPolicy:
    """How patient a courier is.

    Attributes:
        first_s: wait after a first failure; doubles with each further one.
        longest_s: longest wait.
        give_up_s: a letter that failed for so long is dead.
        least_tries: but not before it was tried so often: a machine that was off for a week gives up nothing.
        parallel: letters of different cases under way at once.
        look_s: longest time between looks for letters that another process has queued.
        keep_delivered_s: how long delivered letters are remembered.
    """

    first_s: float = 1.0
    longest_s: float = 900.0
    give_up_s: float = 72 * 3600.0
    least_tries: int = 8
    parallel: int = 2
    look_s: float = 15.0
    keep_delivered_s: float = 30 * 86_400.0

    def wait_s(self, failures: int) -> float:
        """Return a wait after that many failures before this one: half to whole of what it may be."""
        longest = min(self.longest_s, self.first_s * 2 ** min(failures, 30))
        return longest * random.uniform(0.5, 1.0)  # noqa: S311 - spreads tries, keeps no secret


@dataclass(frozen=True, slots=True)
class CourierHealth:
    """How a courier fares.

    Attributes:
        target: its receiver.
        problem: why it fails, in one sentence without secrets; empty while it does not.
        failures: in a row.
        delivered: letters since the start.
    """

    target: str
    problem: str
    failures: int
    delivered: int


@dataclass(frozen=True, slots=True)
class Rest:
    """How long to rest, and whether a new letter ends it."""

    seconds: float
    until_new: bool


@dataclass(frozen=True, slots=True)
class _Tried:
    """What came of a try, whether the receiver is away, and how long it asks us to wait."""

    outcome: Outcome
    is_away: bool = False
    asked_s: float = 0.0


class Courier:
    """The thread `outbox-<target>`.

    Args:
        target: name of the receiver.
        outbox: where letters lie; its writes wake the thread.
        sender: the way to the receiver.
        policy: how patient it is.
        now: the wall clock, aware UTC.
    """

    def __init__(
        self,
        target: str,
        outbox: Outbox,
        sender: Sender,
        policy: CourierPolicy,
        *,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self.target = target
        self._outbox = outbox
        self._sender = sender
        self._policy = policy
        self._now = now
        self._stop = threading.Event()
        self._wake = threading.Event()
        self._lock = threading.Lock()
        self._problem = ""
        self._failures = 0
        self._delivered = 0
        self._forgot_at: datetime | None = None
        self._pool = ThreadPoolExecutor(policy.parallel, thread_name_prefix=f"outbox-{target}")
        self._thread = threading.Thread(target=self._run, name=f"outbox-{target}", daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._outbox.database.after_writing(self._wake.set)
        self._thread.start()

    def end(self) -> None:
        """Ask the thread to end, and return at once."""
        self._stop.set()
        self._wake.set()

    def stop(self) -> None:
        """End the thread; what is under way is awaited, what waits stays in the outbox."""
        self.end()
        if self._thread.is_alive():
            self._thread.join(JOIN_TIMEOUT_S)
        self._pool.shutdown(wait=False, cancel_futures=True)
        self._sender.close()
        if self._thread.is_alive():
            logger.error("outbox %s: does not end within %.0f s", self.target, JOIN_TIMEOUT_S)

    def health(self) -> CourierHealth:
        """Return how it fares."""
        with self._lock:
            return CourierHealth(self.target, self._problem, self._failures, self._delivered)

    def deliver_due(self) -> Rest:
        """Send what is due, one letter of each case at most, and return how long to rest.

        Raises:
            DatabaseError: the outbox cannot be read or written; what was sent may be sent again.
        """
        now = self._now()
        letters = self._outbox.due(self.target, now, 1 if self._failures else self._policy.parallel)
        if letters:
            tried = list(self._pool.map(self._try, letters))
            self._outbox.settle([each.outcome for each in tried], self._now())
            return self._noted(tried)
        self._sender.rest()
        self._forget_old(now)
        next_at = self._outbox.next_try_at(self.target)
        wait_s = self._policy.look_s if next_at is None else (next_at - now).total_seconds()
        return Rest(min(max(0.0, wait_s), self._policy.look_s), until_new=True)

    def _forget_old(self, now: datetime) -> None:
        if self._forgot_at is None or abs(now - self._forgot_at) >= FORGET_EVERY:
            self._forgot_at = now
            self._outbox.forget_delivered(self.target, now - timedelta(seconds=self._policy.keep_delivered_s))

    def _run(self) -> None:
        while not self._stop.is_set():
            self._wake.clear()
            rest = self._guarded()
            (self._wake if rest.until_new else self._stop).wait(rest.seconds)

    def _guarded(self) -> Rest:
        """Deliver, whatever may happen: a fault must leave the thread, and the other receivers, going."""
        try:
            return self.deliver_due()
        except ReceiverAwayError as err:  # while resting
            return self._failed(err.problem, err.wait_s)
        except Exception as err:  # top of the thread
            logger.error("outbox %s: %s", self.target, err, exc_info=not getattr(err, "retryable", False))
            return self._failed(f"{type(err).__name__}; see the log", 0.0)

    def _try(self, letter: Letter) -> _Tried:
        try:
            self._sender.send(letter)
        except ReceiverRefusesError as err:
            return _Tried(self._dead(letter, err.problem))
        except ReceiverAwayError as err:
            return _Tried(self._away(letter, err.problem, err.wait_s), is_away=True, asked_s=err.wait_s)
        except Exception as err:  # one letter's fault must not hold up the others
            logger.error("outbox %s: letter %d: unforeseen error", self.target, letter.number, exc_info=err)
            problem = f"unforeseen error {type(err).__name__}; see the log"
            return _Tried(self._away(letter, problem, 0.0), is_away=True)
        return _Tried(Outcome(letter.number, LetterState.DELIVERED))

    def _away(self, letter: Letter, problem: str, asked_s: float) -> Outcome:
        now = self._now()
        age = now - (letter.first_tried_at or now)
        if age >= timedelta(seconds=self._policy.give_up_s) and letter.tries + 1 >= self._policy.least_tries:
            return self._dead(letter, f"{problem} (given up after {age.total_seconds() / 3600:.0f} h)")
        wait = timedelta(seconds=max(asked_s, self._policy.wait_s(letter.tries)))
        return Outcome(letter.number, LetterState.WAITING, problem, now + wait)

    def _dead(self, letter: Letter, problem: str) -> Outcome:
        told = letter.event.case.number, letter.event.change.seq, problem
        logger.error("outbox %s: case %s, change %d was not delivered: %s", self.target, *told)
        return Outcome(letter.number, LetterState.DEAD, problem)

    def _noted(self, tried: Sequence[_Tried]) -> Rest:
        if all(each.is_away for each in tried):
            return self._failed(tried[-1].outcome.problem, max(each.asked_s for each in tried))
        delivered = sum(each.outcome.state is LetterState.DELIVERED for each in tried)
        with self._lock:
            was, self._problem, self._failures = self._problem, "", 0
            self._delivered += delivered
        if was:
            logger.info("outbox %s: takes letters again", self.target)
        return Rest(0.0, until_new=False)

    def _failed(self, problem: str, asked_s: float) -> Rest:
        with self._lock:
            is_new, self._problem = self._problem != problem, problem
            wait_s = max(asked_s, self._policy.wait_s(self._failures))
            self._failures += 1
        if is_new:
            logger.warning("outbox %s: %s", self.target, problem)
        return Rest(wait_s, until_new=False)
