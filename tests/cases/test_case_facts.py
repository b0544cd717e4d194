"""What a history says about its case: when things happened, what was late, what counts."""

import pytest

from cases.evaluation_inputs import EvaluationInputs
from cases.statistic_keys import RULES, StatisticKey
from tests.cases.courses import Course, at, quick


def keys(course: Course, as_of: str = "12-31 00:00") -> set[StatisticKey]:
    facts = course.facts(at(as_of))
    return {key for key, rule in RULES.items() if rule(facts, EvaluationInputs())}


def waiting(due: str = "11-02 12:00") -> Course:
    return Course("A1", "11-02 08:00").filed("11-02 08:10").dispatched("11-02 08:20", "一中队", due)


def test_times_are_those_of_the_first_report_and_the_last_handing_back() -> None:
    course = (
        waiting()
        .handed_back("11-02 09:00")
        .do("11-02 09:30", "rework", "dispatched", due_at=at("11-02 12:00").isoformat())
    )
    course.handed_back("11-02 11:00")

    facts = course.facts()

    assert (facts.filed_at, facts.registered_at) == (at("11-02 08:10"), at("11-02 08:20"))
    assert facts.dispatched_at == at("11-02 08:20")
    assert (facts.handled_at, facts.due, facts.reworks) == (at("11-02 11:00"), at("11-02 12:00"), 1)


def test_what_happened_after_the_moment_asked_for_is_not_seen() -> None:
    facts = quick("A1", "一中队", "11-02").facts(at("11-02 09:00"))

    assert (facts.state, facts.handled_at, facts.closed_at) == ("dispatched", None, None)


def test_worker_who_is_done_does_not_stop_the_clock_of_the_unit() -> None:
    course = waiting().do("11-02 11:00", "report", "handled").do("11-02 12:01", "feed_back", "checking")

    assert course.facts(at("11-02 11:30")).handled_at is None
    assert StatisticKey.OVERDUE_HANDLE in keys(course)


def test_case_handed_back_in_its_last_minute_is_in_time() -> None:
    assert StatisticKey.ON_TIME_HANDLE in keys(waiting().handed_back("11-02 12:00"))


def test_case_is_overdue_from_the_moment_its_time_is_up() -> None:
    assert StatisticKey.ON_TIME_PENDING in keys(waiting(), "11-02 12:00")
    assert {StatisticKey.OVERDUE_PENDING, StatisticKey.SHOULD_CLOSE} <= keys(waiting(), "11-02 12:01")


def test_suspended_case_is_not_overdue() -> None:
    course = waiting().do("11-02 10:00", "suspend", "suspended")

    assert {StatisticKey.SUSPEND, StatisticKey.ON_TIME_PENDING} <= keys(course)


@pytest.mark.parametrize(
    ("suspended", "key"),
    [("11-02 10:00", StatisticKey.ON_TIME_CLOSE), ("11-02 12:30", StatisticKey.OVERDUE_CLOSE)],
)
def test_case_closed_by_force_while_suspended_is_closed_late_only_if_it_was_late_before(
    suspended: str, key: StatisticKey
) -> None:
    course = waiting().do(suspended, "suspend", "suspended").do("11-20 10:00", "force_close", "force_closed")

    assert key in keys(course)


def test_deadline_that_was_extended_counts() -> None:
    course = (
        waiting().do("11-02 10:00", "grant_extension", due_at=at("11-02 18:00").isoformat()).handed_back("11-02 17:00")
    )

    assert {StatisticKey.EXTENSION, StatisticKey.ON_TIME_HANDLE} <= keys(course)


def test_case_that_starts_anew_without_a_limit_is_never_late() -> None:
    course = waiting().do("11-02 09:00", "send_back", "approved")

    assert course.do("11-02 09:30", "dispatch", "dispatched", unit="二中队").facts().due is None


def test_lateness_stays_through_a_rework_that_is_in_time() -> None:
    course = waiting().handed_back("11-02 13:00")
    course.do("11-02 13:30", "rework", "dispatched", due_at=at("11-03 12:00").isoformat()).handed_back("11-02 14:00")

    assert StatisticKey.OVERDUE_HANDLE in keys(course)


def test_case_given_back_to_the_dispatcher_stays_with_its_unit_until_another_one_has_it() -> None:
    course = waiting().do("11-02 09:00", "send_back", "approved")

    assert course.facts().unit == "一中队"
    assert StatisticKey.ON_TIME_PENDING in keys(course)


def test_case_sent_to_another_unit_counts_there_without_the_faults_of_the_first() -> None:
    course = waiting().do("11-02 09:00", "supervise", kind="leader").do("11-02 13:00", "send_back", "approved")
    course.do("11-02 14:00", "dispatch", "dispatched", unit="二中队", due_at=at("11-02 18:00").isoformat())

    facts = course.facts(at("11-02 17:00"))

    assert (facts.unit, facts.dispatched_at) == ("二中队", at("11-02 14:00"))
    assert (facts.was_late, facts.is_supervised) == (False, False)


def test_unit_that_gave_a_case_back_late_and_gets_it_again_is_late() -> None:
    course = waiting().do("11-02 13:00", "send_back", "approved")
    course.do("11-02 14:00", "dispatch", "dispatched", unit="一中队", due_at=at("11-02 18:00").isoformat())

    assert StatisticKey.OVERDUE_HANDLE in keys(course.handed_back("11-02 15:00"))


def test_closed_case_that_is_reopened_starts_over_and_stays_on_file() -> None:
    course = waiting().handed_back("11-02 13:00").closed("11-02 14:00").do("11-03 09:00", "reopen", "confirmed")

    facts = course.filed("11-03 09:10").facts()

    assert (facts.registered_at, facts.handled_at, facts.closed_at) == (at("11-02 08:20"), None, None)
    assert (facts.unit, facts.reworks, facts.was_late) == ("", 0, False)


def test_reworked_case_stays_with_its_unit_when_it_goes_through_the_dispatcher() -> None:
    course = waiting().handed_back("11-02 09:00").do("11-02 09:30", "rework", "approved")

    assert course.facts().unit == "一中队"
    assert {StatisticKey.REWORK, StatisticKey.PENDING_HANDLE} <= keys(course)


@pytest.mark.parametrize(("closed", "key"), [("12:30", "on_time_close"), ("12:31", "overdue_close")])
def test_closing_has_the_time_of_a_check_beyond_the_deadline(closed: str, key: str) -> None:
    assert key in keys(waiting().handed_back("11-02 12:00").closed(f"11-02 {closed}"))


def test_appeal_that_was_granted_takes_the_lateness_out_and_keeps_the_fact() -> None:
    course = waiting().handed_back("11-02 13:00").closed("11-02 14:00").do("11-03 09:00", "grant_appeal")

    assert {StatisticKey.ON_TIME_HANDLE, StatisticKey.ON_TIME_CLOSE, StatisticKey.APPEAL_APPROVED} <= keys(course)
    assert course.facts().was_late


def test_supervision_costs_only_where_a_leader_ordered_it_while_the_unit_had_the_case() -> None:
    def supervised(when: str, kind: str) -> set[StatisticKey]:
        return keys(waiting().do(when, "supervise", kind=kind).handed_back("11-02 13:00"))

    assert StatisticKey.SUPERVISED_LATE in supervised("11-02 09:00", "leader")
    assert StatisticKey.SUPERVISED_LATE not in supervised("11-02 09:00", "timeout")
    after = waiting().handed_back("11-02 13:00").do("11-02 14:00", "supervise", kind="leader")
    assert StatisticKey.SUPERVISED_LATE not in keys(after)


def test_supervised_case_that_is_handled_in_time_costs_nothing() -> None:
    course = waiting().do("11-02 09:00", "supervise", kind="leader").handed_back("11-02 11:00")

    assert StatisticKey.SUPERVISED_LATE not in keys(course)


@pytest.mark.parametrize(
    ("action", "state", "key"),
    [("dismiss", "dismissed", "withdrawn"), ("decline", "not_accepted", "not_accepted"), ("merge", "merged", "merged")],
)
def test_what_is_no_case_after_all_is_in_its_own_number_only(action: str, state: str, key: str) -> None:
    course = Course("A1", "11-02 08:00").filed("11-02 08:10").do("11-02 09:00", action, state)

    assert keys(course) == {key, StatisticKey.REPORTED}


def test_forced_closing_ends_the_handling_too() -> None:
    course = waiting().do("11-02 11:00", "force_close", "force_closed")

    assert {StatisticKey.HANDLED, StatisticKey.CLOSED, StatisticKey.ON_TIME_HANDLE} <= keys(course)


def test_case_that_is_closed_without_a_unit_counts_as_closed_but_not_as_received() -> None:
    course = Course("A1", "11-02 08:00").filed("11-02 08:10").do("11-02 09:00", "close", "closed")

    assert keys(course) == {
        StatisticKey.REPORTED,
        StatisticKey.REGISTERED,
        StatisticKey.SHOULD_CLOSE,
        StatisticKey.CLOSED,
        StatisticKey.ON_TIME_CLOSE,
    }


@pytest.mark.parametrize(("ok", "ends_by"), [(True, {"warned", "resolved_by_warning"}), (False, set())])
def test_only_a_warning_that_was_spoken_can_end_an_offence(ok: bool, ends_by: set[str]) -> None:
    course = Course("A1", "11-02 08:00").do("11-02 08:01", "add_warning", ok=ok)

    assert keys(course.do("11-02 08:03", "resolve", "resolved").do("11-02 09:00", "close", "closed")) == ends_by


def test_report_of_the_program_is_no_case_until_a_person_put_it_on_file() -> None:
    course = Course("A1", "11-02 08:00").do("11-02 08:10", "file", "filed", "system")

    assert keys(course) == {StatisticKey.REPORTED}
    assert StatisticKey.REGISTERED in keys(course.approved("11-02 09:00"))


def test_case_that_was_filed_in_spite_of_a_warning_counts_as_warned_without_success() -> None:
    course = Course("A1", "11-02 08:00").do("11-02 08:01", "add_warning", ok=True).filed("11-02 08:10")

    assert {StatisticKey.WARNED, StatisticKey.REPORTED} <= keys(course)
    assert StatisticKey.RESOLVED_BY_WARNING not in keys(course)


def test_program_holds_no_post() -> None:
    course = Course("A1", "11-02 08:00").do("11-02 08:10", "file", "filed", "system")

    assert course.facts().posts == frozenset()


def answered(*answers: str) -> Course:
    """A case that a citizen complained of, with what he said each time that he was asked."""
    course = waiting().do("11-02 08:30", "take_complaint", complaint="hotline").handed_back("11-02 10:00")
    for answer in answers:
        course.do("11-02 10:30", "take_answer", answer=answer)
    return course


@pytest.mark.parametrize(
    ("answers", "is_satisfied"),
    [((), False), (("satisfied",), True), (("mostly",), True), (("satisfied", "dissatisfied"), False)],
)
def test_last_answer_of_who_complained_says_whether_he_is_satisfied(
    answers: tuple[str, ...], is_satisfied: bool
) -> None:
    found = keys(answered(*answers))

    assert StatisticKey.COMPLAINTS in found
    assert (StatisticKey.SATISFIED in found) is is_satisfied


def test_rework_makes_an_answer_void_and_the_file_of_inputs_goes_before_the_history() -> None:
    again = answered("satisfied").do("11-02 11:00", "rework", "dispatched", due_at=at("11-02 12:00").isoformat())
    facts = answered("satisfied").facts()

    assert StatisticKey.SATISFIED not in keys(again)
    assert not RULES[StatisticKey.SATISFIED](facts, EvaluationInputs(answers={"A1": "dissatisfied"}))
    assert StatisticKey.COMPLAINTS not in keys(waiting())
