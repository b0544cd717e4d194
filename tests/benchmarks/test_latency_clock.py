"""A camera's clock on the machine's: which picture left when, and how far apart looks are."""

import pytest

from benchmarks.camera_clock import ClipClock
from benchmarks.latency_clock import CameraLine, look_interval_s, p50_p95

CLIP = ClipClock(fps=25, pictures=3000, first=100)


def line(began_s: float = 1000.0, offset_s: float = 2.0) -> CameraLine:
    return CameraLine("gate", CLIP, began_s, offset_s, [1000.05, 1000.09])


def test_pictures_leave_one_after_the_other_from_the_moment_the_farm_tells():
    assert line().sent_s(50) == pytest.approx(1002.0)


def test_a_moment_of_the_street_is_shown_when_its_picture_leaves():
    assert line().sent_of_moment(4.0 + 10.0) == pytest.approx(1010.0)
    assert line().moment_at(1010.0) == pytest.approx(14.0)


def test_stream_time_names_its_picture():
    assert line(offset_s=2.0).picture_of(6.0) == 100


@pytest.mark.parametrize(("seen_s", "picture"), [(1000.5, 0), (1119.0 + 1.5, 3000)])
def test_a_number_seen_is_the_picture_of_the_newest_lap_that_was_sent_by_then(seen_s, picture):
    assert line().picture_of_number(100, seen_s) == picture


def test_a_number_that_nobody_can_have_sent_lately_is_refused():
    with pytest.raises(ValueError, match="gate"):
        line().picture_of_number(90, 1000.5)


def test_a_packet_that_was_not_noted_has_no_time():
    assert line().read_s(1) == 1000.09
    assert line().read_s(2) is None


@pytest.mark.parametrize(
    ("look_hz", "gear", "key_interval_s", "interval_s"),
    [
        (4.0, "rate", 2.0, 0.25),
        (2.0, "key", 2.0, 2.0),
        (0.25, "key", 2.0, 4.0),
        (1 / 6, "key", 2.0, 6.0),
        (1 / 8, "key", 5.0, 10.0),
        (1 / 8, "key", 7.3, 7.3),
        (1.0, "key", 0.0, 1.0),
    ],
)
def test_looks_are_as_far_apart_as_the_gear_that_serves_the_pace(look_hz, gear, key_interval_s, interval_s):
    assert look_interval_s(look_hz, gear, key_interval_s) == pytest.approx(interval_s)


def test_percentiles_are_interpolated():
    assert p50_p95([float(n) for n in range(101)]) == (50.0, 95.0)
    assert p50_p95([1.0, 2.0]) == pytest.approx((1.5, 1.95))


def test_nothing_has_no_percentiles():
    assert p50_p95([]) is None
