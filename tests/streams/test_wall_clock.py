"""The camera's own wall time out of its sender reports, and its goodbye."""

import struct

import pytest

from streams.rtp import WallClock
from tests.streams.rtp_packets import SOURCE, goodbye, sender_report

UNIX_S = 1_795_000_000.0


@pytest.fixture
def clock() -> WallClock:
    return WallClock(90_000)


def test_report_ties_stamps_to_the_wall_time(clock: WallClock) -> None:
    clock.add(sender_report(UNIX_S + 0.25, 1000), SOURCE)
    assert clock.unix_s(1000 + 90_000) == pytest.approx(UNIX_S + 1.25, abs=1e-6)
    assert clock.unix_s(1000 - 9_000) == pytest.approx(UNIX_S + 0.15, abs=1e-6)


def test_wall_time_is_unknown_before_the_first_report(clock: WallClock) -> None:
    assert clock.unix_s(0) is None


def test_newest_report_counts(clock: WallClock) -> None:
    for unix_s in (UNIX_S, UNIX_S + 50):
        clock.add(sender_report(unix_s, 1000), SOURCE)
    assert clock.unix_s(1000) == UNIX_S + 50


def test_report_counts_on_over_the_wrap_around_of_stamps(clock: WallClock) -> None:
    clock.add(sender_report(UNIX_S, 2**32 - 90_000), SOURCE)
    assert clock.unix_s(2**32 + 90_000) == pytest.approx(UNIX_S + 2)
    assert clock.unix_s(3 * 2**32 - 180_000) == pytest.approx(UNIX_S - 1)


def test_reports_of_other_senders_are_passed_over(clock: WallClock) -> None:
    clock.add(sender_report(UNIX_S, 0, source=SOURCE + 1), SOURCE)
    assert clock.unix_s(0) is None


def test_any_report_is_taken_before_the_source_is_known(clock: WallClock) -> None:
    clock.add(sender_report(UNIX_S, 0), None)
    assert clock.unix_s(0) == UNIX_S


def test_report_of_a_camera_without_a_clock_is_passed_over(clock: WallClock) -> None:
    clock.add(struct.pack(">BBHIIIIII", 0x80, 200, 6, SOURCE, 0, 0, 0, 1, 2), SOURCE)
    assert clock.unix_s(0) is None


def test_goodbye_is_heard_behind_a_report(clock: WallClock) -> None:
    clock.add(sender_report(UNIX_S, 0) + goodbye(), SOURCE)
    assert clock.said_goodbye
    assert clock.unix_s(0) == UNIX_S


@pytest.mark.parametrize(
    "packet", [goodbye(SOURCE + 1), b"\x80" + goodbye()[1:], goodbye()[:7], b""], ids=["other", "nobody's", "cut", "no"]
)
def test_what_is_no_goodbye_of_ours_is_passed_over(clock: WallClock, packet: bytes) -> None:
    clock.add(packet, SOURCE)
    assert not clock.said_goodbye


@pytest.mark.parametrize("size", range(20))
def test_truncated_report_is_passed_over(clock: WallClock, size: int) -> None:
    clock.add(sender_report(UNIX_S, 0)[:size], SOURCE)
    assert clock.unix_s(0) is None
