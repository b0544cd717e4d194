"""Says how unit grids fail to cover a city: where two overlap, and where none is.

Both make a case belong to two units or to none. Neighbours that were digitised apart differ by centimetres, so small
slivers are let pass.
"""

from collections.abc import Sequence
from statistics import median

import numpy as np
import shapely
from shapely.geometry import MultiPolygon, Polygon

from cases.coordinates import per_degree_m
from cases.grids import UnitGrid, to_metres
from cases.place_problems import At, Slip, Unit

LEAST_M2 = 1.0
"""Slivers below a square metre are let pass: a ten-thousandth of a grid."""

CLOSING_M = 5.0
"""What is open by less than twice this between grids is a gap between them; what is wider is the land outside."""


def check_cover(grids: Sequence[UnitGrid]) -> tuple[Slip, ...]:
    """Return overlaps and gaps as notes: the grids can be used, a place on an overlap belongs to the smallest code."""
    if not grids:
        return ()
    latitude = median(grid.shape.centroid.y for grid in grids)
    shapes = to_metres([grid.shape for grid in grids], latitude)
    return (*_overlaps(grids, shapes, latitude), *_gaps(grids, shapes, latitude))


def _overlaps(grids: Sequence[UnitGrid], shapes: list[shapely.Geometry], latitude: float) -> list[Slip]:
    tree = shapely.STRtree(shapes)
    first, second = tree.query(shapes, predicate="intersects")
    slips = []
    for a, b in sorted((a, b) for a, b in zip(first.tolist(), second.tolist(), strict=True) if a < b):
        shared = shapely.intersection(shapes[a], shapes[b])
        if shared.area < LEAST_M2:
            continue
        at = At(Unit.FEATURE, grids[b].feature, grids[b].code)
        facts = {"square_metres": f"{shared.area:.0f}", **_place(shared, latitude)}
        slips.append(at.note("overlap", other=f"#{grids[a].feature} {grids[a].code}", **facts))
    return slips


def _gaps(grids: Sequence[UnitGrid], shapes: list[shapely.Geometry], latitude: float) -> list[Slip]:
    covered = shapely.union_all(shapes)
    closed = shapely.buffer(shapely.buffer(covered, CLOSING_M, join_style="mitre"), -CLOSING_M, join_style="mitre")
    holes = [Polygon(ring) for part in _parts(closed) for ring in part.interiors]
    missing = shapely.difference(shapely.union_all([closed, *holes]), covered)
    tree = shapely.STRtree(shapes)
    slips = []
    for gap in sorted(_parts(missing), key=lambda part: part.bounds):
        if gap.area < LEAST_M2:
            continue
        grid = grids[int(np.asarray(tree.nearest(gap)))]
        at = At(Unit.FEATURE, grid.feature, grid.code)
        slips.append(at.note("gap", first=grid.code, square_metres=f"{gap.area:.0f}", **_place(gap, latitude)))
    return slips


def _parts(shape: shapely.Geometry) -> list[Polygon]:
    if isinstance(shape, Polygon):
        return [shape] if not shape.is_empty else []
    if isinstance(shape, MultiPolygon):
        return list(shape.geoms)
    return [part for each in getattr(shape, "geoms", ()) for part in _parts(each)]


def _place(shape: shapely.Geometry, latitude: float) -> dict[str, str]:
    east, north = per_degree_m(latitude)
    middle = shapely.point_on_surface(shape)
    return {"x": f"{middle.x / east:.6f}", "y": f"{middle.y / north:.6f}"}
