"""What goes over the wire about places: where a case is, what was there, who is responsible, grids, permits.

All coordinates are WGS-84 unless a field says GCJ-02, which maps of China show.
"""

from datetime import date, datetime
from typing import Literal

from pydantic import JsonValue
from shapely.geometry import mapping

from api.bodies import Body
from cases.coordinates import Position, gcj02_of
from cases.dispatching import Rule
from cases.grids import Area, UnitGrid
from cases.kinship import Sighting
from cases.permits import Control, Findings, Permit
from cases.place_history import PlaceHistory
from cases.schedules import Schedule
from cases.spots import Kinship, Proposal


class PositionBody(Body):
    """A place on earth, and where a map in GCJ-02 shows it; `error_m` is how far off it may be."""

    longitude: float
    latitude: float
    error_m: float
    gcj02: tuple[float, float]

    @classmethod
    def of(cls, position: Position) -> "PositionBody":
        """Return a position as it goes over the wire."""
        return cls(
            longitude=position.longitude,
            latitude=position.latitude,
            error_m=position.error_m,
            gcj02=gcj02_of(position.longitude, position.latitude),
        )


class ProposalBody(Body):
    """What the program proposed when the case was opened; the page words `why`. `kin_number` names the earlier case."""

    unit: str
    kinship: Kinship | None
    kin_id: str
    kin_number: str
    is_sure: bool
    why: str
    before: int

    @classmethod
    def of(cls, proposal: Proposal, kin_number: str) -> "ProposalBody":
        """Return a proposal as it goes over the wire."""
        return cls(
            unit=proposal.unit,
            kinship=proposal.kinship,
            kin_id=proposal.kin,
            kin_number=kin_number,
            is_sure=proposal.is_sure,
            why=proposal.why,
            before=proposal.before,
        )


class RuleBody(Body):
    """A dispatch rule; an empty field narrows nothing."""

    number: int
    unit: str
    place: Literal["grid", "area", "district", ""]
    place_code: str
    code: str

    @classmethod
    def of(cls, rule: Rule) -> "RuleBody":
        """Return a rule as it goes over the wire."""
        return cls.model_validate({name: getattr(rule, name) for name in cls.model_fields})


class ScheduleBody(Body):
    """When something holds; `hours` are minutes since midnight, an end that is not later lies on the next day."""

    first_day: date | None
    last_day: date | None
    weekdays: tuple[int, ...]
    hours: tuple[tuple[int, int], ...]

    @classmethod
    def of(cls, when: Schedule) -> "ScheduleBody":
        """Return a schedule as it goes over the wire."""
        return cls(first_day=when.first_day, last_day=when.last_day, weekdays=when.weekdays, hours=when.hours)


class PermitBody(Body):
    """A permit; its place is left out, as a case asks for what holds at its own."""

    number: str
    holder: str
    codes: tuple[str, ...]
    when: ScheduleBody
    note: str

    @classmethod
    def of(cls, permit: Permit) -> "PermitBody":
        """Return a permit as it goes over the wire."""
        codes, when = tuple(sorted(permit.codes)), ScheduleBody.of(permit.when)
        return cls(number=permit.number, holder=permit.holder, codes=codes, when=when, note=permit.note)


class ControlBody(Body):
    """A control period; `approver` may say yes to filing."""

    name: str
    approver: str
    reason: str
    codes: tuple[str, ...]
    when: ScheduleBody

    @classmethod
    def of(cls, control: Control) -> "ControlBody":
        """Return a control as it goes over the wire."""
        codes, when = tuple(sorted(control.codes)), ScheduleBody.of(control.when)
        return cls(name=control.name, approver=control.approver, reason=control.reason, codes=codes, when=when)


class FindingsBody(Body):
    """What permits a case or holds its filing back; whoever files it all the same must say why."""

    permits: tuple[PermitBody, ...]
    controls: tuple[ControlBody, ...]

    @classmethod
    def of(cls, found: Findings) -> "FindingsBody":
        """Return what holds as it goes over the wire."""
        permits = tuple(PermitBody.of(permit) for permit in found.permits)
        return cls(permits=permits, controls=tuple(ControlBody.of(control) for control in found.controls))


class EarlierCaseBody(Body):
    """A case that was at a place before."""

    id: str
    number: str
    code: str
    state: str
    camera_id: str
    raised_at: datetime
    ended_at: datetime | None

    @classmethod
    def of(cls, seen: Sighting) -> "EarlierCaseBody":
        """Return an earlier case as it goes over the wire."""
        same = ("number", "code", "state", "camera_id", "raised_at", "ended_at")
        return cls(id=seen.case_id, **{name: getattr(seen, name) for name in same})


class HistoryOfPlaceBody(Body):
    """What was at a place: how many cases, of which codes, and the newest of them."""

    count: int
    codes: dict[str, int]
    first_at: datetime | None
    last_at: datetime | None
    newest: tuple[EarlierCaseBody, ...]

    @classmethod
    def of(cls, history: PlaceHistory) -> "HistoryOfPlaceBody":
        """Return a history as it goes over the wire."""
        return cls(
            count=history.count,
            codes=dict(history.codes),
            first_at=history.first_at,
            last_at=history.last_at,
            newest=tuple(EarlierCaseBody.of(seen) for seen in history.newest),
        )


class PlaceAnswer(Body):
    """Where a case is, and all that follows from it; `rule` is the dispatch rule that decides today."""

    position: PositionBody | None
    grid: str
    area: str
    district: str
    address: str
    proposal: ProposalBody
    rule: RuleBody | None
    findings: FindingsBody
    history: HistoryOfPlaceBody


class PermitsAnswer(Body):
    """All permits and controls of the city."""

    permits: tuple[PermitBody, ...]
    controls: tuple[ControlBody, ...]


class BusyPlaceBody(Body):
    """A place with several cases."""

    position: PositionBody
    count: int
    codes: dict[str, int]
    newest: EarlierCaseBody


class BusyPlacesAnswer(Body):
    """Places with several cases in a period, the busiest first; `is_whole` is false where the period has too many."""

    places: tuple[BusyPlaceBody, ...]
    is_whole: bool


class GridsAnswer(Body):
    """Unit grids as a FeatureCollection of GeoJSON (RFC 7946); `is_whole` is false where there are more than wanted."""

    type: Literal["FeatureCollection"] = "FeatureCollection"
    features: tuple[dict[str, JsonValue], ...]
    is_whole: bool


class UnitsAnswer(Body):
    """Units that cases may be dispatched to, by name; none where any may."""

    units: tuple[str, ...]


def grid_feature(grid: UnitGrid, area: Area | None, *, shifted: bool) -> dict[str, JsonValue]:
    """Return a unit grid as a feature of GeoJSON.

    Args:
        grid: the grid.
        area: the responsibility grid that it belongs to.
        shifted: in GCJ-02, for maps of China, instead of WGS-84.
    """
    parts = mapping(grid.shape)["coordinates"]
    rings: JsonValue = [[[_shown(x, y, shifted) for x, y in ring] for ring in part] for part in parts]
    properties: dict[str, JsonValue] = {"grid_code": grid.code, "name": grid.name, "district": grid.district}
    properties |= {"area_code": area.code if area else "", "area_name": area.name if area else ""}
    geometry: dict[str, JsonValue] = {"type": "MultiPolygon", "coordinates": rings}
    return {"type": "Feature", "properties": properties, "geometry": geometry}


def _shown(x: float, y: float, shifted: bool) -> list[JsonValue]:
    """Return a corner with seven digits, a centimetre."""
    shown_x, shown_y = gcj02_of(x, y) if shifted else (x, y)
    return [round(shown_x, 7), round(shown_y, 7)]
