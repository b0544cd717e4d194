"""Draws a picture's number into the picture as a row of black and white blocks, and reads it again after any encoder.

So truth and what a side made of it are compared on the camera's own clock: whoever holds a picture knows which moment
of the street it shows, however late it came. The strip lies at the bottom right, where no zone is.

Layout, from the left: a white and a black block as a mark, `BITS` bits of the number, highest first, then
`CHECK_BITS` of its checksum; each block is a 120th of the picture's width, square.
"""

from collections.abc import Sequence

import numpy as np

from vision.arrays import Mask, Picture, SizeWH

BITS = 16
CHECK_BITS = 4
BLOCKS = 2 + BITS + CHECK_BITS
MARGIN_BLOCKS = 1
WIDTH_BLOCKS = 120
BLACK, WHITE = 24, 232
"""Grey levels of the blocks; full black and white ring more at low bit rates."""

EDGE_RATIO = 0.3
"""So much of each side of a block is not read: the encoder smears it."""

LEAST_CONTRAST = 80
"""Grey levels between mark's white and black; less is no strip."""


def draw(bgr: Picture, number: int) -> None:
    """Draw a number into a picture, in place.

    Args:
        bgr: (H, W, 3) or (H, W) uint8, writable, at least 120 px wide.
        number: 0 to 65535.

    Raises:
        ValueError: the number does not go into the strip.
    """
    if not 0 <= number < 1 << BITS:
        raise ValueError(f"the time strip holds 0 to {(1 << BITS) - 1}, not {number}")
    height, width = bgr.shape[:2]
    for block, is_white in enumerate(_blocks(number)):
        rows, columns = _area(block, (width, height), 0.0)
        bgr[rows, columns] = WHITE if is_white else BLACK


def read(picture: Picture) -> int | None:
    """Return the number in a picture, or None where no strip can be read.

    Args:
        picture: (H, W) luma or (H, W, 3) BGR, uint8.
    """
    if picture.shape[1] < WIDTH_BLOCKS:
        return None
    height, width = picture.shape[:2]
    green_or_luma = picture[..., 1] if picture.ndim == 3 else picture
    inner = (_area(block, (width, height), EDGE_RATIO) for block in range(BLOCKS))
    return number_of([float(green_or_luma[rows, columns].mean()) for rows, columns in inner])


def number_of(grey: Sequence[float]) -> int | None:
    """Return the number that a strip's blocks say, or None where they are no strip.

    Args:
        grey: mean grey level of each of the `BLOCKS` blocks, from the left.
    """
    levels = np.array(grey)
    if levels[0] - levels[1] < LEAST_CONTRAST:
        return None
    bits = levels > (levels[0] + levels[1]) / 2
    number = int(bits[2 : 2 + BITS] @ (1 << np.arange(BITS)[::-1]))
    return number if np.array_equal(bits, _blocks(number)) else None


def _area(block: int, size_wh: SizeWH, edge_ratio: float) -> tuple[slice, slice]:
    """Rows and columns of a block, without so much of each side."""
    side = size_wh[0] / WIDTH_BLOCKS
    left = size_wh[0] - (MARGIN_BLOCKS + BLOCKS - block) * side
    top = size_wh[1] - (MARGIN_BLOCKS + 1) * side
    edge = edge_ratio * side
    return (
        slice(round(top + edge), round(top + side - edge)),
        slice(round(left + edge), round(left + side - edge)),
    )


def _blocks(number: int) -> Mask:
    check = (number ^ number >> 4 ^ number >> 8 ^ number >> 12 ^ CHECK_MASK) & ((1 << CHECK_BITS) - 1)
    bits = [True, False]
    bits += [bool(number >> bit & 1) for bit in range(BITS - 1, -1, -1)]
    bits += [bool(check >> bit & 1) for bit in range(CHECK_BITS - 1, -1, -1)]
    return np.array(bits, np.bool_)


CHECK_MASK = 0b0101
"""So that an all-black strip after the mark is no valid number."""
