"""Turns a `CaseQuery` into conditions that any database understands."""

from sqlalchemy import ColumnElement, and_, or_, true

from cases.posts import ANY_UNIT
from cases.records import CaseQuery, Inbox
from cases.tables import CaseRow


def conditions_of(query: CaseQuery) -> list[ColumnElement[bool]]:
    """Return what a case must fulfil to be found; an empty list finds all."""
    conditions: list[ColumnElement[bool]] = []
    if query.states:
        conditions.append(CaseRow.state.in_([state.value for state in query.states]))
    if query.kinds:
        conditions.append(CaseRow.kind.in_(query.kinds))
    if query.camera_ids:
        conditions.append(CaseRow.camera_id.in_(query.camera_ids))
    if query.units:
        conditions.append(CaseRow.unit.in_(query.units))
    if query.inbox is not None:
        conditions.append(_waits(query.inbox))
    if query.due_before is not None:
        conditions.append(CaseRow.due_at < query.due_before)
    if query.raised_from is not None:
        conditions.append(CaseRow.raised_at >= query.raised_from)
    if query.raised_before is not None:
        conditions.append(CaseRow.raised_at < query.raised_before)
    if text := query.text.strip():
        searched = (CaseRow.number, CaseRow.code, CaseRow.camera_name, CaseRow.zone_name)
        conditions.append(or_(*(column.icontains(text, autoescape=True) for column in searched)))
    return conditions


def _waits(inbox: Inbox) -> ColumnElement[bool]:
    is_own = true() if inbox.unit == ANY_UNIT else and_(CaseRow.unit == inbox.unit, CaseRow.unit != "")
    waits_for_unit = and_(CaseRow.state.in_([state.value for state in inbox.unit_states]), is_own)
    return or_(CaseRow.state.in_([state.value for state in inbox.states]), waits_for_unit)
