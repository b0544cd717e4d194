"""Seconds of a span that were watched."""

import pytest

from vision.gaps import watched_s

AWAY = ((20.0, 30.0), (50.0, 52.0))


@pytest.mark.parametrize(
    ("from_t_s", "to_t_s", "expected"),
    [(0, 10, 10), (0, 60, 48), (25, 28, 0), (15, 25, 5), (29, 51, 20), (30, 50, 20), (60, 0, -48), (40, 40, 0)],
)
def test_only_watched_seconds_count(from_t_s: float, to_t_s: float, expected: float) -> None:
    assert watched_s(AWAY, from_t_s, to_t_s) == pytest.approx(expected)


def test_all_counts_where_somebody_always_watched() -> None:
    assert watched_s((), 3, 7.5) == 4.5
