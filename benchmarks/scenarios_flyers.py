"""Tells the stories by which the flyer rule is tried: print that appears and stays, and all that only looks so.

The camera is zoomed onto the wall, as on a PTZ tour: a sheet of A4 is some twenty pixels wide, which is what the rule
wants. Print smaller than A4 is not tried.

Source of what looks like it: `domain.md` 4.3 and 7 (who passes or waits before the wall, what is put there, lawful
notices, print that goes, fresh paint, dirt, light).
"""

import math
from dataclasses import dataclass, replace

from benchmarks.scenarios_plots import Plot, PlotWriter, Setting, actor, cycles, lanes, person, walkers
from datasets.draw_prints import usual_size
from datasets.scenario_entries import ActorEntry, PaperEntry, TrafficEntry, ViewEntry, ZoneEntry

LIMITS_S = (20.0, 30.0)
SHORTER_S = 10.0
"""What is taken down in time is gone so long before the limit."""

A4_M, A3_M = (0.21, 0.297), (0.297, 0.42)

RAISED_M = {"low": -1.0, "usual": 0.0, "high": 0.7}
"""How much higher than usual the camera hangs; under a deck there is not more room."""


@dataclass(frozen=True, slots=True)
class Front:
    """A watched wall, metres.

    Attributes:
        xs: of the zone along the street.
        zs: of the zone above the ground.
        field_deg: how wide the camera looks.
        walk_ys: lines along which people walk past.
        lanes: numbers of the lanes in which traffic flows.
    """

    xs: tuple[float, float]
    zs: tuple[float, float]
    field_deg: float
    walk_ys: tuple[float, ...]
    lanes: tuple[int, ...]


FRONTS = {
    "underpass": Front((5.2, 10.8), (0.6, 2.7), 42.0, (8.3, 8.8), (1, 2)),
    "lane": Front((3.6, 8.8), (0.6, 2.5), 46.0, (5.5,), (1,)),
    "shops": Front((4.5, 14.5), (0.5, 2.6), 36.0, (10.4, 9.0), (1, 2)),
}
"""The layouts with a wall to watch; of the shops it is a shutter that is down, somewhere between these places."""


def flyer_by_hand(setting: Setting) -> Plot:
    """Somebody comes, posts a flyer and walks on; later it is taken down."""
    at_s = setting.between(30, 45)
    stay_s = min(_limit_s(setting) + setting.between(40, 60), setting.period_s - at_s - 20)
    told = _paper(setting, "flyer", 0, at_s, stay=stay_s, posted_from=setting.side(), removed_from=setting.side())
    return _plot(setting, told)


def several(setting: Setting) -> Plot:
    """Three flyers are posted one after the other at different places."""
    papers = [
        _paper(setting, "flyer", row, 28.0 + 12.0 * row + setting.between(0, 5), posted_from="west") for row in range(3)
    ]
    return _plot(setting, *papers)


def poster(setting: Setting) -> Plot:
    """A coloured poster is put up."""
    return _plot(setting, _paper(setting, "poster", setting.count(0, 2), setting.between(28, 60), posted_from="east"))


def lettering(setting: Setting) -> Plot:
    """An offer and a telephone number are sprayed onto the wall."""
    return _plot(
        setting, _paper(setting, "lettering", setting.count(0, 1), setting.between(28, 60), posted_from="west")
    )


def large_sticker(setting: Setting) -> Plot:
    """Stickers as large as a sheet of A4 appear while nobody is seen."""
    told = _paper(setting, "sticker", setting.count(0, 2), setting.between(20, 60), size=(0.36, 0.25))
    return _plot(setting, told)


def behind_somebody(setting: Setting) -> Plot:
    """After a flyer is posted, somebody waits before it for most of its limit."""
    at_s, front = setting.between(30, 40), _front(setting)
    told = _paper(setting, "flyer", 1, at_s, posted_from="west")
    y = setting.usual.street.front_y - 0.9
    waits = person(setting, (told.at[0], round(y, 2)), at_s + 8.0, setting.between(14, 24))
    return _plot(setting, told, actors=(waits,), more_walkers=front.walk_ys)


def beside_an_old_one(setting: Setting) -> Plot:
    """A flyer is posted beside print that has always been there."""
    old = _paper(setting, setting.one_of("notice", "enamel"), 0, 0.0)
    return _plot(setting, old, _paper(setting, "flyer", 2, setting.between(28, 60), posted_from="east"))


def passers_by(setting: Setting) -> Plot:
    """Many walk past close to the wall, and one leans on it for a while."""
    leans = person(setting, (_x_of(setting, 1), _near_y(setting)), setting.between(20, 40), 40.0)
    return _plot(setting, actors=(leans,), more_walkers=(_near_y(setting) - 0.3,))


def people_wait(setting: Setting) -> Plot:
    """People stand before the wall for longer than the limit, one under an umbrella."""
    waiting = [
        person(setting, (_x_of(setting, row), _near_y(setting)), setting.between(20, 40), setting.between(45, 70))
        for row in range(2)
    ]
    umbrella = actor(
        "umbrella_holder",
        "west",
        stops_at=(_x_of(setting, 2), _near_y(setting)),
        arrives=setting.between(24, 40),
        stay=45.0,
        leaves="west",
    )
    return _plot(setting, actors=(*waiting, umbrella))


def taken_down(setting: Setting) -> Plot:
    """Print that has always been there is taken down."""
    at_s = setting.between(30, 50)
    papers = [
        _paper(setting, setting.one_of("poster", "notice"), 0, 0.0, stay=at_s, removed_from="west"),
        _paper(setting, "notice", 2, 0.0, stay=at_s + 20.0, removed_from="east"),
    ]
    return _plot(setting, *papers, limit_s=60.0)


def gone_in_time(setting: Setting) -> Plot:
    """A flyer is posted, and somebody takes it down before the limit."""
    limit_s = LIMITS_S[-1]
    told = _paper(
        setting,
        "flyer",
        1,
        setting.between(30, 60),
        stay=limit_s - SHORTER_S,
        posted_from="west",
        removed_from="east",
    )
    return _plot(setting, told, limit_s=limit_s)


def lawful_notice(setting: Setting) -> Plot:
    """The office hangs up a notice, or an enamel plate is screwed on."""
    kind = setting.one_of("notice", "notice", "enamel")
    return _plot(setting, _paper(setting, kind, setting.count(0, 2), setting.between(28, 50), posted_from="west"))


def painted_over(setting: Setting) -> Plot:
    """The office's roller covers what was there, and leaves a patch of another grey."""
    row, at_s = setting.count(0, 2), setting.between(28, 50)
    return _plot(setting, _paper(setting, "cover", row, at_s, posted_from="west"))


def stains(setting: Setting) -> Plot:
    """Dirt runs down the wall at two places."""
    return _plot(setting, *(_paper(setting, "stain", row, setting.between(20, 50)) for row in (0, 2)))


def beside_the_zone(setting: Setting) -> Plot:
    """A poster is put up beyond the border of what is watched."""
    front = _front(setting)
    told = PaperEntry.model_validate(
        {
            "kind": "poster",
            "at": (front.xs[1] + 0.5, 1.1),
            "appears": setting.between(28, 50),
            "posted_from": "west",
        }
    )
    return _plot(setting, told)


def things_before_the_wall(setting: Setting) -> Plot:
    """Bins, a cabinet, bicycles are put before the wall and stay there."""
    y = setting.usual.street.front_y - 0.55
    kinds = ("wheelie_bin", "planter", "cabinet", "shared_bicycle", "suitcase")
    things = [
        actor(setting.one_of(*kinds), stops_at=(_x_of(setting, row), y), arrives=setting.between(18, 45), faces=-90)
        for row in (0, 2)
    ]
    return _plot(setting, actors=tuple(things))


def only_light(setting: Setting) -> Plot:
    """Nothing happens on the wall; close traffic passes, by night with its lamps on."""
    flows = [TrafficEntry(flow="lane", lane=number, gap=4.0 + 0.5 * number) for number in _front(setting).lanes]
    plot = _plot(setting)
    return Plot(plot.zones, traffic=(*flows, *plot.traffic[len(_front(setting).lanes) :]), view=plot.view)


FLYERS = PlotWriter(
    layouts=tuple(FRONTS),
    unlawful=(flyer_by_hand, several, poster, lettering, large_sticker, behind_somebody, beside_an_old_one),
    lawful=(
        passers_by,
        people_wait,
        taken_down,
        gone_in_time,
        lawful_notice,
        painted_over,
        stains,
        beside_the_zone,
        things_before_the_wall,
        only_light,
    ),
)
"""The stories of the flyer rule."""


def _front(setting: Setting) -> Front:
    """Return the wall that is watched in a setting.

    Raises:
        ValueError: every shop is open; print on its window is no matter of a wall.
    """
    front, shops = FRONTS[setting.name], setting.usual.street.shops
    if not shops:
        return front
    low, high = front.xs
    shut = [shop for shop in shops if not shop.is_open and low <= shop.left_x and shop.right_x <= high]
    if not shut:
        raise ValueError("no shutter is down where the camera looks")
    return replace(front, xs=(shut[0].left_x + 0.3, shut[0].right_x - 0.3))


def _limit_s(setting: Setting) -> float:
    return LIMITS_S[setting.count(0, 1)]


def _near_y(setting: Setting) -> float:
    return round(setting.usual.street.front_y - 0.7, 2)


def _x_of(setting: Setting, row: int) -> float:
    """A place along the wall: three have room beside one another."""
    low, high = _front(setting).xs
    step = (high - low) / 3
    return round(low + step * row + setting.between(0.3, 0.6), 2)


def _paper(setting: Setting, kind: str, row: int, appears: float, **told: object) -> PaperEntry:
    """Print at one of three places along the wall, a flyer of A4 or A3."""
    size = told.pop("size", None) or (usual_size(kind) if kind != "flyer" else (A4_M if setting.count(0, 1) else A3_M))
    height_m = size[1] if isinstance(size, tuple) else 0.0
    low, high = _front(setting).zs
    z = setting.between(low + 0.25, max(low + 0.3, high - height_m - 0.25))
    return PaperEntry.model_validate(
        {"kind": kind, "at": (_x_of(setting, row), z), "size": size, "appears": appears, **told}
    )


def _plot(
    setting: Setting,
    *papers: PaperEntry,
    actors: tuple[ActorEntry, ...] = (),
    limit_s: float = 0.0,
    more_walkers: tuple[float, ...] = (),
) -> Plot:
    front = _front(setting)
    zone = ZoneEntry(kind="flyers", id="wall", x=front.xs, z=front.zs, limit=limit_s or _limit_s(setting))
    traffic = (*lanes(setting, *front.lanes), cycles(setting), walkers(setting, *front.walk_ys, *more_walkers))
    return Plot((zone,), actors, papers=papers, traffic=traffic, view=_view(setting, front))


def _view(setting: Setting, front: Front) -> ViewEntry:
    """A camera that looks straight at the middle of the wall."""
    view, street = setting.usual.view, setting.usual.street
    height_m = round(view.height_m + RAISED_M[setting.conditions.height] + setting.between(-0.2, 0.2), 2)
    dx, dy = sum(front.xs) / 2 - view.x, street.front_y - view.y
    away_m, middle_z = math.hypot(dx, dy), sum(front.zs) / 2
    return ViewEntry(
        height_m=height_m,
        yaw_deg=round(math.degrees(math.atan2(dy, dx)) + setting.between(-1, 1), 2),
        pitch_deg=round(max(1.5, math.degrees(math.atan2(height_m - middle_z, away_m)) + setting.between(-1, 1)), 2),
        field_of_view_deg=front.field_deg,
    )
