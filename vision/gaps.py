"""Counts the seconds of a span that were watched: clocks freeze while a camera or the program is away."""

from collections.abc import Sequence

Span = tuple[float, float]
"""Stream times (from, to)."""

TOUCHING_S = 1e-3
"""Spans this close are one: a view that is covered for an hour is one span, not one for each look."""


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


def joined(spans: Sequence[Span], new: Span, kept_s: float) -> list[Span]:
    """Return spans with a later one, which lengthens the last where it follows at once, less those long past.

    Args:
        spans: in the order of time.
        new: the newest one.
        kept_s: how long before its end a span may have ended.
    """
    kept = [span for span in spans if span[1] > new[1] - kept_s]
    if kept and new[0] - kept[-1][1] < TOUCHING_S:
        return [*kept[:-1], (kept[-1][0], new[1])]
    return [*kept, new]
