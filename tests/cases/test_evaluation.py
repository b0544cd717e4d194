"""Evaluations: the example that was worked by hand, and what belongs to which period, group and number."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction

import pytest

from cases.case_facts import CaseFacts
from cases.case_numbers import BEIJING
from cases.evaluation import PARTS, Evaluation, GroupEvaluation, Question, evaluate
from cases.evaluation_inputs import EvaluationInputs
from cases.grouping import By
from cases.indicators import Grade, Indicator
from cases.periods import Period
from cases.statistic_keys import RULES, StatisticKey
from tests.cases.courses import Course, at, earlier, quick

NOVEMBER = Period(date(2026, 11, 1), date(2026, 11, 30), BEIJING)
AS_OF = at("12-01 00:00")
NOTHING_TOLD = EvaluationInputs()

TOLD = EvaluationInputs(
    baselines={(By.UNIT, "四中队", "2026-11"): Fraction(1)},
    answers={"A2": "mostly", "A3": "dissatisfied"},
    bonuses={"A1": Fraction("1.5")},
    sha256="ab" * 32,
)


def first_unit() -> Iterator[Course]:
    """一中队: seven cases in November, of which one was withdrawn and one merged."""
    yield quick("A1", "一中队", "11-02")
    public = Course("A2", "11-03 08:00", source="public").filed("11-03 08:10")
    yield public.dispatched("11-03 08:20", "一中队", "11-03 12:00").handed_back("11-03 11:00").closed("11-03 11:30")
    again = Course("A3", "11-04 08:00", source="hotline").filed("11-04 08:10")
    again.dispatched("11-04 08:20", "一中队", "11-04 12:00").handed_back("11-04 09:00")
    yield (
        again.do("11-04 09:30", "rework", "dispatched", due_at=at("11-04 12:00").isoformat())
        .handed_back("11-04 11:00")
        .closed("11-04 11:30")
    )
    late = Course("A4", "11-05 08:00").filed("11-05 08:10").dispatched("11-05 08:20", "一中队", "11-05 12:00")
    late.do("11-05 11:00", "supervise", kind="leader")
    yield late.handed_back("11-05 13:00").closed("11-05 13:30")
    yield Course("A5", "11-06 08:00").filed("11-06 08:10").dispatched("11-06 08:20", "一中队", "11-06 12:00")
    withdrawn = Course("A6", "11-07 08:00").filed("11-07 08:10").dispatched("11-07 08:20", "一中队", "11-07 12:00")
    yield withdrawn.do("11-07 09:00", "send_back", "approved").do("11-07 11:00", "dismiss", "dismissed")
    yield Course("A7", "11-08 08:00").filed("11-08 08:10").do("11-08 09:00", "merge", "merged")


def other_units() -> Iterator[Course]:
    yield quick("B1", "二中队", "11-02")
    appealed = Course("C1", "11-02 08:00").filed("11-02 08:10").dispatched("11-02 08:20", "三中队", "11-02 12:00")
    yield appealed.handed_back("11-02 18:00").closed("11-02 18:20").do("11-03 09:00", "grant_appeal")
    yield Course("C2", "11-30 16:00").filed("11-30 16:10").dispatched("11-30 16:20", "三中队", "12-02 16:20")
    for place in (1, 2, 3):
        day = f"11-1{place}"
        yield (
            Course(f"D{place}", f"{day} 08:00")
            .filed(f"{day} 08:10")
            .dispatched(f"{day} 08:20", "四中队", f"{day} 12:00")
        )
    heeded = Course("W1", "11-20 08:00").do("11-20 08:01", "add_warning", actor="system", ok=True)
    yield heeded.do("11-20 08:01", "warn", "warned", "system").do("11-20 08:03", "resolve", "resolved", "system")
    yield Course("W2", "11-20 09:00")  # an alarm that nobody has judged
    yield Course("W3", "11-20 10:00").do("11-20 10:10", "file", "filed", "system")  # waits for the acceptor


@pytest.fixture(scope="module")
def example() -> Evaluation:
    courses = (*first_unit(), *other_units())
    before = (*earlier("一中队", m08=3, m09=5, m10=4), *earlier("二中队", m08=2, m09=2, m10=2))
    facts = (*(course.facts(AS_OF) for course in courses), *before)
    return evaluate(facts, Question(NOVEMBER, By.UNIT, AS_OF), TOLD)


def group(evaluation: Evaluation, name: str) -> GroupEvaluation:
    found = evaluation.group(name)
    assert found is not None
    return found


def points(found: GroupEvaluation) -> list[Fraction]:
    assert found.marks is not None
    return [mark.points for mark in found.marks.marks]


def test_first_unit_comes_out_as_worked_by_hand(example: Evaluation) -> None:
    # 发案率    A1-A5 on file (A6 withdrawn, A7 merged): 5; usual: (3 + 5 + 4) / 3 = 4; 5/4, (2 - 1.25) x 15 = 11.25
    # 处置率    received 5, handed back A1-A4: 4/5 x 15                                               = 12
    # 及时处置率 A4 an hour late: 3/5 x 15                                                             =  9
    # 结案率    should be closed: A1-A4, and A5, which is overdue: 5; closed A1-A4: 4/5 x 15            = 12
    # 及时结案率 A4 closed 13:30 for 12:00: 3/5 x 15                                                   =  9
    # 完好率    A3 came back once: (1 - 1/5) x 15                                                     = 12
    # 群众满意率 A2 mostly satisfied, A3 not: 1/2 x 10                                                 =  5
    # 督办扣分  A4 supervised by a leader at 11:00, handed back late                                   = -1
    # 主动加分  A1                                                                                    =  1.5
    # 综合得分  11.25 + 12 + 9 + 12 + 9 + 12 + 5 - 1 + 1.5                                            = 70.75
    found = group(example, "一中队")

    wanted = ["11.25", "12", "9", "12", "9", "12", "5", "-1", "1.5"]
    assert points(found) == [Fraction(each) for each in wanted]
    assert found.marks is not None
    assert (found.marks.score, found.marks.grade) == (Decimal("70.75"), Grade.PASSING)


def test_second_unit_exceeds_a_hundred_as_worked_by_hand(example: Evaluation) -> None:
    # one case where two are usual: 1/2, (2 - 0.5) x 15 = 22.5, which is not capped; 5 x 15 + 10 for the rest
    found = group(example, "二中队")

    assert points(found) == [Fraction("22.5"), *[15] * 5, 10, 0, 0]
    assert found.marks is not None
    assert (found.marks.score, found.marks.grade) == (Decimal("107.50"), Grade.EXCELLENT)


def test_third_unit_without_earlier_cases_comes_out_as_worked_by_hand(example: Evaluation) -> None:
    # nothing usual is known: 15. C1 was late and the appeal was granted; C2 has time until 2 December:
    # 1/2, 1/2 of 15 for handling; C2 need not be closed yet: 1/1, 1/1; nothing came back: 15; no complaint: 10
    found = group(example, "三中队")

    assert points(found) == [15, Fraction("7.5"), Fraction("7.5"), 15, 15, 15, 10, 0, 0]
    assert found.marks is not None
    assert (found.marks.score, found.marks.grade) == (Decimal("85.00"), Grade.GOOD)
    assert found.marks.of(Indicator.INCIDENCE).rate is None
    assert [case.number for case in found.cases[StatisticKey.APPEAL_APPROVED]] == ["C1"]


def test_fourth_unit_that_does_nothing_comes_out_as_worked_by_hand(example: Evaluation) -> None:
    # three cases where people said that one is usual: (2 - 3) x 15, not below 0; nothing handled, nothing closed of
    # three that should be; nothing came back: 15; no complaint: 10
    found = group(example, "四中队")

    assert points(found) == [0, 0, 0, 0, 0, 15, 10, 0, 0]
    assert found.marks is not None
    assert (found.marks.score, found.marks.grade) == (Decimal("25.00"), Grade.FAILING)


def test_all_together_come_out_as_worked_by_hand(example: Evaluation) -> None:
    # 11 on file, usual (12 + 6) / 3 = 6: (2 - 11/6) x 15 = 2.5; 6/11, 5/11 of 15; should be closed 5 + 1 + 1 + 3 = 10:
    # 6/10 x 15 = 9, 5/10 x 15 = 7.5; 10/11 of 15; 5; -1; 1.5. Together 24.5 + 21/11 x 15 = 53.1363...
    total = example.total

    assert total.marks is not None
    assert sum(points(total)) == Fraction("24.5") + Fraction(21 * 15, 11)
    assert total.marks.score == Decimal("53.14")


def test_groups_stand_by_score_and_what_nobody_has_comes_last_without_one(example: Evaluation) -> None:
    assert [each.group for each in example.groups] == ["二中队", "三中队", "一中队", "四中队", ""]
    assert example.groups[-1].marks is None
    assert example.inputs_sha256 == TOLD.sha256


def test_alarms_and_what_waits_for_a_person_are_no_cases_yet(example: Evaluation) -> None:
    registered = {case.number for case in example.total.cases[StatisticKey.REGISTERED]}

    assert not registered & {"W1", "W2", "W3"}
    assert len(registered) == 11
    assert "W3" in {case.number for case in example.total.cases[StatisticKey.REPORTED]}


def test_what_a_warning_ended_is_a_figure_of_its_own(example: Evaluation) -> None:
    total = example.total

    assert [case.number for case in total.cases[StatisticKey.RESOLVED_BY_WARNING]] == ["W1"]
    assert (total.smart_rate, total.warning_success) == (Fraction(1, 12), Fraction(1))


def test_withdrawn_and_merged_cases_stay_visible_under_their_own_names(example: Evaluation) -> None:
    assert [case.number for case in group(example, "一中队").cases[StatisticKey.WITHDRAWN]] == ["A6"]
    assert [case.number for case in group(example, "").cases[StatisticKey.MERGED]] == ["A7"]


def test_cases_that_are_not_closed_make_the_figures_provisional(example: Evaluation) -> None:
    assert example.still_open == len(("A5", "C2", "D1", "D2", "D3"))
    assert [case.number for case in example.total.cases[StatisticKey.ON_TIME_PENDING]] == ["C2"]


def test_every_number_of_the_formula_has_its_cases(example: Evaluation) -> None:
    for each in (*example.groups, example.total):
        assert set(each.cases) == set(RULES) == set(StatisticKey)
        for parts in PARTS.values():
            if len(parts) == 2 and parts[0] is not StatisticKey.REWORK:
                assert set(each.cases[parts[0]]) <= set(each.cases[parts[1]])


def test_case_counts_for_every_post_that_worked_on_it() -> None:
    evaluation = evaluate([quick("A1", "一中队", "11-02").facts()], Question(NOVEMBER, By.POST, AS_OF), NOTHING_TOLD)

    centre = ["acceptor:wang", "collector:zhou", "dispatcher:qian", "shift_leader:zhao", "video_seat:li"]
    posts = sorted([*centre, "department:sun", "handler:wu"])
    assert sorted(each.group for each in evaluation.groups) == posts
    assert evaluation.total.count(StatisticKey.REGISTERED) == 1


def test_case_counts_in_its_area() -> None:
    case = Course("A1", "11-02 08:00", area="110105002").filed("11-02 08:10").approved("11-02 08:20")

    evaluation = evaluate([case.facts()], Question(NOVEMBER, By.AREA, AS_OF), NOTHING_TOLD)

    assert [each.group for each in evaluation.groups] == ["110105002"]


def test_case_belongs_to_the_day_it_was_put_on_file_in_local_time() -> None:
    last_minute = Course("A1", "10-31 23:00").filed("10-31 23:50").approved("11-01 00:00").facts()
    next_month = Course("A2", "11-30 23:00").filed("11-30 23:50").approved("12-01 00:00").facts()

    evaluation = evaluate([last_minute, next_month], Question(NOVEMBER, By.UNIT, AS_OF), NOTHING_TOLD)

    assert [case.number for case in evaluation.total.cases[StatisticKey.REGISTERED]] == ["A1"]


def baseline_of(facts: list[CaseFacts], period: Period, as_of: datetime = AS_OF, **told: object) -> Fraction | None:
    evaluation = evaluate(facts, Question(period, By.UNIT, as_of), NOTHING_TOLD, **told)  # type: ignore[arg-type]
    return group(evaluation, "一中队").counts.baseline


def test_baseline_of_a_part_of_a_month_is_that_part() -> None:
    facts = [*earlier("一中队", m08=3, m09=5, m10=4), quick("A1", "一中队", "11-02").facts()]

    assert baseline_of(facts, Period(date(2026, 11, 1), date(2026, 11, 15), BEIJING)) == 2


def test_baseline_of_a_month_that_goes_on_is_that_of_its_days_until_today() -> None:
    facts = [*earlier("一中队", m08=3, m09=5, m10=4), quick("A1", "一中队", "11-02").facts()]

    assert baseline_of(facts, NOVEMBER, at("11-15 12:00")) == 2


def test_months_before_the_first_case_of_all_are_no_part_of_the_mean() -> None:
    facts = [*earlier("一中队", m10=4), quick("A1", "一中队", "11-02").facts()]

    assert baseline_of(facts, NOVEMBER, began_at=at("10-01 08:10")) == 4
    assert baseline_of(facts, NOVEMBER) == Fraction(4, 3)


def test_baseline_that_people_set_stands_for_its_month_only() -> None:
    told = EvaluationInputs(baselines={(By.UNIT, "一中队", "2026-11"): Fraction(9)})
    facts = [*earlier("一中队", m08=3, m09=5, m10=4), quick("A1", "一中队", "11-02").facts()]
    both = Period(date(2026, 11, 1), date(2026, 12, 31), BEIJING)

    evaluation = evaluate(facts, Question(both, By.UNIT, datetime(2027, 1, 1, tzinfo=UTC)), told)

    assert group(evaluation, "一中队").counts.baseline == 9 + 4


def test_withdrawn_cases_of_earlier_months_are_no_part_of_the_baseline() -> None:
    withdrawn = quick("A0", "一中队", "10-02").do("10-02 11:00", "dismiss", "dismissed").facts()
    facts = [withdrawn, *earlier("一中队", m10=3), quick("A1", "一中队", "11-02").facts()]

    assert baseline_of(facts, NOVEMBER) == 1


def test_same_facts_in_another_order_give_the_same_evaluation(example: Evaluation) -> None:
    courses = [*first_unit(), *other_units()]
    before = [*earlier("一中队", m08=3, m09=5, m10=4), *earlier("二中队", m08=2, m09=2, m10=2)]
    facts = [*before, *(course.facts(AS_OF) for course in reversed(courses))]

    assert evaluate(facts, Question(NOVEMBER, By.UNIT, AS_OF), TOLD) == example
