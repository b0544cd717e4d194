"""Reads polygons from GeoJSON, feature by feature, and says of each what is wrong with it.

What people hand over has unclosed rings, latitude before longitude, metres where degrees belong. Each feature is
judged by itself, so that one file gives all its mistakes at once. Polygons leave in WGS-84.

Belongs here: geometry as written (RFC 7946, and the `crs` member of the 2008 format before it). Does not: what a
feature is for (grids, regions), how features lie to each other (grid_checks).
"""

import json
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import shapely
from pydantic import JsonValue
from shapely.geometry import MultiPolygon, Polygon

from cases.coordinates import WGS84, Position, SourceCrs, distance_m
from cases.errors import CoordinatesError, PlaceFileError
from cases.place_problems import At, Slip, Unit
from cases.wording import Words

MAX_BYTES = 256 * 2**20
"""A city of 30,000 grids with 20 corners each has a tenth of this."""

CHINA = (73.0, 136.0, 3.0, 54.0)
"""West, east, south and north end of the country; numbers that fit only when exchanged were exchanged."""

FAR_M = 300_000.0
"""A feature so far from the middle of the others belongs to no city's file: a slip of a digit, or another zone."""

LEAST_SQUARE_DEGREES = 1e-13
"""About ten square centimetres: whatever is smaller is a line."""

_CROSSING = re.compile(r"Self-intersection\[(\S+) (\S+)\]")

Ring = list[tuple[float, float]]


class _WrongError(Exception):
    """What is wrong with a geometry; never leaves this module."""

    def __init__(self, said: str, **facts: str | int) -> None:
        self.said, self.facts = said, facts


@dataclass(frozen=True, slots=True)
class Feature:
    """One feature of a file.

    Attributes:
        number: which one, from 1.
        properties: as written.
        shape: valid, in degrees of WGS-84; None where the feature has no geometry.
    """

    number: int
    properties: dict[str, JsonValue]
    shape: MultiPolygon | None


@dataclass(frozen=True, slots=True)
class FeatureFile:
    """What a file holds: the features that can be read, and what is wrong with the others."""

    features: tuple[Feature, ...]
    slips: tuple[Slip, ...]
    crs: str


def read_features(path: Path, *, crs: str = "", name_key: str = "") -> FeatureFile:
    """Read a file of polygons.

    Args:
        path: a GeoJSON file with a FeatureCollection, in UTF-8.
        crs: its system of coordinates, see `SourceCrs`; what the file itself says, or else WGS-84, where empty.
        name_key: the property that names a feature in what is told about it.

    Raises:
        PlaceFileError: the file cannot be read at all.
        CoordinatesError: `crs` is no system of coordinates.
    """
    content = _content(path)
    whole = At(Unit.FILE)
    if isinstance(content, str):
        return FeatureFile((), (whole.slip("no_json", why=content),), crs or WGS84)
    members = content if isinstance(content, dict) else {}
    listed = members.get("features")
    if members.get("type") != "FeatureCollection" or not isinstance(listed, list):
        return FeatureFile((), (whole.slip("no_collection"),), crs or WGS84)
    try:
        source, slips = _source_of(members, crs), []
    except _WrongError as wrong:
        return FeatureFile((), (whole.slip(wrong.said, **wrong.facts),), crs or WGS84)
    features = []
    for number, raw in enumerate(listed, start=1):
        at = At(Unit.FEATURE, number, _name_of(raw, name_key))
        try:
            features.append(_feature(number, raw, source))
        except _WrongError as wrong:
            slips.append(at.slip(wrong.said, **wrong.facts))
    if not listed:
        slips.append(whole.slip("no_feature"))
    slips += _strays(features, name_key)
    return FeatureFile(tuple(features), tuple(slips), source.name)


def polygons_of(geometry: JsonValue, source: SourceCrs) -> MultiPolygon:
    """Return a geometry of GeoJSON as polygons in WGS-84.

    Raises:
        ValueError: it is none, or a wrong one; the message says what is wrong in English.
    """
    try:
        return _shape(geometry, source)
    except _WrongError as wrong:
        raise ValueError(Words.load().say("place", wrong.said, "en", **wrong.facts)) from None


def _content(path: Path) -> JsonValue | str:
    """Return what a file holds, or as text why it is no JSON."""
    try:
        if path.stat().st_size > MAX_BYTES:
            raise PlaceFileError(f"{path} is larger than {MAX_BYTES // 2**20} MiB; split it")
        raw = path.read_bytes()
    except OSError as err:
        raise PlaceFileError(f"{path} cannot be read: {err.strerror}") from None
    try:
        content = json.loads(raw.decode("utf-8-sig"))
    except RecursionError:
        return "brackets are nested too deep"
    except ValueError as err:  # not JSON, or not UTF-8
        return str(err)
    return {} if isinstance(content, str) else content


def _source_of(members: Mapping[str, JsonValue], wanted: str) -> SourceCrs:
    said = members.get("crs")
    properties = said.get("properties") if isinstance(said, dict) else None
    name = properties.get("name") if isinstance(properties, dict) else None
    try:
        own = SourceCrs(name) if isinstance(name, str) else None
    except CoordinatesError:
        raise _WrongError("unknown_crs", crs=str(name)) from None
    if not wanted:
        return own or SourceCrs(WGS84)
    asked = SourceCrs(wanted)
    if own is not None and own.name != asked.name:
        raise _WrongError("other_crs", crs=own.name, wanted=asked.name)
    return asked


def _name_of(raw: JsonValue, name_key: str) -> str:
    properties = raw.get("properties") if isinstance(raw, dict) else None
    name = properties.get(name_key) if isinstance(properties, dict) else None
    return str(name)[:40] if isinstance(name, str | int) else ""


def _feature(number: int, raw: JsonValue, source: SourceCrs) -> Feature:
    if not isinstance(raw, dict) or raw.get("type") != "Feature":
        raise _WrongError("no_feature_here")
    properties, geometry = raw.get("properties"), raw.get("geometry")
    if not isinstance(properties, dict):
        raise _WrongError("no_properties")
    return Feature(number, properties, None if geometry is None else _shape(geometry, source))


def _shape(geometry: JsonValue, source: SourceCrs) -> MultiPolygon:
    kind = geometry.get("type") if isinstance(geometry, dict) else None
    coordinates = geometry.get("coordinates") if isinstance(geometry, dict) else None
    if kind not in ("Polygon", "MultiPolygon") or not isinstance(coordinates, list) or not coordinates:
        raise _WrongError("no_polygon", kind=str(kind))
    polygons = []
    for part in [coordinates] if kind == "Polygon" else coordinates:
        if not isinstance(part, list) or not part:
            raise _WrongError("no_polygon", kind=str(kind))
        shell, *holes = (_ring(ring, source) for ring in part)
        polygons.append(Polygon(shell, holes))
    shape = MultiPolygon(polygons)
    _check_valid(shape)
    return shape


def _ring(raw: JsonValue, source: SourceCrs) -> Ring:
    if not isinstance(raw, list) or len(raw) < 3:
        raise _WrongError("few_corners", count=len(raw) if isinstance(raw, list) else 0)
    corners = [_corner(each) for each in raw]
    _check_range(corners, source)
    try:
        ring = [source.wgs84(x, y) for x, y in corners]
    except CoordinatesError:
        raise _WrongError("outside_crs", crs=source.name) from None
    if corners[0] != corners[-1]:
        open_m = distance_m(Position(*ring[0]), Position(*ring[-1]))
        raise _WrongError("unclosed", metres=f"{open_m:.1f}", x=f"{corners[-1][0]:.6f}", y=f"{corners[-1][1]:.6f}")
    if len(set(corners)) < 3:
        raise _WrongError("few_corners", count=len(set(corners)))
    return ring


def _corner(raw: JsonValue) -> tuple[float, float]:
    if isinstance(raw, list) and len(raw) >= 2:
        x, y = raw[0], raw[1]
        is_number = all(isinstance(value, int | float) and not isinstance(value, bool) for value in (x, y))
        if is_number and isinstance(x, int | float) and isinstance(y, int | float) and abs(x) < 1e9 and abs(y) < 1e9:
            return float(x), float(y)
    raise _WrongError("no_corner", corner=json.dumps(raw, ensure_ascii=False)[:60])


def _check_range(corners: Ring, source: SourceCrs) -> None:
    """Refuse numbers that belong to another system of coordinates, or are in the wrong order."""
    xs, ys = [x for x, _ in corners], [y for _, y in corners]
    facts = {"x": f"{xs[0]:.6f}", "y": f"{ys[0]:.6f}"}
    fits_degrees = max(map(abs, xs)) <= 180 and max(map(abs, ys)) <= 180
    if source.is_projected:
        if fits_degrees:
            raise _WrongError("degrees_for_metres", crs=source.name, **facts)
        if not _is_chinese(*_safely(source, xs[0], ys[0])) and _is_chinese(*_safely(source, ys[0], xs[0])):
            raise _WrongError("swapped_metres", **facts)
        return
    if not fits_degrees:
        raise _WrongError("metres_for_degrees", crs=source.name, **facts)
    if max(map(abs, ys)) > 90 or (not _is_chinese(xs[0], ys[0]) and _is_chinese(ys[0], xs[0])):
        raise _WrongError("swapped", **facts)


def _safely(source: SourceCrs, x: float, y: float) -> tuple[float, float]:
    try:
        return source.wgs84(x, y)
    except CoordinatesError:
        return math.nan, math.nan


def _is_chinese(longitude: float, latitude: float) -> bool:
    west, east, south, north = CHINA
    return west <= longitude <= east and south <= latitude <= north


def _check_valid(shape: MultiPolygon) -> None:
    if shape.convex_hull.area <= LEAST_SQUARE_DEGREES:
        raise _WrongError("no_area")
    if not shapely.is_valid(shape):
        why = str(shapely.is_valid_reason(shape))
        crossing = _CROSSING.search(why)
        if crossing is not None:
            raise _WrongError("crosses_itself", x=f"{float(crossing[1]):.6f}", y=f"{float(crossing[2]):.6f}")
        raise _WrongError("not_valid", why=why)


def _strays(features: list[Feature], name_key: str) -> Iterator[Slip]:
    """Yield features that lie far from the middle of all."""
    centres = {each.number: each.shape.centroid for each in features if each.shape is not None}
    if len(centres) < 3:
        return
    middle = Position(median(each.x for each in centres.values()), median(each.y for each in centres.values()))
    for feature in features:
        centre = centres.get(feature.number)
        if centre is None:
            continue
        away_m = distance_m(Position(centre.x, centre.y), middle)
        if away_m > FAR_M:
            name = str(feature.properties.get(name_key, ""))[:40]
            yield At(Unit.FEATURE, feature.number, name).slip("far_away", kilometres=round(away_m / 1000))
