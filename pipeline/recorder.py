"""Keeps recordings of all cameras while the service runs: observations, which hold boxes and no pictures.

The looking thread hands each observation over and never waits; the thread `recorder` writes. Where an observation is
lost (the queue is full, the disk refuses) the camera's file ends, and the next one begins with what is known then: each
file replays bit for bit. Recordings give way to evidence: they stop while the disk is nearly full. A camera that turns
is not recorded: a file tells of one view.

Belongs here: when a file begins and ends, what becomes of trouble. Does not: names and age of files (recordings).
"""

import errno
import logging
import queue
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Protocol

from pydantic import JsonValue

from cases.disk import way_out
from pipeline.open_watch import Watch
from pipeline.recorded_start import start_of
from pipeline.recordings import RecordingFolder
from pipeline.room import LOW_DISK_BYTES, free_bytes
from pipeline.settings import RecordingSettings
from pipeline.view_watch import ViewWatch
from pipeline.views import SystemProblem
from vision.observations import Observation
from vision.recording import ObservationWriter

logger = logging.getLogger(__name__)

FILE_S = 3600.0
"""A new file begins so often: a trial of the last hour reads two of them, and a damaged one loses an hour at most."""

SYNC_S = 60.0
"""So much is lost by a power cut. Each sync of each file ends a block of the compressor and costs the disk a write."""

PRUNE_S = 300.0

AGAIN_S = 60.0
"""After trouble with the disk nothing is recorded for so long."""

MOST_WAITING = 2000
"""Observations that wait for the disk: about 4 MB, and half a minute of 100 cameras that are looked at closely."""

STOP_LIMIT_S = 20.0

WAIT_S = 0.5

END_WAIT_S = 5.0
"""Who removes a camera waits so long at most; an end that is lost leaves a file open until the program stops."""


LITTLE_ROOM, FAULT = "little_room", "fault"
"""Why nothing is recorded, besides the names of what the system refuses (ENOSPC); the page words it by this."""


class _LittleRoomError(Exception):
    """What is free on the disk is left to evidence."""


class RecordsWatches(Protocol):
    """Whoever keeps what watches saw; each method is called between two looks of that camera.

    `begins` and `saw` must not block; `ends` may for a moment.
    """

    def begins(self, watch: Watch) -> None:
        """Take note of a watch before its next look: it is new, or its zones are."""
        ...

    def saw(self, watch: Watch, observation: Observation) -> None:
        """Take what a watch has just taken in."""
        ...

    def ends(self, camera_id: str) -> None:
        """Forget a camera."""
        ...


class RecordsNothing:
    """Keeps nothing."""

    def begins(self, watch: Watch) -> None:
        """Do nothing."""

    def saw(self, watch: Watch, observation: Observation) -> None:
        """Do nothing."""

    def ends(self, camera_id: str) -> None:
        """Do nothing."""


@dataclass(frozen=True, slots=True, eq=False)
class _Begin:
    camera_id: str
    start: JsonValue


@dataclass(frozen=True, slots=True)
class _End:
    camera_id: str


@dataclass(slots=True)
class _File:
    """What one camera's file is being written into; opened with its first observation, after which it is named."""

    start: JsonValue
    writer: ObservationWriter | None = None
    synced_s: float = field(default=0.0)


class Recorder:
    """The thread `recorder`; `begins`, `saw` and `ends` may be called from any thread, for a camera from one at a time.

    Attributes:
        problem: why nothing is recorded now; empty while all is well.
    """

    def __init__(
        self,
        folder: RecordingFolder,
        settings: RecordingSettings,
        *,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        free: Callable[[], int] | None = None,
    ) -> None:
        self.folder = folder
        self.problem = self._cause = ""
        self._lost_by = {"looking": 0, "writing": 0}
        self._told_lost = 0
        self._settings = settings
        self._clock, self._now = clock, now
        self._free = free or (lambda: free_bytes(folder.root.parent))
        self._waiting: queue.Queue[_Begin | Observation | _End] = queue.Queue(MOST_WAITING)
        self._begun_s: dict[str, float] = {}
        self._paused_until_s = float("-inf")
        self._files: dict[str, _File] = {}
        self._pruned_s = float("-inf")
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="recorder", daemon=True)

    @property
    def lost(self) -> int:
        """Observations that were not recorded."""
        return sum(self._lost_by.values())

    def start(self) -> None:
        """Start the thread; where the settings say that nothing is recorded it only removes what is too old."""
        self._thread.start()

    def stop(self) -> None:
        """Write what waits, end all files and wait for the thread.

        Raises:
            TimeoutError: the disk hangs; the thread ends with the program.
        """
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(STOP_LIMIT_S)
        if self._thread.is_alive():
            raise TimeoutError(f"{self._thread.name} did not end within {STOP_LIMIT_S:.0f} s")

    def begins(self, watch: Watch) -> None:
        """Begin a new file with what a watch knows now."""
        self._begun_s.pop(watch.camera_id, None)
        if isinstance(watch, ViewWatch):
            return
        if self._settings.on and self._clock() >= self._paused_until_s:
            self._offer(watch.camera_id, _Begin(watch.camera_id, start_of(watch)))

    def saw(self, watch: Watch, observation: Observation) -> None:
        """Record an observation that a watch has just taken in."""
        camera_id = watch.camera_id
        if not self._settings.on or isinstance(watch, ViewWatch):
            return
        if self._clock() < self._paused_until_s:
            self._begun_s.pop(camera_id, None)
        if camera_id not in self._begun_s:
            self._lost_by["looking"] += 1
            self.begins(watch)  # from here on
            return
        self._offer(camera_id, observation)
        begun_s = self._begun_s.get(camera_id)  # the thread may take it away at any moment
        if begun_s is not None and self._clock() - begun_s >= FILE_S:
            self.begins(watch)

    def ends(self, camera_id: str) -> None:
        """Remove the recordings of a camera that is watched no more; waits `END_WAIT_S` for room in the queue."""
        self._begun_s.pop(camera_id, None)
        try:
            self._waiting.put(_End(camera_id), timeout=END_WAIT_S)
        except queue.Full:
            logger.warning("recorder: the disk hangs, recordings of camera %s stay until they are too old", camera_id)

    def problems(self) -> tuple[SystemProblem, ...]:
        """Return what is wrong with recording, empty on a good day."""
        if not self.problem:
            return ()
        sentence = f"observations are not recorded now, so zones cannot be tried on this time: {self.problem}"
        return (SystemProblem("recording_stopped", sentence, {"cause": self._cause}),)

    def _offer(self, camera_id: str, item: _Begin | Observation) -> None:
        try:
            self._waiting.put_nowait(item)
        except queue.Full:
            self._lost_by["looking"] += isinstance(item, Observation)
            self._begun_s.pop(camera_id, None)
            return
        if isinstance(item, _Begin):
            self._begun_s[camera_id] = self._clock()

    def _run(self) -> None:
        while not (self._stop.is_set() and self._waiting.empty()):
            try:
                self._step()
            except OSError as err:
                self._pause(way_out(err), errno.errorcode.get(err.errno or 0, FAULT))
            except _LittleRoomError as err:
                self._pause(str(err), LITTLE_ROOM)
            except Exception as err:  # top of the thread: one bad observation must not end recording
                logger.error("recorder: unexpected, recording on: %s", err, exc_info=err)
                self._pause(f"a fault, see the log: {err}", FAULT)
        self._close_all()

    def _step(self) -> None:
        try:
            item = self._waiting.get(timeout=WAIT_S)
        except queue.Empty:
            item = None
        if isinstance(item, _End):
            self._close(item.camera_id)
            self.folder.remove(item.camera_id)
        elif isinstance(item, _Begin):
            self._close(item.camera_id)
            self._files[item.camera_id] = _File(item.start)
        elif item is not None:
            self._write(item)
        self._sync_due()
        if self._clock() - self._pruned_s >= PRUNE_S:
            self._pruned_s = self._clock()
            self._prune()
            self._tell_lost()

    def _write(self, observation: Observation) -> None:
        file = self._files.get(observation.camera_id)
        if file is None:  # its file was given up after it was handed over
            self._lost_by["writing"] += 1
            self._begun_s.pop(observation.camera_id, None)
            return
        if file.writer is None:
            self._check_room()
            path = self.folder.new_path(observation.camera_id, observation.captured_at)
            file.writer, file.synced_s = ObservationWriter(path, file.start), self._clock()
            file.start = None
            self.problem = self._cause = ""
        file.writer.write(observation)

    def _sync_due(self) -> None:
        for file in self._files.values():
            if file.writer is not None and self._clock() - file.synced_s >= SYNC_S:
                self._check_room()
                file.writer.sync()
                file.synced_s = self._clock()

    def _check_room(self) -> None:
        free = self._free()
        if free < LOW_DISK_BYTES:
            raise _LittleRoomError(f"only {free // 2**20} MiB are free, which are left to evidence; make room there")

    def _prune(self) -> None:
        before = self._now() - timedelta(days=self._settings.keep_days)
        writing = {file.writer.path for file in self._files.values() if file.writer is not None}
        removed = self.folder.prune(before, self._settings.most_bytes, writing)
        if removed:
            logger.info("recorder: %d recordings removed, too old or too many", removed)

    def _tell_lost(self) -> None:
        lost, self._told_lost = self.lost - self._told_lost, self.lost
        if lost:
            logger.warning("recorder: %d observations lost in %.0f s", lost, PRUNE_S)

    def _pause(self, why: str, cause: str) -> None:
        """Give up all files for a while; what waits for them is lost, and counted."""
        if cause != self._cause:
            logger.warning("recorder: nothing is recorded for now: %s", why)
        self.problem, self._cause = why, cause
        self._paused_until_s = self._clock() + AGAIN_S
        self._close_all()

    def _close_all(self) -> None:
        for camera_id in list(self._files):
            try:
                self._close(camera_id)
            except OSError as err:
                logger.warning("recorder: the end of a recording of camera %s is lost: %s", camera_id, way_out(err))

    def _close(self, camera_id: str) -> None:
        file = self._files.pop(camera_id, None)
        if file is not None and file.writer is not None:
            file.writer.close()
