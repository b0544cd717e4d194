"""Says when a rule is in force: times of day at a fixed offset from UTC, because a rule reads no time-zone table."""

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from detectors.errors import TimeOfDayError

_CLOCK = re.compile(r"([01]\d|2[0-3]):([0-5]\d)|24:00")


def _checked(text: str) -> str:
    if _CLOCK.fullmatch(text) is None:
        raise TimeOfDayError(f"{text!r} is no time of day; write it as 07:30, at most 24:00")
    return text


TimeOfDay = Annotated[str, AfterValidator(_checked)]
"""A time of day as `HH:MM`, from 00:00 to 24:00."""


class Hours(BaseModel):
    """A span of the day in which a rule is in force; one that ends before it begins goes over midnight."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    begin: TimeOfDay = Field(description="First minute in force, HH:MM local time.")
    end: TimeOfDay = Field(description="First minute no longer in force, HH:MM local time.")
    utc_offset_h: float = Field(
        default=8.0, ge=-12, le=14, description="Hours that local time is ahead of UTC (h); 8 in China."
    )

    def contain(self, moment: datetime) -> bool:
        """Return whether an aware moment lies in the span."""
        local = moment + timedelta(hours=self.utc_offset_h) - (moment.utcoffset() or timedelta())
        minute = local.hour * 60 + local.minute
        begin, end = _minutes(self.begin), _minutes(self.end)
        if begin <= end:
            return begin <= minute < end
        return minute >= begin or minute < end


def in_force(hours: Sequence[Hours], moment: datetime) -> bool:
    """Return whether any of the spans contains the moment; no spans mean always."""
    return not hours or any(span.contain(moment) for span in hours)


def _minutes(text: str) -> int:
    hour, minute = text.split(":")
    return int(hour) * 60 + int(minute)
