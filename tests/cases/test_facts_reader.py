"""Facts read from the database: those of the log are those of the rows, and only what is needed is read."""

from datetime import date, datetime, timedelta

import pytest

from cases.case_facts import Opening, facts_of
from cases.case_numbers import BEIJING
from cases.database import Database
from cases.evaluation import Question
from cases.facts_reader import FactsReader
from cases.grouping import By, groups_of
from cases.periods import Period
from cases.records import Case, case_id_of
from cases.states import Action, CaseState
from cases.store import CaseStore
from tests.cases.builders import NOON, new_case, pack_of, warning

NOVEMBER = Question(Period(date(2026, 11, 1), date(2026, 11, 30), BEIJING), By.UNIT, NOON + timedelta(days=30))
MINUTE = timedelta(minutes=1)


@pytest.fixture
def reader(database: Database) -> FactsReader:
    return FactsReader(database)


def opened(store: CaseStore, event_id: str, raised_at: datetime = NOON) -> str:
    new = new_case(event_id, raised_at=raised_at, opened_at=raised_at + timedelta(seconds=1))
    store.open_case(new, pack_of(event_id))
    return case_id_of(event_id)


def act(store: CaseStore, case_id: str, *actions: Action, at: datetime = NOON + MINUTE) -> Case:
    for place, action in enumerate(actions):
        case = store.apply(case_id, action, actor="li", reason="because", at=at + place * MINUTE)
    return case


def some_of_everything(store: CaseStore) -> None:
    act(store, opened(store, "filed"), Action.FILE)
    act(store, opened(store, "closed"), Action.CONFIRM, Action.FILE, Action.CLOSE)
    act(store, opened(store, "withdrawn"), Action.FILE, Action.DISMISS)
    heeded = opened(store, "heeded")
    store.add_warning(heeded, warning())
    act(store, heeded, Action.WARN, Action.RESOLVE, Action.CLOSE)
    unheeded = opened(store, "unheeded")
    store.add_warning(unheeded, warning())
    act(store, unheeded, Action.WARN, Action.FILE)
    act(store, opened(store, "left"), Action.RESOLVE)
    opened(store, "alarm")


def test_facts_of_the_log_are_those_of_the_rows(store: CaseStore, reader: FactsReader) -> None:
    some_of_everything(store)
    read = {facts.case_id: facts for facts in reader.read(NOVEMBER).cases}

    for case_id, facts in read.items():
        case = store.get(case_id)
        assert facts == facts_of(Opening.of(case), store.history(case_id), NOVEMBER.as_of)
        assert (facts.number, facts.state, facts.raised_at) == (case.number, case.state, case.raised_at)
        assert facts.is_warned == any(each.ok for each in case.warnings)
        assert (facts.closed_at is not None) == (case.state is CaseState.CLOSED)
    assert read.keys() == {case_id_of(name) for name in ("filed", "closed", "withdrawn", "heeded", "unheeded")}


def test_facts_are_those_of_the_moment_asked_for(store: CaseStore, reader: FactsReader) -> None:
    act(store, opened(store, "event-1"), Action.FILE, Action.CLOSE)

    question = Question(NOVEMBER.period, By.UNIT, NOON + 1.5 * MINUTE)

    assert [facts.state for facts in reader.read(question).cases] == ["filed"]


def test_cases_of_the_months_before_are_read_too_and_older_ones_are_not(store: CaseStore, reader: FactsReader) -> None:
    for days in (30, 60, 100, 150):
        act(
            store,
            opened(store, f"event-{days}", NOON - timedelta(days=days)),
            Action.FILE,
            at=NOON - timedelta(days=days),
        )

    read = reader.read(NOVEMBER)

    assert len(read.cases) == 3
    assert read.began_at == NOON - timedelta(days=150)


def test_no_case_at_all_is_no_mistake(reader: FactsReader) -> None:
    read = reader.read(NOVEMBER)

    assert (read.cases, read.began_at) == ((), None)


def test_known_numbers_are_those_that_cases_have(store: CaseStore, reader: FactsReader) -> None:
    number = store.get(opened(store, "event-1")).number

    assert reader.known([number, "SW0"]) == {number}


@pytest.mark.parametrize("by", list(By))
def test_what_is_read_of_the_months_before_says_as_much_as_whole_histories(store: CaseStore, by: By) -> None:
    some_of_everything(store)
    december = Period(date(2026, 12, 1), date(2026, 12, 31), BEIJING)
    question = Question(december, by, NOON + timedelta(days=60))

    read = FactsReader(store.database).read(question).cases

    whole = [
        facts_of(Opening.of(store.get(each.case_id)), store.history(each.case_id), question.as_of) for each in read
    ]
    assert len(read) == 4
    assert [(each.is_registered, groups_of(each, by)) for each in read] == [
        (each.is_registered, groups_of(each, by)) for each in whole
    ]
