"""Holds the readers of many cameras; cameras come and go while it runs, and one bad camera hurts no other."""

import threading
from dataclasses import replace

from streams.dialing import DialBudget
from streams.errors import UnknownCameraError
from streams.health import CameraHealth
from streams.offers import Deliver
from streams.opening import Openers
from streams.reader import CameraReader, ReaderOptions
from streams.ring import RingBudget
from streams.settings import StreamSettings
from streams.urls import check_url

RINGS_BYTES = 4 * 2**30
"""A hundred cameras of 4 Mbit/s keep 3 GB in a minute."""


class CameraPool:
    """The readers of a set of cameras under one dial budget; any thread may call it.

    Args:
        openers: how each scheme is opened.
        deliver: takes every picture of every camera that can be looked at, in the readers' threads.
        dial: budget of concurrent dials; its own if None.
        rings_bytes: what the rings of all cameras may keep together.
        options: clocks and start time for the readers.
    """

    def __init__(
        self,
        openers: Openers,
        deliver: Deliver,
        *,
        dial: DialBudget | None = None,
        rings_bytes: int = RINGS_BYTES,
        options: ReaderOptions | None = None,
    ) -> None:
        self._openers = openers
        self._deliver = deliver
        self._dial = dial or DialBudget()
        self._budget = RingBudget(rings_bytes)
        self._options = replace(options or ReaderOptions(), budget=self._budget)
        self._readers: dict[str, CameraReader] = {}
        self._lock = threading.Lock()

    def add(
        self, camera_id: str, url: str, settings: StreamSettings | None = None, *, after_t_s: float | None = None
    ) -> CameraReader:
        """Start to watch a camera; returns at once, even if the camera is dead.

        Args:
            camera_id: names the camera.
            url: where it is.
            settings: how to pull it.
            after_t_s: stream time at which an earlier run ended, if there was one; the camera's time goes on behind it.

        Raises:
            ValueError: the id is taken, or the URL cannot be a camera.
        """
        check_url(url, self._openers.schemes)
        reader = CameraReader(
            camera_id,
            url,
            settings or StreamSettings(),
            openers=self._openers,
            deliver=self._deliver,
            dial=self._dial,
            options=replace(self._options, after_t_s=after_t_s),
        )
        with self._lock:
            if camera_id in self._readers:
                raise ValueError(f"camera {camera_id} exists already; remove it first or choose another id")
            self._readers[camera_id] = reader
        self._budget.join(reader.ring)
        reader.start()
        return reader

    def remove(self, camera_id: str) -> None:
        """Stop watching a camera; waits until its thread has ended.

        Raises:
            UnknownCameraError: there is no such camera.
        """
        with self._lock:
            reader = self._readers.pop(camera_id, None)
        if reader is None:
            raise UnknownCameraError(camera_id)
        self._budget.leave(reader.ring)
        reader.stop()

    def reader(self, camera_id: str) -> CameraReader:
        """Return the reader of a camera.

        Raises:
            UnknownCameraError: there is no such camera.
        """
        with self._lock:
            reader = self._readers.get(camera_id)
        if reader is None:
            raise UnknownCameraError(camera_id)
        return reader

    def health(self) -> tuple[CameraHealth, ...]:
        """Return the health of every camera, in the order they were added."""
        with self._lock:
            readers = tuple(self._readers.values())
        return tuple(reader.health() for reader in readers)

    def close(self) -> None:
        """Stop every reader and wait for their threads; what their rings keep stays readable. May be called twice.

        Raises:
            TimeoutError: some threads did not end; the others did.
        """
        with self._lock:
            readers = tuple(self._readers.values())
        for reader in readers:
            reader.ask_to_stop()
        late = []
        for reader in readers:
            try:
                reader.stop()
            except TimeoutError as err:
                late.append(str(err))
        if late:
            raise TimeoutError("; ".join(late))
