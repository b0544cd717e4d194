"""Scoring scenarios, by examples that are worked out by hand."""

import pytest

from benchmarks.scenarios_scoring import Box, Judged, Report, Wanted, by, intervals, judge, same_place, total

HERE: Box = (100.0, 100.0, 200.0, 180.0)
NEAR: Box = (110.0, 105.0, 215.0, 185.0)
THERE: Box = (400.0, 100.0, 500.0, 180.0)
CAR = Wanted(started_s=20.0, ended_s=90.0, due_s=50.0, box=HERE, is_over=True)


def report(raised_s: float, box: Box = HERE, *, started_s: float = 20.0, ended_s: float | None = None) -> Report:
    return Report(started_s, raised_s, ended_s, box)


def test_report_at_the_place_after_the_limit_finds_the_offence() -> None:
    judged = judge([CAR], [report(52.0, NEAR)], 150.0)
    assert judged.counts == (1, 0, 0)
    assert judged.verdicts[0].report == report(52.0, NEAR)


@pytest.mark.parametrize(
    ("raised_s", "counts"), [(42.0, (0, 1, 1)), (44.0, (1, 0, 0)), (104.0, (1, 0, 0)), (106.0, (0, 1, 1))]
)
def test_report_much_before_its_time_or_long_after_the_end_is_false(
    raised_s: float, counts: tuple[int, int, int]
) -> None:
    assert judge([CAR], [report(raised_s)], 150.0).counts == counts


def test_report_elsewhere_is_false_and_the_offence_missed() -> None:
    assert judge([CAR], [report(52.0, THERE)], 150.0).counts == (0, 1, 1)


def test_second_report_of_an_offence_is_a_duplicate_and_not_false() -> None:
    judged = judge([CAR], [report(70.0), report(52.0)], 150.0)
    assert judged.counts == (1, 0, 0)
    assert judged.verdicts[0].duplicates == 1
    assert judged.verdicts[0].report == report(52.0)


def test_two_offences_at_one_place_one_after_the_other_are_told_apart_by_time() -> None:
    later = Wanted(started_s=110.0, ended_s=150.0, due_s=140.0, box=HERE, is_over=False)
    judged = judge([CAR, later], [report(141.0), report(52.0)], 150.0)
    assert [verdict.report for verdict in judged.verdicts] == [report(52.0), report(141.0)]


def test_boxes_are_of_one_place_where_they_share_half_of_the_smaller_one() -> None:
    assert same_place((0, 0, 10, 10), (5, 0, 15, 10))
    assert not same_place((0, 0, 10, 10), (6, 0, 16, 10))
    assert same_place((0, 0, 10, 10), (0, 0, 20, 40))
    assert not same_place((0, 0, 10, 10), (0, 0, 30, 30))


def test_total_divides_and_measures_times() -> None:
    found = judge([CAR], [report(52.0, started_s=21.5, ended_s=99.0)], 150.0)
    missed_and_false = judge([CAR], [report(60.0, THERE)], 150.0)
    sums = total([found, missed_and_false, Judged((), (), 300.0)])
    assert (sums.scenarios, sums.found, sums.missed, sums.false) == (3, 1, 1, 1)
    assert (sums.precision, sums.recall, sums.f1, sums.duplicates) == (0.5, 0.5, 0.5, 0.0)
    assert sums.false_per_day == pytest.approx(86_400 / 600)
    assert (sums.late_s, sums.start_error_s, sums.end_error_s) == ((2.0, 2.0), (1.5, 1.5), (9.0, 9.0))


def test_end_that_the_scenario_does_not_show_is_not_measured() -> None:
    lasting = Wanted(20.0, 145.0, 50.0, HERE, is_over=False)
    assert total([judge([lasting], [report(52.0, ended_s=149.0)], 150.0)]).end_error_s is None


def test_total_of_nothing_has_no_ratios() -> None:
    sums = total([])
    assert (sums.precision, sums.recall, sums.f1, sums.false_per_day) == (None, None, None, None)


def test_interval_holds_the_share_and_is_a_point_where_all_are_alike() -> None:
    good = [judge([CAR], [report(52.0)], 150.0)] * 30
    assert intervals(good)["recall"] == (1.0, 1.0)
    bad = [judge([CAR], [], 150.0)] * 10
    low, high = intervals(good + bad)["recall"] or (0.0, 0.0)
    assert 0.55 < low < 0.75 < high < 0.92
    assert intervals(good + bad) == intervals(good + bad)


def test_interval_of_nothing_is_none() -> None:
    assert intervals([])["f1"] is None


def test_tables_hold_each_name_apart() -> None:
    tables = by([("day", judge([CAR], [report(52.0)], 150.0)), ("night", judge([CAR], [], 150.0))])
    assert {name: sums.recall for name, sums in tables.items()} == {"day": 1.0, "night": 0.0}
