"""Finds cases near a place, by an index on small cells of degrees.

What the cells hold besides the circle is left out here. Rows come without packs and warnings, as a hundred may lie at
one market.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, select
from sqlalchemy.orm import InstrumentedAttribute

from cases.coordinates import Position, box_around, cells_of, distance_m
from cases.database import Database
from cases.dispatch_trial import TriedCase
from cases.kinship import NO_OFFENCE, Sighting
from cases.place_settings import KinSettings
from cases.records import NewCase
from cases.spots import Spot
from cases.tables import CaseRow

MOST_FOUND = 2000
"""A place with more cases within the time that is looked back shows its newest ones."""

MOST_COUNTED = 50_000
"""Busy places are counted from so many cases at most: three months of a prefecture city."""

_COLUMNS: tuple[InstrumentedAttribute[Any], ...] = (
    CaseRow.id,
    CaseRow.number,
    CaseRow.code,
    CaseRow.kind,
    CaseRow.state,
    CaseRow.camera_id,
    CaseRow.zone_id,
    CaseRow.class_label,
    CaseRow.started_at,
    CaseRow.raised_at,
    CaseRow.ended_at,
    CaseRow.box_x1,
    CaseRow.box_y1,
    CaseRow.box_x2,
    CaseRow.box_y2,
    CaseRow.longitude,
    CaseRow.latitude,
    CaseRow.position_error_m,
)

_PLACE_COLUMNS: tuple[InstrumentedAttribute[Any], ...] = (
    CaseRow.number,
    CaseRow.code,
    CaseRow.raised_at,
    CaseRow.longitude,
    CaseRow.latitude,
    CaseRow.position_error_m,
    CaseRow.grid,
    CaseRow.area,
    CaseRow.district,
    CaseRow.address,
)


@dataclass(frozen=True, slots=True)
class Around:
    """Where and when to look for cases.

    Attributes:
        position: the middle; None to look in a zone of a camera instead.
        radius_m: how far from it.
        camera_id, zone_id: where to look without a position.
        raised_from, raised_until: aware; both are included.
        code: only this one, any where empty.
    """

    position: Position | None
    radius_m: float
    camera_id: str
    zone_id: str
    raised_from: datetime
    raised_until: datetime
    code: str = ""


def around(database: Database, where: Around, limit: int = MOST_FOUND) -> tuple[Sighting, ...]:
    """Return cases near a place, newest first; those where nothing was, or that another stands for, are left out.

    Raises:
        DatabaseError: the database refuses.
    """
    conditions: list[ColumnElement[bool]] = [
        CaseRow.raised_at >= where.raised_from,
        CaseRow.raised_at <= where.raised_until,
        CaseRow.state.not_in(NO_OFFENCE),
        *_within(where),
    ]
    if where.code:
        conditions.append(CaseRow.code == where.code)
    wanted: Select[Any] = select(*_COLUMNS).where(*conditions)
    with database.reading() as session:
        rows = session.execute(wanted.order_by(CaseRow.raised_at.desc(), CaseRow.id.desc()).limit(limit)).all()
    return tuple(found for found in map(_sighting, rows) if _is_inside(found, where))


def placed_between(database: Database, begin: datetime, end: datetime, code: str = "") -> tuple[Sighting, ...]:
    """Return the newest cases of a period that have a position, `MOST_COUNTED` at most.

    Args:
        database: of the cases.
        begin: first moment, aware.
        end: last moment, aware.
        code: only this one; any where empty.

    Raises:
        DatabaseError: the database refuses.
    """
    conditions: list[ColumnElement[bool]] = [
        CaseRow.raised_at.between(begin, end),
        CaseRow.state.not_in(NO_OFFENCE),
        CaseRow.latitude.is_not(None),
    ]
    if code:
        conditions.append(CaseRow.code == code)
    wanted: Select[Any] = select(*_COLUMNS).where(*conditions).order_by(CaseRow.raised_at.desc(), CaseRow.id.desc())
    with database.reading() as session:
        return tuple(map(_sighting, session.execute(wanted.limit(MOST_COUNTED)).all()))


def kin_candidates(database: Database, new: NewCase, settings: KinSettings) -> tuple[Sighting, ...]:
    """Return the earlier cases of its code that a new case may be kin of, newest first.

    The view of its own camera is looked at too where boxes can tell more than positions.

    Raises:
        DatabaseError: the database refuses.
    """
    begin = new.started_at - timedelta(days=settings.recurrence_days)
    radius_m = settings.limits(new.code, new.kind).distance_m
    where = Around(new.spot.position, radius_m, new.camera_id, new.zone_id, begin, new.raised_at, new.code)
    found = {each.case_id: each for each in around(database, where)}
    if new.spot.position is not None:
        in_view = Around(None, radius_m, new.camera_id, new.zone_id, begin, new.raised_at, new.code)
        found |= {each.case_id: each for each in around(database, in_view)}
    found.pop(new.case_id, None)
    return tuple(sorted(found.values(), key=lambda each: each.raised_at, reverse=True))


def sighting_of(new: NewCase) -> Sighting:
    """Return what of a new case tells whether it is kin of another."""
    return Sighting(
        case_id=new.case_id,
        number="",
        code=new.code,
        kind=new.kind,
        state="candidate",
        camera_id=new.camera_id,
        zone_id=new.zone_id,
        position=new.spot.position,
        box=new.box,
        class_label=new.class_label,
        started_at=new.started_at,
        raised_at=new.raised_at,
        ended_at=None,
    )


def cases_between(database: Database, begin: datetime, end: datetime) -> Iterator[TriedCase]:
    """Yield where, when and what the cases of a period are, oldest first; `end` is not included.

    Raises:
        DatabaseError: the database refuses.
    """
    conditions = (CaseRow.raised_at >= begin, CaseRow.raised_at < end, CaseRow.state.not_in(NO_OFFENCE))
    wanted: Select[Any] = select(*_PLACE_COLUMNS).where(*conditions)
    with database.reading() as session:
        for row in session.execute(wanted.order_by(CaseRow.raised_at, CaseRow.id).execution_options(yield_per=1000)):
            spot = Spot(_position(row), row.grid, row.area, row.district, row.address)
            yield TriedCase(row.number, row.code, row.raised_at, spot)


def _within(where: Around) -> list[ColumnElement[bool]]:
    if where.position is None:
        return [CaseRow.camera_id == where.camera_id, CaseRow.zone_id == where.zone_id]
    west, south, east, north = box_around(where.position, where.radius_m)
    return [
        CaseRow.cell.in_(cells_of(west, south, east, north)),
        CaseRow.latitude.between(south, north),
        CaseRow.longitude.between(west, east),
    ]


def _is_inside(found: Sighting, where: Around) -> bool:
    if where.position is None:
        return True
    return found.position is not None and distance_m(found.position, where.position) <= where.radius_m


def _sighting(row: Row[Any]) -> Sighting:
    return Sighting(
        case_id=row.id,
        number=row.number,
        code=row.code,
        kind=row.kind,
        state=row.state,
        camera_id=row.camera_id,
        zone_id=row.zone_id,
        position=_position(row),
        box=(row.box_x1, row.box_y1, row.box_x2, row.box_y2),
        class_label=row.class_label,
        started_at=row.started_at,
        raised_at=row.raised_at,
        ended_at=row.ended_at,
    )


def _position(row: Row[Any]) -> Position | None:
    if row.longitude is None or row.latitude is None:
        return None
    return Position(row.longitude, row.latitude, row.position_error_m or 0.0)
