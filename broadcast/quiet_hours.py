"""When a horn is silent, and how loud it may be otherwise; pure functions of the time of day.

The law on noise forbids loudspeakers near homes at night, so quiet hours are on unless a city switches them off.
"""

from collections.abc import Sequence
from datetime import datetime, time
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, field_validator


class QuietWindow(BaseModel):
    """A part of each day; it may pass midnight.

    Attributes:
        start: local time at which it begins, included.
        end: local time at which it ends, not included; equal to `start` means the whole day.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    start: time = Field(description="local time at which silence begins, HH:MM, included")
    end: time = Field(description="local time at which silence ends, HH:MM; equal to start: the whole day")

    @field_validator("start", "end")
    @classmethod
    def _is_bare(cls, value: time) -> time:
        if value.tzinfo is not None:
            raise ValueError("write local times without an offset; the zone is set beside them")
        return value

    def holds(self, local: time) -> bool:
        """Return whether a local time of day lies within."""
        if self.start < self.end:
            return self.start <= local < self.end
        return local >= self.start or local < self.end


class VolumeCap(BaseModel):
    """A part of each day in which a horn speaks softer.

    Attributes:
        start: local time at which it begins.
        end: local time at which it ends.
        max_volume_ratio: the most, as a share of full amplitude.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    start: time = Field(description="local time at which the cap begins, HH:MM, included")
    end: time = Field(description="local time at which the cap ends, HH:MM")
    max_volume_ratio: float = Field(gt=0, le=1, description="most amplitude in that time, 1 being as normalised")

    def holds(self, local: time) -> bool:
        """Return whether a local time of day lies within."""
        return QuietWindow(start=self.start, end=self.end).holds(local)


NIGHT = QuietWindow(start=time(22), end=time(7))
"""Default quiet hours: an hour longer in the morning than the night of GB 3096 (22:00 to 06:00)."""


def quiet_refusal(windows: Sequence[QuietWindow], zone: ZoneInfo, now: datetime) -> str:
    """Return why a horn may not speak now, as a sentence, or an empty text when it may.

    Args:
        windows: its quiet hours, local time.
        zone: the horn's time zone.
        now: the present, aware.
    """
    local = now.astimezone(zone).time()
    for window in windows:
        if window.holds(local):
            return f"quiet hours from {window.start:%H:%M} to {window.end:%H:%M} ({zone.key})"
    return ""


def volume_at(volume_ratio: float, caps: Sequence[VolumeCap], zone: ZoneInfo, now: datetime) -> float:
    """Return the amplitude to speak with: the horn's own, or the smallest cap that holds now."""
    local = now.astimezone(zone).time()
    return min([volume_ratio, *(cap.max_volume_ratio for cap in caps if cap.holds(local))])
