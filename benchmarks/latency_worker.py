"""Runs the program that `benchmarks.latency` measures, in a process of its own: `latency_worker.py TASK.json`.

`watch` is a shard as the service runs it, whose raised events are noted; `service` is the whole service with its page
at a free port of the loopback address. Says `ready` as a JSON line, then answers orders: `state`, how many cameras it
has not looked at yet and what is wrong; `result`, everything that was noted. It ends with its standard input.
"""

import json
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from api.app import create_app
from benchmarks.camera_clock import ClipClock
from benchmarks.capacity_streets import story, zones_of
from benchmarks.latency_trace import ROUND_TO, Trace
from cases.people import Role
from detectors.catalog import ZonesFile
from detectors.events import Event, Phase
from models.model import Model, open_model
from pipeline.checkpoints import CheckpointFolder
from pipeline.messages import BoxesMessage
from pipeline.settings import Settings
from pipeline.shard import Shard, ShardListeners
from pipeline.system import System
from streams.settings import StreamSettings
from tests.api.serving import served

NAME, PASSWORD = "latency", "correct-horse-battery"
"""Who looks at the wall."""


@dataclass(frozen=True, slots=True)
class Task:
    """What a worker is told.

    Attributes:
        kind: `watch` or `service`.
        cameras: of each its name, URL, street's name and the number of its first picture.
        fps: pictures a second of every camera.
        pictures: pictures in a clip's period.
        card: the model's card.
        weights_folder: where its weights lie; empty for the card's own folder.
        engine: a name of `models.choice.ENGINE_NAMES`.
    """

    kind: str
    cameras: tuple[tuple[str, str, str, int], ...]
    fps: int
    pictures: int
    card: str
    weights_folder: str
    engine: str


class Program(Protocol):
    """What is measured."""

    def start(self) -> None:
        """Begin to watch all cameras."""
        ...

    def problem(self) -> str:
        """Return what keeps it from looking, or an empty string."""
        ...

    def result(self) -> dict[str, Any]:
        """Return what was noted beside the trace."""
        ...

    def stop(self) -> None:
        """End it."""
        ...


class Watching:
    """A shard with its zones, whose looks and raised events are noted."""

    def __init__(self, task: Task, trace: Trace, model: Model, folder: Path) -> None:
        self._task = task
        self._lock = threading.Lock()
        self._looks: list[list[Any]] = []
        self._events: list[dict[str, Any]] = []
        listeners = ShardListeners(on_event=self._on_event, on_boxes=self._on_boxes)
        openers = trace.openers({url: name for name, url, _street, _first in task.cameras})
        self._shard = Shard("0", trace.around(model), openers, CheckpointFolder(folder), listeners)

    def start(self) -> None:
        """Start the shard and add all cameras."""
        self._shard.start()
        for name, url, street, _first in self._task.cameras:
            self._shard.add(name, url, StreamSettings(), zones_of(story(street)))

    def problem(self) -> str:
        """Return what is wrong with the model or with a camera, or an empty string."""
        refused = (health.problem for health in self._shard.health() if health.state in {"refused", "stopped"})
        return self._shard.problem or next(refused, "")

    def result(self) -> dict[str, Any]:
        """Return looks and events."""
        with self._lock:
            return {"looks": list(self._looks), "events": list(self._events)}

    def stop(self) -> None:
        """End all threads."""
        self._shard.stop()

    def _on_boxes(self, boxes: BoxesMessage) -> None:
        told_s = round(time.monotonic(), ROUND_TO)
        standing = [[round(edge, 4) for edge in row.box] for row in boxes.rows if row.place_id is not None]
        with self._lock:
            self._looks.append([boxes.camera_id, boxes.t_s, told_s, standing])

    def _on_event(self, event: Event) -> None:
        if event.phase is not Phase.RAISED:
            return
        told_s = time.monotonic()
        health = self._shard.reader(event.camera_id).health()
        width, height = event.size_wh
        noted = {
            "camera": event.camera_id,
            "kind": event.kind,
            "started_t_s": event.started_t_s,
            "t_s": event.t_s,
            "told_s": told_s,
            "box": [edge / side for edge, side in zip(event.box, (width, height, width, height), strict=True)],
            "look_hz": self._shard.counts(event.camera_id).wanted_hz,  # of the pace under which this look was taken
            "gear": health.gear.mode,
            "key_interval_s": health.key_interval_s or 0.0,
        }
        with self._lock:
            self._events.append(noted)


class Serving:
    """The whole service, with its page."""

    def __init__(self, task: Task, trace: Trace, model: Model, folder: Path) -> None:
        entries = []
        for name, url, street, _first in task.cameras:
            zones = folder / f"{street}.json"
            zones.write_text(ZonesFile(zones=zones_of(story(street))).model_dump_json(), encoding="utf-8")
            entries.append({"id": name, "url": url, "zones": zones})
        settings = Settings.model_validate({"data": folder / "data", "cameras": entries})
        openers = trace.openers({url: name for name, url, _street, _first in task.cameras})
        self._system = System(settings, openers, model=trace.around(model))
        self._system.people.create(NAME, PASSWORD, Role.OPERATOR)
        self._serving = ExitStack()
        self._address = ""

    def start(self) -> None:
        """Start the system and serve its page."""
        self._system.start()
        self._address = self._serving.enter_context(served(create_app(self._system)))

    def problem(self) -> str:
        """Return what is wrong, or an empty string."""
        refused = (view.health for view in self._system.cameras())
        return next((health.problem for health in refused if health.state in {"refused", "stopped"}), "")

    def result(self) -> dict[str, Any]:
        """Return where the page is."""
        return {"address": self._address}

    def stop(self) -> None:
        """End page and system."""
        self._serving.close()
        self._system.stop()


KINDS: dict[str, Callable[[Task, Trace, Model, Path], Program]] = {"watch": Watching, "service": Serving}


def main() -> int:
    """Run until standard input ends; returns the exit code."""
    raw = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    task = Task(**{**raw, "cameras": tuple(tuple(camera) for camera in raw["cameras"])})
    with tempfile.TemporaryDirectory(prefix="latency-worker-") as scratch:
        weights_folder = Path(task.weights_folder) if task.weights_folder else None
        model = open_model(Path(task.card), Path(scratch), task.engine, weights_folder=weights_folder)
        clocks = {name: ClipClock(task.fps, task.pictures, first) for name, _url, _street, first in task.cameras}
        trace = Trace(clocks)
        program = KINDS[task.kind](task, trace, model, Path(scratch))
        program.start()
        try:
            _serve_orders(program, trace)
        finally:
            program.stop()
    return 0


def _serve_orders(program: Program, trace: Trace) -> None:
    _say({"event": "ready"})
    for line in sys.stdin:
        order = json.loads(line)["do"]
        answer = {"event": order, "problem": program.problem(), "blind": trace.blind}
        if order in {"result", "address"}:
            answer |= program.result()
        if order == "result":
            answer["cameras"] = trace.to_json()
        _say(answer)


def _say(answer: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
