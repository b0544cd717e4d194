"""Counts the seconds of a span that were watched: clocks freeze while a camera or the program is away."""

from collections.abc import Sequence

Span = tuple[float, float]
"""Stream times (from, to)."""


def watched_s(unwatched: Sequence[Span], from_t_s: float, to_t_s: float) -> float:
    """Return the seconds of a span that were watched; negative where it runs back.

    Args:
        unwatched: the spans in which nobody watched; they do not overlap.
        from_t_s: stream time at which the span begins.
        to_t_s: stream time at which it ends.
    """
    if to_t_s < from_t_s:
        return -watched_s(unwatched, to_t_s, from_t_s)
    away_s = sum(max(0.0, min(end, to_t_s) - max(begin, from_t_s)) for begin, end in unwatched)
    return to_t_s - from_t_s - away_s
