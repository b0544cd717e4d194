"""Our side: a `Shard` as the service runs it, with a parking, a vending and a flyer zone per camera and the ring.

Nothing is left out: reader with ring, gears, model, perception, places, tracks and rules. Added for measuring: now and
then the number in a picture that goes to the model is read, so that stream time can be compared with the truth.
"""

import tempfile
import threading
from collections.abc import Sequence
from pathlib import Path

from benchmarks.camera_clock import CameraClock, ClipClock
from benchmarks.capacity_sides import CameraState, Found, WatchTask
from benchmarks.capacity_streets import story, zones_of
from benchmarks.strip_reader import StripReader
from detectors.events import Event, Phase
from models.model import Model
from pipeline.checkpoints import CheckpointFolder
from pipeline.shard import Shard, ShardListeners
from streams.opening import Openers
from streams.settings import StreamSettings
from vision.closer_look import Look
from vision.detections import Detections
from vision.frames import Frame


class ReadingModel:
    """The model, with an eye on the numbers in the pictures."""

    def __init__(self, model: Model, reader: StripReader) -> None:
        self._model = model
        self._reader = reader

    def detect(self, frames: Sequence[Look]) -> list[Detections]:
        """Return what the model finds; reads the number in some of the frames."""
        self._reader.look([frame for frame in frames if isinstance(frame, Frame)])
        return self._model.detect(frames)


class OurWatcher:
    """A shard and what it reported."""

    def __init__(self, task: WatchTask, model: Model) -> None:
        self._task = task
        self._names = [f"camera-{number}" for number in range(1, len(task.cameras) + 1)]
        self._clocks = {
            name: CameraClock(ClipClock(task.fps, task.pictures, camera.first))
            for name, camera in zip(self._names, task.cameras, strict=True)
        }
        self._lock = threading.Lock()
        self._events: list[Event] = []
        self._last_s: dict[str, float] = {}
        self._folder = tempfile.TemporaryDirectory(prefix="checkpoints-")  # each run begins knowing nothing
        listeners = ShardListeners(
            on_event=self._on_event, on_boxes=lambda boxes: self._on_look(boxes.camera_id, boxes.t_s)
        )
        reading = ReadingModel(model, StripReader(self._on_number))
        self._shard = Shard("0", reading, Openers(), CheckpointFolder(Path(self._folder.name)), listeners)

    def start(self) -> None:
        """Start the shard and add all cameras."""
        zones = {name: zones_of(story(name)) for name in {camera.story for camera in self._task.cameras}}
        self._shard.start()
        for name, camera in zip(self._names, self._task.cameras, strict=True):
            self._shard.add(name, camera.url, StreamSettings(), zones[camera.story])

    def states(self) -> Sequence[CameraState]:
        """Return how it stands with every camera."""
        return [self._state(name) for name in self._names]

    def found(self) -> Sequence[Found]:
        """Return every raised event."""
        with self._lock:
            return [self._found(event) for event in self._events]

    def problem(self) -> str:
        """Return what is wrong with the model or with a camera, or an empty string."""
        refused = (health.problem for health in self._shard.health() if health.state in {"refused", "stopped"})
        return self._shard.problem or next(refused, "")

    def stop(self) -> None:
        """End all threads and forget what was seen."""
        self._shard.stop()
        self._folder.cleanup()

    def _on_event(self, event: Event) -> None:
        if event.phase is Phase.RAISED:
            with self._lock:
                self._events.append(event)

    def _on_number(self, name: str, number: int, t_s: float) -> None:
        with self._lock:
            self._clocks[name].saw(number, t_s)

    def _on_look(self, name: str, t_s: float) -> None:
        with self._lock:
            self._last_s[name] = t_s

    def _found(self, event: Event) -> Found:
        moment = self._clocks[event.camera_id].moment_of
        x1, y1, x2, y2 = event.box
        width, height = self._task.size_wh
        share = x1 / width, y1 / height, x2 / width, y2 / height
        return Found(
            self._names.index(event.camera_id), event.kind, moment(event.started_t_s), moment(event.t_s), share
        )

    def _state(self, name: str) -> CameraState:
        looks = self._shard.counts(name)
        health = self._shard.reader(name).health()
        with self._lock:
            clock, last_s = self._clocks[name], self._last_s.get(name)
            known = clock.moment_s is not None and last_s is not None
            return CameraState(
                delivered=health.packets,
                looked=looks.inferred,
                moment_s=clock.moment_of(last_s) if known and last_s is not None else None,
                breaks=clock.breaks,
                reconnects=health.reconnects,
                kept_bytes=health.ring_bytes,
            )
