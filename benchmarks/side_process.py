"""Starts a side in its process, waits until it looks at every camera, and reads its counts."""

import sys
import threading
import time
from collections.abc import Callable, Sequence

from benchmarks.errors import SideFailedError
from benchmarks.sides import CameraCounts, SideSettings
from benchmarks.worker_process import WorkerProcess

LOOK_AGAIN_S = 0.25


class SideProcess(WorkerProcess):
    """A side in a process of its own; a context manager that leaves no process behind."""

    def __init__(self, settings: SideSettings) -> None:
        command = [sys.executable, "-m", "benchmarks.side_worker", settings.model_dump_json()]
        super().__init__(settings.side, command)

    def counts(self) -> list[CameraCounts]:
        """Return every camera's counts.

        Raises:
            SideFailedError: the side ended, is silent, or says that it cannot go on.
        """
        answer = self.ask("counts")
        if problem := answer.get("problem"):
            raise SideFailedError(self.name, str(problem))
        cameras = answer["cameras"]
        assert isinstance(cameras, list), "a list of counts per camera"
        return [CameraCounts.model_validate(camera) for camera in cameras]

    def wait_until_looking(self, limit_s: float, on_tick: Callable[[], None] = lambda: None) -> None:
        """Wait until every camera was looked at once.

        Raises:
            SideFailedError: that took longer than `limit_s` seconds.
        """
        end_s = time.monotonic() + limit_s
        while not _all_looked(counts := self.counts()):
            if time.monotonic() > end_s:
                blind = sum(camera.looked == 0 for camera in counts)
                raise SideFailedError(
                    self.name, f"{blind} of {len(counts)} cameras were not looked at within {limit_s:.0f} s"
                )
            on_tick()
            threading.Event().wait(LOOK_AGAIN_S)

    def settle(self, seconds: float) -> None:
        """Wait until start-up is over: key-frame intervals known, caches warm."""
        threading.Event().wait(seconds)


def _all_looked(counts: Sequence[CameraCounts]) -> bool:
    return all(camera.looked for camera in counts)
