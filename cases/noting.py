"""Adds to a case's history what people did about its evidence without changing its state: who, when, why.

The row joins the same gapless history as every other; replaying it leaves the state as it is.
"""

from dataclasses import dataclass
from datetime import datetime

from pydantic import JsonValue
from sqlalchemy import select
from sqlalchemy.orm import Session

from cases.errors import ReasonMissingError, UnknownCaseError
from cases.tables import AuditTableRow, CaseRow


@dataclass(frozen=True, slots=True)
class Deed:
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


def note_deed(session: Session, row: CaseRow, action: str, deed: Deed, detail: dict[str, JsonValue]) -> None:
    """Add a row to the history of a case that is held by `case_for_change`.

    Raises:
        ReasonMissingError: nobody says why.
        ValueError: nobody is named, or the time is not aware.
    """
    if not deed.reason.strip():
        raise ReasonMissingError(action)
    if not deed.actor.strip() or deed.at.tzinfo is None:
        raise ValueError(f"{action!r} needs a named person and an aware time: {deed.actor=} {deed.at=}")
    row.audit_rows += 1
    row.updated_at = max(row.updated_at, deed.at)
    session.add(
        AuditTableRow(
            case_id=row.id,
            seq=row.audit_rows,
            at=deed.at,
            actor=deed.actor,
            action=action,
            from_state=row.state,
            to_state=row.state,
            reason=deed.reason,
            detail=detail,
        )
    )
