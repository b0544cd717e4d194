"""A PostgreSQL server that goes away and comes back: cases are held back, then written once, and none is lost."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from cases.database import open_database
from cases.errors import DatabaseError
from cases.queries import CaseQuery
from cases.store import CaseStore
from detectors.events import Phase
from pipeline.agenda import Agenda
from tests.cases.builders import new_case, pack_of
from tests.pipeline.desk import Desk
from tests.pipeline.fakes import event
from tests.pipeline.test_case_flow import wait_until
from tests.postgres_server import PostgresServer


@contextmanager
def away(postgres: PostgresServer, how: str) -> Iterator[None]:
    postgres.stop(how=how)
    try:
        yield
    finally:
        postgres.start()


@pytest.fixture
def store(postgres: PostgresServer, database_numbers: Iterator[int]) -> Iterator[CaseStore]:
    name = f"away_{next(database_numbers)}"
    store = CaseStore(open_database(postgres.create(name)))
    yield store
    store.close()
    postgres.drop(name)


@pytest.mark.parametrize("how", ["fast", "immediate"])
def test_case_that_an_absent_database_holds_back_is_written_once_it_returns(
    tmp_path: Path, postgres: PostgresServer, store: CaseStore, how: str
) -> None:
    clock = [0.0]
    agenda = Agenda("cases-writer", clock=lambda: clock[0])
    desk = Desk(tmp_path, agenda, store)
    store.open_case(new_case(), pack_of())  # connections are open when the server goes
    agenda.start()
    with away(postgres, how):
        desk.flow.on_event(event())
        wait_until(lambda: agenda.held_back == 1)
        told = agenda.problem
        desk.flow.on_event(event(Phase.ENDED))  # it even ends before the database is back
    for now_s in (100.0, 200.0, 300.0):  # whatever waited for its next try
        clock[0] = now_s
        agenda.now("nudge", lambda: None)
    wait_until(lambda: (case := store.of_event("gate-kerb-1")) is not None and case.ended_at is not None)
    agenda.stop()

    assert "see that the PostgreSQL server runs" in told
    assert agenda.held_back == 0
    assert store.missing_numbers() == ()
    assert sorted(case.event_id for case in store.find(CaseQuery()).cases) == ["event-1", "gate-kerb-1"]


def test_store_says_that_it_is_away_and_works_at_once_when_it_is_back(
    postgres: PostgresServer, store: CaseStore
) -> None:
    first = store.open_case(new_case("event-1"), pack_of("event-1"))
    with away(postgres, "fast"):
        with pytest.raises(DatabaseError, match=r"see that the PostgreSQL server runs") as caught:
            store.get(first.case_id)
        assert caught.value.retryable
        assert "\n" not in str(caught.value)

    assert store.get(first.case_id) == first
    assert store.open_case(new_case("event-2"), pack_of("event-2")).number.endswith("0002")


def test_transaction_that_was_under_way_is_not_there_afterwards(postgres: PostgresServer, store: CaseStore) -> None:
    def cut_short() -> None:
        with store.database.writing() as session, away(postgres, "immediate"):
            session.get_bind()
            store.open_case(new_case("event-1"), pack_of("event-1"))

    with pytest.raises(DatabaseError):
        cut_short()

    assert store.find(CaseQuery()).total == 0
    assert store.open_case(new_case("event-1"), pack_of("event-1")).number.endswith("0001")
