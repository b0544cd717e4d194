"""Rebuilds where a case stands from its history alone, and notices when the two do not belong together.

A decision is done again by the very function that did it (`workflow.apply`), with what the history says the clock said.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from cases.deeds import told_deed
from cases.errors import BrokenHistoryError, CasesError
from cases.handling import Standing
from cases.records import ADD_PACK, ADD_WARNING, END, OPEN, AuditRow, Case
from cases.workflow import apply


@dataclass(frozen=True, slots=True)
class Replayed:
    """What a history says about its case.

    Attributes:
        standing: everything that decisions changed.
        ended_at: when the offence was seen to be over.
        packs, warnings: how many there are.
    """

    standing: Standing
    ended_at: datetime | None
    packs: int
    warnings: int

    @classmethod
    def of_case(cls, case: Case) -> "Replayed":
        """Return the same facts as they are stored, to compare."""
        return cls(case.standing, case.ended_at, len(case.packs), len(case.warnings))


def replay(history: Sequence[AuditRow]) -> Replayed:
    """Go through a history from its first row and return where it ends.

    Raises:
        BrokenHistoryError: a row is missing, out of order, or says what the workflow does not allow.
    """
    if not history or history[0].action != OPEN:
        raise BrokenHistoryError("the history does not begin with the opening of the case")
    standing, counts = Standing(), {ADD_PACK: 0, ADD_WARNING: 0}
    ended_at: datetime | None = None
    for seq, row in enumerate(history, start=1):
        before = None if seq == 1 else standing.state
        standing = _after(standing, row)
        if (row.seq, row.from_state, row.to_state) != (seq, before, standing.state):
            raise BrokenHistoryError(f"row {row.seq} of case {row.case_id} does not follow from the one before")
        if row.action in counts:
            counts[row.action] += 1
        elif row.action == END:
            ended_at = row.at
    return Replayed(standing, ended_at, counts[ADD_PACK], counts[ADD_WARNING])


def _after(standing: Standing, row: AuditRow) -> Standing:
    if row.decision is None:
        return standing
    deed, revision = told_deed(row.decision, (row.actor, row.at, row.reason), row.detail)
    try:
        after = apply(standing, deed)
    except CasesError as err:
        raise BrokenHistoryError(f"row {row.seq} of case {row.case_id} tells what is not possible: {err}") from err
    if revision not in (None, after.revision):
        raise BrokenHistoryError(f"row {row.seq} of case {row.case_id} is not decision {after.revision - 1}")
    return after
