"""Counts what becomes of one camera's pictures on a peer's side; safe between its reader and its looking thread."""

import threading
from collections import Counter

from benchmarks.sides import CameraCounts

STRIDE = "stride"
REPLACED = "replaced"


class Tally:
    """Books of one camera: every grabbed picture ends as looked at, dropped with a cause, or waiting."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._grabbed = self._looked = self._waiting = self._connections = 0
        self._dropped: Counter[str] = Counter()

    def connected(self) -> None:
        """Count a connection."""
        with self._lock:
            self._connections += 1

    def skipped(self) -> None:
        """Count a picture that was grabbed (thus decoded) and left because of the stride."""
        with self._lock:
            self._grabbed += 1
            self._dropped[STRIDE] += 1

    def offered(self, *, replaces: int = 0) -> None:
        """Count a picture that waits to be looked at, and those that it pushed out."""
        with self._lock:
            self._grabbed += 1
            self._waiting += 1 - replaces
            self._dropped[REPLACED] += replaces

    def looked(self) -> None:
        """Count a look at a picture that was waiting."""
        with self._lock:
            self._waiting -= 1
            self._looked += 1

    def counts(self) -> CameraCounts:
        """Return the books as they stand."""
        with self._lock:
            return CameraCounts(
                delivered=self._grabbed,
                passed_over=0,
                decoded=self._grabbed,
                looked=self._looked,
                inferred=self._looked,
                dropped={cause: count for cause, count in self._dropped.items() if count},
                waiting=self._waiting,
                reconnects=max(0, self._connections - 1),
            )
