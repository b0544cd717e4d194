"""Frames: conversions agree with OpenCV's own, crops with the whole, and the letterbox maps back."""

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.vision.streets import at
from vision.arrays import Picture
from vision.frames import LETTERBOX_GREY, Frame, Planes


def colourful(width: int, height: int) -> Picture:
    rng = np.random.default_rng(1)
    small = rng.integers(30, 220, (5, 7, 3)).astype(np.float32)
    return cv2.resize(small, (width, height), interpolation=cv2.INTER_CUBIC).clip(0, 255).astype(np.uint8)


def frame(bgr: Picture) -> Frame:
    return Frame("gate", 0, 0.0, at(0), 0.0, Planes.from_bgr(bgr))


@pytest.mark.parametrize("size_wh", [(64, 48), (63, 48), (64, 47), (63, 47)])
def test_full_size_colours_survive_the_way_through_yuv(size_wh: tuple[int, int]) -> None:
    bgr = colourful(*size_wh)
    back = frame(bgr).bgr()
    assert back.shape == bgr.shape
    assert np.abs(back.astype(int) - bgr).mean() < 8


def test_even_frame_equals_the_conversion_of_opencv() -> None:
    bgr = colourful(64, 48)
    i420 = cv2.cvtColor(bgr, cv2.COLOR_BGR2YUV_I420)
    assert np.array_equal(frame(bgr).bgr(), cv2.cvtColor(i420, cv2.COLOR_YUV2BGR_I420))


def test_smaller_picture_resembles_the_shrunk_full_one() -> None:
    bgr = colourful(640, 360)
    small = frame(bgr).bgr((160, 90))
    assert np.abs(small.astype(int) - cv2.resize(bgr, (160, 90), interpolation=cv2.INTER_AREA)).mean() < 3


def test_luma_of_full_size_is_shared_and_read_only() -> None:
    made = frame(colourful(64, 48))
    assert made.luma() is made.planes.y
    with pytest.raises(ValueError, match="read-only"):
        made.luma()[0, 0] = 1


def test_crop_equals_that_part_of_the_whole() -> None:
    made = frame(colourful(128, 96))
    crop = made.crop_bgr((20, 30, 60, 70))
    assert np.array_equal(crop, made.bgr()[30:70, 20:60])


def test_crop_is_clipped_to_the_frame() -> None:
    assert frame(colourful(64, 48)).crop_bgr((-10, -10, 20, 100)).shape == (48, 20, 3)


def test_crop_outside_the_frame_names_the_camera() -> None:
    with pytest.raises(ValueError, match="gate"):
        frame(colourful(64, 48)).crop_bgr((100, 100, 120, 120))


def test_full_range_white_stays_white() -> None:
    half = np.full((24, 32), 128, np.uint8)
    planes = Planes(np.full((48, 64), 255, np.uint8), half, half.copy(), full_range=True)
    assert Frame("gate", 0, 0.0, at(0), 0.0, planes).bgr().min() == 255


def test_planes_of_another_sampling_are_refused() -> None:
    with pytest.raises(ValueError, match="4:2:0"):
        Planes(np.zeros((48, 64), np.uint8), np.zeros((48, 64), np.uint8), np.zeros((48, 64), np.uint8))


def test_letterbox_pads_with_the_grey_that_models_know() -> None:
    canvas, letterbox = frame(colourful(128, 64)).letterboxed((96, 96))
    assert canvas.shape == (96, 96, 3)
    assert (letterbox.scale_xy, letterbox.pad_xy) == ((0.75, 0.75), (0, 24))
    assert (canvas[:24] == LETTERBOX_GREY).all()
    assert (canvas[72:] == LETTERBOX_GREY).all()


@settings(max_examples=50, deadline=None)
@given(st.integers(16, 400), st.integers(16, 400), st.sampled_from([(96, 96), (128, 64), (160, 160)]))
def test_boxes_map_through_the_letterbox_and_back(width: int, height: int, into: tuple[int, int]) -> None:
    planes = Planes(*(np.zeros(s, np.uint8) for s in ((height, width), *[((height + 1) // 2, (width + 1) // 2)] * 2)))
    _, letterbox = Frame("gate", 0, 0.0, at(0), 0.0, planes).letterboxed(into)
    boxes = np.array([[0, 0, width, height], [3, 4, 9, 11]], np.float32)
    pad = np.array([*letterbox.pad_xy] * 2, np.float32)
    inside = boxes * np.array([*letterbox.scale_xy] * 2, np.float32) + pad
    assert np.allclose(letterbox.to_source(inside), boxes, atol=0.01)
    assert (inside[:, 2:] <= np.array(into) + 0.01).all()
