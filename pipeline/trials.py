"""Runs trials of zones for people: one at a time for each, in a process of its own, that can be watched and ended.

Belongs here: who tries what, how far it is, ending it. Does not: what a trial is (trial), the wire (api).
"""

import itertools
import json
import logging
import subprocess
import sys
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Literal

from detectors.catalog import ZoneSettings
from pipeline.errors import NoRecordingError, TrialsBusyError
from pipeline.recordings import RecordingFolder
from pipeline.trial_records import LIMIT_S, TrialRequest, TrialResult

logger = logging.getLogger(__name__)

MOST_AT_ONCE = 2
"""Trials of all people together: each takes a core, though the last one after all else."""

OVERTIME_S = 30.0
"""A trial ends itself after its limit; its process is ended so much later whatever it does."""

COMMAND = (sys.executable, "-m", "pipeline.trial_process")

TrialState = Literal["running", "done", "failed", "cancelled"]


@dataclass(frozen=True, slots=True)
class Trial:
    """A person's trial at one moment.

    Attributes:
        trial_id: counts trials of this process.
        camera_id: the camera.
        state: how it stands.
        progress: share of the span that is done, in [0, 1].
        problem: why it failed, one sentence; empty otherwise.
        result: what came of it, once it is done.
    """

    trial_id: int
    camera_id: str
    state: TrialState = "running"
    progress: float = 0.0
    problem: str = ""
    result: TrialResult | None = None


@dataclass(slots=True)
class _Running:
    trial: Trial
    process: subprocess.Popen[bytes] | None = field(default=None)


class TrialDesk:
    """The trials of all people; its methods may be called from any thread and do not wait for a trial."""

    def __init__(self, folder: RecordingFolder) -> None:
        self.folder = folder
        self._lock = threading.Lock()
        self._numbers = itertools.count(1)
        self._by_person: dict[str, _Running] = {}

    def begin(
        self, person: str, camera_id: str, zones: Sequence[ZoneSettings], span: tuple[datetime, datetime]
    ) -> Trial:
        """Try zones on what was recorded of a camera in a span; a trial of the same person before is given up.

        Raises:
            NoRecordingError: nothing was recorded of it in that span.
            TrialsBusyError: as many run as may.
        """
        files = tuple(recording.path.absolute() for recording in self.folder.between(camera_id, *span))
        if not files:
            raise NoRecordingError(camera_id)
        request = TrialRequest(
            camera_id=camera_id, zones=tuple(zones), from_at=span[0], to_at=span[1], files=files, limit_s=LIMIT_S
        )
        with self._lock:
            self._give_up(person)
            if sum(running.trial.state == "running" for running in self._by_person.values()) >= MOST_AT_ONCE:
                raise TrialsBusyError(MOST_AT_ONCE)
            running = self._by_person[person] = _Running(Trial(next(self._numbers), camera_id))
        name = f"trial-{running.trial.trial_id}"
        threading.Thread(target=self._run, args=(running, request), name=name, daemon=True).start()
        return running.trial

    def of(self, person: str) -> Trial | None:
        """Return a person's last trial; None where there was none."""
        with self._lock:
            running = self._by_person.get(person)
            return None if running is None else running.trial

    def cancel(self, person: str) -> None:
        """End a person's trial, if one runs."""
        with self._lock:
            self._give_up(person)

    def _give_up(self, person: str) -> None:
        """End a person's trial, if one runs; the lock is held."""
        running = self._by_person.get(person)
        if running is None or running.trial.state != "running":
            return
        running.trial = replace(running.trial, state="cancelled")
        if running.process is not None:
            running.process.kill()

    def _run(self, running: _Running, request: TrialRequest) -> None:
        try:
            self._hear(running, request)
            self._fail(running, "its process ended before its time; the log may tell why")
        except Exception as err:  # top of the thread: whoever waits is told
            logger.error("trial %d: unexpected: %s", running.trial.trial_id, err, exc_info=err)
            self._fail(running, str(err) or type(err).__name__)

    def _hear(self, running: _Running, request: TrialRequest) -> None:
        """Start the process and take its lines until it ends."""
        root = Path(__file__).resolve().parents[1]  # where `-m` finds our packages, wherever the service was started
        pipe = subprocess.PIPE
        with subprocess.Popen(  # noqa: S603 - our own program; Ctrl+C is for the service, with which it ends
            COMMAND, stdin=pipe, stdout=pipe, cwd=root, start_new_session=True
        ) as process:
            with self._lock:
                running.process = process
                if running.trial.state != "running":
                    process.kill()
            end = threading.Timer(request.limit_s + OVERTIME_S, process.kill)
            end.daemon = True
            end.start()
            try:
                assert process.stdin is not None and process.stdout is not None  # noqa: S101, PT018 - both are pipes
                process.stdin.write(request.model_dump_json().encode())
                process.stdin.close()
                for line in process.stdout:
                    self._take(running, json.loads(line))
            except BrokenPipeError:  # it was ended before it read what is asked
                pass
            finally:
                end.cancel()

    def _take(self, running: _Running, line: dict[str, object]) -> None:
        with self._lock:
            if running.trial.state != "running":
                return
            if "result" in line:
                result = TrialResult.model_validate(line["result"])
                running.trial = replace(running.trial, state="done", progress=1.0, result=result)
            elif "problem" in line:
                running.trial = replace(running.trial, state="failed", problem=str(line["problem"]))
            elif isinstance(share := line.get("progress"), float):
                running.trial = replace(running.trial, progress=share)

    def _fail(self, running: _Running, why: str) -> None:
        with self._lock:
            if running.trial.state == "running":
                running.trial = replace(running.trial, state="failed", problem=why)
