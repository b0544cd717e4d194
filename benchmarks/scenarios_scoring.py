"""Scores what was reported of a scenario against what is true of it: one to one, in time and in place.

A report is about an offence where both boxes share half of the smaller one, neither is eight times the other, and it
was raised between seven seconds before the limit passed and fifteen seconds after the offence was over. The first such
report finds the offence, later ones are duplicates; a report about no offence is false. So a report before its time is
false, and the offence is missed unless another one comes.

Precision leaves duplicates out, as they stand beside it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from pydantic import JsonValue

EARLY_S, SLACK_S = 7.0, 15.0
"""So long before its limit has passed a report may come, as a tricycle stands there for five seconds before the first
thing of its stall; and so long after the end, as the look that saw the limit pass may be the last one."""

SHARED_RATIO, MOST_TIMES = 0.5, 8.0
"""Boxes are of one place where they share so much of the smaller one, and the larger is no more times as large."""

DAY_S = 86_400.0

DRAWS = 2000
"""Times that scenarios are drawn again for an interval."""

Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Report:
    """What was raised: since when, when, until when (None where it never ended), where in pixels."""

    started_s: float
    raised_s: float
    ended_s: float | None
    box: Box


@dataclass(frozen=True, slots=True)
class Wanted:
    """What must be reported: from when to when it lasts, when its limit has passed, where in pixels.

    `is_over` tells whether it ends before the scenario does, so that its end can be seen.
    """

    started_s: float
    ended_s: float
    due_s: float
    box: Box
    is_over: bool


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of an offence: the report that found it, if any, and how many more there were."""

    wanted: Wanted
    report: Report | None
    duplicates: int


@dataclass(frozen=True, slots=True)
class Judged:
    """What became of a scenario."""

    verdicts: tuple[Verdict, ...]
    false: tuple[Report, ...]
    stream_s: float

    @property
    def counts(self) -> tuple[int, int, int]:
        """Offences found, missed, and false reports."""
        found = sum(verdict.report is not None for verdict in self.verdicts)
        return found, len(self.verdicts) - found, len(self.false)


@dataclass(frozen=True, slots=True)
class Total:
    """The sum over scenarios; ratios are None where nothing was there to be divided, times where none was measured.

    Attributes:
        scenarios: how many.
        found: offences that were reported.
        missed: those that were not.
        false: reports about no offence.
        duplicates: reports beyond the first, for each offence that was found.
        precision: found against found and false.
        recall: found against found and missed.
        f1: the harmonic mean of both.
        false_per_day: false reports for each day of one camera.
        late_s: from the passing of the limit to the report: median and 95th percentile.
        start_error_s: how far the told beginning is from the true one: the same.
        end_error_s: how much later than the true end it is told: the same.
    """

    scenarios: int
    found: int
    missed: int
    false: int
    duplicates: float | None
    precision: float | None
    recall: float | None
    f1: float | None
    false_per_day: float | None
    late_s: tuple[float, float] | None
    start_error_s: tuple[float, float] | None
    end_error_s: tuple[float, float] | None

    def to_json(self) -> dict[str, JsonValue]:
        """Return it as a row of a report."""
        row: dict[str, JsonValue] = {name: getattr(self, name) for name in COUNTS}
        for name in ("late_s", "start_error_s", "end_error_s"):
            pair = getattr(self, name)
            row[name] = None if pair is None else {"p50": pair[0], "p95": pair[1]}
        return row


COUNTS = ("scenarios", "found", "missed", "false", "duplicates", "precision", "recall", "f1", "false_per_day")


def judge(wanted: Sequence[Wanted], reports: Sequence[Report], stream_s: float) -> Judged:
    """Hold the reports of one scenario against what is true of it."""
    left = sorted(reports, key=lambda report: report.raised_s)
    verdicts = []
    for offence in sorted(wanted, key=lambda offence: offence.due_s):
        mine = [report for report in left if _is_about(report, offence)]
        left = [report for report in left if report not in mine]
        verdicts.append(Verdict(offence, mine[0] if mine else None, max(0, len(mine) - 1)))
    return Judged(tuple(verdicts), tuple(left), stream_s)


def total(judged: Sequence[Judged]) -> Total:
    """Sum up scenarios."""
    found, missed, false = (sum(one.counts[column] for one in judged) for column in range(3))
    hits = [(v.wanted, v.report) for one in judged for v in one.verdicts if v.report is not None]
    stream_s = sum(one.stream_s for one in judged)
    ends = [report.ended_s - w.ended_s for w, report in hits if w.is_over and report.ended_s is not None]
    return Total(
        scenarios=len(judged),
        found=found,
        missed=missed,
        false=false,
        duplicates=_ratio(sum(v.duplicates for one in judged for v in one.verdicts), found),
        precision=_ratio(found, found + false),
        recall=_ratio(found, found + missed),
        f1=_ratio(2 * found, 2 * found + false + missed),
        false_per_day=round(false * DAY_S / stream_s, 2) if stream_s else None,
        late_s=_percentiles([report.raised_s - w.due_s for w, report in hits]),
        start_error_s=_percentiles([abs(report.started_s - w.started_s) for w, report in hits]),
        end_error_s=_percentiles(ends),
    )


def intervals(judged: Sequence[Judged], seed: int = 1) -> Mapping[str, tuple[float, float] | None]:
    """Return 95 % intervals of precision, recall and F1 by drawing scenarios again and again, with replacement.

    Source: Efron, Bootstrap methods: another look at the jackknife, Ann. Stat. 7, 1979 (percentile method).
    """
    counts = np.array([one.counts for one in judged], np.float64).reshape(-1, 3)
    rng = np.random.default_rng(seed)
    rows = rng.integers(0, len(counts), (DRAWS, len(counts))) if len(counts) else np.zeros((DRAWS, 0), np.int64)
    found, missed, false = counts[rows].sum(axis=1).T
    with np.errstate(invalid="ignore", divide="ignore"):
        series = {
            "precision": found / (found + false),
            "recall": found / (found + missed),
            "f1": 2 * found / (2 * found + false + missed),
        }
    return {name: _interval(values[np.isfinite(values)]) for name, values in series.items()}


def by(judged: Sequence[tuple[str, Judged]]) -> dict[str, Total]:
    """Sum up the scenarios of each name, in the order of names."""
    names = sorted({name for name, _ in judged})
    return {name: total([one for own, one in judged if own == name]) for name in names}


def same_place(one: Box, other: Box) -> bool:
    """Return whether two boxes are of one place."""
    width = min(one[2], other[2]) - max(one[0], other[0])
    height = min(one[3], other[3]) - max(one[1], other[1])
    if width <= 0 or height <= 0:
        return False
    small, large = sorted((box[2] - box[0]) * (box[3] - box[1]) for box in (one, other))
    return width * height >= SHARED_RATIO * small and large <= MOST_TIMES * small


def _is_about(report: Report, offence: Wanted) -> bool:
    is_in_time = offence.due_s - EARLY_S <= report.raised_s <= offence.ended_s + SLACK_S
    return is_in_time and same_place(report.box, offence.box)


def _percentiles(values: Sequence[float]) -> tuple[float, float] | None:
    if not values:
        return None
    middle, high = np.percentile(np.array(values), (50, 95))
    return round(float(middle), 2), round(float(high), 2)


def _interval(values: "np.ndarray[tuple[int], np.dtype[np.float64]]") -> tuple[float, float] | None:
    if not len(values):
        return None
    low, high = np.percentile(values, (2.5, 97.5))
    return round(float(low), 4), round(float(high), 4)


def _ratio(part: float, whole: float) -> float | None:
    return round(part / whole, 4) if whole else None
