"""Makes what has two or three wheels: bicycles, e-bikes and scooters, cargo tricycles, prams; riders are people."""

import math
from itertools import pairwise

import numpy as np

from datasets.draw_goods import heap_goods
from datasets.draw_vehicles import PAINTS
from datasets.shapes import GLOWING, Colour, Finish, Point3, Shape, ShapeBuilder

METAL: Colour = (120, 122, 124)
RUBBER: Colour = (36, 36, 38)
BRIGHT: tuple[Colour, ...] = (
    (60, 60, 200),
    (190, 110, 40),
    (80, 160, 70),
    (60, 190, 235),
    (40, 40, 44),
    (220, 220, 218),
    (90, 180, 150),
)


def make_bicycle(look: int) -> Shape:
    """Return a bicycle; about one in three is a yellow or blue shared one."""
    return _bicycle(((60, 200, 240), (200, 150, 40), *BRIGHT)[look % 9], basket=look % 3 == 0)


def make_shared_bicycle(look: int) -> Shape:
    """Return a bicycle of one of three companies, all of which have a basket."""
    return _bicycle(((60, 200, 240), (215, 150, 40), (120, 190, 60))[look % 3], basket=True)


def _bicycle(colour: Colour, *, basket: bool) -> Shape:
    build = ShapeBuilder()
    frame = Finish(colour)
    for x in (-0.52, 0.52):
        _spoked(build, (x, 0.0, 0.33), 0.33)
    saddle, crank, head = (-0.15, 0.0, 0.86), (-0.05, 0.0, 0.3), (0.4, 0.0, 0.82)
    for start, end in (
        (saddle, crank),
        (crank, head),
        ((-0.12, 0.0, 0.72), head),
        ((-0.52, 0.0, 0.33), crank),
        ((0.52, 0.0, 0.33), (0.36, 0.0, 0.98)),
    ):
        build.tube(start, end, (0.024, 0.024), frame)
    build.tube((-0.27, 0.0, 0.9), (-0.05, 0.0, 0.9), (0.06, 0.035), Finish((40, 40, 42), 1))
    build.tube((0.34, -0.27, 1.0), (0.34, 0.27, 1.0), (0.02, 0.02), Finish(METAL, 1))
    if basket:
        build.box((0.45, -0.16, 0.75), (0.72, 0.16, 0.98), Finish((90, 92, 94), 1))
    return build.build()


def make_scooter(look: int, *, lamps_on: bool) -> Shape:
    """Return an e-bike, scooter or small motorcycle; some carry a delivery box."""
    rng = np.random.default_rng(look)
    paint = (*BRIGHT, *PAINTS[5:12])[int(rng.integers(len(BRIGHT) + 7))]
    build, body = ShapeBuilder(), Finish(paint)
    for x in (-0.6, 0.62):
        add_tyre(build, (x, 0.0, 0.27), 0.27)
    build.tube((-0.55, 0.0, 0.55), (-0.1, 0.0, 0.55), (0.16, 0.17), body)
    build.tube((-0.1, 0.0, 0.36), (0.35, 0.0, 0.34), (0.12, 0.1), Finish((60, 60, 62)))
    build.tube((0.42, 0.0, 0.4), (0.4, 0.0, 0.92), (0.15, 0.12), body)
    build.tube((0.62, 0.0, 0.3), (0.42, 0.0, 0.9), (0.05, 0.05), Finish(METAL))
    build.tube((-0.5, 0.0, 0.74), (0.0, 0.0, 0.72), (0.1, 0.12), Finish((40, 40, 42), 1))
    build.tube((0.36, -0.32, 1.02), (0.36, 0.32, 1.02), (0.03, 0.03), Finish((50, 50, 52), 1))
    build.ball((0.5, 0.0, 0.86), 0.08, Finish((236, 244, 250), 2, GLOWING if lamps_on else 0))
    build.ball((-0.72, 0.0, 0.6), 0.06, Finish((50, 44, 200), 0, GLOWING if lamps_on else 0))
    if rng.random() < 0.4:
        box = ((60, 190, 245), (200, 150, 30), (60, 60, 210), (50, 50, 54))[int(rng.integers(4))]
        build.box((-0.95, -0.23, 0.8), (-0.5, 0.23, 1.25), Finish(box, 1))
    return build.build()


def make_tricycle(look: int, *, loaded: bool = True) -> Shape:
    """Return a cargo tricycle, with goods on its bed where `loaded`."""
    rng = np.random.default_rng(look)
    build = ShapeBuilder()
    high = tricycle_frame(build, look, rng)
    if loaded:
        heap_goods(build, (-1.22, -0.44, high), (-0.2, 0.44), rng)
    return build.build()


def tricycle_frame(build: ShapeBuilder, look: int, rng: np.random.Generator) -> float:
    """Add a cargo tricycle without its load and return the height of its bed, metres."""
    paint = ((180, 110, 40), (60, 60, 190), (70, 140, 60), (110, 160, 60), (150, 152, 154))[look % 5]
    frame = Finish(paint)
    add_tyre(build, (1.05, 0.0, 0.3), 0.3)
    build.tube((1.05, 0.0, 0.3), (0.85, 0.0, 1.0), (0.04, 0.04), frame)
    build.tube((0.85, -0.3, 1.05), (0.85, 0.3, 1.05), (0.025, 0.025), Finish(METAL, 1))
    build.tube((0.88, 0.0, 0.55), (0.0, 0.0, 0.42), (0.06, 0.06), frame)
    build.tube((0.1, 0.0, 0.45), (0.1, 0.0, 0.8), (0.05, 0.05), frame)
    build.tube((0.0, 0.0, 0.84), (0.25, 0.0, 0.84), (0.12, 0.09), Finish((44, 44, 46), 1))
    half, low, high = 0.5, 0.48, float(rng.uniform(0.72, 0.86))
    build.box((-1.3, -half, low), (-0.12, half, high), frame, lid=Finish((84, 92, 100)))
    for side in (-half, half):
        build.side_panel(
            [(-1.3, high - 0.06), (-0.12, high - 0.06), (-0.12, high), (-1.3, high)],
            side * 1.01,
            Finish((200, 200, 198), 1),
        )
        build.wheel((-0.72, side * 1.06, 0.3), 0.3, Finish(RUBBER, 2), sides=14)
        build.wheel((-0.72, side * 1.065, 0.3), 0.19, Finish((150, 150, 152), 3), sides=10)
    return high


def make_pram(look: int) -> Shape:
    """Return a pram; it counts as nothing that the rules know."""
    build = ShapeBuilder()
    cloth = Finish(BRIGHT[look % len(BRIGHT)], 1)
    for x in (-0.3, 0.35):
        for y in (-0.24, 0.24):
            add_tyre(build, (x, y, 0.14), 0.14)
    build.tube((-0.3, -0.2, 0.2), (0.1, -0.2, 0.7), (0.02, 0.02), Finish(METAL))
    build.tube((-0.3, 0.2, 0.2), (-0.5, 0.2, 1.0), (0.02, 0.02), Finish(METAL))
    build.tube((-0.5, -0.25, 1.0), (-0.5, 0.25, 1.0), (0.025, 0.025), Finish((40, 40, 42)))
    build.tube((-0.2, 0.0, 0.55), (0.35, 0.0, 0.5), (0.22, 0.2), cloth)
    build.tube((-0.2, 0.0, 0.66), (0.0, 0.0, 0.8), (0.22, 0.2), cloth)
    return build.build()


def _spoked(build: ShapeBuilder, hub: Point3, radius: float) -> None:
    x, y, z = hub
    turns = [2 * math.pi * i / 12 for i in range(13)]
    rim = [(x + radius * math.cos(a), y, z + radius * math.sin(a)) for a in turns]
    for start, end in pairwise(rim):
        build.tube(start, end, (0.022, 0.022), Finish(RUBBER))
    for i in range(0, 12, 3):
        build.tube(hub, rim[i], (0.006, 0.006), Finish(METAL))


def add_tyre(build: ShapeBuilder, hub: Point3, radius: float) -> None:
    """Add a small wheel that is seen from both sides."""
    x, y, z = hub
    turns = [2 * math.pi * i / 12 for i in range(12)]
    disc = [(x + radius * math.cos(a), y, z + radius * math.sin(a)) for a in turns]
    build.face(disc, Finish(RUBBER, 0, 0, two_sided=True))
    inner = [(x + radius * 0.55 * math.cos(a), y, z + radius * 0.55 * math.sin(a)) for a in turns]
    build.face(inner, Finish((150, 150, 152), 0, 0, two_sided=True))
    low, high = (x, y, z - radius + 0.05), (x, y, z - radius + 0.06)
    build.tube(low, high, (0.05, 0.05), Finish(RUBBER))
