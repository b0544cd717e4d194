from itertools import pairwise

import pytest

from streams.dialing import GROWTH, SLOW_WAIT_S, Waits
from streams.errors import StreamNotFoundError, StreamOpenError
from streams.settings import StreamSettings

SETTINGS = StreamSettings(first_wait_s=1, longest_wait_s=60)
AWAY = StreamOpenError("away")


def longest(_low: float, high: float) -> float:
    return high


def test_waits_grow_up_to_the_longest() -> None:
    waits = Waits(SETTINGS, longest)
    taken = [waits.after(AWAY) for _ in range(9)]
    assert taken[:4] == [1, 2, 4, 8]
    assert taken[-2:] == [60, 60]
    assert all(later <= earlier * GROWTH for earlier, later in pairwise(taken))


def test_success_begins_with_the_shortest_wait_again() -> None:
    waits = Waits(SETTINGS, longest)
    for _ in range(5):
        waits.after(AWAY)
    waits.succeeded()
    assert waits.after(AWAY) == 1


def test_waits_differ_so_that_cameras_do_not_come_back_together() -> None:
    assert len({round(Waits(SETTINGS).after(AWAY), 6) for _ in range(20)}) > 10


def test_wrong_path_is_tried_slowly() -> None:
    assert Waits(SETTINGS, longest).after(StreamNotFoundError("no such path")) == pytest.approx(SLOW_WAIT_S)
