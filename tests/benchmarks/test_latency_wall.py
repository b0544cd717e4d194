"""How late pictures and boxes are on the wall, from notes that are made up."""

import numpy as np
import pytest

from benchmarks.camera_clock import ClipClock
from benchmarks.latency_clock import CameraLine
from benchmarks.latency_page import Noted
from benchmarks.latency_wall import (
    change_delays,
    look_stages,
    looks_shown,
    picture_delays,
    shown_pictures,
)
from benchmarks.time_strip import BLACK, BLOCKS, WHITE, draw, number_of
from vision.arrays import Picture

BEGAN_S, DELAY_S, FIRST = 1000.0, 0.4, 50
LINE = CameraLine("gate", ClipClock(25, 3000, FIRST), BEGAN_S, FIRST / 25, [BEGAN_S + n / 25 + 0.04 for n in range(99)])
"""Stream time 0 is picture 0."""


def grey_of(number: int) -> list[float]:
    bgr: Picture = np.zeros((120, 1200, 3), np.uint8)
    draw(bgr, number)
    row = bgr[105, 1200 - 23 * 10 + 5 :: 10, 1]
    return [float(level) for level in row[:BLOCKS]]


def noted(looks, paints=None, strip_picture: int = 20) -> Noted:
    """The video began with picture 10; every picture is on the screen so much later than it was sent."""
    frames = [["gate", 0, (n - 10) / 25, BEGAN_S + n / 25 + DELAY_S] for n in range(10, 60)]
    at_s = BEGAN_S + strip_picture / 25 + DELAY_S
    strips = [["gate", 0, (strip_picture - 10) / 25, at_s, grey_of(FIRST + strip_picture)]]
    drawn = paints or [["gate", BEGAN_S + n / 100, 3] for n in range(500)]
    return Noted(frames, strips, looks, drawn, 0.001)


def look(picture: int, after_s: float) -> list:
    return ["gate", picture / 25, BEGAN_S + picture / 25 + after_s, 3]


def test_the_strip_made_here_is_read_as_its_number():
    assert {WHITE, BLACK} == set(grey_of(77))
    assert number_of(grey_of(77)) == 77


def test_the_strip_on_the_screen_tells_which_picture_each_media_time_is():
    shown = shown_pictures(LINE, noted([]))

    assert shown[0].picture == 10
    assert picture_delays(LINE, shown) == pytest.approx([DELAY_S] * 50)


def test_a_run_of_the_video_in_which_no_strip_was_read_tells_nothing():
    assert shown_pictures(LINE, Noted([["gate", 1, 0.0, BEGAN_S]], [], [], [], 0.0)) == []


def test_boxes_that_are_there_in_time_are_painted_with_their_picture():
    some = noted([look(20, 0.1), look(26, 0.1)])
    (found,) = looks_shown(LINE, some, {}, shown_pictures(LINE, some))

    assert not found.is_late
    assert found.painted_s == pytest.approx(LINE.sent_s(26) + DELAY_S, abs=0.011)


def test_boxes_that_come_after_their_picture_are_late_and_painted_then():
    some = noted([look(20, 0.1), look(26, 0.9)])
    (found,) = looks_shown(LINE, some, {}, shown_pictures(LINE, some))

    assert found.is_late
    assert found.painted_s == pytest.approx(LINE.sent_s(26) + 0.9, abs=0.011)


def test_a_drawing_without_boxes_shows_no_look():
    some = noted([look(20, 0.1), look(26, 0.1)], paints=[["gate", BEGAN_S + n / 10, 0] for n in range(50)])
    (found,) = looks_shown(LINE, some, {}, shown_pictures(LINE, some))

    assert found.painted_s is None


def test_each_picture_since_the_look_before_counts_as_a_change():
    some = noted([look(20, 0.1), look(23, 0.1)])
    looks = looks_shown(LINE, some, {}, shown_pictures(LINE, some))

    assert change_delays(LINE, looks, painted=False) == pytest.approx([0.18, 0.14, 0.1])


def test_the_stages_of_a_look_follow_each_other_from_camera_to_paint():
    some = noted([look(20, 0.1), look(26, 0.1)])
    sent_s = LINE.sent_s(26)
    looks = looks_shown(LINE, some, {26 / 25: (sent_s + 0.05, sent_s + 0.08)}, shown_pictures(LINE, some))
    stages = look_stages(LINE, looks)

    assert [seconds[0] for seconds in stages.values()] == pytest.approx([0.04, 0.01, 0.03, 0.02, 0.3], abs=0.011)
