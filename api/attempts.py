"""Slows down who tries passwords: failed sign-ins per address, on top of the lock that each account has of its own."""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from api.errors import TooManyAttemptsError

FREE_ATTEMPTS = 8
"""Failures an address has before it must wait: a control room behind one address mistypes a few at shift change."""

FIRST_WAIT_S = 4.0
LONGEST_WAIT_S = 900.0
"""The wait doubles with each further failure, up to a quarter of an hour."""

FORGET_S = 1800.0
"""An address without failures for this long begins anew."""

MAX_ADDRESSES = 4096
"""Addresses remembered; the longest untouched is forgotten first, so that a flood costs no memory."""


@dataclass(frozen=True, slots=True)
class _Record:
    failures: int
    last_s: float
    blocked_until_s: float


class Attempts:
    """Counts failed sign-ins per address; any thread may call it."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._records: OrderedDict[str, _Record] = OrderedDict()

    def check(self, address: str) -> None:
        """Let an address try.

        Raises:
            TooManyAttemptsError: it has to wait.
        """
        with self._lock:
            record = self._records.get(address)
            wait_s = record.blocked_until_s - self._clock() if record else 0.0
        if wait_s > 0:
            raise TooManyAttemptsError(max(1.0, wait_s))

    def failed(self, address: str) -> None:
        """Count a failure."""
        with self._lock:
            now = self._clock()
            before = self._records.pop(address, None)
            failures = before.failures + 1 if before and now - before.last_s < FORGET_S else 1
            extra = failures - FREE_ATTEMPTS
            wait_s = min(LONGEST_WAIT_S, FIRST_WAIT_S * 2.0 ** min(extra, 16)) if extra >= 0 else 0.0
            self._records[address] = _Record(failures, now, now + wait_s)
            while len(self._records) > MAX_ADDRESSES:
                self._records.popitem(last=False)

    def succeeded(self, address: str) -> None:
        """Forget the failures of an address."""
        with self._lock:
            self._records.pop(address, None)
