"""Tells what was at a place before, and which places come again and again.

About a third of a city's cases lie at places that had three or more; one sees that only if places are counted.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from cases.coordinates import Position, distance_m, per_degree_m
from cases.kinship import Sighting

MOST_TOLD = 50
"""A history lists so many cases; the count is of all."""


@dataclass(frozen=True, slots=True)
class PlaceHistory:
    """What was at one place.

    Attributes:
        count: how many cases.
        codes: how many of each code, the commonest first.
        first_at, last_at: when the first and the last one were raised; None where there was none.
        newest: the newest ones.
    """

    count: int
    codes: tuple[tuple[str, int], ...]
    first_at: datetime | None
    last_at: datetime | None
    newest: tuple[Sighting, ...]


@dataclass(frozen=True, slots=True)
class BusyPlace:
    """A place with several cases: their middle, and the cases from the oldest to the newest."""

    position: Position
    cases: tuple[Sighting, ...]

    @property
    def count(self) -> int:
        """How many cases there were."""
        return len(self.cases)


def history_of(cases: Iterable[Sighting]) -> PlaceHistory:
    """Return the history of a place from the cases that were there, in any order."""
    ordered = sorted(cases, key=lambda case: case.raised_at, reverse=True)
    counts = Counter(case.code for case in ordered)
    return PlaceHistory(
        count=len(ordered),
        codes=tuple(sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))),
        first_at=ordered[-1].raised_at if ordered else None,
        last_at=ordered[0].raised_at if ordered else None,
        newest=tuple(ordered[:MOST_TOLD]),
    )


def busy_places(cases: Sequence[Sighting], radius_m: float, least: int = 2) -> tuple[BusyPlace, ...]:
    """Return places with at least so many cases, the busiest first; cases without a position are left out.

    In the order of time each case joins the nearest place whose first case lies within the radius, or else begins one.
    So a place never grows along a street, and the same cases always give the same places.
    """
    ordered = sorted(cases, key=lambda case: (case.raised_at, case.case_id))
    placed = [(case, case.position) for case in ordered if case.position is not None]
    degrees = _cell_degrees((position for _, position in placed), radius_m)
    groups: list[list[Sighting]] = []
    starts: list[Position] = []
    cells: dict[tuple[int, int], list[int]] = defaultdict(list)
    for case, position in placed:
        cell = _cell(position, degrees)
        near = [group for around in _neighbours(cell) for group in cells[around]]
        ways = {group: distance_m(starts[group], position) for group in near}
        best = min(ways, key=lambda group: (ways[group], group), default=None)
        if best is None or ways[best] > radius_m:
            best = len(groups)
            groups.append([])
            starts.append(position)
            cells[cell].append(best)
        groups[best].append(case)
    busy = [BusyPlace(_middle(group), tuple(group)) for group in groups if len(group) >= least]
    return tuple(sorted(busy, key=lambda place: (-place.count, place.cases[0].raised_at)))


def _cell(position: Position, degrees: tuple[float, float]) -> tuple[int, int]:
    """Return the cell of a raster in which a place lies."""
    return math.floor(position.longitude / degrees[0]), math.floor(position.latitude / degrees[1])


def _cell_degrees(positions: Iterable[Position], radius_m: float) -> tuple[float, float]:
    """Return the size of cells that are nowhere smaller than the radius: degrees are shortest far from the equator."""
    farthest = max((abs(each.latitude) for each in positions), default=0.0)
    east, _ = per_degree_m(min(farthest, 89.0))
    _, north = per_degree_m(0.0)
    return radius_m / east, radius_m / north


def _neighbours(cell: tuple[int, int]) -> list[tuple[int, int]]:
    return [(cell[0] + x, cell[1] + y) for x in (-1, 0, 1) for y in (-1, 0, 1)]


def _middle(group: Sequence[Sighting]) -> Position:
    positions = [case.position for case in group if case.position is not None]
    longitude = math.fsum(each.longitude for each in positions) / len(positions)
    latitude = math.fsum(each.latitude for each in positions) / len(positions)
    return Position(longitude, latitude, max(each.error_m for each in positions))
