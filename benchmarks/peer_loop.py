"""Holds what peers that look in one loop share: the loop's thread, the books of each camera, what went wrong."""

import threading
from collections.abc import Sequence

from benchmarks.capacity_sides import CameraState, Found, WatchTask
from benchmarks.peer_books import PeerBooks

JOIN_LIMIT_S = 20.0


class PeerLoop:
    """A peer whose `look` runs on one thread until it is told to stop; a subclass writes that method."""

    def __init__(self, task: WatchTask, name: str) -> None:
        self.task = task
        self.books = [PeerBooks(task, camera) for camera in range(len(task.cameras))]
        self.is_over = threading.Event()
        self._problem = ""
        self._loop = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        """Begin to look."""
        self._loop.start()

    def states(self) -> Sequence[CameraState]:
        """Return how it stands with every camera."""
        return [books.state() for books in self.books]

    def found(self) -> Sequence[Found]:
        """Return everything that was found so far."""
        return [found for books in self.books for found in books.found()]

    def problem(self) -> str:
        """Return why its loop ended, or an empty string."""
        return self._problem

    def stop(self) -> None:
        """End the loop."""
        self.is_over.set()
        if self._loop.ident is not None:
            self._loop.join(JOIN_LIMIT_S)

    def look(self) -> str:
        """Look until `is_over` is set; return why it ended before that, or an empty string."""
        raise NotImplementedError

    def _run(self) -> None:
        try:
            self._problem = self.look()
        except Exception as err:  # noqa: BLE001 - top of the thread; the worker reports it
            self._problem = f"{type(err).__name__}: {err}"
