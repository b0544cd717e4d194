"""Tells the stories by which the vending rule is tried: stalls that stay and are attended, and all that only looks so.

The limit is 30 s. What sells unlawfully stays at least twenty seconds longer, what stops lawfully is gone eight before.

Source of what looks like it: `domain.md` 4.2 and 7 (a stall without a seller, a vendor who only passes, people who
wait, parked tricycles, street furniture, umbrellas in rain, goods behind the door line, a permitted pitch).
"""

from dataclasses import dataclass

from benchmarks.scenarios_plots import Plot, PlotWriter, Setting, actor, cycles, lanes, person, stall, walkers
from datasets.scenario_entries import ActorEntry, StallEntry, ZoneEntry

LIMIT_S = 30.0
SHORTER_S, LONGER_S = 8.0, 20.0


@dataclass(frozen=True, slots=True)
class Pavement:
    """Where somebody can sell in a layout, metres.

    Attributes:
        xs: from where to where stalls stand.
        stall_y: the line on which they stand.
        zone_x: of the zone along the street.
        zone_y: across it.
        walk_ys: lines along which people walk past.
        flowing: numbers of the lanes in which traffic flows.
        inside_y: behind the shops' door line; 0 where there are no shops of their own.
    """

    xs: tuple[float, float]
    stall_y: float
    zone_x: tuple[float, float]
    zone_y: tuple[float, float]
    walk_ys: tuple[float, ...]
    flowing: tuple[int, ...]
    inside_y: float = 0.0


PAVEMENTS = {
    "main_street": Pavement((9.0, 20.0), 11.5, (6.0, 28.0), (9.9, 13.9), (12.9, 13.3), (1, 2)),
    "market": Pavement((8.5, 18.0), 6.3, (5.5, 26.0), (5.3, 8.0), (7.5, 4.4), ()),
    "shops": Pavement((8.5, 17.0), 9.4, (5.0, 24.0), (7.6, 10.8), (10.4, 8.0), (1, 2), 11.6),
}
"""The layouts with room for a stall."""


def pushed_cart(setting: Setting) -> Plot:
    """A cart is pushed here, sells, and is pushed away."""
    kind = setting.one_of("cart", "food_cart")
    return _plot(setting, _stall(setting, kind, _x(setting), comes="pushed", customers=setting.count(0, 3)))


def tricycle_vendor(setting: Setting) -> Plot:
    """Somebody brings table, cloth or crates on a tricycle, sets up, packs up and rides off."""
    kind = setting.one_of("table", "cloth", "crates", "baskets")
    customers, umbrella = setting.count(0, 3), setting.rng.random() < 0.6
    return _plot(setting, _stall(setting, kind, _x(setting), comes="tricycle", customers=customers, umbrella=umbrella))


def carried_goods(setting: Setting) -> Plot:
    """Goods are carried here and laid out on the ground or on a rack."""
    kind = setting.one_of("cloth", "baskets", "clothes_rack", "crates", "table")
    return _plot(setting, _stall(setting, kind, _x(setting), comes="carried", customers=setting.count(0, 3)))


def grill(setting: Setting) -> Plot:
    """Somebody grills in the open."""
    return _plot(setting, _stall(setting, "grill", _x(setting), comes="carried", customers=setting.count(1, 4)))


def there_from_the_beginning(setting: Setting) -> Plot:
    """A stall stands there before anybody watches, and is packed up later."""
    kind = setting.one_of("cart", "food_cart", "table", "baskets", "crates", "shoe_shine")
    umbrella = kind != "shoe_shine" and setting.rng.random() < 0.5
    told = stall(
        kind,
        at=(_x(setting), PAVEMENTS[setting.name].stall_y),
        stay=LIMIT_S + setting.between(LONGER_S + 10, 70),
        umbrella=umbrella,
        customers=setting.count(0, 3),
    )
    return _plot(setting, told)


def shop_spills_out(setting: Setting) -> Plot:
    """A shop puts tables out beyond its door line and serves there."""
    if not PAVEMENTS[setting.name].inside_y:
        raise ValueError("this street has no shops of its own")
    return _plot(setting, _stall(setting, "tables", _x(setting), comes="carried", customers=setting.count(0, 2)))


def second_pitch(setting: Setting) -> Plot:
    """A vendor stops for a short while, moves on along the pavement, and stays there."""
    pavement = PAVEMENTS[setting.name]
    came_s, first_s = 24.0, LIMIT_S - SHORTER_S - 4
    kind, look = setting.one_of("cart", "food_cart"), setting.count(1, 1 << 16)
    first, second = (pavement.xs[0], pavement.stall_y), (pavement.xs[0] + 8.5, pavement.stall_y)
    moved_s = came_s + first_s + setting.between(9, 12)
    stops = (
        stall(kind, at=first, look=look, arrives=came_s, stay=first_s, comes="pushed", leaves="west"),
        stall(kind, at=second, look=look, arrives=moved_s, stay=LIMIT_S + 25.0, comes="pushed", leaves="west"),
    )
    return _plot(setting, *stops)


def in_a_crowd(setting: Setting) -> Plot:
    """A stall among people who stand about for other reasons."""
    x = _x(setting)
    told = _stall(setting, setting.one_of("table", "baskets", "food_cart"), x, comes="carried", customers=4)
    if told.kind == "food_cart":
        told = told.model_copy(update={"comes": "pushed"})
    return _plot(setting, told, actors=_waiting(setting, 4))


def stays_to_the_end(setting: Setting) -> Plot:
    """A stall is set up and still sells when the scenario is over."""
    came_s = setting.between(30, 60)
    told = stall(
        setting.one_of("cloth", "baskets", "crates"),
        at=(_x(setting), PAVEMENTS[setting.name].stall_y),
        comes="carried",
        arrives=came_s,
        stay=min(setting.period_s - came_s, 92.0),
        leaves="west",
        customers=2,
    )
    return _plot(setting, told)


def only_passes(setting: Setting) -> Plot:
    """Vendors push and ride their goods through the zone and do not stop."""
    y = PAVEMENTS[setting.name].stall_y
    loaded = [
        actor(
            setting.one_of("loaded_tricycle", "tricycle", "parcel_tricycle"),
            "west",
            arrives=20.0 + 35 * number,
            via=((4.0, y), (28.0, y)),
            speed=setting.between(1.4, 2.2),
        )
        for number in range(2)
    ]
    porter = actor("porter", setting.side(), arrives=setting.between(10, 60))
    return _plot(setting, actors=(*loaded, porter))


def people_wait(setting: Setting) -> Plot:
    """People stand about, some with a suitcase, one with a pram beside her."""
    x, y = _x(setting), PAVEMENTS[setting.name].stall_y
    traveller = actor(
        "traveller", "west", stops_at=(x, y), arrives=setting.between(24, 40), stay=LIMIT_S + 35.0, leaves="west"
    )
    pram = actor("pram", stops_at=(round(x + 5.2, 1), y + 0.3))
    mother = actor("person", stops_at=(round(x + 4.2, 1), y + 0.3), faces=0)
    return _plot(setting, actors=(traveller, pram, mother, *_waiting(setting, 3)))


def parked_tricycle(setting: Setting) -> Plot:
    """A tricycle is parked, loaded or not; nobody is with it."""
    kind = setting.one_of("tricycle", "loaded_tricycle", "parcel_tricycle")
    at = (_x(setting), PAVEMENTS[setting.name].stall_y)
    if setting.rng.random() < 0.5:
        return _plot(setting, actors=(actor(kind, stops_at=at),))
    came_s = setting.between(16, 40)
    parked = actor(kind, "west", stops_at=at, arrives=came_s, stay=LIMIT_S + 45.0, leaves="west")
    return _plot(setting, actors=(parked,))


def stall_without_seller(setting: Setting) -> Plot:
    """Crates, a covered cart or an empty table stand about; nobody sells."""
    kind = setting.one_of("cart", "food_cart", "table", "crates", "baskets")
    told: dict[str, object] = {"at": (_x(setting), PAVEMENTS[setting.name].stall_y), "vendor": False}
    if setting.rng.random() < 0.5:
        told |= {"arrives": setting.between(20, 40)}
    return _plot(setting, stall(kind, permitted="nobody sells here", **told))


def furniture_and_waiting(setting: Setting) -> Plot:
    """Somebody waits beside a bench, a planter or a cabinet that has always been there."""
    pavement, x = PAVEMENTS[setting.name], _x(setting)
    kind = setting.one_of("bench", "planter", "cabinet", "wheelie_bin", "barrier")
    thing = actor(kind, stops_at=(x, pavement.stall_y + 0.4), count=setting.count(1, 2), faces=90)
    waits = person(setting, (round(x - 1.1, 1), pavement.stall_y), setting.between(20, 40), LIMIT_S + 30)
    return _plot(setting, actors=(thing, waits))


def bins_put_out(setting: Setting) -> Plot:
    """Bins or boxes are put out onto the pavement and left there."""
    pavement = PAVEMENTS[setting.name]
    things = [
        actor(
            setting.one_of("wheelie_bin", "planter", "barrier", "suitcase"),
            stops_at=(round(pavement.xs[0] + 5.0 * number, 1), pavement.stall_y),
            arrives=setting.between(18, 50),
            count=setting.count(1, 3),
            faces=-90,
        )
        for number in range(2)
    ]
    return _plot(setting, actors=tuple(things))


def short_stop(setting: Setting) -> Plot:
    """A vendor stops, sells for less than the limit, and goes on."""
    told = _stall(setting, setting.one_of("cart", "food_cart"), _x(setting), comes="pushed", customers=1)
    return _plot(setting, told.model_copy(update={"stay": LIMIT_S - SHORTER_S}))


def umbrellas_in_the_rain(setting: Setting) -> Plot:
    """People wait under the umbrellas that they hold."""
    x, y = _x(setting), PAVEMENTS[setting.name].stall_y
    holders = [
        actor(
            "umbrella_holder",
            "west",
            stops_at=(round(x + 1.7 * number, 1), y),
            arrives=setting.between(22, 40),
            stay=LIMIT_S + 30.0,
            leaves="west",
        )
        for number in range(setting.count(2, 3))
    ]
    return _plot(setting, actors=tuple(holders))


def permitted_pitch(setting: Setting) -> Plot:
    """A stall sells on its own pitch, which the zone leaves out."""
    pavement = PAVEMENTS[setting.name]
    ends_x = pavement.xs[1] - 4.0
    zone = ZoneEntry(kind="vending", id="pavement", x=(pavement.zone_x[0], ends_x), y=pavement.zone_y, limit=LIMIT_S)
    kind = setting.one_of("food_cart", "table", "crates")
    told = stall(
        kind, at=(ends_x + 3.6, pavement.stall_y), customers=3, umbrella=kind == "table", permitted="its own pitch"
    )
    return Plot((zone,), stalls=(told,), traffic=_plot(setting).traffic)


def behind_the_door_line(setting: Setting) -> Plot:
    """A shop keeps its goods behind its door line, and its keeper stands before them."""
    pavement, x = PAVEMENTS[setting.name], _x(setting)
    if not pavement.inside_y:
        raise ValueError("this street has no shops of its own")
    told = stall("crates", at=(x, pavement.inside_y), vendor=False, permitted="behind the door line")
    keeper = actor("person", stops_at=(round(x - 1.6, 1), pavement.inside_y - 0.3), faces=-90)
    return _plot(setting, told, actors=(keeper,))


def courier(setting: Setting) -> Plot:
    """A courier stops on the pavement, hands something over, and rides on."""
    pavement, x = PAVEMENTS[setting.name], _x(setting)
    came_s, stay_s = setting.between(18, 50), LIMIT_S - SHORTER_S
    rides = actor(
        setting.one_of("parcel_tricycle", "delivery_bike"),
        "west",
        stops_at=(x, pavement.stall_y),
        arrives=came_s,
        stay=stay_s,
        leaves="west",
    )
    takes = person(setting, (round(x + 1.4, 1), pavement.stall_y + 0.4), came_s + 2, stay_s - 4)
    return _plot(setting, actors=(rides, takes))


def cycles_and_sitters(setting: Setting) -> Plot:
    """People sit on stools beside a row of bicycles, all of them there from the beginning."""
    x, y = _x(setting), PAVEMENTS[setting.name].stall_y
    row = actor("shared_bicycle", stops_at=(x, y + 0.5), count=setting.count(3, 7), faces=80)
    sitters = [
        actor("person", stops_at=(round(x - 1.5 - 1.2 * number, 1), y + 0.2), does="sit", faces=-80 + 160 * number)
        for number in range(2)
    ]
    return _plot(setting, actors=(row, *sitters))


VENDING = PlotWriter(
    layouts=tuple(PAVEMENTS),
    unlawful=(
        pushed_cart,
        tricycle_vendor,
        carried_goods,
        grill,
        there_from_the_beginning,
        shop_spills_out,
        second_pitch,
        in_a_crowd,
        stays_to_the_end,
    ),
    lawful=(
        only_passes,
        people_wait,
        parked_tricycle,
        stall_without_seller,
        furniture_and_waiting,
        bins_put_out,
        short_stop,
        umbrellas_in_the_rain,
        permitted_pitch,
        behind_the_door_line,
        courier,
        cycles_and_sitters,
    ),
)
"""The stories of the vending rule."""


def _x(setting: Setting) -> float:
    return setting.between(*PAVEMENTS[setting.name].xs)


def _stall(setting: Setting, kind: str, x: float, **told: object) -> StallEntry:
    """A stall that comes from the west, stays well beyond the limit and leaves to where it came from."""
    return stall(
        kind,
        at=(x, PAVEMENTS[setting.name].stall_y),
        arrives=setting.between(30, 42),
        stay=round(LIMIT_S + setting.between(LONGER_S, 45), 1),
        leaves="west",
        **told,
    )


def _waiting(setting: Setting, count: int) -> tuple[ActorEntry, ...]:
    pavement = PAVEMENTS[setting.name]
    return tuple(
        person(
            setting,
            (setting.between(pavement.xs[0] - 2, pavement.xs[1] + 4), round(pavement.stall_y + 0.9, 1)),
            setting.between(14, 40),
            setting.between(25, 60),
        )
        for _ in range(count)
    )


def _plot(setting: Setting, *stalls: StallEntry, actors: tuple[ActorEntry, ...] = ()) -> Plot:
    pavement = PAVEMENTS[setting.name]
    zone = ZoneEntry(kind="vending", id="pavement", x=pavement.zone_x, y=pavement.zone_y, limit=LIMIT_S)
    traffic = (*lanes(setting, *pavement.flowing), cycles(setting), walkers(setting, *pavement.walk_ys))
    return Plot((zone,), actors, stalls, traffic=traffic)
