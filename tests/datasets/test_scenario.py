"""Journeys of actors: where they are at a moment, how they brake and turn."""

import math

import pytest

from datasets.scenario import Journey


def test_braking_ends_at_rest_at_the_place() -> None:
    story = Journey(0, 0, 0).go(10, 0, 5.0).brake(20, 0)
    assert story.t_s == pytest.approx(2 + 4)
    motion = story.stay(5).path().at(story.t_s - 1)
    assert motion is not None
    assert (motion.x, motion.y, motion.speed_m_s) == pytest.approx((20, 0, 0))


def test_speed_falls_evenly_while_braking() -> None:
    path = Journey(0, 0, 0).go(10, 0, 5.0).brake(20, 0).path()
    halfway = path.at(4.0)
    assert halfway is not None
    assert halfway.speed_m_s == pytest.approx(2.5)


def test_thing_that_stands_keeps_the_heading_it_came_with() -> None:
    path = Journey(0, 0, 0).go(0, 5, 1.0).stay(10).path()
    motion = path.at(12)
    assert motion is not None
    assert motion.heading_rad == pytest.approx(math.pi / 2)


def test_thing_is_nowhere_before_its_story_begins_and_after_it_ends() -> None:
    path = Journey(10, 0, 0).go(5, 0, 1.0).path()
    assert path.at(9.99) is None
    assert path.at(15.0) is None
    assert path.at(10.0) is not None


def test_change_of_lane_is_smooth_and_ends_in_the_new_lane() -> None:
    path = Journey(0, 0, 0).go(10, 0, 5.0).drift(24, 3.0).path()
    end = path.at(path.span_s[1] - 1e-6)
    assert end is not None
    assert (end.x, end.y) == pytest.approx((24, 3.0), abs=1e-3)
    assert end.heading_rad == pytest.approx(0.0, abs=1e-3)


def test_story_without_a_step_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one step"):
        Journey(0, 0, 0).path()
