"""Finds since when a thing has been at rest, in a series of how alike earlier pictures of its spot are to it.

Belongs here: judging the series. Does not: decoding the pictures (pipeline.look_back), patches (vision.stillness).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

SAME = 0.7
"""Likeness from which an earlier picture shows the same thing at the same spot, over seconds and changes of light."""

MISSED = 3
"""So many pictures in a row without it end the search; fewer are a bus that passed before it."""

DIP = 0.08
"""While it rests likeness varies by less than this; a car that still rolls a hand's breadth falls further below."""

SEEN_SHARE, RUN = 0.5, 3
"""Share of the pictures since it came to rest that must show it, as a bus may pass before it; and so many in a row at
the beginning, as one may be chance."""


@dataclass(frozen=True, slots=True)
class Span:
    """Where a walk back in time ended.

    Attributes:
        first_t_s: the earliest picture that shows the thing at rest.
        other_t_s: the last one before that, which does not; None where there is no earlier picture.
    """

    first_t_s: float
    other_t_s: float | None


def walk_back(pictures: Iterable[tuple[float, float]], from_t_s: float) -> Span:
    """Walk back over pictures until the thing is no longer there.

    Args:
        pictures: stream time and likeness of each, the newest first; read no further than needed.
        from_t_s: a moment at which it was there, not earlier than the first picture.
    """
    span, missed = Span(from_t_s, None), 0
    for t_s, likeness in pictures:
        if likeness >= SAME:
            span, missed = Span(t_s, None), 0
            continue
        missed += 1
        if span.other_t_s is None:
            span = Span(span.first_t_s, t_s)
        if missed == MISSED:
            break
    return span


def rest_began(series: Sequence[tuple[float, float]]) -> float | None:
    """Return the stream time from which a thing rested, in a series that ends with it at rest; None if it does not.

    Args:
        series: stream time and likeness, in the order of time.
    """
    if not series:
        return None
    likeness = np.array([each for _, each in series])
    usual = float(np.median(likeness[-len(likeness) // 4 or -1 :]))
    same = likeness >= max(SAME - DIP, usual - DIP)
    shares = np.cumsum(same[::-1])[::-1] / np.arange(len(same), 0, -1)
    lasts = np.convolve(same, np.ones(RUN), "full")[RUN - 1 :] == RUN
    begins = np.flatnonzero(lasts & (shares >= SEEN_SHARE))
    return series[int(begins[0])][0] if len(begins) else None
