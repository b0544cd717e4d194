"""Stream time: never backwards, near the wall's, whatever stamps do."""

import itertools
from datetime import UTC

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.timeline import LONGEST_HOLD_S, SET_BACK_PAUSE_S, TRANSIT_S, Stamp, TimeLine
from tests.streams.helpers import WALL_S, HandClock


def play(
    line: TimeLine,
    clock: HandClock,
    seconds: float,
    *,
    fps: float = 25.0,
    ticks_fps: float | None = None,
    from_s: float = 0.0,
) -> list[Stamp]:
    """Let packets arrive at `fps` whose stamps count at `ticks_fps`."""
    stamps = []
    for number in range(round(seconds * fps)):
        media_s = from_s + number / (ticks_fps or fps)
        stamps.append(line.stamp(media_s, media_s, 1 / (ticks_fps or fps)))
        clock.advance(1 / fps)
    return stamps


def steps(stamps: list[Stamp]) -> list[float]:
    return [later.t_s - earlier.t_s for earlier, later in itertools.pairwise(stamps)]


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def line(clock: HandClock) -> TimeLine:
    line = TimeLine(clocks=clock.clocks)
    line.connected()
    return line


def test_live_line_begins_at_unix_seconds(line: TimeLine) -> None:
    stamp = line.stamp(5000.0, 5000.0, 0.04)
    assert stamp.t_s == stamp.unix_s == WALL_S
    assert stamp.captured_at.tzinfo is UTC


def test_line_after_a_restart_begins_at_unix_seconds_behind_the_earlier_one(clock: HandClock) -> None:
    line = TimeLine(after_t_s=WALL_S - 2, clocks=clock.clocks)
    assert line.stamp(5000.0, 5000.0, 0.04).t_s == WALL_S


def test_line_goes_on_behind_an_earlier_one_although_the_wall_clock_was_set_back(clock: HandClock) -> None:
    line = TimeLine(after_t_s=WALL_S + 3600, clocks=clock.clocks)
    stamp = line.stamp(5000.0, 5000.0, 0.04)
    assert stamp.t_s == WALL_S + 3600 + SET_BACK_PAUSE_S
    assert stamp.unix_s == WALL_S


def test_replayed_line_begins_where_it_is_told(clock: HandClock) -> None:
    line = TimeLine(start_t_s=0.0, follows_arrival=False, clocks=clock.clocks)
    assert [line.stamp(media_s, media_s, 0.04).t_s for media_s in (7.0, 7.04, 7.08)] == pytest.approx([0, 0.04, 0.08])


def test_steady_camera_is_followed_exactly(line: TimeLine, clock: HandClock) -> None:
    assert steps(play(line, clock, 60)) == pytest.approx([0.04] * 1499, abs=1e-6)


def test_pictures_out_of_order_keep_their_own_times(line: TimeLine, clock: HandClock) -> None:
    shown = []
    for dts_s, pts_s in [(0.0, 0.08), (0.04, 0.20), (0.08, 0.12), (0.12, 0.16)]:
        shown.append(line.stamp(pts_s, dts_s, 0.04).t_s - WALL_S)
        clock.advance(0.04)
    assert shown == pytest.approx([0.08, 0.20, 0.12, 0.16], abs=1e-6)


def test_network_jitter_does_not_reach_the_line(line: TimeLine, clock: HandClock) -> None:
    stamps = []
    for number in range(500):
        stamps.append(line.stamp(number / 25, number / 25, 0.04))
        clock.advance(0.0 if number % 10 else 0.4)
    assert steps(stamps) == pytest.approx([0.04] * 499, abs=1e-6)
    assert stamps[-1].clock_error_s < TRANSIT_S + 0.5


def test_jump_of_the_stamps_becomes_the_time_that_passed(line: TimeLine, clock: HandClock) -> None:
    first = play(line, clock, 10)
    after = play(line, clock, 10, from_s=90_000.0)
    assert after[0].t_s - first[-1].t_s == pytest.approx(0.04)
    assert line.jumps == 1


@given(jumps=st.lists(st.floats(-1e6, 1e6), max_size=20), arrivals=st.lists(st.floats(0, 30), min_size=20, max_size=20))
def test_line_never_runs_backwards(jumps: list[float], arrivals: list[float]) -> None:
    clock = HandClock()
    line = TimeLine(clocks=clock.clocks)
    media_s, times = 0.0, []
    for number, jump_s in enumerate(jumps):
        media_s += jump_s
        times.append(line.stamp(media_s, media_s, 0.04).decode_t_s)
        clock.advance(arrivals[number])
        if number % 7 == 6:
            line.connected()
    assert all(later > earlier for earlier, later in itertools.pairwise(times))


def test_wrap_around_of_the_counter_goes_unnoticed(line: TimeLine, clock: HandClock) -> None:
    wrap_s = 2**32 / 90_000
    before = play(line, clock, 4, from_s=wrap_s - 4)
    after = play(line, clock, 4, from_s=0.0)
    assert steps(before + after) == pytest.approx([0.04] * 199, abs=1e-6)


def test_packets_without_stamps_take_their_length(line: TimeLine, clock: HandClock) -> None:
    stamps = [line.stamp(0.0, 0.0, 0.04)]
    for _ in range(5):
        clock.advance(0.04)
        stamps.append(line.stamp(None, None, 0.04))
    clock.advance(0.04)
    stamps.append(line.stamp(0.24, 0.24, 0.04))
    assert steps(stamps) == pytest.approx([0.04] * 6, abs=1e-6)


def test_packets_without_any_time_follow_their_arrival(line: TimeLine, clock: HandClock) -> None:
    stamps = []
    for _ in range(5):
        stamps.append(line.stamp(None, None, 0.0))
        clock.advance(0.1)
    assert steps(stamps) == pytest.approx([0.1] * 4, abs=1e-6)


def test_reconnect_adds_the_time_away(line: TimeLine, clock: HandClock) -> None:
    last = play(line, clock, 10)[-1]
    clock.advance(20.0 - 0.04)
    line.connected()
    first = line.stamp(12345.0, 12345.0, 0.04)
    assert first.t_s - last.t_s == pytest.approx(20.0)


def test_wall_clock_is_read_once_per_connection(line: TimeLine, clock: HandClock) -> None:
    play(line, clock, 30)
    line.connected()
    play(line, clock, 30)
    assert clock.wall_reads == 2


def test_step_of_the_wall_clock_moves_captured_at_but_not_the_line(line: TimeLine, clock: HandClock) -> None:
    last = play(line, clock, 10)[-1]
    line.connected()
    clock.wall = lambda: WALL_S + 3600.0  # type: ignore[method-assign]
    line._clocks = clock.clocks
    first = line.stamp(0.0, 0.0, 0.04)
    assert first.t_s - last.t_s == pytest.approx(0.04)
    assert first.unix_s == WALL_S + 3600.0


@pytest.mark.parametrize("delivered_fps", [15.0, 21.0, 30.0])
def test_camera_that_ticks_at_a_wrong_rate_is_held_to_arrival(
    line: TimeLine, clock: HandClock, delivered_fps: float
) -> None:
    began_s = clock.now_s
    stamps = play(line, clock, 300, fps=delivered_fps, ticks_fps=25.0)
    real_s = clock.now_s - began_s
    assert stamps[-1].t_s - stamps[0].t_s == pytest.approx(real_s, abs=LONGEST_HOLD_S)
    assert all(step > 0 for step in steps(stamps))


def test_first_burst_of_buffered_packets_does_not_make_the_clock_late(line: TimeLine, clock: HandClock) -> None:
    for number in range(50):  # two seconds of pictures at once: the newest is now, the first was two seconds ago
        stamp = line.stamp(number / 25, number / 25, 0.04)
    assert stamp.unix_s == pytest.approx(WALL_S, abs=0.05)
    rest = play(line, clock, 10, from_s=2.0)
    assert rest[-1].clock_error_s < TRANSIT_S + 0.2


def test_clock_error_tells_of_packets_that_come_later_than_before(line: TimeLine, clock: HandClock) -> None:
    play(line, clock, 10)
    clock.advance(0.8)
    late = play(line, clock, 10, from_s=10.0)
    assert late[-1].clock_error_s == pytest.approx(TRANSIT_S + 0.8, abs=0.1)


def test_packets_held_up_and_coming_in_a_burst_change_nothing(line: TimeLine, clock: HandClock) -> None:
    stamps = play(line, clock, 10)
    clock.advance(4.5)
    for number in range(250, 365):  # what was held up
        stamps.append(line.stamp(number / 25, number / 25, 0.04))
    stamps += play(line, clock, 10, from_s=365 / 25)
    assert steps(stamps) == pytest.approx([0.04] * (len(stamps) - 1), abs=1e-6)
