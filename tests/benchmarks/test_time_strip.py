"""The clock in the picture: what is drawn is read again, and what is none is not taken for one."""

import cv2
import numpy as np
import pytest

from benchmarks.time_strip import draw, read


def street() -> np.ndarray:
    return np.random.default_rng(1).integers(0, 255, (1080, 1920, 3), np.uint8)


@pytest.mark.parametrize("number", [0, 1, 2999, 43690, 65535])
def test_a_number_that_is_drawn_is_read_again_from_colour_and_luma(number):
    bgr = street()

    draw(bgr, number)

    assert read(bgr) == number
    assert read(cv2.cvtColor(bgr, cv2.COLOR_BGR2GRAY)) == number


def test_a_number_survives_a_smaller_size():
    bgr = street()
    draw(bgr, 1234)

    assert read(cv2.resize(bgr, (640, 360), interpolation=cv2.INTER_AREA)) == 1234


def test_a_number_survives_jpeg_at_low_quality():
    bgr = street()
    draw(bgr, 777)

    _, coded = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, 20])

    assert read(cv2.imdecode(coded, cv2.IMREAD_COLOR)) == 777


@pytest.mark.parametrize("grey", [0, 16, 128, 255])
def test_a_plain_picture_holds_no_number(grey):
    assert read(np.full((1080, 1920), grey, np.uint8)) is None


def test_a_picture_without_a_strip_holds_no_number():
    assert read(street()) is None


def test_a_number_that_does_not_fit_is_refused():
    with pytest.raises(ValueError, match="65536"):
        draw(street(), 65536)
