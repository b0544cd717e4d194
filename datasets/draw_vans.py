"""Makes vehicles between car and bus: panel vans, midi buses, motorcycles; tricycles with a load or a closed box."""

import numpy as np

from datasets.draw_cycles import METAL, add_tyre, tricycle_frame
from datasets.draw_goods import CRATES, heap_goods
from datasets.draw_pieces import cross_pane, dimmed, drum, extrude
from datasets.draw_vehicles import DARK, GLASS, GLASS_BRIGHT, PAINTS, add_lamps, add_wheels
from datasets.shapes import GLOWING, Colour, Finish, Shape, ShapeBuilder

VAN_PAINTS: tuple[Colour, ...] = (*PAINTS[:5], (60, 190, 235), (150, 88, 44), (60, 60, 190), (70, 130, 60))
STRIPES: tuple[Colour, ...] = ((60, 60, 200), (190, 110, 40), (60, 170, 230), (70, 150, 60))
PARCEL: tuple[Colour, ...] = ((70, 140, 50), (170, 90, 40), (50, 50, 190), (50, 190, 240), (220, 220, 218))


def make_panel_van(look: int, *, lamps_on: bool) -> Shape:
    """Return a delivery van without windows behind the driver; some carry a stripe."""
    rng = np.random.default_rng(look + 17)
    paint = VAN_PAINTS[int(rng.integers(len(VAN_PAINTS)))]
    nose, half, roof = float(rng.uniform(2.7, 3.0)), 0.99, float(rng.uniform(2.15, 2.55))
    build, foot = ShapeBuilder(), nose - 0.62
    outline = [
        (-nose, 0.32), (nose - 0.1, 0.32), (nose, 0.5), (nose - 0.04, 0.98), (foot, 1.2), (nose - 1.35, roof - 0.06),
        (nose - 1.7, roof), (-nose + 0.06, roof), (-nose, roof - 0.1),
    ]  # fmt: skip
    extrude(build, outline, half, Finish(paint))
    cross_pane(
        build, (foot + 0.02, 1.24), (nose - 1.3, roof - 0.12), (half - 0.1, half - 0.16), Finish(GLASS_BRIGHT, 1)
    )
    for side in (-half, half):
        door = [(nose - 1.95, 1.22), (foot - 0.14, 1.22), (nose - 1.42, roof - 0.24), (nose - 1.95, roof - 0.24)]
        build.side_panel(door, side * 1.006, Finish(GLASS, 2))
        for x in (nose - 2.05, nose - 0.95, -0.35):
            seam = [(x - 0.015, 0.4), (x + 0.015, 0.4), (x + 0.015, roof - 0.2), (x - 0.015, roof - 0.2)]
            build.side_panel(seam, side * 1.004, Finish(dimmed(paint, 0.62), 1))
        if look % 3 == 0:
            band = [(-nose + 0.1, 1.0), (nose - 2.1, 1.0), (nose - 2.1, 1.45), (-nose + 0.1, 1.45)]
            build.side_panel(band, side * 1.005, Finish(STRIPES[look % len(STRIPES)], 2))
        skirt = [(-nose, 0.32), (nose - 0.1, 0.32), (nose - 0.1, 0.48), (-nose, 0.48)]
        build.side_panel(skirt, side * 1.005, Finish(DARK, 1))
    back = -nose - 0.01
    for low, high in ((-half + 0.14, -0.06), (0.06, half - 0.14)):
        pane = [(back, high, 1.35), (back, low, 1.35), (back, low, roof - 0.35), (back, high, roof - 0.35)]
        build.face(pane, Finish(GLASS, 1))
    add_wheels(build, (-nose * 0.6, nose - 0.95), half, 0.36)
    add_lamps(build, (nose, half), (0.96, 1.1), lamps_on=lamps_on)
    return build.build()


def make_midi_bus(look: int, *, lamps_on: bool) -> Shape:
    """Return a small bus for some twenty people, with a sloping front."""
    rng = np.random.default_rng(look + 29)
    paint = ((240, 240, 238), (200, 204, 206), (60, 190, 240), (180, 120, 50), (90, 170, 90))[look % 5]
    nose, half, roof = float(rng.uniform(4.2, 4.4)), 1.1, float(rng.uniform(2.6, 2.8))
    build = ShapeBuilder()
    outline = [
        (-nose, 0.32), (nose, 0.32), (nose, 1.15), (nose - 0.45, roof - 0.15), (nose - 0.7, roof), (-nose + 0.1, roof),
        (-nose, roof - 0.15),
    ]  # fmt: skip
    extrude(build, outline, half, Finish(paint))
    glass = Finish(GLASS, 2, GLOWING if lamps_on else 0)
    for side in (-half, half):
        count = 6
        step = (2 * nose - 1.3) / count
        for i in range(count):
            a, b = -nose + 0.2 + i * step, -nose + 0.12 + (i + 1) * step
            build.side_panel([(a, 1.3), (b, 1.3), (b, 2.2), (a, 2.2)], side * 1.006, glass)
        band = [(-nose, 0.75), (nose, 0.75), (nose, 1.02), (-nose, 1.02)]
        build.side_panel(band, side * 1.004, Finish(STRIPES[(look // 5) % 4], 1))
    door = [(nose - 2.0, 0.42), (nose - 1.25, 0.42), (nose - 1.25, 2.2), (nose - 2.0, 2.2)]
    build.side_panel(door, -half * 1.01, Finish(GLASS_BRIGHT, 3))
    cross_pane(
        build, (nose + 0.02, 1.2), (nose - 0.42, roof - 0.25), (half - 0.08, half - 0.12), Finish(GLASS_BRIGHT, 2)
    )
    back = -nose - 0.01
    build.face([(back, 0.9, 1.4), (back, -0.9, 1.4), (back, -0.9, 2.2), (back, 0.9, 2.2)], Finish(GLASS, 1))
    add_wheels(build, (-nose * 0.5, nose * 0.62), half, 0.42)
    add_lamps(build, (nose, half), (0.98, 1.1), lamps_on=lamps_on)
    return build.build()


def make_motorbike(look: int, *, lamps_on: bool) -> Shape:
    """Return a motorcycle with a tank, an engine and large wheels; no running board, unlike a scooter."""
    rng = np.random.default_rng(look + 37)
    paint = ((50, 46, 190), (40, 40, 44), (170, 90, 40), (200, 202, 204), (60, 140, 60))[int(rng.integers(5))]
    build, body = ShapeBuilder(), Finish(paint, 1)
    for x in (-0.66, 0.68):
        add_tyre(build, (x, 0.0, 0.31), 0.31)
    build.tube((-0.15, 0.0, 0.38), (0.25, 0.0, 0.42), (0.17, 0.19), Finish((88, 90, 94)))
    build.tube((-0.6, -0.16, 0.32), (0.1, -0.15, 0.28), (0.05, 0.035), Finish((176, 178, 180), 1))
    build.tube((0.02, 0.0, 0.78), (0.36, 0.0, 0.84), (0.13, 0.16), body)
    build.tube((-0.62, 0.0, 0.8), (-0.02, 0.0, 0.76), (0.09, 0.12), Finish((38, 38, 40), 2))
    build.tube((-0.75, 0.0, 0.66), (-0.5, 0.0, 0.74), (0.05, 0.07), body)
    for y in (-0.07, 0.07):
        build.tube((0.68, y, 0.31), (0.42, y, 0.98), (0.03, 0.03), Finish(METAL))
    build.tube((0.36, -0.34, 1.06), (0.36, 0.34, 1.06), (0.022, 0.022), Finish((50, 50, 52), 2))
    build.ball((0.55, 0.0, 0.9), 0.1, Finish((236, 244, 250), 2, GLOWING if lamps_on else 0))
    build.ball((-0.8, 0.0, 0.68), 0.05, Finish((50, 44, 200), 1, GLOWING if lamps_on else 0))
    return build.build()


def make_delivery_bike(look: int, *, lamps_on: bool) -> Shape:
    """Return an e-bike with the large box of a food courier."""
    build = ShapeBuilder()
    paint = Finish(((40, 40, 44), (60, 60, 190), (225, 225, 222), (150, 100, 40))[look % 4])
    for x in (-0.56, 0.58):
        add_tyre(build, (x, 0.0, 0.25), 0.25)
    build.tube((-0.5, 0.0, 0.5), (-0.15, 0.0, 0.5), (0.15, 0.15), paint)
    build.tube((-0.1, 0.0, 0.32), (0.36, 0.0, 0.3), (0.1, 0.09), Finish((60, 60, 62)))
    build.tube((0.42, 0.0, 0.36), (0.36, 0.0, 0.9), (0.12, 0.1), paint)
    build.tube((0.58, 0.0, 0.27), (0.4, 0.0, 0.86), (0.04, 0.04), Finish(METAL))
    build.tube((-0.4, 0.0, 0.7), (0.02, 0.0, 0.7), (0.09, 0.11), Finish((40, 40, 42), 1))
    build.tube((0.32, -0.33, 1.0), (0.32, 0.33, 1.0), (0.028, 0.028), Finish((50, 50, 52), 1))
    build.ball((0.48, 0.0, 0.84), 0.07, Finish((236, 244, 250), 2, GLOWING if lamps_on else 0))
    tint = ((50, 200, 250), (225, 140, 30), (60, 170, 60), (50, 50, 200))[look % 4]
    build.box((-0.92, -0.28, 0.74), (-0.4, 0.28, 1.3), Finish(tint, 2), lid=Finish(dimmed(tint, 0.9), 2))
    for side in (-0.285, 0.285):
        build.side_panel([(-0.84, 0.92), (-0.48, 0.92), (-0.48, 1.14), (-0.84, 1.14)], side, Finish((240, 240, 238), 3))
    return build.build()


def make_loaded_tricycle(look: int) -> Shape:
    """Return a cargo tricycle under a high load: cartons, vegetables, water bottles, sacks or pipes; all one thing."""
    rng = np.random.default_rng(look + 53)
    build = ShapeBuilder()
    bed = tricycle_frame(build, look, rng)
    (_cartons, _vegetables, _bottles, _sacks, _pipes)[look % 5](build, bed, rng)
    return build.build()


def _cartons(build: ShapeBuilder, bed: float, rng: np.random.Generator) -> None:
    for level in range(int(rng.integers(2, 4))):
        for x in (-1.24, -0.7):
            tint = np.array((104, 152, 188)) * float(rng.uniform(0.8, 1.15))
            carton = Finish((float(tint[0]), float(tint[1]), float(tint[2])), 1 + level)
            low = (x, -0.46 + 0.03 * level, bed + 0.4 * level)
            build.box(low, (x + 0.52, 0.46 - 0.02 * level, bed + 0.4 * level + 0.38), carton)


def _vegetables(build: ShapeBuilder, bed: float, rng: np.random.Generator) -> None:
    for level in range(2):
        low = (-1.24 + 0.05 * level, -0.44, bed + 0.24 * level)
        build.box(low, (-0.16, 0.44, low[2] + 0.2), Finish(CRATES[int(rng.integers(5))], 1 + level))
    heap_goods(build, (-1.2, -0.42, bed + 0.44), (-0.18, 0.42), rng)


def _bottles(build: ShapeBuilder, bed: float, rng: np.random.Generator) -> None:
    for x in (-1.08, -0.72, -0.36):
        for y in (0.24, -0.24):
            if rng.random() < 0.9:
                jar = Finish((210, 170, 96), 1), Finish((180, 120, 50), 1)
                drum(build, (x, y, bed), (0.16, 0.16, 0.4), *jar)
                drum(build, (x, y, bed + 0.4), (0.1, 0.05, 0.1), *jar)


def _sacks(build: ShapeBuilder, bed: float, rng: np.random.Generator) -> None:
    for i in range(int(rng.integers(5, 8))):
        sack = Finish(((206, 212, 214), (170, 190, 180), (150, 120, 70))[i % 3], 1 + i // 3)
        x, y, z = -1.05 + 0.32 * (i % 3), (-0.2, 0.2, 0.05)[i // 3], bed + 0.22 + 0.3 * (i // 3)
        build.tube((x, y - 0.12, z), (x, y + 0.12, z), (0.2, 0.18), sack)


def _pipes(build: ShapeBuilder, bed: float, rng: np.random.Generator) -> None:
    for i in range(int(rng.integers(6, 11))):
        y, z = -0.3 + 0.07 * i, bed + 0.05 + 0.06 * (i % 3)
        build.tube((-1.9, y, z), (0.1, y, z + 0.1), (0.035, 0.035), Finish((150, 156, 160), 1 + i % 3))


def make_parcel_tricycle(look: int) -> Shape:
    """Return a courier's tricycle with a closed box and a roof over the driver."""
    rng = np.random.default_rng(look + 59)
    build = ShapeBuilder()
    tricycle_frame(build, look, rng)
    tint, trim = PARCEL[look % len(PARCEL)], (238, 238, 236)
    half, roof = 0.54, float(rng.uniform(1.6, 1.8))
    build.box((-1.36, -half, 0.46), (-0.14, half, roof), Finish(tint, 2), lid=Finish(dimmed(tint, 0.95), 2))
    for side in (-half, half):
        build.side_panel([(-1.3, 1.0), (-0.2, 1.0), (-0.2, 1.35), (-1.3, 1.35)], side * 1.01, Finish(trim, 3))
        build.wheel((-0.72, side * 1.02, 0.3), 0.3, Finish((36, 36, 38), 3), sides=14)
        build.tube((0.86, side * 0.7, 0.6), (0.7, side * 0.8, roof - 0.04), (0.025, 0.025), Finish((60, 60, 62), 2))
    cross_pane(build, (0.92, 0.55), (0.74, roof - 0.1), (0.36, 0.4), Finish((176, 168, 158), 1))
    build.box((0.62, -0.36, 0.3), (0.95, 0.36, 0.58), Finish(tint))
    build.box((-0.16, -half, roof - 0.06), (0.8, half, roof), Finish(tint, 4))
    return build.build()
