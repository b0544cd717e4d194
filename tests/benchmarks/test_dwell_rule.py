"""The rule that peers' users write: a foot point at rest in a zone, and a tracker by overlap."""

import pytest

from benchmarks.capacity_sides import ZoneTask
from benchmarks.dwell_rule import DwellRule, OverlapTracker, Tracked, iou

SIZE_WH = (1000, 500)
KERB = ZoneTask("parking", ((0.0, 0.5), (0.5, 0.5), (0.5, 1.0), (0.0, 1.0)), 30.0)
PAVEMENT = ZoneTask("vending", ((0.0, 0.5), (0.5, 0.5), (0.5, 1.0), (0.0, 1.0)), 30.0)


def car(x: float, track_id: int = 1, name: str = "car") -> Tracked:
    return Tracked(track_id, name, (x, 300.0, x + 100.0, 400.0))


def play(rule: DwellRule, things: list[tuple[float, Tracked]]) -> list[tuple[str, float]]:
    return [(kind, since_s) for at_s, thing in things for kind, since_s, _box in rule.update([thing], SIZE_WH, at_s)]


def test_a_car_that_rests_beyond_the_limit_is_reported_once_with_its_beginning():
    resting = [(at / 2, car(100.0)) for at in range(100)]

    assert play(DwellRule([KERB]), resting) == [("parking", 0.0)]


def test_the_timer_begins_when_the_car_comes_to_rest_in_the_zone():
    driving = [(at / 2, car(100.0 + 30.0 * (10 - at))) for at in range(10)]
    resting = [(5 + at / 2, car(100.0)) for at in range(80)]

    assert play(DwellRule([KERB]), driving + resting) == [("parking", pytest.approx(5.0))]


def test_a_car_outside_the_zone_is_not_reported():
    assert play(DwellRule([KERB]), [(at / 2, car(600.0)) for at in range(100)]) == []


def test_a_new_number_begins_the_timer_anew():
    things = [(at / 2, car(100.0, track_id=1 if at < 40 else 2)) for at in range(90)]

    assert play(DwellRule([KERB]), things) == []


def test_a_track_unseen_for_longer_than_the_tracker_keeps_it_begins_anew():
    before = [(at / 2, car(100.0)) for at in range(40)]
    after = [(25 + at / 2, car(100.0)) for at in range(40)]

    assert play(DwellRule([KERB]), before + after) == []


def test_a_stall_is_asked_of_the_vending_zone_only():
    things = [(at / 2, car(100.0, name="stall")) for at in range(100)]

    assert play(DwellRule([KERB, PAVEMENT]), things) == [("vending", 0.0)]


def test_the_tracker_keeps_a_number_while_boxes_overlap():
    tracker = OverlapTracker()
    first = tracker.update([("car", (0.0, 0.0, 100.0, 100.0))], 0.0)
    second = tracker.update([("truck", (20.0, 0.0, 120.0, 100.0)), ("car", (500.0, 0.0, 600.0, 100.0))], 0.1)

    assert second[0].track_id == first[0].track_id
    assert second[1].track_id != first[0].track_id


def test_the_tracker_gives_a_new_number_after_a_second():
    tracker = OverlapTracker()
    first = tracker.update([("car", (0.0, 0.0, 100.0, 100.0))], 0.0)

    assert tracker.update([("car", (0.0, 0.0, 100.0, 100.0))], 1.5)[0].track_id != first[0].track_id


def test_a_person_is_not_taken_for_the_car_it_stands_before():
    tracker = OverlapTracker()
    first = tracker.update([("car", (0.0, 0.0, 100.0, 100.0))], 0.0)

    assert tracker.update([("person", (0.0, 0.0, 100.0, 100.0))], 0.1)[0].track_id != first[0].track_id


def test_overlap_of_boxes():
    assert iou((0, 0, 10, 10), (0, 0, 10, 10)) == 1.0
    assert iou((0, 0, 10, 10), (5, 0, 15, 10)) == pytest.approx(1 / 3)
    assert iou((0, 0, 10, 10), (20, 0, 30, 10)) == 0.0
