"""Parts of a batch are done side by side, in order, and no failure is lost."""

import threading

import pytest

from models.lanes import Lanes

LIMIT_S = 60.0


@pytest.fixture
def lanes() -> Lanes:
    return Lanes("test", 2)


@pytest.mark.parametrize(
    ("lanes", "length", "expected"),
    [
        (1, 3, [[0, 1, 2]]),
        (2, 2, [[0], [1]]),
        (2, 5, [[0, 1, 2], [3, 4]]),
        (4, 3, [[0], [1], [2]]),
        (3, 8, [[0, 1, 2], [3, 4, 5], [6, 7]]),
    ],
)
def test_parts_come_back_in_order_and_miss_nothing(lanes: int, length: int, expected: list[list[int]]) -> None:
    assert Lanes("test", lanes).parts(length, lambda _, rows: list(range(length))[rows]) == expected


def test_parts_run_at_the_same_time(lanes: Lanes) -> None:
    meeting = threading.Barrier(2, timeout=LIMIT_S)
    assert len(lanes.parts(2, lambda _lane, _rows: meeting.wait())) == 2


def test_each_lane_has_its_own_number(lanes: Lanes) -> None:
    assert lanes.parts(4, lambda lane, _: lane) == [0, 1]


def test_single_thing_is_done_on_the_callers_thread(lanes: Lanes) -> None:
    assert lanes.parts(1, lambda _lane, _rows: threading.get_ident()) == [threading.get_ident()]


@pytest.mark.parametrize("failing", [0, 1])
def test_failure_of_either_part_is_raised(lanes: Lanes, failing: int) -> None:
    def work(lane: int, _rows: slice) -> None:
        if lane == failing:
            raise ValueError(f"lane {lane}")

    with pytest.raises(ValueError, match=f"lane {failing}"):
        lanes.parts(2, work)


def test_failure_of_the_first_half_waits_for_the_second(lanes: Lanes) -> None:
    first_failed, ended = threading.Event(), threading.Event()

    def work(lane: int, _rows: slice) -> None:
        if lane == 0:
            first_failed.set()
            raise ValueError("first")
        assert first_failed.wait(LIMIT_S)
        ended.set()

    with pytest.raises(ValueError, match="first"):
        lanes.parts(2, work)
    assert ended.is_set()


def test_closing_leaves_no_thread() -> None:
    lanes = Lanes("test-closing", 3)
    lanes.parts(2, lambda _lane, _rows: None)
    lanes.close()
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("test-closing")]
