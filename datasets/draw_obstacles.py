"""Makes what stands or is carried on a street and is no offence by itself: luggage, wheelie bins, planters, banners.

None of it has a class of its own: a model must learn to leave it alone, and a rule that looks for unknown things must
not take it for a stall.
"""

import itertools
import math

import numpy as np

from datasets.draw_furniture import LEAVES
from datasets.draw_pieces import block_writing, dimmed, drum
from datasets.shapes import Colour, Finish, Shape, ShapeBuilder

GREY: Colour = (120, 122, 124)


def make_suitcase(look: int) -> Shape:
    """Return a suitcase on wheels with its handle drawn out."""
    build = ShapeBuilder()
    tint = ((150, 70, 40), (60, 60, 170), (50, 52, 56), (120, 150, 60), (170, 120, 190), (200, 202, 204))[look % 6]
    tall = (0.6, 0.72, 0.5)[look % 3]
    build.box((-0.14, -0.24, 0.06), (0.14, 0.24, tall), Finish(tint))
    for z in np.linspace(0.16, tall - 0.1, 4):
        for x in (-0.145, 0.145):
            rib = [(x, -0.2, z), (x, 0.2, z), (x, 0.2, z + 0.03), (x, -0.2, z + 0.03)]
            build.face(rib if x > 0 else rib[::-1], Finish(dimmed(tint), 1))
    for y in (-0.18, 0.18):
        build.ball((0.1, y, 0.05), 0.04, Finish((40, 40, 42)))
        build.tube((-0.12, y * 0.6, tall), (-0.2, y * 0.6, tall + 0.36), (0.01, 0.01), Finish(GREY, 1))
    build.tube((-0.2, -0.11, tall + 0.36), (-0.2, 0.11, tall + 0.36), (0.018, 0.018), Finish((40, 40, 42), 1))
    return build.build()


def make_wheelie_bin(look: int) -> Shape:
    """Return a rubbish bin on two wheels, of the colour of what belongs in it."""
    build = ShapeBuilder()
    tint = ((70, 120, 40), (160, 90, 30), (96, 98, 100), (50, 46, 170))[look % 4]
    lower = [(-0.22, -0.2), (0.22, -0.2), (0.22, 0.2), (-0.22, 0.2)]
    upper = [(-0.3, -0.27), (0.3, -0.27), (0.3, 0.27), (-0.3, 0.27)]
    for i in range(4):
        j = (i + 1) % 4
        wall = [(*lower[i], 0.08), (*lower[j], 0.08), (*upper[j], 0.92), (*upper[i], 0.92)]
        build.face(wall, Finish(tint))
    build.box((-0.33, -0.3, 0.92), (0.33, 0.3, 0.99), Finish(dimmed(tint, 0.9), 1), lid=Finish(tint, 1))
    build.tube((-0.34, -0.22, 0.96), (-0.34, 0.22, 0.96), (0.025, 0.025), Finish(dimmed(tint, 0.7), 1))
    for y in (-0.25, 0.25):
        build.wheel((-0.22, y, 0.1), 0.1, Finish((36, 36, 38), 2), sides=10)
    label = [(0.3, -0.12, 0.5), (0.3, 0.12, 0.5), (0.3, 0.12, 0.74), (0.3, -0.12, 0.74)]
    build.face(label, Finish((236, 238, 240), 1))
    for side in (-0.275, 0.275):
        build.side_panel([(-0.1, 0.52), (0.1, 0.52), (0.1, 0.74), (-0.1, 0.74)], side, Finish((236, 238, 240), 1))
    return build.build()


def make_planter(look: int) -> Shape:
    """Return a tub or a box with a bush or flowers."""
    rng = np.random.default_rng(look + 19)
    build = ShapeBuilder()
    tint = ((120, 136, 150), (60, 90, 140), (200, 202, 202), (84, 86, 90))[look % 4]
    length = (0.32, 0.8)[look % 2]
    if look % 2:
        build.box((-length, -0.24, 0.0), (length, 0.24, 0.46), Finish(tint), lid=Finish((50, 62, 80)))
    else:
        drum(build, (0.0, 0.0, 0.0), (0.26, 0.34, 0.48), Finish(tint), Finish((50, 62, 80)))
    leaf = np.array(LEAVES[look % len(LEAVES)], float)
    blossoms: tuple[Colour, ...] = ((70, 60, 220), (190, 110, 230), (60, 200, 240), (235, 235, 240))
    for i in range(36):
        x, y = float(rng.uniform(-length, length)) * 0.9, float(rng.uniform(-0.22, 0.22))
        z = 0.5 + float(rng.uniform(0, 0.42))
        shade = leaf * float(rng.uniform(0.7, 1.35))
        green: Colour = (float(shade[0]), float(shade[1]), float(shade[2]))
        blooms = i % 4 == 0 and look % 3 != 0
        ink = blossoms[look % 4] if blooms else green
        build.ball((x, y, z), 0.05 if blooms else float(rng.uniform(0.07, 0.13)), Finish(ink, 2 if blooms else 1))
    return build.build()


def make_cabinet(look: int) -> Shape:
    """Return a telephone or power cabinet."""
    build = ShapeBuilder()
    tint = ((96, 120, 90), (150, 152, 150), (170, 174, 176))[look % 3]
    length, tall = (0.45, 0.75)[look % 2], (1.2, 1.45)[look // 2 % 2]
    build.box((-length - 0.05, -0.24, 0.0), (length + 0.05, 0.24, 0.14), Finish((140, 142, 144)))
    build.box((-length, -0.2, 0.14), (length, 0.2, tall), Finish(tint), lid=Finish(dimmed(tint, 1.1)))
    for side in (-0.202, 0.202):
        build.side_panel([(-0.01, 0.2), (0.01, 0.2), (0.01, tall - 0.06), (-0.01, tall - 0.06)], side, Finish(GREY, 1))
        for z in np.arange(0.3, 0.6, 0.06):
            slit = [(-length + 0.1, z), (-0.1, z), (-0.1, z + 0.02), (-length + 0.1, z + 0.02)]
            build.side_panel(slit, side, Finish(dimmed(tint, 0.6), 1))
    warning = [(0.12, tall - 0.42), (0.36, tall - 0.42), (0.24, tall - 0.2)]
    build.side_panel(warning, -0.203, Finish((40, 200, 240), 1))
    return build.build()


def make_bench(look: int) -> Shape:
    """Return a bench of wooden slats; some have a back."""
    build = ShapeBuilder()
    wood, iron = Finish(((70, 110, 160), (60, 86, 120))[look % 2], 1), Finish((60, 62, 64))
    for x in (-0.65, 0.65):
        build.box((x - 0.04, -0.22, 0.0), (x + 0.04, 0.22, 0.4), iron)
    for y in (-0.2, -0.06, 0.08):
        build.box((-0.85, y, 0.4), (0.85, y + 0.12, 0.45), wood)
    if look % 3:
        for z in (0.58, 0.74):
            build.box((-0.85, 0.24, z), (0.85, 0.28, z + 0.12), wood)
        for x in (-0.65, 0.65):
            build.tube((x, 0.22, 0.4), (x, 0.28, 0.88), (0.025, 0.025), iron)
    return build.build()


def make_cone(look: int) -> Shape:
    """Return a traffic cone with bright bands."""
    build = ShapeBuilder()
    red = ((40, 70, 225), (40, 110, 240))[look % 2]
    build.box((-0.19, -0.19, 0.0), (0.19, 0.19, 0.04), Finish((50, 50, 52)))
    radii = (0.15, 0.115, 0.085, 0.055, 0.03)
    for i, (low, high) in enumerate(itertools.pairwise(radii)):
        tint = Finish(red if i % 2 == 0 else (236, 238, 240), 1 + i)
        drum(build, (0.0, 0.0, 0.04 + 0.17 * i), (low, high, 0.17), tint, tint)
    return build.build()


def make_barrier(look: int) -> Shape:
    """Return a plastic barrier filled with water, red or with white bands."""
    build = ShapeBuilder()
    tint, band = ((50, 60, 215), (236, 238, 240)) if look % 2 else ((50, 190, 240), (50, 60, 215))
    build.box((-0.75, -0.22, 0.0), (0.75, 0.22, 0.3), Finish(tint))
    build.box((-0.7, -0.1, 0.3), (0.7, 0.1, 0.85), Finish(tint, 1))
    for side in (-0.105, 0.105):
        build.side_panel([(-0.5, 0.45), (0.5, 0.45), (0.5, 0.68), (-0.5, 0.68)], side, Finish(band, 2))
    return build.build()


def make_banner(look: int) -> Shape:
    """Return a cloth with writing between two poles; some are red, some blue."""
    rng = np.random.default_rng(look + 23)
    build = ShapeBuilder()
    cloth = ((40, 40, 195), (160, 90, 30), (40, 40, 205), (60, 190, 240))[look % 4]
    ink = Finish((60, 215, 250) if look % 4 in (0, 2) else (236, 238, 240), 3, 0, two_sided=True)
    half, low, high = float(rng.uniform(1.8, 3.2)), float(rng.uniform(0.9, 1.6)), 0.72
    for x in (-half, half):
        build.tube((x, 0.0, 0.0), (x, 0.0, low + high + 0.1), (0.03, 0.03), Finish((150, 152, 154)))
    corners = [(-half, -0.02, low), (half, -0.02, low), (half, -0.02, low + high), (-half, -0.02, low + high)]
    build.face(corners, Finish(cloth, 1, 0, two_sided=True))
    panel = (-half + 0.2, -0.03, low + 0.12), (half - 0.2, -0.03, low + high - 0.12)
    block_writing(build, panel, round(half * 2 / 0.6), ink, rng)
    return build.build()


def make_hydrant(look: int) -> Shape:
    """Return a hydrant."""
    build = ShapeBuilder()
    red = ((40, 40, 190), (60, 190, 235))[look % 2]
    tint, dark = Finish(red), Finish(dimmed(red))
    drum(build, (0.0, 0.0, 0.0), (0.18, 0.18, 0.06), dark, tint)
    drum(build, (0.0, 0.0, 0.06), (0.12, 0.12, 0.5), tint, tint)
    drum(build, (0.0, 0.0, 0.56), (0.15, 0.05, 0.16), tint, dark)
    for turn in (0.0, math.pi / 2, math.pi):
        build.tube((0.0, 0.0, 0.45), (0.2 * math.cos(turn), 0.2 * math.sin(turn), 0.45), (0.06, 0.06), dark)
    return build.build()
