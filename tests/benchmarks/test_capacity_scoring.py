"""What counts as a violation that a side had the time to see, and what of it a side found and timed."""

import pytest

from benchmarks.capacity_scoring import Deed, Watched, expected, false_reports, judge
from benchmarks.capacity_sides import Found
from datasets.truth import Offence

PARKED = Deed(Offence("parking", 7, 40.0, 100.0, (0.0, 0.0)), (0.5, 0.5))
LIMITS_S = {"parking": 30.0}
HERE, ELSEWHERE = (0.4, 0.4, 0.6, 0.6), (0.7, 0.1, 0.8, 0.2)


def watched(from_s: float, to_s: float) -> Watched:
    return Watched(0, (PARKED,), 120.0, from_s, to_s)


def found(started_s: float, raised_s: float, box=HERE, kind: str = "parking") -> Found:
    return Found(0, kind, started_s, raised_s, box)


def test_a_violation_counts_that_begins_and_passes_its_limit_in_the_stretch():
    violations = expected(watched(20.0, 90.0), LIMITS_S)

    assert [(v.started_s, v.due_s, v.ended_s) for v in violations] == [(40.0, 70.0, 100.0)]


@pytest.mark.parametrize(("from_s", "to_s"), [(30.0, 120.0), (20.0, 80.0)])
def test_a_violation_too_near_to_the_begin_or_the_end_does_not_count(from_s, to_s):
    assert expected(watched(from_s, to_s), LIMITS_S) == []


def test_a_violation_counts_again_in_the_next_period():
    violations = expected(watched(20.0, 330.0), LIMITS_S)

    assert [v.started_s for v in violations] == [40.0, 160.0, 280.0]


def test_a_violation_counts_for_a_camera_that_began_late_in_its_street():
    assert [v.started_s for v in expected(watched(110.0, 230.0), LIMITS_S)] == [160.0]


def test_a_report_about_the_violation_gives_its_error_and_delay():
    violations = expected(watched(20.0, 90.0), LIMITS_S)

    (verdict,), left = judge(violations, [found(40.4, 71.0)])

    assert (verdict.error_s, verdict.delay_s) == (pytest.approx(0.4), pytest.approx(1.0))
    assert left == []


@pytest.mark.parametrize(
    "report",
    [found(20.0, 71.0), found(40.4, 71.0, box=ELSEWHERE), found(40.4, 71.0, kind="vending"), found(40.0, 130.0)],
)
def test_a_report_at_another_time_or_place_or_of_another_kind_is_about_something_else(report):
    (verdict,), left = judge(expected(watched(20.0, 90.0), LIMITS_S), [report])

    assert verdict.error_s is None
    assert left == [report]


def test_the_first_of_two_reports_counts():
    (verdict,), left = judge(expected(watched(20.0, 90.0), LIMITS_S), [found(45.0, 76.0), found(40.1, 71.0)])

    assert verdict.error_s == pytest.approx(0.1)
    assert len(left) == 1


def test_a_report_about_a_violation_that_did_not_count_is_not_false():
    assert false_reports([found(40.0, 70.0), found(165.0, 200.0)], [watched(30.0, 120.0)]) == []


def test_a_report_about_nothing_is_false():
    wrong = [found(5.0, 36.0), found(41.0, 72.0, box=ELSEWHERE)]

    assert false_reports(wrong, [watched(0.0, 120.0)]) == wrong
