"""Starts a side in its process, waits until it looks at every camera, and reads its counts."""

import contextlib
import json
import queue
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence

import psutil

from benchmarks.errors import SideFailedError
from benchmarks.report import CHECKOUT
from benchmarks.sides import CameraCounts, SideSettings

ANSWER_LIMIT_S = 120.0
"""Opening many cameras one after the other on a busy machine takes a while; a side that is silent longer hangs."""

LOOK_AGAIN_S = 0.25
STOP_LIMIT_S = 60.0


class SideProcess:
    """A side in a process of its own; a context manager that leaves no process behind."""

    def __init__(self, settings: SideSettings) -> None:
        self.settings = settings
        self._answers: queue.Queue[dict[str, object]] = queue.Queue()
        self._process: subprocess.Popen[str] | None = None
        self._told = tempfile.TemporaryFile()  # noqa: SIM115 - the process's stderr; closed when it has ended
        self._listener: threading.Thread | None = None

    def __enter__(self) -> "SideProcess":
        self._process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.side_worker", self.settings.model_dump_json()],
            cwd=CHECKOUT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._told,
            text=True,
        )
        self._listener = threading.Thread(target=self._listen, name="side-listener", daemon=True)
        self._listener.start()
        try:
            self._answer("ready")
        except SideFailedError:
            self._end()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._end()

    @property
    def process(self) -> psutil.Process:
        """The process, for measuring."""
        return psutil.Process(self._running().pid)

    def counts(self) -> list[CameraCounts]:
        """Return every camera's counts.

        Raises:
            SideFailedError: the side ended, is silent, or says that it cannot go on.
        """
        self._order("counts")
        answer = self._answer("counts")
        if problem := answer.get("problem"):
            raise SideFailedError(self.settings.side, str(problem))
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
                    self.settings.side, f"{blind} of {len(counts)} cameras were not looked at within {limit_s:.0f} s"
                )
            on_tick()
            threading.Event().wait(LOOK_AGAIN_S)

    def settle(self, seconds: float) -> None:
        """Wait until start-up is over: key-frame intervals known, caches warm."""
        threading.Event().wait(seconds)

    def _running(self) -> "subprocess.Popen[str]":
        assert self._process is not None, "the side was not started"
        return self._process

    def _order(self, what: str) -> None:
        pipe = self._running().stdin
        assert pipe is not None, "opened with pipes"
        try:
            pipe.write(json.dumps({"do": what}) + "\n")
            pipe.flush()
        except OSError:
            raise SideFailedError(self.settings.side, self._last_words()) from None

    def _answer(self, wanted: str) -> dict[str, object]:
        try:
            answer = self._answers.get(timeout=ANSWER_LIMIT_S)
        except queue.Empty:
            raise SideFailedError(self.settings.side, f"silent for {ANSWER_LIMIT_S:.0f} s") from None
        if answer["event"] != wanted:
            raise SideFailedError(self.settings.side, str(answer.get("problem", answer["event"])))
        return answer

    def _listen(self) -> None:
        for line in self._running().stdout or ():
            self._answers.put(json.loads(line))
        self._answers.put({"event": "ended", "problem": self._last_words()})

    def _last_words(self) -> str:
        """Return the last line that the process wrote to stderr: of a traceback, the error."""
        self._told.seek(0)
        lines = self._told.read().decode("utf-8", "replace").split("\n")
        last = next((line.strip() for line in reversed(lines) if line.strip()), "it said nothing")
        return f"its process ended by itself ({last})"

    def _end(self) -> None:
        process = self._process
        if process is None or process.stdin is None or process.stdout is None:
            return
        with contextlib.suppress(OSError):
            process.stdin.close()  # the end of its orders ends it
        try:
            process.wait(STOP_LIMIT_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(STOP_LIMIT_S)
        if self._listener is not None:
            self._listener.join(STOP_LIMIT_S)
        process.stdout.close()
        self._told.close()


def _all_looked(counts: Sequence[CameraCounts]) -> bool:
    return all(camera.looked for camera in counts)
