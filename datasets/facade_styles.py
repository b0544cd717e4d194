"""Paints ground floors of which more is known than chance: given shops, homes along a lane, a bare concrete wall.

An easel takes what the light falls on; a second one takes what shines by itself when lamps are on.
"""

import cv2
import numpy as np

from datasets.easel import Easel
from datasets.glyphs import SHOP_NAMES, width_of, write
from datasets.street import Shop

SIGN_COLOURS = ((50, 44, 180), (150, 84, 34), (70, 130, 50), (40, 150, 220), (60, 60, 64), (130, 60, 110))
DOOR_COLOURS = ((60, 70, 110), (90, 96, 60), (120, 124, 126), (70, 110, 70), (40, 50, 130))

Easels = tuple[Easel, Easel]
"""What is lit, and what shines."""

OPENING_M = 2.7
"""Height of a shop's opening."""


def paint_shops(easels: Easels, shops: tuple[Shop, ...], rng: np.random.Generator) -> None:
    """Paint shops next to each other: sign, roller shutter up or down, what can be seen inside, a doorstep."""
    for shop in shops:
        span = shop.left_x + 0.12, shop.right_x - 0.12
        _signboard(easels, span, rng)
        if shop.is_open:
            _inside(easels, span, rng)
        else:
            _shutter(easels[0], span, rng)
        easels[0].rect((span[0], 0.0), (span[1], 0.12), (150, 156, 160))
        for x in (shop.left_x, shop.right_x - 0.12):
            easels[0].rect((x, 0.0), (x + 0.12, 3.7), (130, 138, 146))


def _signboard(easels: Easels, span: tuple[float, float], rng: np.random.Generator) -> None:
    colour = SIGN_COLOURS[int(rng.integers(len(SIGN_COLOURS)))]
    name = SHOP_NAMES[int(rng.integers(len(SHOP_NAMES)))] + "店"
    for easel in easels:
        easel.rect((span[0], 2.85), (span[1], 3.68), colour)
        scale, height = easel.px_per_m, easel.height_m
        size = min(0.6 * scale, 0.9 * (span[1] - span[0]) * scale / width_of(name, 1.0))
        corner = (span[0] + span[1]) / 2 * scale - width_of(name, size) / 2, (height - 3.27) * scale - size / 2
        board = np.ascontiguousarray(np.clip(easel.pixels, 0, 255).astype(np.uint8))
        write(board, name, (*corner, size), (235, 240, 242), thick_ratio=0.14)
        rows = slice(max(0, int((height - 3.68) * scale)), max(0, int((height - 2.85) * scale)))
        columns = slice(max(0, int(span[0] * scale)), max(0, int(span[1] * scale)))
        easel.pixels[rows, columns] = board[rows, columns]


def _inside(easels: Easels, span: tuple[float, float], rng: np.random.Generator) -> None:
    """An open shop: dark by day, bright by night; shelves with wares along the back, a counter."""
    easel, shining = easels
    left, right = span
    depth = np.array((70, 74, 80), np.float32) * float(rng.uniform(0.7, 1.1))
    bright = np.array((176, 212, 226), np.float32) * float(rng.uniform(0.75, 1.0))
    easel.rect((left, 0.12), (right, OPENING_M), depth)
    shining.rect((left, 0.12), (right, OPENING_M), bright)
    easel.rect((left, 0.12), (right, 0.5), depth * 1.25)
    for z in (0.7, 1.15, 1.6, 2.05):
        easel.rect((left + 0.1, z), (right - 0.1, z + 0.05), depth * 1.5)
        shining.rect((left + 0.1, z), (right - 0.1, z + 0.05), bright * 0.6)
        x = left + 0.12
        while x < right - 0.3:
            wide, tall = float(rng.uniform(0.1, 0.26)), float(rng.uniform(0.15, 0.36))
            ware = rng.uniform(50, 220, 3)
            easel.rect((x, z + 0.05), (x + wide, z + 0.05 + tall), ware * 0.5 + depth * 0.4)
            shining.rect((x, z + 0.05), (x + wide, z + 0.05 + tall), ware)
            x += wide + float(rng.uniform(0.02, 0.1))
    counter = float(rng.uniform(left, max(left + 0.01, right - 1.4)))
    for side, tone in ((easel, 0.7), (shining, 1.0)):
        side.rect((counter, 0.12), (counter + 1.2, 1.0), np.array((70, 104, 140)) * tone)
    easel.rect((left, OPENING_M - 0.22), (right, OPENING_M), (150, 152, 154))


def _shutter(easel: Easel, span: tuple[float, float], rng: np.random.Generator) -> None:
    """A roller shutter that is down: ribbed steel, a box above, a lock below."""
    tint = np.array(((156, 158, 160), (132, 140, 150), (150, 130, 100))[int(rng.integers(3))], np.float32)
    easel.rect((span[0], 0.1), (span[1], OPENING_M), tint)
    for z in np.arange(0.16, OPENING_M - 0.25, 0.11):
        easel.rect((span[0], z), (span[1], z + 0.035), tint * 0.8)
    easel.rect((span[0], OPENING_M - 0.24), (span[1], OPENING_M), tint * 0.9)
    middle = (span[0] + span[1]) / 2
    easel.rect((middle - 0.06, 0.16), (middle + 0.06, 0.26), (60, 62, 64))


def paint_homes(easels: Easels, width_m: float, rng: np.random.Generator) -> None:
    """Paint a lane's ground floor: steel doors with a step and a small roof, barred windows, meters, pipes."""
    easel = easels[0]
    easel.rect((0, 0), (width_m, 0.5), easel.pixels[-1, 0] * 0.72)
    x = 0.5
    while x < width_m - 1.6:
        if rng.random() < 0.45:
            _door(easel, x, rng)
            x += 1.15
        else:
            _barred_window(easels, x, rng)
            x += 1.7
        x += float(rng.uniform(0.5, 1.3))
    for _ in range(max(1, round(width_m / 5))):
        at = float(rng.uniform(0.2, max(0.3, width_m - 0.8)))
        easel.rect((at, 1.5), (at + 0.4, 2.0), (150, 156, 158))
        easel.rect((at + 0.05, 1.6), (at + 0.35, 1.9), (112, 118, 122))
    pipe = float(rng.uniform(0.1, max(0.2, width_m - 0.2)))
    easel.rect((pipe, 0.0), (pipe + 0.09, easel.height_m), (178, 182, 184))


def _door(easel: Easel, x: float, rng: np.random.Generator) -> None:
    paint = np.array(DOOR_COLOURS[int(rng.integers(len(DOOR_COLOURS)))], np.float32)
    easel.rect((x - 0.08, 0.0), (x + 1.08, 2.2), (150, 154, 158))
    easel.rect((x, 0.12), (x + 1.0, 2.12), paint)
    for low in (0.3, 1.25):
        easel.rect((x + 0.14, low), (x + 0.86, low + 0.7), paint * 0.82)
    easel.rect((x + 0.84, 1.0), (x + 0.9, 1.14), (60, 170, 200))
    easel.rect((x - 0.25, 2.4), (x + 1.25, 2.52), (132, 136, 140))
    easel.rect((x - 0.1, 0.0), (x + 1.1, 0.12), (158, 162, 166))


def _barred_window(easels: Easels, x: float, rng: np.random.Generator) -> None:
    easel, shining = easels
    glass = np.array((100, 88, 76), np.float32) * float(rng.uniform(0.7, 1.2))
    easel.rect((x - 0.08, 0.92), (x + 1.58, 2.28), (190, 194, 196))
    easel.rect((x, 1.0), (x + 1.5, 2.2), glass)
    if rng.random() < 0.5:
        shining.rect((x, 1.0), (x + 1.5, 2.2), np.array((110, 180, 220), np.float32) * float(rng.uniform(0.5, 0.9)))
    for bar in np.arange(x + 0.06, x + 1.5, 0.14):
        easel.rect((bar, 0.96), (bar + 0.03, 2.24), (170, 174, 176))
    for z in (1.2, 1.6, 2.0):
        easel.rect((x, z), (x + 1.5, z + 0.03), (170, 174, 176))


def paint_concrete(easel: Easel, width_m: float, rng: np.random.Generator) -> None:
    """Paint a wall of cast concrete: slabs with joints and holes of the casting, a painted foot, damp."""
    tone = float(rng.uniform(136, 168))
    easel.pixels[:] = easel.pixels * 0.2 + np.array((tone, tone + 2, tone + 3), np.float32) * 0.8
    height, width = easel.pixels.shape[:2]
    damp = rng.normal(0, 6, (6, max(4, width // 60))).astype(np.float32)
    easel.add(cv2.resize(damp, (width, height), interpolation=cv2.INTER_CUBIC)[..., None])
    foot = np.array(((70, 120, 60), (140, 100, 60), (90, 96, 100))[int(rng.integers(3))], np.float32)
    easel.rect((0, 0), (width_m, 0.9), easel.pixels[-1, 0] * 0.35 + foot * 0.65)
    easel.rect((0, 0.9), (width_m, 0.97), (210, 212, 214))
    for x in np.arange(0.0, width_m, 3.6):
        easel.rect((x, 0), (x + 0.035, easel.height_m), (tone * 0.62,) * 3)
        for hole in (0.9, 2.7):
            for z in (1.5, 2.8):
                easel.rect((x + hole, z), (x + hole + 0.06, z + 0.06), (tone * 0.6,) * 3)
    easel.rect((0, 2.1), (width_m, 2.13), (tone * 0.72,) * 3)
