"""The plain way: a thread per camera that reads with `cv2.VideoCapture` and calls the model on what it read.

This is the loop of countless tutorials: `ok, bgr = capture.read(); model(bgr)`. Every picture is decoded; the model
is shared, as one per camera would cost each its memory, and a lock lets one thread in at a time. With a stride the
pictures between are grabbed only (decoded, not converted), which is the cheaper of the two usual ways to skip.
A capture that ends is opened again after a second.
"""

import threading
from collections.abc import Sequence

import cv2

from benchmarks.bgr_frame import as_frame
from benchmarks.sides import CameraCounts, SideSettings
from benchmarks.tally import Tally
from models.model import Model

REOPEN_AFTER_S = 1.0

JOIN_LIMIT_S = 40.0
"""OpenCV gives up on a silent stream after 30 s."""


class OpenCvSide:
    """One thread per camera that reads and looks."""

    def __init__(self, settings: SideSettings, model: Model) -> None:
        self._settings = settings
        self._model = model
        self._model_lock = threading.Lock()
        self._stop = threading.Event()
        self._tallies = tuple(Tally() for _ in settings.urls)
        self._problems: dict[int, str] = {}
        self._threads = [
            threading.Thread(target=self._run, args=(index,), name=f"opencv-{index}", daemon=True)
            for index in range(len(settings.urls))
        ]

    def start(self) -> None:
        """Start all threads."""
        for thread in self._threads:
            thread.start()

    def counts(self) -> Sequence[CameraCounts]:
        """Return every camera's counts."""
        return [tally.counts() for tally in self._tallies]

    def problem(self) -> str:
        """Return why a thread died, or an empty string."""
        return next(iter(self._problems.values()), "")

    def stop(self) -> None:
        """End all threads."""
        self._stop.set()
        for thread in self._threads:
            thread.join(JOIN_LIMIT_S)

    def _run(self, index: int) -> None:
        try:
            while not self._stop.is_set():
                self._one_connection(self._settings.urls[index], self._tallies[index])
                self._stop.wait(REOPEN_AFTER_S)
        except Exception as err:  # noqa: BLE001 - top of the thread; the worker reports it
            self._problems[index] = f"camera {index}: {type(err).__name__}: {err}"

    def _one_connection(self, url: str, tally: Tally) -> None:
        capture = cv2.VideoCapture(url)
        try:
            if capture.isOpened():
                tally.connected()
                self._read(capture, tally)
        finally:
            capture.release()

    def _read(self, capture: "cv2.VideoCapture", tally: Tally) -> None:
        number = 0
        while not self._stop.is_set():
            number += 1
            if number % self._settings.stride:
                if not capture.grab():
                    return
                tally.skipped()
                continue
            is_read, bgr = capture.read()
            if not is_read:
                return
            tally.offered()
            with self._model_lock:
                self._model.detect([as_frame(bgr)])
            tally.looked()
