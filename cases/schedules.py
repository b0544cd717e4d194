"""When something holds: days of the calendar, days of the week, hours of the day, in local time.

A rule of dispatch, a permit and a control period all say so in the same words:

    first_day = 2026-05-01
    last_day = 2026-10-31
    weekdays = [5, 6, 7]                # Monday is 1
    hours = ["18:00-02:00"]             # past midnight belongs to the day on which it began
"""

import re
from datetime import date, datetime, time, timedelta, tzinfo
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

WEEK_MINUTES = 7 * 24 * 60

_HOURS = re.compile(r"(\d{1,2}):(\d{2})\s*[-–~至]\s*(\d{1,2}):(\d{2})")


def _hours(value: Any) -> Any:
    found = _HOURS.fullmatch(value.strip()) if isinstance(value, str) else None
    if found is None:
        if isinstance(value, str):
            raise ValueError('write hours as "18:00-22:00"')
        return value
    begin_h, begin_m, end_h, end_m = map(int, found.groups())
    begin, end = begin_h * 60 + begin_m, end_h * 60 + end_m
    if begin_h > 23 or end > 24 * 60 or begin_m > 59 or end_m > 59 or begin == end:
        raise ValueError('write hours as "18:00-22:00", from 00:00 to 24:00, with different ends')
    return begin, end


Hours = Annotated[tuple[int, int], BeforeValidator(_hours)]
"""Begin and end in minutes since midnight; an end that is not later than its begin lies on the next day."""


class Schedule(BaseModel):
    """When something holds; what is left out does not narrow."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    first_day: date | None = Field(default=None, description="first day it holds")
    last_day: date | None = Field(default=None, description="last day it holds, that day included")
    weekdays: tuple[Annotated[int, Field(ge=1, le=7)], ...] = Field(default=(), description="days of the week, 1 to 7")
    hours: tuple[Hours, ...] = Field(default=(), description='hours of the day, as "18:00-22:00"')

    @model_validator(mode="after")
    def _begins_before_it_ends(self) -> "Schedule":
        if self.first_day and self.last_day and self.last_day < self.first_day:
            raise ValueError(f"the last day {self.last_day} lies before the first day {self.first_day}")
        return self

    def holds(self, at: datetime, local: tzinfo) -> bool:
        """Return whether it holds at a moment.

        Args:
            at: aware.
            local: the zone of its days and hours.
        """
        here = at.astimezone(local)
        minutes = here.hour * 60 + here.minute
        return self._began_on(here.date(), minutes) or self._began_on(
            here.date() - timedelta(days=1), minutes + 24 * 60
        )

    def covers(self, other: "Schedule") -> bool:
        """Return whether it holds whenever the other does."""
        begins = self.first_day is None or (other.first_day is not None and self.first_day <= other.first_day)
        ends = self.last_day is None or (other.last_day is not None and other.last_day <= self.last_day)
        return begins and ends and not other.week & ~self.week

    def meets(self, other: "Schedule") -> bool:
        """Return whether both hold at some moment."""
        begin = max(self.first_day or date.min, other.first_day or date.min)
        end = min(self.last_day or date.max, other.last_day or date.max)
        return begin <= end and bool(self.week & other.week)

    @property
    def week(self) -> int:
        """Return the minutes of a week in which it holds, from Monday 0:00, one bit each."""
        bits = 0
        for weekday in self.weekdays or range(1, 8):
            for begin, end in self.hours or ((0, 24 * 60),):
                length = end - begin if end > begin else end - begin + 24 * 60
                bits |= ((1 << length) - 1) << ((weekday - 1) * 24 * 60 + begin)
        return (bits | bits >> WEEK_MINUTES) & ((1 << WEEK_MINUTES) - 1)  # Sunday's night ends on Monday

    def _began_on(self, day: date, minutes: int) -> bool:
        """Return whether so many minutes after the midnight before a day belong to that day's hours."""
        if (self.first_day and day < self.first_day) or (self.last_day and day > self.last_day):
            return False
        if self.weekdays and day.isoweekday() not in self.weekdays:
            return False
        spans = self.hours or ((0, 24 * 60),)
        return any(begin <= minutes < (end if end > begin else end + 24 * 60) for begin, end in spans)


ALWAYS = Schedule()


def local_midnight(day: date, local: tzinfo) -> datetime:
    """Return the aware moment at which a day begins."""
    return datetime.combine(day, time(), local)
