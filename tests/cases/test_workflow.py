"""What steps do to a case: returns, rework, the unit's clock, requests, supervision; and whose work they are."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from cases.database import Database
from cases.deeds import Order
from cases.errors import (
    ActionBlockedError,
    ActionDetailError,
    BrokenHistoryError,
    ForeignUnitError,
    PostMissingError,
    StaleEditError,
)
from cases.handling import Answer, Complaint, Request, Supervision
from cases.posts import CENTRE_POSTS, Doer, Post
from cases.queries import CaseQuery, Inbox
from cases.records import Case, case_id_of
from cases.replay import replay
from cases.states import Action, CaseState
from cases.store import CaseStore
from cases.timekeeping import TIME_IS_UP, keep_time
from cases.workflow import possible_for
from tests.cases.builders import new_case, pack_of
from tests.cases.workflow_model import EPOCH, TenHourDays

NINE = EPOCH + timedelta(days=20, hours=9)
"""An hour after work begins; the limit is four working hours, from 8 to 18."""

CENTRE = Doer("li", frozenset(CENTRE_POSTS))
SECOND = Doer("sun", frozenset(CENTRE_POSTS))
DEPARTMENT = Doer("wang", frozenset({Post.DEPARTMENT}), "a")
WORKER = Doer("zhao", frozenset({Post.HANDLER}), "a")
OTHER_DEPARTMENT = Doer("qian", frozenset({Post.DEPARTMENT}), "b")
SUPERVISOR = Doer("chen", frozenset({Post.SUPERVISOR}))


def hours(number: float) -> datetime:
    """A moment so many hours after nine."""
    return NINE + timedelta(hours=number)


class Desk:
    """One case and whoever does something with it."""

    def __init__(self, database: Database) -> None:
        self.store = CaseStore(database, deadlines=TenHourDays())
        self.case = self.store.open_case(new_case(opened_at=NINE), pack_of())

    def do(self, words: str, doer: Doer = CENTRE, hour: float = 0.0, **details: object) -> Case:
        """Do one action after the other; all say why and the last one has the details."""
        *before, last = words.split()
        for word in before:
            self._one(word, doer, hour, {})
        return self._one(last, doer, hour, details)

    def dispatched(self, unit: str = "a", hour: float = 0.0) -> Case:
        return self.do("file accept approve dispatch", unit=unit, hour=hour)

    def handed_back(self, hour: float) -> Case:
        self.dispatched()
        self.do("start report", WORKER, hour)
        return self.do("feed_back", DEPARTMENT, hour)

    def _one(self, word: str, doer: Doer, hour: float, details: dict) -> Case:
        order = Order(Action(word), "because", **details)
        self.case = self.store.decide(self.case.case_id, order, by=doer, at=hours(hour))
        return self.case


@pytest.fixture
def desk(database: Database) -> Desk:
    return Desk(database)


def test_case_runs_from_alarm_to_its_end(desk: Desk) -> None:
    desk.handed_back(hour=2)

    case = desk.do("pass_check close", hour=3)

    handling = case.handling
    assert case.state is CaseState.CLOSED
    assert (handling.unit, handling.handler) == ("a", "zhao")
    assert (handling.dispatched_at, handling.handled_at, handling.closed_at) == (hours(0), hours(2), hours(3))
    assert (handling.overdue, handling.due_at, handling.spent_s) == (False, None, 7200)


def test_limit_counts_working_hours_from_dispatch(desk: Desk) -> None:
    assert desk.dispatched(hour=7).handling.due_at == hours(23 + 2)  # dispatched at 16: two hours today, two from 8


def test_returned_report_is_not_accepted_as_it_is(desk: Desk) -> None:
    desk.do("file accept")
    assert desk.do("send_back").handling.returned_from is CaseState.ACCEPTED

    with pytest.raises(ActionBlockedError, match="it was sent back"):
        desk.do("accept")

    assert desk.do("decline").state is CaseState.NOT_ACCEPTED


def test_returned_report_that_was_verified_anew_can_be_accepted(desk: Desk) -> None:
    desk.do("file accept send_back verify verified")

    assert desk.do("accept").state is CaseState.ACCEPTED


def test_unit_that_has_begun_revokes_its_worker_before_it_gives_a_case_back(desk: Desk) -> None:
    desk.dispatched()
    desk.do("start", DEPARTMENT, handler="zhao")

    assert desk.do("send_back", DEPARTMENT).state is CaseState.DISPATCHED
    assert desk.case.handling.handler == ""
    assert desk.do("send_back", DEPARTMENT).state is CaseState.APPROVED


@pytest.mark.parametrize(("unit", "due_hour"), [("a", 5 + 3), ("b", 5 + 4)])
def test_same_unit_goes_on_with_what_is_left_and_another_begins_anew(desk: Desk, unit: str, due_hour: int) -> None:
    desk.dispatched()
    assert desk.do("send_back", DEPARTMENT, hour=1).handling.due_at is None

    assert desk.do("dispatch", hour=5, unit=unit).handling.due_at == hours(due_hour)


def test_what_is_not_done_goes_back_to_the_same_unit_with_the_time_that_is_left(desk: Desk) -> None:
    desk.handed_back(hour=3)

    case = desk.do("rework", hour=5)

    assert (case.state, case.handling.unit, case.handling.rework_count) == (CaseState.DISPATCHED, "a", 1)
    assert (case.handling.due_at, case.handling.handled_at) == (hours(6), None)
    assert len(case.packs) == 1


def test_suspension_pauses_the_clock_and_ends_by_itself(desk: Desk) -> None:
    desk.dispatched()
    desk.do("start", WORKER)
    suspended = desk.do("suspend", hour=1, until=hours(48))
    assert (suspended.state, suspended.handling.due_at) == (CaseState.SUSPENDED, None)

    assert keep_time(desk.store, hours(47)) == ()
    (resumed,) = keep_time(desk.store, hours(48))

    assert (resumed.state, resumed.handling.due_at) == (CaseState.HANDLING, hours(51))
    assert desk.store.history(resumed.case_id)[-1].actor == "system"


def test_case_is_put_off_once_only(desk: Desk) -> None:
    desk.dispatched()
    desk.do("start", WORKER)
    desk.do("suspend", until=hours(24))
    desk.do("resume")

    with pytest.raises(ActionBlockedError, match="once only"):
        desk.do("suspend", until=hours(24))


@pytest.mark.parametrize("hour", [0, -1, 24 * 367])
def test_case_is_put_off_to_a_date_ahead_within_a_year(desk: Desk, hour: int) -> None:
    desk.dispatched()
    desk.do("start", WORKER)

    with pytest.raises(ActionBlockedError, match="at most a year"):
        desk.do("suspend", until=hours(hour))


def test_extension_takes_three_and_adds_the_limit_once(desk: Desk) -> None:
    desk.dispatched()
    desk.do("ask_extension", WORKER)
    with pytest.raises(ActionBlockedError, match="first of the two"):
        desk.do("grant_extension")
    desk.do("endorse_extension", DEPARTMENT)

    case = desk.do("grant_extension", hour=1)

    assert (case.handling.extensions, case.handling.due_at) == (1, hours(8))


def test_extension_is_refused_without_counting_and_granted_twice_at_most(desk: Desk) -> None:
    desk.dispatched()
    desk.do("ask_extension refuse_extension", DEPARTMENT)
    for _ in range(2):
        desk.do("ask_extension endorse_extension", DEPARTMENT)
        desk.do("grant_extension")

    with pytest.raises(ActionBlockedError, match="as often as"):
        desk.do("ask_extension", DEPARTMENT)


def test_nobody_asks_for_more_time_once_it_is_up(desk: Desk) -> None:
    desk.dispatched()

    with pytest.raises(ActionBlockedError, match="time is up"):
        desk.do("ask_extension", DEPARTMENT, hour=4.1)


def test_appeal_takes_two_reviewers_and_keeps_the_fact(desk: Desk) -> None:
    desk.handed_back(hour=6)
    desk.do("pass_check close", hour=7)
    desk.do("appeal", DEPARTMENT)
    desk.do("endorse_appeal")
    with pytest.raises(ActionBlockedError, match="somebody else"):
        desk.do("grant_appeal")

    handling = desk.do("grant_appeal", SECOND).handling

    assert (handling.appeal, handling.exempt, handling.overdue) == (Request.GRANTED, True, True)
    with pytest.raises(ActionBlockedError, match="one appeal only"):
        desk.do("appeal", DEPARTMENT)


def test_appeal_against_a_closing_in_time_is_refused(desk: Desk) -> None:
    desk.handed_back(hour=2)
    desk.do("pass_check close", hour=20)

    with pytest.raises(ActionBlockedError, match="not closed late"):
        desk.do("appeal", DEPARTMENT)


def test_late_unit_is_urged_once_and_answers(desk: Desk) -> None:
    desk.dispatched()
    assert keep_time(desk.store, hours(4)) == ()

    (urged,) = keep_time(desk.store, hours(4.5))

    assert urged.handling.supervision == (Supervision.TIMEOUT,)
    assert desk.store.history(urged.case_id)[-1].reason == TIME_IS_UP
    assert keep_time(desk.store, hours(5)) == ()
    desk.do("answer_supervision", WORKER, hour=5)
    assert desk.do("supervise", SUPERVISOR, kind=Supervision.LEADER).handling.supervision == ("timeout", "leader")
    assert desk.do("end_supervision", SUPERVISOR).handling.supervision == ()
    assert keep_time(desk.store, hours(6)) == ()


def test_case_is_merged_into_a_case_that_exists_is_another_and_was_not_merged(desk: Desk) -> None:
    second = desk.store.open_case(new_case("event-2", opened_at=NINE), pack_of("event-2"))
    for number, said in ((desk.case.number, "into itself"), ("SW209901010001", "no case of that number")):
        with pytest.raises(ActionBlockedError, match=said):
            desk.do("merge", into=number)

    merged = desk.do("merge", into=second.number)

    assert (merged.state, merged.handling.parent_number) == (CaseState.MERGED, second.number)
    with pytest.raises(ActionBlockedError, match="itself merged"):
        desk.store.decide(second.case_id, Order(Action.MERGE, into=merged.number), by=CENTRE, at=NINE)


def test_reopened_case_starts_over_and_remembers_what_happens_once(desk: Desk) -> None:
    desk.dispatched()
    desk.do("start", WORKER)
    desk.do("suspend", until=hours(24))
    desk.do("force_close")

    case = desk.do("reopen")

    handling = case.handling
    assert (case.state, handling.unit, handling.closed_at) == (CaseState.CONFIRMED, "", None)
    assert (handling.suspended_at, handling.suspended_until) == (hours(0), None)


@pytest.mark.parametrize(
    ("doer", "refusal", "said"),
    [
        (WORKER, PostMissingError, "it is the work of department"),
        (SUPERVISOR, PostMissingError, "chen may not do 'send_back'"),
        (OTHER_DEPARTMENT, ForeignUnitError, "with unit 'a', and qian is of 'b'"),
        (Doer("nobody", frozenset()), PostMissingError, "it is the work of department"),
    ],
)
def test_step_that_is_not_ones_own_work_is_refused_and_changes_nothing(
    desk: Desk, doer: Doer, refusal: type[Exception], said: str
) -> None:
    before = desk.dispatched()

    with pytest.raises(refusal, match=said):
        desk.do("send_back", doer)

    assert desk.store.get(before.case_id) == before


def test_what_only_the_program_judges_is_refused_to_everybody(desk: Desk) -> None:
    with pytest.raises(PostMissingError, match="only the program does it"):
        desk.do("resolve", Doer("boss", frozenset(Post), "*"))


@pytest.mark.parametrize(
    ("words", "details", "said"),
    [
        ("file accept approve dispatch", {}, "'dispatch' needs 'unit'"),
        ("file", {"unit": "a"}, "'file' takes no 'unit'"),
        ("file accept", {"condition": 0}, "does not take this value for 'condition'"),
        ("file accept approve dispatch", {"unit": "x" * 129}, "so long a text for 'unit'"),
    ],
)
def test_detail_that_is_missing_or_not_wanted_is_named(
    desk: Desk, words: str, details: dict[str, object], said: str
) -> None:
    with pytest.raises(ActionDetailError, match=said):
        desk.do(words, **details)


def test_stale_decision_is_refused_for_every_step(desk: Desk) -> None:
    seen = desk.do("file").revision
    desk.do("accept")

    with pytest.raises(StaleEditError):
        desk.store.decide(desk.case.case_id, Order(Action.APPROVE), by=CENTRE, at=NINE, expected_revision=seen)


def test_clock_that_was_set_back_takes_no_time_from_what_was_used(desk: Desk) -> None:
    desk.dispatched(hour=2)

    assert desk.do("send_back", DEPARTMENT, hour=-5).handling.spent_s == 0.0


def test_case_without_a_known_limit_runs_without_one(desk: Desk) -> None:
    desk.do("file accept approve")

    case = desk.do("dispatch", unit="a", condition=9)

    assert (case.handling.due_at, case.handling.running_since) == (None, hours(0))


def test_store_without_deadlines_sets_no_limit(store: CaseStore) -> None:
    case_id = store.open_case(new_case(opened_at=NINE), pack_of()).case_id
    for action, unit in (("file", ""), ("accept", ""), ("approve", ""), ("dispatch", "a")):
        store.decide(case_id, Order(Action(action), unit=unit), by=CENTRE, at=NINE)

    assert store.get(case_id).handling.due_at is None


def test_history_whose_detail_was_altered_is_noticed(desk: Desk) -> None:
    desk.dispatched()
    history = desk.store.history(desk.case.case_id)
    for detail in ({"revision": 2, "unit": "a"}, {"unit": 7}, {"revision": 5, "unit": "a", "more": 1}):
        with pytest.raises(BrokenHistoryError):
            replay([*history[:-1], replace(history[-1], detail=detail)])


def test_lists_are_narrowed_by_unit_inbox_and_lateness(desk: Desk) -> None:
    desk.dispatched()
    desk.store.open_case(new_case("event-2", opened_at=NINE), pack_of("event-2"))

    def found(**query: object) -> list[str]:
        return [case.event_id for case in desk.store.find(CaseQuery(**query)).cases]

    with_unit = (CaseState.DISPATCHED,)
    assert found(units=("a",)) == ["event-1"]
    assert found(units=("b",)) == []
    assert found(inbox=Inbox((CaseState.CANDIDATE,), with_unit, "b")) == ["event-2"]
    assert found(inbox=Inbox((), with_unit, "a")) == found(inbox=Inbox((), with_unit, "*")) == ["event-1"]
    assert found(inbox=Inbox((), with_unit, "")) == []
    assert found(due_before=hours(4)) == []
    assert found(due_before=hours(4.1)) == ["event-1"]
    assert case_id_of("event-1") == desk.case.case_id


def test_case_that_a_citizen_complained_of_is_closed_once_he_says_that_he_is_satisfied(desk: Desk) -> None:
    desk.do("file take_complaint", complaint=Complaint.HOTLINE)
    desk.do("accept approve dispatch", unit="a")
    desk.do("start report feed_back", DEPARTMENT)
    desk.do("pass_check")
    with pytest.raises(ActionBlockedError, match="has not said that he is satisfied"):
        desk.do("close")
    desk.do("take_answer", answer=Answer.DISSATISFIED)
    with pytest.raises(ActionBlockedError):
        desk.do("close")

    desk.do("take_answer", answer=Answer.MOSTLY)

    assert Action.CLOSE in possible_for(desk.case.standing, CENTRE, NINE)
    case = desk.do("close")
    assert (case.state, case.handling.complaint, case.handling.answer) == (CaseState.CLOSED, "hotline", "mostly")
    assert replay(desk.store.history(case.case_id)).standing == case.standing


def test_case_of_a_citizen_who_is_not_satisfied_can_be_closed_by_force(desk: Desk) -> None:
    desk.do("file take_complaint", complaint=Complaint.PUBLIC)
    desk.do("accept approve dispatch", unit="a")

    assert desk.do("force_close").state is CaseState.FORCE_CLOSED
    assert desk.do("take_answer", answer=Answer.SATISFIED).handling.answer == "satisfied"


def test_rework_and_another_complaint_ask_for_a_new_answer(desk: Desk) -> None:
    desk.do("file take_complaint", complaint=Complaint.PUBLIC)
    desk.do("accept approve dispatch", unit="a")
    desk.do("start report feed_back", DEPARTMENT)
    desk.do("take_answer", answer=Answer.SATISFIED)

    assert desk.do("rework").handling.answer == ""
    desk.do("start report feed_back", DEPARTMENT)
    desk.do("take_answer", answer=Answer.SATISFIED)
    again = desk.do("take_complaint", complaint=Complaint.HOTLINE).handling
    assert (again.complaint, again.answer) == ("hotline", "")


def test_nobody_is_asked_who_did_not_complain_and_the_desk_closes_as_ever(desk: Desk) -> None:
    desk.do("file")
    with pytest.raises(ActionBlockedError, match="no citizen complained"):
        desk.do("take_answer", answer=Answer.SATISFIED)

    assert desk.do("close").state is CaseState.CLOSED
