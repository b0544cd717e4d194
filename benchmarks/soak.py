"""Measures what a process leaves behind when cameras come and go, and how its memory grows over hours.

    python -m benchmarks.soak --json benchmarks/results/soak.json --plot benchmarks/results/soak.png

*Churn*: 16 cameras of a real RTSP server are added, go live and are removed, 50 times; then threads, file descriptors
and children are counted. *Hours*: RTSP cameras run through hours of stream time on a clock that is many times faster
(`soak_street`), people watch, take stills and cut clips meanwhile; the growth of memory after the first hour is the
slope of a straight line through the samples, scaled to 100 cameras. After that, memory is traced for half an hour
more, and the lines of code where it grew are named.
"""

import itertools
import logging
import statistics
import sys
import tempfile
import threading
import time
import tracemalloc
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Annotated

import psutil
import typer
from pydantic import JsonValue
from rich.console import Console
from rich.table import Table

from benchmarks.camera_clip import ClipSettings, write_camera_clip
from benchmarks.errors import BenchmarkError, NotPossibleError, SideFailedError
from benchmarks.plotting import keep, new_figure
from benchmarks.report import Beginning, Goal, Report, at_most, write_report
from benchmarks.soak_street import FastClock, Progress, in_use_mb, rss_mb, street, use_as_people_do
from streams.opening import Openers
from streams.pool import CameraPool
from tests.rtsp.clips import Pattern, encode_clip
from tests.rtsp.server import Mount, RtspServer, missing_reason

PATIENCE_S = 60.0
CLIP_S = 60.0
SAMPLES_PER_HOUR = 20
TRACED_HOURS = 0.5
TRACE_SETTLES_HOURS = 0.1
WARM_CYCLES = 2
"""Cycles before anything is counted: libraries load and caches fill."""

app = typer.Typer(add_completion=False)


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be run.

    Attributes:
        churn_cycles: how often the cameras come and go.
        churn_cameras: so many each time.
        cameras: of the hours.
        fps: frames a second of each.
        speed: how many times faster than real time.
        hours: of stream time; the first one is not counted.
    """

    churn_cycles: int = 50
    churn_cameras: int = 16
    cameras: int = 10
    fps: int = 12
    speed: float = 8.0
    hours: float = 4.0


QUICK = Plan(churn_cycles=4, churn_cameras=6, cameras=2, speed=40.0, hours=1.25)
"""About four minutes; a quarter of an hour is too short for a slope worth believing."""


@dataclass(frozen=True, slots=True)
class Left:
    """Threads, file descriptors, children and memory at a moment."""

    threads: int
    descriptors: int
    children: int
    rss_mb: float


@dataclass(frozen=True, slots=True)
class Churn:
    """What was there before and after cameras came and went, and the memory after each cycle."""

    before: Left
    after: Left
    rss_mb: list[float]


@dataclass(frozen=True, slots=True)
class Hours:
    """Memory over stream time.

    Attributes:
        samples: hours and MB.
        mb_per_hour: slope after the first hour, all cameras together.
        in_use_mb_per_hour: the same of what the C library has handed out; what lies free in between is left out.
        looks: frames that were judged.
        events: events that rules raised.
        packets: read by all cameras.
        times_real_time: stream time that was read, by the time it took; the speed where the machine could follow.
        reconnects: of all cameras; a fast camera that the machine cannot follow breaks off.
        grown_kb: where memory grew most in the part that was traced, by line, in kB an hour.
    """

    samples: list[tuple[float, float]]
    mb_per_hour: float
    in_use_mb_per_hour: float
    looks: int
    events: int
    packets: int
    times_real_time: float
    reconnects: int
    grown_kb: dict[str, float]


def run(plan: Plan, say: Progress) -> Report:
    """Run both parts and return the result.

    Raises:
        NotPossibleError: this machine has no GStreamer RTSP server.
        SideFailedError: cameras did not come up.
    """
    if reason := missing_reason():
        raise NotPossibleError(reason)
    began = Beginning()
    with tempfile.TemporaryDirectory(prefix="soak-") as scratch:
        say(f"churn: {plan.churn_cycles} times {plan.churn_cameras} cameras")
        churn = measure_churn(encode_clip(Path(scratch) / "churn.mp4", Pattern(seconds=2, gop=12)), plan)
        say(f"hours: {plan.hours:g} h of {plan.cameras} cameras, {plan.speed:g} times as fast")
        seen = ClipSettings(size_wh=(320, 240), fps=plan.fps, seconds=CLIP_S, bit_rate=200_000)
        hours = measure_hours(write_camera_clip(Path(scratch) / "hours.mp4", seen, None), plan, say)
    return Report(
        name="soak",
        settings=asdict(plan),
        definitions={
            "left": "more threads, descriptors and children after the last cycle than after the second one",
            "mb_per_hour": "slope of resident memory over stream time after the first hour, all cameras together",
        },
        samples=[{"hours": round(at, 3), "rss_mb": round(mb, 2)} for at, mb in hours.samples],
        summary={"churn": asdict(churn), "hours": {**asdict(hours), "samples": None}},
        goals=goals(plan, churn, hours),
        notes=[
            "hours of stream time on a fast clock; what leaks per hour of real time without packets is not seen",
            "a machine that cannot follow the fast clock reads less; packets and times_real_time say how much",
        ],
        began=began,
    )


def goals(plan: Plan, churn: Churn, hours: Hours) -> list[Goal]:
    """Return what was wanted and what was reached."""
    before, after = churn.before, churn.after
    return [
        at_most("threads left behind", 0, after.threads - before.threads),
        at_most("file descriptors left behind", 0, after.descriptors - before.descriptors),
        at_most("children left behind", 0, after.children - before.children),
        at_most("MB an hour and 100 cameras", 1.0, hours.mb_per_hour * 100 / plan.cameras),
    ]


def measure_churn(clip: Path, plan: Plan) -> Churn:
    """Add and remove cameras again and again."""
    paths = [f"/camera-{number}" for number in range(plan.churn_cameras)]
    pool = CameraPool(Openers(), lambda _frame: None)
    rss: list[float] = []
    before: Left | None = None
    with RtspServer([Mount(path, clip) for path in paths]) as server:
        for cycle in range(WARM_CYCLES + plan.churn_cycles):
            for path in paths:
                pool.add(path, server.url(path))
            _wait_until_live(pool)
            for path in paths:
                pool.reader(path).ask_to_stop()
            for path in paths:
                pool.remove(path)
            rss.append(round(rss_mb(), 2))
            if cycle == WARM_CYCLES - 1:
                before = _left()
        after = _left()
    assert before is not None
    return Churn(before, after, rss)


def measure_hours(clip: Path, plan: Plan, say: Progress) -> Hours:
    """Run cameras through hours and sample memory."""
    samples: list[tuple[float, float]] = []
    in_use: list[tuple[float, float]] = []
    with street(clip, plan.cameras, plan.speed) as (pool, watcher, clock):
        began_s = time.monotonic()
        for number, at in enumerate(_every_hours(clock, plan.hours, plan.speed)):
            use_as_people_do(pool, number)
            samples.append((at, rss_mb()))
            in_use.append((at, in_use_mb()))
            if number % SAMPLES_PER_HOUR == SAMPLES_PER_HOUR - 1:
                say(f"  {at:.1f} h: {samples[-1][1]:.1f} MB, {watcher.looks} looks, {watcher.events} events")
        health, took_s = pool.health(), time.monotonic() - began_s
        packets = sum(camera.packets for camera in health)
        grown_kb = _traced(pool, clock, plan)
    tracemalloc.stop()
    return Hours(
        samples=samples,
        mb_per_hour=slope(samples),
        in_use_mb_per_hour=slope(in_use),
        looks=watcher.looks,
        events=watcher.events,
        packets=packets,
        times_real_time=round(packets / (plan.cameras * plan.fps) / took_s, 2),
        reconnects=sum(camera.reconnects for camera in health),
        grown_kb=grown_kb,
    )


def _every_hours(clock: FastClock, hours: float, speed: float) -> Iterator[float]:
    """Yield the hours of the clock at each sample, from now on for so many hours."""
    began_s, pause = clock.monotonic(), threading.Event()
    for number in itertools.count(1):
        due_s = began_s + number * 3600 / SAMPLES_PER_HOUR
        pause.wait(max(0.0, due_s - clock.monotonic()) / speed)
        if clock.monotonic() - began_s > hours * 3600:
            return
        yield clock.monotonic() / 3600


def _traced(pool: CameraPool, clock: FastClock, plan: Plan) -> dict[str, float]:
    """Return where memory grew, by line, in kB an hour; tracing goes on.

    It may be stopped only when no other thread allocates: Python frees what a thread inside an allocation still uses,
    and the process dies of it.
    """
    hours = min(TRACED_HOURS, plan.hours)
    tracemalloc.start()
    for number, _ in enumerate(_every_hours(clock, TRACE_SETTLES_HOURS, plan.speed)):
        use_as_people_do(pool, number)
    before = tracemalloc.take_snapshot()
    for number, _ in enumerate(_every_hours(clock, hours, plan.speed)):
        use_as_people_do(pool, number)
    after = tracemalloc.take_snapshot()
    grown = [each for each in after.compare_to(before, "lineno") if "tracemalloc" not in str(each.traceback)]
    named = {
        f"{Path(each.traceback[0].filename).name}:{each.traceback[0].lineno}": each.size_diff for each in grown[:12]
    }
    return {name: round(size / 1024 / hours, 1) for name, size in named.items()}


def slope(samples: list[tuple[float, float]]) -> float:
    """Return MB an hour after the first hour, by least squares."""
    later = [(at, mb) for at, mb in samples if at >= 1.0]
    if len(later) < 2:
        raise SideFailedError("hours", "fewer than two samples after the first hour; run longer")
    return statistics.linear_regression([at for at, _ in later], [mb for _, mb in later]).slope


def _wait_until_live(pool: CameraPool) -> None:
    pause = threading.Event()
    for _ in range(round(PATIENCE_S / 0.05)):
        if all(camera.state == "live" for camera in pool.health()):
            return
        pause.wait(0.05)
    away = [f"{camera.camera_id}: {camera.problem}" for camera in pool.health() if camera.state != "live"]
    raise SideFailedError("churn", "; ".join(away))


def _left() -> Left:
    process = psutil.Process()
    return Left(threading.active_count(), process.num_fds(), len(process.children(recursive=True)), rss_mb())


@app.command()
def main(
    json: Annotated[Path | None, typer.Option("--json", help="where to write the result")] = None,
    plot: Annotated[Path | None, typer.Option(help="where to draw it (PNG)")] = None,
    hours: Annotated[float | None, typer.Option(help="hours of stream time")] = None,
    cameras: Annotated[int | None, typer.Option(help="cameras that run through the hours")] = None,
    speed: Annotated[float | None, typer.Option(help="so many times faster than real time; 1 for real time")] = None,
    quick: Annotated[bool, typer.Option("--quick", help="few cycles and little more than an hour")] = False,
) -> None:
    """Measure what is left behind and how memory grows."""
    logging.basicConfig(level=logging.ERROR)
    base = QUICK if quick else Plan()
    plan = replace(base, hours=hours or base.hours, cameras=cameras or base.cameras, speed=speed or base.speed)
    console = Console(stderr=True)
    try:
        report = run(plan, lambda text: console.print(text, highlight=False))
        if plot:
            _draw(plot, report)
    except BenchmarkError as err:
        console.print(f"[red]{err}[/]", highlight=False)
        raise typer.Exit(1) from None
    table = Table("what", "goal", "value", "met")
    for goal in report.goals:
        table.add_row(goal.name, goal.goal, f"{goal.value:.2f}", "yes" if goal.met else "NO")
    Console().print(table)
    if json:
        write_report(json, report)


def _draw(path: Path, report: Report) -> None:
    figure = new_figure(7, 4)
    axes = figure.subplots()
    rows: list[dict[str, JsonValue]] = [dict(sample) for sample in report.samples]
    axes.plot([float(str(row["hours"])) for row in rows], [float(str(row["rss_mb"])) for row in rows], ".-")
    axes.set(xlabel="hours of stream time", ylabel="MB resident")
    axes.grid(alpha=0.3)
    keep(figure, path)


if __name__ == "__main__":
    sys.exit(app())
