"""Bounds how many live pictures are sent at once, so that an open page cannot take the cameras' machine down."""

from collections.abc import Iterator
from contextlib import contextmanager

from api.errors import NoSeatError


class Seats:
    """Counts who sits; use from coroutines of one event loop only."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.taken = 0

    @contextmanager
    def take(self) -> Iterator[None]:
        """Hold a seat for the length of a `with` block.

        Raises:
            NoSeatError: all are taken.
        """
        if self.taken >= self.limit:
            raise NoSeatError(self.limit)
        self.taken += 1
        try:
            yield
        finally:
            self.taken -= 1
