"""Measures filtered lists, searches and the board among a million cases on PostgreSQL and 100,000 on SQLite.

    python -m benchmarks.cases --json benchmarks/results/cases.json

A made-up city of `benchmarks.cases_city` is put into a new database of each kind: each case with its history, two
evidence packs, five files, and warnings where it had any. Then many different questions are put through `CaseStore` and
`cases.dashboard`, each once, one after the other, as one person's page does. A private PostgreSQL server (Debian's) is
started for it with the settings of docs/databases.md, unless `--postgres` names an empty database.
"""

import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, TypeVar

import typer
from pydantic import JsonValue
from rich.console import Console
from rich.table import Table
from sqlalchemy import text
from sqlalchemy.engine import URL, make_url

from benchmarks.cases_city import NOW, cameras
from benchmarks.cases_fill import CAMERAS, fill
from benchmarks.cases_queries import lists, searches
from benchmarks.errors import NotPossibleError
from benchmarks.report import Beginning, Report, at_most, write_report
from cases.dashboard import board
from cases.database import Database, open_database, sqlite_url
from cases.queries import CaseQuery
from cases.replay import Replayed, replay
from cases.store import CaseStore
from tests.postgres_server import NoPostgresError, PostgresServer

GOAL_MS = 150.0

SETTINGS_OF_SERVER = {
    "shared_buffers": "1GB",
    "effective_cache_size": "4GB",
    "work_mem": "32MB",
    "maintenance_work_mem": "512MB",
    "max_wal_size": "8GB",
    "random_page_cost": "1.1",
}
"""As docs/databases.md recommends for a machine of 8 GB and a solid-state disk; all else is PostgreSQL's default."""

REPLAYED = 200
"""Cases whose history is replayed after filling: the figures are worth nothing if the rows are no cases."""

Result = TypeVar("Result")

app = typer.Typer(add_completion=False)


@dataclass(frozen=True, slots=True)
class Plan:
    """How many cases each database holds and how many questions of each of the three kinds it is asked."""

    postgresql: int = 1_000_000
    sqlite: int = 100_000
    questions: int = 420


QUICK = Plan(postgresql=50_000, sqlite=10_000, questions=90)


@dataclass(frozen=True, slots=True)
class Answer:
    """One question, how long its answer took in milliseconds, and how many cases it found."""

    part: str
    kind: str
    ms: float
    found: int


def run(plan: Plan, postgres: URL | None, say: Console) -> Report:
    """Fill both databases, ask, and return the result.

    Raises:
        NotPossibleError: there is no PostgreSQL.
    """
    began = Beginning()
    samples: list[dict[str, JsonValue]] = []
    summary: dict[str, JsonValue] = {}
    goals = []
    for name, count in (("sqlite", plan.sqlite), ("postgresql", plan.postgresql)):
        with _place_for(name, postgres) as url:
            told, answers = _measured(url, count, plan.questions, say)
        parts = {part: _figures([each.ms for each in answers if each.part == part]) for part in _PARTS}
        summary[name] = {**told, **parts}
        samples += [{"database": name, **row} for row in _by_kind(answers)]
        goals += [
            at_most(f"{part} among {count:,} cases on {name}, p95 ms", GOAL_MS, float(str(parts[part]["p95"])))
            for part in ("list", "search", "board")
        ]
    return Report(
        name="cases",
        settings={"postgresql": plan.postgresql, "sqlite": plan.sqlite, "questions": plan.questions},
        definitions={
            "ms": "from the call of CaseStore.lines or cases.dashboard.board to its return: statements, rows, records",
            "list": "filtered lists with the number of all that fit, exact up to 10,000, 50 lines a page, no text",
            "search": "the same with a text of one character to a whole camera name, alone or with filters",
            "board": "exact counts by state, and open and overdue cases by unit",
            "find": "a page of lists as whole cases with evidence and warnings, for comparison",
        },
        samples=samples,
        summary=summary,
        goals=goals,
        notes=[
            "one question at a time; the tables were analysed after filling, as PostgreSQL's autovacuum does by itself",
            f"the private PostgreSQL server runs with {SETTINGS_OF_SERVER}" if postgres is None else "own server",
        ],
        began=began,
    )


_PARTS = ("list", "search", "board", "find")


@contextmanager
def _place_for(name: str, postgres: URL | None) -> Iterator[URL]:
    if name == "postgresql" and postgres is not None:
        yield postgres
    elif name == "postgresql":
        try:
            server = PostgresServer(SETTINGS_OF_SERVER)
        except NoPostgresError as err:
            raise NotPossibleError(str(err)) from err
        try:
            yield server.create("cases")
        finally:
            server.remove()
    else:
        with tempfile.TemporaryDirectory(prefix="sw-cases-") as folder:
            yield sqlite_url(Path(folder) / "cases.sqlite")


def _measured(url: URL, count: int, questions: int, say: Console) -> tuple[dict[str, JsonValue], list[Answer]]:
    database = open_database(url)
    store = CaseStore(database)
    if sum(store.counts().values()):
        raise NotPossibleError(f"database {url.render_as_string()} holds cases already; name an empty one")
    say.print(f"{url.get_backend_name()}: filling with {count:,} cases")
    began_s = time.monotonic()
    fill(url, count)
    told: dict[str, JsonValue] = {"cases": count, "fill_s": round(time.monotonic() - began_s, 1)}
    told["version"] = _version(database)
    told["size_mb"] = round(_size_bytes(database) / 1e6)
    told["replayed"] = _replayed(store, count)
    say.print(f"{url.get_backend_name()}: filled in {told['fill_s']} s, {told['size_mb']} MB; asking")
    answers = list(_asked(store, count, questions))
    store.close()
    return told, answers


def _asked(store: CaseStore, count: int, questions: int) -> Iterator[Answer]:
    streets = cameras(CAMERAS)
    for _, query in lists(questions // 10, count, streets):  # the pages of the database come into memory
        store.lines(query)
    asked = [("list", *each) for each in lists(questions, count, streets)]
    asked += [("search", *each) for each in searches(questions, count, streets)]
    random.Random(3).shuffle(asked)  # noqa: S311 - nothing secret
    for number, (part, kind, query) in enumerate(asked):
        ms, page = _timed(lambda query=query: store.lines(query))  # type: ignore[misc]
        yield Answer(part, kind, ms, page.count.total)
        if number % 4 == 0:
            ms, shown = _timed(lambda: board(store.database, NOW))
            yield Answer("board", "board", ms, sum(shown.by_state.values()))
            ms, whole = _timed(lambda query=query: store.find(query))  # type: ignore[misc]
            yield Answer("find", kind, ms, whole.total)


def _timed(call: Callable[[], Result]) -> tuple[float, Result]:
    began_s = time.perf_counter()
    result = call()
    return (time.perf_counter() - began_s) * 1000, result


def _replayed(store: CaseStore, count: int) -> int:
    for case in store.find(CaseQuery(limit=min(REPLAYED, count))).cases:
        if replay(store.history(case.case_id)) != Replayed.of_case(case):
            raise AssertionError(f"case {case.number} is not what its history tells; the filling is wrong")
    return min(REPLAYED, count)


def _size_bytes(database: Database) -> int:
    with database.reading() as session:
        if session.get_bind().dialect.name == "postgresql":
            return int(session.scalar(text("SELECT pg_database_size(current_database())")) or 0)
        pages, size = (session.scalar(text(f"PRAGMA {name}")) or 0 for name in ("page_count", "page_size"))
        return int(pages) * int(size)


def _version(database: Database) -> str:
    with database.reading() as session:
        is_postgresql = session.get_bind().dialect.name == "postgresql"
        return str(session.scalar(text("SHOW server_version" if is_postgresql else "SELECT sqlite_version()")))


def _figures(ms: Sequence[float]) -> dict[str, JsonValue]:
    twentieths = statistics.quantiles(ms, n=20, method="inclusive")
    return {
        "p50": round(statistics.median(ms), 1),
        "p95": round(twentieths[-1], 1),
        "maximum": round(max(ms), 1),
        "questions": len(ms),
    }


def _by_kind(answers: Sequence[Answer]) -> Iterator[dict[str, JsonValue]]:
    for part, kind in sorted({(each.part, each.kind) for each in answers}):
        same = [each for each in answers if (each.part, each.kind) == (part, kind)]
        figures = _figures([each.ms for each in same]) if len(same) > 1 else {"p50": round(same[0].ms, 1)}
        yield {"part": part, "kind": kind, "found_median": statistics.median(each.found for each in same), **figures}


@app.command()
def main(
    json: Annotated[Path | None, typer.Option("--json", help="where to write the result")] = None,
    postgres: Annotated[str, typer.Option(help="URL of an empty PostgreSQL database, instead of a private one")] = "",
    quick: Annotated[bool, typer.Option("--quick", help="50,000 and 10,000 cases")] = False,
) -> None:
    """Measure lists, searches and the board among many cases."""
    try:
        report = run(QUICK if quick else Plan(), make_url(postgres) if postgres else None, Console(stderr=True))
    except NotPossibleError as err:
        Console(stderr=True).print(f"[red]{err}[/]")
        raise typer.Exit(1) from None
    table = Table("database", "part", "p50 ms", "p95 ms", "longest ms")
    assert isinstance(report.summary, dict)
    for name, figures in report.summary.items():
        assert isinstance(figures, dict)
        for part in _PARTS:
            row = figures[part]
            assert isinstance(row, dict)
            table.add_row(name, part, str(row["p50"]), str(row["p95"]), str(row["maximum"]))
    Console().print(table)
    for goal in report.goals:
        Console().print(goal.told, highlight=False)
    if json:
        write_report(json, report)


if __name__ == "__main__":
    sys.exit(app())
