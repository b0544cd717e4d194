"""Says when a rule is in force: times of day, days of the week and dates, at a fixed offset from UTC.

The offset is fixed because a rule reads no time-zone table. Nor does it read the city's calendar of holidays: dates on
which a span holds or does not, such as holidays and the workdays exchanged for them, are written into the span.
"""

import re
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Annotated

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from detectors.errors import DayError, TimeOfDayError

_CLOCK = re.compile(r"([01]\d|2[0-3]):([0-5]\d)|24:00")


def _checked(text: str) -> str:
    if _CLOCK.fullmatch(text) is None:
        raise TimeOfDayError(f"{text!r} is no time of day; write it as 07:30, at most 24:00")
    return text


TimeOfDay = Annotated[str, AfterValidator(_checked)]
"""A time of day as `HH:MM`, from 00:00 to 24:00."""


def _read_day(day: object) -> object:
    if not isinstance(day, str):
        return day
    try:
        return date.fromisoformat(day)
    except ValueError:
        raise DayError(f"{day!r} is no date; write it as 2026-10-01") from None


Day = Annotated[date, BeforeValidator(_read_day)]
"""A date, in files as `YYYY-MM-DD`."""

Weekday = Annotated[int, Field(ge=1, le=7)]
"""A day of the week: 1 is Monday, 7 is Sunday."""

MOST_DATES = 400
"""Dates in a list: more than a year has."""


class Hours(BaseModel):
    """A span of the day in which a rule is in force; one that ends before it begins goes over midnight.

    A span that goes over midnight belongs to the day on which it begins.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    begin: TimeOfDay = Field(description="First minute in force, HH:MM local time.")
    end: TimeOfDay = Field(description="First minute no longer in force, HH:MM local time.")
    utc_offset_h: float = Field(
        default=8.0, ge=-12, le=14, description="Hours that local time is ahead of UTC (h); 8 in China."
    )

    days: tuple[Weekday, ...] = Field(
        default=(), max_length=7, description="Days of the week, 1 Monday to 7 Sunday; empty means every day."
    )
    on_dates: tuple[Day, ...] = Field(
        default=(),
        max_length=MOST_DATES,
        description="Further dates, as exchanged workdays; where days is empty, the only ones.",
    )
    off_dates: tuple[Day, ...] = Field(
        default=(), max_length=MOST_DATES, description="Dates on which the span does not hold, as holidays."
    )

    def contain(self, moment: datetime) -> bool:
        """Return whether an aware moment lies in the span."""
        local = moment + timedelta(hours=self.utc_offset_h) - (moment.utcoffset() or timedelta())
        minute = local.hour * 60 + local.minute
        begin, end = _minutes(self.begin), _minutes(self.end)
        if begin <= end:
            return begin <= minute < end and self._holds_on(local.date())
        if minute >= begin:
            return self._holds_on(local.date())
        return minute < end and self._holds_on(local.date() - timedelta(days=1))

    def _holds_on(self, day: date) -> bool:
        if day in self.off_dates:
            return False
        every_day = not self.days and not self.on_dates
        return every_day or day.isoweekday() in self.days or day in self.on_dates


def in_force(hours: Sequence[Hours], moment: datetime) -> bool:
    """Return whether any of the spans contains the moment; no spans mean always."""
    return not hours or any(span.contain(moment) for span in hours)


def _minutes(text: str) -> int:
    hour, minute = text.split(":")
    return int(hour) * 60 + int(minute)
