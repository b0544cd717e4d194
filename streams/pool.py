"""Holds the readers of many cameras; cameras come and go while it runs, and one bad camera hurts no other."""

import threading
from collections.abc import Sequence
from dataclasses import replace

from streams.camera import Camera, CommonTime
from streams.dialing import DialBudget
from streams.errors import UnknownCameraError
from streams.health import CameraHealth
from streams.heap import keep_large_blocks_apart
from streams.offers import Deliver, Offer
from streams.opening import Openers
from streams.reader import CameraReader, ReaderOptions
from streams.ring import RingBudget
from streams.settings import StreamSettings
from streams.urls import check_url

RINGS_BYTES = 4 * 2**30
"""A hundred cameras of 4 Mbit/s keep 3 GB in a minute."""


SUB_RING_S = 15.0
"""A small stream keeps what its decoder needs to shift up; everything else comes from the main one."""


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
        keep_large_blocks_apart()
        self._openers = openers
        self._deliver = deliver
        self._dial = dial or DialBudget()
        self._budget = RingBudget(rings_bytes)
        self._options = replace(options or ReaderOptions(), budget=self._budget)
        self._cameras: dict[str, Camera] = {}
        self._lock = threading.Lock()

    def add(
        self,
        camera_id: str,
        url: str,
        settings: StreamSettings | None = None,
        *,
        sub_url: str = "",
        after_t_s: float | None = None,
    ) -> CameraReader:
        """Start to watch a camera; returns the reader of its main stream at once, even if the camera is dead.

        Args:
            camera_id: names the camera.
            url: where it is.
            settings: how to pull it.
            sub_url: where it sends a smaller stream, which is then looked at instead.
            after_t_s: stream time at which an earlier run ended, if there was one; the camera's time goes on behind it.

        Raises:
            ValueError: the id is taken, or a URL cannot be a camera.
        """
        for each in filter(None, (url, sub_url)):
            check_url(each, self._openers.schemes)
        settings = settings or StreamSettings()
        options = replace(self._options, after_t_s=after_t_s)
        if sub_url:
            common = CommonTime(self._deliver)
            main = self._reader(camera_id, url, settings, options, _look_at_nothing)
            short = settings.model_copy(update={"ring_s": SUB_RING_S})
            camera = Camera(main, self._reader(camera_id, sub_url, short, replace(options, stream="sub"), common))
            common.join(*camera.readers)
        else:
            camera = Camera(self._reader(camera_id, url, settings, options, self._deliver))
        with self._lock:
            if camera_id in self._cameras:
                raise ValueError(f"camera {camera_id} exists already; remove it first or choose another id")
            self._cameras[camera_id] = camera
        for reader in camera.readers:
            self._budget.join(reader.ring)
            reader.start()
        return camera.main

    def remove(self, camera_id: str) -> None:
        """Stop watching a camera; waits until its threads have ended.

        Raises:
            UnknownCameraError: there is no such camera.
            TimeoutError: a thread did not end.
        """
        with self._lock:
            camera = self._cameras.pop(camera_id, None)
        if camera is None:
            raise UnknownCameraError(camera_id)
        try:
            _stop(camera.readers)
        finally:
            for reader in camera.readers:  # only now: they read on until they have ended
                self._budget.leave(reader.ring)

    def camera(self, camera_id: str) -> Camera:
        """Return a camera.

        Raises:
            UnknownCameraError: there is no such camera.
        """
        with self._lock:
            camera = self._cameras.get(camera_id)
        if camera is None:
            raise UnknownCameraError(camera_id)
        return camera

    def reader(self, camera_id: str) -> CameraReader:
        """Return the reader of a camera's main stream.

        Raises:
            UnknownCameraError: there is no such camera.
        """
        return self.camera(camera_id).main

    def health(self) -> tuple[CameraHealth, ...]:
        """Return the health of every camera, in the order they were added."""
        with self._lock:
            cameras = tuple(self._cameras.values())
        return tuple(camera.health() for camera in cameras)

    def close(self) -> None:
        """Stop every reader and wait for their threads; what their rings keep stays readable. May be called twice.

        Raises:
            TimeoutError: some threads did not end; the others did.
        """
        with self._lock:
            cameras = tuple(self._cameras.values())
        _stop([reader for camera in cameras for reader in camera.readers])

    def _reader(
        self, camera_id: str, url: str, settings: StreamSettings, options: ReaderOptions, deliver: Deliver
    ) -> CameraReader:
        return CameraReader(
            camera_id, url, settings, openers=self._openers, deliver=deliver, dial=self._dial, options=options
        )


def _stop(readers: Sequence[CameraReader]) -> None:
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


def _look_at_nothing(_offer: Offer) -> None:
    pass  # the small stream is looked at; nobody wants pictures of this one
