"""The benchmark of many cases: what it fills in are cases, and what it asks is different each time."""

from pathlib import Path

from rich.console import Console
from sqlalchemy.engine import URL

from benchmarks.cases import Plan, run
from benchmarks.cases_city import NOW, PATHS, cameras, cases_of_city
from benchmarks.cases_fill import fill
from benchmarks.cases_queries import lists, searches
from cases.database import open_database
from cases.queries import CaseQuery
from cases.replay import Replayed, replay
from cases.states import CaseState
from cases.store import CaseStore


def test_every_state_has_a_history_that_leads_to_it(blank_url: URL) -> None:
    store = CaseStore(open_database(blank_url))
    fill(blank_url, 1500)

    for state, steps in PATHS.items():
        case = store.find(CaseQuery(states=(CaseState(state),), limit=1)).cases[0]
        history = store.history(case.case_id)
        assert replay(history) == Replayed.of_case(case)
        assert [row.action for row in history] == [action for _, action in steps]
    assert sum(store.counts().values()) == 1500
    assert store.missing_numbers() == ()
    assert store.lines(CaseQuery(text="号")).count.total == 1500
    store.close()


def test_filled_database_is_found_in_as_the_migrations_left_it(blank_url: URL) -> None:
    database = open_database(blank_url)
    fill(blank_url, 50)
    database.upgrade()

    case = CaseStore(database).find(CaseQuery(limit=1)).cases[0]

    assert CaseStore(database).find(CaseQuery(text=case.number)).cases == (case,)
    database.close()


def test_same_city_every_time() -> None:
    streets = cameras(20)

    assert list(cases_of_city(30, streets)) == list(cases_of_city(30, streets))
    assert len({row[1] for row in cases_of_city(30, streets)}) == 30
    assert all(row[12] < NOW for row in cases_of_city(30, streets))  # type: ignore[operator]


def test_questions_are_of_every_kind_and_differ() -> None:
    streets = cameras(500)
    for make in (lists, searches):
        asked = list(make(150, 100_000, streets))
        assert len(asked) == 150
        assert len({str(query) for _, query in asked}) > 75
        assert len({kind for kind, _ in asked}) >= 14


def test_report_names_three_goals_of_each_database(postgres: object, tmp_path: Path) -> None:
    with (tmp_path / "said").open("w") as said:
        report = run(Plan(postgresql=1200, sqlite=600, questions=30), None, Console(file=said))

    assert [(goal.goal, goal.value is not None) for goal in report.goals] == [("<= 150", True)] * 6
    assert {row["database"] for row in report.samples} == {"sqlite", "postgresql"}
