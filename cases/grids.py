"""The unit grids and responsibility grids of a city: reads them from GeoJSON and says in which one a place lies.

A unit grid is a block of about 10,000 square metres with a code; a responsibility grid is a set of unit grids with
somebody who walks it. How a code is built differs between cities, so its form is a setting.

Belongs here: the grids. Does not: what is wrong with how they lie to each other (grid_checks), dispatching.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import shapely
from pydantic import BaseModel, ConfigDict, Field, JsonValue, ValidationError
from shapely.geometry import MultiPolygon, Point

from cases.coordinates import Position, per_degree_m
from cases.geojson import Feature, read_features
from cases.place_problems import At, Slip, Unit, refuse
from cases.spots import MAX_DISTRICT_LENGTH, MAX_GRID_LENGTH, MAX_UNIT_LENGTH, NOWHERE, Spot

ANY_CODE = r"[0-9A-Za-z]{1,20}"
"""The form of a code where the settings name none."""

DISTRICT_DIGITS = 6
"""A code begins with the district's (GB/T 2260)."""


@dataclass(frozen=True, slots=True, eq=False)
class UnitGrid:
    """One unit grid; `feature` is its number in the file."""

    code: str
    name: str
    district: str
    shape: MultiPolygon
    feature: int


@dataclass(frozen=True, slots=True, eq=False)
class Area:
    """One responsibility grid.

    Attributes:
        code, name: as in its file.
        collector: who walks it, empty where nobody is named.
        grids: codes of its unit grids.
        shape: None where the file gives only the unit grids.
        feature: its number in the file.
    """

    code: str
    name: str
    collector: str
    grids: tuple[str, ...]
    shape: MultiPolygon | None
    feature: int


@dataclass(frozen=True, slots=True)
class GridsRead:
    """The unit grids of a file that can be used, and what is wrong with the others."""

    grids: tuple[UnitGrid, ...]
    slips: tuple[Slip, ...]


@dataclass(frozen=True, slots=True)
class AreasRead:
    """The responsibility grids of a file that can be used, and what is wrong with the others."""

    areas: tuple[Area, ...]
    slips: tuple[Slip, ...]


class _GridEntry(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True, coerce_numbers_to_str=True)

    grid_code: str = Field(min_length=1, max_length=MAX_GRID_LENGTH)
    name: str = Field(default="", max_length=MAX_UNIT_LENGTH)
    district: str = Field(default="", max_length=MAX_DISTRICT_LENGTH)


class _AreaEntry(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True, coerce_numbers_to_str=True)

    area_code: str = Field(min_length=1, max_length=MAX_GRID_LENGTH)
    name: str = Field(default="", max_length=MAX_UNIT_LENGTH)
    collector: str = Field(default="", max_length=MAX_UNIT_LENGTH)
    unit_grids: tuple[str, ...] = ()


def read_grids(path: Path, *, pattern: str = ANY_CODE, crs: str = "") -> GridsRead:
    """Read unit grids; each feature has a property `grid_code` and may have `name` and `district`.

    Args:
        path: GeoJSON.
        pattern: the form of a code, a regular expression for the whole of it.
        crs: see `read_features`.

    Raises:
        PlaceFileError: the file cannot be read at all.
        CoordinatesError: `crs` is no system of coordinates.
    """
    file = read_features(path, crs=crs, name_key="grid_code")
    slips, grids, seen = list(file.slips), [], dict[str, int]()
    for feature in file.features:
        at = At(Unit.FEATURE, feature.number, str(feature.properties.get("grid_code", ""))[:40])
        try:
            entry = _GridEntry.model_validate(_plain(feature.properties))
        except ValidationError as err:
            slips += at.slips(err)
            continue
        slips += _code_slips(at, entry.grid_code, pattern, seen)
        if feature.shape is None:
            slips.append(at.slip("no_geometry"))
        elif seen.setdefault(entry.grid_code, feature.number) == feature.number:
            district = entry.district or entry.grid_code[:DISTRICT_DIGITS]
            grids.append(UnitGrid(entry.grid_code, entry.name, district, feature.shape, feature.number))
    return GridsRead(tuple(grids), tuple(slips))


def read_areas(path: Path, grids: Sequence[UnitGrid], *, pattern: str = ANY_CODE, crs: str = "") -> AreasRead:
    """Read responsibility grids: a feature has `area_code`, and its unit grids by `unit_grids` or by its geometry.

    Where a feature names none, the unit grids whose middle lies in its geometry are its own.

    Raises:
        PlaceFileError, CoordinatesError: as `read_grids`.
    """
    file = read_features(path, crs=crs, name_key="area_code")
    slips, areas, seen = list(file.slips), [], dict[str, int]()
    for feature in file.features:
        at = At(Unit.FEATURE, feature.number, str(feature.properties.get("area_code", ""))[:40])
        try:
            entry = _AreaEntry.model_validate(_plain(feature.properties))
        except ValidationError as err:
            slips += at.slips(err)
            continue
        slips += _code_slips(at, entry.area_code, pattern, seen)
        if not entry.unit_grids and feature.shape is None:
            slips.append(at.slip("nothing_named"))
        elif seen.setdefault(entry.area_code, feature.number) == feature.number:
            areas.append(_area(feature, entry, grids))
    return AreasRead(tuple(areas), (*slips, *_membership_slips(areas, grids)))


class GridMap:
    """The grids of a city, for questions; any thread may ask.

    Args:
        grids: unit grids with different codes.
        areas: responsibility grids with different codes.
    """

    def __init__(self, grids: Sequence[UnitGrid] = (), areas: Sequence[Area] = ()) -> None:
        self.grids, self.areas = tuple(grids), tuple(areas)
        self._grid_tree = shapely.STRtree([grid.shape for grid in self.grids])
        shaped = [(area, area.shape) for area in self.areas if area.shape is not None]
        self._shaped = [area for area, _ in shaped]
        self._area_tree = shapely.STRtree([shape for _, shape in shaped])
        self._area_of_grid = {code: area for area in reversed(self.areas) for code in area.grids}
        self._by_code = {grid.code: grid for grid in self.grids}

    def spot(self, position: Position, address: str = "") -> Spot:
        """Return in which grids a place lies; on a border the smallest code counts."""
        grid = self.grid_at(position)
        area = self.area_at(position, grid)
        return Spot(
            position, grid.code if grid else "", area.code if area else "", grid.district if grid else "", address
        )

    def grid_at(self, position: Position) -> UnitGrid | None:
        """Return the unit grid of a place, None where there is none."""
        rows = self._grid_tree.query(Point(position.longitude, position.latitude), predicate="intersects")
        return min((self.grids[row] for row in rows.tolist()), key=lambda grid: grid.code, default=None)

    def area_at(self, position: Position, grid: UnitGrid | None) -> Area | None:
        """Return the responsibility grid of a place: that of its unit grid, else the one whose own border holds it."""
        if grid is not None and grid.code in self._area_of_grid:
            return self._area_of_grid[grid.code]
        rows = self._area_tree.query(Point(position.longitude, position.latitude), predicate="intersects")
        return min((self._shaped[row] for row in rows.tolist()), key=lambda area: area.code, default=None)

    def border_m(self, position: Position) -> float:
        """Return how far the border of its unit grid is, in metres; 0 where a place lies in none.

        A place whose error is larger may lie in the grid beside.
        """
        grid = self.grid_at(position)
        if grid is None:
            return 0.0
        border = to_metres([grid.shape.boundary], position.latitude)[0]
        here = to_metres([Point(position.longitude, position.latitude)], position.latitude)[0]
        return float(shapely.distance(border, here))

    @property
    def bounds(self) -> tuple[float, float, float, float] | None:
        """West, south, east and north of all unit grids, degrees of WGS-84; None where the city has none."""
        if not self.grids:
            return None
        west, south, east, north = shapely.total_bounds([grid.shape for grid in self.grids]).tolist()
        return west, south, east, north

    def area_of(self, grid: UnitGrid) -> Area | None:
        """Return the responsibility grid of a unit grid, None where it belongs to none."""
        return self._area_of_grid.get(grid.code) or self._area_by_middle(grid)

    def within(self, west: float, south: float, east: float, north: float, limit: int) -> tuple[UnitGrid, ...]:
        """Return up to `limit` unit grids that touch a box of degrees, by their codes."""
        rows = self._grid_tree.query(shapely.box(west, south, east, north), predicate="intersects")
        return tuple(sorted((self.grids[row] for row in rows.tolist()), key=lambda grid: grid.code)[:limit])

    def spot_of_grid(self, code: str) -> Spot:
        """Return the spot of a unit grid by its code, without a position; `NOWHERE` where there is no such grid."""
        grid = self._by_code.get(code)
        if grid is None:
            return NOWHERE
        area = self.area_of(grid)
        return Spot(None, code, area.code if area else "", grid.district)

    def _area_by_middle(self, grid: UnitGrid) -> Area | None:
        middle = grid.shape.representative_point()
        return self.area_at(Position(middle.x, middle.y), None)


def load_map(grids: Path | None, areas: Path | None, *, pattern: str = ANY_CODE, crs: str = "") -> GridMap:
    """Read the grids of a city, for the service.

    Args:
        grids: GeoJSON of unit grids; None where the city has none.
        areas: GeoJSON of responsibility grids; None where it has none.
        pattern: see `read_grids`.
        crs: see `read_grids`.

    Raises:
        PlaceFileError: a file cannot be used; the message has a line per mistake.
        CoordinatesError: `crs` is no system of coordinates.
    """
    read = GridsRead((), ()) if grids is None else read_grids(grids, pattern=pattern, crs=crs)
    if grids is not None:
        refuse(grids, read.slips)
    if areas is None:
        return GridMap(read.grids)
    read_too = read_areas(areas, read.grids, pattern=pattern, crs=crs)
    refuse(areas, read_too.slips)
    return GridMap(read.grids, read_too.areas)


def to_metres(shapes: Iterable[shapely.Geometry], latitude: float) -> list[shapely.Geometry]:
    """Return geometries in metres from 0 E 0 N, as good as flat around that latitude: 1 in 100 over half a degree."""
    scale = np.array(per_degree_m(latitude))
    return [shapely.transform(shape, lambda corners: corners * scale) for shape in shapes]


def _area(feature: Feature, entry: _AreaEntry, grids: Sequence[UnitGrid]) -> Area:
    codes = entry.unit_grids
    if not codes and feature.shape is not None:
        shapely.prepare(feature.shape)
        codes = tuple(g.code for g in grids if feature.shape.contains(g.shape.representative_point()))
    return Area(entry.area_code, entry.name, entry.collector, codes, feature.shape, feature.number)


def _code_slips(at: At, code: str, pattern: str, seen: Mapping[str, int]) -> list[Slip]:
    slips = []
    if not re.fullmatch(pattern, code):
        slips.append(at.slip("bad_code", code=code, pattern=pattern))
    if code in seen:
        slips.append(at.slip("doubled", code=code, first=f"#{seen[code]}"))
    return slips


def _membership_slips(areas: Sequence[Area], grids: Sequence[UnitGrid]) -> list[Slip]:
    """Return unit grids that nobody knows or that two responsibility grids claim."""
    slips, owners = [], dict[str, str]()
    known = {grid.code for grid in grids}
    for area in areas:
        at = At(Unit.FEATURE, area.feature, area.code)
        for code in area.grids:
            if known and code not in known:
                slips.append(at.slip("unknown_grid", code=code))
            elif owners.setdefault(code, area.code) != area.code:
                slips.append(at.slip("grid_twice", code=code, other=owners[code]))
    return slips


def _plain(properties: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
    """Return properties without those that are null, as programs write those that nobody filled in."""
    return {key: value for key, value in properties.items() if value is not None}
