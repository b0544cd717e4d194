"""Paints what is printed, written or sprayed on surfaces: stickers, lettering, posters, and lawful notices and signs.

Each is painted from straight ahead as a sheet with a mask, which `draw_paper` lays onto its surface. To add a kind:
write its `_paint_*` and name it in `PRINTS`, or in `MARKS` where it is no print.
"""

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np

from datasets.glyphs import OFFERS, SHOP_NAMES, Pen, width_of, write
from vision.arrays import Picture

RED, BLUE, GREEN, BLACK, WHITE = (40, 36, 190), (150, 80, 30), (70, 120, 40), (40, 38, 38), (236, 238, 240)
STICKER_PAPERS = ((70, 225, 250), (240, 240, 238), (120, 110, 235), (220, 180, 120), (140, 235, 190))
SPRAYS = ((36, 34, 36), (30, 28, 170), (150, 60, 20), (36, 34, 36))


@dataclass(frozen=True, slots=True)
class Print:
    """A kind of print: its usual width and height in metres, and what paints it at (width, height) pixels."""

    width_m: float
    height_m: float
    paint: Callable[[np.random.Generator, tuple[int, int]], tuple[Picture, Picture]]


def paint_print(kind: str, look: int, size_wh: tuple[int, int]) -> tuple[Picture, Picture]:
    """Return a print as (H, W, 3) BGR and its (H, W) mask: 255 where it covers what is below, 0 where nothing is."""
    return (PRINTS | MARKS)[kind].paint(np.random.default_rng(look + 4099), size_wh)


def _number(rng: np.random.Generator) -> str:
    return "1" + "".join(str(digit) for digit in rng.integers(3, 10, 1)) + "".join(map(str, rng.integers(0, 10, 9)))


def _pick(rng: np.random.Generator, choices: tuple[tuple[int, int, int], ...]) -> tuple[int, int, int]:
    return choices[int(rng.integers(len(choices)))]


def _centred(sheet: Picture, text: str, rows: tuple[float, float], ink: tuple[int, int, int]) -> None:
    """Write a line between two heights, as shares of the sheet, no wider than the sheet."""
    height, width = sheet.shape[:2]
    size = min((rows[1] - rows[0]) * height, 0.9 * width / max(width_of(text, 1.0), 0.1))
    y = (rows[0] + rows[1]) / 2 * height - size / 2
    write(sheet, text, ((width - width_of(text, size)) / 2, y, size), Pen(ink, 0.13))


def _sheet(size_wh: tuple[int, int], paper: tuple[int, int, int]) -> tuple[Picture, Picture]:
    width, height = size_wh
    sheet = np.empty((height, width, 3), np.uint8)
    sheet[:] = paper
    return sheet, np.full((height, width), 255, np.uint8)


def _paint_sticker(rng: np.random.Generator, size_wh: tuple[int, int]) -> tuple[Picture, Picture]:
    """A sticker: what is offered, and a telephone number."""
    sheet, mask = _sheet(size_wh, _pick(rng, STICKER_PAPERS))
    ink = _pick(rng, (RED, BLUE, BLACK))
    _centred(sheet, OFFERS[int(rng.integers(len(OFFERS)))], (0.1, 0.6), ink)
    _centred(sheet, _number(rng), (0.66, 0.92), _pick(rng, (RED, BLACK)))
    cv2.rectangle(sheet, (2, 2), (size_wh[0] - 3, size_wh[1] - 3), ink, 3)
    return sheet, mask


def _paint_lettering(rng: np.random.Generator, size_wh: tuple[int, int]) -> tuple[Picture, Picture]:
    """Sprayed by hand, without paper: an offer and a telephone number; drips and overspray."""
    width, height = size_wh
    sheet, _ = _sheet(size_wh, _pick(rng, SPRAYS))
    ink = np.zeros((height, width), np.uint8)
    offer, number = OFFERS[int(rng.integers(len(OFFERS)))], _number(rng)
    size = min(height * 0.44, width * 0.92 / width_of(number, 1.0) * 1.0)
    write(ink, offer, (width * 0.05, height * 0.04, height * 0.44), Pen((255.0,), 0.12, rng))
    end = write(ink, number, (width * 0.03, height * 0.56, size), Pen((255.0,), 0.14, rng))
    for _ in range(3):
        x = int(rng.uniform(0.05 * width, min(end, width - 4)))
        cv2.line(ink, (x, int(height * 0.5)), (x, int(height * rng.uniform(0.6, 0.95))), 120, 2)
    return sheet, cv2.GaussianBlur(ink, (0, 0), max(1.0, width / 220))


def _paint_poster(rng: np.random.Generator, size_wh: tuple[int, int]) -> tuple[Picture, Picture]:
    """A coloured poster: a picture, a headline, lines of text."""
    sheet, mask = _sheet(size_wh, _pick(rng, ((60, 60, 205), (60, 190, 235), (200, 140, 60), (235, 236, 236))))
    width, height = size_wh
    top = np.array(rng.uniform(60, 220, 3))
    foot = np.array(rng.uniform(40, 200, 3))
    rows = slice(int(height * 0.24), int(height * 0.66))
    share = np.linspace(0, 1, rows.stop - rows.start)[:, None, None]
    sheet[rows, int(width * 0.08) : int(width * 0.92)] = (top + (foot - top) * share).astype(np.uint8)
    for _ in range(3):
        centre = int(rng.uniform(0.2, 0.8) * width), int(rng.uniform(0.32, 0.58) * height)
        cv2.circle(sheet, centre, int(width * rng.uniform(0.06, 0.16)), [int(v) for v in rng.uniform(40, 240, 3)], -1)
    ink = WHITE if sheet[0, 0].mean() < 170 else RED
    _centred(sheet, SHOP_NAMES[int(rng.integers(len(SHOP_NAMES)))] + "出租"[: int(rng.integers(3))], (0.05, 0.21), ink)
    for row in np.arange(0.7, 0.84, 0.045):
        end = int(width * rng.uniform(0.6, 0.9))
        cv2.line(sheet, (int(width * 0.1), int(row * height)), (end, int(row * height)), ink, max(2, height // 90))
    _centred(sheet, _number(rng), (0.86, 0.97), ink)
    return sheet, mask


def _paint_notice(rng: np.random.Generator, size_wh: tuple[int, int]) -> tuple[Picture, Picture]:
    """An office's notice: a red headline, even lines of small print, a red seal."""
    sheet, mask = _sheet(size_wh, (240, 244, 245))
    width, height = size_wh
    _centred(sheet, "公告", (0.06, 0.2), RED)
    cv2.line(sheet, (int(width * 0.1), int(height * 0.23)), (int(width * 0.9), int(height * 0.23)), RED, 3)
    for i, row in enumerate(np.arange(0.29, 0.78, 0.06)):
        start = 0.18 if i in (0, 4) else 0.1
        for x in np.arange(start, float(rng.uniform(0.5, 0.9)) if i in (3, 8) else 0.9, 0.05):
            corner = int(x * width), int(row * height)
            cv2.rectangle(sheet, corner, (corner[0] + width // 32, corner[1] + height // 48), (70, 70, 70), -1)
    cv2.circle(sheet, (int(width * 0.72), int(height * 0.86)), int(width * 0.12), RED, max(2, width // 60), cv2.LINE_AA)
    cv2.rectangle(sheet, (1, 1), (width - 2, height - 2), (120, 124, 128), 3)
    return sheet, mask


def _paint_enamel(rng: np.random.Generator, size_wh: tuple[int, int]) -> tuple[Picture, Picture]:
    """An enamel plate: a house number, or that parking is forbidden."""
    colour = _pick(rng, (BLUE, BLUE, GREEN, RED))
    sheet, mask = _sheet(size_wh, colour)
    if rng.random() < 0.5:
        _centred(sheet, "中山" + str(int(rng.integers(2, 99))), (0.2, 0.8), WHITE)
    else:
        _centred(sheet, "禁止停车", (0.2, 0.8), WHITE)
    edge = max(2, size_wh[1] // 24)
    cv2.rectangle(sheet, (edge, edge), (size_wh[0] - 1 - edge, size_wh[1] - 1 - edge), WHITE, max(2, edge // 2))
    return sheet, mask


def _paint_cover(rng: np.random.Generator, size_wh: tuple[int, int]) -> tuple[Picture, Picture]:
    """What an office's roller leaves where it painted over print: an even colour with frayed edges, no ink."""
    width, height = size_wh
    grey = float(rng.uniform(120, 210))
    sheet, _ = _sheet(size_wh, (round(grey * 0.97), round(grey), round(grey * 1.02)))
    mask = np.zeros((height, width), np.uint8)
    strips = max(2, round(height / max(width / 5, 1)))
    for strip in range(strips):
        top, foot = round(strip * height / strips), round((strip + 1) * height / strips)
        left, right = (int(rng.uniform(0, 0.07) * width) for _ in range(2))
        mask[top:foot, left : width - right] = int(rng.uniform(215, 245))
    return sheet, cv2.GaussianBlur(mask, (0, 0), max(1.0, width / 80))


def _paint_stain(rng: np.random.Generator, size_wh: tuple[int, int]) -> tuple[Picture, Picture]:
    """Dirt or damp that ran down a wall: a ragged dark patch through which the wall shows."""
    width, height = size_wh
    dark = float(rng.uniform(45, 95))
    sheet, _ = _sheet(size_wh, (round(dark * 0.85), round(dark * 0.95), round(dark)))
    mask = np.zeros((height, width), np.uint8)
    for _ in range(9):
        x, run = float(rng.uniform(0.2, 0.8)) * width, float(rng.uniform(0.3, 0.95)) * height
        wide = max(2, round(float(rng.uniform(0.04, 0.14)) * width))
        cv2.line(mask, (round(x), 0), (round(x + rng.uniform(-0.08, 0.08) * width), round(run)), 150, wide)
    middle = round(width * 0.5), round(height * 0.22)
    cv2.ellipse(mask, middle, (round(width * 0.42), round(height * 0.22)), 0, 0, 360, 165, -1)
    return sheet, cv2.GaussianBlur(mask, (0, 0), max(1.5, width / 30))


PRINTS: dict[str, Print] = {
    "sticker": Print(0.16, 0.11, _paint_sticker),
    "lettering": Print(1.5, 0.62, _paint_lettering),
    "poster": Print(0.6, 0.84, _paint_poster),
    "notice": Print(0.42, 0.59, _paint_notice),
    "enamel": Print(0.6, 0.26, _paint_enamel),
}
"""Every kind of print but the flyer, whose sheet `draw_paper` paints."""

PRINT_KINDS = ("flyer", *PRINTS)
"""Every kind of print."""

MARKS: dict[str, Print] = {
    "cover": Print(0.6, 0.7, _paint_cover),
    "stain": Print(0.7, 0.9, _paint_stain),
}
"""What appears on walls and is no print: paint over print that was there, dirt. Streets of chance have none of it."""

PAPER_KINDS = (*PRINT_KINDS, *MARKS)
"""What `Paper.kind` can be."""


def usual_size(kind: str) -> tuple[float, float]:
    """Return width and height in metres that a kind of print has usually."""
    known = (PRINTS | MARKS).get(kind)
    return (known.width_m, known.height_m) if known is not None else (0.21, 0.297)
