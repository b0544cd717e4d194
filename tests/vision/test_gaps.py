"""Seconds of a span that were watched."""

import pytest

from vision.gaps import joined, watched_s

AWAY = ((20.0, 30.0), (50.0, 52.0))


@pytest.mark.parametrize(
    ("from_t_s", "to_t_s", "expected"),
    [(0, 10, 10), (0, 60, 48), (25, 28, 0), (15, 25, 5), (29, 51, 20), (30, 50, 20), (60, 0, -48), (40, 40, 0)],
)
def test_only_watched_seconds_count(from_t_s: float, to_t_s: float, expected: float) -> None:
    assert watched_s(AWAY, from_t_s, to_t_s) == pytest.approx(expected)


def test_all_counts_where_somebody_always_watched() -> None:
    assert watched_s((), 3, 7.5) == 4.5


def test_looks_at_a_covered_view_are_one_span_however_many() -> None:
    spans: list[tuple[float, float]] = [(10.0, 12.0)]
    for look in range(500):
        spans = joined(spans, (20.0 + 0.5 * look, 20.5 + 0.5 * look), 900.0)
    assert spans == [(10.0, 12.0), (20.0, 270.0)]
    assert watched_s(spans, 0.0, 300.0) == pytest.approx(48.0)


def test_what_is_long_past_is_forgotten() -> None:
    assert joined([(10.0, 12.0), (500.0, 501.0)], (1000.0, 1001.0), 900.0) == [(500.0, 501.0), (1000.0, 1001.0)]
