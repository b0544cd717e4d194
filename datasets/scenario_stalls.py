"""Tells a stall's story: its things come and stand, somebody attends them, customers come, all of it leaves again.

The first thing stands at `arrives` to the moment, the last is gone `stay` later; what offends between is the stall.
"""

import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from datasets.scenario import Actor, Journey, Path
from datasets.scenario_entries import Point, StallEntry
from datasets.scenario_story import AHEAD, RIDE_M_S, WALK_M_S, edge_x, fitted, standing, walking_y
from datasets.street import Street

SETS: dict[str, tuple[tuple[str, float, float, float], ...]] = {
    "cart": (("cart", 0.0, 0.0, 0.0),),
    "food_cart": (("food_cart", 0.0, 0.0, 0.0),),
    "grill": (("grill", 0.0, 0.0, 0.0), ("crates", 1.75, 0.2, 0.0)),
    "table": (("table", 0.0, 0.0, 0.0), ("goods", 0.0, 0.0, 0.78)),
    "cloth": (("ground_cloth", 0.0, 0.0, 0.0),),
    "shoe_shine": (("shoe_chair", 0.0, 0.0, 0.0),),
    "baskets": (("baskets", 0.0, 0.0, 0.0),),
    "crates": (("crates", 0.0, 0.0, 0.0), ("goods", 1.7, 0.0, 0.0)),
    "clothes_rack": (("clothes_rack", 0.0, 0.0, 0.0), ("clothes_rack", 2.0, 0.1, 0.0)),
    "tables": (("table_set", 0.0, 0.0, 0.0), ("table_set", 2.9, 0.15, 0.0)),
}
"""What a stall consists of: kind, metres east and away from the road, and what it lies on."""

SETTING_UP_S = 1.2
"""Between one thing of a stall and the next."""


@dataclass(frozen=True, slots=True)
class Pitch:
    """A stall's place and times.

    Attributes:
        entry: as written.
        street: where it is.
        begins_s: when its first thing stands.
        ends_s: when its last thing is gone.
        period_s: of the scene.
        look: seed of its appearance.
    """

    entry: StallEntry
    street: Street
    begins_s: float
    ends_s: float
    period_s: float
    look: int

    @property
    def back(self) -> int:
        """Direction across the street that leads away from the road: 1 on the far side, -1 on the near one."""
        return 1 if self.entry.at[1] > self.street.road_m / 2 else -1

    @property
    def post(self) -> Point:
        """Where the vendor stands: behind the stall, or beside it where there is no room."""
        x, y = self.entry.at
        if self.back > 0 and self.street.front_y - y < 1.4:
            return x - 1.5, y + 0.1
        return x, y + 0.95 * self.back


def stall_actors(pitch: Pitch, numbers: Iterator[int], stall_id: int) -> list[Actor]:
    """Return everything of a stall: its things (which share `stall_id`), its vendor, customers and what brought it.

    Raises:
        ValueError: one of its stories is longer than the period.
    """
    actors = [
        Actor(next(numbers), kind, pitch.look + i, path, "parked", stall_id, height)
        for i, (kind, height, path) in enumerate(_things(pitch))
    ]
    if pitch.entry.comes == "tricycle":
        actors.append(Actor(next(numbers), "tricycle", pitch.look, _tricycle(pitch), "parks"))
    if pitch.entry.kind == "shoe_shine":
        actors += _shiner(pitch, numbers)
    elif pitch.entry.vendor:
        actors.append(Actor(next(numbers), "person", pitch.look, _vendor(pitch), "serve"))
    for path in _customers(pitch):
        actors.append(Actor(next(numbers), "person", pitch.look + 900 + len(actors), path))
    return actors


def _things(pitch: Pitch) -> list[tuple[str, float, Path]]:
    """Kind, height and path of each thing; the first comes first and goes last."""
    entry, (x, y) = pitch.entry, pitch.entry.at
    members = list(SETS[entry.kind])
    if entry.umbrella:
        members.append(("umbrella", 0.2, 0.45, 0.0))
    facing = _facing(pitch)
    found = []
    for i, (kind, east, away, height) in enumerate(members):
        if i == 0 and entry.comes == "pushed":
            found.append((kind, height, _rolled(pitch)))
            continue
        step = SETTING_UP_S * i if entry.comes != "stands" else 0.0
        span_s = pitch.begins_s + step, max(pitch.ends_s - step, pitch.begins_s + step + 1.0)
        found.append((kind, height, standing((x + east, y + away * pitch.back), span_s, facing)))
    return found


def _facing(pitch: Pitch) -> float:
    """Carts and tables stand along the street; a chair looks at the road."""
    entry = pitch.entry
    if entry.faces is not None:
        return math.radians(entry.faces)
    return -math.pi / 2 * pitch.back if entry.kind == "shoe_shine" else 0.0


def _rolled(pitch: Pitch) -> Path:
    """A cart that is pushed here and away."""
    entry, (x, y) = pitch.entry, pitch.entry.at
    came, goes = AHEAD[entry.from_], -AHEAD[entry.leaves]
    story = Journey(0.0, edge_x(pitch.street, entry.from_), y).go(x - came, y, WALK_M_S).brake(x, y)
    begin_s = pitch.begins_s - story.t_s
    story.stay(pitch.ends_s - pitch.begins_s, facing_rad=0.0 if entry.faces is None else math.radians(entry.faces))
    story.set_off(x + goes, y, WALK_M_S).go(edge_x(pitch.street, entry.leaves), y, WALK_M_S)
    return fitted(story.path(), begin_s, pitch.period_s)


def _tricycle(pitch: Pitch) -> Path:
    """A tricycle that brings the things, parks beside them, and takes them away."""
    entry = pitch.entry
    came, goes = AHEAD[entry.from_], -AHEAD[entry.leaves]
    x, y = _parking_place(pitch)
    story = Journey(0.0, edge_x(pitch.street, entry.from_), y).go(x - 3 * came, y, RIDE_M_S).brake(x, y)
    begin_s = pitch.begins_s - LEAD_S - story.t_s
    story.stay(pitch.ends_s - pitch.begins_s + 2 * LEAD_S, facing_rad=0.0 if came > 0 else math.pi)
    if goes == came:
        story.set_off(x + 4 * goes, y, RIDE_M_S)
    else:
        story.set_off(x + 1.5 * came, y, 1.5).turn(x + 1.5 * came, y - 2.0 * pitch.back, 0.0 if goes > 0 else math.pi)
        y -= 2.0 * pitch.back
    story.go(edge_x(pitch.street, entry.leaves), y, RIDE_M_S)
    return fitted(story.path(), begin_s, pitch.period_s)


LEAD_S = 5.0
"""So long before the first thing stands, and after the last is gone, the tricycle stands there."""


def _parking_place(pitch: Pitch) -> Point:
    x, y = pitch.entry.at
    return x + 3.2 * (1 if AHEAD[pitch.entry.from_] < 0 else -1), y + 0.1 * pitch.back


def _vendor(pitch: Pitch) -> Path:
    """Somebody who comes with the stall, stands at his post, and leaves with it."""
    return {"pushed": _pusher, "tricycle": _unloader, "carried": _walker, "stands": _waiting}[pitch.entry.comes](pitch)


def _looks(pitch: Pitch) -> float:
    return -math.pi / 2 * pitch.back


def _waiting(pitch: Pitch) -> Path:
    return standing(pitch.post, (pitch.begins_s, pitch.ends_s), _looks(pitch))


def _walker(pitch: Pitch) -> Path:
    line = walking_y(pitch.street)
    story = Journey(0.0, edge_x(pitch.street, pitch.entry.from_), line).go(*pitch.post, WALK_M_S)
    begin_s = pitch.begins_s - 0.5 - story.t_s
    story.stay(pitch.ends_s - pitch.begins_s + 1.0, facing_rad=_looks(pitch))
    story.go(edge_x(pitch.street, pitch.entry.leaves), line, WALK_M_S)
    return fitted(story.path(), begin_s, pitch.period_s)


def _unloader(pitch: Pitch) -> Path:
    """Between tricycle and stall while setting up and packing up; on the tricycle before and after."""
    x, y = _parking_place(pitch)
    cargo = x - 0.6, y + 0.7 * pitch.back
    story = Journey(0.0, *cargo).go(*pitch.post, WALK_M_S)
    back_s = math.dist(cargo, pitch.post) / WALK_M_S
    stay_s = pitch.ends_s - pitch.begins_s + 2 * LEAD_S - 2 * back_s
    story.stay(max(stay_s, 1.0), facing_rad=_looks(pitch)).go(*cargo, WALK_M_S)
    return fitted(story.path(), pitch.begins_s - LEAD_S, pitch.period_s)


def _pusher(pitch: Pitch) -> Path:
    """Behind the cart on the way, at his post while it stands."""
    entry, (x, y) = pitch.entry, pitch.entry.at
    came, goes = AHEAD[entry.from_], -AHEAD[entry.leaves]
    start = edge_x(pitch.street, entry.from_) - BEHIND_M * came
    story = Journey(0.0, start, y).go(x - (BEHIND_M + 1.0) * came, y, WALK_M_S).brake(x - BEHIND_M * came, y)
    begin_s = pitch.begins_s - story.t_s
    corner = x - BEHIND_M * came, y + 0.95 * pitch.back
    around = [(x - BEHIND_M * goes, y + 0.95 * pitch.back), (x - BEHIND_M * goes, y)]
    _walk(story, [corner, pitch.post])
    back_s = _length([pitch.post, *around]) / WALK_M_S
    story.stay(max(pitch.ends_s - begin_s - back_s - story.t_s, 0.5), facing_rad=_looks(pitch))
    _walk(story, around)
    story.set_off(x + (1.0 - BEHIND_M) * goes, y, WALK_M_S)
    story.go(edge_x(pitch.street, entry.leaves) - BEHIND_M * goes, y, WALK_M_S)
    return fitted(story.path(), begin_s, pitch.period_s)


BEHIND_M = 1.35
"""From the middle of a cart to whoever pushes it."""


def _walk(story: Journey, points: Sequence[Point]) -> None:
    for x, y in points:
        story.go(x, y, WALK_M_S)


def _length(points: Sequence[Point]) -> float:
    return sum(math.dist(a, b) for a, b in itertools.pairwise(points))


def _customers(pitch: Pitch) -> list[Path]:
    """People who walk up one after the other, stand for a while and walk on; only as many as there is time for."""
    (x, y), line = pitch.entry.at, walking_y(pitch.street)
    found = []
    seated = pitch.entry.kind == "shoe_shine"
    for i in range(int(seated), pitch.entry.customers):
        arrives_s, stay_s = pitch.begins_s + 6.0 + 15.0 * i, 12.0 + i % 3
        if arrives_s + stay_s > pitch.ends_s:
            break
        side = 1 if i % 2 else -1
        place = x + 0.45 * side, y - 0.95 * pitch.back
        west, east = edge_x(pitch.street, "west"), edge_x(pitch.street, "east")
        story = Journey(0.0, west if side < 0 else east, line).go(*place, WALK_M_S)
        begin_s = arrives_s - story.t_s
        story.stay(stay_s, facing_rad=math.pi / 2 * pitch.back).go(east if side < 0 else west, line, WALK_M_S)
        found.append(fitted(story.path(), begin_s, pitch.period_s))
    return found


def _shiner(pitch: Pitch, numbers: Iterator[int]) -> list[Actor]:
    """The shoe shiner on a low stool before the chair and, where there are customers, the first of them in it."""
    turn = _facing(pitch)
    x, y = pitch.entry.at
    span_s = pitch.begins_s, pitch.ends_s
    before = x + 1.25 * math.cos(turn), y + 1.25 * math.sin(turn)
    low = standing(before, span_s, turn + math.pi)
    found = [
        Actor(next(numbers), "low_stool", pitch.look, low),
        Actor(next(numbers), "person", pitch.look, low, "sit_low"),
    ]
    if pitch.entry.customers:
        found.append(Actor(next(numbers), "person", pitch.look + 5, standing((x, y), span_s, turn), "sit_chair"))
    return found
