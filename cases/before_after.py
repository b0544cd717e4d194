"""Lays two pictures of one place side by side, before and after, as a marked copy; the originals stay as they are.

Both show the same region of the view. Below each stand its time and the beginning of its original's SHA-256, which ties
the copy to the untouched file; below both what the case is.
"""

from dataclasses import dataclass
from datetime import datetime, tzinfo

import cv2
import numpy as np

from cases.packs import sha256_hex
from cases.stills import HASH_PREFIX_LENGTH, close_up_box, encode_jpeg, words_strip
from vision.arrays import Picture

MIN_HALF_PX = 480
"""Width of each half at least, so that the words below it can be read."""

GAP_PX = 8
_GAP_BGR = (32, 32, 32)
_BOX_BGR = (60, 60, 255)

Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Half:
    """One of the two pictures.

    Attributes:
        original: the JPEG, untouched.
        captured_at: when it was taken, aware.
        box: of the case, (x1, y1, x2, y2) in its own pixels.
    """

    original: bytes
    captured_at: datetime
    box: Box


def before_after_jpeg(before: Half, after: Half, words: str, local: tzinfo) -> bytes:
    """Return both pictures' regions around the box as one JPEG.

    Args:
        before: as it was.
        after: as it is.
        words: place, offence and case, in one line.
        local: the zone of the times below.

    Raises:
        ValueError: one of them is no picture.
    """
    halves = [_half(each, local) for each in (before, after)]
    height = max(half.shape[0] for half in halves)
    padded = [cv2.copyMakeBorder(h, 0, height - h.shape[0], 0, 0, cv2.BORDER_CONSTANT, value=_GAP_BGR) for h in halves]
    gap: Picture = np.full((height, GAP_PX, 3), _GAP_BGR, np.uint8)
    both = np.hstack([padded[0], gap, padded[1]])
    return encode_jpeg(np.vstack([both, words_strip(both.shape[1], [words])]))


def decoded(jpeg: bytes) -> Picture:
    """Return a JPEG as (H, W, 3) uint8 BGR.

    Raises:
        ValueError: it is no picture.
    """
    bgr = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)
    if bgr is None:
        raise ValueError(f"this is no picture ({len(jpeg)} bytes)")
    return np.asarray(bgr, np.uint8)


def _half(half: Half, local: tzinfo) -> Picture:
    bgr = decoded(half.original)
    region = close_up_box(half.box, (bgr.shape[1], bgr.shape[0]))
    x1, y1, x2, y2 = (round(side) for side in region)
    crop = bgr[y1:y2, x1:x2].copy()
    corners = [round(value) for value in half.box]
    cv2.rectangle(crop, (corners[0] - x1, corners[1] - y1), (corners[2] - x1, corners[3] - y1), _BOX_BGR, 2)
    if crop.shape[1] < MIN_HALF_PX:
        scale = MIN_HALF_PX / crop.shape[1]
        crop = cv2.resize(crop, (MIN_HALF_PX, round(crop.shape[0] * scale)), interpolation=cv2.INTER_LINEAR)
    at = half.captured_at.astimezone(local)
    digest = sha256_hex(half.original)[:HASH_PREFIX_LENGTH]
    return np.vstack([crop, words_strip(crop.shape[1], [f"{at:%Y-%m-%d %H:%M:%S %z}", f"SHA-256 {digest}"])])
