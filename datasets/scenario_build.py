"""Makes a script of a scenario file's tables: numbers its actors, sends traffic through, and judges who offends.

A stay becomes an offence where a zone of its kind holds, it lasts beyond the zone's limit, and nothing makes it lawful.
"""

import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from datasets.camera_faults import Aim
from datasets.cast import CLASSES, PEOPLE
from datasets.draw_prints import usual_size
from datasets.scenario import Actor, Journey, Paper, Path, Script, View
from datasets.scenario_entries import (
    FIELD_DEG,
    PITCH_DEG,
    YAW_DEG,
    ActorEntry,
    OffenceEntry,
    PaperEntry,
    Side,
    StallEntry,
    TrafficEntry,
    ZoneEntry,
)
from datasets.scenario_stalls import Pitch, stall_actors
from datasets.scenario_story import AHEAD, WALK_M_S, edge_x, fitted, other, paths_of, walking_y
from datasets.scenario_tables import ScenarioFile, zone_id
from datasets.scene import turned
from datasets.street import Lane, Street
from datasets.street_layouts import layout
from datasets.traffic import Flow, Signal, cycle_lane, flowing_lane, queueing_lane, walkers
from datasets.truth import LAWFUL_PRINTS, Offence
from vision.classes import VEHICLES


@dataclass(frozen=True, slots=True)
class Stay:
    """Something that is at a place for a time and may offend by it.

    Attributes:
        kind: of the rule that could speak of it, or "" where none does.
        name: what the file calls it, or "".
        actor_id: of the vehicle, stall or paper.
        span_s: when it is there.
        ground: (x, y) metres.
        spot: (x, across) in the coordinates of its zones: across is z on a wall, else y.
        is_lawful: whether something makes it lawful whatever a zone says.
    """

    kind: str
    name: str
    actor_id: int
    span_s: tuple[float, float]
    ground: tuple[float, float]
    spot: tuple[float, float]
    is_lawful: bool


def build(told: ScenarioFile, name: str) -> Script:
    """Return the script of a scenario.

    Raises:
        ValueError: the story cannot be told; the message names the entry and what is possible.
    """
    planned = layout(told.layout, told.look)
    numbers = itertools.count(1)
    stays: list[Stay] = []
    actors: list[Actor] = []
    for i, entry in enumerate(told.actors):
        with _Place("actors", i, entry.kind):
            actors += _entered(entry, (told, planned.street, i), numbers, stays)
    for i, stall in enumerate(told.stalls):
        with _Place("stalls", i, stall.kind):
            actors += _pitched(stall, (told, planned.street, i), numbers, stays)
    papers = []
    for i, paper in enumerate(told.papers):
        with _Place("papers", i, paper.kind):
            papers.append(_posted(paper, (told, planned.street, i), stays))
            actors += _posters(paper, papers[-1], (told, planned.street), numbers)
    for i, flow in enumerate(told.traffic):
        with _Place("traffic", i, flow.flow):
            actors += _flowing(flow, (told, planned.street, i), next(numbers), stays)
            numbers = itertools.count(max((actor.actor_id for actor in actors), default=0) + 1)
    return Script(
        name=name,
        street=planned.street,
        view=_view(planned.view, told),
        actors=tuple(actors),
        papers=tuple(papers),
        offences=_offences(told, stays),
        period_s=told.period,
        zones_m=tuple(_zone(zone, i, planned.street) for i, zone in enumerate(told.zones)),
        weather=told.weather.weather(),
        faults=told.camera.faults(),
    )


class _Place:
    """Puts the table, the number and the kind of an entry before what is wrong with it."""

    def __init__(self, table: str, index: int, kind: str) -> None:
        self._where = f"{table} number {index + 1} ({kind})"

    def __enter__(self) -> None:
        return None

    def __exit__(self, _kind: object, err: BaseException | None, _trace: object) -> None:
        if isinstance(err, ValueError):
            raise ValueError(f"{self._where}: {err}") from None


_Setting = tuple[ScenarioFile, Street, int]
"""The whole file, its street, and the number of the entry in its table."""


def _look(told: ScenarioFile, table: int, index: int, given: int | None) -> int:
    return given if given is not None else (told.look * 7919 + table * 1009 + index * 31) % (1 << 20)


def _entered(entry: ActorEntry, setting: _Setting, numbers: Iterator[int], stays: list[Stay]) -> list[Actor]:
    told, street, index = setting
    look = _look(told, 1, index, entry.look)
    found = []
    begins_s, ends_s = _span_s("arrives", entry.arrives or 0.0, entry.stay, told.period)
    for i, path in enumerate(paths_of(entry, street, told.period)):
        if entry.does in SEATED and entry.kind in PEOPLE:
            found.append(Actor(next(numbers), SEATED[entry.does], look + i, path))
        action = "parks" if entry.kind not in PEOPLE else entry.does
        found.append(
            Actor(next(numbers), entry.kind, look if entry.kind == "shared_bicycle" else look + i, path, action)
        )
        if entry.stops_at is not None:
            stands = next(leg for leg in path.legs if leg.start == leg.end)
            if entry.stay is None:  # it may leave the place before the end, to come in again as in the next round
                ends_s = round(begins_s + stands.to_s - stands.from_s, 6)
            kind = "parking" if CLASSES[entry.kind] in VEHICLES else ""
            actor_id, lawful = found[-1].actor_id, bool(entry.lawful)
            stays.append(Stay(kind, entry.name, actor_id, (begins_s, ends_s), stands.start, stands.start, lawful))
    return found


def _span_s(key: str, begins_s: float, stay_s: float | None, period_s: float) -> tuple[float, float]:
    """Return from when to when something stays: so long, or to the end of the period.

    Raises:
        ValueError: the period is over before; `key` is what the file calls its beginning.
    """
    if begins_s >= period_s:
        raise ValueError(f"{key} = {begins_s:g} lies after the end of the scene's period of {period_s:g} s")
    if stay_s is None:
        return begins_s, period_s
    if begins_s + stay_s > period_s + 1e-6:
        raise ValueError(
            f"it stays until {begins_s + stay_s:g} s, longer than the scene's period of {period_s:g} s; "
            "what stays to the end needs no stay"
        )
    return begins_s, min(begins_s + stay_s, period_s)


SEATED = {"sit": "stool", "sit_low": "low_stool"}
"""What somebody sits on; drawn apart, as it is no part of a person."""


def _pitched(entry: StallEntry, setting: _Setting, numbers: Iterator[int], stays: list[Stay]) -> list[Actor]:
    told, street, index = setting
    begins_s, ends_s = _span_s("arrives", entry.arrives or 0.0, entry.stay, told.period)
    pitch = Pitch(entry, street, begins_s, ends_s, told.period, _look(told, 2, index, entry.look))
    stall_id = next(numbers)
    lawful = bool(entry.permitted) or _is_behind_a_door_line(entry.at, street)
    stays.append(Stay("vending", entry.name, stall_id, (begins_s, ends_s), entry.at, entry.at, lawful))
    return stall_actors(pitch, numbers, stall_id)


def _is_behind_a_door_line(place: tuple[float, float], street: Street) -> bool:
    x, y = place
    return y >= street.door_line_y and any(shop.left_x <= x <= shop.right_x for shop in street.shops)


def _posted(entry: PaperEntry, setting: _Setting, stays: list[Stay]) -> Paper:
    told, street, index = setting
    width, height = entry.size or usual_size(entry.kind)
    span_s = _span_s("appears", entry.appears, entry.stay, told.period)
    paper = Paper(
        index + 1, _look(told, 3, index, entry.look), *entry.at, width, height, *span_s, entry.kind, entry.surface
    )  # fmt: skip
    ground_y = {"pole": street.furniture_y, "pavement": entry.at[1]}.get(entry.surface, street.front_y)
    ground = entry.at[0] + width / 2, ground_y
    spot = entry.at[0] + width / 2, entry.at[1] + height / 2
    kind = "" if entry.surface == "pavement" else "flyers"  # zones for flyers stand upright; what lies is in none
    stays.append(Stay(kind, entry.name, paper.paper_id, span_s, ground, spot, entry.kind in LAWFUL_PRINTS))
    return paper


def _posters(
    entry: PaperEntry, paper: Paper, setting: tuple[ScenarioFile, Street], numbers: Iterator[int]
) -> list[Actor]:
    """Who puts a paper there, and who takes it away."""
    told, street = setting
    moments = ((entry.posted_from, paper.from_s), (entry.removed_from, paper.to_s))
    return [
        Actor(next(numbers), "person", paper.look + i, _reaching(paper, at_s, side, (told, street)), "reach")
        for i, (side, at_s) in enumerate(moments)
        if side is not None
    ]


def _reaching(paper: Paper, at_s: float, side: Side, setting: tuple[ScenarioFile, Street]) -> Path:
    """Walks up to the surface, reaches to it for four seconds until the moment, and walks off."""
    told, street = setting
    ahead, line = AHEAD[side], walking_y(street)
    y = street.furniture_y - 0.6 if paper.surface == "pole" else street.front_y - 0.5
    x = paper.x + paper.width_m / 2 - 0.25 * ahead
    story = Journey(0.0, edge_x(street, side), line).go(x - 2.0 * ahead, line, WALK_M_S).go(x, y, WALK_M_S)
    begin_s = at_s - REACHING_S - story.t_s
    story.stay(REACHING_S, facing_rad=math.pi / 2).go(x + 2.0 * ahead, line, WALK_M_S)
    story.go(edge_x(street, other(side)), line, WALK_M_S + 0.15)
    return fitted(story.path(), begin_s, told.period)


REACHING_S = 4.0


def _flowing(entry: TrafficEntry, setting: _Setting, first_id: int, stays: list[Stay]) -> list[Actor]:
    """A stream of traffic."""
    told, street, index = setting
    rng = np.random.default_rng((told.look, index, 17))
    flow = Flow(entry.gap, period_s=told.period, reach_m=(edge_x(street, "west"), edge_x(street, "east")))
    if entry.flow == "walkers":
        line = walking_y(street)
        return walkers(street, flow, rng, first_id, ys=entry.ys or (line, line - 0.5))
    if entry.flow == "cycles":
        found: list[Actor] = []
        for y in entry.ys or (0.5,):
            found += cycle_lane(y, 1 if y < street.road_m / 2 else -1, flow, rng, first_id + len(found))
        return found
    if entry.lane > len(street.lanes):
        raise ValueError(f"there is no lane {entry.lane}; this street has {len(street.lanes)}")
    lane = street.lanes[entry.lane - 1]
    if entry.stop_line is None:
        return flowing_lane(lane, replace(flow, quiet=_quiet(lane, stays)), rng, first_id)
    _check_light(entry, street, told.period)
    return queueing_lane(lane, flow, Signal(entry.stop_line, entry.red, entry.cycle), rng, first_id)


def _quiet(lane: Lane, stays: list[Stay]) -> tuple[tuple[float, float], ...]:
    """When a lane is kept free, as a vehicle of the story pulls over or out beside it."""
    return tuple(
        span
        for stay in stays
        if stay.kind == "parking" and abs(lane.y - stay.ground[1]) < QUIET_REACH_M
        for span in ((stay.span_s[0] - 14, stay.span_s[0] + 4), (stay.span_s[1] - 5, stay.span_s[1] + 8))
    )


def _check_light(entry: TrafficEntry, street: Street, period_s: float) -> None:
    if street.lanes[entry.lane - 1].direction < 0:
        ways = ", ".join(str(i + 1) for i, lane in enumerate(street.lanes) if lane.direction > 0)
        raise ValueError(
            f"lane {entry.lane} comes from the east; a light can stand only on lanes from the west: {ways}"
        )
    if period_s % entry.cycle > 1e-6:
        raise ValueError(f"cycle = {entry.cycle:g} does not go evenly into the period of {period_s:g} s")


QUIET_REACH_M = 5.0
"""A lane is kept free for whoever stops so near to its middle."""


def _view(usual: View, told: ScenarioFile) -> View:
    """Where the camera looks, having made sure that it turns to nothing that no view of a file can show either."""
    given = {key: value for key, value in told.view.model_dump().items() if value is not None}
    view = replace(usual, **given)
    for number, move in enumerate(told.camera.faults().moves, start=1):
        away = turned(view, Aim(move.pan_deg, move.tilt_deg, move.zoom))
        for key, value, (low, high) in (
            ("yaw_deg", away.yaw_deg, YAW_DEG),
            ("pitch_deg", away.pitch_deg, PITCH_DEG),
            ("field_of_view_deg", away.field_of_view_deg, FIELD_DEG),
        ):
            if not low <= value <= high:
                raise ValueError(
                    f"camera: moves number {number}: {key} would be {value:g}; it stays between {low} and {high}"
                )
    return view


def _zone(zone: ZoneEntry, number: int, street: Street) -> tuple[str, str, str, tuple[tuple[float, float, float], ...]]:
    (left, right), (low, high) = zone.x, zone.across
    if zone.kind == "flyers":
        y = street.front_y
        corners = ((left, y, low), (right, y, low), (right, y, high), (left, y, high))
    else:
        corners = ((left, low, 0.0), (right, low, 0.0), (right, high, 0.0), (left, high, 0.0))
    return zone_id(zone, number), zone.name, zone.kind, corners


def _offences(told: ScenarioFile, stays: list[Stay]) -> tuple[Offence, ...]:
    """What follows from the zones, and what the file adds."""
    broken = [(stay, kind) for stay in stays for kind in _broken(stay, told)]
    found = [_offence(stay, kind, stay.span_s) for stay, kind in broken]
    for i, entry in enumerate(told.offences):
        with _Place("offences", i, entry.by):
            named = [stay for stay in stays if stay.name == entry.by]
            if not named:
                names = ", ".join(repr(stay.name) for stay in stays if stay.name) or "none; give entries a name"
                raise ValueError(f"nothing that stays is called {entry.by!r}; there are {names}")
            for stay in named:
                if _broken(stay, told):
                    raise ValueError(f"that {entry.by!r} offends follows from its zone; leave this entry out")
                found.append(_offence(stay, entry.kind, _told_span_s(entry, stay)))
    return tuple(sorted(found, key=lambda offence: offence.started_s))


def _told_span_s(entry: OffenceEntry, stay: Stay) -> tuple[float, float]:
    """Return from when to when an offence lasts that the file tells of.

    Raises:
        ValueError: it ends before it begins, or what is said to offend is not there.
    """
    (there_s, gone_s), name = stay.span_s, stay.name
    begins_s = there_s if entry.begins is None else entry.begins
    ends_s = gone_s if entry.ends is None else entry.ends
    if not there_s <= begins_s < ends_s <= gone_s:
        raise ValueError(
            f"an offence from {begins_s:g} to {ends_s:g} s cannot be: it begins before it ends, and {name!r} is there "
            f"from {there_s:g} to {gone_s:g} s"
        )
    return begins_s, ends_s


def _broken(stay: Stay, told: ScenarioFile) -> list[str]:
    """Return the kinds of the rules that something breaks where it stays; a shop's goods are stalls to a scenario."""
    lasts_s = stay.span_s[1] - stay.span_s[0]
    kinds = {
        zone.kind
        for zone in told.zones
        if stay.kind in (zone.kind, STALLS_BESIDES.get(zone.kind))
        and lasts_s > zone.limit
        and zone.x[0] <= stay.spot[0] <= zone.x[1]
        and zone.across[0] <= stay.spot[1] <= zone.across[1]
    }
    return [] if stay.is_lawful else sorted(kinds)


STALLS_BESIDES = {"spillover": "vending"}
"""Rules that speak of stalls as well as the rule that stalls are called after."""


def _offence(stay: Stay, kind: str, span_s: tuple[float, float]) -> Offence:
    return Offence(kind, stay.actor_id, *span_s, stay.ground)
