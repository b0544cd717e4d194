"""Measures recordings of observations: how large they are, how long a trial takes, and what it costs looking.

    python -m benchmarks.recordings --json benchmarks/results/recordings.json

The drawn streets of the demo are watched as fast as they are drawn, each offering a picture a second, with the zones of
the demo; what is seen is recorded and synced once a minute of stream time, as the service does. Then longer limits are
tried on it. Last, glances at a picture are timed alone, beside a trial in a thread of the same process, and beside one
in a process of its own (`pipeline.trial_process`), which is what the service does.
"""

import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from pydantic import JsonValue
from rich.console import Console

from api.commands.demo_site import write_demo_zones
from benchmarks.report import Beginning, Report, spread, write_report
from benchmarks.telling import telling
from datasets.demo_scenes import DEMO_SCENES, demo_script
from datasets.scene import StreetScene
from detectors.catalog import ZoneSettings, load_zones
from models.model import open_model
from models.shelf import bundled_card
from pipeline.inference import Looker
from pipeline.recorded_start import start_of
from pipeline.recorder import SYNC_S
from pipeline.recordings import RecordingFolder
from pipeline.trial import run_trial
from pipeline.trial_records import TrialRequest
from pipeline.trials import COMMAND
from pipeline.watch import CameraWatch
from vision.frames import Frame, Planes
from vision.recording import ObservationWriter

BEGAN_AT = datetime(2026, 11, 21, 2, 0, tzinfo=UTC)
GLANCE_S = 20.0
"""Seconds of glances beside each: a process takes two to start, and is started anew for each trial."""

DEFINITIONS = {
    "bytes_per_hour": "size of the recording by the stream time it holds, scaled to an hour",
    "looks_per_hour": "observations by the stream time, scaled to an hour",
    "trial_s_per_hour": "processor seconds of a trial of all zones with longer limits, scaled to an hour of recording",
    "glance_ms": "wall time of one glance at a 720p picture, by what else runs: median, mean and 99th percentile",
}

app = typer.Typer(add_completion=False)


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be run: stream seconds of each scene."""

    scenes: tuple[str, ...] = DEMO_SCENES
    seconds: int = 900


QUICK = Plan(scenes=("parking",), seconds=60)


def run(plan: Plan, tell: Callable[[str], None]) -> Report:
    """Measure all and return the result."""
    began = Beginning()
    samples: list[dict[str, JsonValue]] = []
    with tempfile.TemporaryDirectory() as name:
        folder, root = RecordingFolder(Path(name) / "recordings"), Path(name)
        write_demo_zones(root)
        looker = open_model(bundled_card(), root, "onnxruntime")
        requests = []
        for scene in plan.scenes:
            tell(f"watching {scene}")
            zones = load_zones(root / f"{scene}.zones.json")
            sample = _record(scene, zones, looker, folder, plan)
            requests.append(_request(scene, zones, folder, plan))
            before_s = time.process_time()
            run_trial(requests[-1], lambda _: None)
            sample["trial_s_per_hour"] = round((time.process_time() - before_s) * 3600 / plan.seconds, 2)
            samples.append(sample)
        tell("glances beside trials")
        glances = {beside: _glances(requests, beside) for beside in ("nothing", "thread", "process")}
    figures = ("bytes_per_hour", "looks_per_hour", "trial_s_per_hour")
    return Report(
        name="recordings",
        settings={"scenes": list(plan.scenes), "seconds": plan.seconds, "glance_s": GLANCE_S},
        definitions=DEFINITIONS,
        samples=samples,
        summary={
            **{figure: asdict(spread([float(str(row[figure])) for row in samples])) for figure in figures},
            "glance_ms": dict(glances),
        },
        goals=(),
        notes=(
            "drawn streets of the demo, a picture a second, street-nano with ONNX Runtime",
            "glances mean something on an idle machine only: with several loads a core all three wait for a core",
        ),
        began=began,
    )


def _record(
    scene: str, zones: tuple[ZoneSettings, ...], looker: Looker, folder: RecordingFolder, plan: Plan
) -> dict[str, JsonValue]:
    watch, street = CameraWatch(scene, zones), StreetScene(demo_script(scene))
    path, count, synced_s = folder.new_path(scene, BEGAN_AT), 0, 0
    with ObservationWriter(path, start_of(watch)) as writer:
        for t_s in range(plan.seconds):
            if not watch.is_due(t_s, watch.pace().look_hz):
                continue
            frame = _frame(scene, street, t_s)
            glance = watch.glance(frame)
            found = looker.detect([frame])[0] if watch.wants_model(glance, watch.pace().model_hz) else None
            writer.write(watch.take(glance, found).observation)
            count += 1
            if t_s - synced_s >= SYNC_S:
                writer.sync()
                synced_s = t_s
    scale = 3600 / plan.seconds
    return {
        "scene": scene,
        "bytes_per_hour": round(path.stat().st_size * scale),
        "looks_per_hour": round(count * scale),
    }


def _frame(scene: str, street: StreetScene, t_s: int) -> Frame:
    at = BEGAN_AT + timedelta(seconds=t_s)
    return Frame(scene, t_s, float(t_s), at, 0.0, Planes.from_bgr(street.picture(float(t_s))))


def _request(scene: str, zones: tuple[ZoneSettings, ...], folder: RecordingFolder, plan: Plan) -> TrialRequest:
    longer = [z.model_copy(update={"rule": z.rule.model_copy(update={"limit_s": z.rule.limit_s * 2})}) for z in zones]
    files = tuple(recording.path for recording in folder.of_camera(scene))
    to_at = BEGAN_AT + timedelta(seconds=plan.seconds)
    return TrialRequest(camera_id=scene, zones=tuple(longer), from_at=BEGAN_AT, to_at=to_at, files=files)


def _glances(requests: list[TrialRequest], beside: str) -> JsonValue:
    watch, street = CameraWatch("parking", ()), StreetScene(demo_script("parking"))
    frames = [_frame("parking", street, t_s) for t_s in range(20)]
    times: list[float] = []
    end_s = time.perf_counter() + GLANCE_S
    with _trials(requests, beside):
        while (began_s := time.perf_counter()) < end_s:
            number = len(times)
            frame = frames[number % len(frames)]
            watch.glance(Frame("parking", number, float(number), frame.captured_at, 0.0, frame.planes))
            times.append(1000 * (time.perf_counter() - began_s))
    middle, mean, late = np.median(times), np.mean(times), np.percentile(times, 99)
    return {"median": round(float(middle), 3), "mean": round(float(mean), 3), "p99": round(float(late), 2)}


@contextmanager
def _trials(requests: list[TrialRequest], beside: str) -> Iterator[None]:
    """Run trials again and again in a thread or a process, until the block ends."""
    over = threading.Event()

    def again() -> None:
        while not over.is_set():
            for request in requests:
                if beside == "thread":
                    run_trial(request, lambda _: None)
                else:
                    subprocess.run(COMMAND, input=request.model_dump_json().encode(), capture_output=True, check=True)

    runs = [] if beside == "nothing" else [threading.Thread(target=again)]
    for thread in runs:
        thread.start()
    try:
        yield
    finally:
        over.set()
        for thread in runs:
            thread.join()


@app.command()
def main(
    json: Annotated[Path | None, typer.Option("--json", help="where to write the result")] = None,
    quick: Annotated[bool, typer.Option("--quick", help="one scene, one minute")] = False,
) -> None:
    """Measure the size of recordings, and what trials take."""
    with telling("recordings") as tell:
        report = run(QUICK if quick else Plan(), tell)
    Console().print_json(data={"samples": list(report.samples), "summary": report.summary})
    if json:
        write_report(json, report)


if __name__ == "__main__":
    sys.exit(app())
