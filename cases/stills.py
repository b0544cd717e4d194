"""Makes the pictures of an evidence pack: the untouched original, a close-up, and a copy with everything marked.

Marks and words are only ever put on a copy, and the words stand below the picture, not on it. The lettering comes with
OpenCV (its `uni` face holds Chinese), so that no font needs to be installed.

Belongs here: encoding and drawing. Does not: which moment to take (pipeline), writing files (evidence).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo

import cv2
import numpy as np

from cases.case_numbers import BEIJING
from cases.packs import sha256_hex
from vision.arrays import Picture
from vision.frames import Frame

JPEG_QUALITY = 92
"""Quality of evidence: text of number plates and flyers survives it; 95 needs half as much room again."""

CLOSE_UP_MARGIN_RATIO = 0.25
"""How much of the box's longer side is shown around it in a close-up."""

MIN_CLOSE_UP_PX = 256
"""Smallest side of a close-up: a small box is shown with more of what is around it, never blown up."""

HASH_PREFIX_LENGTH = 16

_ZONE_BGR = (0, 215, 255)
_BOX_BGR = (60, 60, 255)
_STRIP_BGR = (32, 32, 32)
_WORDS_BGR = (240, 240, 240)


@dataclass(frozen=True, slots=True)
class Marks:
    """What is drawn on and written below a copy.

    Attributes:
        polygon: the zone as fractions of width and height; empty for none.
        box: (x1, y1, x2, y2) in pixels of the frame.
        captured_at: wall time of the picture, aware.
        clock_error_s: bound of its error against UTC, seconds; None where nobody knows it.
        place: camera and zone as the operator calls them.
        event: code and name of the offence.
        case_label: the case's number, or its id while it has none.
    """

    polygon: tuple[tuple[float, float], ...]
    box: tuple[float, float, float, float]
    captured_at: datetime
    clock_error_s: float | None
    place: str
    event: str
    case_label: str


def encode_jpeg(bgr: Picture, *, quality: int = JPEG_QUALITY) -> bytes:
    """Return an (H, W, 3) BGR picture as JPEG without any metadata.

    Raises:
        ValueError: the picture has no pixels.
    """
    if bgr.ndim != 3 or bgr.size == 0:
        raise ValueError(f"no picture to encode: {bgr.shape=}")
    done, encoded = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, quality])
    if not done:
        raise ValueError(f"OpenCV cannot encode a picture of shape {bgr.shape}")
    return encoded.tobytes()


def original_jpeg(frame: Frame) -> bytes:
    """Return the whole picture at full size, nothing drawn on it."""
    return encode_jpeg(frame.bgr())


def close_up_jpeg(frame: Frame, box: tuple[float, float, float, float]) -> bytes:
    """Return the object with a margin, in the frame's own pixels.

    Raises:
        ValueError: the box lies outside the frame.
    """
    return encode_jpeg(frame.crop_bgr(close_up_box(box, frame.size_wh)))


def close_up_box(box: tuple[float, float, float, float], size_wh: tuple[int, int]) -> tuple[float, float, float, float]:
    """Return the region of a close-up: the box with its margin, at least `MIN_CLOSE_UP_PX` wide and high.

    It is moved, not cut, where it would leave the frame, and is never larger than the frame.
    """
    margin = 2 * CLOSE_UP_MARGIN_RATIO * max(box[2] - box[0], box[3] - box[1])
    x1, x2 = _span(box[0], box[2], margin, size_wh[0])
    y1, y2 = _span(box[1], box[3], margin, size_wh[1])
    return x1, y1, x2, y2


def marked_jpeg(original: bytes, marks: Marks, *, local: tzinfo = BEIJING) -> bytes:
    """Return a copy of a JPEG with zone and box drawn and a strip of words below it.

    The strip says time with milliseconds, zone offset and clock error, place, offence, case and the beginning of the
    original's SHA-256, which ties the copy to the untouched file.

    Raises:
        ValueError: the bytes are no picture.
    """
    bgr = cv2.imdecode(np.frombuffer(original, np.uint8), cv2.IMREAD_COLOR)
    if bgr is None:
        raise ValueError(f"the original is no picture ({len(original)} bytes)")
    _draw(bgr, marks)
    return encode_jpeg(np.vstack([bgr, words_strip(bgr.shape[1], caption(original, marks, local))]))


def caption(original: bytes, marks: Marks, local: tzinfo) -> tuple[str, str]:
    """Return the two lines below a marked copy; they hold no words of our own, so they need no translation."""
    at = marks.captured_at.astimezone(local)
    offset = f"{at:%z}"
    error = "?" if marks.clock_error_s is None else f"{marks.clock_error_s:.2f}"
    time = f"{at:%Y-%m-%d %H:%M:%S}.{at.microsecond // 1000:03d} {offset[:3]}:{offset[3:5]} ±{error} s"
    digest = sha256_hex(original)[:HASH_PREFIX_LENGTH]
    return f"{time}   {marks.place}", f"{marks.event}   {marks.case_label}   SHA-256 {digest}"


def _span(low: float, high: float, margin: float, limit: int) -> tuple[float, float]:
    length = min(float(limit), max(high - low + margin, MIN_CLOSE_UP_PX))
    start = min(max(0.0, (low + high - length) / 2), limit - length)
    return start, start + length


def _draw(bgr: Picture, marks: Marks) -> None:
    height, width = bgr.shape[:2]
    line_px = max(2, round(width / 640))
    if marks.polygon:
        corners = np.array(marks.polygon, np.float64) * (width, height)
        cv2.polylines(bgr, [corners.round().astype(np.int32).reshape(-1, 1, 2)], True, _ZONE_BGR, line_px)
    x1, y1, x2, y2 = (round(side) for side in marks.box)
    cv2.rectangle(bgr, (x1, y1), (x2, y2), _BOX_BGR, line_px)


def words_strip(width: int, lines: Sequence[str]) -> Picture:
    """Return a dark strip of a width in pixels with lines of words, made smaller where they would not fit."""
    face = cv2.FontFace("uni")
    size_px = max(10, round(width / 60))
    longest = max(_width(line, face, size_px) for line in lines)
    if longest > width - size_px:
        size_px = max(8, int(size_px * (width - size_px) / longest))
    pitch = round(size_px * 1.6)
    strip: Picture = np.full((pitch * len(lines) + size_px // 2, width, 3), _STRIP_BGR, np.uint8)
    for row, line in enumerate(lines):
        cv2.putText(strip, line, (size_px // 2, pitch * row + round(size_px * 1.3)), _WORDS_BGR, face, size_px)
    return strip


def _width(line: str, face: cv2.FontFace, size_px: int) -> int:
    x1, _y, width, _height = cv2.getTextSize((0, 0), line, (0, 0), face, size_px)
    return int(x1 + width)
