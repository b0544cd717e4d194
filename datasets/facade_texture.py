"""Paints house fronts from straight ahead: shops with signs, doors and shutters; upper floors; a plain wall."""

from dataclasses import dataclass
from itertools import pairwise

import cv2
import numpy as np

from datasets.easel import Easel
from datasets.facade_styles import paint_concrete, paint_homes, paint_shops
from datasets.light import LAMP_COLOUR, Light
from datasets.shapes import Colour
from datasets.street import Shop
from vision.arrays import Picture

FRONT_PX_PER_M = 36
"""Resolution of fronts; cameras see the nearest ones at 40 to 110 px/m, and fronts hold no fine print."""

PLASTERS: tuple[Colour, ...] = (
    (168, 190, 206), (150, 164, 176), (186, 200, 206), (136, 156, 186), (120, 132, 160), (176, 178, 178),
    (160, 184, 180), (110, 124, 150),
)  # fmt: skip
SIGNS: tuple[Colour, ...] = (
    (50, 44, 180),
    (150, 84, 34),
    (70, 130, 50),
    (40, 150, 220),
    (48, 44, 44),
    (210, 210, 208),
    (130, 60, 110),
)
STOREY_M = 3.1
SHOP_M = 3.9


@dataclass(frozen=True, slots=True)
class Front:
    """One house front.

    Attributes:
        width_m: of the house.
        height_m: up to its roof.
        look: seed of its decoration.
        plain: whether its ground floor is a plain wall.
        style: `mixed`, `homes` or `concrete`, as in `Street.fronts`.
        shops: which shops it has, in metres from its left edge; without any they are of chance.
    """

    width_m: float
    height_m: float
    look: int
    plain: bool = False
    style: str = "mixed"
    shops: tuple[Shop, ...] = ()


def paint_front(front: Front, light: Light, px_per_m: float = FRONT_PX_PER_M) -> Picture:
    """Return a front as (H, W, 3) BGR, lit; row 0 is the roof."""
    rng = np.random.default_rng(front.look)
    width, height = max(8, round(front.width_m * px_per_m)), max(8, round(front.height_m * px_per_m))
    easel = Easel(np.empty((height, width, 3), np.float32), px_per_m, front.height_m)
    plaster = np.array(PLASTERS[int(rng.integers(len(PLASTERS)))], np.float32)
    easel.pixels[:] = plaster
    if rng.random() < 0.35 and not front.plain and front.style != "concrete":
        _bricks(easel, rng)
    _stains(easel, rng)
    glow = np.zeros_like(easel.pixels)
    shining = Easel(glow, px_per_m, front.height_m)
    if front.plain:
        _plain_wall(easel, front, rng)
    elif front.style == "concrete":
        paint_concrete(easel, front.width_m, rng)
    else:
        _upper_floors((easel, shining), front, rng)
        _ground_floor((easel, shining), front, rng)
    lit = easel.pixels * _front_light(light, easel)
    if light.lamps_on:
        lit = np.maximum(lit, glow * (1.0 if light.name == "night" else 0.85))
    return np.clip(lit, 0, 255).astype(np.uint8)


def _front_light(light: Light, easel: Easel) -> np.ndarray:
    """(H, 1, 3) factors: sun from the side, lamps that fade upwards."""
    flat = light.shade(np.array([[0.0, -1.0, 0.0]]), np.array([[100.0] * 3]), 0.0)[0] / 100
    heights = easel.height_m - np.arange(easel.pixels.shape[0]) / easel.px_per_m
    rows = np.repeat(flat[None], len(heights), axis=0)
    if light.lamps_on:
        rows = rows + np.exp(-((heights / 5.0) ** 2))[:, None] * 0.42 * LAMP_COLOUR
    foot = 0.82 + 0.18 * np.clip(heights / 1.2, 0, 1)
    return (rows * foot[:, None])[:, None, :].astype(np.float32)


def _bricks(easel: Easel, rng: np.random.Generator) -> None:
    base = np.array(((86, 100, 150), (96, 110, 140), (120, 128, 140))[int(rng.integers(3))], np.float32)
    height, width = easel.pixels.shape[:2]
    tall, wide = max(2, round(0.09 * easel.px_per_m)), max(4, round(0.26 * easel.px_per_m))
    small = base + rng.normal(0, 9, (height // tall + 1, width // wide + 1, 1)).astype(np.float32)
    big = cv2.resize(small, None, fx=wide, fy=tall, interpolation=cv2.INTER_NEAREST)
    easel.pixels[:] = big[:height, :width]
    easel.pixels[::tall] += 16


def _stains(easel: Easel, rng: np.random.Generator) -> None:
    height, width = easel.pixels.shape[:2]
    coarse = rng.normal(0, 5, (height // 40 + 2, width // 30 + 2)).astype(np.float32)
    easel.add(cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)[..., None])
    streaks = cv2.GaussianBlur(rng.normal(0, 9, (1, width)).astype(np.float32), (0, 0), 3)
    easel.add(streaks[..., None] * np.linspace(1, 0.2, height, dtype=np.float32)[:, None, None])
    easel.add(rng.standard_normal((height, width, 1), np.float32) * 2.5)


def _upper_floors(easels: tuple[Easel, Easel], front: Front, rng: np.random.Generator) -> None:
    easel, shining = easels
    columns = max(2, round(front.width_m / float(rng.uniform(2.4, 3.6))))
    step = front.width_m / columns
    wide = step * float(rng.uniform(0.42, 0.62))
    frame = np.array(((200, 204, 204), (90, 92, 94), (120, 140, 160))[int(rng.integers(3))], np.float32)
    floors = np.arange(SHOP_M, front.height_m - 2.2, STOREY_M)
    for z in floors:
        easel.rect((0, z - 0.12), (front.width_m, z), easel.pixels[0, 0] * 0.86)
        for i in range(columns):
            left = (i + 0.5) * step - wide / 2
            low, high = (left, z + 0.9), (left + wide, z + 2.4)
            easel.rect((low[0] - 0.08, low[1] - 0.1), (high[0] + 0.08, high[1] + 0.06), frame)
            tone = float(rng.uniform(0.75, 1.25))
            glass = np.array((112, 98, 84), np.float32) * tone
            easel.rect(low, high, glass)
            easel.rect((left, z + 1.8), (left + wide, z + 2.4), glass * 1.2)
            easel.rect((left + wide / 2 - 0.03, z + 0.9), (left + wide / 2 + 0.03, z + 2.4), frame)
            if rng.random() < 0.35:
                shining.rect(low, high, np.array((120, 190, 226), np.float32) * float(rng.uniform(0.6, 1.0)))
            if rng.random() < 0.3:
                easel.rect((left + wide + 0.12, z + 0.5), (left + wide + 0.85, z + 1.05), (196, 198, 198))
                easel.rect((left + wide + 0.2, z + 0.56), (left + wide + 0.58, z + 0.98), (130, 132, 134))
    easel.rect((0, front.height_m - 0.35), (front.width_m, front.height_m), easel.pixels[0, 0] * 0.8)


def _ground_floor(easels: tuple[Easel, Easel], front: Front, rng: np.random.Generator) -> None:
    if front.shops:
        paint_shops(easels, front.shops, rng)
    elif front.style == "homes":
        paint_homes(easels, front.width_m, rng)
    else:
        _shops(easels, front, rng)


def _shops(easels: tuple[Easel, Easel], front: Front, rng: np.random.Generator) -> None:
    easel, shining = easels
    count = max(1, round(front.width_m / float(rng.uniform(3.6, 5.5))))
    step = front.width_m / count
    for i in range(count):
        left, right = i * step + 0.15, (i + 1) * step - 0.15
        sign = np.array(SIGNS[int(rng.integers(len(SIGNS)))], np.float32)
        _sign(easels, (left, right), sign, rng)
        if rng.random() < 0.2:
            easel.rect((left, 0.05), (right, 2.75), (150, 152, 154))
            for z in np.arange(0.1, 2.7, 0.12):
                easel.rect((left, z), (right, z + 0.04), (122, 124, 126))
            continue
        glass = np.array((96, 88, 80), np.float32) * float(rng.uniform(0.8, 1.3))
        inside = np.array((170, 208, 226), np.float32) * float(rng.uniform(0.7, 1.0))
        easel.rect((left, 0.0), (right, 2.75), (74, 76, 78))
        edges = np.linspace(left + 0.06, right - 0.06, int(rng.integers(3, 5)))
        for a, b in pairwise(edges):
            easel.rect((a + 0.04, 0.35), (b - 0.04, 2.65), glass)
            shining.rect((a + 0.04, 0.35), (b - 0.04, 2.65), inside)
            shining.rect((a + 0.04, 0.35), (b - 0.04, 1.7), inside * 0.78)
            for z in (0.55, 1.1, 1.65):
                shining.rect((a + 0.04, z), (b - 0.04, z + 0.05), inside * 0.5)
            for _ in range(3):
                x, z = float(rng.uniform(a + 0.1, max(a + 0.11, b - 0.5))), float(rng.uniform(0.4, 1.6))
                thing = rng.uniform(40, 200, 3)
                easel.rect((x, z), (min(b - 0.05, x + 0.4), z + 0.4), thing * 0.6 + glass * 0.4)
                shining.rect((x, z), (min(b - 0.05, x + 0.4), z + 0.4), thing)
        door = edges[int(rng.integers(len(edges) - 1))]
        easel.rect((door + 0.05, 0.02), (door + 0.95, 2.3), glass * 0.7)
        easel.rect((door + 0.8, 0.9), (door + 0.84, 1.4), (190, 192, 194))


def _sign(easels: tuple[Easel, Easel], span: tuple[float, float], colour: np.ndarray, rng: np.random.Generator) -> None:
    """A shop sign with a row of blocky characters."""
    ink = np.array((235, 238, 240) if colour.mean() < 150 else (40, 40, 150), np.float32)
    left, right = span
    for easel in easels:
        easel.rect((left, 2.85), (right, 3.65), colour)
    count = int(rng.integers(3, 6))
    pitch = min(0.72, (right - left - 0.5) / count)
    x = (left + right) / 2 - pitch * count / 2
    for _ in range(count):
        for _ in range(5):
            a, b = sorted(rng.uniform(0.05, max(0.06, pitch - 0.08), 2))
            z = 2.98 + float(rng.uniform(0, 0.5))
            stroke = ((x + a, z), (x + b, z + 0.07)) if rng.random() < 0.5 else ((x + a, 2.98), (x + a + 0.07, z + 0.1))
            for easel in easels:
                easel.rect(stroke[0], stroke[1], ink)
        x += pitch


def _plain_wall(easel: Easel, front: Front, rng: np.random.Generator) -> None:
    """A rendered wall with a coloured foot, a coping, joints and faint marks of old paper."""
    wall = np.array(((176, 192, 200), (158, 176, 192), (186, 190, 190))[int(rng.integers(3))], np.float32)
    easel.pixels[:] = easel.pixels * 0.25 + wall * 0.75
    easel.rect((0, 0), (front.width_m, 0.45), wall * 0.62)
    easel.rect((0, front.height_m - 0.18), (front.width_m, front.height_m), wall * 0.7)
    for x in np.arange(1.5, front.width_m, 3.0):
        easel.rect((x, 0.45), (x + 0.03, front.height_m - 0.18), wall * 0.82)
