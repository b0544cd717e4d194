"""The nine indicators by which a city judges those who handle its cases, and the score and grade that follow.

A pure formula over counts, in exact fractions, so that no rounding decides a grade. What is counted, and from which
cases, stands in `cases.statistic_keys` and `cases.evaluation`.

    score = (1 - (incidence - 1)) x 100 x 15 %          not below 0; above 15 where fewer cases arose than usual
          + handling x 100 x 15 %  + timely handling x 100 x 15 %
          + closing x 100 x 15 %   + timely closing x 100 x 15 %
          + soundness x 100 x 15 % + satisfaction x 100 x 10 %
          - supervision + initiative

Source: 综合得分, as transcribed in docs/evaluation.md, with the meaning of an empty denominator.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from itertools import pairwise


class Indicator(StrEnum):
    """The nine, in the order of the formula."""

    INCIDENCE = "incidence"  # 发案率
    HANDLING = "handling"  # 处置率
    TIMELY_HANDLING = "timely_handling"  # 及时处置率
    CLOSING = "closing"  # 结案率
    TIMELY_CLOSING = "timely_closing"  # 及时结案率
    SOUNDNESS = "soundness"  # 完好率
    SATISFACTION = "satisfaction"  # 群众满意率
    SUPERVISION = "supervision"  # 领导督办扣分
    INITIATIVE = "initiative"  # 主动处理加分


class Grade(StrEnum):
    """What a score is called; a lower border belongs to its grade."""

    EXCELLENT = "excellent"  # 优秀, 90 and more
    GOOD = "good"  # 良好, from 80 to below 90
    PASSING = "passing"  # 合格, from 60 to below 80
    FAILING = "failing"  # 不合格, below 60


BORDERS = ((Decimal(90), Grade.EXCELLENT), (Decimal(80), Grade.GOOD), (Decimal(60), Grade.PASSING))
"""The lowest score of each grade; the source writes 80-89 and 60-79, which leaves 89.5 nowhere, so [80, 90) it is."""

WEIGHT = Fraction(15)
"""Full marks of each of the first six indicators."""

SATISFACTION_WEIGHT = Fraction(10)
"""Full marks of satisfaction; 6 x 15 + 10 = 100."""


@dataclass(frozen=True, slots=True)
class Counts:
    """What the formula needs of one unit, area or post in one period.

    Attributes:
        registered: cases put on file, 发案数.
        baseline: how many are usual in such a period, above 0, 基准值; None where nothing earlier is known.
        received: cases handed to it, 接收案卷数.
        handled, handled_in_time: of those, handed back; handed back in time.
        should_close: cases that should be closed by now, 应结案数.
        closed, closed_in_time: of those, closed; closed in time.
        reworked: of those received, sent back at least once, 返工案卷数.
        complaints: cases that a citizen reported.
        satisfied: of those, citizens who were satisfied, or mostly so.
        supervised_late: cases not handled in time although a leader supervised them.
        bonus: points for work that nobody was plainly bound to do.
    """

    registered: int
    baseline: Fraction | None
    received: int
    handled: int
    handled_in_time: int
    should_close: int
    closed: int
    closed_in_time: int
    reworked: int
    complaints: int
    satisfied: int
    supervised_late: int
    bonus: Fraction

    def __post_init__(self) -> None:
        parts = (
            (self.handled_in_time, self.handled, self.received),
            (self.closed_in_time, self.closed, self.should_close),
            (self.reworked, self.received),
            (self.satisfied, self.complaints),
            (0, self.registered),
            (0, self.supervised_late),
        )
        if any(not 0 <= part <= whole for row in parts for part, whole in pairwise(row)):
            raise ValueError(f"a part is larger than its whole, or below 0: {self}")
        if self.bonus < 0 or (self.baseline is not None and self.baseline <= 0):
            raise ValueError(f"a bonus is not below 0, a baseline above it: {self.bonus=} {self.baseline=}")


@dataclass(frozen=True, slots=True)
class Mark:
    """One indicator's outcome.

    Attributes:
        indicator: which.
        rate: the share; None where the denominator is empty, and for the two that count points.
        points: what it adds to the score, exactly; below 0 for what it takes away.
    """

    indicator: Indicator
    rate: Fraction | None
    points: Fraction


@dataclass(frozen=True, slots=True)
class Marks:
    """The nine marks in the order of `Indicator`, the score rounded half up to two decimals, and the grade of that."""

    marks: tuple[Mark, ...]
    score: Decimal
    grade: Grade

    def of(self, indicator: Indicator) -> Mark:
        """Return one mark."""
        return self.marks[list(Indicator).index(indicator)]


def marks_of(counts: Counts) -> Marks:
    """Return the nine marks, the score and the grade.

    An empty denominator gets full marks: the source says so for satisfaction (no complaint), and where nothing was to
    be done, nothing was done badly. Without a baseline, what arose counts as usual.
    """
    marks = tuple(_marks(counts))
    score = rounded(sum((mark.points for mark in marks), Fraction(0)))
    return Marks(marks, score, grade_of(score))


def grade_of(score: Decimal) -> Grade:
    """Return what a score, as it is shown, is called."""
    return next((grade for lowest, grade in BORDERS if score >= lowest), Grade.FAILING)


def rounded(value: Fraction, places: int = 2) -> Decimal:
    """Return a number rounded half up (towards positive infinity) to so many decimals."""
    step = 10**places
    return Decimal((value * step + Fraction(1, 2)).__floor__()).scaleb(-places)


def _marks(counts: Counts) -> Iterator[Mark]:
    incidence = None if counts.baseline is None else counts.registered / counts.baseline
    yield Mark(Indicator.INCIDENCE, incidence, WEIGHT * max(Fraction(0), 2 - (1 if incidence is None else incidence)))
    sound = counts.received - counts.reworked
    for indicator, part, whole, weight in (
        (Indicator.HANDLING, counts.handled, counts.received, WEIGHT),
        (Indicator.TIMELY_HANDLING, counts.handled_in_time, counts.received, WEIGHT),
        (Indicator.CLOSING, counts.closed, counts.should_close, WEIGHT),
        (Indicator.TIMELY_CLOSING, counts.closed_in_time, counts.should_close, WEIGHT),
        (Indicator.SOUNDNESS, sound, counts.received, WEIGHT),
        (Indicator.SATISFACTION, counts.satisfied, counts.complaints, SATISFACTION_WEIGHT),
    ):
        rate = Fraction(part, whole) if whole else None
        yield Mark(indicator, rate, weight * (1 if rate is None else rate))
    yield Mark(Indicator.SUPERVISION, None, Fraction(-counts.supervised_late))
    yield Mark(Indicator.INITIATIVE, None, counts.bonus)
