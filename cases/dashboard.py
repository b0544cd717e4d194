"""Counts for the board: cases by state, and per unit how many are open and how many of those are late.

Counts by state come from tallies that triggers keep (exact, whatever the number of cases); those of units are counted
over open cases only, which are few, in one index.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from cases.database import Database
from cases.states import CaseState
from cases.tables import CaseRow, CaseTallyRow

OVER = frozenset({"closed", "force_closed", "not_accepted", "dismissed", "merged", "resolved"})
"""States in which nobody has anything to do any more."""


@dataclass(frozen=True, slots=True)
class UnitCount:
    """How many cases of a unit are open, and how many of those are past their time."""

    open: int
    overdue: int


@dataclass(frozen=True, slots=True)
class Board:
    """What the board shows at one moment.

    Attributes:
        by_state: cases in each state; every state is there.
        by_unit: of each unit that has open cases; those that no unit has yet stand under the empty name.
    """

    by_state: Mapping[CaseState, int]
    by_unit: Mapping[str, UnitCount]

    @property
    def overdue(self) -> int:
        """Open cases that are past their time, of all units."""
        return sum(unit.overdue for unit in self.by_unit.values())


def board(database: Database, at: datetime) -> Board:
    """Return the board as it is at a time, aware UTC.

    Raises:
        DatabaseError: the database refuses; it may be tried again.
    """
    open_states = [state.value for state in CaseState if state.value not in OVER]
    late = func.sum(case((CaseRow.due_at < at, 1), else_=0))
    # Grouped by state as well, so that both databases read the one index (state, unit, due_at) in its order.
    counted = select(CaseRow.unit, func.count(), late).where(CaseRow.state.in_(open_states))
    with database.reading() as session:
        units: dict[str, UnitCount] = {}
        for unit, count, overdue in session.execute(counted.group_by(CaseRow.state, CaseRow.unit)):
            before = units.get(unit, UnitCount(0, 0))
            units[unit] = UnitCount(before.open + count, before.overdue + overdue)
        return Board(counts_by_state(session), units)


def counts_by_state(session: Session) -> dict[CaseState, int]:
    """Return how many cases are in each state; every state is there."""
    tallied = select(CaseTallyRow.state, func.sum(CaseTallyRow.count)).group_by(CaseTallyRow.state)
    counted = {CaseState(state): int(count) for state, count in session.execute(tallied) if count}
    return {state: counted.get(state, 0) for state in CaseState}
