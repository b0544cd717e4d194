"""Kills the service again and again while cases are being made, and looks what is lost, doubled or left over.

    python -m benchmarks.powercut --kills 500 --json benchmarks/results/powercut.json

*Kills*: `kill -9` at evenly drawn moments, from the first line of a start on; the next start goes on over the same
folder, before the same street. After each kill a copy of what lies on the disk is swept and judged
(`powercut_checks`); now and then a run is long, so that what a short one cannot finish must be made good. *Power cuts*
and *disks* are told of in `powercut_disks`. Every goal counts faults, so all but one are 0.
"""

import logging
import random
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Annotated

import typer
from pydantic import JsonValue
from rich.console import Console

from benchmarks.errors import BenchmarkError
from benchmarks.powercut_checks import ClipLack, Fault, Inspector, Place, Span, Wrong
from benchmarks.powercut_service import Clerk, Ledger, Life, Site, warm_up
from benchmarks.powercut_street import Vehicle, Yards
from benchmarks.report import Beginning, Goal, Report, at_most, spread, write_report
from cases.evidence import EvidenceStore
from cases.recovery import recover
from cases.store import CaseStore

SEED = 20_261_129
DATABASE = "streetwarden.sqlite"
LONGEST_S = 6.0
"""A kill falls evenly into the first seconds after a start; starting itself takes half a second."""

LONG_EVERY, LONG_S, WATCHED_S = 12, 14.0, 10.0
"""Every so many runs one lasts so much longer; a vehicle that it watched for ten seconds must have its case by then."""

MOST_CLIP_MISSING_S = 1.0

app = typer.Typer(add_completion=False)
Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be run.

    Attributes:
        kills: how often the service is killed.
        cameras: that it watches.
        seed: of the moments.
    """

    kills: int = 500
    cameras: int = 4
    seed: int = SEED


QUICK = Plan(kills=8)


@dataclass(slots=True)
class Outcome:
    """What a run of kills has shown."""

    faults: list[Fault] = field(default_factory=list)
    rows: list[dict[str, JsonValue]] = field(default_factory=list)
    lives: list[Span] = field(default_factory=list)
    watched: set[Vehicle] = field(default_factory=set)
    lacks: list[ClipLack] = field(default_factory=list)
    cases: int = 0
    ledger: Ledger = field(default_factory=Ledger)


class Run:
    """Kills over one folder."""

    def __init__(self, folder: Path, plan: Plan) -> None:
        self._plan = plan
        self._site = Site(folder / "site", Yards(plan.cameras, time.time() - 60.0))
        self._copy = Place(folder / "copy" / DATABASE, folder / "copy" / "evidence", self._site.keys)
        self._inspector = Inspector(self._site.yards)
        self._draw = random.Random(plan.seed)  # noqa: S311 - moments that can be drawn again, nothing secret
        self.outcome = Outcome()

    def go(self, say: Say) -> Outcome:
        """Run all kills, then let the service finish in peace, and judge."""
        warm_up()
        self._site.prepare()
        for number in range(self._plan.kills):
            is_long = number % LONG_EVERY == LONG_EVERY - 1
            self._one(number, self._draw.uniform(0.0, LONGEST_S) + (LONG_S if is_long else 0.0))
            if number % 20 == 19:
                found = Counter(fault.wrong for fault in self.outcome.faults)
                say(f"  {number + 1} kills, {self.outcome.cases} cases, {dict(found) or 'nothing wrong'}")
        self._in_peace()
        return self.outcome

    def _one(self, number: int, lives_s: float) -> None:
        life = Life(self._site)
        clerk: Clerk | None = None
        up_s = 0.0
        try:
            clerk = Clerk(life.address(lives_s), self.outcome.ledger)
            up_s = time.time()
            threading.Event().wait(max(0.0, life.began_s + lives_s - up_s))
        except TimeoutError:
            pass  # it dies while it starts
        finally:
            life.kill()
        ended_s = time.time()
        if clerk is not None:
            clerk.end()
        self._note(life, clerk, ended_s)
        if clerk is not None and lives_s >= LONG_S:
            self.outcome.watched |= set(self._site.yards.between(up_s + 1.0, up_s + WATCHED_S))
        faults = self._judge()
        self.outcome.faults += [fault for fault in faults if fault not in self.outcome.faults]
        self.outcome.rows.append(
            {
                "kill": number + 1,
                "after_s": round(lives_s, 3),
                "was_up": clerk is not None,
                "cases": self.outcome.cases,
                "wrong": dict(Counter(fault.wrong.value for fault in faults)),
            }
        )

    def _note(self, life: Life, clerk: Clerk | None, ended_s: float) -> None:
        packs = (self._site.data / "evidence").glob("[0-9]*/[0-9]*/[0-9]*/*/pack-0001")
        written = frozenset(path.parent.name for path in packs)
        self.outcome.lives.append(Span(life.began_s, ended_s, clerk.kept_from_s if clerk else {}, written))

    def _judge(self) -> list[Fault]:
        """Sweep a copy of what lies there, as the next start will sweep the original, and judge it."""
        copied = self._copy.database.parent
        shutil.rmtree(copied, ignore_errors=True)
        copied.mkdir()
        for path in self._site.data.glob(f"{DATABASE}*"):
            shutil.copy(path, copied)
        evidence = self._site.data / "evidence"
        if evidence.is_dir():
            subprocess.run(["cp", "-al", str(evidence), str(self._copy.evidence)], check=True)
        return self._swept(self._copy)

    def _swept(self, place: Place, *, is_last: bool = False) -> list[Fault]:
        store = CaseStore(f"sqlite:///{place.database}")
        try:
            recover(store, EvidenceStore(place.evidence))
        finally:
            store.close()
        faults = self._inspector.look(place, self.outcome.ledger, is_last=is_last)
        self.outcome.cases = self._inspector.cases
        return faults

    def _in_peace(self) -> None:
        """Let the service run once without a kill and end by itself, then judge all that lies there."""
        life = Life(self._site)
        try:
            clerk = Clerk(life.address(), self.outcome.ledger)
            up_s = time.time()
            threading.Event().wait(LONG_S)
        finally:
            ended_s = time.time()
            life.stop()
        clerk.end()
        self._note(life, clerk, ended_s)
        self.outcome.watched |= set(self._site.yards.between(up_s + 1.0, up_s + WATCHED_S))
        place = Place(self._site.data / DATABASE, self._site.data / "evidence", self._site.keys)
        faults = self._swept(place, is_last=True)
        faults += self._inspector.unseen(place, sorted(self.outcome.watched, key=lambda each: each.from_s))
        self.outcome.faults += [fault for fault in faults if fault not in self.outcome.faults]
        self.outcome.lacks = self._inspector.clips(place, self.outcome.lives)


def run(plan: Plan, say: Say) -> Report:
    """Run everything and return the result.

    Raises:
        SideFailedError: the service did not come up.
    """
    began = Beginning()
    with tempfile.TemporaryDirectory(prefix="powercut-") as scratch:
        say(f"kills: {plan.kills}")
        outcome = Run(Path(scratch), plan).go(say)
    for fault in outcome.faults[:40]:
        say(f"  {fault.wrong.value}: {fault.what}")
    return Report(
        name="powercut",
        settings=asdict(plan),
        definitions=DEFINITIONS,
        samples=outcome.rows,
        summary=summary(outcome),
        goals=goals(outcome),
        notes=NOTES,
        began=began,
    )


DEFINITIONS = {
    "after_s": "seconds from the start of the service's process to kill -9",
    "was_up": "whether its page answered before that",
    "cases": "cases after the sweep",
    "clip_missing_s": "seconds that the ring of the service held around the moment, up to the kill, and the clip lacks",
}

NOTES = [
    "cameras and model are drawn; everything behind them is the service that `streetwarden run` starts",
    "clip goals count cases with a pack on the disk at the kill; those written by a later run are counted beside them",
]


def goals(outcome: Outcome) -> list[Goal]:
    """Return what was wanted and what was reached."""
    found = Counter(fault.wrong for fault in outcome.faults)
    counted = [at_most(f"kills: {wrong.value}", 0, float(found[wrong])) for wrong in Wrong]
    longest_s = max((lack.missing_s for lack in outcome.lacks if lack.was_written), default=0.0)
    return [*counted, at_most("kills: seconds of clip missing, most", MOST_CLIP_MISSING_S, longest_s)]


def summary(outcome: Outcome) -> dict[str, JsonValue]:
    """Return figures beside the goals."""
    written = [lack.missing_s for lack in outcome.lacks if lack.was_written]
    later = [lack.missing_s for lack in outcome.lacks if not lack.was_written]
    return {
        "cases": outcome.cases,
        "confirmed": len(outcome.ledger.confirmed),
        "vehicles_watched": len(outcome.watched),
        "kills_before_the_page_answered": sum(not row["was_up"] for row in outcome.rows),
        "clip_missing_s": asdict(spread(written)) if written else None,
        "clip_missing_s_of_cases_written_by_a_later_run": asdict(spread(later)) if later else None,
        "faults": [f"{fault.wrong.value}: {fault.what}" for fault in outcome.faults[:100]],
    }


@app.command()
def main(
    json: Annotated[Path | None, typer.Option("--json", help="where to write the result")] = None,
    kills: Annotated[int | None, typer.Option(min=1, help="how often the service is killed")] = None,
    seed: Annotated[int, typer.Option(help="of the moments")] = SEED,
    quick: Annotated[bool, typer.Option("--quick", help="a few kills: about a minute")] = False,
) -> None:
    """Kill the service at random moments and look what is lost."""
    logging.basicConfig(level=logging.CRITICAL)  # what the sweep finds is judged, not read
    base = QUICK if quick else Plan()
    console = Console(stderr=True)
    try:
        report = run(
            replace(base, kills=kills or base.kills, seed=seed), lambda text: console.print(text, highlight=False)
        )
    except BenchmarkError as err:
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
