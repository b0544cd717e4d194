"""Measures how soon a bad view is told and how often a good one is called bad, on real clips with faults made in them.

    python -m benchmarks.views --json benchmarks/results/views.json

The clips of the real material play in a loop, each picture with fresh sensor noise, by day and with a third of the
contrast as by night, looked at 0.125 (a camera at rest), 0.25, 1 and 4 times a second without any model (so that no
traffic is left out). After two minutes the view goes bad in each way of `tests.vision.faults`; the time to the flag
counts from just after a look. What is no fault (dusk, lamps, exposure steps, shaking, a lorry) runs for the given time
and must not be flagged.
"""

import itertools
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated

import typer
from pydantic import JsonValue
from rich.console import Console
from rich.table import Table

from benchmarks.report import Beginning, Report, at_most, spread, write_report
from tests.vision.cameras import MATERIAL, Sensor, clip, flags, look, seconds_to_flag
from tests.vision.faults import CLIPS, DARK_BY_NIGHT, FAULTS, MILD, NOTHING, Fault, night
from vision.arrays import Picture
from vision.observations import ViewState
from vision.view_state import ViewJudge

NOISE = 1.0
LEARN_S = 120.0
LIMIT_S = 60.0
SOURCE_FPS = 25.0

app = typer.Typer(add_completion=False)


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be run: clips by path, looks a second, and how long what is no fault goes on."""

    clips: tuple[str, ...] = CLIPS
    rates_hz: tuple[float, ...] = (0.125, 0.25, 1.0, 4.0)
    quiet_s: float = 3600.0
    quiet_hz: tuple[float, ...] = (0.125, 0.25)


QUICK = Plan(clips=CLIPS[2:4], rates_hz=(0.125, 0.25, 1.0), quiet_s=600.0, quiet_hz=(0.125,))


def run(plan: Plan, say: Console) -> Report:
    """Run all and return the result."""
    began = Beginning()
    told: list[dict[str, JsonValue]] = []
    quiet: list[dict[str, JsonValue]] = []
    for name in plan.clips:
        pictures = list(clip(name))
        for light, hz in itertools.product(("day", "night"), plan.rates_hz):
            say.print(f"{Path(name).stem}, {light}, {hz:g} looks a second")
            shown = [night(picture) for picture in pictures] if light == "night" else pictures
            scene: dict[str, JsonValue] = {"clip": Path(name).stem, "light": light, "hz": hz}
            told += [scene | row for row in _faults(shown, hz)]
            if hz in plan.quiet_hz:
                quiet += [scene | row for row in _quiet(shown, hz, plan.quiet_s, is_night=light == "night")]
    promised = {fault.name for fault in FAULTS}
    slowest = max(float(str(row["seconds"])) for row in told if row["fault"] in promised)
    hours = len(quiet) * plan.quiet_s / 3600
    false_flags = sum(int(str(row["flags"])) for row in quiet)
    return Report(
        name="views",
        settings={**asdict(plan), "clips": [Path(name).stem for name in plan.clips], "noise_sigma": NOISE},
        definitions={
            "seconds": f"from the fault to its flag at the latest; {LIMIT_S:g} where it was not flagged",
            "flags": "changes into a state that is neither clear nor being checked, while nothing was wrong; what "
            "takes the last light from a night is dark, and may be called so",
            "unsure_ratio": "share of the looks at which the view was being checked while nothing was wrong",
        },
        samples=[*told, *quiet],
        summary={
            "seconds_to_flag": {fault.name: _times(told, fault) for fault in (*FAULTS, *MILD)},
            "false_flags": false_flags,
            "hours": hours,
        },
        goals=[
            at_most("seconds until a promised fault is flagged, longest", 30.0, slowest),
            at_most("share of promised faults not flagged within 30 s", 0.0, _late_ratio(told, promised)),
            at_most("false flags an hour", 0.0, false_flags / hours),
        ],
        notes=["frozen pictures are measured in tests/vision/test_freezing.py, where an encoder is part of the fault"],
        began=began,
    )


def _faults(pictures: list[Picture], hz: float) -> Iterator[dict[str, JsonValue]]:
    sensor, learned = Sensor(NOISE), ViewJudge()
    for picture in itertools.islice(_looped(pictures, hz), max(12, round(LEARN_S * hz))):
        look(learned, sensor(picture), 1 / hz)
    kept = learned.checkpoint()
    for fault in (*FAULTS, *MILD):
        judge = ViewJudge()
        judge.restore(kept)
        bad = (sensor(fault.change(picture)) for picture in _looped(pictures, hz))
        seconds, state = seconds_to_flag(judge, bad, hz, LIMIT_S)
        yield {"fault": fault.name, "seconds": seconds, "told_as": state.value, "is_right": state in fault.told_as}


def _quiet(pictures: list[Picture], hz: float, seconds: float, *, is_night: bool) -> Iterator[dict[str, JsonValue]]:
    for name, change in NOTHING.items():
        sensor, judge = Sensor(NOISE), ViewJudge()
        looks = enumerate(itertools.islice(_looped(pictures, hz), round(seconds * hz)))
        seen = [look(judge, sensor(change(picture, number / hz)), 1 / hz) for number, picture in looks]
        unsure = sum(state.value == "unsure" for state in seen) / len(seen)
        right = [ViewState.DARK] if is_night and name in DARK_BY_NIGHT else []
        yield {"no_fault": name, "flags": flags(seen, right=right), "unsure_ratio": round(unsure, 4)}


def _looped(pictures: list[Picture], hz: float) -> Iterator[Picture]:
    step = max(1, round(SOURCE_FPS / hz))
    step += 7 * (step % len(pictures) == 0)  # a loop as long as the time between looks would show one picture only
    return (pictures[number * step % len(pictures)] for number in itertools.count())


def _times(told: list[dict[str, JsonValue]], fault: Fault) -> dict[str, JsonValue]:
    rows = [row for row in told if row["fault"] == fault.name]
    found = [float(str(row["seconds"])) for row in rows if float(str(row["seconds"])) < LIMIT_S]
    counts: dict[str, JsonValue] = {"of": len(rows), "flagged": len(found)}
    return counts | (asdict(spread(found)) if found else {})


def _late_ratio(told: list[dict[str, JsonValue]], promised: set[str]) -> float:
    rows = [float(str(row["seconds"])) for row in told if row["fault"] in promised]
    return sum(seconds > 30 for seconds in rows) / len(rows)


@app.command()
def main(
    json: Annotated[Path | None, typer.Option("--json", help="where to write the result")] = None,
    clips: Annotated[int, typer.Option(help="how many of the clips, from the first")] = len(CLIPS),
    quick: Annotated[bool, typer.Option("--quick", help="two clips and ten minutes")] = False,
) -> None:
    """Measure times to flag and false flags of the view."""
    if not MATERIAL.exists():
        Console(stderr=True).print(f"[red]no real clips: {MATERIAL} is missing[/]")
        raise typer.Exit(1)
    report = run(QUICK if quick else Plan(clips=CLIPS[:clips]), Console(stderr=True))
    table = Table("fault", "flagged", "median s", "longest s")
    assert isinstance(report.summary, dict)
    times = report.summary["seconds_to_flag"]
    assert isinstance(times, dict)
    for name, row in times.items():
        assert isinstance(row, dict)
        table.add_row(name, f"{row['flagged']}/{row['of']}", str(row.get("median", "–")), str(row.get("maximum", "–")))
    Console().print(table)
    for goal in report.goals:
        Console().print(goal.told, highlight=False)
    if json:
        write_report(json, report)


if __name__ == "__main__":
    sys.exit(app())
