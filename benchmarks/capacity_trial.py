"""Makes one trial: a farm of so many cameras, one side alone in a fresh process, and what it found in some time.

A side is judged once it has watched for a while: on any day but its first a ring is full, and what the empty street
looks like is known. The side is held to two cores; the farm runs on the others where the machine has more, else it
shares them, and its processor time is counted apart. Phases of the cameras are such that every street's violation
begins soon after the judged stretch and its limit passes before it ends.
"""

import json
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

from benchmarks.capacity_clips import CAMERA
from benchmarks.capacity_scoring import LEAD_S, SLACK_S, Deed
from benchmarks.capacity_sides import (
    OWN_ENVIRONMENT,
    CameraState,
    CameraTask,
    Found,
    WatchTask,
    ZoneTask,
    task_to_json,
)
from benchmarks.capacity_streets import LIMITS_S, PERIOD_S, Story, script_of, spots_of, zones_of
from benchmarks.cores import held, keep_off
from benchmarks.errors import SideFailedError
from benchmarks.farm import GOLDEN, Camera, Farm
from benchmarks.measuring import Window, measure
from benchmarks.worker_process import WorkerProcess

LOOK_LIMIT_S = 120.0
"""A side that has not looked at every camera by then never will."""

LOOK_AGAIN_S = 0.25

START_S, START_PER_CAMERA_S = 12.0, 0.1
"""Seconds from a camera's PLAY until its side is ready at most: usually, and what each further camera adds."""


@dataclass(frozen=True, slots=True, eq=False)
class Equipment:
    """What all trials share.

    Attributes:
        stories: the streets, which cameras get in turn.
        units: access units of each street's clip for the farm, by the story's name.
        model: what a task says about the model, by the names of `WatchTask`.
        peers_python: interpreter of the peers' environment; empty where there is none.
        settle_s: seconds that a side watches before that.
        watch_s: length of the stretch that is judged.
        mtu: bytes of an RTP packet.
    """

    stories: tuple[Story, ...]
    units: Mapping[str, Path]
    model: Mapping[str, str | float | tuple[int, int]]
    peers_python: str
    settle_s: float
    watch_s: float
    mtu: int


@dataclass(frozen=True, slots=True, eq=False)
class Trial:
    """What came of a trial; states are at the begin and at the end of the judged stretch, camera by camera."""

    side: str
    stories: tuple[Story, ...]
    before: tuple[CameraState, ...]
    after: tuple[CameraState, ...]
    found: tuple[Found, ...]
    window: Window
    pss_bytes: int
    ready_s: float
    server_behind_s: float


def run_trial(equipment: Equipment, side: str, count: int, on_tick: Callable[[], None]) -> Trial:
    """Let a side watch so many cameras and return what came of it.

    Raises:
        SideFailedError: the side ended, hangs or never looked at a camera.
        FarmError: the farm did not start, or ended.
    """
    cameras = plan_cameras(equipment.stories, count, equipment.watch_s, equipment.settle_s)
    used = {camera.clip: equipment.units[camera.clip] for camera in cameras}
    with (
        tempfile.TemporaryDirectory(prefix="capacity-") as scratch,
        Farm(cameras, used, fps=CAMERA.fps, mtu=equipment.mtu) as farm,
    ):
        keep_off(farm.process)
        task = _task(equipment, side, cameras, (farm.urls, scratch))
        began_s = time.monotonic()
        with WorkerProcess(side, _command(equipment, side, task, Path(scratch))) as worker:
            _wait_until_looking(worker, on_tick)
            ready_s = time.monotonic() - began_s
            threading.Event().wait(equipment.settle_s)
            before, _ = _ask(worker)
            processes = {"side": worker.process, "server": farm.process}
            window = measure(processes, equipment.watch_s, on_tick=on_tick)
            after, found = _ask(worker)
            pss_bytes = _pss_bytes(worker.process)
            behind_s = max(farm.behind_s(), default=0.0)
    by_name = {told.name: told for told in equipment.stories}
    stories = tuple(by_name[camera.clip] for camera in cameras)
    return Trial(side, stories, before, after, found, window, pss_bytes, ready_s, behind_s)


def plan_cameras(stories: Sequence[Story], count: int, watch_s: float, settle_s: float = 0.0) -> tuple[Camera, ...]:
    """Return cameras that play the stories in turn, each so that its first violation falls into the judged stretch.

    Raises:
        ValueError: the stretch is too short for a violation with its limit.
    """
    soonest_s = START_S + START_PER_CAMERA_S * count + LEAD_S
    latest_s = watch_s - max(LIMITS_S.values()) - SLACK_S - CAMERA.key_interval_s
    if latest_s < soonest_s:
        least_s = watch_s + soonest_s - latest_s
        raise ValueError(f"{watch_s:g} s are too short for {count} cameras; {least_s:.0f} s hold a violation of each")
    key_every = round(CAMERA.key_interval_s * CAMERA.fps)
    pictures = round(PERIOD_S * CAMERA.fps)
    first_s = [min((offence.started_s for offence in script_of(told).offences), default=0.0) for told in stories]
    cameras = []
    for number in range(count):
        told, begins_s = stories[number % len(stories)], first_s[number % len(stories)]
        after_s = settle_s + soonest_s + (number * GOLDEN % 1) * (latest_s - soonest_s)
        first = round((begins_s - after_s) * CAMERA.fps) % pictures // key_every * key_every
        delay_s = (number * GOLDEN * GOLDEN % 1) * CAMERA.key_interval_s
        cameras.append(Camera(f"/camera-{number + 1}", told.name, first, round(delay_s, 3)))
    return tuple(cameras)


def deeds_of(told: Story) -> tuple[Deed, ...]:
    """Return the offences of a street with their places in the picture."""
    script = script_of(told)
    return tuple(Deed(offence, spot) for offence, spot in zip(script.offences, spots_of(script), strict=True))


def _task(equipment: Equipment, side: str, cameras: Sequence[Camera], place: tuple[Sequence[str], str]) -> WatchTask:
    urls, scratch = place
    zones = {told.name: _zone_tasks(told) for told in equipment.stories}
    return WatchTask(
        side=side,
        cameras=tuple(
            CameraTask(url, camera.clip, camera.first_unit, zones[camera.clip])
            for url, camera in zip(urls, cameras, strict=True)
        ),
        fps=CAMERA.fps,
        pictures=round(PERIOD_S * CAMERA.fps),
        size_wh=CAMERA.size_wh,
        cache_dir=scratch,
        **equipment.model,  # type: ignore[arg-type]
    )


def _zone_tasks(told: Story) -> tuple[ZoneTask, ...]:
    return tuple(ZoneTask(zone.rule.kind, zone.polygon, LIMITS_S[zone.rule.kind]) for zone in zones_of(told))


def _command(equipment: Equipment, side: str, task: WatchTask, scratch: Path) -> list[str]:
    path = scratch / "task.json"
    path.write_text(json.dumps(task_to_json(task)), encoding="utf-8")
    python = equipment.peers_python if side in OWN_ENVIRONMENT else sys.executable
    return held([python, "-m", "benchmarks.capacity_worker", str(path)])


def _wait_until_looking(worker: WorkerProcess, on_tick: Callable[[], None]) -> None:
    end_s = time.monotonic() + LOOK_LIMIT_S
    while True:
        states, _found = _ask(worker)
        blind = sum(state.moment_s is None for state in states)
        if not blind:
            return
        if time.monotonic() > end_s:
            problem = f"{blind} of {len(states)} cameras were not looked at within {LOOK_LIMIT_S:.0f} s"
            raise SideFailedError(worker.name, problem)
        on_tick()
        threading.Event().wait(LOOK_AGAIN_S)


def _ask(worker: WorkerProcess) -> tuple[tuple[CameraState, ...], tuple[Found, ...]]:
    answer = worker.ask("state")
    if problem := answer["problem"]:
        raise SideFailedError(worker.name, str(problem))
    cameras, found = answer["cameras"], answer["found"]
    assert isinstance(cameras, list), "a state per camera"
    assert isinstance(found, list), "what was found"
    boxed = (each | {"box": tuple(each["box"])} for each in found)
    return tuple(CameraState(**camera) for camera in cameras), tuple(Found(**each) for each in boxed)


def _pss_bytes(process: psutil.Process) -> int:
    """Proportional set size: shared pages count by the share that is this process's."""
    return int(process.memory_full_info().pss)
