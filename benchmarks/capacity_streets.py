"""Writes the streets that the capacity benchmark's cameras watch: each a short story that repeats, with exact truth.

Every street has a parking, a vending and a flyer zone. In most of them something unlawful begins at a known moment
and lasts beyond its limit; in all of them there is what must not be reported: traffic that queues at a light, stops
shorter than the limit, people who wait or walk past. A street begins again after `PERIOD_S`, so that a camera can
start anywhere in it and play it for ever.

Belongs here: who does what when, zones, limits. Does not: drawing (datasets), encoding (capacity_clips).
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from datasets.demo_scenes import pull_over
from datasets.scenario import Actor, Journey, Paper, Script, View
from datasets.scene import place_camera, script_zones
from datasets.street import Lane, Street, Wall
from datasets.traffic import Flow, Signal, cycle_lane, flowing_lane, queueing_lane, walkers
from datasets.truth import Offence
from detectors.catalog import Rule, ZoneSettings
from detectors.flyers import FlyerRule
from detectors.parking import ParkingRule
from detectors.vending import VendingRule

PERIOD_S = 120.0
"""A street begins again after this time; two cycles of the light, which must go into it evenly."""

LIMITS_S = {"parking": 30.0, "vending": 30.0, "flyers": 30.0}
"""How long each kind may last. Shorter than in the world, so that a run of two minutes holds whole stories."""

WEST = math.pi
"""Heading towards -x, as on the far side of the street."""

ZoneM = tuple[str, str, str, tuple[tuple[float, float, float], ...]]


@dataclass(frozen=True, slots=True)
class Stop:
    """A vehicle that pulls over to the far kerb: when it stands, for how long, where, and what it is."""

    stands_s: float
    stay_s: float
    x: float
    kind: str
    look: int

    @property
    def is_unlawful(self) -> bool:
        """Whether it stays beyond the limit."""
        return self.stay_s > LIMITS_S["parking"]


@dataclass(frozen=True, slots=True)
class Stall:
    """A pushed cart that is set down on the pavement and attended: when, for how long and where."""

    stands_s: float
    stay_s: float
    x: float
    look: int


@dataclass(frozen=True, slots=True)
class Posting:
    """A flyer that somebody puts on the wall: when it hangs, for how long, where on the wall, and its looks."""

    hangs_s: float
    stay_s: float
    x: float
    look: int


@dataclass(frozen=True, slots=True)
class Story:
    """What happens in a street, beside its everyday traffic."""

    name: str
    light: str
    yaw_deg: float
    seed: int
    stops: tuple[Stop, ...] = ()
    stalls: tuple[Stall, ...] = ()
    postings: tuple[Posting, ...] = ()


STORIES = (
    Story("kerb", "day", 40.0, 3, (Stop(24.6, 62, 13.5, "sedan", 213), Stop(100, 7, 19, "taxi", 34))),
    Story("kerb-dusk", "dusk", 42.0, 4, (Stop(48.5, 50, 16.0, "suv", 118), Stop(12, 9, 12.5, "taxi", 52))),
    Story("stall", "day", 41.0, 5, (Stop(104, 7, 14.5, "sedan", 82),), (Stall(32.4, 60, 12.5, 7),)),
    Story("wall", "overcast", 43.0, 6, (Stop(95, 8, 15.0, "hatchback", 61),), (), (Posting(40.7, 58, 15.0, 12),)),
    Story("kerb-and-stall", "overcast", 40.0, 7, (Stop(58.3, 48, 18.5, "van", 7),), (Stall(20.9, 58, 12.0, 19),)),
    Story("quiet", "day", 39.0, 8, (Stop(20, 8, 14.0, "taxi", 98), Stop(85, 6, 19.0, "sedan", 15))),
)
"""Every street; cameras get them in turn. No deed begins at a key frame: that would flatter who looks at those only."""


def story(name: str) -> Story:
    """Return a street's story by its name.

    Raises:
        ValueError: there is none of this name.
    """
    found = next((each for each in STORIES if each.name == name), None)
    if found is None:
        raise ValueError(f"no street is called {name!r}; there are {', '.join(each.name for each in STORIES)}")
    return found


def script_of(told: Story) -> Script:
    """Return a story as a script that can be drawn."""
    street = _street(told.seed)
    rng = np.random.default_rng(told.seed)
    actors = _everyday(street, rng, told)
    offences: list[Offence] = []
    for stop in told.stops:
        actors.append(_vehicle(stop, street, _next_id(actors)))
        if stop.is_unlawful:
            span_s = stop.stands_s, stop.stands_s + stop.stay_s
            offences.append(Offence("parking", actors[-1].actor_id, *span_s, (stop.x, _kerb_y(street))))
    for stall in told.stalls:
        offences.append(
            Offence(
                "vending", _next_id(actors), stall.stands_s, stall.stands_s + stall.stay_s, (stall.x, _stall_y(street))
            )
        )
        actors += _attended_cart(stall, street, _next_id(actors))
    papers = tuple(_paper(posting, number) for number, posting in enumerate(told.postings, start=1))
    for paper, posting in zip(papers, told.postings, strict=True):
        offences.append(Offence("flyers", paper.paper_id, paper.from_s, paper.to_s, (paper.x, street.front_y)))
        actors += [
            _poster(_next_id(actors), posting, (paper.from_s, 0), street),
            _poster(_next_id(actors) + 1, posting, (paper.to_s, 1), street),
        ]
    view = View(0.0, -4.5, 6.6, told.yaw_deg, 17.0, 58.0)
    return Script(
        told.name, street, view, tuple(actors), papers, tuple(offences), period_s=PERIOD_S, zones_m=_zones_m(street)
    )


def zones_of(told: Story) -> tuple[ZoneSettings, ...]:
    """Return the zones of a street with their rules: one of each kind."""
    rules: dict[str, Callable[[], Rule]] = {
        "parking": lambda: ParkingRule(limit_s=LIMITS_S["parking"]),
        "vending": lambda: VendingRule(limit_s=LIMITS_S["vending"]),
        "flyers": lambda: FlyerRule(limit_s=LIMITS_S["flyers"]),
    }
    return tuple(
        ZoneSettings(id=zone.zone_id, polygon=zone.polygon, rule=rules[zone.kind]())
        for zone in script_zones(script_of(told))
    )


def spots_of(script: Script) -> tuple[tuple[float, float], ...]:
    """Return where in the picture each offence is, as (x, y) fractions: its middle near the ground or on the wall."""
    camera = place_camera(script.view, (1280, 720))
    papers = {paper.paper_id: paper for paper in script.papers}
    places = []
    for offence in script.offences:
        if offence.kind == "flyers":
            paper = papers[offence.actor_id]
            places.append((paper.x + paper.width_m / 2, offence.place[1], paper.z + paper.height_m / 2))
        else:
            places.append((*offence.place, 0.3))
    if not places:
        return ()
    pixels, _ = camera.project(np.array(places))
    return tuple((float(x) / 1280, float(y) / 720) for x, y in pixels)


def _street(seed: int) -> Street:
    return Street(
        look=1200 + seed,
        road_m=9.6,
        far_pavement_m=4.6,
        lanes=(Lane(1.9, 1, 8.0), Lane(5.1, -1, 8.5)),
        strip_m=2.6,
        crossing_x=30.0,
        wall=Wall(12.0, 20.0, 3.1),
        tree_xs=(3.0, 25.5, 36.0, 48.0, 60.0, 72.0),
        lamp_xs=(-4.0, 23.0, 46.0, 70.0),
        clear_x=(6.0, 21.0),
    )


def _everyday(street: Street, rng: np.random.Generator, told: Story) -> list[Actor]:
    """Traffic on both lanes, cycles, walkers; the far lane is free while somebody pulls over or out."""
    near, far = street.lanes
    quiet = tuple(
        span
        for stop in told.stops
        for span in (
            (stop.stands_s - 14, stop.stands_s + 4),
            (stop.stands_s + stop.stay_s - 5, stop.stands_s + stop.stay_s + 8),
        )
    )

    def flow(gap_s: float, reach_m: tuple[float, float] = (-14.0, 95.0)) -> Flow:
        return Flow(gap_s, period_s=PERIOD_S, reach_m=reach_m)

    actors = queueing_lane(near, flow(11.0), Signal(stop_x=26.5), rng, 1)
    actors += flowing_lane(far, Flow(10.0, quiet=quiet, period_s=PERIOD_S), rng, len(actors) + 1)
    actors += cycle_lane(0.5, 1, flow(31.0), rng, len(actors) + 1)
    lines = street.front_y - 0.9, street.front_y - 1.5
    actors += walkers(street, flow(13.0, (-8.0, 60.0)), rng, len(actors) + 1, ys=lines)
    waits = Journey(4.0, 2.0, street.front_y - 1.0).go(16.5, street.road_m + 1.4, 1.3).stay(45, facing_rad=-math.pi / 2)
    actors.append(Actor(_next_id(actors), "person", 300 + told.seed, waits.go(60, street.front_y - 1.2, 1.3).path()))
    return actors


def _vehicle(stop: Stop, street: Street, actor_id: int) -> Actor:
    path = pull_over((stop.stands_s, stop.stay_s, stop.x), street.lanes[1], _kerb_y(street))
    return Actor(actor_id, stop.kind, stop.look, path)


def _attended_cart(stall: Stall, street: Street, first: int) -> list[Actor]:
    """The cart, its vendor who pushes it here and stays with it, and two customers."""
    y, run, v = _stall_y(street), 26.0, 1.3
    begin_s = stall.stands_s - run / v - 2 * 1.0 / v
    cart = Journey(begin_s, stall.x + run + 1.0, y).go(stall.x + 1.0, y, v).brake(stall.x, y)
    cart.stay(stall.stay_s, facing_rad=WEST).set_off(stall.x - 1.0, y, v).go(-16.0, y, v)
    vendor = Journey(begin_s, stall.x + run + 2.1, y).go(stall.x + 2.1, y, v).brake(stall.x + 1.2, y)
    vendor.go(stall.x + 1.3, y - 0.9, 1.0).go(stall.x - 1.4, y - 0.5, 1.0)
    vendor.stay(stall.stands_s + stall.stay_s - 4.5 - vendor.t_s, facing_rad=-math.pi / 2)
    vendor.go(stall.x + 1.3, y - 0.9, 1.0).go(stall.x + 1.1, y, 1.0).go(-15.0, y, v)
    actors = [
        Actor(first, "cart", stall.look, cart.path(), stall_id=first),
        Actor(first + 1, "person", 60 + stall.look, vendor.path(), "serve"),
    ]
    for number, (after_s, stay_s, shift) in enumerate(((9.0, 17.0, -0.4), (30.0, 16.0, 0.3))):
        walk = Journey(stall.stands_s + after_s - 9.0, stall.x - 11.0, street.front_y - 1.1)
        walk.go(stall.x + shift, y - 0.9, 1.25).stay(stay_s, facing_rad=math.pi / 2).go(
            stall.x + 40, street.front_y - 1.2, 1.35
        )
        actors.append(Actor(first + 2 + number, "person", 900 + stall.look + number, walk.path()))
    return actors


def _paper(posting: Posting, number: int) -> Paper:
    return Paper(number, posting.look, posting.x, 1.25, 0.6, 0.84, posting.hangs_s, posting.hangs_s + posting.stay_s)


def _poster(actor_id: int, posting: Posting, moment: tuple[float, int], street: Street) -> Actor:
    """Somebody who walks up to the wall, reaches to it for four seconds until the moment, and walks off at once."""
    at_s, which = moment
    x, y, back = posting.x + 0.3, street.front_y - 0.48, street.front_y - 1.4
    lead_s = math.dist((-5.0, back), (x, y)) / 1.3
    walk = Journey(at_s - 4.0 - lead_s, -5.0, back).go(x, y, 1.3).stay(4.0, facing_rad=math.pi / 2)
    walk.go(x + 2.0, back, 1.5).go(60.0, back, 1.5)
    return Actor(actor_id, "person", 611 + posting.look + which, walk.path(), "reach")


def _zones_m(street: Street) -> tuple[ZoneM, ...]:
    low, high = street.road_m - street.strip_m - 0.5, street.road_m + 0.2
    kerb = ((7.5, low, 0.0), (26.0, low, 0.0), (26.0, high, 0.0), (7.5, high, 0.0))
    low, high, front = street.road_m + 0.3, street.front_y - 0.2, street.front_y
    pavement = ((8.0, low, 0.0), (26.0, low, 0.0), (26.0, high, 0.0), (8.0, high, 0.0))
    wall = ((13.0, front, 0.6), (19.0, front, 0.6), (19.0, front, 2.7), (13.0, front, 2.7))
    return ("kerb", "", "parking", kerb), ("pavement", "", "vending", pavement), ("wall", "", "flyers", wall)


def _kerb_y(street: Street) -> float:
    return street.road_m - 1.2


def _stall_y(street: Street) -> float:
    return street.road_m + 1.7


def _next_id(actors: list[Actor]) -> int:
    return max(actor.actor_id for actor in actors) + 1
