"""Makes what stands on a street for good: trees, lamps, bins, bollards, signs."""

import math

import numpy as np

from datasets.shapes import GLOWING, Colour, Finish, Shape, ShapeBuilder

LEAVES: tuple[Colour, ...] = ((46, 104, 70), (52, 118, 84), (60, 112, 96), (40, 92, 60))


def make_tree(look: int) -> Shape:
    """Return a street tree whose crown begins above people's heads."""
    rng = np.random.default_rng(look)
    build = ShapeBuilder()
    foot, top = float(rng.uniform(2.7, 3.2)), float(rng.uniform(5.0, 6.6))
    build.face([(-0.5, -0.5, 0.01), (0.5, -0.5, 0.01), (0.5, 0.5, 0.01), (-0.5, 0.5, 0.01)], Finish((66, 80, 96)))
    bark = Finish((70, 88, 104), 1)
    build.tube((0.0, 0.0, 0.0), (0.03, 0.02, foot + 0.4), (0.13, 0.09), bark)
    build.tube((0.0, 0.0, 0.0), (0.0, 0.0, 1.1), (0.135, 0.12), Finish((214, 218, 218), 2))
    for i in range(4):
        turn = i * 1.6 + look
        build.tube((0.0, 0.0, foot), (0.9 * math.cos(turn), 0.9 * math.sin(turn), foot + 1.2), (0.07, 0.03), bark)
    base = np.array(LEAVES[look % len(LEAVES)])
    radius = float(rng.uniform(1.2, 1.7))
    for i in range(150):
        turn, out, up = (
            float(rng.uniform(0, 2 * math.pi)),
            math.sqrt(float(rng.uniform(0, 1))),
            float(rng.uniform(0, 1)),
        )
        reach = radius * out * (1.0 - 0.55 * abs(2 * up - 0.8))
        z = foot + up * (top - foot)
        shade = 0.55 + 0.5 * up + 0.25 * float(rng.random())
        tint = base * shade
        leaf = Finish((float(tint[0]), float(tint[1]), float(tint[2])), 3 + i // 50)
        build.ball((reach * math.cos(turn), reach * math.sin(turn), z), float(rng.uniform(0.16, 0.36)), leaf)
    return build.build()


def make_lamp(*, lamps_on: bool) -> Shape:
    """Return a street lamp whose arm reaches over the road (towards its own -y)."""
    build = ShapeBuilder()
    metal = Finish((142, 144, 146))
    build.tube((0.0, 0.0, 0.0), (0.0, 0.0, 0.6), (0.11, 0.09), metal)
    build.tube((0.0, 0.0, 0.6), (0.0, 0.0, 6.8), (0.07, 0.05), metal)
    build.tube((0.0, 0.0, 6.8), (0.0, -1.6, 7.2), (0.05, 0.04), metal)
    head = Finish((190, 232, 250), 1, GLOWING) if lamps_on else Finish((196, 198, 200), 1)
    build.tube((0.0, -1.4, 7.17), (0.0, -2.1, 7.22), (0.1, 0.1), head)
    return build.build()


def make_bin(look: int) -> Shape:
    """Return a litter bin."""
    build = ShapeBuilder()
    colour = ((80, 120, 60), (120, 110, 100), (150, 100, 50))[look % 3]
    build.box((-0.25, -0.2, 0.1), (0.25, 0.2, 0.95), Finish(colour), lid=Finish((150, 152, 152)))
    build.side_panel([(-0.15, 0.7), (0.15, 0.7), (0.15, 0.85), (-0.15, 0.85)], -0.21, Finish((30, 30, 32), 1))
    return build.build()


def make_bollard() -> Shape:
    """Return a bollard with a bright ring."""
    build = ShapeBuilder()
    build.tube((0.0, 0.0, 0.0), (0.0, 0.0, 0.8), (0.09, 0.08), Finish((110, 112, 114)))
    build.tube((0.0, 0.0, 0.62), (0.0, 0.0, 0.68), (0.088, 0.088), Finish((80, 200, 240), 1))
    return build.build()


def make_sign(look: int) -> Shape:
    """Return a traffic sign on a pole; a lawful thing that stands for good."""
    build = ShapeBuilder()
    build.tube((0.0, 0.0, 0.0), (0.0, 0.0, 2.6), (0.04, 0.035), Finish((150, 152, 154)))
    ring, inner = (((50, 44, 200), (170, 90, 40)), ((190, 110, 40), (190, 110, 40)))[look % 2]
    for radius, colour, layer in ((0.32, ring, 1), (0.25, inner, 2)):
        turns = [2 * math.pi * i / 16 for i in range(16)]
        disc = [(0.06 + 0.005 * layer, radius * math.cos(a), 2.45 + radius * math.sin(a)) for a in turns]
        build.face(disc, Finish(colour, layer, 0, two_sided=True))
    return build.build()


def make_pole() -> Shape:
    """Return a concrete pole with cross-arms and a box, as along a lane."""
    build = ShapeBuilder()
    grey = Finish((150, 156, 160))
    build.tube((0.0, 0.0, 0.0), (0.0, 0.0, 7.6), (0.15, 0.1), grey)
    for z in (6.6, 7.2):
        build.tube((0.0, -0.7, z), (0.0, 0.7, z), (0.05, 0.05), Finish((110, 116, 120), 1))
        for y in (-0.6, -0.25, 0.25, 0.6):
            build.ball((0.0, y, z + 0.1), 0.06, Finish((206, 210, 212), 1))
    build.box((-0.18, -0.32, 3.1), (0.18, -0.12, 3.6), Finish((150, 152, 154), 2))
    return build.build()


RAILING_M = 2.4
"""Length of a piece of railing."""


def make_railing() -> Shape:
    """Return one piece of the white railing between the directions of an arterial road."""
    build = ShapeBuilder()
    white = Finish((226, 228, 228))
    half = RAILING_M / 2
    build.box((-0.12, -0.1, 0.0), (0.12, 0.1, 0.3), Finish((120, 124, 128)))
    build.tube((0.0, 0.0, 0.2), (0.0, 0.0, 1.0), (0.04, 0.04), white)
    for z in (0.35, 0.92):
        build.tube((-half, 0.0, z), (half, 0.0, z), (0.03, 0.03), white)
    for x in np.arange(-half + 0.15, half, 0.24):
        build.tube((float(x), 0.0, 0.35), (float(x), 0.0, 0.92), (0.018, 0.018), white)
    return build.build()
