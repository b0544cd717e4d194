"""A loop that behaves as ultralytics' `LoadStreams` with its predictor: latest picture of all sources, one batch.

Written after the behaviour of `ultralytics/data/loaders.py` (8.4), nothing of it is imported or copied:

* one `cv2.VideoCapture` and one thread per source; all must open at the start, or it does not start;
* a thread grabs (and so decodes) every picture and retrieves every `vid_stride`-th, which replaces the one before
  (`buffer=False`, the default);
* the loop waits until every source has a picture (looking again after one picture's time), takes the newest of each,
  runs the model on all of them as one batch, and begins again at once. So the slowest source paces all;
* a picture that cannot be retrieved makes it open the stream again and hands on a black one meanwhile. Here the black
  one is left out, so that no look at nothing is counted.

Left out in the peer's favour: tracking (`model.track`), drawing, result objects.
"""

import math
import threading
from collections.abc import Sequence

import cv2

from benchmarks.bgr_frame import as_frame
from benchmarks.sides import CameraCounts, SideSettings
from benchmarks.tally import Tally
from models.model import Model
from vision.arrays import Picture

FALLBACK_FPS = 30.0
"""What it takes where a stream declares no frame rate."""

JOIN_LIMIT_S = 40.0
"""OpenCV gives up on a silent stream after 30 s."""


class _Source:
    """One stream with its thread and its newest picture."""

    def __init__(self, url: str, stride: int, stop: threading.Event) -> None:
        self.tally = Tally()
        self.fps = FALLBACK_FPS
        self.problem = ""
        self._url, self._stride, self._stop = url, stride, stop
        self._lock = threading.Lock()
        self._newest: Picture | None = None
        self._capture = cv2.VideoCapture()
        self.thread = threading.Thread(target=self._run, name="load-streams-source", daemon=True)

    def open(self) -> None:
        """Open the stream and read its first picture.

        Raises:
            ConnectionError: it does not open.
        """
        is_open = self._capture.open(self._url)
        is_read, bgr = self._capture.read() if is_open else (False, None)
        if not is_read or bgr is None:
            raise ConnectionError(f"{self._url} does not open")
        declared = self._capture.get(cv2.CAP_PROP_FPS)
        self.fps = (declared % 100 if math.isfinite(declared) else 0.0) or FALLBACK_FPS
        self.tally.connected()
        self._offer(bgr)
        self.thread.start()

    def take(self) -> Picture | None:
        """Return the newest picture, once; None where none came since."""
        with self._lock:
            bgr, self._newest = self._newest, None
        return bgr

    def _run(self) -> None:
        try:
            number = 0
            while not self._stop.is_set() and self._capture.isOpened():
                number += 1
                self._step(number)
        except Exception as err:  # noqa: BLE001 - top of the thread; the worker reports it
            self.problem = f"{type(err).__name__}: {err}"
        finally:
            self._capture.release()

    def _step(self, number: int) -> None:
        is_grabbed = self._capture.grab()
        if number % self._stride:
            if is_grabbed:
                self.tally.skipped()
            return
        is_read, bgr = self._capture.retrieve() if is_grabbed else (False, None)
        if is_read and bgr is not None:
            self._offer(bgr)
        elif self._capture.open(self._url):
            self.tally.connected()

    def _offer(self, bgr: Picture) -> None:
        with self._lock:
            self.tally.offered(replaces=self._newest is not None)
            self._newest = bgr


class LoadStreamsSide:
    """A reading thread per source and one loop that looks at all of them together."""

    def __init__(self, settings: SideSettings, model: Model) -> None:
        self._model = model
        self._stop = threading.Event()
        self._sources = tuple(_Source(url, settings.stride, self._stop) for url in settings.urls)
        self._loop = threading.Thread(target=self._run, name="load-streams-loop", daemon=True)
        self._problem = ""

    def start(self) -> None:
        """Open all streams one after the other, then begin to look.

        Raises:
            ConnectionError: one does not open.
        """
        for source in self._sources:
            source.open()
        self._loop.start()

    def counts(self) -> Sequence[CameraCounts]:
        """Return every camera's counts."""
        return [source.tally.counts() for source in self._sources]

    def problem(self) -> str:
        """Return why a thread died, or an empty string."""
        return self._problem or next((source.problem for source in self._sources if source.problem), "")

    def stop(self) -> None:
        """End all threads."""
        self._stop.set()
        for thread in (self._loop, *(source.thread for source in self._sources)):
            if thread.ident is not None:
                thread.join(JOIN_LIMIT_S)

    def _run(self) -> None:
        try:
            while batch := self._gather():
                self._model.detect([as_frame(bgr) for bgr in batch])
                for source in self._sources:
                    source.tally.looked()
        except Exception as err:  # noqa: BLE001 - top of the thread; the worker reports it
            self._problem = f"{type(err).__name__}: {err}"

    def _gather(self) -> list[Picture]:
        """Return one picture of every source; empty when it is time to stop."""
        pause_s = 1 / min(source.fps for source in self._sources)
        batch: list[Picture] = []
        for source in self._sources:
            while (bgr := source.take()) is None:
                if self._stop.wait(pause_s):
                    return []
            batch.append(bgr)
        return [] if self._stop.is_set() else batch
