"""Evaluates units, areas or posts over a period: the numbers with the cases behind each, nine marks, score and grade.

A pure function of facts, so that the same histories give the same evaluation whoever asks and whenever.

A case belongs to the period in which it was put on file, and `as_of` says how far its life is followed; so every number
of an evaluation is about the same cases. What a camera reports is none of them until a person put it on file.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from fractions import Fraction

from cases.case_facts import CaseFacts
from cases.evaluation_inputs import EvaluationInputs
from cases.grouping import NOT_ASSIGNED, By, groups_of
from cases.indicators import Counts, Indicator, Marks, marks_of
from cases.periods import Period
from cases.statistic_keys import RULES, StatisticKey

PARTS: Mapping[Indicator, tuple[StatisticKey, ...]] = {
    Indicator.INCIDENCE: (StatisticKey.REGISTERED,),
    Indicator.HANDLING: (StatisticKey.HANDLED, StatisticKey.SHOULD_HANDLE),
    Indicator.TIMELY_HANDLING: (StatisticKey.ON_TIME_HANDLE, StatisticKey.SHOULD_HANDLE),
    Indicator.CLOSING: (StatisticKey.CLOSED, StatisticKey.SHOULD_CLOSE),
    Indicator.TIMELY_CLOSING: (StatisticKey.ON_TIME_CLOSE, StatisticKey.SHOULD_CLOSE),
    Indicator.SOUNDNESS: (StatisticKey.REWORK, StatisticKey.SHOULD_HANDLE),
    Indicator.SATISFACTION: (StatisticKey.SATISFIED, StatisticKey.COMPLAINTS),
    Indicator.SUPERVISION: (StatisticKey.SUPERVISED_LATE,),
    Indicator.INITIATIVE: (StatisticKey.INITIATIVE,),
}
"""The numbers that an indicator is made of: part and whole, or the one that is counted."""


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked: which days, by what, and as the histories stood when (aware)."""

    period: Period
    by: By
    as_of: datetime

    def __post_init__(self) -> None:
        if self.as_of.tzinfo is None:
            raise ValueError(f"the moment of an evaluation must be aware, not {self.as_of!r}")


@dataclass(frozen=True, slots=True)
class GroupEvaluation:
    """What came out for one unit, area or post.

    Attributes:
        group: its name; empty for cases that are assigned to none.
        cases: behind each number, in the order of their case numbers.
        counts: what went into the formula.
        marks: the nine marks, score and grade; None for what is assigned to nobody.
    """

    group: str
    cases: Mapping[StatisticKey, tuple[CaseFacts, ...]]
    counts: Counts
    marks: Marks | None

    def count(self, key: StatisticKey) -> int:
        """Return one number."""
        return len(self.cases[key])

    @property
    def smart_rate(self) -> Fraction | None:
        """智治率: of the offences that were put on file or ended by a warning, the share that a warning ended."""
        ended = self.count(StatisticKey.RESOLVED_BY_WARNING)
        return _share(ended, ended + self.count(StatisticKey.REGISTERED))

    @property
    def warning_success(self) -> Fraction | None:
        """劝导成功率: of the offences that a warning was spoken for, the share that ended by it."""
        return _share(self.count(StatisticKey.RESOLVED_BY_WARNING), self.count(StatisticKey.WARNED))


@dataclass(frozen=True, slots=True)
class Evaluation:
    """An answer: the groups by descending score, those without one last, and all together.

    Attributes:
        question: what was asked.
        groups: what came out for each.
        total: for all cases together, each counted once.
        inputs_sha256: of the file with what people told; empty where there was none.
    """

    question: Question
    groups: tuple[GroupEvaluation, ...]
    total: GroupEvaluation
    inputs_sha256: str

    @property
    def still_open(self) -> int:
        """How many cases are on file and not closed; while there are any, a later moment may give other figures."""
        return self.total.count(StatisticKey.REGISTERED) - self.total.count(StatisticKey.CLOSED)

    def group(self, name: str) -> GroupEvaluation | None:
        """Return one group, or None where it has no case."""
        return next((each for each in self.groups if each.group == name), None)


@dataclass(slots=True)
class _Gathered:
    """What is known of a group before the formula: the cases behind each number, in order, and how many before."""

    cases: dict[StatisticKey, list[CaseFacts]] = field(default_factory=lambda: {key: [] for key in RULES})
    is_empty: bool = True
    earlier: int = 0

    def take(self, case: CaseFacts, keys: Iterable[StatisticKey]) -> None:
        """Count a case in these numbers."""
        self.is_empty = False
        for key in keys:
            self.cases[key].append(case)


def evaluate(
    facts: Iterable[CaseFacts], question: Question, inputs: EvaluationInputs, *, began_at: datetime | None = None
) -> Evaluation:
    """Evaluate every group that has a case in the period or a baseline of its own.

    Args:
        facts: at least all cases that belong to the period or to the months before it, as they stood at `as_of`.
        question: what is asked.
        inputs: what people told.
        began_at: when the first case of all was reported; months before it are no part of a mean. None where that is
            long ago.
    """
    whole, parts = _Gathered(), defaultdict[str, _Gathered](_Gathered)
    before = question.period.before()
    begins, ends = before[-1].begins, before[0].ends
    known_months = [month for month in before if began_at is None or month.ends > began_at]
    for case in sorted(facts, key=lambda each: each.number):
        own = groups_of(case, question.by)
        if question.period.holds(case.belongs_at):
            # Once for each case, not for each of its groups: by post it stands in as many as worked on it.
            keys = [key for key, rule in RULES.items() if rule(case, inputs)]
            for gathered in (whole, *(parts[group] for group in own)):
                gathered.take(case, keys)
        if begins <= case.belongs_at < ends and case.is_registered:
            for gathered in (whole, *(parts[group] for group in own)):
                gathered.earlier += 1
    told = {group for by, group, _ in inputs.baselines if by is question.by}
    names = {name for name, gathered in parts.items() if not gathered.is_empty} | told
    baselines = _Baselines(question, inputs, len(known_months))
    groups = [_evaluated(name, parts[name], baselines.of(name, parts[name].earlier), inputs) for name in names]
    ranked = sorted(groups, key=lambda each: (each.marks is None, -(each.marks.score if each.marks else 0), each.group))
    total = _evaluated("*", whole, baselines.mean(whole.earlier), inputs)
    return Evaluation(question, tuple(ranked), total, inputs.sha256)


class _Baselines:
    """Says how many cases are usual for a group in the part of the period that has begun."""

    def __init__(self, question: Question, inputs: EvaluationInputs, known_months: int) -> None:
        self._by, self._told, self._known = question.by, inputs.baselines, known_months
        self._months = tuple(question.period.until(question.as_of).months())

    def of(self, group: str, earlier: int) -> Fraction | None:
        """Return what people set for each month, else the mean of the months before; None where neither is known."""
        usual = Fraction(0)
        for month, part in self._months:
            set_by_people = self._told.get((self._by, group, month))
            mean = Fraction(earlier, self._known) if self._known else Fraction(0)
            usual += part * (mean if set_by_people is None else set_by_people)
        return usual or None

    def mean(self, earlier: int) -> Fraction | None:
        """Return the mean of the months before, scaled to the period; None where nothing earlier is known."""
        whole = sum((part for _, part in self._months), Fraction(0))
        return whole * earlier / self._known if self._known and earlier else None


def _evaluated(name: str, gathered: _Gathered, baseline: Fraction | None, inputs: EvaluationInputs) -> GroupEvaluation:
    cases = {key: tuple(found) for key, found in gathered.cases.items()}
    counts = _counts(cases, baseline, inputs)
    return GroupEvaluation(name, cases, counts, None if name == NOT_ASSIGNED else marks_of(counts))


def _counts(
    cases: Mapping[StatisticKey, Sequence[CaseFacts]], baseline: Fraction | None, inputs: EvaluationInputs
) -> Counts:
    number = {key: len(found) for key, found in cases.items()}
    return Counts(
        registered=number[StatisticKey.REGISTERED],
        baseline=baseline,
        received=number[StatisticKey.SHOULD_HANDLE],
        handled=number[StatisticKey.HANDLED],
        handled_in_time=number[StatisticKey.ON_TIME_HANDLE],
        should_close=number[StatisticKey.SHOULD_CLOSE],
        closed=number[StatisticKey.CLOSED],
        closed_in_time=number[StatisticKey.ON_TIME_CLOSE],
        reworked=number[StatisticKey.REWORK],
        complaints=number[StatisticKey.COMPLAINTS],
        satisfied=number[StatisticKey.SATISFIED],
        supervised_late=number[StatisticKey.SUPERVISED_LATE],
        bonus=sum((inputs.bonuses[case.number] for case in cases[StatisticKey.INITIATIVE]), Fraction(0)),
    )


def _share(part: int, whole: int) -> Fraction | None:
    return Fraction(part, whole) if whole else None
