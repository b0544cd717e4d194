"""Does the halves of a batch at the same time, on the caller's thread and on one more.

A model of a few milliseconds leaves a second core idle between its operators, and preparing a picture leaves it idle
throughout. Two halves side by side fill these gaps without threads that spin, which would take the decoders' time.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Done = TypeVar("Done")


class Lanes:
    """Two lanes, of which the second gets its thread when it is first needed; used from one thread at a time."""

    def __init__(self, name: str) -> None:
        self._second = ThreadPoolExecutor(1, thread_name_prefix=name)

    def halves(self, count: int, work: Callable[[int, slice], Done]) -> list[Done]:
        """Do the work for all of `count` things and return what came of each half, in order.

        Args:
            count: how many, at least one; a single one is done on the caller's thread, whole.
            work: called with the lane (0 or 1) and the things of that half; from two threads at once.

        Raises:
            Exception: whatever the work raised; both halves have ended then.
        """
        if count < 2:
            return [work(0, slice(0, count))]
        middle = (count + 1) // 2
        second = self._second.submit(work, 1, slice(middle, count))
        try:
            first = work(0, slice(0, middle))
        finally:
            second.exception()  # waits; the first half's error, if there is one, is the one that is told
        return [first, second.result()]

    def close(self) -> None:
        """End the second thread."""
        self._second.shutdown()
