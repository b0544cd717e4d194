"""Rebuilds a case's state from its history alone, and notices when the two do not belong together."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from cases.errors import BrokenHistoryError
from cases.records import ADD_PACK, ADD_WARNING, END, OPEN, AuditRow, Case
from cases.states import REVIEW_ACTIONS, CaseState, next_state


@dataclass(frozen=True, slots=True)
class Replayed:
    """What a history says about its case; fields as in `Case`, packs and warnings as their number."""

    state: CaseState
    revision: int
    ended_at: datetime | None
    reviewed_by: str
    reviewed_at: datetime | None
    packs: int
    warnings: int

    @classmethod
    def of_case(cls, case: Case) -> "Replayed":
        """Return the same facts as they are stored, to compare."""
        return cls(
            case.state,
            case.revision,
            case.ended_at,
            case.reviewed_by,
            case.reviewed_at,
            len(case.packs),
            len(case.warnings),
        )


def replay(history: Sequence[AuditRow]) -> Replayed:
    """Go through a history from its first row and return where it ends.

    Raises:
        BrokenHistoryError: a row is missing, out of order, or says what the state table does not allow.
    """
    if not history or history[0].action != OPEN:
        raise BrokenHistoryError("the history does not begin with the opening of the case")
    state, revision, counts = CaseState.CANDIDATE, 1, {ADD_PACK: 0, ADD_WARNING: 0}
    ended_at: datetime | None = None
    reviewed: tuple[str, datetime | None] = ("", None)
    for seq, row in enumerate(history, start=1):
        expected = (
            seq,
            None if seq == 1 else state,
            state if row.decision is None else next_state(state, row.decision),
        )
        if (row.seq, row.from_state, row.to_state) != expected:
            raise BrokenHistoryError(f"row {row.seq} of case {row.case_id} does not follow from the one before")
        state = row.to_state
        if row.action in counts:
            counts[row.action] += 1
        elif row.action == END:
            ended_at = row.at
        elif row.decision is not None:
            revision += 1
            reviewed = (row.actor, row.at) if row.decision in REVIEW_ACTIONS else reviewed
    return Replayed(state, revision, ended_at, *reviewed, counts[ADD_PACK], counts[ADD_WARNING])
