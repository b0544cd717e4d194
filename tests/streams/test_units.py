"""Decoding stamps of pictures that come with presentation stamps only: they run on, and lag no more than they need."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.units import MOST_REORDER_S, DecodeStamps

STEP_S = 0.04
IBP = [0, 2, 1, 4, 3, 6, 5, 8, 7]
PYRAMID = [0, 4, 2, 1, 3, 8, 6, 5, 7, 12, 10, 9, 11]
"""Two pictures wait for one that is shown earlier: B-frames that others refer to."""


def stamps(line: DecodeStamps, order: list[int], from_s: float = 0.0) -> list[float]:
    """Return the decoding stamps of pictures that are shown in this order, as numbers of pictures."""
    return [(line.of(from_s + number * STEP_S) - from_s) / STEP_S for number in order]


def runs_on(times: list[float]) -> bool:
    return all(later >= earlier - 1e-9 for earlier, later in pairwise(times))


def test_pictures_in_order_are_decoded_when_they_are_shown() -> None:
    assert stamps(DecodeStamps(), list(range(50))) == pytest.approx(range(50))


@pytest.mark.parametrize(("depth", "order"), [(1, IBP), (2, PYRAMID)])
def test_known_depth_gives_stamps_that_run_on_from_the_first_picture(depth: int, order: list[int]) -> None:
    times = stamps(DecodeStamps(depth), order)
    assert runs_on(times)
    assert all(time <= number + 1e-9 for time, number in zip(times, order, strict=True))


def test_known_depth_lags_by_no_more_than_it_needs() -> None:
    times = stamps(DecodeStamps(1), IBP)
    assert times[2:] == pytest.approx(range(1, len(IBP) - 1))


@pytest.mark.parametrize("order", [IBP, PYRAMID])
def test_depth_is_learnt_from_the_first_pictures_that_are_shown_earlier(order: list[int]) -> None:
    line = DecodeStamps()
    stamps(line, order)
    base = order[0] + 100
    times = stamps(line, [base + number for number in order])
    assert runs_on(times)
    assert all(time <= base + number + 1e-9 for time, number in zip(times, order, strict=True))


@pytest.mark.parametrize("jump_s", [-3600.0, -MOST_REORDER_S - 0.1, -MOST_REORDER_S + 0.1, MOST_REORDER_S + 0.1, 1e6])
def test_jump_of_the_camera_clock_begins_anew(jump_s: float) -> None:
    line = DecodeStamps()
    stamps(line, list(range(30)))
    assert stamps(line, list(range(30)), from_s=29 * STEP_S + jump_s) == pytest.approx(range(30), abs=1e-3)


def test_jump_of_the_camera_clock_forgets_no_depth() -> None:
    line = DecodeStamps(1)
    stamps(line, IBP)
    assert runs_on(stamps(line, IBP, from_s=-1000.0))


@given(st.lists(st.one_of(st.floats(-1e6, 1e6), st.floats(0, 3)), max_size=200))
def test_any_stamps_give_stamps_of_pictures_that_came(times: list[float]) -> None:
    line = DecodeStamps()
    for number, pts_s in enumerate(times):
        assert line.of(pts_s) in times[: number + 1]
