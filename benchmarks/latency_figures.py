"""Turns what the latency benchmark measured into its report: figures, goals, and what each figure means."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from pydantic import JsonValue
from rich.table import Table

from benchmarks.latency_clock import p50_p95
from benchmarks.latency_events import EventLatency
from benchmarks.latency_run import PagePart, WatchPart
from benchmarks.latency_wall import STAGES
from benchmarks.measuring import Window
from benchmarks.report import Beginning, Goal, Report, at_least, at_most
from pipeline.shard import VIEWED

MOST_BEYOND_S = 0.5

WALL_INTERVAL_S = 1 / VIEWED.look_hz

FARM_LATE_S = 0.2
"""A farm that is later than this sends pictures later than their clock says, which is counted as delay of ours."""

LOOK_STAGES = ("read_s", "wait_s", "model_s", "rules_s", "whole_s")

DEFINITIONS = {
    "the camera's clock": "every picture bears its number; picture 0 is due to leave the camera at a moment that the "
    "RTSP server tells on the machine's monotonic clock, picture i i/25 s later, and it leaves within 2 ms of that; a "
    "camera's own exposure and encoder come before and are not counted",
    "event.latency_s": "the change is that a violation has lasted as long as its rule allows: from the moment at which "
    "the camera's pictures show that (scripted beginning plus limit) to the event leaving the pipeline; before zero "
    "where the rule takes the beginning to be earlier than it was",
    "event.start_error_s": "by how much later than in truth the violation began in the rule's opinion",
    "event.wait_s": "from the limit as the rule counts it to the picture that was looked at next; what else a rule "
    "waits for is in it: a vendor who attends, a paper that nobody hides",
    "event.pipeline_s": "from the camera sending that picture to the event",
    "event.interval_s": "the look interval promised then: pause of the rules' pace, or the next multiple of the key "
    "frames' interval where the pace lets key frames serve",
    "event.beyond_interval_s": "latency_s less interval_s; the goal is about this",
    "event.beyond_wanted_s": "latency_s less the pace's own pause, as if key frames did not matter",
    "look.read_s": "from the camera sending a picture to libav giving its packet",
    "look.wait_s": "from there to the model having the picture: waiting its turn, decoding, glance",
    "look.model_s": "the model, with the pictures that it was given together",
    "look.rules_s": "from the model's end to the event or boxes leaving the pipeline: memory and rules, and those of "
    "other cameras of the batch before it",
    "look.whole_s": "from the camera sending a picture to events and boxes of that look; all looks, also without model",
    "stop_to_standing_s": "from a vehicle or stall coming to rest to the first boxes that hold it as a standing thing",
    "wall.picture_s": "from the camera sending a picture to the picture on the browser's screen",
    "wall.arrived_s": "from a change in the picture to the page having the boxes of the first look at it; every "
    "picture of the camera counts as one change, so that the waiting for the next look is in it",
    "wall.painted_s": "from a change in the picture to its boxes being drawn, together with the picture that they "
    "belong to: the first drawing after they came at which the strip on the screen shows that picture or a later one",
    "wall.late_ratio": "looks whose boxes came after their picture was on the screen already",
    "wall.unseen_ratio": "looks whose boxes were not drawn before the end",
    "cores": "processor seconds a second: side is the program, server the cameras, other the rest with the browser",
    "p50, p95": "median and 95th percentile by linear interpolation; n is how many values",
}


@dataclass(slots=True)
class Measured:
    """All parts that were run so far."""

    settings: Mapping[str, JsonValue]
    notes: list[str]
    watched: list[WatchPart] = field(default_factory=list)
    page: PagePart | None = None
    began: Beginning = field(default_factory=Beginning)


def make_report(measured: Measured) -> Report:
    """Return the report of what was measured so far."""
    rows = [_watch_row(part) for part in measured.watched]
    if measured.page:
        rows.append(_page_row(measured.page))
    events = [{"cameras": part.cameras, **_event_row(event)} for part in measured.watched for event in part.events]
    return Report(
        name="latency",
        settings=measured.settings,
        definitions=DEFINITIONS,
        samples=rows,
        summary={"events": list[JsonValue](events)},
        goals=_goals(measured),
        notes=[*measured.notes, *_late_farms(measured)],
        began=measured.began,
    )


def table_of(report: Report) -> Table:
    """Return the report's figures as a table."""
    table = Table("part", "cameras", "figure", "n", "p50 s", "p95 s")
    for row in report.samples:
        for name, value in row.items():
            if isinstance(value, dict) and "p95" in value:
                table.add_row(
                    str(row["part"]), str(row["cameras"]), name, *(str(value[key]) for key in ("n", "p50", "p95"))
                )
    return table


def percentiles(values: Sequence[float]) -> JsonValue:
    """Return n, p50 and p95 as they stand in the report."""
    found = p50_p95(values)
    if found is None:
        return {"n": 0, "p50": None, "p95": None}
    return {"n": len(values), "p50": round(found[0], 3), "p95": round(found[1], 3)}


def _goals(measured: Measured) -> list[Goal]:
    goals = []
    if measured.watched:
        part = max(measured.watched, key=lambda each: each.cameras)
        seen = len(part.events) + part.missed
        beyond = _p95([event.beyond_s for event in part.events])
        name = f"limit passed at the camera to event beyond the look interval, p95, {part.cameras} cameras (s)"
        goals = [
            at_most(name, MOST_BEYOND_S, beyond),
            at_least("scripted violations that were reported", 1.0, len(part.events) / seen if seen else None),
        ]
    if measured.page:
        page = measured.page
        for what, values in (("in the page", page.arrived_s), ("painted with their picture", page.painted_s)):
            value = _p95(values)
            name = f"picture change to boxes {what} beyond the look interval, p95, {page.cameras} cameras (s)"
            goals.append(at_most(name, MOST_BEYOND_S, None if value is None else round(value - WALL_INTERVAL_S, 3)))
    return goals


def _p95(values: Sequence[float]) -> float | None:
    found = p50_p95(values)
    return None if found is None else round(found[1], 3)


def _watch_row(part: WatchPart) -> dict[str, JsonValue]:
    row: dict[str, JsonValue] = {"part": "event", "cameras": part.cameras}
    row |= {"violations": len(part.events) + part.missed, "reported": len(part.events)}
    figures = {
        "event.latency_s": [event.latency_s for event in part.events],
        "event.beyond_interval_s": [event.beyond_s for event in part.events],
        "event.beyond_wanted_s": [event.latency_s - event.wanted_s for event in part.events],
        "event.interval_s": [event.interval_s for event in part.events],
        "event.start_error_s": [event.start_error_s for event in part.events],
        "event.wait_s": [event.wait_s for event in part.events],
        "event.pipeline_s": [event.pipeline_s for event in part.events],
    }
    for name in LOOK_STAGES:
        figures[f"look.{name}"] = [value for look in part.looks if (value := getattr(look, name)) is not None]
    figures["stop_to_standing_s"] = list(part.standing_s)
    row |= {name: percentiles(values) for name, values in figures.items()}
    return row | _surroundings(part.window, part.behind_s) | {"clock_breaks": part.breaks}


def _page_row(part: PagePart) -> dict[str, JsonValue]:
    row: dict[str, JsonValue] = {"part": "wall", "cameras": part.cameras, "tiles": part.tiles}
    row |= {
        "wall.picture_s": percentiles(part.pictures_s),
        "wall.arrived_s": percentiles(part.arrived_s),
        "wall.painted_s": percentiles(part.painted_s),
    }
    row |= {f"wall.{name}_s": percentiles(part.stages_s[name]) for name in STAGES}
    ratios = {"wall.late_ratio": part.late, "wall.unseen_ratio": part.unseen}
    row |= {name: round(count / part.looks, 3) if part.looks else None for name, count in ratios.items()}
    row |= {"looks": part.looks, "clock_error_s": round(part.clock_error_s, 4)}
    return row | _surroundings(part.window, part.behind_s)


def _surroundings(window: Window, behind_s: float) -> dict[str, JsonValue]:
    cores: dict[str, JsonValue] = {name: round(use.cpu_s / window.wall_s, 2) for name, use in window.uses.items()}
    cores["other"] = round(window.other_cpu_s / window.wall_s, 2)
    return {"seconds": round(window.wall_s, 1), "cores": cores, "server_behind_s": round(behind_s, 2)}


def _event_row(event: EventLatency) -> dict[str, JsonValue]:
    row: dict[str, JsonValue] = {"camera": event.camera, "kind": event.kind}
    names = ("latency_s", "start_error_s", "wait_s", "pipeline_s", "interval_s", "wanted_s", "beyond_s")
    return row | {name: round(getattr(event, name), 3) for name in names}


def _late_farms(measured: Measured) -> list[str]:
    parts: list[WatchPart | PagePart] = [*measured.watched, *([measured.page] if measured.page else [])]
    late = [f"{part.behind_s:.1f} s with {part.cameras} cameras" for part in parts if part.behind_s > FARM_LATE_S]
    if not late:
        return []
    return [f"The RTSP server lacked processor time and lagged behind its own clock, which counts as delay: {late}."]
