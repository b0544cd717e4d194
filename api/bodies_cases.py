"""What goes over the wire about cases: request and response models."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal
from urllib.parse import quote

from pydantic import Field, JsonValue

from api.bodies import Body, SaidBody
from api.bodies_places import PositionBody
from api.bodies_workflow import HandlingBody
from cases.closing import ClosingLook, ClosingProposal, Delay, Finding
from cases.handling import Supervision
from cases.lights import Light
from cases.people import Person
from cases.records import AuditRow, Case, CaseFile, CaseLine, CasePack, CaseWarning
from cases.said import said_by_program, said_in
from cases.states import Action, CaseState
from cases.time_left import Lights, TimeLeft
from cases.workflow import possible_for


class FileBody(Body):
    """One evidence file; `href` serves it."""

    name: str
    role: str
    pack: int
    purpose: str
    sha256: str
    size_bytes: int
    captured_at: datetime
    href: str

    @classmethod
    def of(cls, case_id: str, pack: CasePack, file: CaseFile) -> "FileBody":
        """Return a file as it goes over the wire."""
        return cls(
            name=file.name,
            role=file.role.value,
            pack=file.pack,
            purpose=pack.purpose.value,
            sha256=file.sha256,
            size_bytes=file.size_bytes,
            captured_at=file.captured_at,
            href=f"/api/cases/{quote(case_id, safe='')}/files/{file.pack}/{quote(file.name, safe='')}",
        )


class WarningBody(Body):
    """One warning with its receipt; fields as in `cases.records.CaseWarning`, and which sentence `detail` is."""

    horn_id: str
    phrase: str
    level: int
    text: str
    started_at: datetime
    duration_s: float
    ok: bool
    detail: str
    said: SaidBody | None
    codec: str
    bytes_sent: int
    audio_sha256: str
    file: str

    @classmethod
    def of(cls, warning: CaseWarning) -> "WarningBody":
        """Return a warning as it goes over the wire."""
        same = {name: getattr(warning, name) for name in cls.model_fields if name != "said"}
        return cls(said=SaidBody.of(said_by_program(warning.detail)), **same)


class HistoryBody(Body):
    """One thing that happened to a case; fields as in `cases.records.AuditRow`, and which sentence `reason` is."""

    seq: int
    at: datetime
    actor: str
    action: str
    from_state: CaseState | None
    to_state: CaseState
    reason: str
    said: SaidBody | None
    detail: dict[str, JsonValue]

    @classmethod
    def of(cls, row: AuditRow) -> "HistoryBody":
        """Return a row of history as it goes over the wire."""
        same = {name: getattr(row, name) for name in cls.model_fields if name != "said"}
        return cls(said=SaidBody.of(said_in(row)), **same)


class ReasonBody(Body):
    """One measurement that led to a case; the page words it by `key`."""

    key: str
    value: float
    unit: str


class ClosingBody(Body):
    """What the camera saw after the last dispatch; fields as in `cases.closing.ClosingLook`."""

    finding: Finding | Literal[""]
    proposal: ClosingProposal
    looked_at: datetime | None
    looks: int
    delay: Delay | Literal[""]
    tried_at: datetime | None

    @classmethod
    def of(cls, look: ClosingLook) -> "ClosingBody":
        """Return a look as it goes over the wire."""
        return cls.model_validate({name: getattr(look, name) for name in cls.model_fields})


class TimeLeftBody(Body):
    """How a running clock stands; fields as in `cases.time_left.TimeLeft`."""

    light: Light
    left_s: float
    day_s: float

    @classmethod
    def of(cls, left: TimeLeft) -> "TimeLeftBody":
        """Return it as it goes over the wire."""
        return cls(light=left.light, left_s=left.left_s, day_s=left.day_s)


class CaseRowBody(Body):
    """One case in a list; `due_at` and `is_overdue` are of its unit's clock, `stage_due_at` is of its stage."""

    id: str
    number: str
    kind: str
    code: str
    state: CaseState
    camera_id: str
    camera_name: str
    zone_id: str
    zone_name: str
    started_at: datetime
    raised_at: datetime
    ended_at: datetime | None
    class_label: str
    score: float
    warnings_count: int
    thumbnail: str
    unit: str
    due_at: datetime | None
    stage_due_at: datetime | None
    is_overdue: bool
    supervision: tuple[Supervision, ...]
    proposal: ClosingProposal
    held_back: bool
    time: TimeLeftBody | None
    position: PositionBody | None

    @classmethod
    def line(cls, case: Case | CaseLine, at: datetime, lights: Lights) -> "CaseRowBody":
        """Return a case as a list shows it at a moment."""
        return cls(**row_fields(case, at, lights))


class CaseBody(CaseRowBody):
    """One case with everything that belongs to it but its history; `actions` are those of the person who asks."""

    event_id: str
    zone_version: int
    box: tuple[float, float, float, float]
    reviewed_by: str
    reviewed_at: datetime | None
    created_at: datetime
    updated_at: datetime
    revision: int
    reasons: tuple[ReasonBody, ...]
    files: tuple[FileBody, ...]
    incomplete: tuple[str, ...]
    warnings: tuple[WarningBody, ...]
    handling: HandlingBody
    closing: ClosingBody
    actions: tuple[Action, ...]

    @classmethod
    def of(cls, case: Case, person: Person, at: datetime, lights: Lights) -> "CaseBody":
        """Return a case in full, as somebody sees it at a moment."""
        same = ("event_id", "zone_version", "box", "reviewed_by", "reviewed_at", "created_at", "updated_at", "revision")
        return cls(
            **row_fields(case, at, lights),
            **{name: getattr(case, name) for name in same},
            reasons=tuple(ReasonBody(key=r.key, value=r.value, unit=r.unit) for r in case.reasons),
            files=tuple(
                FileBody.of(case.case_id, pack, file)
                for pack in case.packs
                if pack.deleted_at is None  # rows of what was deleted by rule stay; the history tells of them
                for file in pack.files
            ),
            incomplete=case.incomplete,
            warnings=tuple(WarningBody.of(warning) for warning in case.warnings),
            handling=HandlingBody.of(case.handling),
            closing=ClosingBody.of(case.closing),
            actions=possible_for(case.standing, person.doer, at),
        )


class CasesBody(Body):
    """A page of cases, newest first, and how many there are in all: `total`, or more where `is_more` says so.

    `next` asks for the page after this one as `after`, at the same cost however deep; it is empty after the last case.
    """

    cases: tuple[CaseRowBody, ...]
    total: int
    is_more: bool
    page: int
    size: int
    next: str


class CountsBody(Body):
    """How many cases are in each state; every state is there."""

    counts: dict[CaseState, int]


class CaseAnswer(Body):
    """One case and its history, oldest first."""

    case: CaseBody
    history: tuple[HistoryBody, ...]

    @classmethod
    def of(cls, case: CaseBody, history: Sequence[AuditRow]) -> "CaseAnswer":
        """Return a case as somebody sees it, with its history."""
        return cls(case=case, history=tuple(HistoryBody.of(row) for row in history))


class WarnBody(Body):
    """A warning on a person's order; without a phrase the one that is due."""

    phrase: str | None = Field(default=None, max_length=64, pattern=r"^[^\x00]*$")


def row_fields(case: Case | CaseLine, at: datetime, lights: Lights) -> dict[str, Any]:
    """Return the fields of `CaseRowBody`."""
    same = ("number", "kind", "code", "state", "camera_id", "camera_name", "zone_id", "zone_name", "started_at")
    more = ("raised_at", "ended_at", "class_label", "score")
    left, position = lights.of(case, at), case.spot.position
    return {
        "id": case.case_id,
        "time": TimeLeftBody.of(left) if left else None,
        "position": PositionBody.of(position) if position else None,
        "warnings_count": case.warnings_count,
        "unit": case.handling.unit,
        "due_at": case.handling.due_at,
        "stage_due_at": lights.stage_due_at(case),
        "is_overdue": case.handling.is_overdue(at),
        "supervision": case.handling.supervision,
        "proposal": case.closing.proposal,
        "held_back": case.held_back,
        "thumbnail": f"/api/cases/{quote(case.case_id, safe='')}/thumbnail.jpg",
        **{name: getattr(case, name) for name in (*same, *more)},
    }
