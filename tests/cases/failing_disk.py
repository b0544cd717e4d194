"""A disk that fails or kills the program at a step of one's choosing."""

import os
from collections.abc import Iterable
from pathlib import Path

from cases.disk import Digest, Disk


class StoppingDisk(Disk):
    """Counts every write, fsync and rename, and calls `stop` just before the step of that number, from 1."""

    def __init__(self, at_step: int) -> None:
        self.steps = 0
        self._at_step = at_step

    def stop(self) -> None:
        """End the program the hard way."""
        os._exit(9)

    def _step(self) -> None:
        self.steps += 1
        if self.steps == self._at_step:
            self.stop()

    def write(self, path: Path, chunks: Iterable[bytes]) -> Digest:
        self._step()
        return super().write(path, self._halves(chunks))

    def sync(self, descriptor: int) -> None:
        self._step()
        super().sync(descriptor)

    def rename(self, old: Path, new: Path) -> None:
        self._step()
        super().rename(old, new)

    def _halves(self, chunks: Iterable[bytes]) -> Iterable[bytes]:
        for chunk in chunks:
            yield chunk[: len(chunk) // 2]
            self._step()
            yield chunk[len(chunk) // 2 :]


class FailingDisk(StoppingDisk):
    """Raises an `OSError` at a step; every later step works again."""

    def __init__(self, at_step: int, error_number: int) -> None:
        super().__init__(at_step)
        self._error_number = error_number

    def stop(self) -> None:
        raise OSError(self._error_number, os.strerror(self._error_number))
