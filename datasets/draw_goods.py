"""Makes what a street stall consists of: umbrella, table, crates and heaps of goods, a cart, a cloth on the ground."""

import math

import numpy as np

from datasets.shapes import Colour, Finish, Point3, Shape, ShapeBuilder

CLOTHS: tuple[Colour, ...] = (
    (60, 60, 190),
    (170, 100, 40),
    (80, 150, 70),
    (225, 225, 222),
    (60, 170, 230),
    (150, 110, 170),
    (96, 100, 104),
)
CRATES: tuple[Colour, ...] = ((190, 110, 40), (70, 150, 60), (60, 70, 190), (110, 160, 200), (70, 180, 230))
FRUITS: tuple[Colour, ...] = (
    (40, 130, 240), (50, 60, 210), (70, 190, 90), (60, 215, 235), (60, 110, 60), (120, 60, 140), (90, 140, 190),
    (210, 220, 225),
)  # fmt: skip
CANOPIES: tuple[tuple[Colour, Colour], ...] = (
    ((60, 60, 210), (235, 235, 232)), ((190, 110, 40), (235, 235, 232)), ((70, 160, 70), (120, 200, 120)),
    ((60, 190, 240), (60, 60, 210)),
    ((170, 90, 150), (220, 200, 225)), ((225, 225, 222), (205, 205, 204)), ((60, 130, 230), (80, 150, 240)),
    ((110, 70, 40), (120, 80, 50)),
)  # fmt: skip


def make_umbrella(look: int) -> Shape:
    """Return a big umbrella on a pole, as over a stall."""
    rng = np.random.default_rng(look)
    build = ShapeBuilder()
    radius, eaves, peak = float(rng.uniform(1.05, 1.5)), float(rng.uniform(1.95, 2.2)), float(rng.uniform(2.45, 2.75))
    build.tube((0.0, 0.0, 0.0), (0.0, 0.0, peak), (0.03, 0.025), Finish((150, 152, 154)))
    build.tube((0.0, 0.0, 0.03), (0.0, 0.0, 0.06), (0.2, 0.2), Finish((96, 96, 98)))
    if look % 4 == 0:
        _square_canopy(build, (radius * 1.05, eaves, peak), CANOPIES[look % len(CANOPIES)])
    else:
        _canopy(build, (radius, eaves, peak), (CANOPIES[look % len(CANOPIES)], (8, 0.16)))
    return build.build()


def make_hand_umbrella(look: int) -> Shape:
    """Return an umbrella as one holds it over oneself; its origin is the holder's place."""
    build = ShapeBuilder()
    colours = CANOPIES[(look * 5 + 3) % len(CANOPIES)]
    build.tube((0.22, -0.08, 1.1), (0.12, -0.04, 2.1), (0.014, 0.014), Finish((70, 70, 72)))
    _canopy(build, (0.52, 1.86, 2.12), ((colours[0], colours[look % 2]), (8, 0.03)))
    return build.build()


def make_table(look: int) -> Shape:
    """Return a folding table, bare or with a cloth that hangs down."""
    rng = np.random.default_rng(look)
    build = ShapeBuilder()
    length, width, top = float(rng.uniform(0.6, 1.0)), float(rng.uniform(0.33, 0.48)), float(rng.uniform(0.66, 0.8))
    colour = CLOTHS[int(rng.integers(len(CLOTHS)))]
    for x in (-length + 0.06, length - 0.06):
        for y in (-width + 0.06, width - 0.06):
            build.tube((x, y, 0.0), (x, y, top), (0.022, 0.022), Finish((110, 112, 114)))
    hang = float(rng.uniform(0.3, 0.6)) if look % 3 else 0.05
    build.box((-length, -width, top - hang), (length, width, top), Finish(colour, 1), lid=Finish(_pale(colour), 1))
    return build.build()


def make_goods(look: int, *, height: float, length: float = 0.8) -> Shape:
    """Return goods laid out: crates of fruit, boxes, toys; `height` is what they stand on, 0.0 the ground."""
    rng = np.random.default_rng(look + 31)
    build = ShapeBuilder()
    heap_goods(build, (-length, -0.36, height), (length, 0.36), rng)
    return build.build()


def make_ground_cloth(look: int) -> Shape:
    """Return a cloth on the ground with small goods in rows."""
    rng = np.random.default_rng(look + 77)
    build = ShapeBuilder()
    length, width = float(rng.uniform(0.8, 1.3)), float(rng.uniform(0.5, 0.8))
    colour = CLOTHS[int(rng.integers(len(CLOTHS)))]
    build.face(
        [(-length, -width, 0.01), (length, -width, 0.01), (length, width, 0.01), (-length, width, 0.01)], Finish(colour)
    )
    for x in np.arange(-length + 0.15, length - 0.1, 0.28):
        for y in np.arange(-width + 0.15, width - 0.1, 0.28):
            tint = FRUITS[int(rng.integers(len(FRUITS)))]
            build.box((x - 0.08, y - 0.08, 0.01), (x + 0.08, y + 0.08, float(rng.uniform(0.06, 0.22))), Finish(tint, 1))
    return build.build()


def make_cart(look: int) -> Shape:
    """Return a snack cart: a cabinet on wheels with a worktop, a glass case and a flat roof on posts."""
    rng = np.random.default_rng(look + 5)
    build = ShapeBuilder()
    colour, trim = CLOTHS[int(rng.integers(len(CLOTHS)))], CANOPIES[int(rng.integers(len(CANOPIES)))]
    length, half, top, roof = float(rng.uniform(0.7, 1.0)), 0.42, 0.92, float(rng.uniform(1.9, 2.15))
    build.box((-length, -half, 0.25), (length, half, top), Finish(colour), lid=Finish((196, 198, 200)))
    for side in (-half, half):
        build.side_panel(
            [(-length * 0.8, 0.42), (length * 0.8, 0.42), (length * 0.8, 0.78), (-length * 0.8, 0.78)],
            side * 1.01,
            Finish(trim[1], 1),
        )
        for x in (-length * 0.7, length * 0.7):
            build.wheel((x, side * 1.03, 0.2), 0.2, Finish((40, 40, 42), 2), sides=10)
    heap_goods(build, (-length + 0.05, -half + 0.05, top), (length - 0.05, half - 0.05), rng)
    for x in (-length, length):
        for y in (-half, half):
            build.tube((x, y, top), (x, y, roof), (0.02, 0.02), Finish((160, 162, 164), 2))
    build.box((-length - 0.15, -half - 0.15, roof - 0.2), (length + 0.15, half + 0.15, roof), Finish(trim[0], 3))
    return build.build()


def heap_goods(build: ShapeBuilder, low: Point3, high_xy: tuple[float, float], rng: np.random.Generator) -> None:
    """Lay goods on a surface from corner `low` to `high_xy`: crates with round fruit, parcels or clothes."""
    x0, y0, z = low
    columns = max(1, round((high_xy[0] - x0) / 0.42))
    rows = max(1, round((high_xy[1] - y0) / 0.38))
    step_x, step_y = (high_xy[0] - x0) / columns, (high_xy[1] - y0) / rows
    for i in range(columns):
        for j in range(rows):
            corner = (x0 + i * step_x + 0.02, y0 + j * step_y + 0.02, z)
            _crate(build, corner, (corner[0] + step_x - 0.04, corner[1] + step_y - 0.04), rng)


def _crate(build: ShapeBuilder, low: Point3, high_xy: tuple[float, float], rng: np.random.Generator) -> None:
    tint = FRUITS[int(rng.integers(len(FRUITS)))]
    height = float(rng.uniform(0.1, 0.2))
    (x0, y0, z), (x1, y1) = low, high_xy
    if rng.random() < 0.3:
        build.box(low, (x1, y1, z + height * 1.6), Finish(tint, 1))
        return
    build.box(low, (x1, y1, z + height), Finish(CRATES[int(rng.integers(len(CRATES)))], 1), lid=Finish(_dim(tint), 1))
    radius = (x1 - x0) / 6
    for x in np.linspace(x0 + radius, x1 - radius, 3):
        for y in np.linspace(y0 + radius, y1 - radius, 2):
            shade = float(rng.uniform(0.85, 1.1))
            build.ball(
                (float(x), float(y), z + height),
                radius * 0.95,
                Finish((tint[0] * shade, tint[1] * shade, tint[2] * shade), 2),
            )


def _canopy(
    build: ShapeBuilder, size: tuple[float, float, float], style: tuple[tuple[Colour, Colour], tuple[int, float]]
) -> None:
    radius, eaves, peak = size
    colours, (sides, valance) = style
    ring = [
        (radius * math.cos(2 * math.pi * i / sides), radius * math.sin(2 * math.pi * i / sides), eaves)
        for i in range(sides)
    ]
    for i, (a, b) in enumerate(zip(ring, [*ring[1:], ring[0]], strict=True)):
        finish = Finish(colours[i % 2], 5, 0, two_sided=True)
        shoulder_a, shoulder_b = _toward(a, peak), _toward(b, peak)
        build.face([a, b, shoulder_b, shoulder_a], finish)
        build.face([shoulder_a, shoulder_b, (0.0, 0.0, peak)], finish)
        build.face(
            [(a[0], a[1], eaves - valance), (b[0], b[1], eaves - valance), b, a],
            Finish(_dim(colours[(i + 1) % 2]), 4, 0, two_sided=True),
        )


def _square_canopy(build: ShapeBuilder, size: tuple[float, float, float], colours: tuple[Colour, Colour]) -> None:
    half, eaves, peak = size
    ring = [(-half, -half, eaves), (half, -half, eaves), (half, half, eaves), (-half, half, eaves)]
    for a, b in zip(ring, [*ring[1:], ring[0]], strict=True):
        build.face([a, b, (0.0, 0.0, peak)], Finish(colours[0], 5, 0, two_sided=True))
        build.face(
            [(a[0], a[1], eaves - 0.2), (b[0], b[1], eaves - 0.2), b, a], Finish(colours[1], 4, 0, two_sided=True)
        )


def _toward(rim: Point3, peak: float) -> Point3:
    """A point half-way up a canopy that bulges."""
    return rim[0] * 0.55, rim[1] * 0.55, rim[2] + (peak - rim[2]) * 0.62


def _dim(colour: Colour) -> Colour:
    return colour[0] * 0.78, colour[1] * 0.78, colour[2] * 0.78


def _pale(colour: Colour) -> Colour:
    return colour[0] * 0.6 + 96, colour[1] * 0.6 + 96, colour[2] * 0.6 + 96
