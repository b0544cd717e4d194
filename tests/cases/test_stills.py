"""Pictures of a pack: the original is untouched, marks are on a copy only, words stand below the picture."""

from datetime import UTC, datetime

import cv2
import numpy as np
import pytest

from cases.case_numbers import BEIJING
from cases.packs import sha256_hex
from cases.stills import (
    MIN_CLOSE_UP_PX,
    Marks,
    caption,
    close_up_box,
    close_up_jpeg,
    encode_jpeg,
    marked_jpeg,
    original_jpeg,
)
from vision.arrays import Picture
from vision.frames import Frame, Planes

CAPTURED_AT = datetime(2026, 11, 21, 11, 46, 51, 123_999, tzinfo=UTC)
SIZE_WH = (1280, 720)
BOX = (400.0, 300.0, 600.0, 500.0)

MARKS = Marks(
    polygon=((0.1, 0.1), (0.9, 0.1), (0.9, 0.9), (0.1, 0.9)),
    box=BOX,
    captured_at=CAPTURED_AT,
    clock_error_s=0.2,
    place="东门 · 禁停区",
    event="0406 占道经营",
    case_label="SW202611210001",
)


def picture() -> Picture:
    rows, columns = np.mgrid[0 : SIZE_WH[1], 0 : SIZE_WH[0]]
    return np.dstack([columns // 5, rows // 3, (rows + columns) // 8]).astype(np.uint8)


@pytest.fixture
def frame() -> Frame:
    return Frame("gate-3", 0, 0.0, CAPTURED_AT, 0.2, Planes.from_bgr(picture()))


def decoded(jpeg: bytes) -> Picture:
    bgr = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)
    assert bgr is not None
    return bgr


def test_original_has_full_size_and_the_pixels_of_the_frame(frame: Frame) -> None:
    bgr = decoded(original_jpeg(frame))

    assert bgr.shape == (720, 1280, 3)
    assert np.abs(bgr.astype(int) - frame.bgr().astype(int)).mean() < 2


def test_original_holds_no_metadata(frame: Frame) -> None:
    assert b"Exif" not in original_jpeg(frame)


def test_equal_frames_give_equal_bytes(frame: Frame) -> None:
    assert original_jpeg(frame) == original_jpeg(frame)


def test_marking_leaves_the_bytes_of_the_original_alone(frame: Frame) -> None:
    original = original_jpeg(frame)
    before = sha256_hex(original)

    marked_jpeg(original, MARKS)

    assert sha256_hex(original) == before


def test_marked_copy_shows_the_whole_picture_with_a_strip_below(frame: Frame) -> None:
    original = original_jpeg(frame)

    marked = decoded(marked_jpeg(original, MARKS))

    assert marked.shape[1] == 1280
    assert marked.shape[0] > 720
    inside = marked[340:460, 440:560].astype(int) - decoded(original)[340:460, 440:560]
    assert np.abs(inside).mean() < 3  # nothing is painted over the object


def test_zone_and_box_are_drawn_where_they_are(frame: Frame) -> None:
    marked = decoded(marked_jpeg(original_jpeg(frame), MARKS)).astype(int)

    blue, green, red = marked[400, 400]
    assert red > 180
    assert max(blue, green) < 120
    blue, green, red = marked[360, 128]
    assert min(red, green) > 150
    assert blue < 110


def test_words_are_legible_in_the_strip(frame: Frame) -> None:
    strip = decoded(marked_jpeg(original_jpeg(frame), MARKS))[720:]

    assert (strip.min(axis=2) > 180).mean() > 0.02


def test_chinese_words_are_drawn_without_any_font_installed(frame: Frame) -> None:
    from dataclasses import replace

    original = original_jpeg(frame)
    strips = {
        place: decoded(marked_jpeg(original, replace(MARKS, place=place)))[720:].tobytes()
        for place in ("东门", "西站", "??")
    }

    assert len(set(strips.values())) == 3  # a missing glyph would be drawn as the same question mark


def test_long_place_names_shrink_to_fit_a_small_picture() -> None:
    from dataclasses import replace

    small = np.full((180, 320, 3), 90, np.uint8)

    marked = decoded(marked_jpeg(encode_jpeg(small), replace(MARKS, box=(1, 1, 9, 9), place="很长的地名" * 4)))

    assert marked.shape[1] == 320
    assert (marked[180:, -3:].min(axis=2) < 100).all()  # nothing runs out at the right


def test_caption_ties_the_copy_to_time_place_case_and_original() -> None:
    first, second = caption(b"original", MARKS, BEIJING)

    assert first == "2026-11-21 19:46:51.123 +08:00 ±0.20 s   东门 · 禁停区"
    assert second == f"0406 占道经营   SW202611210001   SHA-256 {sha256_hex(b'original')[:16]}"


def test_close_up_is_cut_from_the_frame_with_a_margin(frame: Frame) -> None:
    close_up = decoded(close_up_jpeg(frame, BOX))

    assert close_up.shape == (300, 300, 3)
    assert np.abs(close_up.astype(int) - frame.bgr()[250:550, 350:650]).mean() < 3


@pytest.mark.parametrize("box", [(400, 300, 410, 308), (0, 0, 10, 10), (1270, 710, 1280, 720), (0, 300, 1280, 320)])
def test_close_up_is_never_smaller_than_its_minimum_and_stays_inside(box: tuple[float, float, float, float]) -> None:
    x1, y1, x2, y2 = close_up_box(box, SIZE_WH)

    assert min(x2 - x1, y2 - y1) >= MIN_CLOSE_UP_PX
    assert (x1 >= 0, y1 >= 0, x2 <= 1280, y2 <= 720) == (True,) * 4
    assert x1 <= box[0]
    assert y2 >= box[3]


def test_close_up_of_a_small_frame_is_the_frame() -> None:
    assert close_up_box((10, 10, 20, 20), (160, 120)) == (0, 0, 160, 120)


def test_bytes_that_are_no_picture_are_refused() -> None:
    with pytest.raises(ValueError, match="no picture"):
        marked_jpeg(b"not a picture", MARKS)
    with pytest.raises(ValueError, match="no picture"):
        encode_jpeg(np.zeros((0, 0, 3), np.uint8))
