"""Finds since when a thing has been at rest, in a series of how alike earlier pictures of its spot are to it.

Belongs here: judging the series. Does not: decoding the pictures (pipeline.look_back), patches (vision.stillness).
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from statistics import median
from typing import TypeVar

P = TypeVar("P")

SAME = 0.6
"""Likeness, of levelled patches, from which an earlier picture shows the same thing at the same spot, over seconds and
changes of light."""

FALL = 0.25
"""And it is no further below what pictures of it have in the middle: an empty street can be alike to 0.62 where a car
stood that was alike to 0.95 (drawn scenario parking 10)."""

MISSED = 3
"""So many pictures in a row without it end the search; fewer are a bus that passed before it."""

DIP = 0.08
"""While it rests likeness varies by less than this; a car that still rolls a hand's breadth falls further below."""

RUN = 3
"""So many pictures in a row show it at rest, as one may be chance."""


@dataclass(frozen=True, slots=True)
class Span:
    """Where a walk back in time ended.

    Attributes:
        first_t_s: the earliest picture that shows the thing at rest.
        other_t_s: the last one before that, which does not; None where there is no earlier picture.
        next_t_s: the picture after the earliest one that shows it.
        level: how alike pictures of it at rest are, in the middle.
        is_shown: whether any picture showed it.
    """

    first_t_s: float
    other_t_s: float | None
    next_t_s: float
    level: float
    is_shown: bool


def walk_back(
    pictures: Iterable[tuple[float, P]],
    from_t_s: float,
    likeness_of: Callable[[P], float],
    on_shown: Callable[[P], None] = lambda _: None,
) -> Span:
    """Walk back over pictures until the thing is no longer there.

    Args:
        pictures: with the stream time of each, the newest first; read no further than needed.
        from_t_s: a moment at which it was there, not earlier than the first picture.
        likeness_of: returns how alike a picture is to the thing, in [0, 1].
        on_shown: called with each picture that shows it, before the next one is read.
    """
    shown: list[tuple[float, float]] = []
    other_t_s, missed = None, 0
    for t_s, picture in pictures:
        likeness = likeness_of(picture)
        least = max(SAME, median(each for _, each in shown) - FALL) if shown else SAME
        if likeness >= least:
            shown.append((t_s, likeness))
            on_shown(picture)
            other_t_s, missed = None, 0
            continue
        missed += 1
        other_t_s = t_s if other_t_s is None else other_t_s
        if missed == MISSED:
            break
    times = [from_t_s, from_t_s, *(t_s for t_s, _ in shown)]
    level = median([each for _, each in shown[:-1]] or [SAME + DIP])  # at the earliest one it may still have rolled
    return Span(times[-1], other_t_s, times[-2], level, bool(shown))


def rest_began(series: Iterable[tuple[float, float]], level: float) -> float | None:
    """Return the stream time from which a thing rested; None if it does not.

    Args:
        series: stream time and likeness, in the order of time; read no further than needed.
        level: how alike pictures of it at rest are.
    """
    run: list[float] = []
    for t_s, likeness in series:
        run = [*run, t_s] if likeness >= level - DIP else []
        if len(run) == RUN:
            return run[0]
    return None
