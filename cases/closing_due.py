"""Says which cases are due for a look after dispatch; it follows from their rows, so that a restart loses none."""

from datetime import datetime, timedelta

from sqlalchemy import select

from cases.closing import LOOK_STATES, ClosingLook, Finding
from cases.closing_columns import COLUMNS, closing_look
from cases.closing_settings import ClosingSettings
from cases.database import Database
from cases.tables import CaseRow


def due_at(look: ClosingLook, code: str, dispatched_at: datetime, settings: ClosingSettings) -> datetime | None:
    """Return when a case that is with a unit is to be looked at next; None where it need not be any more.

    Args:
        look: how far its looks have come.
        code: its code.
        dispatched_at: when it last came to its unit.
        settings: how long to wait.
    """
    if look.round_at != dispatched_at:
        return dispatched_at + timedelta(seconds=settings.after(code))
    if look.delay and look.tried_at is not None:
        return look.tried_at + timedelta(seconds=settings.again_s)
    if look.finding == Finding.GONE or look.looks >= settings.most_looks or look.looked_at is None:
        return None
    return look.looked_at + timedelta(seconds=settings.repeat_s)


def due_looks(database: Database, settings: ClosingSettings, now: datetime) -> tuple[str, ...]:
    """Return the ids of the cases that are due, those that wait longest first.

    Raises:
        DatabaseError: the database refuses; it may be asked again.
    """
    if not settings.looks:
        return ()
    since = now - timedelta(seconds=settings.soonest_s)
    wanted = select(CaseRow.id, CaseRow.code, CaseRow.dispatched_at, *COLUMNS).where(
        CaseRow.state.in_([state.value for state in LOOK_STATES]), CaseRow.dispatched_at <= since
    )
    with database.reading() as session:
        rows = session.execute(wanted).all()
    due = [(due_at(closing_look(row), row.code, row.dispatched_at, settings), row.id) for row in rows]
    return tuple(
        case_id for at, case_id in sorted((at, case_id) for at, case_id in due if at is not None and at <= now)
    )
