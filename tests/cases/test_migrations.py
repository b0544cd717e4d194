"""Bringing up databases of released versions: every fact stays; what fails half-way leaves the old state."""

import runpy
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, MetaData, create_engine, inspect, select, text, update
from sqlalchemy.engine import URL

from cases import database as database_module
from cases.database import Database, open_database
from cases.deeds import Order
from cases.errors import MigrationError
from cases.people import People, Role
from cases.posts import Doer
from cases.queries import CaseQuery
from cases.records import case_id_of
from cases.replay import Replayed, replay
from cases.states import Action, CaseState
from cases.store import CaseStore
from cases.tables import CaseRow
from tests.cases.builders import NOON, new_case, pack_of

RELEASED = sorted((Path(__file__).parent / "released").glob("*.sql"))

Rows = dict[str, list[dict[str, Any]]]


@pytest.fixture(params=RELEASED, ids=lambda path: path.stem)
def released(request: pytest.FixtureRequest, blank_url: URL) -> URL:
    """A database as a released version left it, with rows of every kind."""
    database = Database(blank_url)
    database.upgrade(request.param.stem)
    database.close()
    engine = create_engine(blank_url)
    with engine.begin() as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(text("SET LOCAL timezone = 'UTC'"))
        for statement in request.param.read_text(encoding="utf-8").split(";\n"):
            if statement.strip():
                connection.execute(text(statement.replace(":", "\\:")))
    engine.dispose()
    return blank_url


def everything(url: URL) -> Rows:
    """Return every row of every table."""
    engine = create_engine(url)
    tables = MetaData()
    with engine.connect() as connection:
        tables.reflect(connection)
        rows = {t.name: [dict(row) for row in connection.execute(select(t)).mappings()] for t in tables.sorted_tables}
    engine.dispose()
    return rows


def layout(connection: Connection) -> dict[str, list[str]]:
    looked = inspect(connection)
    return {table: [column["name"] for column in looked.get_columns(table)] for table in looked.get_table_names()}


def test_every_fact_of_a_released_version_comes_through_the_upgrade(released: URL) -> None:
    before = everything(released)

    open_database(released).close()

    after = everything(released)
    del before["alembic_version"]
    for table, rows in before.items():
        kept = [{name: row[name] for name in rows[0]} for row in after[table]]
        assert all(row in kept for row in rows), table
        assert len(kept) == len(rows), table


def test_cases_of_a_released_version_are_read_found_counted_and_gone_on_with(released: URL) -> None:
    store = CaseStore(open_database(released))

    cases = {case.case_id: case for case in store.find(CaseQuery()).cases}
    assert list(cases) == ["c3", "c2", "c1"]
    assert [Replayed.of_case(case) for case in cases.values()] == [replay(store.history(case)) for case in cases]
    assert [file.size_bytes for file in cases["c1"].files] == [184320, 9_000_000_000, 184321]
    assert [warning.text for warning in cases["c1"].warnings] == ["您好，此处严禁占道经营。", "请离开"]
    assert {state: count for state, count in store.counts().items() if count} == {
        CaseState.CLOSED: 1,
        CaseState.CANDIDATE: 1,
        CaseState.DISMISSED: 1,
    }
    assert [line.case_id for line in store.lines(CaseQuery(text="解放路 o'neill")).lines] == ["c3"]
    assert store.open_case(new_case(), pack_of()).number == "SW202611210003"
    assert store.missing_numbers() == ()
    store.close()


def test_stage_that_a_case_is_in_is_known_from_its_history(blank_url: URL) -> None:
    store = CaseStore(open_database(blank_url))
    verified = (Order(Action.FILE), Order(Action.VERIFY), Order(Action.VERIFIED, "offence_found"))
    ways = {
        "candidate": (),
        "filed": verified,
        "verifying": verified[:2],
        "approved": (*verified, Order(Action.ACCEPT), Order(Action.APPROVE)),
        "dismissed": (*verified, Order(Action.DISMISS, "duplicate")),
    }
    for state, orders in ways.items():
        store.open_case(new_case(state), pack_of(state))
        for minutes, order in enumerate(orders, start=1):
            at = NOON + timedelta(minutes=minutes * minutes)
            store.decide(case_id_of(state), order, by=Doer("li"), at=at)
        store.end_offence(case_id_of(state), NOON + timedelta(hours=1))
    before = {case.case_id: case.handling for case in store.find(CaseQuery()).cases}
    [path] = (Path(database_module.__file__).parent / "migrations/versions").glob("*_know_since_when_a_stage_runs.py")
    migration = runpy.run_path(str(path))
    with store.database.writing() as session:
        session.execute(update(CaseRow).values(stage_since=None, stage_spent_s=0.0))
        migration["fill"](session.connection())

    after = store.find(CaseQuery()).cases
    store.close()

    assert {case.case_id: case.handling for case in after} == before
    running = {case.state: case.handling.stage_since for case in after}
    assert running == {
        CaseState.CANDIDATE: None,
        CaseState.FILED: NOON + timedelta(minutes=6),  # 3 minutes of accepting before minute 4, again from minute 9 on
        CaseState.VERIFYING: NOON + timedelta(minutes=4),
        CaseState.APPROVED: NOON + timedelta(minutes=25),
        CaseState.DISMISSED: None,
    }


def test_accounts_of_a_released_version_keep_role_and_state(released: URL) -> None:
    database = open_database(released)

    li, wang = People(database).everybody()

    assert (li.name, li.role, li.disabled) == ("li", Role.OPERATOR, False)
    assert (wang.name, wang.role, wang.disabled) == ("wang", Role.ADMIN, True)
    database.close()


def test_upgrade_that_fails_half_way_leaves_the_old_state_and_says_so(released: URL) -> None:
    engine = create_engine(released)
    with engine.begin() as connection:  # in the way of the newest revision, after it has added columns
        connection.execute(text("CREATE TABLE case_tallies (somebody TEXT)"))
    with engine.connect() as connection:
        old = layout(connection)
    before = everything(released)

    with pytest.raises(MigrationError, match=r"could not be brought up to date.*case_tallies.*nothing was altered"):
        open_database(released)

    with engine.begin() as connection:
        assert layout(connection) == old
        assert everything(released) == before
        connection.execute(text("DROP TABLE case_tallies"))
    engine.dispose()
    store = CaseStore(open_database(released))  # what was in the way is gone: it goes through
    assert store.find(CaseQuery()).total == 3
    store.close()


def test_database_of_a_newer_program_is_refused_and_left_alone(released: URL) -> None:
    engine = create_engine(released)
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    engine.dispose()
    before = everything(released)

    with pytest.raises(MigrationError, match=r"does not fit this program.*9999.*use the version that last wrote it"):
        open_database(released)

    assert everything(released) == before


def test_programs_that_bring_up_one_database_at_once_all_succeed(blank_url: URL) -> None:
    def opening(_: int) -> None:
        open_database(blank_url).close()

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(opening, range(4)))

    database = open_database(blank_url)
    assert CaseStore(database).find(CaseQuery()).total == 0
    database.close()
