"""Kills the service again and again while cases are being made, and looks what is lost, doubled or left over.

    python -m benchmarks.powercut --kills 500 --json benchmarks/results/powercut.json

*Kills*: `kill -9` at evenly drawn moments of a run, its start among them; the next run goes on over the same folder,
before the same street. After each kill a copy of what lies on the disk is swept and judged; now and then a run is long,
so that what a short one cannot finish must be made good. *Power cuts*: the same on a disk whose power is cut, so that
what was not forced to the medium is gone. *Disks*: one that fills up or turns read-only. The last two need the right
to mount; without it their goals do not apply. Every goal but those of clips counts faults.
"""

import logging
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Annotated

import typer
from pydantic import JsonValue
from rich.console import Console

from benchmarks.errors import BenchmarkError
from benchmarks.powercut_checks import Fault, Wrong
from benchmarks.powercut_disks import LoopDisk
from benchmarks.powercut_kills import Outcome, Run, RunSettings, Say
from benchmarks.powercut_service import warm_up
from benchmarks.powercut_trials import TRIALS, Trial
from benchmarks.report import Beginning, Goal, Report, at_most, spread, write_report
from tests.e2e.scarce import may_mount

SEED = 20_261_129
MOST_CLIP_MISSING_S = 1.0
MOST_TOLD_CLIPS = 5

app = typer.Typer(add_completion=False)


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be run.

    Attributes:
        kills: how often the service is killed.
        power_cuts: how often the power of its disk is cut, in a run of its own.
        disks: whether disks that fill up or turn read-only are tried.
        cameras: that it watches.
        seed: of the moments.
    """

    kills: int = 500
    power_cuts: int = 60
    disks: bool = True
    cameras: int = 4
    seed: int = SEED


QUICK = Plan(kills=8, power_cuts=4)
"""About three minutes: the same code, fewer ends."""

DEFINITIONS = {
    "after_s": "seconds to the end of the service from the start of its process, or from its page's first answer",
    "of": "which of the two",
    "cases": "cases after the sweep",
    "wrong": "faults that were found after that end, by kind",
    "clip_missing_s": "seconds around the moment that the service had kept when it ended, and the clip lacks",
}

NOTES = [
    "cameras and model are drawn; everything behind them is what `streetwarden run` starts",
    "clips are judged of cases with a pack on the disk when the service ended; of those that a later run made, the "
    "summary tells what is missing",
    "a power cut is ext4's shutdown without flushing, on data=writeback,noauto_da_alloc: a disk that lies about fsync "
    "is not covered",
]


@dataclass(slots=True)
class Results:
    """What the parts have shown; None where a part was not run."""

    kills: Outcome
    power_cuts: Outcome | None
    trials: list[Trial]


def run(plan: Plan, say: Say, kept: Path | None = None) -> Report:
    """Run everything and return the result; what the service wrote and logged stays in `kept`, a folder not there yet.

    Raises:
        SideFailedError: the service did not come up, or ended by itself.
        OSError: the folder cannot be made.
    """
    began = Beginning()
    warm_up()
    with tempfile.TemporaryDirectory(prefix="powercut-") as scratch:
        if kept is not None:
            kept.mkdir(parents=True)
        results = _results(kept or Path(scratch), plan, say)
    return Report(
        name="powercut",
        settings=asdict(plan),
        definitions=DEFINITIONS,
        samples=[
            *({"part": "kills", **row} for row in results.kills.rows),
            *({"part": "power cuts", **row} for row in (results.power_cuts.rows if results.power_cuts else ())),
        ],
        summary={
            "kills": summary(results.kills),
            "power_cuts": summary(results.power_cuts) if results.power_cuts else None,
            "disks": {trial.name: trial_summary(trial) for trial in results.trials},
        },
        goals=goals(results),
        notes=NOTES,
        began=began,
    )


def _results(folder: Path, plan: Plan, say: Say) -> Results:
    settings = RunSettings(plan.kills, plan.cameras, plan.seed)
    say(f"kills: {plan.kills}")
    results = Results(Run(folder / "kills", settings).go(say), None, [])
    if not may_mount():
        say("power cuts and disks are left out: this account may not mount file systems")
        return results
    if plan.power_cuts:
        say(f"power cuts: {plan.power_cuts}")
        with LoopDisk(folder / "disk.img", folder / "disk") as disk:
            results.power_cuts = Run(folder / "disk", replace(settings, ends=plan.power_cuts), disk).go(say)
    for number, trial in enumerate(TRIALS if plan.disks else ()):
        results.trials.append(trial(folder / f"trial-{number}"))
        say(f"{results.trials[-1].name}: {trial_summary(results.trials[-1])}")
    return results


def goals(results: Results) -> list[Goal]:
    """Return what was wanted and what was reached."""
    found = [*outcome_goals("kills", results.kills), *outcome_goals("power cuts", results.power_cuts)]
    for trial in results.trials:
        found += [
            at_most(f"{trial.name}: files of evidence removed or changed", 0, len(trial.removed)),
            at_most(f"{trial.name}: not said on the page with a way out", 0, int(not trial.is_told)),
            at_most(f"{trial.name}: held-back cases that did not come", 0, len(trial.missed)),
            at_most(f"{trial.name}: other faults", 0, len(trial.wrong)),
        ]
    return found


def outcome_goals(part: str, outcome: Outcome | None) -> list[Goal]:
    """Return the goals of a run of ends; they do not apply where it was not run."""
    if outcome is None:
        return [Goal(f"{part}: {wrong.value}", "<= 0", None, met=False, applies=False) for wrong in Wrong]
    found = Counter(fault.wrong for fault in outcome.faults)
    longest_s = max((lack.missing_s for lack in outcome.lacks if lack.was_written), default=0.0)
    return [
        *(at_most(f"{part}: {wrong.value}", 0, found[wrong]) for wrong in Wrong),
        at_most(f"{part}: seconds of clip missing, most", MOST_CLIP_MISSING_S, longest_s),
    ]


def summary(outcome: Outcome) -> dict[str, JsonValue]:
    """Return figures beside the goals."""
    written = [lack for lack in outcome.lacks if lack.was_written]
    return {
        "ends": len(outcome.rows),
        "ends_while_it_starts": sum(row["of"] == "process" for row in outcome.rows),
        "cases": outcome.cases,
        "confirmed": len(outcome.ledger.confirmed),
        "vehicles_watched": len(outcome.watched),
        "clip_missing_s": _spread([lack.missing_s for lack in written]),
        "clip_missing_s_of_cases_that_a_later_run_made": _spread(
            [lack.missing_s for lack in outcome.lacks if not lack.was_written]
        ),
        "clips_that_lack_most": [
            asdict(lack) for lack in sorted(written, key=lambda lack: -lack.missing_s)[:MOST_TOLD_CLIPS]
        ],
        "faults": _told(outcome.faults[:100]),
    }


def trial_summary(trial: Trial) -> dict[str, JsonValue]:
    """Return what a trial has shown."""
    return {
        "cases_before": trial.cases_before,
        "cases_after": trial.cases_after,
        "held_back": trial.told.held_back if trial.told else None,
        "said": trial.told.problems.get("evidence_waits", "") if trial.told else "",
        "removed": [*sorted(trial.removed)[:20]],
        "missed": _told(trial.missed),
        "wrong": _told(trial.wrong),
    }


def _told(faults: Sequence[Fault]) -> JsonValue:
    return [f"{fault.wrong.value}: {fault.what}" for fault in faults]


def _spread(values: Sequence[float]) -> JsonValue:
    return asdict(spread(values)) if values else None


@app.command()
def main(
    json: Annotated[Path | None, typer.Option("--json", help="where to write the result")] = None,
    kills: Annotated[int | None, typer.Option(min=1, help="how often the service is killed")] = None,
    power_cuts: Annotated[int | None, typer.Option(min=0, help="how often the power of its disk is cut")] = None,
    disks: Annotated[bool, typer.Option(help="try disks that fill up or turn read-only")] = True,
    seed: Annotated[int, typer.Option(help="of the moments")] = SEED,
    keep: Annotated[Path | None, typer.Option(help="a new folder in which data and the service's log stay")] = None,
    quick: Annotated[bool, typer.Option("--quick", help="a few ends: about three minutes")] = False,
) -> None:
    """Kill the service at random moments and look what is lost."""
    logging.basicConfig(level=logging.CRITICAL + 1)  # what the sweep finds is judged, not read
    base, console = QUICK if quick else Plan(), Console(stderr=True)
    plan = replace(
        base,
        kills=base.kills if kills is None else kills,
        power_cuts=base.power_cuts if power_cuts is None else power_cuts,
        disks=disks,
        seed=seed,
    )
    try:
        report = run(plan, lambda text: console.print(text, highlight=False, soft_wrap=True), keep)
    except (BenchmarkError, OSError) as err:
        console.print(f"[red]{err}[/]", highlight=False)
        raise typer.Exit(1) from None
    for goal in report.goals:
        console.print(goal.told, highlight=False)
    if json:
        write_report(json, report)
    if not all(goal.met for goal in report.goals if goal.applies):
        raise typer.Exit(1)


if __name__ == "__main__":
    sys.exit(app())
