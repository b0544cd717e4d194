"""Writes looks after dispatch into a case's row and history, and reads them back; the only place that knows both.

A look is recorded with the pack that holds its pictures, in one transaction, from what the pack's manifest says. So a
pack that a crash left without its row brings its look along when the next start gives it one, and none is made twice.
"""

from datetime import datetime
from typing import Any

from pydantic import JsonValue
from sqlalchemy.orm import InstrumentedAttribute, Session

from cases.closing import LOOK, LOOK_DELAYED, ClosingLook, Delay
from cases.noting import add_note, case_for_change
from cases.packs import Pack
from cases.states import CaseState
from cases.tables import CaseRow

SYSTEM = "system"

COLUMNS: tuple[InstrumentedAttribute[Any], ...] = (
    CaseRow.closing_finding,
    CaseRow.closing_proposal,
    CaseRow.closing_looked_at,
    CaseRow.closing_looks,
    CaseRow.closing_round_at,
    CaseRow.closing_delay,
    CaseRow.closing_tried_at,
)


def closing_look(row: Any) -> ClosingLook:
    """Return how far the looks of a case have come; the row is one of `CaseRow`, or one that holds `COLUMNS`."""
    return ClosingLook(
        finding=row.closing_finding,
        proposal=row.closing_proposal,
        looked_at=row.closing_looked_at,
        looks=row.closing_looks,
        round_at=row.closing_round_at,
        delay=row.closing_delay,
        tried_at=row.closing_tried_at,
    )


def put_look(row: CaseRow, look: ClosingLook) -> None:
    """Write how far the looks have come into the row of a case."""
    row.closing_finding, row.closing_proposal = look.finding, look.proposal
    row.closing_looked_at, row.closing_looks, row.closing_round_at = look.looked_at, look.looks, look.round_at
    row.closing_delay, row.closing_tried_at = look.delay, look.tried_at


def record_look(session: Session, row: CaseRow, pack: Pack) -> None:
    """Record the look that a pack was taken for; a pack of another purpose changes nothing.

    The row's pack was just recorded, for the first time.
    """
    told = pack.manifest.facts.closing
    if told is None:
        return
    before = closing_look(row)
    looks = before.looks if before.round_at == told.dispatched_at else 0
    at = pack.manifest.facts.captured_at
    put_look(row, ClosingLook(told.finding, told.proposal, at, looks + 1, told.dispatched_at))
    detail: dict[str, JsonValue] = {
        "finding": told.finding,
        "proposal": told.proposal,
        "pack": pack.number,
        "measures": [{"key": each.key, "value": each.value, "unit": each.unit} for each in told.measures],
    }
    add_note(session, row, (pack.manifest.written_at, SYSTEM, LOOK, ""), CaseState(row.state), detail)


def record_delay(session: Session, case_id: str, delay: Delay, dispatched_at: datetime, at: datetime) -> CaseRow:
    """Record that it was time to look, and why nothing could be judged; the history says each cause once in a row.

    Raises:
        UnknownCaseError: there is no such case.
    """
    row = case_for_change(session, case_id)
    before = closing_look(row)
    if before.round_at != dispatched_at:
        before = ClosingLook(round_at=dispatched_at)
    is_news = before.delay != delay.value
    kept = before.finding, before.proposal, before.looked_at, before.looks, dispatched_at
    put_look(row, ClosingLook(*kept, delay.value, at))
    if is_news:
        add_note(session, row, (at, SYSTEM, LOOK_DELAYED, ""), CaseState(row.state), {"delay": delay.value})
    return row
