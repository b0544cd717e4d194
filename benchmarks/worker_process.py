"""A worker in a process of its own that takes orders and answers in JSON lines: starting it, asking it, ending it."""

import json
import queue
import subprocess
import tempfile
import threading
from collections.abc import Sequence
from typing import Self

import psutil

from benchmarks.errors import SideFailedError
from benchmarks.report import CHECKOUT
from tests.rtsp.processes import end

ANSWER_LIMIT_S = 120.0
"""Opening many cameras one after the other on a busy machine takes a while; a side that is silent longer hangs."""

STOP_LIMIT_S = 60.0


class WorkerProcess:
    """A worker that says `ready` and then answers orders; a context manager that leaves no process behind."""

    def __init__(self, name: str, command: Sequence[str]) -> None:
        """Prepare.

        Args:
            name: of the side, for messages.
            command: program and arguments; it runs in the checkout.
        """
        self.name = name
        self._command = tuple(command)
        self._answers: queue.Queue[dict[str, object]] = queue.Queue()
        self._process: subprocess.Popen[str] | None = None
        self._told = tempfile.TemporaryFile()  # noqa: SIM115 - the process's stderr; closed when it has ended
        self._listener: threading.Thread | None = None

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            self._command,
            cwd=CHECKOUT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._told,
            text=True,
        )
        self._listener = threading.Thread(target=self._listen, name="side-listener", daemon=True)
        self._listener.start()
        try:
            self.answer("ready")
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

    def ask(self, what: str) -> dict[str, object]:
        """Give an order and return its answer, which bears the order's name.

        Raises:
            SideFailedError: the worker ended or is silent.
        """
        pipe = self._running().stdin
        assert pipe is not None, "opened with pipes"
        try:
            pipe.write(json.dumps({"do": what}) + "\n")
            pipe.flush()
        except OSError:
            raise SideFailedError(self.name, self._last_words()) from None
        return self.answer(what)

    def answer(self, wanted: str) -> dict[str, object]:
        """Return the next answer, which must be the one that is wanted.

        Raises:
            SideFailedError: the worker ended, is silent, or says that it cannot go on.
        """
        try:
            answer = self._answers.get(timeout=ANSWER_LIMIT_S)
        except queue.Empty:
            raise SideFailedError(self.name, f"silent for {ANSWER_LIMIT_S:.0f} s") from None
        if answer["event"] != wanted:
            raise SideFailedError(self.name, str(answer.get("problem", answer["event"])))
        return answer

    def _running(self) -> "subprocess.Popen[str]":
        assert self._process is not None, "the side was not started"
        return self._process

    def _listen(self) -> None:
        for line in self._running().stdout or ():
            if line.startswith("{"):  # libraries greet on standard output
                self._answers.put(json.loads(line))
        self._answers.put({"event": "ended", "problem": self._last_words()})

    def _last_words(self) -> str:
        """Return the last line that the process wrote to stderr: of a traceback, the error."""
        self._told.seek(0)
        lines = self._told.read().decode("utf-8", "replace").split("\n")
        last = next((line.strip() for line in reversed(lines) if line.strip()), "it said nothing")
        return f"its process ended by itself ({last})"

    def _end(self) -> None:
        if self._process is not None:
            end(self._process, self._listener, STOP_LIMIT_S, how=None)
            self._told.close()
