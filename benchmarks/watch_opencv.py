"""Peer: the recipe of countless answers: a thread per `cv2.VideoCapture` that keeps the newest picture, one model loop.

Each thread decodes every picture; the loop takes the newest of each camera in turn, runs the model (the same engine as
ours), numbers things by overlap, and applies the rule over the tracks. The recipe's thread that keeps only the newest
picture is kinder to the peer than reading and looking in one loop, which falls behind as soon as a look takes longer
than a picture.
"""

import threading
import time
from collections.abc import Sequence

import cv2

from benchmarks.bgr_frame import as_frame
from benchmarks.capacity_sides import CameraState, Found, WatchTask
from benchmarks.dwell_rule import OverlapTracker
from benchmarks.peer_books import PeerBooks
from models.model import Model
from vision.arrays import Picture
from vision.classes import StreetClass

REOPEN_AFTER_S = 1.0
WAIT_S = 0.2
JOIN_LIMIT_S = 40.0
"""OpenCV gives up on a silent stream after 30 s."""


class _Camera:
    """One capture with its thread and its newest picture."""

    def __init__(self, url: str, books: PeerBooks, fresh: threading.Event) -> None:
        self.books = books
        self.tracker = OverlapTracker()
        self.problem = ""
        self.stop = threading.Event()
        self._url, self._fresh = url, fresh
        self._lock = threading.Lock()
        self._newest: Picture | None = None
        self.thread = threading.Thread(target=self._run, name="opencv-camera", daemon=True)

    def take(self) -> Picture | None:
        """Return the newest picture, once."""
        with self._lock:
            bgr, self._newest = self._newest, None
        return bgr

    def _run(self) -> None:
        try:
            while not self.stop.is_set():
                capture = cv2.VideoCapture(self._url)
                if capture.isOpened():
                    self.books.connected()
                    self._read(capture)
                capture.release()
                self.stop.wait(REOPEN_AFTER_S)
        except Exception as err:  # noqa: BLE001 - top of the thread; the worker reports it
            self.problem = f"{type(err).__name__}: {err}"

    def _read(self, capture: "cv2.VideoCapture") -> None:
        while not self.stop.is_set():
            is_read, bgr = capture.read()
            if not is_read:
                return
            self.books.delivered()
            with self._lock:
                self._newest = bgr
            self._fresh.set()


class OpenCvWatcher:
    """A reading thread per camera and one loop that looks at each in turn."""

    def __init__(self, task: WatchTask, model: Model) -> None:
        self._model = model
        self._stop = threading.Event()
        self._fresh = threading.Event()
        self._problem = ""
        self._cameras = [
            _Camera(camera.url, PeerBooks(task, row), self._fresh) for row, camera in enumerate(task.cameras)
        ]
        self._loop = threading.Thread(target=self._run, name="opencv-loop", daemon=True)

    def start(self) -> None:
        """Start all threads."""
        for camera in self._cameras:
            camera.thread.start()
        self._loop.start()

    def states(self) -> Sequence[CameraState]:
        """Return how it stands with every camera."""
        return [camera.books.state() for camera in self._cameras]

    def found(self) -> Sequence[Found]:
        """Return everything that was found so far."""
        return [found for camera in self._cameras for found in camera.books.found()]

    def problem(self) -> str:
        """Return why a thread died, or an empty string."""
        return self._problem or next((camera.problem for camera in self._cameras if camera.problem), "")

    def stop(self) -> None:
        """End all threads."""
        self._stop.set()
        for camera in self._cameras:
            camera.stop.set()
        for thread in (self._loop, *(camera.thread for camera in self._cameras)):
            if thread.ident is not None:
                thread.join(JOIN_LIMIT_S)

    def _run(self) -> None:
        try:
            while not self._stop.is_set():
                self._fresh.clear()
                looked = [self._look(camera) for camera in self._cameras]
                if not any(looked):
                    self._fresh.wait(WAIT_S)
        except Exception as err:  # noqa: BLE001 - top of the thread; the worker reports it
            self._problem = f"{type(err).__name__}: {err}"

    def _look(self, camera: _Camera) -> bool:
        bgr = camera.take()
        if bgr is None:
            return False
        detections = self._model.detect([as_frame(bgr)])[0]
        boxes = [(float(x1), float(y1), float(x2), float(y2)) for x1, y1, x2, y2 in detections.boxes]
        names = [StreetClass(int(row)).label for row in detections.class_ids]
        camera.books.looked(bgr, camera.tracker.update(list(zip(names, boxes, strict=True)), time.monotonic()))
        return True
