"""What goes over the wire about cameras, horns, people and the whole: request and response models.

Times are ISO 8601 with an offset. No URL here holds a password: views come redacted, and entries only come in.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from cases.people import Person
from cases.said import Said, said_by_program
from detectors.catalog import ZoneSettings
from detectors.flyers import FlyerRule
from detectors.sheet_visibility import SheetSight, Sight, sheet_sight
from pipeline.views import CameraView, HornView, SystemHealth


class Body(BaseModel):
    """Base of everything on the wire: unknown keys are errors, values do not change."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class ErrorBody(Body):
    """What is wrong.

    Attributes:
        code: what kind of thing it is; the page has words for it in each language.
        message: an English sentence, for who has no words for the code.
        facts: what is filled into the page's words: names, limits, seconds. Never a secret.
    """

    code: str
    message: str
    facts: dict[str, str | float] = Field(default_factory=dict)


class ErrorAnswer(Body):
    """The answer to a request that was refused."""

    error: ErrorBody


class SignInBody(Body):
    """Name and password."""

    name: str = Field(min_length=1, max_length=64)
    password: SecretStr = Field(min_length=1, max_length=256)


class PersonBody(Body):
    """Who is signed in."""

    name: str
    role: str

    @classmethod
    def of(cls, person: Person) -> "PersonBody":
        """Return what the page may know of a person."""
        return cls(name=person.name, role=person.role.value)


class SessionBody(Body):
    """Who is signed in, if anybody."""

    person: PersonBody | None


class CameraHealthBody(Body):
    """How a camera is doing; fields as in `streams.health.CameraHealth`."""

    state: Literal["starting", "live", "away", "refused", "stopped"]
    since: datetime
    problem: str
    problem_code: str
    codec: str
    size_wh: tuple[int, int]
    declared_fps: float | None
    delivered_fps: float
    key_interval_s: float | None
    key_fault: str
    gear: str
    gear_hz: float
    packets: int
    decoded: int
    corrupt: int
    reconnects: int
    clock_error_s: float
    ring_s: float
    ring_bytes: int
    next_try_at: datetime | None


class SheetSightBody(Body):
    """Whether a sheet of A4 is seen on a watched surface; fields as in `detectors.sheet_visibility.SheetSight`."""

    zone_id: str
    sight: Sight
    px_per_m: float
    sheet_wh_px: tuple[float, float]
    character_px: float

    @classmethod
    def of_zones(cls, view: CameraView) -> "tuple[SheetSightBody, ...]":
        """Return it for each watched surface of a camera whose picture's size is known."""
        looked, evidence = view.health.looked_wh, view.health.size_wh
        if 0 in (*looked, *evidence):
            return ()
        surfaces = ((zone, zone.rule) for zone in view.zones if isinstance(zone.rule, FlyerRule))
        return tuple(cls._of(zone.id, sheet_sight(zone.zone(), rule, looked, evidence)) for zone, rule in surfaces)

    @classmethod
    def _of(cls, zone_id: str, sheet: SheetSight) -> "SheetSightBody":
        return cls(zone_id=zone_id, **{name: getattr(sheet, name) for name in cls.model_fields if name != "zone_id"})


class LooksBody(Body):
    """What became of the pictures a camera offered; fields as in `pipeline.views.LookCounts`."""

    offered: int
    looked: int
    inferred: int
    dropped: dict[str, int]
    waiting: int
    wanted_hz: float
    reached_hz: float


class CameraViewBody(Body):
    """One of the views of a camera that has several; fields as in `pipeline.views.ViewOfCamera`."""

    id: str
    name: str
    is_known: bool
    is_here: bool
    seen_at: datetime | None
    every_s: float | None


class SeenViewBody(Body):
    """The view that a camera shows now, as somebody says who sees it."""

    view: str = Field(min_length=1, max_length=64)


class CameraBody(Body):
    """One camera as people see it; `views` is empty where it has one only."""

    id: str
    name: str
    url: str
    place: str
    horn_id: str | None
    view_state: str
    health: CameraHealthBody
    looks: LooksBody
    zones: tuple[ZoneSettings, ...]
    views: tuple[CameraViewBody, ...]
    sheets: tuple[SheetSightBody, ...]

    @classmethod
    def of(cls, view: CameraView) -> "CameraBody":
        """Return a view as it goes over the wire."""
        state = view.health
        health = CameraHealthBody(
            gear=state.gear.mode,
            gear_hz=state.gear.hz,
            **{name: getattr(state, name) for name in CameraHealthBody.model_fields if not name.startswith("gear")},
        )
        looks = LooksBody(**{name: getattr(view.looks, name) for name in LooksBody.model_fields})
        return cls(
            id=view.camera_id,
            name=view.name,
            url=view.url,
            place=view.place,
            horn_id=view.horn_id,
            view_state=view.view_state,
            health=health,
            looks=looks,
            zones=view.zones,
            views=tuple(
                CameraViewBody(
                    id=each.view_id,
                    **{name: getattr(each, name) for name in CameraViewBody.model_fields if name != "id"},
                )
                for each in view.views
            ),
            sheets=SheetSightBody.of_zones(view),
        )


class CamerasBody(Body):
    """All cameras."""

    cameras: tuple[CameraBody, ...]

    @classmethod
    def of(cls, views: Sequence[CameraView]) -> "CamerasBody":
        """Return views as they go over the wire."""
        return cls(cameras=tuple(CameraBody.of(view) for view in views))


class SaidBody(Body):
    """A sentence of the program that is known: family, key and facts of its words; fields as in `cases.said.Said`."""

    family: str
    key: str
    facts: dict[str, str]

    @classmethod
    def of(cls, said: Said | None) -> "SaidBody | None":
        """Return it as it goes over the wire, null where it is none that we know."""
        return cls(family=said.family, key=said.key, facts=dict(said.facts)) if said else None


class HornBody(Body):
    """One horn as people see it; fields as in `pipeline.views.HornView`, and which sentence `last_detail` is."""

    id: str
    name: str
    url: str
    state: str
    problem: str
    problem_code: str
    last_spoken_at: datetime | None
    last_detail: str
    last_said: SaidBody | None
    last_file: str | None

    @classmethod
    def of(cls, view: HornView) -> "HornBody":
        """Return a view as it goes over the wire."""
        same = {name: getattr(view, name) for name in cls.model_fields if name not in ("id", "last_said")}
        return cls(id=view.horn_id, last_said=SaidBody.of(said_by_program(view.last_detail)), **same)


class HornsBody(Body):
    """All horns."""

    horns: tuple[HornBody, ...]


class SayBody(Body):
    """Words to speak, or the key of a phrase."""

    words: str = Field(min_length=1, max_length=200, pattern=r"\S")


class HealthBody(Body):
    """The system at one moment; fields as in `pipeline.views.SystemHealth`."""

    started_at: datetime
    version: str
    model: str
    engine: str
    disk_free_bytes: int
    evidence_held_back: int
    problems: tuple[ErrorBody, ...]

    @classmethod
    def of(cls, health: SystemHealth) -> "HealthBody":
        """Return a snapshot as it goes over the wire."""
        problems = tuple(ErrorBody(code=p.code, message=p.message, facts=dict(p.facts)) for p in health.problems)
        same = {name: getattr(health, name) for name in cls.model_fields if name != "problems"}
        return cls(problems=problems, **same)


class SiteBody(Body):
    """Where the cameras are.

    Attributes:
        timezone: its IANA name, as in the settings.
        utc_offset_h: hours that its clocks are ahead of UTC at this moment.
    """

    timezone: str
    utc_offset_h: float
