"""Planes made smaller by libswscale are those that OpenCV makes, but for rounding."""

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import cv2
import numpy as np
import pytest
from av.video.frame import VideoFrame
from av.video.reformatter import VideoReformatter
from hypothesis import given, settings
from hypothesis import strategies as st

from vision import shrinking
from vision.arrays import Picture
from vision.frames import resized
from vision.shrinking import PAIRS_KEPT, Shrinker


def street(width: int, height: int) -> Picture:
    rng = np.random.default_rng(width * height)
    coarse = rng.integers(0, 256, (max(2, height // 9), max(2, width // 7)), dtype=np.uint8)
    fine = rng.integers(0, 40, (height, width), dtype=np.uint8)
    return cv2.add(cv2.resize(coarse, (width, height), interpolation=cv2.INTER_NEAREST), fine)


@pytest.mark.parametrize("into", [(384, 216), (416, 234), (640, 360), (1280, 720)])
def test_picture_of_a_camera_differs_by_one_grey_level_at_most(into: tuple[int, int]) -> None:
    plane = street(1920, 1080)
    assert np.abs(Shrinker()(plane, into).astype(int) - resized(plane, into)).max() <= 1


@given(st.integers(40, 400), st.integers(40, 400), st.integers(16, 399), st.integers(16, 399))
@settings(max_examples=60, deadline=None)
def test_any_smaller_size_differs_by_a_few_grey_levels_at_most(width: int, height: int, to_w: int, to_h: int) -> None:
    plane, into = street(width, height), (min(to_w, width - 1), min(to_h, height - 1))
    assert np.abs(Shrinker()(plane, into).astype(int) - resized(plane, into)).max() <= 4


def test_plane_within_a_larger_picture_is_taken_as_it_lies() -> None:
    whole = street(640, 360)
    part = whole[20:340, 31:607]
    part.setflags(write=False)
    np.testing.assert_array_equal(Shrinker()(part, (192, 107)), Shrinker()(part.copy(), (192, 107)))


@pytest.mark.parametrize("into", [(640, 360), (352, 288), (700, 100)])
def test_what_does_not_shrink_is_resized_as_everywhere(into: tuple[int, int]) -> None:
    plane = street(352, 288)
    np.testing.assert_array_equal(Shrinker()(plane, into), resized(plane, into))


def test_sizes_in_turn_do_not_disturb_each_other() -> None:
    shrinker, planes = Shrinker(), [street(300 + 10 * n, 200) for n in range(PAIRS_KEPT + 2)]
    first = [shrinker(plane, (100, 60)).copy() for plane in planes]
    again = [shrinker(plane, (100, 60)) for plane in planes]
    np.testing.assert_array_equal(first, again)


def test_two_threads_share_nothing_that_is_prepared(monkeypatch: pytest.MonkeyPatch) -> None:
    used: dict[int, int] = {}  # the thread that each prepared pair was made for

    class Watched:
        def __init__(self) -> None:
            self._real = VideoReformatter()

        def reformat(self, *args: Any, **options: Any) -> VideoFrame:
            assert used.setdefault(id(self), threading.get_ident()) == threading.get_ident()
            return self._real.reformat(*args, **options)

    monkeypatch.setattr(shrinking, "VideoReformatter", Watched)
    shrinker, plane = Shrinker(), street(192, 108)
    with ThreadPoolExecutor(2) as pool:
        both = threading.Barrier(2)

        def shrink(_: int) -> Picture:
            both.wait(60)  # so that each of the two threads gets one
            return shrinker(plane, (96, 54))

        first, second = pool.map(shrink, range(2))
    np.testing.assert_array_equal(first, second)
    assert len(set(used.values())) == 2
