"""Runs the two parts of the latency benchmark: cameras that are only watched, and a wall that somebody looks at.

Each part has its own farm and a fresh process (latency_worker), held to two cores where the machine has more; farm and
browser run on the others, or share them. Phases of the cameras are those of `capacity_trial.plan_cameras`.
"""

import json
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from benchmarks.camera_clock import ClipClock
from benchmarks.capacity_clips import CAMERA
from benchmarks.capacity_streets import PERIOD_S, Story
from benchmarks.capacity_trial import LOOK_LIMIT_S, START_PER_CAMERA_S, deeds_of, plan_cameras
from benchmarks.cores import held, keep_off
from benchmarks.errors import SideFailedError
from benchmarks.farm import Camera, Farm
from benchmarks.latency_clock import CameraLine
from benchmarks.latency_events import (
    EventLatency,
    LookLatency,
    event_latencies,
    look_latencies,
    standing_delays,
)
from benchmarks.latency_page import Noted, opened_wall
from benchmarks.latency_wall import LookShown, change_delays, look_stages, looks_shown, picture_delays, shown_pictures
from benchmarks.latency_worker import NAME, PASSWORD, Task
from benchmarks.measuring import Window, measure
from benchmarks.throughput import ModelChoice
from benchmarks.worker_process import WorkerProcess

ASK_AGAIN_S = 0.5

LEAST_PHASES_S = 76.0
"""`plan_cameras` wants so much, and a little for each camera, to have a violation of each in it; a shorter part plays
them as if."""

PAGE_LIMIT_S = 60.0
"""A wall that does not show all its cameras by then never will."""

PAGE_SETTLES_S = 30.0
"""The player finds its distance from the newest picture in this time, and cameras' looks have sped up."""


@dataclass(frozen=True, slots=True, eq=False)
class Equipment:
    """What all parts share: streets, their access units by name, and the model."""

    stories: tuple[Story, ...]
    units: Mapping[str, Path]
    model: ModelChoice


@dataclass(frozen=True, slots=True, eq=False)
class WatchPart:
    """What came of watching without a viewer."""

    cameras: int
    events: tuple[EventLatency, ...]
    missed: int
    looks: tuple[LookLatency, ...]
    standing_s: tuple[float, ...]
    window: Window
    behind_s: float
    breaks: int


@dataclass(frozen=True, slots=True, eq=False)
class PagePart:
    """What came of the wall; seconds."""

    cameras: int
    tiles: int
    pictures_s: tuple[float, ...]
    arrived_s: tuple[float, ...]
    painted_s: tuple[float, ...]
    stages_s: Mapping[str, list[float]]
    looks: int
    late: int
    unseen: int
    clock_error_s: float
    window: Window
    behind_s: float


def watch_part(equipment: Equipment, count: int, watch_s: float) -> WatchPart:
    """Watch so many cameras and return how late events and looks were.

    Raises:
        SideFailedError: the program ended, hangs or never looked at a camera.
        FarmError: the farm did not start, or ended.
    """
    cameras = _phased(equipment, count, watch_s)
    with _running(equipment, "watch", cameras) as (worker, farm):
        _wait_until_looking(worker)
        from_s = time.monotonic()
        window = measure({"side": worker.process, "server": farm.process}, watch_s)
        span_s = from_s, time.monotonic()
        result = _answer(worker, "result")
        lines = _lines(cameras, farm, result)
        behind_s = _behind_s(farm)
    by_name = {told.name: told for told in equipment.stories}
    deeds = [deeds_of(by_name[camera.clip]) for camera in cameras]
    events, missed = event_latencies(lines, deeds, result, span_s)
    return WatchPart(
        cameras=count,
        events=tuple(events),
        missed=missed,
        looks=tuple(look_latencies(lines, result, span_s)),
        standing_s=tuple(standing_delays(lines, deeds, result, span_s)),
        window=window,
        behind_s=behind_s,
        breaks=sum(camera["breaks"] for camera in result["cameras"]),
    )


def page_part(equipment: Equipment, count: int, tiles: int, watch_s: float) -> PagePart:
    """Let somebody look at the wall of a service with so many cameras and return how late it was.

    Raises:
        NotPossibleError: there is no browser.
        SideFailedError: the program or the browser ended, hangs or shows nothing.
        FarmError: the farm did not start, or ended.
    """
    cameras = _phased(equipment, count, LEAST_PHASES_S + PERIOD_S)  # so that not all streets are busy at once
    with _running(equipment, "service", cameras) as (worker, farm):
        _wait_until_looking(worker)
        address = str(_answer(worker, "address")["address"])
        with opened_wall(address, tiles, (NAME, PASSWORD)) as wall:
            _wait_until(lambda: wall.shown() >= min(tiles, count), wall.wait)
            wall.wait(PAGE_SETTLES_S)
            wall.begin()
            window = measure({"side": worker.process, "server": farm.process}, watch_s, wait=wall.wait)
            noted = wall.noted()
        result = _answer(worker, "result")
        lines = _lines(cameras, farm, result)
        behind_s = _behind_s(farm)
    models_s = [{t_s: (began_s, ended_s) for t_s, began_s, ended_s in row["models_s"]} for row in result["cameras"]]
    shown = [shown_pictures(line, noted) for line in lines]
    looks = [looks_shown(*each) for each in zip(lines, [noted] * count, models_s, shown, strict=True)]
    pictures_s = [delay for line, seen in zip(lines, shown, strict=True) for delay in picture_delays(line, seen)]
    return _page_figures((count, tiles), lines, looks, (pictures_s, noted, window, behind_s))


def _page_figures(
    asked: tuple[int, int],
    lines: list[CameraLine],
    looks: list[list[LookShown]],
    seen: tuple[list[float], Noted, Window, float],
) -> PagePart:
    pictures_s, noted, window, behind_s = seen
    pairs = list(zip(lines, looks, strict=True))
    stages = [look_stages(line, mine) for line, mine in pairs]
    flat = [look for mine in looks for look in mine]
    return PagePart(
        cameras=asked[0],
        tiles=asked[1],
        pictures_s=tuple(pictures_s),
        arrived_s=tuple(s for line, mine in pairs for s in change_delays(line, mine, painted=False)),
        painted_s=tuple(s for line, mine in pairs for s in change_delays(line, mine, painted=True)),
        stages_s={name: [s for each in stages for s in each[name]] for name in stages[0]},
        looks=len(flat),
        late=sum(look.is_late for look in flat),
        unseen=sum(look.painted_s is None for look in flat),
        clock_error_s=noted.clock_error_s,
        window=window,
        behind_s=behind_s,
    )


def _phased(equipment: Equipment, count: int, watch_s: float) -> tuple[Camera, ...]:
    return plan_cameras(equipment.stories, count, max(watch_s, LEAST_PHASES_S + START_PER_CAMERA_S * count))


@contextmanager
def _running(equipment: Equipment, kind: str, cameras: tuple[Camera, ...]) -> Iterator[tuple[WorkerProcess, Farm]]:
    used = {camera.clip: equipment.units[camera.clip] for camera in cameras}
    with tempfile.TemporaryDirectory(prefix="latency-") as scratch, Farm(cameras, used, fps=CAMERA.fps) as farm:
        keep_off(farm.process)
        model = equipment.model
        task = Task(
            kind=kind,
            cameras=tuple(
                (f"camera-{number}", url, camera.clip, camera.first_unit)
                for number, (url, camera) in enumerate(zip(farm.urls, cameras, strict=True), start=1)
            ),
            fps=CAMERA.fps,
            pictures=round(PERIOD_S * CAMERA.fps),
            card=str(model.card.resolve()),
            weights_folder=str(model.weights_folder.resolve()) if model.weights_folder else "",
            engine=model.engine,
        )
        path = Path(scratch) / "task.json"
        path.write_text(json.dumps(asdict(task)), encoding="utf-8")
        with WorkerProcess("ours", held([sys.executable, "-m", "benchmarks.latency_worker", str(path)])) as worker:
            yield worker, farm


def _wait_until_looking(worker: WorkerProcess) -> None:
    end_s = time.monotonic() + LOOK_LIMIT_S
    while blind := _answer(worker, "state")["blind"]:
        if time.monotonic() > end_s:
            raise SideFailedError("ours", f"{blind} cameras were not looked at within {LOOK_LIMIT_S:.0f} s")
        threading.Event().wait(ASK_AGAIN_S)


def _wait_until(is_true: Any, wait: Any) -> None:
    end_s = time.monotonic() + PAGE_LIMIT_S
    while not is_true():
        if time.monotonic() > end_s:
            raise SideFailedError("browser", f"the wall does not show its cameras after {PAGE_LIMIT_S:.0f} s")
        wait(ASK_AGAIN_S)


def _answer(worker: WorkerProcess, order: str) -> dict[str, Any]:
    answer = worker.ask(order)
    if problem := answer["problem"]:
        raise SideFailedError("ours", str(problem))
    return answer


def _lines(cameras: tuple[Camera, ...], farm: Farm, result: Mapping[str, Any]) -> list[CameraLine]:
    lines = []
    for number, (camera, began_s, row) in enumerate(zip(cameras, farm.began_s(), result["cameras"], strict=True), 1):
        if began_s is None or row["offset_s"] is None:
            raise SideFailedError("ours", f"camera-{number} was never played or looked at")
        clip = ClipClock(CAMERA.fps, round(PERIOD_S * CAMERA.fps), camera.first_unit)
        lines.append(CameraLine(f"camera-{number}", clip, began_s, row["offset_s"], row["reads_s"]))
    return lines


def _behind_s(farm: Farm) -> float:
    return max(farm.behind_s(), default=0.0)
