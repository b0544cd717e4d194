"""Makes motor vehicles: cars of several bodies, buses, trucks; their lights, windows, wheels and paint."""

from dataclasses import dataclass

import numpy as np

from datasets.shapes import GLOWING, Colour, Finish, Shape, ShapeBuilder

PAINTS: tuple[Colour, ...] = (
    (242, 242, 240), (236, 236, 236), (188, 190, 190), (150, 152, 154), (96, 96, 98), (44, 42, 42), (34, 32, 32),
    (58, 46, 168), (40, 34, 132), (150, 88, 44), (124, 62, 30), (92, 110, 62), (62, 140, 196), (170, 190, 204),
    (70, 90, 116),
)  # fmt: skip
"""Car paints, BGR; mostly white, grey and black, as on a street."""

BUS_PAINTS: tuple[Colour, ...] = ((70, 130, 60), (170, 110, 40), (60, 60, 190), (90, 170, 215), (205, 205, 200))
TRUCK_PAINTS: tuple[Colour, ...] = ((175, 105, 40), (60, 60, 180), (215, 215, 210), (70, 125, 80), (60, 160, 205))

GLASS: Colour = (74, 62, 52)
GLASS_BRIGHT: Colour = (122, 108, 94)
RUBBER: Colour = (34, 34, 36)
RIM: Colour = (176, 176, 178)
DARK: Colour = (38, 38, 40)
WHITE_LAMP: Colour = (236, 244, 250)
RED_LAMP: Colour = (46, 38, 186)


@dataclass(frozen=True, slots=True)
class CarBody:
    """The proportions of a car, in metres; x values are shares of the length from -0.5 (tail) to 0.5 (nose).

    Attributes:
        length: over all.
        width: over all.
        height: roof.
        belt: height of the lower edge of the windows.
        hood: height of the nose's upper edge.
        cabin: x of the cabin's lower rear, upper rear, upper front and lower front corners.
    """

    length: float
    width: float
    height: float
    belt: float
    hood: float
    cabin: tuple[float, float, float, float]


CAR_BODIES: dict[str, CarBody] = {
    "sedan": CarBody(4.65, 1.82, 1.46, 0.92, 0.70, (-0.38, -0.20, 0.06, 0.23)),
    "hatchback": CarBody(4.05, 1.75, 1.50, 0.94, 0.74, (-0.49, -0.40, 0.08, 0.27)),
    "suv": CarBody(4.70, 1.90, 1.72, 1.04, 0.88, (-0.49, -0.42, 0.08, 0.24)),
    "van": CarBody(4.80, 1.86, 1.90, 1.06, 0.86, (-0.495, -0.47, 0.24, 0.40)),
    "taxi": CarBody(4.60, 1.80, 1.48, 0.92, 0.70, (-0.38, -0.21, 0.06, 0.23)),
}
"""Car bodies by kind."""


def make_car(kind: str, look: int, *, lamps_on: bool) -> Shape:
    """Return a car of a kind in `CAR_BODIES`; `look` picks its paint and small deviations of size."""
    rng = np.random.default_rng(look)
    body = CAR_BODIES[kind]
    paint = (
        PAINTS[int(rng.integers(len(PAINTS)))]
        if kind != "taxi"
        else ((60, 150, 60), (40, 160, 220), (170, 90, 40))[look % 3]
    )
    build = ShapeBuilder()
    scale = float(rng.uniform(0.96, 1.05))
    half, length = body.width / 2, body.length * scale
    _lower_body(build, body, length, paint)
    _greenhouse(build, body, length, (224, 224, 222) if kind == "taxi" else paint)
    add_wheels(build, (-0.31 * length, 0.31 * length), half, 0.32 if body.height < 1.6 else 0.36)
    add_lamps(build, (length / 2, half), (body.hood, body.belt), lamps_on=lamps_on)
    if kind == "taxi":
        lamp = Finish((140, 220, 245), 6, GLOWING if lamps_on else 0)
        build.box((-0.12 * length - 0.1, -0.3, body.height), (-0.12 * length + 0.1, 0.3, body.height + 0.14), lamp)
    return build.build()


def _lower_body(build: ShapeBuilder, body: CarBody, length: float, paint: Colour) -> None:
    half, nose = body.width / 2, length / 2
    rear, front = body.cabin[0] * length, body.cabin[3] * length
    sill = 0.24
    outline = [
        (-nose, sill + 0.06), (-nose + 0.12, sill), (nose - 0.14, sill), (nose, sill + 0.08), (nose, body.hood - 0.08),
        (nose - 0.16, body.hood), (front, body.belt - 0.02), (rear, body.belt), (-nose + 0.05, body.belt - 0.06),
        (-nose, body.belt - 0.24),
    ]  # fmt: skip
    finish = Finish(paint)
    for side in (-half, half):
        build.side_panel(outline, side, finish)
        build.side_panel(
            [(-nose + 0.1, sill), (nose - 0.1, sill), (nose - 0.1, sill + 0.1), (-nose + 0.1, sill + 0.1)],
            side,
            Finish(DARK, 1),
        )
        seam = Finish(_darker(paint, 0.6), 1)
        for share in (-0.22, 0.02, 0.22):
            x = share * length
            build.side_panel(
                [(x - 0.012, sill + 0.1), (x + 0.012, sill + 0.1), (x + 0.012, body.belt), (x - 0.012, body.belt)],
                side,
                seam,
            )
    ring = [*outline[2:], outline[0], outline[1]]
    for (x0, z0), (x1, z1) in zip(ring, [*ring[1:], ring[0]], strict=True):
        if z0 == sill and z1 == sill:
            continue
        build.face([(x0, -half, z0), (x0, half, z0), (x1, half, z1), (x1, -half, z1)], finish)
    build.face(
        [
            (front, -half * 0.72, body.belt),
            (nose - 0.2, -half * 0.6, body.hood + 0.005),
            (nose - 0.2, half * 0.6, body.hood + 0.005),
            (front, half * 0.72, body.belt),
        ],
        Finish(_lighter(paint), 1),
    )


def _greenhouse(build: ShapeBuilder, body: CarBody, length: float, paint: Colour) -> None:
    low, high = body.width / 2 - 0.03, body.width / 2 - 0.2
    rear, rear_top, front_top, front = (share * length for share in body.cabin)
    belt, roof = body.belt - 0.02, body.height
    pillar, glass = Finish(paint, 2), Finish(GLASS, 3)
    build.face([(front, -low, belt), (front, low, belt), (front_top, high, roof), (front_top, -high, roof)], pillar)
    build.face([(rear, low, belt), (rear, -low, belt), (rear_top, -high, roof), (rear_top, high, roof)], pillar)
    build.face(
        [(rear_top, -high, roof), (front_top, -high, roof), (front_top, high, roof), (rear_top, high, roof)],
        Finish(paint, 4),
    )
    _panes(build, ((front, front_top), (rear, rear_top)), (low, high), (belt, roof))
    for sign in (-1, 1):
        side = [
            (rear, sign * low, belt),
            (front, sign * low, belt),
            (front_top, sign * high, roof),
            (rear_top, sign * high, roof),
        ]
        build.face(side if sign < 0 else side[::-1], pillar)
        for start, end in ((0.07, 0.47), (0.52, 0.93)):
            window = [
                _blend(side, start, 0.12),
                _blend(side, end, 0.12),
                _blend(side, end, 0.88),
                _blend(side, start, 0.88),
            ]
            build.face(window if sign < 0 else window[::-1], glass)
        mirror = front - 0.12
        outline = [
            (mirror - 0.1, belt),
            (mirror + 0.08, belt),
            (mirror + 0.06, belt + 0.16),
            (mirror - 0.1, belt + 0.16),
        ]
        build.side_panel(outline, sign * (low + 0.15), Finish(_darker(paint, 0.75), 5))


def _panes(
    build: ShapeBuilder,
    ends: tuple[tuple[float, float], tuple[float, float]],
    halves: tuple[float, float],
    heights: tuple[float, float],
) -> None:
    """The windscreen and the rear window."""
    ((front, front_top), (rear, rear_top)), (low, high), (belt, roof) = ends, halves, heights
    inset = 0.1
    build.face(
        [
            _mix((front, -low, belt), (front_top, -high, roof), inset, 0.08),
            _mix((front, low, belt), (front_top, high, roof), inset, -0.08),
            _mix((front, low, belt), (front_top, high, roof), 0.93, -0.06),
            _mix((front, -low, belt), (front_top, -high, roof), 0.93, 0.06),
        ],
        Finish(GLASS_BRIGHT, 3),
    )
    build.face(
        [
            _mix((rear, low, belt), (rear_top, high, roof), 0.2, -0.12),
            _mix((rear, -low, belt), (rear_top, -high, roof), 0.2, 0.12),
            _mix((rear, -low, belt), (rear_top, -high, roof), 0.92, 0.1),
            _mix((rear, low, belt), (rear_top, high, roof), 0.92, -0.1),
        ],
        Finish(GLASS, 3),
    )


def add_wheels(build: ShapeBuilder, places: tuple[float, ...], half: float, radius: float) -> None:
    """Add a wheel with its arch at each x of `places` on both sides; `half` is half the body's width, metres."""
    for x in places:
        for side in (-half, half):
            outward = 1.012
            build.wheel((x, side * 1.004, radius + 0.03), radius + 0.07, Finish(DARK, 1))
            build.wheel((x, side * outward, radius), radius, Finish(RUBBER, 2), sides=14)
            build.wheel((x, side * outward * 1.004, radius), radius * 0.62, Finish(RIM, 3), sides=10)
            build.wheel((x, side * outward * 1.006, radius), radius * 0.2, Finish(DARK, 4), sides=6)


def add_lamps(
    build: ShapeBuilder, extent: tuple[float, float], heights: tuple[float, float], *, lamps_on: bool
) -> None:
    """Add lamps, grille and plates; `extent` is (nose, half width), `heights` those of hood and belt, metres."""
    (nose, half), (hood, belt) = extent, heights
    material = GLOWING if lamps_on else 0
    white, red = Finish(WHITE_LAMP, 2, material), Finish((70, 60, 235) if lamps_on else RED_LAMP, 2, material)
    out = nose + 0.01
    for low, high in ((-half + 0.06, -half + 0.42), (half - 0.42, half - 0.06)):
        build.face(
            [(out, low, hood - 0.24), (out, high, hood - 0.24), (out, high, hood - 0.09), (out, low, hood - 0.09)],
            white,
        )
        build.face(
            [(-out, high, belt - 0.36), (-out, low, belt - 0.36), (-out, low, belt - 0.14), (-out, high, belt - 0.14)],
            red,
        )
    build.face(
        [
            (out, -half + 0.5, hood - 0.26),
            (out, half - 0.5, hood - 0.26),
            (out, half - 0.5, hood - 0.1),
            (out, -half + 0.5, hood - 0.1),
        ],
        Finish(DARK, 2),
    )
    build.face(
        [(out, -half + 0.2, 0.27), (out, half - 0.2, 0.27), (out, half - 0.2, 0.38), (out, -half + 0.2, 0.38)],
        Finish((60, 60, 62), 2),
    )
    plate = Finish((190, 96, 30), 3)
    build.face(
        [(out + 0.01, -0.24, 0.39), (out + 0.01, 0.24, 0.39), (out + 0.01, 0.24, 0.51), (out + 0.01, -0.24, 0.51)],
        plate,
    )
    build.face([(-out, 0.24, 0.48), (-out, -0.24, 0.48), (-out, -0.24, 0.6), (-out, 0.24, 0.6)], plate)


def make_bus(look: int, *, lamps_on: bool) -> Shape:
    """Return a city bus; `look` picks its paint and length."""
    rng = np.random.default_rng(look)
    paint, trim = BUS_PAINTS[look % len(BUS_PAINTS)], BUS_PAINTS[(look // 5 + 3) % len(BUS_PAINTS)]
    nose, half, roof = float(rng.uniform(4.2, 5.8)), 1.25, 3.0
    build = ShapeBuilder()
    build.box((-nose, -half, 0.3), (nose, half, roof), Finish(paint), lid=Finish((214, 214, 212)))
    build.box((-nose * 0.5, -0.8, roof), (nose * 0.2, 0.8, roof + 0.18), Finish((200, 200, 198), 4))
    glass, out = Finish(GLASS, 2, GLOWING if lamps_on else 0), half + 0.01
    for side in (-out, out):
        build.side_panel([(-nose, 0.3), (nose, 0.3), (nose, 0.75), (-nose, 0.75)], side, Finish(trim, 1))
        count = round(nose * 2 / 1.35)
        step = (2 * nose - 0.3) / count
        for i in range(count):
            x = -nose + 0.15 + i * step
            build.side_panel(
                [(x + 0.06, 1.4), (x + step - 0.06, 1.4), (x + step - 0.06, 2.5), (x + 0.06, 2.5)], side, glass
            )
    for x in (nose - 1.5, -nose * 0.1):
        build.side_panel(
            [(x - 0.6, 0.4), (x + 0.6, 0.4), (x + 0.6, 2.5), (x - 0.6, 2.5)], -out - 0.01, Finish(GLASS_BRIGHT, 3)
        )
    end = nose + 0.01
    build.face([(end, -1.12, 1.15), (end, 1.12, 1.15), (end, 1.12, 2.45), (end, -1.12, 2.45)], Finish(GLASS_BRIGHT, 2))
    build.face(
        [(end, -0.9, 2.55), (end, 0.9, 2.55), (end, 0.9, 2.85), (end, -0.9, 2.85)], Finish((40, 120, 235), 2, GLOWING)
    )
    build.face([(-end, 1.0, 1.6), (-end, -1.0, 1.6), (-end, -1.0, 2.5), (-end, 1.0, 2.5)], Finish(GLASS, 2))
    add_wheels(build, (-nose * 0.55, nose * 0.6), half, 0.48)
    add_lamps(build, (nose, half), (0.95, 1.15), lamps_on=lamps_on)
    return build.build()


def make_truck(look: int, *, lamps_on: bool) -> Shape:
    """Return a small or middle truck, with a box or with an open bed; `look` picks which."""
    rng = np.random.default_rng(look)
    paint = TRUCK_PAINTS[look % len(TRUCK_PAINTS)]
    nose, half = float(rng.uniform(2.7, 3.9)), float(rng.uniform(0.95, 1.15))
    roof, split = float(rng.uniform(2.1, 2.5)), nose - 1.65
    build = ShapeBuilder()
    build.box((-nose + 0.1, -half + 0.15, 0.42), (nose - 0.2, half - 0.15, 0.75), Finish(DARK, -1))
    build.box((split, -half, 0.42), (nose, half, roof), Finish(paint))
    out = nose + 0.01
    build.face(
        [
            (out, -half + 0.12, 1.2),
            (out, half - 0.12, 1.2),
            (out, half - 0.12, roof - 0.2),
            (out, -half + 0.12, roof - 0.2),
        ],
        Finish(GLASS_BRIGHT, 1),
    )
    for side in (-half - 0.01, half + 0.01):
        build.side_panel(
            [(split + 0.35, 1.25), (nose - 0.15, 1.25), (nose - 0.3, roof - 0.22), (split + 0.35, roof - 0.22)],
            side,
            Finish(GLASS, 1),
        )
    if rng.random() < 0.6:
        cargo = ((226, 226, 224), (212, 216, 214), (198, 150, 90), (150, 190, 215))[int(rng.integers(4))]
        build.box(
            (-nose, -half - 0.03, 0.75), (split - 0.08, half + 0.03, float(rng.uniform(2.5, 2.95))), Finish(cargo)
        )
    else:
        build.box((-nose, -half, 0.75), (split - 0.08, half, 1.25), Finish(paint), lid=Finish((88, 96, 104)))
        if rng.random() < 0.6:
            build.box((-nose + 0.3, -half + 0.15, 1.25), (split - 0.4, half - 0.15, 1.75), Finish((86, 130, 160), 1))
    add_wheels(build, (-nose * 0.55, nose - 0.8), half, 0.42)
    add_lamps(build, (nose, half), (0.95, 1.05), lamps_on=lamps_on)
    return build.build()


def _darker(colour: Colour, factor: float) -> Colour:
    return colour[0] * factor, colour[1] * factor, colour[2] * factor


def _lighter(colour: Colour) -> Colour:
    return tuple(min(255.0, c * 1.06 + 6) for c in colour)  # type: ignore[return-value]


def _mix(
    low: tuple[float, float, float], high: tuple[float, float, float], share: float, aside: float
) -> tuple[float, float, float]:
    """A point between two corners, moved along y by `aside` metres and a hair outwards along x."""
    x, y, z = (a + (b - a) * share for a, b in zip(low, high, strict=True))
    return x, y + aside, z


def _blend(side: list[tuple[float, float, float]], along: float, up: float) -> tuple[float, float, float]:
    """A point of a four-cornered panel: `along` its lower edge, then `up` to the upper one; both are shares."""
    a, b, c, d = (np.array(corner) for corner in side)
    point = (a + (b - a) * along) * (1 - up) + (d + (c - d) * along) * up
    return float(point[0]), float(point[1]), float(point[2])
