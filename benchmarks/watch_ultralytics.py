"""Peer: ultralytics itself, as its guide shows: `YOLO(model).track(source="list.streams", stream=True)`.

Its `LoadStreams` decodes every picture of every stream on a thread each and keeps the newest; its loop takes the newest
of all as one batch, and its ByteTrack numbers what is in them. It runs in the peers' own environment.
Added by us: counting what its `cv2.VideoCapture` grabs, and the rule over the tracks (`dwell_rule`).
"""

import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import cv2

from benchmarks.capacity_sides import CameraState, Found, WatchTask
from benchmarks.dwell_rule import Tracked
from benchmarks.peer_books import PeerBooks

JOIN_LIMIT_S = 20.0


class UltralyticsWatcher:
    """One loop over `model.track` on all streams."""

    def __init__(self, task: WatchTask) -> None:
        self._task = task
        self._books = [PeerBooks(task, camera) for camera in range(len(task.cameras))]
        self._stop = threading.Event()
        self._problem = ""
        self._loop = threading.Thread(target=self._run, name="ultralytics", daemon=True)

    def start(self) -> None:
        """Write the list of streams and begin."""
        count_grabs({camera.url: books for camera, books in zip(self._task.cameras, self._books, strict=True)})
        self._loop.start()

    def states(self) -> Sequence[CameraState]:
        """Return how it stands with every camera."""
        return [books.state() for books in self._books]

    def found(self) -> Sequence[Found]:
        """Return everything that was found so far."""
        return [found for books in self._books for found in books.found()]

    def problem(self) -> str:
        """Return why its loop ended, or an empty string."""
        return self._problem

    def stop(self) -> None:
        """Ask the loop to end; its loader's threads are daemons and end with the process."""
        self._stop.set()
        self._loop.join(JOIN_LIMIT_S)

    def _run(self) -> None:
        try:
            for number, result in enumerate(self._results()):
                self._books[number % len(self._books)].looked(result.orig_img, tracked_of(result))
                if self._stop.is_set():
                    return
            self._problem = "its loop over the streams came to an end"
        except Exception as err:  # noqa: BLE001 - top of the thread; the worker reports it
            self._problem = f"{type(err).__name__}: {err}"

    def _results(self) -> Iterator[Any]:
        from ultralytics import YOLO  # only in the peers' environment

        streams = Path(self._task.cache_dir) / "list.streams"
        streams.write_text("\n".join(camera.url for camera in self._task.cameras) + "\n", encoding="utf-8")
        width, height = self._task.input_wh
        yield from YOLO(self._task.weights, task="detect").track(
            source=str(streams),
            stream=True,
            vid_stride=1,
            imgsz=(height, width),
            conf=self._task.score,
            tracker="bytetrack.yaml",
            verbose=False,
        )


def tracked_of(result: Any) -> list[Tracked]:
    """Return what the tracker numbered in one of ultralytics' results."""
    boxes = result.boxes
    if boxes is None or boxes.id is None:
        return []
    rows = zip(boxes.id.int().tolist(), boxes.cls.int().tolist(), boxes.xyxy.tolist(), strict=True)
    return [Tracked(track_id, result.names[row], (box[0], box[1], box[2], box[3])) for track_id, row, box in rows]


def count_grabs(books: dict[str, PeerBooks]) -> None:
    """Make every `cv2.VideoCapture` that is opened from now on in this process count its grabs in its URL's books."""
    module: Any = cv2
    opencv_capture: Any = cv2.VideoCapture

    class CountingCapture(opencv_capture):  # type: ignore[misc]
        def __init__(self, url: str = "", *rest: Any) -> None:
            super().__init__(url, *rest)
            self._books = books.get(url)
            if self._books and self.isOpened():
                self._books.connected()

        def open(self, url: str, *rest: Any) -> bool:
            is_open = bool(super().open(url, *rest))
            self._books = books.get(url)
            if self._books and is_open:
                self._books.connected()
            return is_open

        def grab(self) -> bool:
            is_grabbed = bool(super().grab())
            if self._books and is_grabbed:
                self._books.delivered()
            return is_grabbed

        def read(self, *rest: Any) -> Any:
            answer = super().read(*rest)
            if self._books and answer[0]:
                self._books.delivered()
            return answer

    module.VideoCapture = CountingCapture
