"""Adds to a case's history, of which nothing is ever taken away, and tells the outbox of each row.

What people do about evidence changes no state: its row joins the same gapless history as every other, and replaying it
leaves the state as it is.
"""

from dataclasses import dataclass
from datetime import datetime

from pydantic import JsonValue
from sqlalchemy import select
from sqlalchemy.orm import Session

from cases.errors import ReasonMissingError, UnknownCaseError
from cases.outbox import enqueue
from cases.states import CaseState
from cases.tables import AuditTableRow, CaseRow


@dataclass(frozen=True, slots=True)
class EvidenceDeed:
    """Who did something, when (aware UTC) and why."""

    actor: str
    at: datetime
    reason: str


def case_for_change(session: Session, case_id: str) -> CaseRow:
    """Return a case's row, held until the transaction ends.

    Raises:
        UnknownCaseError: there is no such case.
    """
    row = session.scalar(select(CaseRow).where(CaseRow.id == case_id).with_for_update())
    if row is None:
        raise UnknownCaseError(case_id)
    return row


def note_deed(session: Session, row: CaseRow, action: str, deed: EvidenceDeed, detail: dict[str, JsonValue]) -> None:
    """Add a row to the history of a case that is held by `case_for_change`.

    Raises:
        ReasonMissingError: nobody says why.
        ValueError: nobody is named, or the time is not aware.
    """
    if not deed.reason.strip():
        raise ReasonMissingError(action)
    if not deed.actor.strip() or deed.at.tzinfo is None:
        raise ValueError(f"{action!r} needs a named person and an aware time: {deed.actor=} {deed.at=}")
    add_note(session, row, (deed.at, deed.actor, action, deed.reason), CaseState(row.state), detail)


def add_note(
    session: Session,
    row: CaseRow,
    what: tuple[datetime, str, str, str],
    before: CaseState | None,
    detail: dict[str, JsonValue],
) -> None:
    """Add a row to the history of a case and tell of it outside; the one way in which a history grows.

    Args:
        session: of the transaction that holds the case.
        row: the case as it is now.
        what: when, who, the action, why.
        before: the state that it had; None where it is just opened.
        detail: what else is told.
    """
    at, actor, action, reason = what
    row.audit_rows += 1
    row.updated_at = max(row.updated_at, at)
    note = AuditTableRow(
        case_id=row.id,
        seq=row.audit_rows,
        at=at,
        actor=actor,
        action=action,
        from_state=before.value if before else "",
        to_state=row.state,
        reason=reason,
        detail=detail,
    )
    session.add(note)
    enqueue(session, row, note)
