"""Gives cases the numbers people call them by: prefix, local day, four digits counting from 1.

The counter is a row that is raised inside the transaction that opens the case: a transaction that fails gives its
number back, two that run at once wait for each other, so that a day's numbers have no gap and no twin.
"""

from datetime import datetime, timedelta, timezone, tzinfo

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from cases.tables import CaseCounterRow, CaseRow

PREFIX = "SW"

BEIJING = timezone(timedelta(hours=8), "UTC+08:00")
"""The one legal time of China; it has known no summer time since 1991, so no time-zone data is needed."""


def next_number(session: Session, opened_at: datetime, local: tzinfo) -> str:
    """Return the next free number of the day, in the session's own transaction."""
    day = f"{opened_at.astimezone(local):%Y%m%d}"
    raised = session.execute(
        update(CaseCounterRow)
        .where(CaseCounterRow.day == day)
        .values(last=CaseCounterRow.last + 1)
        .returning(CaseCounterRow.last)
        .execution_options(synchronize_session=False)
    ).scalar_one_or_none()
    if raised is None:
        raised = 1
        session.add(CaseCounterRow(day=day, last=raised))
        session.flush()
    return _number(day, raised)


def missing_numbers(session: Session) -> tuple[str, ...]:
    """Return the numbers that were given and that no case has, in their order."""
    counters = session.execute(select(CaseCounterRow.day, CaseCounterRow.last).order_by(CaseCounterRow.day)).all()
    there = set(session.scalars(select(CaseRow.number)))
    given = (_number(day, count) for day, last in counters for count in range(1, last + 1))
    return tuple(number for number in given if number not in there)


def _number(day: str, count: int) -> str:
    return f"{PREFIX}{day}{count:04d}"
