"""A small city for tests: square unit grids of about 100 m beside each other, and files made of them."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from cases.coordinates import Position, per_degree_m

WEST, SOUTH = 111.0, 35.0
EAST_M, NORTH_M = per_degree_m(SOUTH)
SIDE_M = 100.0

Ring = list[list[float]]


def at_m(east_m: float, north_m: float, error_m: float = 0.0) -> Position:
    """Return the place so many metres from the south-west corner of the city."""
    return Position(WEST + east_m / EAST_M, SOUTH + north_m / NORTH_M, error_m)


def ring(east_m: float, north_m: float, wide_m: float = SIDE_M, high_m: float = SIDE_M) -> Ring:
    """Return a closed rectangle with its south-west corner there, in degrees."""
    corners = [(0, 0), (wide_m, 0), (wide_m, high_m), (0, high_m), (0, 0)]
    places = [at_m(east_m + x, north_m + y) for x, y in corners]
    return [[place.longitude, place.latitude] for place in places]


def feature(properties: dict[str, Any], *rings: Ring) -> dict[str, Any]:
    """Return a feature of GeoJSON; without rings it has no geometry."""
    geometry = {"type": "Polygon", "coordinates": list(rings)} if rings else None
    return {"type": "Feature", "properties": properties, "geometry": geometry}


def code(column: int, row: int) -> str:
    """Return the code of the unit grid of a column and row."""
    return f"1408020010{column:02}{row:02}"


def city(columns: int = 3, rows: int = 2) -> list[dict[str, Any]]:
    """Return the features of a city of so many grids, without gap or overlap."""
    return [
        feature({"grid_code": code(x, y), "name": f"网格{x}-{y}"}, ring(x * SIDE_M, y * SIDE_M))
        for x in range(columns)
        for y in range(rows)
    ]


def written(path: Path, features: Sequence[Any], **members: Any) -> Path:
    """Write a file of features and return its path."""
    content = {"type": "FeatureCollection", "features": list(features), **members}
    path.write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")
    return path
