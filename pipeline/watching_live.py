"""Somebody watches a camera live: it is counted while the video is open, as the camera is looked at more often then."""

from collections.abc import Callable

from streams.live import LiveFeed


class Viewing:
    """A context manager and iterator over the chunks of a camera's `LiveFeed`."""

    def __init__(self, feed: LiveFeed, count: Callable[[int], None]) -> None:
        """Open `feed`; `count` is told of who comes (+1) and goes (-1)."""
        self._feed, self._count = feed, count

    def __enter__(self) -> LiveFeed:
        self._count(+1)
        return self._feed.__enter__()

    def __exit__(self, *exc: object) -> None:
        self._count(-1)
        self._feed.close()
