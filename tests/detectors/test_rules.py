"""Paces: how closely a rule needs its street watched, and what serves several rules at once."""

import pytest

from detectors.rules import Pace


@pytest.mark.parametrize(("limit_s", "pause_s"), [(5, 1.0), (20, 4.0), (30, 6.0), (60, 8.0), (300, 8.0)])
def test_idle_rule_is_scouted_five_times_within_its_limit_and_at_least_every_eight_seconds(
    limit_s: float, pause_s: float
) -> None:
    assert 1 / Pace.scout(limit_s).look_hz == pytest.approx(pause_s)


def test_several_rules_are_served_by_the_closest_of_each() -> None:
    assert Pace.closest([Pace(0.5, 4.0, 0.1), Pace(1.0, 6.0, 0.05)]) == Pace(1.0, 4.0, 0.1)


def test_camera_without_rules_is_still_looked_at() -> None:
    assert Pace.closest([]).look_hz > 0


def test_key_frames_may_come_late_by_a_scouts_pause() -> None:
    assert Pace.scout(20).longest_s == pytest.approx(8.0)
