"""Does the parts of a batch at the same time, each on its own thread.

A small model gains little from several cores at once: they wait for each other after every operator, in a loop or
asleep. One picture a core has nothing to wait for. Preparing a picture has only ever needed one.
"""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

Done = TypeVar("Done")


@dataclass(frozen=True, slots=True)
class Layout:
    """How an engine shares the cores out.

    Attributes:
        alone: cores that work on one run together, while a batch has fewer pictures than there are lanes.
        lanes: runs at the same time where a batch has a picture for each; 1 for never more than one.
    """

    alone: int
    lanes: int

    @classmethod
    def usual(cls) -> "Layout":
        """Return what suits a small model: all cores for a single picture, and a picture a core for many."""
        return cls(usable_cores(), usable_cores())

    @property
    def threads_a_lane(self) -> int:
        """Cores that each lane has to itself."""
        return max(1, usable_cores() // self.lanes)


class Lanes:
    """As many lanes as there are cores to use; all but the first have a thread of their own, started when needed.

    Args:
        name: goes into the threads' names.
        count: how many; the cores this process may use if None.
    """

    def __init__(self, name: str, count: int | None = None) -> None:
        self.count = count or usable_cores()
        self._others = ThreadPoolExecutor(max(1, self.count - 1), thread_name_prefix=name)

    def parts(self, length: int, work: Callable[[int, slice], Done]) -> list[Done]:
        """Do the work for `length` things, parted as evenly as can be, and return what came of each part, in order.

        Args:
            length: how many things, at least one; a single one is done on the caller's thread.
            work: called with the lane (from 0) and the things of that part; from several threads at once.

        Raises:
            Exception: whatever the work raised; all parts have ended then.
        """
        lanes = min(self.count, length)
        ends = [-(-length * (lane + 1) // lanes) for lane in range(lanes)]
        parts = [slice(start, end) for start, end in zip([0, *ends], ends, strict=False)]
        others = [self._others.submit(work, lane, part) for lane, part in enumerate(parts) if lane]
        try:
            first = work(0, parts[0])
        finally:
            for other in others:
                other.exception()  # waits; the first lane's error, if there is one, is the one that is told
        return [first, *(other.result() for other in others)]

    def close(self) -> None:
        """End the threads."""
        self._others.shutdown()


def usable_cores() -> int:
    """Return how many cores this process may run on."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
