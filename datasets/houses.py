"""Says which houses stand along a street: where each begins, how wide and high it is, and what its front shows."""

import numpy as np

from datasets.facade_texture import Front
from datasets.street import Shop, Street

SHOPS_A_HOUSE = 3


def houses(street: Street, rng: np.random.Generator) -> list[tuple[float, Front]]:
    """Return (left edge in metres, front) of every house, from west to east."""
    if street.shops or street.side_road or street.fronts != "mixed":
        return _planned(street, rng)
    found = []
    x = street.from_x
    while x < street.to_x:
        width = float(rng.uniform(8, 17))
        if street.wall is not None and x < street.wall.right_x and x + width > street.wall.left_x:
            width = street.wall.left_x - x
            if width > 0.5:
                found.append((x, Front(width, float(rng.uniform(7, 14)), int(rng.integers(1 << 30)))))
            x, end = street.wall.left_x, street.wall.right_x
            found.append((x, Front(end - x, street.wall.top_z, int(rng.integers(1 << 30)), plain=True)))
            x = end  # not x + (end - x), which may lie before it, and the wall would come again for ever
        else:
            found.append((x, Front(width, float(rng.uniform(6.5, 19)), int(rng.integers(1 << 30)))))
            x += width
    return found


def _planned(street: Street, rng: np.random.Generator) -> list[tuple[float, Front]]:
    """Houses of a street of which something is given: shops, a side road, a wall, or what its fronts are."""
    if street.fronts == "concrete":
        height = street.deck_z or CONCRETE_M
        return [(street.from_x, Front(street.to_x - street.from_x, height, street.look, style="concrete"))]
    given = [(shops[0].left_x, shops[-1].right_x, shops) for shops in _by_house(street.shops)]
    if street.side_road is not None:
        given.append((*street.side_road, ()))
    if street.wall is not None:
        given.append((street.wall.left_x, street.wall.right_x, ()))
    found: list[tuple[float, Front]] = []
    x = street.from_x
    for left, right, shops in [*sorted(given, key=lambda each: each[0]), (street.to_x, street.to_x, ())]:
        found += _between(street, (x, left), rng)
        if shops:
            moved = tuple(Shop(shop.left_x - left, shop.right_x - left, shop.is_open) for shop in shops)
            found.append((left, Front(right - left, _height(street, rng), int(rng.integers(1 << 30)), shops=moved)))
        elif street.wall is not None and left == street.wall.left_x:
            found.append((left, Front(right - left, street.wall.top_z, int(rng.integers(1 << 30)), plain=True)))
        x = right
    return found


CONCRETE_M = 4.5
"""Height of a concrete wall under the sky."""


def _by_house(shops: tuple[Shop, ...]) -> list[tuple[Shop, ...]]:
    return [shops[i : i + SHOPS_A_HOUSE] for i in range(0, len(shops), SHOPS_A_HOUSE)]


def _between(street: Street, span: tuple[float, float], rng: np.random.Generator) -> list[tuple[float, Front]]:
    """Houses of chance from one x to another."""
    found = []
    x, end = span
    while x < end - 0.3:
        width = float(rng.uniform(8, 17))
        if end - x - width < 4.0:
            width = end - x
        found.append((x, Front(width, _height(street, rng), int(rng.integers(1 << 30)), style=street.fronts)))
        x += width
    return found


def _height(street: Street, rng: np.random.Generator) -> float:
    return float(rng.uniform(6.5, 12.5) if street.fronts == "homes" else rng.uniform(6.5, 19))
