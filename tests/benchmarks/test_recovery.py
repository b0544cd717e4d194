"""The recovery benchmark: its arithmetic, and a short run of it."""

import pytest

from benchmarks.recovery import goals, percentile
from benchmarks.recovery_runs import Arrivals, Herd, Noticed, Returned
from streams.offers import Offer


def herd(back_s: float) -> Herd:
    return Herd([1.0, back_s], 90.0, [10, 5], [100, 20], 0.3, [0.3, 0.3])


@pytest.mark.parametrize(("share", "value"), [(0.5, 50.0), (0.99, 99.0), (1.0, 100.0), (0.001, 1.0)])
def test_percentile_is_a_value_that_so_many_do_not_exceed(share: float, value: float) -> None:
    assert percentile([float(number) for number in range(1, 101)], share) == value


def test_one_slow_return_in_fifty_misses_the_goal() -> None:
    returned = [Returned("network dark", 30.0, 1.0)] * 49 + [Returned("network dark", 30.0, 20.0)]
    met = {goal.name: goal.met for goal in goals([Noticed("x", 4.0)], returned, herd(5.0))}
    assert met["seconds until pictures flow again, median"]
    assert not met["seconds until pictures flow again, p99"]


def test_picture_of_before_the_return_does_not_count() -> None:
    arrivals = Arrivals()
    arrivals(Offer("gate", 1.0, lambda _decoders: None))
    before_s = arrivals.first("gate")
    arrivals.expect("gate")
    arrivals(Offer("gate", 2.0, lambda _decoders: None))
    assert arrivals.first("gate") > before_s
