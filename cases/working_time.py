"""Counts the time of limits: around the clock, or only within working hours on days that are worked.

A limit is so many counted seconds from a start. `spent_s` counts those between two moments, `due_at` finds the earliest
moment at which as many have passed, and the two agree to the microsecond. Nothing here reads a clock: a clock that was
set back yields an end before the start, and then no time was spent.

Source of the four kinds of limit: docs/codes.md.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta, tzinfo
from itertools import pairwise

from cases.calendars import Calendar
from cases.case_numbers import BEIJING
from cases.limits import Limit, LimitUnit

HOUR = timedelta(hours=1)
NOTHING = timedelta(0)

Span = tuple[timedelta, timedelta]
"""Working hours: from and to, as time since the local midnight."""


@dataclass(frozen=True, slots=True)
class WorkHours:
    """The hours in which work is done on a day that is worked, in order, at least one of some length."""

    spans: tuple[Span, ...]

    def __post_init__(self) -> None:
        in_order = all(begin < end for begin, end in self.spans)
        if not self.spans or not in_order or any(end > begin for (_, end), (begin, _) in pairwise(self.spans)):
            raise ValueError("working hours need a begin before each end, in order, without overlap: 08:00 to 12:00")

    @property
    def day(self) -> timedelta:
        """How much a day that is worked has; 8 hours by default, and then one 工作日 is that much."""
        return sum((end - begin for begin, end in self.spans), NOTHING)


def work_hours(pairs: Sequence[tuple[str, str]]) -> WorkHours:
    """Return the hours that pairs such as `("08:00", "12:00")` say; a day may end at 24:00.

    Raises:
        ValueError: they are no times, or not in order.
    """
    return WorkHours(tuple((_time_of_day(begin), _time_of_day(end)) for begin, end in pairs))


DEFAULT_HOURS = (("08:00", "12:00"), ("14:00", "18:00"))


@dataclass(frozen=True, slots=True)
class WorkingTime:
    """Counts time by a calendar, working hours and the zone they are in."""

    calendar: Calendar = field(default_factory=Calendar)
    hours: WorkHours = field(default_factory=lambda: work_hours(DEFAULT_HOURS))
    local: tzinfo = BEIJING

    def length_s(self, limit: Limit) -> float:
        """Return how many counted seconds a limit has."""
        return self._length(limit).total_seconds()

    def spent_s(self, start: datetime, end: datetime, limit: Limit) -> float:
        """Return the seconds that count towards a limit between two aware times; 0 where the end is not later."""
        start, end = _utc(start), _utc(end)
        if end <= start:
            return 0.0
        if limit.unit.is_continuous:
            return (end - start).total_seconds()
        counted = NOTHING
        for begin, until in self._worked_from(start, end):
            counted += max(min(until, end) - max(begin, start), NOTHING)
        return counted.total_seconds()

    def due_at(self, start: datetime, limit: Limit, spent_s: float = 0.0) -> datetime:
        """Return, in UTC, the earliest moment at which the limit is used up.

        Args:
            start: when counting begins or goes on, aware.
            limit: how long.
            spent_s: seconds that were counted before, for a case that was paused; the start where nothing is left.
        """
        start = _utc(start)
        left = self._length(limit) - timedelta(seconds=spent_s)
        if left <= NOTHING:
            return start
        if limit.unit.is_continuous:
            return start + left
        for begin, until in self._worked_from(start, None):
            begin = max(begin, start)
            if until - begin >= left:
                return begin + left
            left -= max(until - begin, NOTHING)
        raise AssertionError("a calendar has workdays without end")

    def _length(self, limit: Limit) -> timedelta:
        unit = {
            LimitUnit.URGENT_HOUR: HOUR,
            LimitUnit.WORK_HOUR: HOUR,
            LimitUnit.WORK_DAY: self.hours.day,
            LimitUnit.NATURAL_DAY: 24 * HOUR,
        }[limit.unit]
        return unit * float(limit.count)

    def _worked_from(self, start: datetime, end: datetime | None) -> Iterator[tuple[datetime, datetime]]:
        """Yield the worked spans, in UTC and in order, of the days from that of `start` to that of `end`."""
        day = start.astimezone(self.local).date()
        last = end.astimezone(self.local).date() if end is not None else date.max
        while day <= last:
            if self.calendar.is_workday(day):
                for begin, until in self.hours.spans:
                    yield self._at(day, begin), self._at(day, until)
            day += timedelta(days=1)

    def _at(self, day: date, since_midnight: timedelta) -> datetime:
        midnight = datetime(day.year, day.month, day.day, tzinfo=self.local)
        return (midnight + since_midnight).astimezone(UTC)  # in wall time, also on a day of 23 or 25 hours


def _time_of_day(text: str) -> timedelta:
    found = re.fullmatch(r"([0-9]{1,2}):([0-5][0-9])", text)
    told = timedelta(hours=int(found[1]), minutes=int(found[2])) if found else None
    if told is None or told > 24 * HOUR:
        raise ValueError(f"a time of day is written as 08:00, not {text!r}")
    return told


def _utc(moment: datetime) -> datetime:
    """Return an aware time in UTC; two times of the same zone would be subtracted as if no clock ever changed there."""
    if moment.tzinfo is None:
        raise ValueError(f"the time of a limit must be aware, not {moment!r}")
    return moment.astimezone(UTC)
