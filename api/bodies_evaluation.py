"""What goes over the wire about evaluations."""

from datetime import date, datetime
from fractions import Fraction
from urllib.parse import urlencode

from api.bodies import Body
from cases.case_facts import CaseFacts
from cases.evaluation import PARTS, Evaluation, GroupEvaluation, Question
from cases.grouping import By
from cases.indicators import Grade, Indicator, Mark, rounded
from cases.statistic_keys import StatisticKey


class MarkBody(Body):
    """One indicator.

    Attributes:
        indicator: which.
        rate: the share; null where its denominator is empty and for the two that count points.
        points: what it adds to the score, to two decimals.
        parts: the numbers it is made of, part before whole; keys of `counts`.
    """

    indicator: Indicator
    rate: float | None
    points: float
    parts: tuple[StatisticKey, ...]

    @classmethod
    def of(cls, mark: Mark) -> "MarkBody":
        """Return a mark as it goes over the wire."""
        parts = PARTS[mark.indicator]
        return cls(indicator=mark.indicator, rate=_number(mark.rate), points=float(rounded(mark.points)), parts=parts)


class GroupBody(Body):
    """One unit, area or post, or all together.

    Attributes:
        group: its name, `post:name` for a post; empty for cases that are assigned to nobody; null for all together.
        score, grade: null for what is assigned to nobody, as are the marks.
        marks: the nine in the order of the formula.
        baseline: the usual number of cases; null where none is known.
        smart_rate, warning_success: shares; null where there is nothing to share.
        counts: every number.
        cases_href: the cases behind a number, with `&key=` and its key.
    """

    group: str | None
    score: float | None
    grade: Grade | None
    marks: tuple[MarkBody, ...]
    baseline: float | None
    smart_rate: float | None
    warning_success: float | None
    counts: dict[StatisticKey, int]
    cases_href: str

    @classmethod
    def of(cls, question: Question, each: GroupEvaluation, *, is_total: bool = False) -> "GroupBody":
        """Return a group as it goes over the wire."""
        marks = each.marks
        return cls(
            group=None if is_total else each.group,
            score=None if marks is None else float(marks.score),
            grade=None if marks is None else marks.grade,
            marks=() if marks is None else tuple(MarkBody.of(mark) for mark in marks.marks),
            baseline=_number(each.counts.baseline),
            smart_rate=_number(each.smart_rate),
            warning_success=_number(each.warning_success),
            counts={key: each.count(key) for key in StatisticKey},
            cases_href=_cases_href(question, None if is_total else each.group),
        )


class EvaluationBody(Body):
    """An evaluation: what was asked, and what came out for each group and for all.

    Attributes:
        first, last: days, both included.
        by: what a group is.
        as_of: the moment that the histories were read at; hand it back to see the same again.
        still_open: how many cases are not closed; while there are any, figures may change with the moment.
        inputs_sha256: of the file with what people told; empty where there is none.
        groups: by descending score.
        total: all together, each case once.
    """

    first: date
    last: date
    by: By
    as_of: datetime
    still_open: int
    inputs_sha256: str
    groups: tuple[GroupBody, ...]
    total: GroupBody

    @classmethod
    def of(cls, made: Evaluation) -> "EvaluationBody":
        """Return an evaluation as it goes over the wire."""
        question = made.question
        return cls(
            first=question.period.first,
            last=question.period.last,
            by=question.by,
            as_of=question.as_of,
            still_open=made.still_open,
            inputs_sha256=made.inputs_sha256,
            groups=tuple(GroupBody.of(question, each) for each in made.groups),
            total=GroupBody.of(question, made.total, is_total=True),
        )


class CountedCaseBody(Body):
    """A case behind a number; fields as in `cases.case_facts.CaseFacts`."""

    id: str
    number: str
    state: str
    source: str
    unit: str
    area: str
    registered_at: datetime | None
    dispatched_at: datetime | None
    due: datetime | None
    handled_at: datetime | None
    closed_at: datetime | None
    reworks: int
    is_late: bool
    is_closed_late: bool

    @classmethod
    def of(cls, case: CaseFacts) -> "CountedCaseBody":
        """Return a case as it goes over the wire."""
        same = {name: getattr(case, name) for name in cls.model_fields if name != "id"}
        return cls(id=case.case_id, **same)


class CountedCasesBody(Body):
    """A page of the cases behind a number, by case number, and how many there are in all."""

    key: StatisticKey
    cases: tuple[CountedCaseBody, ...]
    total: int
    page: int
    size: int


def _cases_href(question: Question, group: str | None) -> str:
    asked = {"from": question.period.first, "to": question.period.last, "by": question.by.value}
    asked |= {"as_of": question.as_of.isoformat()} | ({} if group is None else {"group": group})
    return f"/api/evaluation/cases?{urlencode(asked)}"


def _number(value: Fraction | None) -> float | None:
    return None if value is None else float(value)
