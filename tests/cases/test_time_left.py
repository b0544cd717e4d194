"""Lights of cases: what a row shows and what the database counts are the same, in working time as well."""

from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import func, select

from cases.code_settings import CodeSettings
from cases.database import Database
from cases.deadlines import CodeDeadlines
from cases.deeds import Order
from cases.inboxes import stages_of
from cases.lights import Light, Reminder
from cases.posts import Doer, Post
from cases.queries import CaseQuery
from cases.records import Case
from cases.searching import conditions_of
from cases.states import Action
from cases.store import CaseStore
from cases.tables import CaseRow
from cases.time_left import Lights
from tests.cases.builders import new_case, pack_of

BEIJING = ZoneInfo("Asia/Shanghai")
FRIDAY = datetime(2026, 6, 5, 16, 0, tzinfo=BEIJING)
URGENT, WORK_DAYS, NO_LIMIT = "0406", "0201", "9999"
HOUR = timedelta(hours=1)


@pytest.fixture(scope="module")
def deadlines() -> CodeDeadlines:
    return CodeSettings().deadlines(BEIJING)


@pytest.fixture
def store(database: Database, deadlines: CodeDeadlines) -> CaseStore:
    return CaseStore(database, deadlines=deadlines)


def dispatched(store: CaseStore, code: str, at: datetime, name: str = "e1") -> Case:
    case = store.open_case(new_case(name, code=code), pack_of(name))
    steps = Order(Action.FILE), Order(Action.ACCEPT), Order(Action.APPROVE), Order(Action.DISPATCH, unit="a")
    for order in steps:
        case = store.decide(case.case_id, order, by=Doer("li"), at=at)
    return case


def test_light_turns_yellow_in_the_last_fifth_and_red_when_nothing_is_left(
    store: CaseStore, deadlines: CodeDeadlines
) -> None:
    case, lights = dispatched(store, URGENT, FRIDAY), Lights(deadlines)  # two hours around the clock
    times = [FRIDAY, FRIDAY + timedelta(minutes=95), FRIDAY + timedelta(minutes=96), FRIDAY + 2 * HOUR]

    found = [lights.of(case, at) for at in times]

    assert [left.light for left in found if left] == [Light.GREEN, Light.GREEN, Light.YELLOW, Light.RED]
    assert [left.left_s for left in found if left] == [7200, 1500, 1440, 0]


def test_nights_and_weekends_take_nothing_of_a_limit_in_working_time(
    store: CaseStore, deadlines: CodeDeadlines
) -> None:
    case, lights = dispatched(store, WORK_DAYS, FRIDAY), Lights(deadlines)
    monday = FRIDAY.replace(day=8, hour=8)

    evening, morning = lights.of(case, FRIDAY.replace(hour=23)), lights.of(case, monday)

    assert evening is not None
    assert morning == evening
    assert evening.day_s == 8 * 3600
    assert lights.of(case, FRIDAY) != evening


def test_what_is_late_counts_in_working_time_too(store: CaseStore, deadlines: CodeDeadlines) -> None:
    case = dispatched(store, WORK_DAYS, FRIDAY)
    assert case.handling.due_at is not None

    left = Lights(deadlines).of(case, case.handling.due_at + timedelta(days=7))

    assert left is not None
    assert (left.light, left.left_s) == (Light.RED, -5 * 8 * 3600)


@pytest.mark.parametrize("code", [URGENT, WORK_DAYS])
def test_database_counts_as_yellow_exactly_what_shows_yellow(
    store: CaseStore, deadlines: CodeDeadlines, code: str
) -> None:
    lights = Lights(deadlines)
    cases = [dispatched(store, code, FRIDAY + i * 17 * HOUR, f"e{i}") for i in range(12)]
    seen = set()
    for minutes in range(0, 60 * 24 * 5, 97):
        now = FRIDAY + timedelta(minutes=minutes)
        shown = [left.light if (left := lights.of(case, now)) else None for case in cases]
        yellow = {case.case_id for case, light in zip(cases, shown, strict=True) if light is Light.YELLOW}
        asked = store.find(CaseQuery(due_soon=lights.due_soon(store.database, now))).cases
        assert {case.case_id for case in asked} == yellow
        reminded = lights.reminders(store.database, now)
        assert reminded[Reminder.DUE_SOON] == len(yellow)
        seen |= set(shown)
    assert seen == {Light.GREEN, Light.YELLOW, Light.RED}


def test_reminders_count_what_is_over(store: CaseStore, deadlines: CodeDeadlines) -> None:
    dispatched(store, URGENT, FRIDAY)

    assert Lights(deadlines).reminders(store.database, FRIDAY + 3 * HOUR) == {
        Reminder.DUE_SOON: 0,
        Reminder.OVERDUE: 1,
    }


def test_case_whose_clock_stands_still_or_has_no_limit_has_no_light(store: CaseStore, deadlines: CodeDeadlines) -> None:
    waiting = store.open_case(new_case("e2"), pack_of("e2"))

    assert Lights(deadlines).of(waiting, FRIDAY) is None
    assert Lights(deadlines).of(dispatched(store, NO_LIMIT, FRIDAY), FRIDAY) is None


def test_condition_that_the_table_lost_still_turns_red(store: CaseStore, deadlines: CodeDeadlines) -> None:
    case = dispatched(store, URGENT, FRIDAY)
    older = replace(case, handling=replace(case.handling, condition=77))

    found = [Lights(deadlines).of(older, FRIDAY + hours * HOUR) for hours in (1, 3)]

    assert [(left.light, left.left_s) for left in found if left] == [(Light.GREEN, 3600), (Light.RED, -3600)]


FILED = (Order(Action.FILE),)
APPROVED = (*FILED, Order(Action.ACCEPT), Order(Action.APPROVE))
CHECKING = (
    *APPROVED,
    Order(Action.DISPATCH, unit="a"),
    Order(Action.START),
    Order(Action.REPORT, "cleared"),
    Order(Action.FEED_BACK),
)
ACCEPTOR, COLLECTOR, DISPATCHER = (
    stages_of(Doer("li", frozenset({post}))) for post in (Post.ACCEPTOR, Post.COLLECTOR, Post.DISPATCHER)
)


def brought(store: CaseStore, orders: tuple[Order, ...], at: datetime, name: str = "e1") -> Case:
    case = store.open_case(new_case(name, code=URGENT), pack_of(name))
    for order in orders:
        case = store.decide(case.case_id, order, by=Doer("li"), at=at)
    return case


@pytest.mark.parametrize(
    ("orders", "minutes"),
    [(FILED, 15), ((*FILED, Order(Action.VERIFY)), 30), (APPROVED, 15), (CHECKING, 30)],
    ids=["filed", "verifying", "approved", "checking"],
)
def test_stage_turns_yellow_in_its_last_fifth_and_red_when_nothing_is_left(
    store: CaseStore, deadlines: CodeDeadlines, orders: tuple[Order, ...], minutes: int
) -> None:
    case, lights = brought(store, orders, FRIDAY), Lights(deadlines)
    times = [FRIDAY + timedelta(minutes=minutes * share) for share in (0, 0.79, 0.8, 1)]

    found = [lights.of(case, at) for at in times]

    assert [left.light for left in found if left] == [Light.GREEN, Light.GREEN, Light.YELLOW, Light.RED]
    assert found[0] is not None
    assert (found[0].left_s, found[0].day_s) == (minutes * 60, 86_400)


@pytest.mark.parametrize("orders", [(), APPROVED[:2], (*APPROVED[:2], Order(Action.SEND_BACK, "not_ours"))[:2]])
def test_state_without_a_stage_clock_has_no_light(
    store: CaseStore, deadlines: CodeDeadlines, orders: tuple[Order, ...]
) -> None:
    assert Lights(deadlines).of(brought(store, orders, FRIDAY), FRIDAY + HOUR) is None


def test_verification_pauses_the_clock_of_accepting(store: CaseStore, deadlines: CodeDeadlines) -> None:
    case = brought(store, FILED, FRIDAY)
    steps = ((Order(Action.VERIFY), 10), (Order(Action.VERIFIED, "offence_found"), 40))
    for order, minutes in steps:
        case = store.decide(case.case_id, order, by=Doer("li"), at=FRIDAY + timedelta(minutes=minutes))

    left = Lights(deadlines).of(case, FRIDAY + timedelta(minutes=43))

    assert left is not None
    assert (left.light, left.left_s) == (Light.YELLOW, 120)


def test_database_finds_as_late_and_soon_exactly_the_stages_that_show_it_to_their_post(
    store: CaseStore, deadlines: CodeDeadlines
) -> None:
    lights, now = Lights(deadlines), FRIDAY + HOUR
    ways = {"filed": FILED, "verifying": (*FILED, Order(Action.VERIFY)), "approved": APPROVED, "checking": CHECKING}
    cases = [
        brought(store, orders, now - timedelta(minutes=age), f"{state}{age}")
        for state, orders in ways.items()
        for age in (0, 12, 13, 15, 24, 25, 30, 40)
    ]
    for states in (ACCEPTOR, COLLECTOR, DISPATCHER):
        own = [case for case in cases if case.state in states]
        for colour, query in (
            (Light.RED, CaseQuery(due_before=now, late_stages=lights.late_stages(now, states))),
            (Light.YELLOW, CaseQuery(due_soon=lights.due_soon(store.database, now, states))),
        ):
            shown = {case.case_id for case in own if (left := lights.of(case, now)) and left.light is colour}
            assert shown
            assert {case.case_id for case in store.find(query).cases} == shown
    assert lights.reminders(store.database, now) == {Reminder.DUE_SOON: 0, Reminder.OVERDUE: 0}
    assert lights.reminders(store.database, now, DISPATCHER) == {Reminder.DUE_SOON: 2, Reminder.OVERDUE: 5}


def test_each_post_keeps_the_stages_that_wait_for_it() -> None:
    assert (ACCEPTOR, COLLECTOR, DISPATCHER) == (("filed",), ("verifying", "checking"), ("approved",))
    assert stages_of(Doer("qian", frozenset({Post.DEPARTMENT}), "a")) == ()


def test_late_stages_are_found_by_an_index(sqlite_database: Database, deadlines: CodeDeadlines) -> None:
    states = (*ACCEPTOR, *COLLECTOR, *DISPATCHER)
    late = CaseQuery(due_before=FRIDAY, late_stages=Lights(deadlines).late_stages(FRIDAY, states))
    counted = select(func.count()).select_from(CaseRow).where(*conditions_of(late))
    with sqlite_database.reading() as session:
        plain = str(counted.compile(session.get_bind(), compile_kwargs={"literal_binds": True}))
        plan = session.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {plain}").fetchall()

    steps = [row[3] for row in plan]
    assert sum("ix_cases_state_stage_since" in step for step in steps) == len(states)
    assert any("ix_cases_due_at" in step for step in steps)
    assert [step for step in steps if step.startswith("SCAN")] == []
