"""Settings about where cases are: files of the city, and when two cases are one offence. Checked when they are read."""

import re
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from cases.coordinates import WGS84, Position, SourceCrs
from cases.grids import ANY_CODE


def _checked_pattern(pattern: str) -> str:
    try:
        re.compile(pattern)
    except re.error as err:
        raise ValueError(f"this is no regular expression: {err}") from None
    return pattern


def checked_crs(name: str) -> str:
    """Return the name of a system of coordinates as `SourceCrs` has it; for settings.

    Raises:
        ValueError: there is no such system.
    """
    return SourceCrs(name).name


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class KinLimits(_Section):
    """When two cases are the same offence."""

    distance_m: float = Field(default=50.0, gt=0, le=1000, description="metres between two of one offence at most")
    hours: float = Field(default=24.0, ge=0, le=24 * 31, description="hours from the end of one to the other at most")
    each: bool = Field(default=True, description="whether each thing is a case of its own; else a place is")
    returns: bool = Field(
        default=True, description="whether what left and comes back is the same; else another one has come"
    )


class KinChanges(_Section):
    """What of `KinLimits` is different for some cases; what is left out stays."""

    distance_m: float | None = Field(default=None, gt=0, le=1000)
    hours: float | None = Field(default=None, ge=0, le=24 * 31)
    each: bool | None = None
    returns: bool | None = None


class KinSettings(KinLimits):
    """The same for all cases, for those of a kind, and for those of a code."""

    recurrence_days: int = Field(
        default=30, ge=1, le=366, description="days over which cases at a place count as recurring"
    )
    kinds: dict[Literal["parking", "vending", "spillover", "flyers"], KinChanges] = Field(
        default={"parking": KinChanges(returns=False), "flyers": KinChanges(each=False)},
        description="what is different for a kind",
    )
    merge: tuple[Literal["still_there", "two_cameras", "came_back"], ...] = Field(
        default=(), description="reasons for which a new case that is surely the same is merged by the program"
    )
    codes: dict[Annotated[str, Field(pattern=r"^\d{4}$")], KinChanges] = Field(
        default_factory=dict, description="what is different for a code; goes before its kind"
    )

    def limits(self, code: str, kind: str = "") -> KinLimits:
        """Return the limits of a code; those of its kind, and those of all, stand where the code has none."""
        limits = KinLimits(distance_m=self.distance_m, hours=self.hours, each=self.each, returns=self.returns)
        by_kind = next((changes for name, changes in self.kinds.items() if name == kind), None)
        for changes in (by_kind, self.codes.get(code)):
            if changes is not None:
                limits = limits.model_copy(update=changes.model_dump(exclude_none=True))
        return limits


class PlaceSettings(_Section):
    """What is known of the city; relative paths count from the settings file's folder."""

    grids: Path | None = Field(default=None, description="unit grids (GeoJSON)")
    areas: Path | None = Field(default=None, description="responsibility grids (GeoJSON)")
    dispatch: Path | None = Field(default=None, description="dispatch rules (CSV or TOML)")
    permits: tuple[Path, ...] = Field(default=(), description="permits and controls (TOML or GeoJSON)")
    grid_code: Annotated[str, AfterValidator(_checked_pattern)] = Field(
        default=ANY_CODE, description="form of a grid's code, a regular expression for the whole of it"
    )
    crs: Annotated[str, AfterValidator(lambda name: checked_crs(name) if name else "")] = Field(
        default="", description="system of coordinates of the grids; what the files say, or else WGS-84, where empty"
    )
    same: KinSettings = Field(default_factory=KinSettings, description="when two cases are one offence")

    def rooted(self, folder: Path) -> "PlaceSettings":
        """Return the settings with relative paths counted from `folder`."""
        named = {name: getattr(self, name) for name in ("grids", "areas", "dispatch")}
        changed: dict[str, object] = {name: folder / path for name, path in named.items() if path is not None}
        return self.model_copy(update=changed | {"permits": tuple(folder / path for path in self.permits)})


class PositionSettings(_Section):
    """Where a camera looks, roughly: for cases whose place on the ground is not known better."""

    longitude: float = Field(description="degrees; in a projected system metres to the east")
    latitude: float = Field(description="degrees; in a projected system metres to the north")
    error_m: float = Field(default=50.0, ge=0, le=5000, description="how far from there a case may be, in metres")
    crs: Annotated[str, AfterValidator(checked_crs)] = Field(
        default=WGS84, description="WGS-84, CGCS2000, GCJ-02 or EPSG:n"
    )
    zones: dict[str, tuple[float, float]] = Field(
        default_factory=dict, description="the same of single zones by their ids, as [longitude, latitude]"
    )

    @model_validator(mode="after")
    def _is_on_earth(self) -> "PositionSettings":
        for zone_id in ("", *self.zones):
            self.position(zone_id)
        return self

    def position(self, zone_id: str) -> Position:
        """Return where a case in a zone is, as far as this tells.

        Raises:
            CoordinatesError: the numbers are no place within their system of coordinates.
        """
        x, y = self.zones.get(zone_id, (self.longitude, self.latitude))
        longitude, latitude = SourceCrs(self.crs).wgs84(x, y)
        return Position(longitude, latitude, self.error_m)


class AnchorSettings(_Section):
    """Where the origin of a camera's ground plane lies, and how its axes run."""

    longitude: float = Field(description="of the place whose metres are [0, 0]")
    latitude: float = Field(description="of the same")
    bearing_deg: float = Field(
        default=0.0,
        ge=0,
        le=360,
        description="where the second axis points: 0 north, 90 east; the first runs right of it",
    )
    error_m: float = Field(default=2.0, ge=0, le=100, description="how well the origin was measured, in metres")
    crs: Annotated[str, AfterValidator(checked_crs)] = Field(
        default=WGS84, description="WGS-84, CGCS2000, GCJ-02 or EPSG:n"
    )
