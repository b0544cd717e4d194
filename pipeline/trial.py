"""Tries zones on recordings: what they would have raised, beside what was raised, and what cannot be tried.

A recording holds what was looked for then. What nobody looked for cannot be tried, and is said: flyers on a surface
that was not drawn as it is now, things that no model knows where no zone watched for them, ground that was in no zone.

Belongs here: the run and what it collects. Does not: processes and people (trials).
"""

import time
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta

import cv2
import numpy as np

from detectors.catalog import ZoneSettings
from detectors.events import Event, Phase
from detectors.flyers import FlyerRule
from detectors.rules import Watches
from pipeline.recorded_start import RecordedStart
from pipeline.rerun import Rerun, RerunStep, is_visited
from pipeline.trial_records import Caveat, RaisedEvent, TrialRequest, TrialResult, ZoneTrial
from pipeline.watch import GAP_AFTER_S
from vision.classes import StreetClass

MOST_EVENTS = 300
"""Events of a zone that are told one by one; more of them are counted. Nobody reads more, and the page stays quick."""

TELL_EVERY_S = 0.3

CHECK_EVERY = 64
"""Observations between two looks at the clock."""

COVERED_RATIO = 0.95
"""A zone of which this share was in a zone then was watched as well as it is now: borders are drawn by hand."""

GRID_WH = (320, 180)
"""Size of the picture in which the shares of zones are counted."""


def run_trial(
    request: TrialRequest, tell: Callable[[float], None], clock: Callable[[], float] = time.monotonic
) -> TrialResult:
    """Try zones on recordings.

    Args:
        request: what is tried on what.
        tell: called now and then with the share of the span that is done, in [0, 1].
        clock: monotonic seconds.

    Raises:
        RecordingError: a recording cannot be read, or is of another version.
    """
    progress = _Progress(request, tell, clock)
    rerun, notes = Rerun(request.zones), _Notes(request)
    for file in request.files:
        is_first = True
        for step in rerun.run(file):
            if is_first:
                notes.begin(rerun)
                is_first = False
            if step.captured_at > request.to_at or progress.is_over(step.captured_at):
                break
            notes.take(step)
        if progress.is_spent:
            break
    return notes.result(is_whole=not progress.is_spent)


class _Progress:
    def __init__(self, request: TrialRequest, tell: Callable[[float], None], clock: Callable[[], float]) -> None:
        self._request, self._tell, self._clock = request, tell, clock
        self._end_s = clock() + request.limit_s
        self._told_s = float("-inf")
        self._count = 0
        self.is_spent = False

    def is_over(self, at: datetime) -> bool:
        """Tell how far it is, and whether the time for it is up."""
        self._count += 1
        if self._count % CHECK_EVERY:
            return False
        now_s = self._clock()
        if now_s - self._told_s >= TELL_EVERY_S:
            self._told_s = now_s
            whole = (self._request.to_at - self._request.from_at).total_seconds()
            done = (at - self._request.from_at).total_seconds()
            self._tell(min(1.0, max(0.0, done / max(whole, 1e-9))))
        self.is_spent = now_s >= self._end_s
        return self.is_spent


class _Notes:
    """Collects what happened and what was watched."""

    def __init__(self, request: TrialRequest) -> None:
        self._request = request
        self._tried, self._real = _Offences(), _Offences()
        self._starts: list[RecordedStart | None] = []
        self._spans: list[tuple[datetime, datetime]] = []

    def begin(self, rerun: Rerun) -> None:
        """Take note of the start of a recording."""
        self._starts.append(rerun.start)
        alike = {zone.id for zone in self._request.zones if rerun.is_taken_up(zone)}
        for event in rerun.standing:
            if event.phase is Phase.RAISED:
                self._real.take(event)
                if event.zone_id in alike:
                    self._tried.take(event)

    def take(self, step: RerunStep) -> None:
        """Take in what one observation brought."""
        for event in step.tried:
            self._tried.take(event)
        for event in step.real:
            self._real.take(event)
        at = step.captured_at
        if at < self._request.from_at:
            return
        if self._spans and timedelta() <= at - self._spans[-1][1] <= timedelta(seconds=GAP_AFTER_S):
            self._spans[-1] = (self._spans[-1][0], at)
        else:
            self._spans.append((at, at))

    def result(self, *, is_whole: bool) -> TrialResult:
        """Return what came of it."""
        request = self._request
        until_at = request.to_at if is_whole else self._spans[-1][1] if self._spans else request.from_at
        then = {z.id: z for start in self._starts if start is not None for z in start.zones}
        gone = [zone for zone_id, zone in then.items() if zone_id not in {z.id for z in request.zones}]
        tried = [self._zone(zone, until_at, is_asked=True) for zone in request.zones]
        former = [self._zone(zone, until_at, is_asked=False) for zone in gone]
        return TrialResult(
            from_at=request.from_at,
            to_at=request.to_at,
            until_at=until_at,
            recorded=tuple(self._spans),
            zones=(*tried, *former),
        )

    def _zone(self, zone: ZoneSettings, until_at: datetime, *, is_asked: bool) -> ZoneTrial:
        caveats = caveats_of(zone, self._starts) if is_asked else ()
        is_tried = is_asked and not any(caveat.code == "surface_not_visited" for caveat in caveats)
        real = self._real.raised(zone.id, self._request.from_at, until_at)
        tried = self._tried.raised(zone.id, self._request.from_at, until_at) if is_tried else []
        if zone.rule.kind == "parking":
            tried = _named_alike(tried, real)
        return ZoneTrial(
            zone_id=zone.id,
            name=zone.name,
            kind=zone.rule.kind,
            is_tried=is_tried,
            caveats=caveats,
            tried=tuple(tried[:MOST_EVENTS]),
            tried_count=len(tried),
            real=tuple(real[:MOST_EVENTS]),
            real_count=len(real),
        )


class _Offences:
    """The raised events by id, each with when it was raised and when it ended."""

    def __init__(self) -> None:
        self._raised: dict[str, Event] = {}
        self._ended: dict[str, Event] = {}

    def take(self, event: Event) -> None:
        if event.phase is Phase.RAISED:
            self._raised.setdefault(event.event_id, event)
        elif event.phase is Phase.ENDED and event.event_id in self._raised:
            self._ended[event.event_id] = event

    def raised(self, zone_id: str, from_at: datetime, until_at: datetime) -> list[RaisedEvent]:
        """Return a zone's events that stood within a span, in the order in which they were raised."""
        found = []
        for event_id, event in self._raised.items():
            ended = self._ended.get(event_id)
            is_within = event.captured_at <= until_at and (ended is None or ended.captured_at >= from_at)
            if event.zone_id == zone_id and is_within:
                found.append(_raised_event(event, ended, until_at))
        return sorted(found, key=lambda each: each.raised_at)


def _named_alike(tried: Sequence[RaisedEvent], real: Sequence[RaisedEvent]) -> list[RaisedEvent]:
    """Return the tried stays, each with the id of the real stay at the same place and time, where there was one.

    A stay is named by its beginning, and a rule that begins in the middle of it may date it differently.
    """
    named = []
    for event in tried:
        same = [
            other
            for other in real
            if _place_of(other) == _place_of(event)
            and other.started_at < event.started_at + timedelta(seconds=event.length_s)
            and event.started_at < other.started_at + timedelta(seconds=other.length_s)
        ]
        is_named = not same or any(other.event_id == event.event_id for other in same)
        named.append(event if is_named else event.model_copy(update={"event_id": same[0].event_id}))
    return named


def _place_of(event: RaisedEvent) -> str:
    """Return the number of the place that a stay is named by, which is never reused within a camera."""
    return event.event_id.rpartition("-")[2]


def _raised_event(event: Event, ended: Event | None, until_at: datetime) -> RaisedEvent:
    end_at = until_at if ended is None else ended.captured_at
    x1, y1, x2, y2 = event.box_in((1, 1)) if 0 not in event.size_wh else (0.0, 0.0, 0.0, 0.0)
    return RaisedEvent(
        event_id=event.event_id,
        started_at=event.started_at,
        raised_at=event.captured_at,
        ended_at=None if ended is None else ended.captured_at,
        length_s=max(0.0, (end_at - event.started_at).total_seconds()),
        box=(x1, y1, x2, y2),
        class_name=StreetClass(event.class_id).label,
        score=event.score,
        reasons=event.reasons,
    )


def caveats_of(zone: ZoneSettings, starts: Sequence[RecordedStart | None]) -> tuple[Caveat, ...]:
    """Return what of a zone cannot be tried, or not well, on recordings that began so; None began without zones."""
    if not starts:
        return ()
    if isinstance(zone.rule, FlyerRule):
        visited = sum(start is not None and is_visited(zone, start) for start in starts) / len(starts)
        if visited == 0:
            return (Caveat(code="surface_not_visited", ratio=0.0),)
        return (Caveat(code="surface_partly_visited", ratio=visited),) if visited < 1 else ()
    zones_then = [() if start is None else start.zones for start in starts]
    ground = min(_covered_ratio(zone, [z for z in zones if not isinstance(z.rule, FlyerRule)]) for zones in zones_then)
    caveats = [Caveat(code="rarely_looked_at", ratio=ground)] if ground < COVERED_RATIO else []
    if zone.rule.watches is Watches.UNKNOWN:
        unknown = min(
            _covered_ratio(zone, [z for z in zones if z.rule.watches is Watches.UNKNOWN]) for zones in zones_then
        )
        if unknown < COVERED_RATIO:
            caveats.append(Caveat(code="unknown_not_looked_for", ratio=unknown))
    return tuple(caveats)


def _covered_ratio(zone: ZoneSettings, others: Iterable[ZoneSettings]) -> float:
    """Return the share of a zone's area that lies in other zones, in [0, 1]."""
    own, covered = (np.zeros((GRID_WH[1], GRID_WH[0]), np.uint8) for _ in range(2))
    _paint(own, zone)
    for other in others:
        _paint(covered, other)
    area = int(own.sum())
    return float((own & covered).sum()) / area if area else 0.0


def _paint(mask: np.ndarray, zone: ZoneSettings) -> None:
    cv2.fillPoly(mask, [np.round(zone.zone().corners_px(GRID_WH)).astype(np.int32)], 1)
