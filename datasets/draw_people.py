"""Makes people: gait, clothes, what they hold; walking, riding, serving at a stall, reaching to a wall, sitting."""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from datasets.shapes import Colour, Finish, Point3, Shape, ShapeBuilder

TOPS: tuple[Colour, ...] = (
    (60, 60, 200), (180, 110, 50), (70, 150, 80), (230, 230, 228), (50, 50, 54), (150, 150, 152), (70, 190, 235),
    (160, 90, 170),
    (210, 170, 120), (90, 90, 230), (120, 70, 40), (190, 210, 220), (60, 110, 190), (100, 60, 100),
)  # fmt: skip
BOTTOMS: tuple[Colour, ...] = (
    (90, 66, 46),
    (56, 48, 44),
    (40, 40, 44),
    (110, 110, 112),
    (70, 92, 118),
    (150, 170, 184),
    (120, 84, 60),
)
SKINS: tuple[Colour, ...] = ((140, 172, 214), (122, 156, 200), (104, 136, 182), (152, 184, 222))
HAIRS: tuple[Colour, ...] = ((26, 26, 30), (34, 34, 40), (40, 48, 62), (120, 122, 126))

STRIDE_HZ = 0.95
"""Double steps a second of a walking person."""


@dataclass(frozen=True, slots=True)
class Clothes:
    """How one person looks; everything follows from the `look` number. `head` is the head's size beside an adult's."""

    height: float
    build: float
    top: Colour
    bottom: Colour
    skin: Colour
    hair: Colour
    skirt: bool
    hat: bool
    bag: int
    vest: bool
    helmet: bool = False
    head: float = 1.0

    @classmethod
    def of(cls, look: int) -> "Clothes":
        """Return the clothes that belong to a look number."""
        rng = np.random.default_rng(look + 7919)
        return cls(
            height=float(rng.normal(1.67, 0.08)),
            build=float(rng.uniform(0.9, 1.2)),
            top=TOPS[int(rng.integers(len(TOPS)))],
            bottom=BOTTOMS[int(rng.integers(len(BOTTOMS)))],
            skin=SKINS[int(rng.integers(len(SKINS)))],
            hair=HAIRS[int(rng.integers(len(HAIRS)))],
            skirt=bool(rng.random() < 0.2),
            hat=bool(rng.random() < 0.2),
            bag=int(rng.integers(4)),
            vest=bool(rng.random() < 0.08),
        )


def child_clothes(look: int) -> Clothes:
    """Return a child of about five to ten years: short, with a larger head, often with a satchel."""
    rng = np.random.default_rng(look + 104_729)
    grown = Clothes.of(look)
    height = float(rng.uniform(1.02, 1.4))
    return replace(grown, height=height, build=1.05, head=1.25, bag=int(rng.integers(2)), vest=False)


def courier_clothes(look: int) -> Clothes:
    """Return a delivery rider in the jacket and helmet of his company."""
    return replace(Clothes.of(look), top=COURIERS[look % len(COURIERS)], vest=False, helmet=True, skirt=False, bag=0)


COURIERS: tuple[Colour, ...] = ((50, 200, 250), (225, 140, 30), (60, 170, 60), (50, 50, 200))

ROLES: dict[str, Callable[[int], Clothes]] = {
    "adult": Clothes.of,
    "child": child_clothes,
    "courier": courier_clothes,
}
"""Who somebody can be, and how one of them is dressed."""

SEATS = {"sit": (0.5, 0.4), "sit_chair": (0.62, 0.42), "sit_low": (0.31, 0.42), "squat": (0.24, 0.16)}
"""Height of the hips of who sits or squats, and how far ahead of them the feet stand, metres."""


def make_person(look: int, action: str, phase: float, role: str = "adult") -> Shape:
    """Return a person.

    Args:
        look: picks size and clothes.
        action: `walk`, `stand`, `serve` (hands before the body), `reach` (arms up to a wall), `push`,
            `hold` (one hand up, as with an umbrella), `ride` (seated, origin on the ground below the saddle), or one of
            `SEATS`.
        phase: of the gait, in radians; ignored by who stands still.
        role: one of `ROLES`.
    """
    clothes = ROLES[role](look)
    build, s = ShapeBuilder(), clothes.height / 1.7
    lift = 0.02 * abs(math.sin(phase)) if action in ("walk", "push") else 0.0
    hip = 0.9 * s + lift if action != "ride" else 0.88
    if action in SEATS:
        hip = SEATS[action][0]
    _legs(build, clothes, action, (hip, phase))
    lean = {"walk": 0.05, "push": 0.14, "serve": 0.08, "ride": 0.16, "squat": 0.2, "sit_low": 0.14}.get(action, 0.0)
    chest = (lean, 0.0, hip + 0.42 * s)
    width = 0.155 * clothes.build * s
    top = Finish((60, 150, 240) if clothes.vest else clothes.top)
    build.tube((0.0, 0.0, hip), chest, (width * 0.92, width), top)
    build.tube(
        (chest[0], -0.15 * s, chest[2] + 0.05), (chest[0], 0.15 * s, chest[2] + 0.05), (0.075 * s, 0.075 * s), top
    )
    if clothes.skirt and action != "ride" and action not in SEATS:
        build.tube((0.0, 0.0, hip), (0.0, 0.0, hip - 0.38 * s), (width, width * 1.45), Finish(clothes.bottom))
    _arms(build, clothes, action, (chest, phase))
    _head(build, clothes, chest)
    if clothes.bag == 1:
        build.tube(
            (chest[0] - 0.2, 0, chest[2] - 0.22), (chest[0] - 0.19, 0, chest[2]), (0.13, 0.12), Finish(clothes.bottom)
        )
    elif clothes.bag == 2 and action in ("walk", "stand"):
        build.box((-0.15, 0.22, hip - 0.28), (0.15, 0.3, hip - 0.02), Finish(TOPS[look % len(TOPS)]))
    return build.build()


def _head(build: ShapeBuilder, clothes: Clothes, chest: Point3) -> None:
    s = clothes.height / 1.7
    r = s * clothes.head
    neck = (chest[0] + 0.01, 0.0, chest[2] + 0.14 * s)
    head = (chest[0] + 0.03, 0.0, chest[2] + 0.26 * s)
    build.tube(neck, head, (0.05 * s, 0.05 * s), Finish(clothes.skin, 1))
    build.tube(
        (head[0], 0, head[2] - 0.03), (head[0], 0, head[2] + 0.03), (0.085 * r, 0.095 * r), Finish(clothes.skin, 2)
    )
    build.tube(
        (head[0] - 0.035, 0, head[2]),
        (head[0] - 0.02, 0, head[2] + 0.06),
        (0.085 * r, 0.098 * r),
        Finish(clothes.hair, 3),
    )
    if clothes.helmet:
        low, high = (head[0] - 0.02, 0, head[2] + 0.04), (head[0] - 0.01, 0, head[2] + 0.07)
        build.tube(low, high, (0.135, 0.13), Finish(clothes.top, 4))
    elif clothes.hat:
        build.tube(
            (head[0] - 0.02, 0, head[2] + 0.07),
            (head[0] + 0.1, 0, head[2] + 0.06),
            (0.1 * s, 0.05 * s),
            Finish(clothes.top, 4),
        )


def _legs(build: ShapeBuilder, clothes: Clothes, action: str, stance: tuple[float, float]) -> None:
    hip, phase = stance
    s = clothes.height / 1.7
    bare = Finish(clothes.skin if clothes.skirt else clothes.bottom)
    shoe = Finish((46, 44, 48) if clothes.bag % 2 else (206, 208, 210))
    for side in (-1.0, 1.0):
        y = side * 0.085 * s
        if action in SEATS:
            foot = (SEATS[action][1] * s, y * 1.3, 0.06)
            knee = _knee((0.0, y, hip), foot, s)
        elif action == "ride":
            pedal = phase if side > 0 else phase + math.pi
            knee, foot = (
                (0.36, y * 1.2, hip - 0.12 + 0.05 * math.sin(pedal)),
                (0.22 + 0.13 * math.cos(pedal), y * 1.2, 0.34 + 0.13 * math.sin(pedal)),
            )
        else:
            swing = math.sin(phase) * side * (0.5 if action in ("walk", "push") else 0.0)
            bend = max(0.0, math.cos(phase) * side) * (0.75 if action in ("walk", "push") else 0.0)
            knee = (0.44 * s * math.sin(swing), y, hip - 0.44 * s * math.cos(swing))
            shin = swing - bend
            foot = (knee[0] + 0.41 * s * math.sin(shin), y, max(0.06, knee[2] - 0.41 * s * math.cos(shin)))
        build.tube((0.0, y, hip - 0.02), knee, (0.095 * s * clothes.build, 0.068 * s), Finish(clothes.bottom))
        build.tube(knee, foot, (0.066 * s, 0.046 * s), bare)
        build.tube((foot[0] - 0.03, y, foot[2] - 0.01), (foot[0] + 0.15, y, foot[2] - 0.02), (0.045, 0.038), shoe)


def _knee(hip: Point3, foot: Point3, s: float) -> Point3:
    """Where the knee of a bent leg is: ahead of the line from hip to foot, as thigh and shin are given."""
    thigh, shin = 0.44 * s, 0.41 * s
    dx, dz = foot[0] - hip[0], foot[2] - hip[2]
    reach = min(max(math.hypot(dx, dz), 0.05), thigh + shin - 0.005)
    along = (thigh**2 - shin**2 + reach**2) / (2 * reach)
    aside = math.sqrt(max(thigh**2 - along**2, 0.0))
    ux, uz = dx / reach, dz / reach
    return hip[0] + ux * along - uz * aside, hip[1] * 1.7, hip[2] + uz * along + ux * aside


def _arms(build: ShapeBuilder, clothes: Clothes, action: str, stance: tuple[Point3, float]) -> None:
    chest, phase = stance
    s = clothes.height / 1.7
    sleeve = Finish((60, 150, 240) if clothes.vest else clothes.top)
    skin = Finish(clothes.skin)
    for side in (-1.0, 1.0):
        shoulder = (chest[0], side * 0.2 * s * clothes.build, chest[2] + 0.03)
        elbow, hand = _reach(action, side, shoulder, (s, phase))
        build.tube(shoulder, elbow, (0.058 * s, 0.047 * s), sleeve)
        build.tube(elbow, hand, (0.045 * s, 0.035 * s), skin if clothes.bag > 1 else sleeve)
        build.ball(hand, 0.045 * s, skin)


def _reach(action: str, side: float, shoulder: Point3, gait: tuple[float, float]) -> tuple[Point3, Point3]:
    """Where elbow and hand are."""
    x, y, z = shoulder
    s, phase = gait
    if action == "walk":
        swing = -math.sin(phase) * side * 0.5
        elbow = (x + 0.27 * s * math.sin(swing), y * 1.1, z - 0.27 * s * math.cos(swing))
        return elbow, (
            elbow[0] + 0.24 * s * math.sin(swing + 0.35),
            y * 1.1,
            elbow[2] - 0.24 * s * math.cos(swing + 0.35),
        )
    if action == "reach":
        return (x + 0.18, y, z + 0.12), (x + 0.38, y * 0.6, z + 0.26)
    if action == "hold" and side < 0:
        return (x + 0.1, y, z - 0.24), (x + 0.24, y * 0.5, z - 0.02)
    if action in SEATS:
        return (x + 0.12 * s, y * 1.25, z - 0.24 * s), (x + 0.32 * s, y * 0.75, z - 0.34 * s)
    if action in ("serve", "push", "ride"):
        sway = 0.06 * math.sin(phase + side) if action == "serve" else 0.0
        return (x + 0.14, y * 1.15, z - 0.22), (x + 0.38, y * 0.8, z - 0.26 + sway)
    return (x, y * 1.2, z - 0.27 * s), (x + 0.05, y * 1.15, z - 0.51 * s)
