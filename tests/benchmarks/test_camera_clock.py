"""A side's own times as moments of the street."""

import pytest

from benchmarks.camera_clock import CameraClock, ClipClock

CLIP = ClipClock(fps=25, pictures=3000, first=1000)


def test_a_time_is_mapped_by_the_number_that_was_seen_with_it():
    clock = CameraClock(CLIP)
    clock.saw(1050, at_s=2.0)

    assert clock.moment_of(0.0) == pytest.approx(40.0)
    assert clock.moment_s == pytest.approx(42.0)


def test_moments_go_on_when_the_clip_begins_again():
    clock = CameraClock(CLIP)
    clock.saw(1000, at_s=0.0)
    clock.saw(10, at_s=80.4)

    assert clock.moment_s == pytest.approx(120.4)
    assert clock.breaks == 0


def test_a_camera_first_seen_after_its_clip_began_again_is_in_its_second_period():
    clock = CameraClock(CLIP)
    clock.saw(5, at_s=0.0)

    assert clock.moment_s == pytest.approx(120.2)


def test_a_picture_that_came_late_does_not_move_the_clock():
    clock = CameraClock(CLIP)
    clock.saw(1000, at_s=0.0)
    clock.saw(1025, at_s=1.7)

    assert clock.moment_of(0.0) == pytest.approx(40.0)


def test_a_picture_with_less_delay_than_the_first_moves_the_clock():
    clock = CameraClock(CLIP)
    clock.saw(1000, at_s=0.5)
    clock.saw(1025, at_s=1.1)

    assert clock.moment_of(0.1) == pytest.approx(40.0)
    assert clock.breaks == 0


def test_a_camera_that_began_anew_breaks_its_clock():
    clock = CameraClock(CLIP)
    clock.saw(1000, at_s=0.0)
    clock.saw(1750, at_s=30.0)
    clock.saw(1000, at_s=35.0)

    assert clock.breaks == 1


def test_nothing_is_known_before_the_first_picture():
    with pytest.raises(ValueError, match="first picture"):
        CameraClock(CLIP).moment_of(1.0)
