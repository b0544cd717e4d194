"""The benchmark of evaluations counts what it put in."""

from pathlib import Path

from benchmarks.evaluation import MONTHS, ROUNDS, fill, run
from cases.database import open_database, sqlite_url


def test_every_case_of_the_month_is_counted(tmp_path: Path) -> None:
    database = open_database(sqlite_url(tmp_path / "cases.sqlite"))
    fill(database, 6, lambda _: None)

    report = run(database, 6, lambda _: None)

    database.close()
    assert [row["cases"] for row in report.samples] == [6] * 3 * ROUNDS
    assert [row["facts"] for row in report.samples] == [6 * len(MONTHS)] * 3 * ROUNDS
