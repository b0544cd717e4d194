"""What is asked of a trial of zones on recordings, and what comes of it; the same on the pipe and on the wire."""

from datetime import datetime
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict

from detectors.catalog import ZoneSettings
from detectors.events import Reason

LIMIT_S = 120.0
"""Seconds that a trial may take: who waits longer has gone; a shorter span is tried in less."""


class _Record(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class TrialRequest(_Record):
    """What is tried on what; times are aware."""

    camera_id: str
    zones: tuple[ZoneSettings, ...]
    from_at: datetime
    to_at: datetime
    files: tuple[Path, ...]
    limit_s: float = LIMIT_S


class RaisedEvent(_Record):
    """One offence that passed its limit.

    Attributes:
        event_id: the same in both lists where both hold it.
        started_at: when it began.
        raised_at: when it passed its limit.
        ended_at: when it was over; None where it was not within the span.
        length_s: from its beginning to its end, or to the end of what was tried.
        box: (x1, y1, x2, y2) as fractions of the picture.
        class_name: what it is.
        score: certainty in [0, 1].
        reasons: the measurements that led to it.
    """

    event_id: str
    started_at: datetime
    raised_at: datetime
    ended_at: datetime | None
    length_s: float
    box: tuple[float, float, float, float]
    class_name: str
    score: float
    reasons: tuple[Reason, ...]


CaveatCode = Literal["surface_not_visited", "surface_partly_visited", "unknown_not_looked_for", "rarely_looked_at"]


class Caveat(_Record):
    """Something that cannot be tried, or not well; `ratio` is the share of the zone or the time that can."""

    code: CaveatCode
    ratio: float


class ZoneTrial(_Record):
    """What came of one zone.

    Attributes:
        zone_id: of the zone.
        name: what the operator calls it.
        kind: of its rule.
        is_tried: False where it was in force then and is not among those that are tried, or cannot be tried at all.
        caveats: what is not, or not well, tried.
        tried: what it would have raised; the first of them, where there are many.
        tried_count: how many that is in all.
        real: what was raised in this zone then; the first of them, where there are many.
        real_count: how many that is in all.
    """

    zone_id: str
    name: str
    kind: str
    is_tried: bool
    caveats: tuple[Caveat, ...]
    tried: tuple[RaisedEvent, ...]
    tried_count: int
    real: tuple[RaisedEvent, ...]
    real_count: int


class TrialResult(_Record):
    """What came of a trial.

    Attributes:
        until_at: up to when it was tried; before the end of the span where its time was up.
        recorded: spans that recordings cover, the oldest first.
        zones: those that were tried in their order, then those that were only in force then.
    """

    from_at: datetime
    to_at: datetime
    until_at: datetime
    recorded: tuple[tuple[datetime, datetime], ...]
    zones: tuple[ZoneTrial, ...]
