"""Turns rows of the tables into records and back; the only place that knows both."""

from collections.abc import Sequence
from dataclasses import fields
from typing import Any

from pydantic import TypeAdapter

from cases.closing import NO_LOOK, current_look
from cases.closing_columns import closing_look, put_look
from cases.examining import is_held_back
from cases.handling import Handling, Request, Standing, Supervision
from cases.packs import Pack, PackPurpose, PartRole
from cases.place_columns import place_columns, proposal_of, spot_of
from cases.records import AuditRow, Case, CaseFile, CaseLine, CasePack, CaseWarning, NewCase
from cases.states import CaseState
from cases.tables import AuditTableRow, CaseRow, FileRow, PackRow, WarningRow
from detectors.events import Reason

_REASONS: TypeAdapter[tuple[Reason, ...]] = TypeAdapter(tuple[Reason, ...])

_ENUMS = frozenset({"returned_from", "supervision", "extension", "appeal"})
_SAME = tuple(each.name for each in fields(Handling) if each.name not in _ENUMS)
"""Fields of `Handling` that a row holds as they are."""


def new_case_row(new: NewCase, number: str) -> CaseRow:
    """Return the row of a case that is being opened, without packs."""
    x1, y1, x2, y2 = new.box
    row = CaseRow(
        id=new.case_id,
        number=number,
        event_id=new.event_id,
        kind=new.kind,
        code=new.code,
        camera_id=new.camera_id,
        camera_name=new.camera_name,
        zone_id=new.zone_id,
        zone_name=new.zone_name,
        zone_version=new.zone_version,
        **place_columns(new.spot, new.proposal),
        started_at=new.started_at,
        raised_at=new.raised_at,
        ended_at=None,
        box_x1=x1,
        box_y1=y1,
        box_x2=x2,
        box_y2=y2,
        class_label=new.class_label,
        score=new.score,
        reasons=_REASONS.dump_python(new.reasons, mode="json"),
        created_at=new.opened_at,
        updated_at=new.opened_at,
        audit_rows=0,
        doubted=False,
    )
    put_standing(row, Standing())
    put_look(row, NO_LOOK)
    return row


def put_standing(row: CaseRow, standing: Standing) -> None:
    """Write where a case stands into its row."""
    row.state = standing.state.value
    row.revision = standing.revision
    row.reviewed_by, row.reviewed_at = standing.reviewed_by, standing.reviewed_at
    for name in _SAME:
        setattr(row, name, getattr(standing.handling, name))
    row.returned_from = standing.handling.returned_from or ""
    row.supervision = ",".join(standing.handling.supervision)
    row.extension = standing.handling.extension.value
    row.appeal = standing.handling.appeal.value


def standing_of(row: CaseRow) -> Standing:
    """Return where the case of a row stands."""
    handling = Handling(
        returned_from=CaseState(row.returned_from) if row.returned_from else None,
        supervision=tuple(Supervision(kind) for kind in row.supervision.split(",") if kind),
        extension=Request(row.extension),
        appeal=Request(row.appeal),
        **{name: getattr(row, name) for name in _SAME},
    )
    return Standing(CaseState(row.state), row.revision, row.reviewed_by, row.reviewed_at, handling)


def pack_row(pack: Pack) -> PackRow:
    """Return the row of a pack with the rows of its files."""
    facts = pack.manifest.facts
    return PackRow(
        case_id=pack.case_id,
        number=pack.number,
        purpose=facts.purpose.value,
        folder=pack.folder,
        manifest_sha256=pack.manifest_sha256,
        written_at=pack.manifest.written_at,
        captured_at=facts.captured_at,
        clock_error_s=facts.clock_error_s,
        incomplete=list(facts.incomplete),
        deleted_at=None,
        deletion_rule="",
        deletion_pack=None,
        files=[
            FileRow(name=file.name, role=file.role.value, sha256=file.sha256, size_bytes=file.size_bytes)
            for file in pack.files
        ],
    )


def warning_row(case_id: str, warning: CaseWarning) -> WarningRow:
    """Return the row of a warning."""
    return WarningRow(
        case_id=case_id,
        horn_id=warning.horn_id,
        phrase=warning.phrase,
        level=warning.level,
        text=warning.text,
        started_at=warning.started_at,
        duration_s=warning.duration_s,
        ok=warning.ok,
        detail=warning.detail,
        codec=warning.codec,
        bytes_sent=warning.bytes_sent,
        audio_sha256=warning.audio_sha256,
        file=warning.file,
    )


def case_record(row: CaseRow) -> Case:
    """Return the record of a case; its session must still be open."""
    return Case(
        **_facts(row),
        packs=tuple(_pack_record(pack) for pack in row.packs),
        warnings=tuple(_warning_record(warning) for warning in row.warnings),
    )


def case_line(row: CaseRow, warnings_count: int) -> CaseLine:
    """Return a case as a list shows it; nothing beside its row is read."""
    return CaseLine(**_facts(row), warnings_count=warnings_count)


def audit_records(rows: Sequence[AuditTableRow]) -> tuple[AuditRow, ...]:
    """Return the records of a case's history."""
    return tuple(
        AuditRow(
            case_id=row.case_id,
            seq=row.seq,
            at=row.at,
            actor=row.actor,
            action=row.action,
            from_state=CaseState(row.from_state) if row.from_state else None,
            to_state=CaseState(row.to_state),
            reason=row.reason,
            detail=row.detail,
        )
        for row in rows
    )


def _facts(row: CaseRow) -> dict[str, Any]:
    """Return the fields of `CaseFacts`."""
    standing = standing_of(row)
    return {
        "case_id": row.id,
        "number": row.number,
        "event_id": row.event_id,
        "kind": row.kind,
        "code": row.code,
        "state": standing.state,
        "camera_id": row.camera_id,
        "camera_name": row.camera_name,
        "zone_id": row.zone_id,
        "zone_name": row.zone_name,
        "zone_version": row.zone_version,
        "spot": spot_of(row),
        "proposal": proposal_of(row),
        "started_at": row.started_at,
        "raised_at": row.raised_at,
        "ended_at": row.ended_at,
        "box": (row.box_x1, row.box_y1, row.box_x2, row.box_y2),
        "class_label": row.class_label,
        "score": row.score,
        "reasons": _REASONS.validate_python(row.reasons),
        "reviewed_by": row.reviewed_by,
        "reviewed_at": row.reviewed_at,
        "created_at": row.created_at,
        "updated_at": row.updated_at,
        "revision": row.revision,
        "handling": standing.handling,
        "held_back": is_held_back(row.doubted, standing.state, row.reviewed_by),
        "closing": current_look(closing_look(row), standing.state, standing.handling.dispatched_at),
    }


def _pack_record(row: PackRow) -> CasePack:
    return CasePack(
        number=row.number,
        purpose=PackPurpose(row.purpose),
        folder=row.folder,
        manifest_sha256=row.manifest_sha256,
        written_at=row.written_at,
        captured_at=row.captured_at,
        clock_error_s=row.clock_error_s,
        incomplete=tuple(row.incomplete),
        files=tuple(_file_record(row, file) for file in row.files),
        deleted_at=row.deleted_at,
        deletion_rule=row.deletion_rule,
        deletion_pack=row.deletion_pack,
    )


def _file_record(pack: PackRow, row: FileRow) -> CaseFile:
    return CaseFile(
        name=row.name,
        role=PartRole(row.role),
        pack=pack.number,
        path=f"{pack.folder}/{row.name}",
        sha256=row.sha256,
        size_bytes=row.size_bytes,
        captured_at=pack.captured_at,
    )


def _warning_record(row: WarningRow) -> CaseWarning:
    return CaseWarning(
        horn_id=row.horn_id,
        phrase=row.phrase,
        level=row.level,
        text=row.text,
        started_at=row.started_at,
        duration_s=row.duration_s,
        ok=row.ok,
        detail=row.detail,
        codec=row.codec,
        bytes_sent=row.bytes_sent,
        audio_sha256=row.audio_sha256,
        file=row.file,
    )
