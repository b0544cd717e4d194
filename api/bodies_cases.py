"""What goes over the wire about cases: request and response models."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal
from urllib.parse import quote

from pydantic import Field, JsonValue

from api.bodies import Body
from cases.records import AuditRow, Case, CaseFile, CaseLine, CasePack, CaseWarning
from cases.states import Action, CaseState, possible_actions

PERSONAL_ACTIONS = (Action.CONFIRM, Action.DISMISS, Action.FILE, Action.CLOSE, Action.REOPEN, Action.WARN)
"""What a person may do on the page; resolving is the program's own judgement."""


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
    """One warning with its receipt; fields as in `cases.records.CaseWarning`."""

    horn_id: str
    phrase: str
    level: int
    text: str
    started_at: datetime
    duration_s: float
    ok: bool
    detail: str
    codec: str
    bytes_sent: int
    audio_sha256: str
    file: str

    @classmethod
    def of(cls, warning: CaseWarning) -> "WarningBody":
        """Return a warning as it goes over the wire."""
        return cls(**{name: getattr(warning, name) for name in cls.model_fields})


class HistoryBody(Body):
    """One thing that happened to a case; fields as in `cases.records.AuditRow`."""

    seq: int
    at: datetime
    actor: str
    action: str
    from_state: CaseState | None
    to_state: CaseState
    reason: str
    detail: dict[str, JsonValue]

    @classmethod
    def of(cls, row: AuditRow) -> "HistoryBody":
        """Return a row of history as it goes over the wire."""
        return cls(**{name: getattr(row, name) for name in cls.model_fields})


class ReasonBody(Body):
    """One measurement that led to a case; the page words it by `key`."""

    key: str
    value: float
    unit: str


class CaseRowBody(Body):
    """One case in a list."""

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

    @classmethod
    def line(cls, case: Case | CaseLine) -> "CaseRowBody":
        """Return a case as a list shows it."""
        return cls(**_row_fields(case))


class CaseBody(CaseRowBody):
    """One case with everything that belongs to it but its history."""

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
    actions: tuple[Action, ...]

    @classmethod
    def of(cls, case: Case) -> "CaseBody":
        """Return a case in full."""
        same = ("event_id", "zone_version", "box", "reviewed_by", "reviewed_at", "created_at", "updated_at", "revision")
        possible = possible_actions(case.state)
        return cls(
            **_row_fields(case),
            **{name: getattr(case, name) for name in same},
            reasons=tuple(ReasonBody(key=r.key, value=r.value, unit=r.unit) for r in case.reasons),
            files=tuple(FileBody.of(case.case_id, pack, file) for pack in case.packs for file in pack.files),
            incomplete=case.incomplete,
            warnings=tuple(WarningBody.of(warning) for warning in case.warnings),
            actions=tuple(action for action in PERSONAL_ACTIONS if action in possible),
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
    def of(cls, case: Case, history: Sequence[AuditRow]) -> "CaseAnswer":
        """Return a case with its history."""
        return cls(case=CaseBody.of(case), history=tuple(HistoryBody.of(row) for row in history))


class ActionBody(Body):
    """A person's decision; `revision` is that of the case as it was seen, so that nobody overrules unseen."""

    action: Literal["confirm", "dismiss", "file", "close", "reopen"]
    reason: str = Field(default="", max_length=300)
    revision: int | None = Field(default=None, ge=1)


class WarnBody(Body):
    """A warning on a person's order; without a phrase the one that is due."""

    phrase: str | None = Field(default=None, max_length=64)


def _row_fields(case: Case | CaseLine) -> dict[str, Any]:
    same = ("number", "kind", "code", "state", "camera_id", "camera_name", "zone_id", "zone_name", "started_at")
    more = ("raised_at", "ended_at", "class_label", "score")
    return {
        "id": case.case_id,
        "warnings_count": case.warnings_count,
        "thumbnail": f"/api/cases/{quote(case.case_id, safe='')}/thumbnail.jpg",
        **{name: getattr(case, name) for name in (*same, *more)},
    }
