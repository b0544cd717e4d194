"""Keeps what every peer side must keep: counts, camera clocks, timers, and what was found; safe between its threads."""

import threading
import time
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from benchmarks.camera_clock import CameraClock, ClipClock
from benchmarks.capacity_sides import Box, CameraState, Found, WatchTask
from benchmarks.dwell_rule import DwellRule, Tracked
from benchmarks.time_strip import read

READ_EVERY_S = 0.5
"""The clock in the picture is read so often; more would charge the peer for our measuring."""


class PeerBooks:
    """Books of one camera of a peer."""

    def __init__(self, task: WatchTask, camera: int) -> None:
        self._camera = camera
        self._lock = threading.Lock()
        self._clock = CameraClock(ClipClock(task.fps, task.pictures, task.cameras[camera].first))
        self._rule = DwellRule(task.cameras[camera].zones)
        self._delivered = self._looked = self._connections = 0
        self._read_s = -READ_EVERY_S
        self._found: list[tuple[str, float, float, Box]] = []

    def connected(self) -> None:
        """Count a connection."""
        with self._lock:
            self._connections += 1

    def delivered(self) -> None:
        """Count a picture that was grabbed, and so decoded."""
        with self._lock:
            self._delivered += 1

    def looked(self, bgr: npt.NDArray[np.uint8], tracked: Sequence[Tracked]) -> None:
        """Count a look and judge what is in it, by the wall clock as the peers' users do."""
        now_s = time.monotonic()
        with self._lock:
            self._looked += 1
            if now_s - self._read_s >= READ_EVERY_S and (number := read(bgr)) is not None:
                self._read_s = now_s
                self._clock.saw(number, now_s)
            height, width = bgr.shape[:2]
            for kind, since_s, box in self._rule.update(tracked, (width, height), now_s):
                share = box[0] / width, box[1] / height, box[2] / width, box[3] / height
                self._found.append((kind, since_s, now_s, share))

    def state(self) -> CameraState:
        """Return how the side stands with the camera."""
        with self._lock:
            return CameraState(
                delivered=self._delivered,
                looked=self._looked,
                moment_s=self._clock.moment_s,
                breaks=self._clock.breaks,
                reconnects=max(0, self._connections - 1),
            )

    def found(self) -> list[Found]:
        """Return what passed its limit, in moments of the street."""
        with self._lock:
            if self._clock.moment_s is None:
                return []
            moment = self._clock.moment_of
            return [
                Found(self._camera, kind, moment(since_s), moment(at_s), box)
                for kind, since_s, at_s, box in self._found
            ]
