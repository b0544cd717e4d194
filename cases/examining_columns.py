"""Writes what examiners say into a case's row and history, and reads it back; the only place that knows both."""

from datetime import datetime

from sqlalchemy import ColumnElement, and_, select
from sqlalchemy.orm import Session

from cases.examining import EXAMINE, HELD_STATES, Examination, Verdict
from cases.noting import add_note, case_for_change
from cases.states import CaseState
from cases.tables import AuditTableRow, CaseRow

SYSTEM = "system"


def record_examination(session: Session, case_id: str, said: Examination, at: datetime) -> CaseRow:
    """Record what an examiner said; what the same one said before stands, and nothing is added to it.

    Raises:
        UnknownCaseError: there is no such case.
    """
    row = case_for_change(session, case_id)
    if said.examiner not in examiners_of(session, case_id):
        row.doubted = row.doubted or said.verdict is Verdict.DOUBTS
        add_note(session, row, (at, SYSTEM, EXAMINE, ""), CaseState(row.state), said.detail())
    return row


def examiners_of(session: Session, case_id: str) -> frozenset[str]:
    """Return who has said something about a case."""
    rows = session.scalars(
        select(AuditTableRow.detail).where(AuditTableRow.case_id == case_id, AuditTableRow.action == EXAMINE)
    )
    return frozenset(str(detail["examiner"]) for detail in rows)


def held_back() -> ColumnElement[bool]:
    """Return the condition that `cases.examining.is_held_back` is for a row."""
    states = [state.value for state in HELD_STATES]
    return and_(CaseRow.doubted, CaseRow.state.in_(states), CaseRow.reviewed_by == "")
