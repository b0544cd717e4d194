"""Reads permits and controls from TOML or GeoJSON, with every mistake and its place.

TOML: entries `[[permits]]` or `[[controls]]`, whose place is a polygon of longitude and latitude (WGS-84), camera
zones, or codes of grids. GeoJSON: a feature each, whose properties are the same keys and whose geometry is the place; a
feature with `number` is a permit, one with `name` a control.
"""

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ConfigDict, Field, JsonValue, ValidationError, field_validator, model_validator
from shapely.geometry import MultiPolygon

from cases.coordinates import WGS84, SourceCrs
from cases.dispatch_file import ItemCode, text_of
from cases.geojson import polygons_of, read_features
from cases.permits import Control, Permit, Region
from cases.place_problems import At, Slip, Unit, refuse
from cases.schedules import Schedule
from cases.spots import MAX_UNIT_LENGTH

Corner = tuple[float, float]


_Row = tuple[At, str, dict[str, Any], MultiPolygon | None]
"""Where an entry stands, whether it is of the permits or the controls, what it says, and its geometry."""


class _Entry(Schedule):
    """What permits and controls have in common."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    codes: tuple[ItemCode, ...] = Field(default=(), description="codes, or the two digits of a class; all where empty")
    polygon: tuple[Corner, ...] = Field(default=(), description="corners as longitude, latitude; closed by itself")
    zones: tuple[str, ...] = Field(default=(), description='cameras as "gate-1", or their zones as "gate-1/kerb"')
    grids: tuple[str, ...] = ()
    areas: tuple[str, ...] = ()
    districts: tuple[str, ...] = ()

    @field_validator("polygon")
    @classmethod
    def _is_a_polygon(cls, corners: tuple[Corner, ...]) -> tuple[Corner, ...]:
        if corners:
            _polygon(corners)
        return corners

    def region(self, shape: MultiPolygon | None) -> Region:
        """Return where it holds; `shape` is the geometry of a feature, which goes before the polygon."""
        pairs = [zone.partition("/") for zone in self.zones]
        return Region(
            shape=shape or (_polygon(self.polygon) if self.polygon else None),
            zones=frozenset((camera_id, zone_id) for camera_id, _, zone_id in pairs),
            grids=frozenset(self.grids),
            areas=frozenset(self.areas),
            districts=frozenset(self.districts),
        )

    def schedule(self) -> Schedule:
        """Return when it holds."""
        return Schedule(first_day=self.first_day, last_day=self.last_day, weekdays=self.weekdays, hours=self.hours)


class PermitEntry(_Entry):
    """One permit as it stands in a file; it must say where and what."""

    number: str = Field(min_length=1, max_length=64, description="the permit's own")
    holder: str = Field(min_length=1, max_length=MAX_UNIT_LENGTH, description="who has it")
    codes: tuple[ItemCode, ...] = Field(min_length=1, description="codes, or the two digits of a class")
    note: str = Field(default="", max_length=500)


class ControlEntry(_Entry):
    """One control as it stands in a file."""

    name: str = Field(min_length=1, max_length=MAX_UNIT_LENGTH, description="what people call it")
    approver: str = Field(default="", max_length=MAX_UNIT_LENGTH, description="who may say yes; nobody where empty")
    reason: str = Field(default="", max_length=500)

    @model_validator(mode="after")
    def _ends(self) -> "ControlEntry":
        if self.last_day is None:
            raise ValueError("a control must end: name its last_day")
        return self


@dataclass(frozen=True, slots=True)
class PermitsRead:
    """The permits and controls of a file that can be used, and what is wrong with the others."""

    permits: tuple[Permit, ...]
    controls: tuple[Control, ...]
    slips: tuple[Slip, ...]


def read_permits(path: Path) -> PermitsRead:
    """Read permits and controls; a name that ends in `.toml` means TOML, any other GeoJSON.

    Raises:
        PlaceFileError: the file cannot be read at all.
    """
    rows, slips = _rows(path)
    permits: dict[str, tuple[At, Permit]] = {}
    controls: list[Control] = []
    for at, kind, raw, shape in rows:
        try:
            if kind == "controls":
                controls.append(_control(ControlEntry.model_validate(raw), shape))
                continue
            permit = _permit(PermitEntry.model_validate(raw), shape)
        except ValidationError as err:
            slips += at.slips(err)
            continue
        if permit.region.is_everywhere:
            slips.append(at.slip("permit_nowhere"))
        elif permits.setdefault(permit.number, (at, permit))[0] is not at:
            slips.append(at.slip("doubled", code=permit.number, first=f"#{permits[permit.number][0].number}"))
    return PermitsRead(tuple(permit for _, permit in permits.values()), tuple(controls), tuple(slips))


def load_permits(paths: tuple[Path, ...]) -> PermitsRead:
    """Read permits and controls of several files for the service.

    Raises:
        PlaceFileError: a file cannot be used; the message has a line per mistake.
    """
    every = []
    for path in paths:
        read = read_permits(path)
        refuse(path, read.slips)
        every.append(read)
    permits = tuple(permit for read in every for permit in read.permits)
    return PermitsRead(permits, tuple(control for read in every for control in read.controls), ())


def _rows(path: Path) -> tuple[list[_Row], list[Slip]]:
    if path.suffix.lower() == ".toml":
        try:
            return list(_toml_rows(path)), []
        except (ValueError, RecursionError) as err:
            return [], [At(Unit.FILE).slip("no_toml", why=str(err))]
    file, rows = read_features(path, name_key="number"), []
    for feature in file.features:
        kind = "permits" if "number" in feature.properties else "controls"
        plain = {key: value for key, value in feature.properties.items() if value is not None}
        rows.append((At(Unit.FEATURE, feature.number, _name_of(plain)), kind, plain, feature.shape))
    return rows, list(file.slips)


def _toml_rows(path: Path) -> Iterator[_Row]:
    text = text_of(path)
    if text is None:
        raise ValueError("neither UTF-8 nor GB 18030")
    content = tomllib.loads(text)
    odd = sorted(content.keys() - {"permits", "controls"})
    if odd or not content:
        raise ValueError(
            f"it should hold entries [[permits]] and [[controls]] only{': ' if odd else ''}{', '.join(odd)}"
        )
    for kind, entries in content.items():
        if not isinstance(entries, list):
            raise ValueError(f"write [[{kind}]] in two brackets")
        for number, raw in enumerate(entries, start=1):
            entry = raw if isinstance(raw, dict) else {}
            yield At(Unit.ENTRY, number, _name_of(entry)), kind, entry, None


def _name_of(raw: dict[str, Any]) -> str:
    return str(raw.get("number") or raw.get("name") or "")[:40]


def _polygon(corners: tuple[Corner, ...]) -> MultiPolygon:
    ring: list[JsonValue] = [[x, y] for x, y in (*corners, corners[0])]
    return polygons_of({"type": "Polygon", "coordinates": [ring]}, SourceCrs(WGS84))


def _permit(entry: PermitEntry, shape: MultiPolygon | None) -> Permit:
    region = entry.region(shape)
    return Permit(entry.number, entry.holder, frozenset(entry.codes), region, entry.schedule(), entry.note)


def _control(entry: ControlEntry, shape: MultiPolygon | None) -> Control:
    region = entry.region(shape)
    return Control(entry.name, entry.approver, entry.reason, frozenset(entry.codes), region, entry.schedule())
