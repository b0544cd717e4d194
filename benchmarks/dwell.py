"""Judges how well the time is told that a vehicle has stood, through all that goes wrong while a camera watches it.

    python -m benchmarks.dwell --json benchmarks/results/dwell.json

One hard stay of five minutes, and thousands by chance (`dwell_stays`), are watched by the code that the service runs,
from the camera's time line to the parking rule. Pictures are left out: boxes are given, with jitter and misses.
"""

import os
import sys
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from pydantic import JsonValue
from rich.console import Console
from rich.progress import Progress

from benchmarks.dwell_stays import HARD, Stay, Told, random_stay, told_of
from benchmarks.report import Beginning, Goal, Report, at_least, at_most, write_report

STAYS, QUICK_STAYS = 10_000, 60
WITHIN_S = 3.0
WORST = 40
"""So many stays that were told worst stand in the result, by their seeds."""

app = typer.Typer(add_completion=False)


@app.command()
def main(
    stays: Annotated[int, typer.Option(help="stays by chance", min=1)] = STAYS,
    first: Annotated[int, typer.Option(help="seed of the first", min=0)] = 0,
    workers: Annotated[int, typer.Option(help="processes", min=1)] = os.cpu_count() or 1,
    json: Annotated[Path | None, typer.Option("--json", help="where to write the result")] = None,
    quick: Annotated[bool, typer.Option("--quick", help=f"{QUICK_STAYS} stays: a minute")] = False,
) -> None:
    """Compare the dwell that is told with the true one."""
    began, seeds = Beginning(), range(first, first + (QUICK_STAYS if quick else stays))
    with Progress(console=Console(stderr=True)) as progress:
        report = make_report(told_of(HARD), run(seeds, workers, progress.track), seeds, began)
    Console().print(report.summary)
    for goal in report.goals:
        Console().print(goal.told, highlight=False)
    if json:
        write_report(json, report)


def run(seeds: Sequence[int], workers: int, track: Callable[..., Iterable[Told]]) -> list[Told]:
    """Return what was told of the stay of each seed."""
    with ProcessPoolExecutor(workers) as pool:
        return list(track(pool.map(_told_of_seed, seeds, chunksize=8), total=len(seeds)))


def make_report(hard: Told, told: Sequence[Told], seeds: Sequence[int], began: Beginning) -> Report:
    """Sum up."""
    errors = [_error(one) for one in told]
    worst = sorted(range(len(told)), key=lambda row: -errors[row])[:WORST]
    return Report(
        name="dwell",
        settings={"stays": len(seeds), "first_seed": seeds[0]},
        definitions={
            "dwell_error_s": "watched seconds that the vehicle was said to have stood, less the true ones",
            "began_error_s": "wall time at which it was said to have come to rest, less the true one",
            "events": "offences that were raised of the one vehicle",
        },
        samples=[_row("hard", hard), *(_row(seeds[row], told[row]) for row in worst)],
        summary=_summary(told, errors),
        goals=goals(hard, told),
        notes=(
            "A stay that was never told, or whose end was not, counts as infinitely wrong.",
            "Beginnings are dated by looks alone; the service also looks back into the packets.",
        ),
        began=began,
    )


def goals(hard: Told, told: Sequence[Told]) -> list[Goal]:
    """Return what was wanted and what was reached."""
    return [
        at_most("events of the hard stay", 1, hard.events),
        at_most("error of the hard stay, s", WITHIN_S, _finite(_error(hard))),
        at_most("error of the stays at p99, s", WITHIN_S, _finite(_percentile([_error(one) for one in told], 99))),
        at_least("share of the stays with one event", 0.99, sum(one.events == 1 for one in told) / len(told)),
    ]


def stay_of(name: str) -> Stay:
    """Return the stay of a row of the result: `hard`, or a seed."""
    return HARD if name == "hard" else random_stay(int(name))


def _told_of_seed(seed: int) -> Told:
    return told_of(random_stay(seed))


def _error(told: Told) -> float:
    if told.events == 0 or told.dwell_error_s is None:
        return float("inf")
    return abs(told.dwell_error_s)


def _percentile(values: Sequence[float], percent: float) -> float:
    """Return the smallest value that so many percent do not exceed; that of infinite ones is infinite."""
    return float(np.percentile(values, percent, method="inverted_cdf"))


def _finite(value: float) -> float | None:
    return round(value, 3) if np.isfinite(value) else None


def _summary(told: Sequence[Told], errors: Sequence[float]) -> dict[str, JsonValue]:
    began = [abs(one.began_error_s) for one in told if one.began_error_s is not None]
    return {
        "dwell_error_s": {f"p{percent}": _finite(_percentile(errors, percent)) for percent in (50, 95, 99, 100)},
        "began_error_s": {f"p{percent}": _finite(_percentile(began, percent)) for percent in (50, 95, 99, 100)},
        "one_event": sum(one.events == 1 for one in told),
        "several_events": sum(one.events > 1 for one in told),
        "no_event": sum(one.events == 0 for one in told),
    }


def _row(name: str | int, told: Told) -> dict[str, JsonValue]:
    return {
        "stay": str(name),
        "events": told.events,
        "dwell_error_s": None if told.dwell_error_s is None else round(told.dwell_error_s, 3),
        "began_error_s": None if told.began_error_s is None else round(told.began_error_s, 3),
    }


if __name__ == "__main__":
    sys.exit(app())
