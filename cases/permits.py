"""Permits and control periods: what is allowed although it looks like an offence, and what must not be filed as usual.

Legality is not in the pixels: a breakfast stall with a permit looks like one without. A **permit** allows somebody some
codes at a place and time. A **control** holds filing back at a place and time, for example during a festival, until
somebody who may says yes. Both are looked up before a case is filed; a person sees what was found.

Belongs here: what holds. Does not: the files (permit_file).
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, tzinfo
from typing import TypeVar

from shapely.geometry import MultiPolygon, Point

from cases.errors import FilingHeldError
from cases.schedules import Schedule
from cases.spots import Spot


@dataclass(frozen=True, slots=True, eq=False)
class Region:
    """A part of the city: what any of its fields holds; all of the city where every field is empty.

    Attributes:
        shape: in degrees of WGS-84.
        zones: pairs of camera and zone id; an empty zone id stands for all zones of the camera.
        grids, areas, districts: their codes.
    """

    shape: MultiPolygon | None = None
    zones: frozenset[tuple[str, str]] = frozenset()
    grids: frozenset[str] = frozenset()
    areas: frozenset[str] = frozenset()
    districts: frozenset[str] = frozenset()

    @property
    def is_everywhere(self) -> bool:
        """Whether it stands for the whole city."""
        return self.shape is None and not (self.zones or self.grids or self.areas or self.districts)

    def holds(self, scene: "Scene") -> bool:
        """Return whether something lies in it; a place that nobody knows lies in no polygon."""
        spot, zone = scene.spot, (scene.camera_id, scene.zone_id)
        if self.is_everywhere or zone in self.zones or (scene.camera_id, "") in self.zones:
            return True
        if spot.grid in self.grids or spot.area in self.areas or spot.district in self.districts:
            return True
        at = spot.position
        return self.shape is not None and at is not None and self.shape.intersects(Point(at.longitude, at.latitude))


@dataclass(frozen=True, slots=True)
class Scene:
    """What is asked about: what a camera saw where and when.

    Attributes:
        code: the item's code in the city's table.
        at: aware.
        spot: where.
        camera_id, zone_id: which saw it.
    """

    code: str
    at: datetime
    spot: Spot
    camera_id: str = ""
    zone_id: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Permit:
    """What somebody may do.

    Attributes:
        number: the permit's own.
        holder: who has it.
        codes: the items it allows; none of them narrows nothing.
        region: where.
        when: on which days and hours.
        note: for people.
    """

    number: str
    holder: str
    codes: frozenset[str]
    region: Region
    when: Schedule
    note: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Control:
    """What holds filing back.

    Attributes:
        name: what people call it.
        approver: who may say yes; empty where nobody may.
        reason: why it was made.
        codes, region, when: as in `Permit`.
    """

    name: str
    approver: str
    reason: str
    codes: frozenset[str]
    region: Region
    when: Schedule


_Rule = TypeVar("_Rule", Permit, Control)


@dataclass(frozen=True, slots=True)
class Findings:
    """What holds for something that was seen.

    Attributes:
        permits: what allows it.
        controls: what holds its filing back.
    """

    permits: tuple[Permit, ...] = ()
    controls: tuple[Control, ...] = ()

    @property
    def is_free(self) -> bool:
        """Whether it may be filed without asking anybody."""
        return not self.permits and not self.controls

    @property
    def shown(self) -> str:
        """What was found in short, for people."""
        permits = [f"permit 许可 {permit.number} ({permit.holder})" for permit in self.permits]
        return ", ".join([*permits, *(f"control 管控 {control.name}" for control in self.controls)])


def check_filing(found: Findings, reason: str) -> None:
    """Refuse to file what a permit or a control holds for, unless a person says why it is filed all the same.

    Args:
        found: what holds for the case.
        reason: what the person said; goes into the case's history.

    Raises:
        FilingHeldError: something holds, and nobody said why it is filed.
    """
    if not found.is_free and not reason.strip():
        raise FilingHeldError(found.shown)


class PermitBook:
    """Permits and controls of a city; any thread may ask.

    Args:
        permits: as read.
        controls: as read.
        local: the zone of their days and hours.
    """

    def __init__(self, permits: Iterable[Permit], controls: Iterable[Control], local: tzinfo) -> None:
        self.permits, self.controls, self.local = tuple(permits), tuple(controls), local

    def look_up(self, scene: Scene, *, filed_at: datetime | None = None) -> Findings:
        """Return what holds for something that was seen, in the order of the files.

        Args:
            scene: what was seen; a permit must have allowed it then.
            filed_at: when it is to be filed, aware; a control must hold then. When it was seen where absent.
        """
        filing = scene if filed_at is None else replace(scene, at=filed_at)
        return Findings(self._holding(self.permits, scene), self._holding(self.controls, filing))

    def _holding(self, rules: Iterable[_Rule], scene: Scene) -> tuple[_Rule, ...]:
        return tuple(
            rule
            for rule in rules
            if (not rule.codes or any(scene.code.startswith(code) for code in rule.codes))
            and rule.when.holds(scene.at, self.local)
            and rule.region.holds(scene)
        )
