"""Peer: vidgear's `CamGear` per camera, ultralytics' model, roboflow's supervision and ByteTrack, as tutorials do.

`CamGear` decodes every picture on a thread of its own. Its threaded queue is off, as its guide advises for live streams
that must not fall behind, so that the newest picture is read; one loop goes round the cameras. It runs in the peers'
own environment. Added by us: counting what it grabs, and the rule over the tracks (`dwell_rule`).
"""

from typing import Any

import numpy as np
import numpy.typing as npt

from benchmarks.capacity_sides import WatchTask
from benchmarks.dwell_rule import Tracked
from benchmarks.peer_loop import PeerLoop
from benchmarks.watch_ultralytics import count_grabs

ACTIVATION_SCORE = 0.25
"""Score from which ByteTrack begins a track: supervision's default of old; 0.7 suits no nano."""


class VidgearWatcher(PeerLoop):
    """A `CamGear` per camera and one loop that looks at each in turn."""

    def __init__(self, task: WatchTask) -> None:
        super().__init__(task, "vidgear")
        self._gears: list[Any] = []
        self._model: Any = None

    def start(self) -> None:
        """Load the model, open all cameras one after the other, then begin to look."""
        from ultralytics import YOLO  # only in the peers' environment

        self._model = YOLO(self.task.weights, task="detect")
        self._infer(np.zeros((self.task.size_wh[1], self.task.size_wh[0], 3), np.uint8))
        count_grabs({camera.url: books for camera, books in zip(self.task.cameras, self.books, strict=True)})
        from vidgear.gears import CamGear  # only in the peers' environment, and after the counting was put in

        for camera in self.task.cameras:
            try:
                self._gears.append(CamGear(source=camera.url, logging=False, THREADED_QUEUE_MODE=False).start())
            except RuntimeError as err:
                raise ConnectionError(f"CamGear does not open {camera.url}: {err}") from None
        super().start()

    def stop(self) -> None:
        """End the loop and all cameras."""
        super().stop()
        for gear in self._gears:
            gear.stop()

    def look(self) -> str:
        """Go round the cameras and look at each picture that is new."""
        import supervision as sv
        from trackers import ByteTrackTracker

        least = {"track_activation_threshold": ACTIVATION_SCORE, "high_conf_det_threshold": ACTIVATION_SCORE}
        trackers = [ByteTrackTracker(frame_rate=self.task.fps, **least) for _ in self._gears]
        last: list[Any] = [None] * len(self._gears)
        while not self.is_over.is_set():
            for camera, gear in enumerate(self._gears):
                bgr = gear.read()
                if bgr is None:
                    return f"camera {camera + 1}: its stream came to an end"
                if bgr is last[camera]:
                    continue  # the same picture as the last time round
                last[camera] = bgr
                result = self._infer(bgr)
                numbered = trackers[camera].update(sv.Detections.from_ultralytics(result))
                self.books[camera].looked(bgr, _tracked(numbered, result.names))
        return ""

    def _infer(self, bgr: npt.NDArray[np.uint8]) -> Any:
        width, height = self.task.input_wh
        return self._model(bgr, imgsz=(height, width), conf=self.task.score, verbose=False)[0]


def _tracked(numbered: Any, names: dict[int, str]) -> list[Tracked]:
    rows = zip(numbered.tracker_id.tolist(), numbered.class_id.tolist(), numbered.xyxy.tolist(), strict=True)
    return [
        Tracked(int(track_id), names[row], (box[0], box[1], box[2], box[3]))
        for track_id, row, box in rows
        if track_id >= 0  # -1 is not confirmed yet
    ]
