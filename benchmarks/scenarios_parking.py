"""Tells the stories by which the parking rule is tried: vehicles that stay too long, and all that only looks so.

Limits are short (12 to 40 s), so that a scenario of two and a half minutes holds a whole offence. What stays lawfully
stays at least eight seconds less than the limit, what offends at least fifteen more.

Source of what looks like it: `domain.md` 7 (jams, grace, occlusion, shadows, what is no motor vehicle).
"""

from dataclasses import dataclass, replace

from benchmarks.scenarios_plots import Plot, PlotWriter, Setting, actor, cycles, lanes, person, walkers
from datasets.cast import CARS
from datasets.scenario_entries import ActorEntry, TrafficEntry, ZoneEntry

LIMITS_S = (20.0, 30.0, 40.0)
SHORTER_S = 8.0
"""What stops lawfully is gone so long before the limit."""

LONGER_S = 15.0
"""What offends stays so much longer at least."""

STEP_M = 6.2
"""From the middle of one vehicle of a queue to that of the next."""

LARGE = ("bus", "midi_bus", "truck", "panel_van")


@dataclass(frozen=True, slots=True)
class Kerb:
    """Where vehicles stop in a layout, metres.

    Attributes:
        xs: from where to where along the street.
        zone_x: of the no-parking zone along it.
        zone_y: across it.
        stop_y: middle line of a vehicle at the kerb.
        lane_y: middle line of the lane beside it, from the east.
        flowing: numbers of the lanes in which traffic can flow past.
        has_strip: whether a vehicle at the kerb leaves that lane free.
    """

    xs: tuple[float, float]
    zone_x: tuple[float, float]
    zone_y: tuple[float, float]
    stop_y: float
    lane_y: float
    flowing: tuple[int, ...]
    has_strip: bool = True


KERBS = {
    "main_street": Kerb((10.5, 24.0), (7.0, 33.0), (6.7, 9.8), 8.4, 5.1, (1, 2)),
    "arterial": Kerb((17.0, 34.0), (12.0, 42.0), (21.4, 24.4), 23.0, 19.5, (1, 2, 3, 4, 5, 6)),
    "junction": Kerb((9.0, 24.0), (5.0, 32.0), (6.9, 9.7), 8.3, 5.3, (1, 2)),
    "shops": Kerb((8.5, 20.0), (5.0, 27.0), (4.7, 7.5), 6.3, 5.3, (1,), has_strip=False),
}
"""The layouts in which somebody can stop at the far kerb."""


def stays(setting: Setting) -> Plot:
    """A car stops, stays and leaves; another lets somebody out meanwhile."""
    kerb, limit_s = KERBS[setting.name], _limit_s(setting)
    x, came_s = setting.between(kerb.xs[0], kerb.xs[1] - 9), setting.between(16, 30)
    stay_s = limit_s + setting.between(LONGER_S + 10, 55)
    brief = _car(setting, x + 12.5, came_s + 12, min(limit_s - SHORTER_S, 12.0))
    return _plot(setting, limit_s, _car(setting, x, came_s, stay_s), brief)


def there_from_the_beginning(setting: Setting) -> Plot:
    """A vehicle stands there before anybody watches, and leaves long after its limit."""
    limit_s = _limit_s(setting)
    stay_s = limit_s + setting.between(LONGER_S + 10, 60)
    return _plot(setting, limit_s, _stands(setting, _x(setting), stay=stay_s, leaves="west"))


def stays_to_the_end(setting: Setting) -> Plot:
    """A car stops and is still there when the scenario is over."""
    came_s = setting.between(16, 60)
    entry = actor(setting.one_of(*CARS), "east", stops_at=_at(setting, _x(setting)), arrives=came_s)
    return _plot(setting, _limit_s(setting), entry)


def behind_buses(setting: Setting) -> Plot:
    """Twice a bus stops before a parked car for eight seconds and hides it."""
    kerb, limit_s = KERBS[setting.name], _limit_s(setting)
    if not kerb.has_strip:
        raise ValueError("a bus beside the kerb would stand in the parked car")
    x, came_s = _x(setting), setting.between(16, 24)
    view = setting.usual.view
    bus_x = view.x + (x - view.x) * (kerb.lane_y - view.y) / (kerb.stop_y - view.y)
    buses = [
        actor("bus", "east", stops_at=(round(bus_x, 2), kerb.lane_y), arrives=at_s, stay=8.0, leaves="west")
        for at_s in (came_s + 13.0, came_s + 45.0)
    ]
    return _plot(setting, limit_s, _car(setting, x, came_s, limit_s + setting.between(35, 50)), *buses)


def second_of_two(setting: Setting) -> Plot:
    """One leaves in time; whoever takes its place stays beyond the limit."""
    limit_s, x = _limit_s(setting), _x(setting)
    came_s, first_s = setting.between(16, 20), limit_s - SHORTER_S
    second_came_s = came_s + first_s + setting.between(6, 12)
    second_s = limit_s + setting.between(LONGER_S, 30)
    return _plot(setting, limit_s, _car(setting, x, came_s, first_s), _car(setting, x, second_came_s, second_s))


def two_neighbours(setting: Setting) -> Plot:
    """Two cars stand one behind the other; both stay too long, one leaves first."""
    kerb, limit_s = KERBS[setting.name], _limit_s(setting)
    x, came_s = setting.between(kerb.xs[0], kerb.xs[1] - 8), setting.between(16, 24)
    front = _car(setting, x, came_s, limit_s + setting.between(30, 50))
    behind_s = came_s + setting.between(8, 20)
    behind = actor(setting.one_of(*CARS), "east", stops_at=_at(setting, x + 7.5), arrives=behind_s)
    return _plot(setting, limit_s, front, behind)


def stays_when_the_queue_moves(setting: Setting) -> Plot:
    """Vehicles queue in a lane where nobody may stop; when they drive on, the last one stays."""
    limit_s = 20.0
    stopped_s, moves_s = setting.between(20, 26), setting.between(42, 50)
    queue = _queue(setting, 4, stopped_s, moves_s)
    last = queue[-1].stops_at or (0.0, 0.0)
    stayer = actor(
        setting.one_of(*CARS, "panel_van"),
        "east",
        stops_at=(last[0] + STEP_M + 1, last[1]),
        arrives=stopped_s + 9.0,
        stay=moves_s + limit_s + setting.between(25, 35) - stopped_s - 9.0,
        leaves="west",
    )
    return _lane_plot(setting, limit_s, (*queue, stayer), held_until_s=moves_s + 1.4 * 2)  # half of it has left


def large_vehicle(setting: Setting) -> Plot:
    """A bus, a lorry or a panel van stays."""
    limit_s, x = _limit_s(setting), _x(setting)
    stay_s = limit_s + setting.between(LONGER_S, 50)
    return _plot(setting, limit_s, _vehicle(setting.one_of(*LARGE), setting, x, (setting.between(16, 30), stay_s)))


def fire_lane(setting: Setting) -> Plot:
    """Where the limit is short, a short stop offends."""
    stay_s = 12.0 + setting.between(LONGER_S + 5, 35)
    return _plot(setting, 12.0, _car(setting, _x(setting), setting.between(16, 60), stay_s))


def beside_a_queue(setting: Setting) -> Plot:
    """A car stays at the kerb while traffic on the near lanes queues at a light again and again."""
    limit_s = _limit_s(setting)
    car = _car(setting, _x(setting), setting.between(16, 30), limit_s + setting.between(30, 60))
    light = TrafficEntry(
        flow="lane", lane=1, gap=max(5.0, setting.conditions.traffic_gap_s), stop_line=22.0, red=24.0, cycle=50.0
    )
    return Plot(_kerb_zone(setting, limit_s), (car,), traffic=(light, cycles(setting), walkers(setting)))


def short_stops(setting: Setting) -> Plot:
    """Three let somebody out at different places and drive on in time."""
    limit_s, kerb = _limit_s(setting), KERBS[setting.name]
    stay_s = limit_s - SHORTER_S
    stops = [
        _vehicle(setting.one_of("taxi", *CARS), setting, setting.between(*kerb.xs), (20.0 + at_s, stay_s))
        for at_s in (0.0, stay_s + 18.0)
    ]
    return _plot(setting, limit_s, *stops)


def relay(setting: Setting) -> Plot:
    """One after the other takes the same place, as at a bus stop, and none stays too long."""
    limit_s, x = 20.0, _x(setting)
    kinds = LARGE[:2] if setting.rng.random() < 0.4 else CARS
    entries, at_s = [], setting.between(16, 18)
    for _ in range(3):
        stay_s = limit_s - SHORTER_S - setting.between(0, 2)
        entries.append(_vehicle(setting.one_of(*kinds), setting, x, (at_s, stay_s)))
        at_s += stay_s + setting.between(9, 14)
    return _plot(setting, limit_s, *entries)


def jam(setting: Setting) -> Plot:
    """A queue stands in the zone for longer than the limit; then all drive on."""
    limit_s, stopped_s = 20.0, setting.between(20, 30)
    return _lane_plot(setting, limit_s, _queue(setting, 6, stopped_s, stopped_s + limit_s + setting.between(15, 35)))


def jam_beyond_the_zone(setting: Setting) -> Plot:
    """The same, and the zone holds two of them only."""
    plot, kerb = jam(setting), KERBS[setting.name]
    short = plot.zones[0].model_copy(update={"x": (kerb.zone_x[0], kerb.xs[0] + 1.4 * STEP_M)})
    return replace(plot, zones=(short,))


def red_light(setting: Setting) -> Plot:
    """Traffic waits in the zone before a light, nearly as long as the limit, in each of two cycles."""
    limit_s = 40.0
    low, high = 0.2, setting.usual.street.lanes[0].y + 1.7
    zone = ZoneEntry(kind="parking", id="lane", x=(6.0, 24.0), y=(low, high), limit=limit_s)
    light = TrafficEntry(
        flow="lane",
        lane=1,
        gap=min(9.0, setting.conditions.traffic_gap_s),
        stop_line=22.0,
        red=limit_s - SHORTER_S,
        cycle=setting.period_s / 2,
    )
    return Plot((zone,), traffic=(light, walkers(setting)))


def outside_the_zone(setting: Setting) -> Plot:
    """A vehicle stands all the time, a few steps beyond the end of the zone."""
    kerb, limit_s = KERBS[setting.name], _limit_s(setting)
    ends_x = kerb.xs[1] - 5.5
    zone = ZoneEntry(kind="parking", id="kerb", x=(kerb.zone_x[0], ends_x), y=kerb.zone_y, limit=limit_s)
    beyond = _stands(setting, ends_x + 5.0 + setting.between(0, 1.5))
    return Plot((zone,), (beyond,), traffic=_life(setting))


def cycles_in_the_zone(setting: Setting) -> Plot:
    """Bicycles and motorcycles are parked in the zone, which is for motor vehicles with four wheels."""
    kerb, limit_s = KERBS[setting.name], _limit_s(setting)
    y = kerb.stop_y + 0.4
    row = actor("shared_bicycle", stops_at=(kerb.xs[0], y), count=setting.count(3, 7), faces=85)
    courier = actor(
        setting.one_of("delivery_bike", "motorbike", "scooter"),
        "east",
        stops_at=(kerb.xs[0] + 7.5, y),
        arrives=setting.between(16, 30),
        stay=limit_s + 40.0,
        leaves="west",
    )
    return _plot(setting, limit_s, row, courier)


def things_in_the_zone(setting: Setting) -> Plot:
    """Cones, barriers, bins stand in the zone, some put there meanwhile."""
    kerb = KERBS[setting.name]
    kinds = ("cone", "barrier", "wheelie_bin", "planter", "cabinet", "bench")
    entries = [
        actor(
            setting.one_of(*kinds),
            stops_at=(kerb.xs[0] + 4.5 * number, kerb.stop_y + 0.5),
            arrives=0.0 if number < 2 else setting.between(20, 50),
            count=setting.count(1, 3),
            faces=90,
        )
        for number in range(3)
    ]
    return _plot(setting, _limit_s(setting), *entries)


def only_traffic(setting: Setting) -> Plot:
    """Nobody stops; close traffic runs through a zone that holds the kerb and the lane beside it."""
    gaps = {"sparse": 9.0, "usual": 5.0, "dense": 3.2}
    flows = [
        TrafficEntry(flow="lane", lane=number, gap=gaps[setting.conditions.density] + 0.3 * number)
        for number in range(1, len(setting.usual.street.lanes) + 1)
    ]
    return Plot(_lane_zone(setting, 20.0), traffic=(*flows, cycles(setting), walkers(setting)))


def people_wait(setting: Setting) -> Plot:
    """People with luggage stand in the zone and wait, longer than a vehicle could."""
    kerb, limit_s = KERBS[setting.name], _limit_s(setting)
    y = kerb.stop_y + 0.7
    waiting = [
        person(setting, (round(kerb.xs[0] + 3.1 * number, 1), y), setting.between(14, 40), limit_s + 30.0)
        for number in range(setting.count(2, 5))
    ]
    traveller = actor(
        "traveller", "west", stops_at=(kerb.xs[0] + 1.5, y - 0.5), arrives=25.0, stay=limit_s + 35.0, leaves="east"
    )
    return _plot(setting, limit_s, *waiting, traveller)


PARKING = PlotWriter(
    layouts=tuple(KERBS),
    unlawful=(
        stays,
        there_from_the_beginning,
        stays_to_the_end,
        behind_buses,
        second_of_two,
        two_neighbours,
        stays_when_the_queue_moves,
        large_vehicle,
        fire_lane,
        beside_a_queue,
    ),
    lawful=(
        short_stops,
        relay,
        jam,
        jam_beyond_the_zone,
        red_light,
        outside_the_zone,
        cycles_in_the_zone,
        things_in_the_zone,
        only_traffic,
        people_wait,
    ),
)
"""The stories of the parking rule."""


def _limit_s(setting: Setting) -> float:
    return LIMITS_S[setting.count(0, len(LIMITS_S) - 1)]


def _x(setting: Setting) -> float:
    return setting.between(*KERBS[setting.name].xs)


def _at(setting: Setting, x: float) -> tuple[float, float]:
    return round(x, 2), KERBS[setting.name].stop_y


def _vehicle(kind: str, setting: Setting, x: float, span: tuple[float, float]) -> ActorEntry:
    """A vehicle from the east that stands at the kerb from `span[0]` for `span[1]` seconds and drives on."""
    return actor(
        kind, "east", stops_at=_at(setting, x), arrives=round(span[0], 1), stay=round(span[1], 1), leaves="west"
    )


def _car(setting: Setting, x: float, came_s: float, stay_s: float) -> ActorEntry:
    return _vehicle(setting.one_of(*CARS), setting, x, (came_s, stay_s))


def _stands(setting: Setting, x: float, **told: object) -> ActorEntry:
    """A vehicle that is there from the beginning, turned as those from the east are."""
    kind = setting.one_of(*CARS, "panel_van")
    return actor(kind, stops_at=_at(setting, x), faces=180, **told)


def _queue(setting: Setting, count: int, stopped_s: float, moves_s: float) -> tuple[ActorEntry, ...]:
    """Vehicles that come to rest behind one another in the lane beside the kerb and drive on one after the other."""
    kerb = KERBS[setting.name]
    if not kerb.has_strip:
        raise ValueError("the camera sees too little of this street for a queue")
    entries = []
    for number in range(count):
        came_s, left_s = stopped_s + 1.6 * number, moves_s + 1.4 * number
        entries.append(
            actor(
                setting.one_of(*CARS),
                "east",
                stops_at=(round(kerb.xs[0] + STEP_M * number, 2), kerb.lane_y),
                arrives=round(came_s, 1),
                stay=round(left_s - came_s, 1),
                leaves="west",
                lawful="queue",
            )
        )
    return tuple(entries)


def _kerb_zone(setting: Setting, limit_s: float) -> tuple[ZoneEntry, ...]:
    kerb = KERBS[setting.name]
    return (ZoneEntry(kind="parking", id="kerb", x=kerb.zone_x, y=kerb.zone_y, limit=limit_s),)


def _lane_zone(setting: Setting, limit_s: float) -> tuple[ZoneEntry, ...]:
    """A zone that holds the lane beside the kerb, too."""
    kerb = KERBS[setting.name]
    across = kerb.lane_y - 1.6, kerb.zone_y[1]
    return (ZoneEntry(kind="parking", id="kerb", x=(kerb.zone_x[0], 48.0), y=across, limit=limit_s),)


def _life(setting: Setting) -> tuple[TrafficEntry, ...]:
    return (*lanes(setting, *KERBS[setting.name].flowing), cycles(setting), walkers(setting))


def _plot(setting: Setting, limit_s: float, *actors: ActorEntry) -> Plot:
    return Plot(_kerb_zone(setting, limit_s), actors, traffic=_life(setting))


def _lane_plot(setting: Setting, limit_s: float, actors: tuple[ActorEntry, ...], *, held_until_s: float = 0.0) -> Plot:
    """A story in the lane beside the kerb, which traffic leaves to it."""
    flowing = tuple(number for number in KERBS[setting.name].flowing if number == 1)
    traffic = (*lanes(setting, *flowing), walkers(setting))
    return Plot(_lane_zone(setting, limit_s), actors, traffic=traffic, held_until_s=held_until_s)
