"""Makes streets of known kinds, each with a camera that sees it well: arterial road, market, shops, underpass, lane.

`LAYOUTS` is the list; a scenario file names one of them. `look` changes decoration and measures by a little, never what
a layout is.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from datasets.scenario import View
from datasets.street import Lane, Shop, Street


@dataclass(frozen=True, slots=True)
class Layout:
    """A street and the camera that is usual for it."""

    street: Street
    view: View


def layout(name: str, look: int = 1) -> Layout:
    """Return a layout by its name.

    Raises:
        ValueError: there is none of this name.
    """
    if name not in LAYOUTS:
        raise ValueError(f"no layout is called {name!r}; there are {', '.join(LAYOUTS)}")
    return LAYOUTS[name](look)


def main_street(look: int) -> Layout:
    """A lane each way and a strip at the far kerb; trees, lamps, shops below flats."""
    street = Street(
        look=3000 + look,
        road_m=9.6,
        far_pavement_m=4.6,
        lanes=(Lane(1.9, 1, 8.0), Lane(5.1, -1, 8.5)),
        strip_m=2.6,
        crossing_x=32.0,
        tree_xs=(3.0, 27.0, 38.0, 50.0, 62.0),
        lamp_xs=(-4.0, 24.0, 46.0, 70.0),
        clear_x=(6.0, 23.0),
    )
    return Layout(street, View(0.0, -4.5, 6.6, 40.0, 17.0, 62.0))


def arterial(look: int) -> Layout:
    """Three lanes each way, a railing on the median between, a strip at the far kerb."""
    near = tuple(Lane(1.75 + 3.3 * i, 1, 11.0) for i in range(3))
    far = tuple(Lane(12.9 + 3.3 * i, -1, 11.0) for i in range(3))
    street = Street(
        look=3100 + look,
        road_m=24.3,
        far_pavement_m=5.0,
        lanes=(*near, *far),
        strip_m=2.6,
        crossing_x=40.0,
        tree_xs=tuple(np.arange(5.0, 90.0, 11.0).tolist()),
        lamp_xs=tuple(np.arange(0.0, 90.0, 22.0).tolist()),
        median=(10.4, 11.1),
        clear_x=(8.0, 34.0),
        from_x=-30.0,
    )
    return Layout(street, View(0.0, -4.0, 8.6, 48.0, 18.5, 66.0))


def market(look: int) -> Layout:
    """A narrow street with room for stalls on both sides, shops without a gap behind the far ones."""
    rng = np.random.default_rng((look, 5))
    street = Street(
        look=3200 + look,
        road_m=5.2,
        far_pavement_m=3.2,
        lanes=(Lane(2.0, 1, 4.0),),
        lamp_xs=(-2.0, 16.0, 34.0, 52.0),
        clear_x=(-20.0, 60.0),
        shops=_row_of_shops((-8.0, 54.0), (3.2, 4.6), rng, shut_share=0.12),
        door_line_m=0.35,
        to_x=66.0,
    )
    return Layout(street, View(0.0, -4.2, 5.2, 46.0, 19.0, 66.0))


def shops(look: int) -> Layout:
    """A street with a row of shops whose door lines are known; some shutters are down."""
    rng = np.random.default_rng((look, 7))
    street = Street(
        look=3300 + look,
        road_m=7.4,
        far_pavement_m=4.4,
        lanes=(Lane(1.9, 1, 7.5), Lane(5.3, -1, 7.5)),
        tree_xs=(26.0, 36.0, 46.0),
        lamp_xs=(-3.0, 22.0, 44.0),
        clear_x=(2.0, 24.0),
        shops=_row_of_shops((-4.0, 40.0), (3.8, 5.4), rng, shut_share=0.25),
        door_line_m=0.5,
        to_x=70.0,
    )
    return Layout(street, View(0.0, -4.0, 5.6, 52.0, 17.5, 62.0))


def underpass(look: int) -> Layout:
    """A concrete wall along the pavement under a bridge: dim, lamps by day, a place for flyers."""
    street = Street(
        look=3400 + look,
        road_m=6.8,
        far_pavement_m=3.0,
        lanes=(Lane(1.8, 1, 8.0), Lane(5.0, -1, 8.0)),
        lamp_xs=tuple(np.arange(-13.0, 60.0, 7.5).tolist()),
        fronts="concrete",
        deck_z=4.9,
        from_x=-18.0,
        to_x=62.0,
    )
    return Layout(street, View(0.0, -2.6, 3.9, 55.0, 13.5, 64.0))


def lane(look: int) -> Layout:
    """A residential lane: doors and barred windows, poles with wires, bicycles, hardly a pavement."""
    street = Street(
        look=3500 + look,
        road_m=4.2,
        far_pavement_m=2.4,
        lanes=(Lane(2.0, 1, 4.0),),
        lamp_xs=(7.0, 30.0),
        pole_xs=(9.5, 23.5, 37.5, 51.5),
        fronts="homes",
        from_x=-18.0,
        to_x=75.0,
    )
    return Layout(street, View(0.0, -3.0, 4.6, 56.0, 17.0, 62.0))


def junction(look: int) -> Layout:
    """A main street from which another road runs away between the houses."""
    street = Street(
        look=3600 + look,
        road_m=9.6,
        far_pavement_m=4.2,
        lanes=(Lane(1.9, 1, 8.0), Lane(5.3, -1, 8.0)),
        strip_m=0.0,
        tree_xs=(3.0, 32.0, 42.0, 54.0),
        lamp_xs=(-4.0, 7.5, 26.5, 50.0),
        clear_x=(8.0, 27.0),
        side_road=(12.0, 21.0),
    )
    return Layout(street, View(0.0, -5.0, 7.4, 50.0, 17.5, 66.0))


LAYOUTS: dict[str, Callable[[int], Layout]] = {
    "main_street": main_street,
    "arterial": arterial,
    "market": market,
    "shops": shops,
    "underpass": underpass,
    "lane": lane,
    "junction": junction,
}
"""Every layout by its name."""


def _row_of_shops(
    span: tuple[float, float], widths: tuple[float, float], rng: np.random.Generator, *, shut_share: float
) -> tuple[Shop, ...]:
    """Shops side by side from one x to at least another."""
    found: list[Shop] = []
    x = span[0]
    while x < span[1]:
        width = round(float(rng.uniform(*widths)), 1)
        found.append(Shop(round(x, 1), round(x + width, 1), bool(rng.random() >= shut_share)))
        x += width
    return tuple(found)
