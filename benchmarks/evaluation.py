"""Measures how long an evaluation takes: a month of many cases that went the whole way, and three months before it.

    python -m benchmarks.evaluation --json benchmarks/results/evaluation.json

Each case has a history of 14 rows. The database is SQLite in a temporary folder; what is measured is one question, from
the database to the marks of 20 units, without the answers that the desk keeps.
"""

import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Annotated

import typer
from pydantic import JsonValue
from rich.console import Console
from sqlalchemy import insert

from benchmarks.report import Beginning, Report, at_most, spread, write_report
from benchmarks.telling import telling
from cases.case_numbers import BEIJING
from cases.database import Database, open_database, sqlite_url
from cases.evaluation import Question, evaluate
from cases.evaluation_inputs import EvaluationInputs
from cases.facts_reader import FactsReader
from cases.grouping import By
from cases.periods import Period
from cases.records import NewCase
from cases.rows import new_case_row
from cases.statistic_keys import StatisticKey
from cases.tables import AuditTableRow

CASES, QUICK_CASES = 20_000, 500
UNITS, PEOPLE, MONTHS = 20, 30, (8, 9, 10, 11)
ROUNDS = 3
AT_ONCE = 2000
GOAL_S = 5.0
""""A period of 20,000 cases in a few seconds"."""

STEPS = (
    ("open", "candidate"),
    ("add_pack", "candidate"),
    ("add_pack", "candidate"),
    ("confirm", "confirmed"),
    ("file", "filed"),
    ("accept", "accepted"),
    ("approve", "approved"),
    ("dispatch", "dispatched"),
    ("start", "handling"),
    ("report", "handled"),
    ("feed_back", "checking"),
    ("add_pack", "checking"),
    ("pass_check", "checked"),
    ("close", "closed"),
)
"""What happened to every case, ten minutes apart."""

DEFINITIONS = {
    "read_s": "wall time from the question to facts of all cases, histories read and followed",
    "wall_s": "wall time of the whole, with counts, the cases behind them, marks and ranks",
    "cpu_s": "processor time of the whole",
}

app = typer.Typer(add_completion=False)


def fill(database: Database, month_cases: int, tell: Callable[[str], None]) -> None:
    """Put so many cases into each of the four months."""
    for month in MONTHS:
        tell(f"month {month}")
        numbers = iter(range(month_cases))
        while portion := list(islice(numbers, AT_ONCE)):
            with database.writing() as session:
                news = [_new_case(month, number, month_cases) for number in portion]
                session.add_all(
                    new_case_row(new, f"SW2026{month:02d}{number:06d}")
                    for new, number in zip(news, portion, strict=True)
                )
                session.flush()
                session.execute(
                    insert(AuditTableRow),
                    [row for new, number in zip(news, portion, strict=True) for row in _history(new, number)],
                )


def run(database: Database, month_cases: int, tell: Callable[[str], None]) -> Report:
    """Ask for November by unit, area and post in turns and return the result."""
    began = Beginning()
    samples = [_sample(database, by, tell) for _ in range(ROUNDS) for by in By]
    medians = {by: {name: _median(samples, by, name) for name in ("wall_s", "cpu_s")} for by in By}
    return Report(
        name="evaluation",
        settings={"cases_a_month": month_cases, "months": len(MONTHS), "rows_a_case": len(STEPS), "units": UNITS},
        definitions=DEFINITIONS,
        samples=samples,
        summary={by.value: dict(median) for by, median in medians.items()},
        goals=[
            at_most(f"a month by {by}, processor time (s)", GOAL_S, found["cpu_s"]) for by, found in medians.items()
        ],
        notes=["on a machine of our own, wall time is processor time; see the load average of this run"],
        began=began,
    )


def _sample(database: Database, by: By, tell: Callable[[str], None]) -> dict[str, JsonValue]:
    tell(f"by {by}")
    november = Period(date(2026, 11, 1), date(2026, 11, 30), BEIJING)
    question = Question(november, by, datetime(2026, 12, 5, tzinfo=BEIJING))
    start_s, cpu_s = time.perf_counter(), time.process_time()
    read = FactsReader(database).read(question)
    read_s = time.perf_counter() - start_s
    made = evaluate(read.cases, question, EvaluationInputs(), began_at=read.began_at)
    return {
        "by": by.value,
        "cases": made.total.count(StatisticKey.REGISTERED),
        "facts": len(read.cases),
        "read_s": round(read_s, 3),
        "wall_s": round(time.perf_counter() - start_s, 3),
        "cpu_s": round(time.process_time() - cpu_s, 3),
    }


def _median(samples: Sequence[Mapping[str, JsonValue]], by: By, name: str) -> float:
    found = [value for row in samples if row["by"] == by.value and isinstance(value := row[name], float)]
    return round(spread(found).median, 2)


def _new_case(month: int, number: int, month_cases: int) -> NewCase:
    minutes = 28 * 24 * 60 * number // month_cases
    at = datetime(2026, month, 1, tzinfo=BEIJING) + timedelta(minutes=minutes)
    name = f"{month:02d}-{number:08d}"
    return NewCase(
        case_id=name,
        event_id=name,
        kind="vending",
        code="0406",
        camera_id="gate-3",
        camera_name=f"camera {number % 100}",
        zone_id="kerb",
        zone_name="kerb",
        zone_version=1,
        started_at=at,
        raised_at=at,
        opened_at=at,
        box=(0.0, 0.0, 1.0, 1.0),
        class_label="stall",
        score=0.8,
        reasons=(),
    )


def _history(new: NewCase, number: int) -> Iterator[dict[str, object]]:
    before = ""
    for seq, (action, state) in enumerate(STEPS, start=1):
        at = new.raised_at + timedelta(minutes=10 * seq)
        dispatch = {"unit": f"unit {number % UNITS}", "due_at": (at + timedelta(hours=1)).isoformat()}
        yield {
            "case_id": new.case_id,
            "seq": seq,
            "at": at,
            "actor": f"person {(number + seq) % PEOPLE}",
            "action": action,
            "from_state": before,
            "to_state": state,
            "reason": "",
            "detail": dispatch if action == "dispatch" else {"revision": seq},
        }
        before = state


@app.command()
def main(
    json: Annotated[Path | None, typer.Option("--json", help="where to write the result")] = None,
    quick: Annotated[bool, typer.Option("--quick", help="few cases")] = False,
) -> None:
    """Measure an evaluation of a month."""
    month_cases = QUICK_CASES if quick else CASES
    with telling("filling the database") as tell, tempfile.TemporaryDirectory() as folder:
        database = open_database(sqlite_url(Path(folder) / "cases.sqlite"))
        fill(database, month_cases, tell)
        report = run(database, month_cases, tell)
        database.close()
    for goal in report.goals:
        Console().print(goal.told, highlight=False)
    if json:
        write_report(json, report)


if __name__ == "__main__":
    sys.exit(app())
