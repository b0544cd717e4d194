"""Peer: ultralytics itself, as its guide shows: `YOLO(model).track(source="list.streams", stream=True)`.

Its `LoadStreams` decodes every picture of every stream on a thread each and keeps the newest; its loop takes the newest
of all as one batch, and its ByteTrack numbers what is in them. It runs in the peers' own environment.
Added by us: counting what its `cv2.VideoCapture` grabs, and the rule over the tracks (`dwell_rule`).
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2

from benchmarks.capacity_sides import WatchTask
from benchmarks.dwell_rule import Tracked
from benchmarks.peer_books import PeerBooks
from benchmarks.peer_loop import PeerLoop


class UltralyticsWatcher(PeerLoop):
    """One loop over `model.track` on all streams; its loader's threads are daemons and end with the process."""

    def __init__(self, task: WatchTask) -> None:
        super().__init__(task, "ultralytics")

    def start(self) -> None:
        """Count what is grabbed, and begin."""
        count_grabs({camera.url: books for camera, books in zip(self.task.cameras, self.books, strict=True)})
        super().start()

    def look(self) -> str:
        """Take in the tracker's results, camera by camera."""
        for number, result in enumerate(self._results()):
            self.books[number % len(self.books)].looked(result.orig_img, tracked_of(result))
            if self.is_over.is_set():
                return ""
        return "its loop over the streams came to an end"

    def _results(self) -> Iterator[Any]:
        from ultralytics import YOLO  # only in the peers' environment

        streams = Path(self.task.cache_dir) / "list.streams"
        streams.write_text("\n".join(camera.url for camera in self.task.cameras) + "\n", encoding="utf-8")
        width, height = self.task.input_wh
        yield from YOLO(self.task.weights, task="detect").track(
            source=str(streams),
            stream=True,
            vid_stride=1,
            imgsz=(height, width),
            conf=self.task.score,
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
