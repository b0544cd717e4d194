"""Disorder: a group of two-wheelers that stand scattered or every way; neither a row nor a few."""

import numpy as np
import pytest

from tests.detectors.stories import judged, phases, value, zone
from tests.vision.streets import SIZE_WH, Street, Thing, box_at, scenes
from vision.classes import StreetClass
from vision.ground_plane import GroundPlane
from vision.memory import SceneMemory

BICYCLE, MOTORCYCLE = StreetClass.BICYCLE, StreetClass.MOTORCYCLE
RULE = {"kind": "disorder", "limit_s": 40}
LEVEL = GroundPlane.of_pixels(np.diag([0.02, 0.02, 1.0]), SIZE_WH)
"""Ground as seen from straight above: 50 px are a metre."""


def bicycle(
    x: float,
    y: float = 500,
    from_s: float = 0,
    until_s: float = 90,
    kind: StreetClass = BICYCLE,
    shape: tuple[float, float] = (70, 45),
) -> Thing:
    return Thing(lambda t: box_at(x, y, *shape) if from_s <= t < until_s else None, class_id=kind.value)


def scattered(from_s: float = 10, until_s: float = 90, count: int = 6) -> list[Thing]:
    spots = [(300, 420), (460, 600), (640, 440), (830, 580), (960, 430), (1100, 620), (380, 520), (740, 660)]
    return [bicycle(x, y, from_s, until_s) for x, y in spots[:count]]


def row(count: int = 8) -> list[Thing]:
    return [bicycle(300 + 75 * k, 500 + 2 * k) for k in range(count)]


@pytest.mark.parametrize("hz", [1.0, 4.0])
def test_group_scattered_beyond_the_limit_is_one_offence(hz: float) -> None:
    events = judged(zone(RULE), Street(scattered(), hz=hz).observations(140))
    assert phases(events) == ["started", "raised", "ended"]
    assert 50 <= events[1].t_s <= 56
    assert value(events[1], "vehicles") == 6
    assert value(events[1], "spread") > 1.5
    x1, y1, x2, y2 = events[1].box
    assert x1 < 300 < 1100 < x2
    assert y1 < 420 < 615 < y2


def test_few_are_no_group() -> None:
    assert not judged(zone(RULE), Street(scattered(count=4), hz=2).observations(90))


def test_row_is_in_order() -> None:
    assert not judged(zone(RULE), Street(row(), hz=2).observations(80))


def test_row_of_which_half_is_turned_is_not_in_order() -> None:
    turned = [bicycle(300 + 75 * k, 500, shape=(35, 60) if k % 2 else (70, 45)) for k in range(9)]
    events = judged(zone(RULE), Street(turned, hz=2).observations(80))
    assert "raised" in phases(events)
    assert value(events[1], "turned") == pytest.approx(4 / 9, abs=0.01)


def test_where_none_may_stand_their_number_decides() -> None:
    assert "raised" in phases(judged(zone({**RULE, "max_area_m2": 0}), Street(row(), hz=2).observations(80)))


def test_group_that_is_put_in_order_before_the_limit_raises_nothing() -> None:
    events = judged(zone(RULE), Street(scattered(until_s=40), hz=2).observations(120))
    assert phases(events) == ["started", "ended"]


def test_one_that_leaves_while_another_comes_changes_nothing() -> None:
    comes = bicycle(560, 520, from_s=35, until_s=90)
    parts = [*scattered(count=5), bicycle(1100, 620, 10, 38), comes]
    events = judged(zone(RULE), Street(parts, hz=2).observations(140))
    assert phases(events) == ["started", "raised", "ended"]


def test_electric_ones_count_and_cars_do_not() -> None:
    bikes = [bicycle(300, 420), bicycle(460, 600), bicycle(1100, 620)]
    electric = [bicycle(640, 440, kind=MOTORCYCLE), bicycle(830, 580, kind=MOTORCYCLE)]
    cars = [bicycle(640, 440, kind=StreetClass.CAR), bicycle(830, 580, kind=StreetClass.TRICYCLE)]
    assert "raised" in phases(judged(zone(RULE), Street([*bikes, *electric], hz=2).observations(80)))
    assert not judged(zone(RULE), Street([*bikes, *cars], hz=2).observations(80))


def test_those_outside_the_zone_do_not_count() -> None:
    left = ((0.0, 0.0), (0.4, 0.0), (0.4, 1.0), (0.0, 1.0))
    assert not judged(zone(RULE, left), Street(scattered(count=8), hz=2).observations(80))


def test_ground_tells_the_metres_where_it_is_known() -> None:
    close = [bicycle(300 + 45 * (k % 3), 400 + 45 * (k // 3), shape=(40, 28)) for k in range(9)]  # 0.9 m apart
    assert not judged(zone({**RULE, "max_turned_ratio": 1}), Street(close, hz=2).observations(80), ground=LEVEL)
    wide = [bicycle(300 + 150 * (k % 3), 300 + 150 * (k // 3), shape=(40, 28)) for k in range(9)]  # 3 m apart
    events = judged(zone(RULE), Street(wide, hz=2).observations(80), ground=LEVEL)
    assert value(events[1], "spread") == pytest.approx(4.0, abs=0.2)


def test_group_is_watched_as_long_as_it_stands() -> None:
    settings = zone(RULE)
    detector = settings.rule.detector("gate", settings.zone())
    seen = scenes(Street(scattered(), hz=2).observations(30), SceneMemory("gate"))
    idle = detector.pace().look_hz
    for scene in seen:
        detector.update(scene)
    assert len(detector.keeps()) == 6
    assert detector.pace().look_hz >= idle


def test_clock_is_held_outside_the_hours_in_force() -> None:
    later = {"begin": "08:01", "end": "20:00", "utc_offset_h": 0}  # hand-made streets begin at 08:00
    street = Street(scattered(until_s=180), hz=2)
    events = judged(zone({**RULE, "hours": [later]}), street.observations(140))
    assert phases(events) == ["started", "raised"]
    assert events[0].started_t_s >= 60
    assert events[1].t_s >= 100


def test_gap_in_the_stream_is_no_time_in_disorder() -> None:
    street = Street(scattered(until_s=180), hz=2, gaps=((20, 60),))
    events = judged(zone(RULE), street.observations(140))
    assert phases(events)[:2] == ["started", "raised"]
    assert events[1].t_s >= 88


def test_rule_cut_at_any_moment_gives_the_same_events() -> None:
    seen = list(Street(scattered(), hz=2, drop_ratio=0.3).observations(140))
    whole = judged(zone(RULE), seen)
    assert "raised" in phases(whole)
    for cut in range(1, len(seen), 11):
        assert judged(zone(RULE), seen, [cut]) == whole
