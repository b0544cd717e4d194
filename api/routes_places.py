"""Places: where a case is and what was there, busy places, the grids of a part of the map, permits."""

from datetime import datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Query

from api.auth import Serving, Viewer
from api.bodies_places import (
    BusyPlaceBody,
    BusyPlacesAnswer,
    ControlBody,
    EarlierCaseBody,
    FindingsBody,
    GridsAnswer,
    HistoryOfPlaceBody,
    PermitBody,
    PermitsAnswer,
    PlaceAnswer,
    PositionBody,
    ProposalBody,
    RuleBody,
    UnitsAnswer,
    grid_feature,
)
from api.errors import BadRequestError
from cases.errors import UnknownCaseError
from cases.place_history import history_of
from cases.records import Case

router = APIRouter(prefix="/api", tags=["places"])

MOST_GRIDS = 2000
"""A screen shows a few hundred; the answer stays below two megabytes."""

MOST_DAYS = 92
"""A quarter: what a city looks at when it asks which places recur."""

Longitude = Annotated[float, Query(ge=-180, le=180)]
Latitude = Annotated[float, Query(ge=-90, le=90)]


@router.get("/cases/{case_id}/place")
def get_place(case_id: str, system: Serving, person: Viewer) -> PlaceAnswer:
    """Return where a case is, what was there before, who is responsible by today's rules, and what permits it."""
    case, places = system.cases.get(case_id), system.places
    rule = places.choice(case).rule
    return PlaceAnswer(
        position=PositionBody.of(case.spot.position) if case.spot.position else None,
        grid=case.spot.grid,
        area=case.spot.area,
        district=case.spot.district,
        address=case.spot.address,
        proposal=ProposalBody.of(case.proposal, _number_of_kin(system, case)),
        rule=RuleBody.of(rule) if rule else None,
        findings=FindingsBody.of(places.findings(case)),
        history=HistoryOfPlaceBody.of(places.history(case)),
    )


@router.get("/places/busy")
def list_busy_places(  # one parameter per filter is what makes them part of the API's description
    system: Serving,
    person: Viewer,
    begin: datetime,
    end: datetime,
    code: Annotated[str, Query(max_length=16)] = "",
    least: Annotated[int, Query(ge=2, le=1000)] = 3,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> BusyPlacesAnswer:
    """Return places with at least so many cases between two moments."""
    if begin.tzinfo is None or end.tzinfo is None or not begin < end <= begin + timedelta(days=MOST_DAYS):
        raise BadRequestError(
            f"begin and end need an offset from UTC and lie in this order, {MOST_DAYS} days apart at most"
        )
    busy, is_whole = system.places.busy(begin, end, code, least)
    bodies = tuple(
        BusyPlaceBody(
            position=PositionBody.of(place.position),
            count=place.count,
            codes=dict(history_of(place.cases).codes),
            newest=EarlierCaseBody.of(place.cases[-1]),
        )
        for place in busy[:limit]
    )
    return BusyPlacesAnswer(places=bodies, is_whole=is_whole)


@router.get("/places/grids")
def list_grids(  # as above
    system: Serving,
    person: Viewer,
    west: Longitude,
    south: Latitude,
    east: Longitude,
    north: Latitude,
    gcj02: bool = False,
    limit: Annotated[int, Query(ge=1, le=MOST_GRIDS)] = MOST_GRIDS,
) -> GridsAnswer:
    """Return the unit grids that touch a box of WGS-84, as GeoJSON; in GCJ-02 where the map wants it."""
    if west > east or south > north:
        raise BadRequestError("west must not lie east of east, nor south north of north")
    city = system.places.map
    grids = city.within(west, south, east, north, limit + 1)
    features = tuple(grid_feature(grid, city.area_of(grid), shifted=gcj02) for grid in grids[:limit])
    return GridsAnswer(features=features, is_whole=len(grids) <= limit)


@router.get("/places/permits")
def list_permits(system: Serving, person: Viewer) -> PermitsAnswer:
    """Return all permits and controls."""
    book = system.places.permits
    permits = tuple(PermitBody.of(permit) for permit in book.permits)
    return PermitsAnswer(permits=permits, controls=tuple(ControlBody.of(control) for control in book.controls))


@router.get("/places/units")
def list_units(system: Serving, person: Viewer) -> UnitsAnswer:
    """Return the units that cases may be dispatched to: those that a dispatch rule or an account names."""
    return UnitsAnswer(units=system.places.units())


def _number_of_kin(system: Serving, case: Case) -> str:
    try:
        return system.cases.get(case.proposal.kin).number if case.proposal.kin else ""
    except UnknownCaseError:
        return ""
