"""Turns an entry of a scenario file into paths: how something drives, rides or walks in, stands, and leaves again.

Vehicles come along the lane of their direction and pull over; what rides or walks goes straight, by way of `via`. A
story that begins before the scene does is told at the end of the period, so that nothing appears out of nowhere.
"""

import math
from collections.abc import Sequence
from dataclasses import replace

from datasets.cast import CARS, LARGE, PEOPLE
from datasets.scenario import Journey, Leg, Path
from datasets.scenario_entries import ActorEntry, Point, Side
from datasets.street import Lane, Street

WEST_X, EAST_X = -22.0, 95.0
"""Where things come in and leave, metres; nearer where the street ends before."""

FAST_M_S, RIDE_M_S, WALK_M_S, CHILD_M_S = 6.0, 3.6, 1.3, 1.1
AHEAD = {"west": 1, "east": -1}
"""Direction along x of what comes from a side."""


def paths_of(entry: ActorEntry, street: Street, period_s: float) -> list[Path]:
    """Return a path for each of an entry's `count` actors.

    Raises:
        ValueError: the street has no lane that leads there, or the story is longer than the period.
    """
    found = []
    for number in range(entry.count):
        story, stands_s = _story(entry, street, period_s)
        begin_s = 0.0 if entry.arrives is None else entry.arrives - stands_s
        found.append(fitted(_beside(story.path(), _aside(entry, number)), begin_s, period_s))
    return found


def fitted(path: Path, later_s: float, period_s: float) -> Path:
    """Return a path so many seconds later, begun within the period.

    Raises:
        ValueError: it is longer than the period.
    """
    begin, end = path.span_s
    if end - begin > period_s + 1e-6:
        raise ValueError(f"its story lasts {end - begin:.0f} s, longer than the scene's period of {period_s:g} s")
    first = begin + later_s
    later_s += period_s * -math.floor(round(first / period_s, 9))
    return Path(tuple(replace(leg, from_s=leg.from_s + later_s, to_s=leg.to_s + later_s) for leg in path.legs))


def edge_x(street: Street, side: Side) -> float:
    """Return where things come in from a side."""
    return max(street.from_x, WEST_X) if side == "west" else min(street.to_x, EAST_X)


def other(side: Side) -> Side:
    """Return the opposite side."""
    return "east" if side == "west" else "west"


def walking_y(street: Street) -> float:
    """Return the line along which people walk past on the far pavement."""
    return street.front_y - min(1.0, street.far_pavement_m / 2)


def _aside(entry: ActorEntry, number: int) -> Point:
    """How far a later one of a group is from the first: people in twos, bicycles and vehicles in a row."""
    if entry.kind in PEOPLE:
        return 0.75 * (number // 2), 0.62 * (number % 2)
    length = {"bus": 13.0, "midi_bus": 9.5, "truck": 8.5, "panel_van": 6.8}.get(entry.kind, 5.8)
    if entry.kind in CARS or entry.kind in LARGE:
        return length * number, 0.0
    return (ROW_M.get(entry.kind, CLOSE_M) if entry.from_ is None else RIDING_M) * number, 0.0


ROW_M = {"wheelie_bin": 0.85, "cone": 1.6, "barrier": 1.65, "bench": 2.2, "planter": 1.9, "banner": 6.5}
"""Distance of things that stand in a row, metres; of bicycles and others `CLOSE_M`."""

CLOSE_M, RIDING_M = 0.62, 2.4


def _beside(path: Path, aside: Point) -> Path:
    legs = (
        replace(
            leg,
            start=(leg.start[0] + aside[0], leg.start[1] + aside[1]),
            end=(leg.end[0] + aside[0], leg.end[1] + aside[1]),
        )
        for leg in path.legs
    )
    return Path(tuple(legs))


def _story(entry: ActorEntry, street: Street, period_s: float) -> tuple[Journey, float]:
    """Return the story begun at 0, and when in it the stop is reached (without one: when it comes in)."""
    if entry.kind in CARS or entry.kind in LARGE:
        return _driven(entry, street, period_s)
    return _free(entry, street, period_s)


def _stay_s(entry: ActorEntry, period_s: float, stands_s: float) -> float:
    """How long it stays; what stays to the end makes room for its own arrival in the next round."""
    if entry.stay is not None:
        return entry.stay
    if stands_s >= period_s:
        raise ValueError(f"its way there takes {stands_s:.0f} s, longer than the scene's period of {period_s:g} s")
    return period_s - max(entry.arrives or 0.0, stands_s)


def _driven(entry: ActorEntry, street: Street, period_s: float) -> tuple[Journey, float]:
    """Along a lane, over to the stop, and back into a lane."""
    speed = entry.speed or FAST_M_S
    came = entry.from_ or (other(entry.leaves) if entry.leaves else None)
    ahead = AHEAD[came] if came else 1
    if entry.stops_at is None:
        side = came or "west"
        lane = lane_towards(street, ahead, None)
        story = Journey(0.0, edge_x(street, side), lane.y)
        return story.go(edge_x(street, other(side)), lane.y, entry.speed or lane.speed_m_s), 0.0
    x, y = entry.stops_at
    facing = math.radians(entry.faces) if entry.faces is not None else (0.0 if ahead > 0 else math.pi)
    if entry.from_ is None:
        story = Journey(0.0, x, y)
    else:
        lane = lane_towards(street, ahead, y)
        start = edge_x(street, entry.from_)
        far = x - 33 * ahead
        start = min(start, far) if ahead > 0 else max(start, far)
        story = Journey(0.0, start, lane.y).go(x - 23 * ahead, lane.y, speed).drift(x - 9 * ahead, y).brake(x, y)
    stands_s = story.t_s
    story.stay(_stay_s(entry, period_s, stands_s), facing_rad=facing)
    if entry.leaves is not None:
        _drive_off(story, street, (entry.stops_at, ahead), entry.leaves)
    return story, stands_s


def _drive_off(story: Journey, street: Street, stood: tuple[Point, int], leaves: Side) -> None:
    (x, y), ahead = stood
    wanted = -AHEAD[leaves]
    lane = lane_towards(street, wanted, y)
    story.set_off(x + 3 * ahead, y, 3.2)
    if wanted == ahead:
        story.drift(x + 9 * ahead, lane.y)
    else:
        story.turn(x + 3.5 * ahead, lane.y, 0.0 if wanted > 0 else math.pi)
    story.go(edge_x(street, leaves), lane.y, FAST_M_S)


def lane_towards(street: Street, ahead: int, y: float | None) -> Lane:
    """Return the lane of a direction that is nearest to a line across the street (the outermost one without it).

    Raises:
        ValueError: the street has none of this direction.
    """
    lanes = [lane for lane in street.lanes if lane.direction == ahead]
    if not lanes:
        side = "west" if ahead > 0 else "east"
        ways = sorted({"west" if lane.direction > 0 else "east" for lane in street.lanes})
        raise ValueError(f"no lane of this street comes from the {side}; its lanes come from the {' and '.join(ways)}")
    wanted = y if y is not None else (0.0 if ahead > 0 else street.road_m)
    return min(lanes, key=lambda lane: abs(lane.y - wanted))


def _free(entry: ActorEntry, street: Street, period_s: float) -> tuple[Journey, float]:
    """Straight in, by way of `via`, and straight out."""
    walks = entry.kind in PEOPLE
    speed = entry.speed or (CHILD_M_S if entry.kind == "child" else WALK_M_S if walks else RIDE_M_S)
    line = _line_y(entry, street)
    if entry.stops_at is None:
        side = entry.from_ or "west"
        story = Journey(0.0, edge_x(street, side), entry.via[0][1] if entry.via else line)
        _go_on(story, entry.via, speed)
        end_y = entry.via[-1][1] if entry.via else line
        return story.go(edge_x(street, other(side)), end_y, speed), 0.0
    x, y = entry.stops_at
    if entry.from_ is None:
        story = Journey(0.0, x, y)
    else:
        story = Journey(0.0, edge_x(street, entry.from_), entry.via[0][1] if entry.via else line)
        _go_on(story, entry.via, speed)
        _come_to_rest(story, (entry.via[-1] if entry.via else (edge_x(street, entry.from_), line)), (x, y), speed)
    stands_s = story.t_s
    came = entry.from_ or (other(entry.leaves) if entry.leaves else "west")
    usual = -math.pi / 2 if walks else (0.0 if AHEAD[came] > 0 else math.pi)
    story.stay(
        _stay_s(entry, period_s, stands_s), facing_rad=math.radians(entry.faces) if entry.faces is not None else usual
    )
    if entry.leaves is not None:
        out = edge_x(street, entry.leaves), line
        share = min(1.0, 3.0 / max(math.dist((x, y), out), 0.1))
        story.set_off(x + (out[0] - x) * share, y + (out[1] - y) * share, speed).go(*out, speed)
    return story, stands_s


def _line_y(entry: ActorEntry, street: Street) -> float:
    """The line along which somebody comes in and leaves."""
    if entry.kind in PEOPLE:
        on_road = entry.stops_at is not None and entry.stops_at[1] < street.road_m
        return entry.stops_at[1] if on_road and entry.stops_at else walking_y(street)
    if entry.stops_at is not None:
        return entry.stops_at[1]
    return 0.5 if entry.from_ == "west" else street.road_m - street.strip_m - 0.5


def _go_on(story: Journey, points: Sequence[Point], speed: float) -> None:
    for x, y in points:
        story.go(x, y, speed)


def _come_to_rest(story: Journey, before: Point, stop: Point, speed: float) -> None:
    """The last straight line to a stop: at speed, then braking over its last two metres."""
    away = math.dist(before, stop)
    if away > 2.5:
        share = (away - 2.0) / away
        story.go(before[0] + (stop[0] - before[0]) * share, before[1] + (stop[1] - before[1]) * share, speed)
    story.brake(*stop)


def standing(place: Point, span_s: tuple[float, float], facing_rad: float) -> Path:
    """Return the path of what stands at a place from one time to another."""
    leg = Leg(span_s[0], span_s[1], place, place, (0.0, 0.0), (0.0, 0.0), facing_rad)
    return Path((leg,))
