"""The search for the largest number of cameras that a side bears."""

from collections.abc import Callable

import pytest

from benchmarks.capacity_search import Climb, begin_of

STEPS = (1, 4, 8, 16, 32)


def run(climb: Climb, passes: Callable[[int, int], bool]) -> list[int]:
    """Let the climb run; `passes` is asked with the step and how often it was tried before. Returns what was tried."""
    tried: list[int] = []
    while (step := climb.next_step) is not None:
        climb.take(passed=passes(step, tried.count(step)))
        tried.append(step)
    return tried


def test_a_climb_ends_where_a_step_failed_twice():
    climb = Climb(STEPS)

    assert run(climb, lambda step, _again: step <= 8) == [1, 4, 8, 16, 16]
    assert climb.best == 8


def test_a_step_that_fails_once_by_chance_is_passed():
    climb = Climb(STEPS)

    run(climb, lambda step, again: step < 16 or (step == 16 and again == 1))

    assert climb.best == 16


def test_a_side_that_bears_every_step_ends_at_the_highest():
    climb = Climb(STEPS)

    assert run(climb, lambda _step, _again: True) == list(STEPS)
    assert climb.best == 32


def test_a_side_that_bears_none_has_found_nothing():
    climb = Climb(STEPS)

    assert run(climb, lambda _step, _again: False) == [1, 1]
    assert climb.best == 0


def test_a_later_round_begins_in_the_middle_and_goes_up():
    climb = Climb(STEPS, begin_at=8)

    assert run(climb, lambda step, _again: step <= 16) == [8, 16, 32, 32]
    assert climb.best == 16


def test_a_later_round_goes_down_until_a_step_is_passed():
    climb = Climb(STEPS, begin_at=16)

    assert run(climb, lambda step, _again: step <= 4) == [16, 16, 8, 8, 4]
    assert climb.best == 4


def test_a_round_begins_at_the_step_nearest_to_the_middle_of_the_earlier_ones():
    assert begin_of([], STEPS) is None
    assert begin_of([0, 0], STEPS) is None
    assert begin_of([8, 16], STEPS) == 8
    assert begin_of([16, 16, 32], STEPS) == 16


@pytest.mark.parametrize("steps", [(), (4, 4), (8, 4)])
def test_steps_that_do_not_ascend_are_refused(steps):
    with pytest.raises(ValueError, match="ascending"):
        Climb(steps)


def test_a_round_that_is_over_takes_nothing_more():
    climb = Climb((1,))
    climb.take(passed=True)

    with pytest.raises(ValueError, match="over"):
        climb.take(passed=True)
