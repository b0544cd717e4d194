"""Judges how late events were, and which stage of a look took how long, on the cameras' own clocks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from benchmarks.capacity_scoring import Deed, Verdict, Watched, expected, judge
from benchmarks.capacity_sides import Found
from benchmarks.capacity_streets import LIMITS_S, PERIOD_S
from benchmarks.latency_clock import CameraLine, look_interval_s

STANDING_FROM_S = 20.0
"""Places that are shown longer after a thing has stopped say nothing about how late it was seen."""


@dataclass(frozen=True, slots=True)
class EventLatency:
    """One violation that was reported: where the time between its limit and its event went.

    Attributes:
        camera: its name.
        kind: `parking`, `vending` or `flyers`.
        latency_s: from the camera showing that the limit is over to the event; the sum of the next three.
        start_error_s: how much later the violation began in the rule's opinion than in truth.
        wait_s: from the limit, as the rule counts, to the picture that was looked at next.
        pipeline_s: from the camera sending that picture to the event.
        interval_s: between two looks, by the gear that served the rule's pace then.
        wanted_s: the pause that the pace would have had with pictures at any time.
    """

    camera: str
    kind: str
    latency_s: float
    start_error_s: float
    wait_s: float
    pipeline_s: float
    interval_s: float
    wanted_s: float

    @property
    def beyond_s(self) -> float:
        """Latency beyond the look interval."""
        return self.latency_s - self.interval_s


@dataclass(frozen=True, slots=True)
class LookLatency:
    """One look: seconds from stage to stage; None where the model was not asked or the packet not noted."""

    camera: str
    read_s: float | None
    wait_s: float | None
    model_s: float | None
    rules_s: float | None
    whole_s: float


def event_latencies(
    lines: Sequence[CameraLine], deeds: Sequence[Sequence[Deed]], result: Mapping[str, Any], span_s: tuple[float, float]
) -> tuple[list[EventLatency], int]:
    """Return every violation of a span that was reported, and how many were not.

    Args:
        lines: the cameras.
        deeds: of each camera's street.
        result: what the worker told.
        span_s: the stretch that is judged, in `time.monotonic`.
    """
    names = [line.name for line in lines]
    events = [event for event in result["events"] if event["camera"] in names]
    found = {id(event): _found(event, names.index(event["camera"]), lines) for event in events}
    violations = [
        violation
        for row, line in enumerate(lines)
        for violation in expected(
            Watched(row, deeds[row], PERIOD_S, line.moment_at(span_s[0]), line.moment_at(span_s[1])), LIMITS_S
        )
    ]
    verdicts, _left = judge(violations, list(found.values()))
    latencies = []
    for verdict in verdicts:
        if verdict.delay_s is not None:
            event = next(each for each in events if _is_of(found[id(each)], verdict))
            latencies.append(_latency(event, verdict, lines[verdict.violation.camera]))
    return latencies, len(verdicts) - len(latencies)


def look_latencies(
    lines: Sequence[CameraLine], result: Mapping[str, Any], span_s: tuple[float, float]
) -> list[LookLatency]:
    """Return the stages of every look of a span."""
    by_name = {line.name: line for line in lines}
    models_s = _models_of(lines, result)
    return [
        _look(by_name[name], t_s, told_s, models_s.get((name, t_s)))
        for name, t_s, told_s, _standing in result["looks"]
        if name in by_name and span_s[0] <= told_s <= span_s[1]
    ]


def standing_delays(
    lines: Sequence[CameraLine], deeds: Sequence[Sequence[Deed]], result: Mapping[str, Any], span_s: tuple[float, float]
) -> list[float]:
    """Return by how much later than it stopped each vehicle or stall of a span was first shown as a standing thing."""
    delays = []
    for line, of_street in zip(lines, deeds, strict=True):
        looks = [(told_s, standing) for name, _t_s, told_s, standing in result["looks"] if name == line.name]
        for deed in of_street:
            for stopped_s in _begins(line, deed, span_s) if deed.offence.kind != "flyers" else ():
                told = (at_s for at_s, boxes in looks if at_s >= stopped_s and any(_holds(b, deed.spot) for b in boxes))
                first_s = next(told, None)
                if first_s is not None and first_s - stopped_s <= STANDING_FROM_S:
                    delays.append(first_s - stopped_s)
    return delays


def _models_of(lines: Sequence[CameraLine], result: Mapping[str, Any]) -> dict[tuple[str, float], tuple[float, float]]:
    return {
        (line.name, t_s): (began_s, ended_s)
        for line, camera in zip(lines, result["cameras"], strict=True)
        for t_s, began_s, ended_s in camera["models_s"]
    }


def _found(event: Mapping[str, Any], row: int, lines: Sequence[CameraLine]) -> Found:
    """Return an event with the moment that the camera showed when it was told, not that of the picture it rests on."""
    line = lines[row]
    x1, y1, x2, y2 = event["box"]
    started_s, raised_s = event["started_t_s"] + line.offset_s, line.moment_at(event["told_s"])
    return Found(row, event["kind"], started_s, raised_s, (x1, y1, x2, y2))


def _is_of(found: Found, verdict: Verdict) -> bool:
    violation = verdict.violation
    mine = found.raised_s - violation.due_s, found.started_s - violation.started_s
    return (found.camera, found.kind) == (violation.camera, violation.kind) and mine == (
        verdict.delay_s,
        verdict.error_s,
    )


def _latency(event: Mapping[str, Any], verdict: Verdict, line: CameraLine) -> EventLatency:
    assert verdict.delay_s is not None, "it was reported"
    assert verdict.error_s is not None, "it was reported"
    pipeline_s = event["told_s"] - line.sent_s(line.picture_of(event["t_s"]))
    return EventLatency(
        camera=line.name,
        kind=event["kind"],
        latency_s=verdict.delay_s,
        start_error_s=verdict.error_s,
        wait_s=verdict.delay_s - verdict.error_s - pipeline_s,
        pipeline_s=pipeline_s,
        interval_s=look_interval_s(event["look_hz"], event["gear"], event["key_interval_s"]),
        wanted_s=1 / event["look_hz"],
    )


def _look(line: CameraLine, t_s: float, told_s: float, model_s: tuple[float, float] | None) -> LookLatency:
    picture = line.picture_of(t_s)
    sent_s, read_s = line.sent_s(picture), line.read_s(picture)
    began_s, ended_s = model_s or (None, None)
    return LookLatency(
        camera=line.name,
        read_s=None if read_s is None else read_s - sent_s,
        wait_s=None if read_s is None or began_s is None else began_s - read_s,
        model_s=None if began_s is None or ended_s is None else ended_s - began_s,
        rules_s=None if ended_s is None else told_s - ended_s,
        whole_s=told_s - sent_s,
    )


def _begins(line: CameraLine, deed: Deed, span_s: tuple[float, float]) -> list[float]:
    """Return when, within a span but for its end, the camera showed a deed's beginning."""
    first_s = line.sent_of_moment(deed.offence.started_s)
    laps = range(int((span_s[1] - first_s) // PERIOD_S) + 1)
    begins = [first_s + lap * PERIOD_S for lap in laps]
    return [at_s for at_s in begins if span_s[0] <= at_s <= span_s[1] - STANDING_FROM_S]


def _holds(box: Sequence[float], spot: tuple[float, float]) -> bool:
    return box[0] <= spot[0] <= box[2] and box[1] <= spot[1] <= box[3]
