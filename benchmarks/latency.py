"""Measures how late events and boxes are after the camera's picture has changed, by a clock drawn into the picture.

    python -m benchmarks.latency --json benchmarks/results/latency.json --plot benchmarks/results/latency.png

*Event*: cameras of `benchmarks.capacity` (1080p25, 4 Mbit/s, a key frame every 2 s, GStreamer's server) are watched;
each scripted violation passes its limit at a known moment, and the event leaves the pipeline at another. *Wall*: the
whole service runs with as many cameras, and Chromium shows the first of them; the strip in the picture on the screen
tells which picture that is, and so how late it is and the boxes that are drawn over it.
"""

import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated

import typer
from pydantic import JsonValue
from rich.console import Console

from benchmarks.capacity_clips import CAMERA, cache_folder, kept_units
from benchmarks.capacity_streets import LIMITS_S, PERIOD_S, STORIES
from benchmarks.errors import BenchmarkError
from benchmarks.latency_figures import Measured, make_report, table_of
from benchmarks.latency_page import LAYOUTS, require_chromium
from benchmarks.latency_plot import draw_plot
from benchmarks.latency_run import Equipment, page_part, watch_part
from benchmarks.report import write_report
from benchmarks.telling import telling
from benchmarks.throughput import ModelChoice, choose_model
from models.errors import ModelError
from models.shelf import bundled_card

NOTES = (
    "Cameras, program and browser share the machine's cores; the browser of a real wall runs elsewhere. The wall shows "
    "one camera unless told otherwise, because Chromium decodes and paints without a GPU here.",
    "A viewer raises a camera to four looks a second, so the look interval of the wall is 0.25 s.",
)


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be run.

    Attributes:
        cameras: numbers of cameras; the largest one counts for the goals, and for the wall.
        watch_s: judged seconds of the largest number.
        other_watch_s: of the others.
        page_s: judged seconds of the wall; 0 for none.
        tiles: cameras that the wall shows.
    """

    cameras: tuple[int, ...] = (1, 20)
    watch_s: float = 240.0
    other_watch_s: float = 77.0
    page_s: float = 45.0
    tiles: int = 1


QUICK = Plan(cameras=(2,), watch_s=77.0, page_s=8.0)
"""Two cameras with a violation each: under two minutes once the clips are drawn; for a first look only."""

app = typer.Typer(add_completion=False)


@app.command()
def main(
    cameras: Annotated[str, typer.Option(help="numbers of cameras, as 1,20; the largest counts")] = "",
    seconds: Annotated[float | None, typer.Option(min=1, help="judged seconds at the largest number")] = None,
    tiles: Annotated[int | None, typer.Option(help="cameras on the wall: 1, 4 or 9")] = None,
    page: Annotated[bool, typer.Option(help="whether Chromium shows the wall")] = True,
    model: Annotated[Path | None, typer.Option(help="model card; the bundled model by default")] = None,
    weights: Annotated[Path | None, typer.Option(help="folder of the card's weights")] = None,
    engine: Annotated[str, typer.Option(help="auto, or the engine")] = "auto",
    clips: Annotated[Path | None, typer.Option(help="where drawn clips are kept; the user's cache by default")] = None,
    json: Annotated[Path | None, typer.Option("--json", help="where to write the result, after each part anew")] = None,
    plot: Annotated[Path | None, typer.Option(help="where to draw it (PNG)")] = None,
    quick: Annotated[
        bool, typer.Option("--quick", help="two cameras, a violation each, a short look at the wall")
    ] = False,
) -> None:
    """Measure how late events and boxes are after the camera's picture has changed."""
    base = QUICK if quick else Plan()
    try:
        plan = replace(
            base,
            cameras=tuple(sorted({int(part) for part in cameras.split(",")})) if cameras else base.cameras,
            watch_s=seconds or base.watch_s,
            tiles=tiles or base.tiles,
            page_s=base.page_s if page else 0.0,
        )
        _check(plan)
        with telling("preparing") as tell:
            equipment = _prepared(plan, clips or cache_folder(), (model, weights, engine), tell)
            measured = Measured(_settings(plan, equipment.model), list(NOTES))
            _run(plan, equipment, measured, (tell, lambda: _keep(json, measured)))
    except (BenchmarkError, ModelError, ValueError, OSError) as err:
        Console(stderr=True).print(f"[red]{err}[/]", highlight=False)
        raise typer.Exit(1) from None
    report = make_report(measured)
    Console().print(table_of(report))
    for goal in report.goals:
        Console().print(goal.told, highlight=False)
    if plot:
        draw_plot(plot, measured)


def _check(plan: Plan) -> None:
    if not plan.cameras or plan.cameras[0] < 1:
        raise ValueError(f"numbers of cameras are at least 1, not {plan.cameras}")
    if plan.tiles not in LAYOUTS:
        raise ValueError(f"the wall shows 1, 4 or 9 cameras, not {plan.tiles}")
    if plan.page_s:
        require_chromium()


def _run(
    plan: Plan,
    equipment: Equipment,
    measured: Measured,
    said: tuple[Callable[[str], None], Callable[[], None]],
) -> None:
    tell, keep = said
    largest = max(plan.cameras)
    for count in plan.cameras:
        tell(f"watching {count} cameras")
        watch_s = plan.watch_s if count == largest else plan.other_watch_s
        measured.watched.append(watch_part(equipment, count, watch_s))
        keep()
    if plan.page_s:
        tell(f"the wall of {largest} cameras")
        measured.page = page_part(equipment, largest, plan.tiles, plan.page_s)
        keep()


def _prepared(
    plan: Plan, folder: Path, model: tuple[Path | None, Path | None, str], tell: Callable[[str], None]
) -> Equipment:
    """Draw what is not drawn yet and choose the engine."""
    card, weights, engine = model
    told = STORIES[: max(plan.cameras)]
    units = kept_units(told, folder, tell)
    tell("choosing the engine")
    return Equipment(told, units, choose_model(card or bundled_card(), weights, engine))


def _settings(plan: Plan, model: ModelChoice) -> dict[str, JsonValue]:
    return {
        "cameras": list(plan.cameras),
        "watch_s": plan.watch_s,
        "other_watch_s": plan.other_watch_s,
        "page_s": plan.page_s,
        "tiles": plan.tiles,
        "limits_s": dict(LIMITS_S),
        "period_s": PERIOD_S,
        "stream": f"H.264 {CAMERA.size_wh[0]}x{CAMERA.size_wh[1]} over RTSP/TCP, GStreamer",
        "fps": CAMERA.fps,
        "key_interval_s": CAMERA.key_interval_s,
        "bit_rate": CAMERA.bit_rate,
        "model": model.shown,
    }


def _keep(path: Path | None, measured: Measured) -> None:
    if path:
        write_report(path, make_report(measured))


if __name__ == "__main__":
    sys.exit(app())
