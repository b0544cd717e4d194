"""What goes over the wire about recordings and trials of zones on them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal, Self

from pydantic import AwareDatetime, JsonValue, model_validator

from api.bodies import Body
from pipeline.recordings import Recording
from pipeline.trial_records import TrialResult
from pipeline.trials import Trial


class RecordingBody(Body):
    """One recording; fields as in `pipeline.recordings.Recording`."""

    begins_at: datetime
    ends_at: datetime
    size_bytes: int


class RecordingsBody(Body):
    """What there is of a camera to try zones on.

    Attributes:
        is_on: whether more is being recorded.
        keep_days: days until a recording is removed.
        recordings: the oldest first.
    """

    is_on: bool
    keep_days: float
    recordings: tuple[RecordingBody, ...]

    @classmethod
    def of(cls, recordings: Sequence[Recording], *, is_on: bool, keep_days: float) -> Self:
        """Return recordings as they go over the wire."""
        rows = [RecordingBody(begins_at=r.begins_at, ends_at=r.ends_at, size_bytes=r.size_bytes) for r in recordings]
        return cls(is_on=is_on, keep_days=keep_days, recordings=tuple(rows))


class TrialOrder(Body):
    """Zones to try, in the format of `zones.json`, and the span to try them on."""

    zones: tuple[JsonValue, ...]
    from_at: AwareDatetime
    to_at: AwareDatetime

    @model_validator(mode="after")
    def _is_a_span(self) -> Self:
        if self.from_at >= self.to_at:
            raise ValueError("from_at must lie before to_at")
        return self


class TrialBody(Body):
    """A trial at one moment; fields as in `pipeline.trials.Trial`."""

    trial_id: int
    camera_id: str
    state: Literal["running", "done", "failed", "cancelled"]
    progress: float
    problem: str
    result: TrialResult | None

    @classmethod
    def of(cls, trial: Trial) -> Self:
        """Return a trial as it goes over the wire."""
        return cls(**{name: getattr(trial, name) for name in cls.model_fields})
