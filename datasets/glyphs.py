"""Writes Chinese characters and digits stroke by stroke, so that print and spray need no font on the machine.

A character is a few strokes on a grid of ten by ten; only such are here as drawn streets need: what stickers offer,
what offices forbid, what shops are called.
"""

import cv2
import numpy as np

from vision.arrays import Picture

STROKES: dict[str, str] = {
    "0": "40222749676240",
    "1": "324049",
    "2": "224062552969",
    "3": "21406244674928",
    "4": "59502676",
    "5": "60202454674928",
    "6": "60332749674526",
    "7": "206039",
    "8": "442240624427496744",
    "9": "63442240626649",
    "办": "23736857 414519 1406 8496",
    "证": "1122 04242837 4292 6268 6595 4448 3898",
    "开": "1282 0595 323519 6269",
    "锁": "2103 1333 0535 232847 4153 6063 8173 47448487 656749 6789",
    "出": "5059 21248481 16199996",
    "租": "4011 0343 2129 2407 2446 6168 618188 6383 6585 5898",
    "招": "0232 202918 0634 51818473 6145 5659898656",
    "工": "1282 5258 0898",
    "水": "505948 134318 8254 5498",
    "电": "2272762622 2474 50589897",
    "公": "4114 6194 542888 7699",
    "告": "3023 2282 5054 0494 2629797626",
    "禁": "0242 2025 2305 2345 5292 7075 7355 7395 2676 1797 5759 3819 7898",
    "止": "5158 5484 2428 0898",
    "停": "3004 2329 6061 4292 5383845453 46459596 5787 777969",
    "车": "1181 402484 0696 5259",
    "大": "0494 505419 5499",
    "小": "505948 2307 7397",
    "中": "1272761612 5059",
    "山": "5058 14189894",
    "米": "2133 7163 0494 5059 4509 6599",
    "王": "1181 1575 0898 5158",
    "百": "0191 5143 2383892923 2686",
    "店": "5051 1292 121609 5356 5484 3639898636",
    "口": "1218888212",
    "日": "2129797121 2575",
    "丰": "1181 1474 0797 5059",
    "人": "505409 5499",
}
"""Each character's strokes: corners as pairs of digits x, y from 0 to 9, origin top left."""

OFFERS = ("办证", "开锁", "出租", "招工", "水电")
"""What stickers and sprayed lettering offer."""

SHOP_NAMES = ("大丰", "山水", "百米", "中王", "小米", "日丰", "水口", "大山", "王百", "人人")
"""What shops are called; most add 店."""


def write(
    canvas: Picture,
    text: str,
    place: tuple[float, float, float],
    ink: tuple[float, ...],
    *,
    thick_ratio: float = 0.11,
    shaky: np.random.Generator | None = None,
) -> float:
    """Write a line of text, in place; characters without strokes are left blank.

    Args:
        canvas: (H, W) or (H, W, 3) uint8.
        text: digits and characters of `STROKES`.
        place: x and y of the upper left corner, and height of a character, pixels.
        ink: colour, one number for each of the canvas's channels.
        thick_ratio: thickness of strokes as a share of the height.
        shaky: writes by hand: strokes, size and line waver.

    Returns:
        The x at which the line ends.
    """
    x, y, size = place
    thick = max(1, round(size * thick_ratio))
    for sign in text:
        wide = size * (DIGIT_WIDTH if sign.isdigit() else 1.0)
        drop, grow = (0.0, 1.0) if shaky is None else (float(shaky.normal(0, 0.06)) * size, shaky.uniform(0.88, 1.12))
        for stroke in STROKES.get(sign, "").split():
            corners = np.array([[int(a), int(b)] for a, b in zip(stroke[::2], stroke[1::2], strict=True)], float) / 9.0
            if shaky is not None:
                corners += shaky.normal(0, 0.025, corners.shape)
            if sign.isdigit():
                corners[:, 0] = (corners[:, 0] - 0.22) * DIGIT_WIDTH / 0.62
            pixels = corners * size * 0.9 * grow + (x, y + drop)
            cv2.polylines(canvas, [np.rint(pixels * 16).astype(np.int32)], False, ink, thick, cv2.LINE_AA, 4)
        x += wide * 1.08
    return x


DIGIT_WIDTH = 0.58
"""Width of a digit as a share of its height."""


def width_of(text: str, size: float) -> float:
    """Return how wide `write` makes a text, in pixels."""
    return sum(size * (DIGIT_WIDTH if sign.isdigit() else 1.0) * 1.08 for sign in text)
