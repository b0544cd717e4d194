"""Periods of whole days, and the calendar months that a baseline is the mean of."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo
from fractions import Fraction

from cases.errors import PeriodError

BASELINE_MONTHS = 3
"""A baseline is the mean of so many months before the period (基准值 = mean of the previous three months)."""

LONGEST = timedelta(days=3 * 366)
"""Three years; more is a slip of the pen and would read the whole database."""


@dataclass(frozen=True, slots=True)
class Period:
    """Days from the first to the last, both included, in the local time of a city.

    Raises:
        PeriodError: it ends before it begins, or is longer than `LONGEST`.
    """

    first: date
    last: date
    zone: tzinfo

    def __post_init__(self) -> None:
        if not timedelta(0) <= self.last - self.first <= LONGEST or self.first.year < 2000 or self.last.year > 9000:
            raise PeriodError(self.first, self.last)

    @property
    def begins(self) -> datetime:
        """The first moment, aware."""
        return _midnight(self.first, self.zone)

    @property
    def ends(self) -> datetime:
        """The first moment after it, aware."""
        return _midnight(self.last + timedelta(days=1), self.zone)

    def holds(self, moment: datetime) -> bool:
        """Say whether an aware moment lies in it."""
        return self.begins <= moment < self.ends

    def until(self, as_of: datetime) -> "Period":
        """Return the part that had begun at a moment, at least the first day: today counts as a whole day."""
        today = as_of.astimezone(self.zone).date()
        return Period(self.first, max(self.first, min(self.last, today)), self.zone)

    def months(self) -> Iterator[tuple[str, Fraction]]:
        """Yield each calendar month it touches, as `2026-11`, and which part of it, 1 for a whole one."""
        month = self.first.replace(day=1)
        while month <= self.last:
            following = _following(month)
            days = (min(self.last + timedelta(days=1), following) - max(self.first, month)).days
            yield f"{month:%Y-%m}", Fraction(days, (following - month).days)
            month = following

    def before(self) -> tuple["Period", ...]:
        """Return the `BASELINE_MONTHS` calendar months before the one it begins in, newest first."""
        months = []
        month = self.first.replace(day=1)
        for _ in range(BASELINE_MONTHS):
            last = month - timedelta(days=1)
            month = last.replace(day=1)
            months.append(Period(month, last, self.zone))
        return tuple(months)


def _midnight(day: date, zone: tzinfo) -> datetime:
    return datetime.combine(day, time(), zone)


def _following(month: date) -> date:
    return (month + timedelta(days=32)).replace(day=1)
