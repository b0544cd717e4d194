"""The formula over counts: floors, empty denominators, borders of grades, counts that cannot be."""

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.indicators import Counts, Grade, Indicator, grade_of, marks_of, rounded

USUAL = Counts(
    registered=10,
    baseline=Fraction(10),
    received=10,
    handled=10,
    handled_in_time=10,
    should_close=10,
    closed=10,
    closed_in_time=10,
    reworked=0,
    complaints=4,
    satisfied=4,
    supervised_late=0,
    bonus=Fraction(0),
)

IDLE = Counts(0, None, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, Fraction(0))


def test_all_done_as_usual_is_a_hundred() -> None:
    assert marks_of(USUAL).score == 100


@pytest.mark.parametrize(
    ("registered", "points"), [(0, 30), (5, Fraction("22.5")), (10, 15), (11, Fraction("13.5")), (20, 0), (35, 0)]
)
def test_fewer_cases_than_usual_add_and_more_take_away_until_nothing_is_left(registered: int, points: Fraction) -> None:
    marks = marks_of(replace(USUAL, registered=registered))

    assert marks.of(Indicator.INCIDENCE).points == points


def test_who_had_nothing_to_do_has_full_marks_and_no_rates() -> None:
    marks = marks_of(IDLE)

    assert marks.score == 100
    assert [mark.rate for mark in marks.marks] == [None] * 9


def test_supervision_can_take_a_score_below_zero() -> None:
    counts = replace(USUAL, registered=30, handled=0, handled_in_time=0, closed=0, closed_in_time=0, reworked=10)

    marks = marks_of(replace(counts, satisfied=0, supervised_late=7))

    assert (marks.score, marks.grade) == (Decimal("-7.00"), Grade.FAILING)


@pytest.mark.parametrize(
    ("score", "grade"),
    [
        ("107.50", Grade.EXCELLENT),
        ("90.00", Grade.EXCELLENT),
        ("89.99", Grade.GOOD),
        ("89.50", Grade.GOOD),
        ("80.00", Grade.GOOD),
        ("79.99", Grade.PASSING),
        ("60.00", Grade.PASSING),
        ("59.99", Grade.FAILING),
        ("-3.00", Grade.FAILING),
    ],
)
def test_lower_border_belongs_to_its_grade(score: str, grade: Grade) -> None:
    assert grade_of(Decimal(score)) is grade


def test_score_that_is_shown_is_the_one_that_is_graded() -> None:
    # 30 - 15 x 2 x 1 + ... : 89.995 exactly, which is shown as 90.00
    marks = marks_of(replace(USUAL, registered=1667, baseline=Fraction(1000)))

    assert sum(mark.points for mark in marks.marks) == Fraction("89.995")
    assert (marks.score, marks.grade) == (Decimal("90.00"), Grade.EXCELLENT)


@pytest.mark.parametrize(("value", "shown"), [("0.005", "0.01"), ("-0.005", "0.00"), ("1/3", "0.33"), ("2/3", "0.67")])
def test_halves_are_rounded_up(value: str, shown: str) -> None:
    assert rounded(Fraction(value)) == Decimal(shown)


@pytest.mark.parametrize(
    "change",
    [
        {"handled": 11},
        {"handled_in_time": 11},
        {"closed": 11},
        {"closed_in_time": -1},
        {"reworked": 11},
        {"satisfied": 5},
        {"baseline": Fraction(0)},
        {"bonus": Fraction(-1)},
        {"supervised_late": -1},
    ],
)
def test_counts_that_cannot_be_are_refused(change: dict[str, int | Fraction]) -> None:
    with pytest.raises(ValueError, match=r"larger than its whole|above it"):
        replace(USUAL, **change)  # type: ignore[arg-type]


@st.composite
def any_counts(draw: st.DrawFn) -> Counts:
    def part(whole: int) -> int:
        return draw(st.integers(0, whole))

    received, complaints = draw(st.integers(0, 50)), draw(st.integers(0, 9))
    should_close = draw(st.integers(0, 50))
    handled, closed = part(received), part(should_close)
    baseline = draw(st.none() | st.fractions(Fraction(1, 10), 100))
    return Counts(
        registered=draw(st.integers(0, 300)),
        baseline=baseline,
        received=received,
        handled=handled,
        handled_in_time=part(handled),
        should_close=should_close,
        closed=closed,
        closed_in_time=part(closed),
        reworked=part(received),
        complaints=complaints,
        satisfied=part(complaints),
        supervised_late=draw(st.integers(0, 20)),
        bonus=Fraction(draw(st.integers(0, 20)), 2),
    )


@given(any_counts())
def test_no_item_leaves_its_range(counts: Counts) -> None:
    marks = marks_of(counts)
    highest = [30, 15, 15, 15, 15, 15, 10, 0]

    assert all(0 <= mark.points <= top for mark, top in zip(marks.marks[:7], highest, strict=False))
    assert -counts.supervised_late <= marks.score <= 130 + counts.bonus


@given(any_counts())
def test_one_more_case_handled_in_time_never_lowers_a_score(counts: Counts) -> None:
    if counts.handled < counts.received:
        better = replace(counts, handled=counts.handled + 1, handled_in_time=counts.handled_in_time + 1)

        assert marks_of(better).score >= marks_of(counts).score
