"""Writes the four demonstration scenes: `parking`, `vending`, `flyers` and `quiet`.

A seed changes what is decoration (houses, paint, clothes, arrival of passers-by, the camera's aim by a little); the
story and its times stay. Each scene lasts five minutes and then begins again.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from datasets.scenario import Actor, DemoZone, Journey, Paper, Path, Script, View
from datasets.scene import StreetScene, script_zones
from datasets.street import Lane, Street, Wall
from datasets.traffic import Flow, Signal, cycle_lane, flowing_lane, queueing_lane, walkers
from datasets.truth import Offence, Truth
from vision.arrays import Picture

PERIOD_S = 300.0
WEST = math.pi
"""Heading towards -x, as on the far side of the street."""


def demo_script(name: str, seed: int = 1) -> Script:
    """Return a demonstration scene.

    Raises:
        ValueError: no scene has this name.
    """
    writers: dict[str, Callable[[np.random.Generator, int], Script]] = {
        "parking": _parking,
        "vending": _vending,
        "flyers": _flyers,
        "quiet": _quiet,
    }
    if name not in writers:
        raise ValueError(f"no scene is called {name!r}; there are {', '.join(writers)}")
    return writers[name](np.random.default_rng((seed, len(name))), seed)


def demo_zones(name: str, seed: int = 1) -> tuple[DemoZone, ...]:
    """Return the zones that fit a scene: id, name for the operator, kind of rule and corners as fractions.

    Raises:
        ValueError: no scene has this name.
    """
    return script_zones(demo_script(name, seed))


def render(name: str, seed: int, t_s: float) -> tuple[Picture, Truth]:
    """Return one moment of a scene by day at 1280x720, (720, 1280, 3) BGR, and its truth.

    Paints the whole street anew; for more than one picture keep a `StreetScene`.
    """
    return StreetScene(demo_script(name, seed)).render(t_s)


DEMO_SCENES = ("parking", "vending", "flyers", "quiet")
"""Names that `demo_script` knows."""


@dataclass(frozen=True, slots=True)
class _Stop:
    """A vehicle that pulls over to the far kerb: when it stands, for how long, where, and what it is."""

    stands_s: float
    stay_s: float
    x: float
    kind: str
    look: int


def _main_street(seed: int) -> Street:
    lanes = Lane(1.9, 1, 8.0), Lane(5.1, -1, 8.5)
    return Street(
        look=1000 + seed,
        road_m=9.6,
        far_pavement_m=4.6,
        lanes=lanes,
        strip_m=2.6,
        crossing_x=30.0,
        tree_xs=(3.0, 25.5, 36.0, 48.0, 60.0, 72.0),
        lamp_xs=(-4.0, 23.0, 46.0, 70.0),
        clear_x=(6.0, 21.0),
    )


def _view(rng: np.random.Generator) -> View:
    return View(0.0, -4.5, 6.6, 40.0 + float(rng.uniform(-1.5, 1.5)), 17.0 + float(rng.uniform(-0.6, 0.6)), 62.0)


def _parking(rng: np.random.Generator, seed: int) -> Script:
    street = _main_street(seed)
    stops = (
        _Stop(16.0, 150.0, 13.5, ("sedan", "suv", "hatchback")[seed % 3], 210 + seed),
        _Stop(60.0, 7.0, 26.5, "taxi", 31 + seed),
        _Stop(205.0, 6.0, 14.0, "sedan", 77 + seed),
        _Stop(250.0, 8.0, 19.0, "taxi", 52 + seed),
    )
    actors = _life(street, rng, quiet=tuple(_quiet_times(stops)), busy_s=(9.0, 10.0))
    first = max(actor.actor_id for actor in actors) + 1
    actors += [_pulls_over(stop, street, first + i) for i, stop in enumerate(stops)]
    offence = Offence("parking", first, 16.0, 166.0, (13.5, _kerb_y(street)))
    return Script("parking", street, _view(rng), tuple(actors), offences=(offence,), zones_m=(_kerb_zone(street),))


def _vending(rng: np.random.Generator, seed: int) -> Script:
    street = _main_street(seed + 40)
    front = street.front_y
    actors = _life(street, rng, quiet=(), busy_s=(11.0, 14.0), ys=(front - 0.9, front - 1.5))
    stall = _Stall(max(actor.actor_id for actor in actors) + 1, 13.2, street.road_m + 1.75, seed)
    actors += stall.actors(street)
    offence = Offence("vending", stall.stall_id, 19.0, 79.0, (stall.x, stall.y))
    return Script("vending", street, _view(rng), tuple(actors), offences=(offence,), zones_m=(_pavement_zone(street),))


def _quiet(rng: np.random.Generator, seed: int) -> Script:
    street = _main_street(seed + 80)
    stops = (
        _Stop(40.0, 6.0, 16.0, "taxi", 18 + seed),
        _Stop(140.0, 7.0, 21.0, "suv", 91 + seed),
        _Stop(230.0, 5.0, 14.5, "sedan", 5 + seed),
    )
    actors = _life(street, rng, quiet=tuple(_quiet_times(stops)), busy_s=(9.0, 11.0))
    first = max(actor.actor_id for actor in actors) + 1
    actors += [_pulls_over(stop, street, first + i) for i, stop in enumerate(stops)]
    first += len(stops)
    front = street.front_y
    waiting = (
        Journey(20.0, 4.0, front - 1.0)
        .go(15.0, street.road_m + 1.6, 1.3)
        .stay(70, facing_rad=-math.pi / 2)
        .go(60, front - 1.2, 1.3)
    )
    actors.append(Actor(first, "person", 303 + seed, waiting.path()))
    mother = Journey(60.0, 60.0, front - 1.4).go(-6.0, front - 1.4, 1.1).path()
    actors.append(Actor(first + 1, "person", 17 + seed, mother, "push"))
    actors.append(
        Actor(first + 2, "pram", 4 + seed, Journey(60.0, 59.1, front - 1.4).go(-6.9, front - 1.4, 1.1).path())
    )
    shaded = Journey(110.0, -6.0, front - 1.0).go(60.0, front - 1.3, 1.2).path()
    actors.append(Actor(first + 3, "umbrella_holder", 44 + seed, shaded))
    return Script(
        "quiet", street, _view(rng), tuple(actors), clouds=True, zones_m=(_kerb_zone(street), _pavement_zone(street))
    )


def _flyers(rng: np.random.Generator, seed: int) -> Script:
    street = Street(
        look=500 + seed,
        road_m=3.4,
        far_pavement_m=2.4,
        lanes=(),
        wall=Wall(-3.6, 7.5, 3.1),
        tree_xs=(12.5, 22.0),
        lamp_xs=(8.6, 30.0),
        from_x=-20.0,
        to_x=80.0,
    )
    view = View(0.0, -2.0, 3.7, 70.0 + float(rng.uniform(-1, 1)), 17.0, 62.0)
    flow = Flow(17.0, period_s=PERIOD_S, reach_m=(-12.0, 40.0), quiet=((12.0, 45.0), (246.0, 262.0)))
    actors = walkers(street, flow, rng, 1, ys=(4.2, 4.6))
    actors += cycle_lane(1.6, 1, Flow(38.0, reach_m=(-12.0, 40.0)), rng, len(actors) + 1)
    first = max(actor.actor_id for actor in actors) + 1
    front = street.front_y
    places = (1.35, 3.1)
    posts = (16.0, 25.5)
    actors.append(_man_at_wall(first, 611 + seed, (places, posts), front))
    actors.append(_man_at_wall(first + 1, 87 + seed, (places, (250.0, 255.5)), front))
    papers = tuple(
        Paper(i + 1, seed * 10 + i, places[i] - 0.1, 1.32 + 0.08 * i, 0.21 * size, 0.297 * size, at + 5.0, taken + 4.0)
        for i, (at, taken, size) in enumerate(zip(posts, (250.0, 255.5), (1.0, 1.25), strict=True))
    )
    offences = tuple(Offence("flyers", paper.paper_id, paper.from_s, paper.to_s, (paper.x, front)) for paper in papers)
    corners = ((-1.2, front, 0.55), (5.2, front, 0.55), (5.2, front, 2.75), (-1.2, front, 2.75))
    return Script(
        "flyers", street, view, tuple(actors), papers, offences, zones_m=(("wall", "墙面", "flyers", corners),)
    )


def _man_at_wall(
    actor_id: int, look: int, work: tuple[tuple[float, float], tuple[float, float]], front: float
) -> Actor:
    """Somebody who walks up to the wall, reaches to it at two places for six and five seconds, and walks off."""
    (first_x, second_x), (first_s, second_s) = work
    y, back = front - 0.48, front - 1.4
    lead = math.dist((-5.0, back), (first_x, y)) / 1.3
    story = Journey(first_s - lead, -5.0, back).go(first_x, y, 1.3).stay(6.0, facing_rad=math.pi / 2)
    pause = second_s - story.t_s - 2 * 1.0 / 1.1 - (second_x - first_x) / 1.1
    story.go(first_x, y - 1.0, 1.1)
    if pause > 0:
        story.stay(pause, facing_rad=math.pi / 2)
    story.go(second_x, y - 1.0, 1.1).go(second_x, y, 1.1).stay(5.5, facing_rad=math.pi / 2)
    story.go(second_x + 1.5, back, 1.3).go(30.0, back, 1.4)
    return Actor(actor_id, "person", look, story.path(), "reach")


def _life(
    street: Street,
    rng: np.random.Generator,
    *,
    quiet: tuple[tuple[float, float], ...],
    busy_s: tuple[float, float],
    ys: tuple[float, ...] = (),
) -> list[Actor]:
    """Traffic on both lanes, cycles, walkers."""
    near, far = street.lanes
    traffic_s, walker_s = busy_s
    actors = queueing_lane(near, Flow(traffic_s), Signal(stop_x=26.5), rng, 1)
    actors += flowing_lane(far, Flow(traffic_s, quiet=quiet), rng, len(actors) + 1)
    actors += cycle_lane(0.5, 1, Flow(31.0), rng, len(actors) + 1)
    lines = ys or (street.front_y - 0.9, street.front_y - 1.7, street.front_y - 2.4)
    actors += walkers(street, Flow(walker_s, reach_m=(-8.0, 60.0)), rng, len(actors) + 1, ys=lines)
    return actors


def _kerb_y(street: Street) -> float:
    return street.road_m - 1.2


def _quiet_times(stops: tuple[_Stop, ...]) -> list[tuple[float, float]]:
    """The far lane is kept free while somebody pulls over or out."""
    return [(stop.stands_s - 14, stop.stands_s + 4) for stop in stops] + [
        (stop.stands_s + stop.stay_s - 5, stop.stands_s + stop.stay_s + 8) for stop in stops
    ]


def _pulls_over(stop: _Stop, street: Street, actor_id: int) -> Actor:
    return Actor(
        actor_id,
        stop.kind,
        stop.look,
        pull_over((stop.stands_s, stop.stay_s, stop.x), street.lanes[1], _kerb_y(street)),
    )


def pull_over(stop: tuple[float, float, float], lane: Lane, kerb_y: float) -> Path:
    """Return the path of a vehicle of a lane towards -x that stops at the kerb.

    Args:
        stop: time at which it stands, seconds it stays, and x of its middle.
        lane: where it comes from and goes back to.
        kerb_y: middle line of the vehicle when it stands.
    """
    stands_s, stay_s, x = stop
    v = 6.0
    brake_s, shift_s = 2 * 9.0 / v, 14.0 / v
    run = 72.0
    story = Journey(stands_s - brake_s - shift_s - run / v, x + 9 + 14 + run, lane.y)
    story.go(x + 23, lane.y, v).drift(x + 9, kerb_y).brake(x, kerb_y).stay(stay_s, facing_rad=WEST)
    story.set_off(x - 3, kerb_y, 3.2).drift(x - 9, lane.y).go(-22.0, lane.y, 6.0)
    return story.path()


@dataclass(frozen=True, slots=True)
class _Stall:
    """The vendor's story: comes with a tricycle at 12 s, has set up at 20 s, packs up at 75 s and is gone at 90 s."""

    stall_id: int
    x: float
    y: float
    seed: int

    def actors(self, street: Street) -> list[Actor]:
        """Return the vendor, what he brings, and customers."""
        number, look = self.stall_id, self.seed * 7
        here, front = (self.x, self.y), street.front_y
        ride_y, rest = self.y + 0.25, self.x + 3.0
        ride = Journey(12.0 - 2.0 - 14.0, rest + 45.0, ride_y).go(rest + 3.0, ride_y, 3.0).brake(rest, ride_y)
        begin = ride.t_s
        ride.stay(82.0 - begin).set_off(rest - 4, ride_y + 0.2, 3.0).go(-14.0, ride_y + 0.2, 3.0)
        actors = [
            Actor(number + 1, "tricycle", 60 + look, ride.path(), "parks"),
            self._part(number + 4, "umbrella", (self.x + 0.1, self.y + 0.45), (15.5, 77.5)),
            self._part(number + 5, "table", here, (17.0, 79.0)),
            self._part(number + 6, "goods", here, (19.0, 76.0)),
            Actor(number + 7, "person", 60 + look, self._vendor(begin, rest, ride_y), "serve"),
        ]
        for i, (at_s, stay_s, shift) in enumerate(((27.0, 14.0, -0.5), (36.0, 11.0, 0.35), (52.0, 15.0, -0.2))):
            story = Journey(at_s - 9.0, self.x - 11.0, front - 1.1).go(self.x + shift, self.y - 0.85, 1.25)
            story.stay(stay_s, facing_rad=math.pi / 2).go(self.x + 40, front - 1.2, 1.35)
            actors.append(Actor(number + 8 + i, "person", 900 + look + i, story.path()))
        return actors

    def _part(self, actor_id: int, kind: str, place: tuple[float, float], span_s: tuple[float, float]) -> Actor:
        story = Journey(span_s[0], *place).stay(span_s[1] - span_s[0], facing_rad=0.0)
        return Actor(actor_id, kind, 3 + self.seed, story.path(), stall_id=self.stall_id, height_m=0.78)

    def _vendor(self, begin: float, rest: float, ride_y: float) -> Path:
        """Walks between tricycle and stall while setting up and packing up, else stands at the table's end."""
        post = self.x - 1.25, self.y + 0.3
        cargo = rest - 0.7, ride_y + 0.4
        story = Journey(begin, *cargo).go(self.x + 0.5, self.y + 0.8, 1.2).stay(1.2).go(*cargo, 1.3)
        story.go(*post, 1.3)
        story.stay(73.5 - story.t_s, facing_rad=-math.pi / 2).go(*cargo, 1.2).go(self.x + 0.4, self.y + 0.75, 1.2)
        story.stay(max(0.5, 77.3 - story.t_s)).go(*cargo, 1.3)
        return story.stay(max(0.2, 82.0 - story.t_s)).path()


_ZoneM = tuple[str, str, str, tuple[tuple[float, float, float], ...]]


def _kerb_zone(street: Street) -> _ZoneM:
    low, high = street.road_m - street.strip_m - 0.5, street.road_m + 0.2
    return "kerb", "禁停路段", "parking", ((7.5, low, 0.0), (30.0, low, 0.0), (30.0, high, 0.0), (7.5, high, 0.0))


def _pavement_zone(street: Street) -> _ZoneM:
    low, high = street.road_m + 0.3, street.front_y - 0.2
    return (
        "pavement",
        "禁止摆卖人行道",
        "vending",
        ((6.5, low, 0.0), (28.0, low, 0.0), (28.0, high, 0.0), (8.5, high, 0.0)),
    )
