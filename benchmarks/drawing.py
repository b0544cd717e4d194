"""Measures how fast streets are drawn, in each light, weather and camera, on one core at 720p.

    python -m benchmarks.drawing --json benchmarks/results/drawing.json

Each condition draws stretches of scenes as a drawn camera does, frame after frame 1/12 s apart into one canvas, with
OpenCV held to one thread. All conditions are gone through in every round, so that a slow minute of the machine hits
all of them. A stretch is timed in processor time of the drawing thread, so that other work on the machine does not
count; painting the still street before the first frame is told apart. Encoding is not included.
"""

import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Annotated

import cv2
import numpy as np
import typer
from pydantic import JsonValue
from rich.console import Console
from rich.table import Table

from benchmarks.drawing_sheet import draw_sheet
from benchmarks.report import Beginning, Report, Spread, at_least, spread, write_report
from benchmarks.telling import telling
from datasets.camera_faults import CameraFaults, camera_named
from datasets.demo_scenes import demo_script
from datasets.scenario import Script
from datasets.scenario_file import bundled_scenarios, load_scenario, scenario_path
from datasets.scene import StreetScene
from datasets.weather import weather_named
from vision.arrays import SizeWH

FPS = 12.0

app = typer.Typer(add_completion=False)


@dataclass(frozen=True, slots=True)
class Condition:
    """What is drawn: names of light, weather and camera."""

    light: str = "day"
    weather: str = "clear"
    camera: str = "plain"

    @property
    def name(self) -> str:
        """The three names in one."""
        return f"{self.light}, {self.weather}, {self.camera}"


PLAIN = Condition()
HEAVIEST = Condition("headlights", "downpour", "worst")
CONDITIONS = (
    PLAIN,
    Condition("night"),
    Condition("headlights"),
    Condition("day", "windy"),
    Condition("day", "fog"),
    Condition("overcast", "wet"),
    Condition("overcast", "downpour"),
    Condition("day", "clear", "shaking"),
    Condition("day", "clear", "old"),
    Condition("day", "clear", "dirty"),
    Condition("headlights", "rain", "drops"),
    Condition("day", "clear", "turning"),
    HEAVIEST,
)

DEFINITIONS = {
    "fps": "frames drawn per second of processor time of the one drawing thread, over a stretch of a scene",
    "paint_s": "processor seconds from script to the first picture: the still street and its weather",
    "slowest_frame_ms": "processor time of the slowest frame of a stretch",
}


SCENES = (("parking", 1), ("vending", 1), ("flyers", 1), ("quiet", 1), ("jam-at-light", 4), ("market-permitted", 6))
"""Demonstration scenes by their seeds; of the bundled scenarios a queue of cars and a market, by their looks."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be run.

    Attributes:
        scenes: names of demonstration scenes and bundled scenarios, and the seed of each.
        rounds: how often all conditions are gone through; each round draws another stretch.
        frames: drawn in a stretch.
        size_wh: of the pictures.
        conditions: what is drawn; `PLAIN` and `HEAVIEST` among it.
    """

    scenes: tuple[tuple[str, int], ...] = SCENES
    rounds: int = 2
    frames: int = 36
    size_wh: SizeWH = (1280, 720)
    conditions: tuple[Condition, ...] = CONDITIONS


QUICK = Plan(scenes=(("parking", 1),), rounds=1, frames=6)


def run(plan: Plan, tell: Callable[[str], None]) -> Report:
    """Draw all and return the result."""
    began = Beginning()
    threads = cv2.getNumThreads()
    cv2.setNumThreads(1)
    try:
        samples = []
        for number in range(plan.rounds):
            for condition in plan.conditions:
                tell(f"round {number + 1}: {condition.name}")
                samples += [_stretch(place, condition, number, plan) for place in plan.scenes]
    finally:
        cv2.setNumThreads(threads)
    rates = {condition.name: _spread(samples, condition, "fps") for condition in plan.conditions}
    return Report(
        name="drawing",
        settings={"rounds": plan.rounds, "frames": plan.frames, "size_wh": list(plan.size_wh)},
        definitions=DEFINITIONS,
        samples=samples,
        summary={
            "fps": {name: asdict(rate) for name, rate in rates.items()},
            "paint_s": {c.name: asdict(_spread(samples, c, "paint_s")) for c in plan.conditions},
        },
        goals=(
            at_least("plain day: frames a second, median", 25, round(rates[PLAIN.name].median, 1)),
            at_least("heaviest: frames a second, median", 12, round(rates[HEAVIEST.name].median, 1)),
            at_least("slowest condition: frames a second, median", 12, round(min(r.median for r in rates.values()), 1)),
        ),
        notes=("OpenCV with one thread; encoding is not included",),
        began=began,
    )


def _stretch(place: tuple[str, int], condition: Condition, number: int, plan: Plan) -> dict[str, JsonValue]:
    """Draw one stretch of one scene and return its figures."""
    name, seed = place
    weather, faults = weather_named(condition.weather), camera_named(condition.camera)
    canvas = np.empty((plan.size_wh[1], plan.size_wh[0], 3), np.uint8)
    start_s = stretch_start_s(faults, number)
    began = time.thread_time()
    scene = StreetScene(replace(_script(name, seed), weather=weather, faults=faults), plan.size_wh, condition.light)
    scene.picture(start_s, canvas)
    paint_s = time.thread_time() - began
    frame_s = []
    for i in range(1, plan.frames + 1):
        before = time.thread_time()
        scene.picture(start_s + i / FPS, canvas)
        frame_s.append(time.thread_time() - before)
    return {
        "round": number,
        "condition": condition.name,
        "scene": name,
        "fps": round(plan.frames / sum(frame_s), 2),
        "paint_s": round(paint_s, 3),
        "slowest_frame_ms": round(1000 * max(frame_s), 2),
    }


def stretch_start_s(faults: CameraFaults, number: int) -> float:
    """Return the scene time at which a stretch begins; a camera that turns is drawn while it does, out or back."""
    if not faults.moves:
        return 15.0 + 31.0 * number
    move = faults.moves[0]
    return (move.back_s - move.takes_s if number % 2 else move.leaves_s) - BEFORE_MOVE_S


BEFORE_MOVE_S = 1.0
"""Of the seconds of a stretch so many are before the move, so that standing, turning and having turned are in it."""


def _script(name: str, seed: int) -> Script:
    if name in bundled_scenarios():
        return load_scenario(scenario_path(name), seed).script
    return demo_script(name, seed)


def _spread(samples: list[dict[str, JsonValue]], condition: Condition, figure: str) -> Spread:
    return spread([float(str(row[figure])) for row in samples if row["condition"] == condition.name])


@app.command()
def main(
    json: Annotated[Path | None, typer.Option("--json", help="where to write the result")] = None,
    quick: Annotated[bool, typer.Option("--quick", help="one scene, a few frames")] = False,
    sheet: Annotated[Path | None, typer.Option(help="draw a sheet of pictures (PNG) instead of measuring")] = None,
) -> None:
    """Measure how many frames a second one core draws in each condition."""
    if sheet:
        draw_sheet(sheet)
        return
    with telling("drawing") as tell:
        report = run(QUICK if quick else Plan(), tell)
    table = Table("light, weather, camera", "fps median", "least", "most", "still street s")
    assert isinstance(report.summary, dict)
    rates, paints = report.summary["fps"], report.summary["paint_s"]
    assert isinstance(rates, dict)
    assert isinstance(paints, dict)
    for name, rate in rates.items():
        paint = paints[name]
        assert isinstance(rate, dict)
        assert isinstance(paint, dict)
        fps = (f"{rate[key]:.1f}" for key in ("median", "minimum", "maximum"))
        table.add_row(name, *fps, f"{paint['median']:.2f}")
    Console().print(table)
    for goal in report.goals:
        Console().print(goal.told, highlight=False)
    if json:
        write_report(json, report)


if __name__ == "__main__":
    sys.exit(app())
