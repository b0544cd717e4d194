"""Measures how many more small things a closer look at parts of a picture finds, and what it costs.

    python -m benchmarks.small_things --json benchmarks/results/small_things.json

Three ways to look (small_things_looks) at the same pictures (small_things_data): the whole frame at 640, the same with
one closer look at full resolution as the looking thread adds it, and everything at 1280. The ways are timed in turns,
and each round begins with another; ratios compare times of the same round. What each figure means is in
`small_things_figures.DEFINITIONS`.
"""

import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from benchmarks.errors import BenchmarkError, NotPossibleError
from benchmarks.report import CHECKOUT, Beginning, Report, write_report
from benchmarks.small_things_data import DRAWN, Marked, SmallSet, drawn, labelled, motorway, spread_over
from benchmarks.small_things_figures import DEFINITIONS, Count, Result, Timing, goals, summary
from benchmarks.small_things_looks import WAYS, Entrant, Looks, Plans, Way, in_turn
from benchmarks.telling import telling
from models.errors import ModelError
from models.shelf import bundled_card
from vision.detections import Detections

MATERIAL = CHECKOUT.parent / "shared" / "material"
REFERENCE = CHECKOUT / "tests" / "models" / "cards" / "yolov8n_int8.toml"
LABELLED = ("toll_road_cctv", "dhaka_street_view")

SURE_SCORE = 0.5
"""What a fine look finds with this score is taken for true where nobody marked anything."""

TIMED_WAYS: tuple[Way, ...] = ("whole", "closer", "fine")

app = typer.Typer(add_completion=False)


@dataclass(frozen=True, slots=True)
class Effort:
    """What is run.

    Attributes:
        streets: drawn streets.
        moments: pictures of each.
        pictures: real ones of a set, at most.
        rounds: how often each way is timed.
        timed: pictures in a round.
    """

    streets: int = 16
    moments: int = 3
    pictures: int = 100
    rounds: int = 9
    timed: int = 8


QUICK = Effort(streets=4, moments=2, pictures=12, rounds=5, timed=3)
"""A run of two minutes on a free machine; its figures are for a first look only."""


def judge(looks: Looks, data: SmallSet, plans: Plans) -> Result:
    """Look at every picture of a set in every way and count."""
    counts: dict[Way, Count] = {way: Count() for way in WAYS}
    for turn, picture in enumerate(data.pictures):
        found = {
            way: looks.look(way, picture.frame, in_turn(way, plans[picture.camera], turn), is_half=data.is_half)
            for way in WAYS
        }
        marks = _marks(picture, found["fine"])
        for way, seen in found.items():
            counts[way].add(seen, marks, picture.frame.size_wh, data)
    return Result(looks.name, data, counts, [len(sheets) for sheets in plans.values()])


def _marks(picture: Marked, fine: Detections) -> Detections:
    """Return what is marked, or what a fine look is sure of where nobody marked anything."""
    if picture.boxes is None or picture.class_ids is None:
        return fine[fine.scores >= SURE_SCORE]
    return Detections(picture.boxes, np.ones(len(picture.boxes), np.float32), picture.class_ids)


def time_ways(looks: Looks, data: SmallSet, plans: Plans, effort: Effort) -> list[Timing]:
    """Time the ways in turns, each round beginning with another, after one to warm up.

    Only on pictures in which something is small: elsewhere a closer look costs nothing, as there is none.
    """
    pictures = spread_over([picture for picture in data.pictures if plans[picture.camera]], effort.timed)
    if not pictures:
        raise NotPossibleError(f"{looks.name} plans no closer look on {data.name}; there is nothing to time")
    timings: list[Timing] = []
    for number in range(-1, effort.rounds):
        shift = number % len(TIMED_WAYS)
        for way in (*TIMED_WAYS[shift:], *TIMED_WAYS[:shift]):
            began_s, cpu_began_s = time.perf_counter(), time.process_time()
            for turn, picture in enumerate(pictures):
                looks.look(way, picture.frame, in_turn(way, plans[picture.camera], turn), is_half=data.is_half)
            wall_s, cpu_s = time.perf_counter() - began_s, time.process_time() - cpu_began_s
            each = 1000 / len(pictures)
            timings.append(Timing(looks.name, number, way, round(wall_s * each, 3), round(cpu_s * each, 3)))
    return [timing for timing in timings if timing.round >= 0]


def run(entrants: Sequence[Entrant], sets: Sequence[SmallSet], effort: Effort, tell: Callable[[str], None]) -> Report:
    """Judge and time every model, by sets that it was not trained on.

    Raises:
        ModelError: a model cannot be used.
    """
    began = Beginning()
    results: list[Result] = []
    timings: list[Timing] = []
    for entrant in entrants:
        with tempfile.TemporaryDirectory(prefix="small-things-") as scratch:
            tell(f"{entrant.card.stem}: choosing the engine")
            looks = Looks(entrant, Path(scratch))
            for data in sets:
                if data.name in entrant.trained_on:
                    continue
                tell(f"{looks.name} on {data.name}")
                plans = looks.plans(data)
                results.append(judge(looks, data, plans))
                if data.name == DRAWN:
                    tell(f"{looks.name}: timing")
                    timings += time_ways(looks, data, plans, effort)
            looks.close()
    return Report(
        name="small_things",
        settings={"pictures": {data.name: len(data.pictures) for data in sets}, **asdict(effort)},
        definitions=DEFINITIONS,
        samples=[*(row for result in results for row in result.to_json()), *(asdict(timing) for timing in timings)],
        summary=summary(results, timings),
        goals=goals(results, timings),
        notes=[
            *(f"{data.name}: {data.note}" for data in sets),
            "The zone is the whole picture; sizes by row are learned from whole looks of the same model, no marks.",
            "YOLOv8n has an input of 640x640 only: at 1280 it looks at four tiles.",
            f"The bundled model was trained on {' and '.join(LABELLED)}, and is not judged by them.",
        ],
        began=began,
    )


@app.command()
def main(
    material: Annotated[Path, typer.Option(help="folder of the real material")] = MATERIAL,
    json: Annotated[Path | None, typer.Option("--json", help="where to write the result")] = None,
    quick: Annotated[bool, typer.Option("--quick", help="a few pictures and rounds: two minutes")] = False,
    note: Annotated[str, typer.Option(help="what a reader must know of the machine")] = "",
) -> None:
    """Compare looks at whole pictures, with closer looks at parts, and at everything at 1280."""
    effort = QUICK if quick else Effort()
    entrants = [Entrant(bundled_card(), None, (640, 384), (1280, 736), trained_on=LABELLED)]
    try:
        with telling("drawing streets") as tell:
            sets = [drawn(effort.streets, effort.moments)]
            if (material / "weights").is_dir():
                sets += [motorway(material), *(labelled(material, name, effort.pictures) for name in LABELLED)]
                entrants.append(Entrant(REFERENCE, material / "weights", (640, 640), None))
            report = run(entrants, sets, effort, tell)
        if note:
            report = replace(report, notes=[*report.notes, note])
        _print(report)
        if json:
            write_report(json, report)
    except (BenchmarkError, ModelError, OSError) as err:
        Console(stderr=True).print(f"[red]{escape(str(err))}[/]", highlight=False)
        raise typer.Exit(1) from None


def _print(report: Report) -> None:
    table = Table("model", "data", "way", "marked", "found", "recall", "false a picture")
    for row in report.samples:
        if "data" in row:
            table.add_row(*(str(row[key]) for key in ("model", "data", "way", "marked", "found", "recall", "false")))
    Console().print(table)
    for goal in report.goals:
        Console().print(goal.told, highlight=False)


if __name__ == "__main__":
    sys.exit(app())
