"""Does what only the passing of time asks for: what was put off goes on, and a unit that is late is urged.

Belongs here: which cases, and what then. Does not: when somebody looks at the clock (pipeline).
"""

from contextlib import suppress
from datetime import datetime

from sqlalchemy import ColumnElement, and_, exists, or_, select

from cases.deeds import Order
from cases.errors import ActionBlockedError, IllegalTransitionError
from cases.handling import Supervision
from cases.posts import Doer
from cases.records import Case
from cases.states import Action, CaseState
from cases.store import SYSTEM, CaseStore
from cases.tables import AuditTableRow, CaseRow

UNTIL_CAME = "the day it was put off to has come"
TIME_IS_UP = "its time is up"
"""Reasons that go into the history; the page words them (`sentences.js`)."""

RESUME = Order(Action.RESUME, UNTIL_CAME)
URGE = Order(Action.SUPERVISE, TIME_IS_UP, kind=Supervision.TIMEOUT)


def keep_time(store: CaseStore, at: datetime) -> tuple[Case, ...]:
    """Let cases whose suspension has run out go on, urge those whose unit is late, once; return what changed.

    Args:
        store: the cases.
        at: now, aware UTC.

    Raises:
        DatabaseError: the database refuses; it may be tried again.
    """
    with store.database.reading() as session:
        is_late = and_(
            CaseRow.due_at < at, CaseRow.supervision.not_like(f"%{Supervision.TIMEOUT.value}%"), ~_was_urged()
        )
        due = select(CaseRow.id, CaseRow.state).where(or_(CaseRow.suspended_until <= at, is_late))
        found = session.execute(due.order_by(CaseRow.raised_at, CaseRow.id)).all()
    changed = []
    for case_id, state in found:
        order = RESUME if state == CaseState.SUSPENDED else URGE
        with suppress(IllegalTransitionError, ActionBlockedError):  # somebody was faster
            changed.append(store.decide(case_id, order, by=Doer(SYSTEM), at=at))
    return tuple(changed)


def _was_urged() -> ColumnElement[bool]:
    """Return whether the program urged the unit since its time was up; who ended that supervision has the last word."""
    return exists().where(
        AuditTableRow.case_id == CaseRow.id,
        AuditTableRow.action == Action.SUPERVISE.value,
        AuditTableRow.actor == SYSTEM,
        AuditTableRow.at >= CaseRow.due_at,
    )
