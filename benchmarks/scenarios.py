"""Tries the three detectors on drawn scenarios with exact truth, half of them without anything unlawful.

    python -m benchmarks.scenarios [--kind parking|vending|flyers] [--model CARD|truth] [--json FILE] [--quick]

Each scenario is a street of two and a half minutes under light, weather, density, camera and compression of chance, and
is watched by the very code of the service. `--model truth` puts truth with a detector's noise in the model's place, so
that faults of the rules are told from faults of the model. Beside each detector stands the rule that peers use, on the
same input. Seeds for tuning (`--seeds tuning`) and for reporting are apart. See `docs/design/scenarios.md`.
"""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Literal

import typer
from pydantic import JsonValue
from rich.console import Console
from rich.table import Table

from benchmarks.errors import BenchmarkError
from benchmarks.report import Beginning, Goal, Report, at_least, at_most, write_report
from benchmarks.scenarios_peers import PEER_RULES
from benchmarks.scenarios_run import Outcome, run_all, tasks_of
from benchmarks.scenarios_scoring import Judged, Total, by, intervals, total
from benchmarks.scenarios_trials import PERIOD_S, REPORTING_SEEDS, TUNING_SEEDS, WRITERS, is_negative_seed, story_names
from benchmarks.telling import telling
from models.errors import ModelError
from models.shelf import bundled_card

TRUTH = "truth"

COUNT, QUICK_COUNT = 150, 6

CONDITIONS = ("light", "weather", "camera", "density", "height", "compression", "key_every_s")
"""Each has a table of its own in the summary."""

GOALS: Mapping[str, Mapping[str, float]] = {
    "parking": {"f1": 0.97},
    "vending": {"precision": 0.92, "recall": 0.90},
    "flyers": {"precision": 0.95, "recall": 0.90},
}
MOST_FALSE_PER_DAY = 1.0

DEFINITIONS = {
    "found": "offences with a report at their place, raised from 7 s before their limit passed to 15 s after their end",
    "false": "reports about no offence; flyers that the examiner doubts are held back and are no reports",
    "duplicates": "reports beyond the first, for each offence found; precision leaves them out",
    "false_per_day": "false reports for each 24 h of one camera, of scenarios that are all hard",
    "late_s": "report minus the passing of the limit, true times",
    "start_error_s": "told minus true beginning, absolute",
    "end_error_s": "when it was told that it is over, minus its true end",
    "interval": "95 %, by drawing the scenarios again with replacement, 2000 times",
    **{f"peer_{kind}": rule for kind, rule in PEER_RULES.items()},
}

app = typer.Typer(add_completion=False)


@app.command()
def main(
    kind: Annotated[str, typer.Option(help="parking, vending or flyers; all of them by default")] = "",
    model: Annotated[str, typer.Option(help="model card, or truth; the bundled model by default")] = "",
    weights: Annotated[Path | None, typer.Option(help="folder of the card's weights, if not beside it")] = None,
    seeds: Annotated[Literal["reporting", "tuning"], typer.Option(help="which scenarios")] = "reporting",
    count: Annotated[int, typer.Option(help="scenarios of each kind", min=2, max=1000)] = COUNT,
    first: Annotated[int, typer.Option(help="leave out so many of the first", min=0, max=999)] = 0,
    jobs: Annotated[int, typer.Option(help="processes", min=1, max=64)] = 1,
    closer: Annotated[bool, typer.Option("--closer", help="look more closely where things are small")] = False,
    stills: Annotated[Path | None, typer.Option(help="folder for pictures of what went wrong")] = None,
    json: Annotated[Path | None, typer.Option("--json", help="where to write the result")] = None,
    quick: Annotated[bool, typer.Option("--quick", help=f"{QUICK_COUNT} tuning scenarios of each kind")] = False,
) -> None:
    """Hold what the detectors report of drawn scenarios against what is true of them."""
    began = Beginning()
    if closer and model == TRUTH:
        raise typer.BadParameter("--closer needs a model; truth sees what is small as it is")
    seeds, count = ("tuning", QUICK_COUNT) if quick else (seeds, count)
    chosen = (TUNING_SEEDS if seeds == "tuning" else REPORTING_SEEDS)[first : first + count]
    card = None if model == TRUTH else Path(model) if model else bundled_card()
    kinds = (kind,) if kind else tuple(WRITERS)
    try:
        tasks = [task for each in kinds for task in tasks_of(each, chosen, card, weights, stills, closer=closer)]
        with telling("drawing streets", len(kinds) * len(chosen)) as tell:
            outcomes = run_all(tasks, jobs, tell)
    except (BenchmarkError, ModelError, OSError) as err:
        Console(stderr=True).print(f"[red]{err}[/]", highlight=False)
        raise typer.Exit(1) from None
    told = TRUTH if card is None else card.stem
    settings: dict[str, JsonValue] = {"model": told, "seeds": seeds, "first": chosen[0], "count": len(chosen)}
    settings["closer"] = closer
    report = make_report(outcomes, settings, began, are_reported=seeds == "reporting")
    _print(report, outcomes)
    if json:
        write_report(json, report)


def make_report(
    outcomes: Sequence[Outcome], settings: dict[str, JsonValue], began: Beginning, *, are_reported: bool
) -> Report:
    """Sum up trials; goals hold for the reporting seeds only."""
    kinds = [kind for kind in WRITERS if any(outcome.kind == kind for outcome in outcomes)]
    goals = [goal for kind in kinds for goal in _goals(kind, total(_ours(outcomes, kind)))]
    hours = {kind: round(sum(one.stream_s for one in _ours(outcomes, kind)) / 3600, 2) for kind in kinds}
    return Report(
        name="scenarios",
        settings={**settings, "period_s": PERIOD_S},
        definitions=DEFINITIONS,
        samples=[outcome.to_json() for outcome in outcomes],
        summary={kind: _summary(outcomes, kind) for kind in kinds},
        goals=goals if are_reported else [replace(goal, applies=False) for goal in goals],
        notes=(
            f"hours of one camera: {hours}; even {PERIOD_S * COUNT / 3600:g} h without a false report show only that "
            f"there are fewer than {3 * 24 / (PERIOD_S * COUNT / 3600):.1f} a day (95 %)",
            "a day of a street holds far fewer of these stories than the scenarios do",
        ),
        began=began,
    )


def _goals(kind: str, sums: Total) -> list[Goal]:
    wanted = [at_least(f"{kind}: {name}", goal, getattr(sums, name)) for name, goal in GOALS[kind].items()]
    return [*wanted, at_most(f"{kind}: false alarms per camera-day", MOST_FALSE_PER_DAY, sums.false_per_day)]


def _ours(outcomes: Sequence[Outcome], kind: str) -> list[Judged]:
    return [outcome.ours for outcome in outcomes if outcome.kind == kind]


def _summary(outcomes: Sequence[Outcome], kind: str) -> JsonValue:
    mine = [outcome for outcome in outcomes if outcome.kind == kind]
    ours, peer = [outcome.ours for outcome in mine], [outcome.peer for outcome in mine]
    tables: dict[str, JsonValue] = {"story": _table([(outcome.story, outcome.ours) for outcome in mine])}
    for name in CONDITIONS:
        tables[name] = _table([(str(outcome.conditions[name]), outcome.ours) for outcome in mine])
    return {
        "negatives": sum(is_negative_seed(outcome.seed) for outcome in mine),
        "ours": {**total(ours).to_json(), "interval": _pairs(intervals(ours))},
        "peer": {**total(peer).to_json(), "interval": _pairs(intervals(peer))},
        "cpu_s": round(sum(outcome.cpu_s for outcome in mine), 1),
        "by": tables,
    }


def _table(rows: Sequence[tuple[str, Judged]]) -> JsonValue:
    return {name: sums.to_json() for name, sums in by(rows).items()}


def _pairs(found: Mapping[str, tuple[float, float] | None]) -> JsonValue:
    return {name: None if pair is None else list(pair) for name, pair in found.items()}


def _print(report: Report, outcomes: Sequence[Outcome]) -> None:
    console = Console()
    table = Table("kind", "", "found", "missed", "false", "P", "R", "F1", "doubles", "late s", "start s", "end s")
    for kind in WRITERS:
        mine = [outcome for outcome in outcomes if outcome.kind == kind]
        if mine:
            _add_row(table, (kind, "ours"), total([outcome.ours for outcome in mine]))
            _add_row(table, (kind, "peers"), total([outcome.peer for outcome in mine]))
    console.print(table)
    for kind in WRITERS:
        stories = by([(outcome.story, outcome.ours) for outcome in outcomes if outcome.kind == kind])
        for name in story_names(kind):
            sums = stories.get(name)
            if sums is not None and (sums.missed or sums.false):
                console.print(f"{kind} {name}: {sums.missed} missed, {sums.false} false of {sums.scenarios}")
    for goal in report.goals:
        console.print(goal.told, highlight=False)


def _add_row(table: Table, names: tuple[str, str], sums: Total) -> None:
    figures = (sums.found, sums.missed, sums.false, sums.precision, sums.recall, sums.f1, sums.duplicates)
    times = (sums.late_s, sums.start_error_s, sums.end_error_s)
    shown = ["-" if pair is None else f"{pair[0]:.1f} {pair[1]:.1f}" for pair in times]
    table.add_row(*names, *("-" if figure is None else f"{figure:g}" for figure in figures), *shown)


if __name__ == "__main__":
    sys.exit(app())
