"""Invents streets for training: any camera height, tilt and side, any layout and density, every kind of thing.

Nothing here tells a story; actors stand or move past one moment, at t = 0 to `MOMENTS_S`. Who is there is in
`random_crowd`.
"""

import math

import numpy as np

from datasets.draw_prints import PRINT_KINDS, usual_size
from datasets.random_crowd import MOMENTS_S, Crowd
from datasets.scenario import Paper, Script, View
from datasets.street import Lane, Street, Wall
from datasets.street_layouts import LAYOUTS, layout

__all__ = ["MOMENTS_S", "random_script"]

LAYOUT_RATIO = 0.5
"""Share of streets that are one of `LAYOUTS`; the others are of chance throughout."""

DOWNWARD_RATIO = 0.15
"""Share of cameras that look steeply down, as from a lamp's arm over the road."""

FAR_RATIO = 0.25
"""Share of cameras with a long lens, which see the far end of a street."""


def random_script(seed: int) -> tuple[Script, str]:
    """Return a street with its actors and the name of its light."""
    rng = np.random.default_rng(seed)
    if rng.random() < LAYOUT_RATIO:
        mirrored = False
        street = layout(str(rng.choice(sorted(LAYOUTS))), int(rng.integers(1 << 16))).street
    else:
        mirrored = bool(rng.random() < 0.5)
        street = _street(rng, mirrored=mirrored)
    actors = Crowd(street, rng, mirrored=mirrored).actors()
    light = str(rng.choice(["day", "overcast", "dusk", "night"], p=[0.42, 0.22, 0.16, 0.20]))
    view = _view(rng, street, mirrored=mirrored)
    papers = _papers(street, rng, mirrored=mirrored)
    return Script(f"random-{seed}", street, view, tuple(actors), papers=papers, period_s=10_000.0), light


def _view(rng: np.random.Generator, street: Street, *, mirrored: bool) -> View:
    """A camera at 3.6 to 9 m whose picture's middle lies between the near lane and the house fronts."""
    height = float(rng.uniform(3.6, street.deck_z - 0.6 if street.deck_z else 9.0))
    if rng.random() < DOWNWARD_RATIO:
        field, yaw = float(rng.uniform(62, 90)), float(rng.uniform(55, 88))
        y, pitch = float(rng.uniform(-2.0, street.road_m * 0.25)), float(rng.uniform(41, 60))
    else:
        field = float(rng.uniform(24, 42) if rng.random() < FAR_RATIO else rng.uniform(42, 74))
        y, yaw = float(rng.uniform(-4.5, -1.5)), float(rng.uniform(field / 2 + 5, 86))
        away = (float(rng.uniform(street.road_m * 0.5, street.front_y + 1.0)) - y) / math.sin(math.radians(yaw))
        pitch = float(np.clip(math.degrees(math.atan2(height, away)) + float(rng.normal(0, 2)), 8, 38))
    return View(0.0, y, height, 180 - yaw if mirrored else yaw, pitch, field)


def _street(rng: np.random.Generator, *, mirrored: bool) -> Street:
    lanes_each = int(rng.choice([1, 1, 2]))
    wide = float(rng.uniform(2.9, 3.5))
    near = [Lane(0.6 + wide * (i + 0.5), 1, float(rng.uniform(6, 10))) for i in range(lanes_each)]
    middle = 0.6 + wide * lanes_each
    far_lanes = int(rng.choice([0, 1, 1, 2]))
    far = [Lane(middle + wide * (i + 0.5), -1, float(rng.uniform(6, 10))) for i in range(far_lanes)]
    strip = float(rng.choice([0.0, 2.4, 2.6]))
    road = middle + wide * far_lanes + strip + 0.3
    start, end = (-90.0, 25.0) if mirrored else (-25.0, 90.0)
    wall_x = float(rng.uniform(4, 14)) * (-1 if mirrored else 1)
    spacing = float(rng.uniform(7, 16))
    return Street(
        look=int(rng.integers(1 << 20)),
        road_m=road,
        far_pavement_m=float(rng.uniform(2.8, 6.0)),
        lanes=(*near, *far),
        strip_m=strip,
        crossing_x=float(rng.uniform(start, end)) if rng.random() < 0.3 else None,
        wall=Wall(wall_x - 5, wall_x + 5, float(rng.uniform(2.6, 4.0))) if rng.random() < 0.25 else None,
        tree_xs=tuple(np.arange(start + rng.uniform(0, spacing), end, spacing)) if rng.random() < 0.6 else (),
        lamp_xs=tuple(np.arange(start + rng.uniform(0, 20), end, 24.0)),
        from_x=start,
        to_x=end,
    )


def _papers(street: Street, rng: np.random.Generator, *, mirrored: bool) -> tuple[Paper, ...]:
    """Prints of any kind: many on a plain wall, a few on other fronts."""
    if street.wall is not None:
        span, count = (street.wall.left_x + 0.3, street.wall.right_x - 1.8), int(rng.integers(0, 9))
    else:
        span = (-20.0, -2.0) if mirrored else (2.0, 20.0)
        count = int(rng.integers(0, 9)) if street.fronts != "mixed" else int(rng.integers(0, 4))
    found = []
    for i in range(count):
        kind = str(rng.choice(PRINT_KINDS))
        width, height = usual_size(kind)
        x, z = float(rng.uniform(*span)), float(rng.uniform(0.7, 1.8))
        found.append(Paper(i + 1, int(rng.integers(1 << 20)), x, z, width, height, 0, 1e9, kind))
    return tuple(found)
