"""Adds pieces that many things share to a shape under construction: drums, extruded bodies, awnings, writing on a face.

Belongs here: what is made of several faces and is nothing by itself. Does not: whole things (the other `draw_*`).
"""

import math
from collections.abc import Sequence

import numpy as np

from datasets.shapes import Colour, Finish, Point3, ShapeBuilder


def drum(build: ShapeBuilder, foot: Point3, size: tuple[float, float, float], finish: Finish, lid: Finish) -> None:
    """Add an upright drum or bowl of ten sides.

    Args:
        build: where to.
        foot: middle of its bottom, metres.
        size: lower radius, upper radius and height, metres.
        finish: of its sides.
        lid: of its top.
    """
    x, y, z = foot
    low, high, height = size
    turns = [2 * math.pi * i / 10 for i in range(10)]
    lower = [(x + low * math.cos(a), y + low * math.sin(a), z) for a in turns]
    upper = [(x + high * math.cos(a), y + high * math.sin(a), z + height) for a in turns]
    for i in range(10):
        j = (i + 1) % 10
        build.face([lower[i], lower[j], upper[j], upper[i]], finish)
    build.face(upper, lid)


def extrude(build: ShapeBuilder, outline: Sequence[tuple[float, float]], half: float, finish: Finish) -> None:
    """Add a body that looks the same from both sides.

    Args:
        build: where to.
        outline: (x, z) corners in metres, counter-clockwise when seen from the right; the first edge is the bottom.
        half: half its width, metres.
        finish: of all its faces.
    """
    for side in (-half, half):
        build.side_panel(outline, side, finish)
    for (x0, z0), (x1, z1) in zip(outline[1:], [*outline[2:], outline[0]], strict=True):
        build.face([(x0, -half, z0), (x0, half, z0), (x1, half, z1), (x1, -half, z1)], finish)


def cross_pane(
    build: ShapeBuilder,
    low: tuple[float, float],
    high: tuple[float, float],
    halves: tuple[float, float],
    finish: Finish,
) -> None:
    """Add a pane across a body that looks ahead, from (x, z) `low` to `high`, as wide as `halves` there."""
    (x0, z0), (x1, z1), (wide, narrow) = low, high, halves
    build.face([(x0, -wide, z0), (x0, wide, z0), (x1, narrow, z1), (x1, -narrow, z1)], finish)


def awning(build: ShapeBuilder, low: Point3, high: Point3, colours: tuple[Colour, Colour], layer: int) -> None:
    """Add a striped roof that slopes from the back (y of `high`) down to the front (y of `low`), with a valance."""
    (x0, y0, z0), (x1, y1, z1) = low, high
    count = max(3, round((x1 - x0) / 0.28))
    for i in range(count):
        a, b = x0 + (x1 - x0) * i / count, x0 + (x1 - x0) * (i + 1) / count
        stripe = colours[i % 2]
        build.face([(a, y0, z0), (b, y0, z0), (b, y1, z1), (a, y1, z1)], Finish(stripe, layer, 0, two_sided=True))
        edge = Finish(dimmed(stripe), layer, 0, two_sided=True)
        build.face([(a, y0, z0 - 0.16), (b, y0, z0 - 0.16), (b, y0, z0), (a, y0, z0)], edge)


def block_writing(
    build: ShapeBuilder,
    panel: tuple[Point3, Point3],
    count: int,
    finish: Finish,
    rng: np.random.Generator,
) -> None:
    """Add a row of blocky characters onto an upright panel along x.

    Args:
        build: where to.
        panel: its lower corner and its opposite upper one; both at the y on which is written, metres.
        count: how many characters.
        finish: of their strokes.
        rng: makes them differ.
    """
    (x0, y, z0), (x1, _, z1) = panel
    pitch, tall = (x1 - x0) / count, z1 - z0
    thick = tall * 0.12
    for i in range(count):
        left = x0 + (i + 0.12) * pitch
        wide = pitch * 0.76
        for share in (0.08, float(rng.uniform(0.3, 0.6)), 0.8):
            a, b = sorted((float(rng.uniform(0, 0.35)), float(rng.uniform(0.65, 1))))
            z = z0 + share * tall
            _stroke(build, (left + a * wide, left + b * wide), (z, z + thick), (y, finish))
        for share in (float(rng.uniform(0.05, 0.4)), float(rng.uniform(0.5, 0.85))):
            x = left + share * wide
            _stroke(build, (x, x + thick), (z0 + 0.08 * tall, z0 + float(rng.uniform(0.6, 0.95)) * tall), (y, finish))


def _stroke(build: ShapeBuilder, xs: tuple[float, float], zs: tuple[float, float], where: tuple[float, Finish]) -> None:
    y, finish = where
    build.face([(xs[0], y, zs[0]), (xs[1], y, zs[0]), (xs[1], y, zs[1]), (xs[0], y, zs[1])], finish)


def dimmed(colour: Colour, factor: float = 0.78) -> Colour:
    """Return a darker colour."""
    return colour[0] * factor, colour[1] * factor, colour[2] * factor
