"""Tells when a unit's time is up and how much of it is used, from somebody who knows limits and calendars.

The time of a unit is the limit of the case's code and condition, once more for every extension. It runs from dispatch
until the unit hands the case back, stands still meanwhile where the case is put off or given back to the dispatcher,
and goes on with what is left where the same unit gets it again. Rework gains no new time.

Belongs here: extensions and pauses. Does not: working hours and holidays (working_time), when it runs (workflow).
"""

from dataclasses import replace
from datetime import datetime
from typing import Protocol

from cases.deeds import Deed
from cases.handling import Handling, Standing
from cases.workflow import apply


class Deadlines(Protocol):
    """Knows limits and working hours."""

    def due_at(self, code: str, condition: int | None, start: datetime, spent_s: float) -> datetime | None:
        """Return when the limit of a code and condition has passed.

        Args:
            code: the item's code.
            condition: number of its filing condition, None where nobody chose one.
            start: since when the clock runs, aware.
            spent_s: working seconds that were used before.

        Returns:
            Aware; None where no limit is known.
        """
        ...

    def spent_s(self, code: str, condition: int | None, start: datetime, end: datetime) -> float:
        """Return the working seconds between two moments, as this code's limit counts them."""
        ...


def timed(deadlines: Deadlines | None, code: str, standing: Standing, deed: Deed) -> Deed:
    """Return a deed with what the clock says about it, to be written down and then applied.

    Args:
        deadlines: who knows limits; None leaves every clock without one.
        code: of the case.
        standing: where the case stands before.
        deed: what is to be done.

    Raises:
        CasesError: as `workflow.apply`.
    """
    before = standing.handling
    if deadlines is not None and standing.runs and before.running_since is not None:
        used_s = _worked_s(deadlines, code, before, deed.at)
        deed = replace(deed, spent_s=before.spent_s + used_s)
    after = apply(standing, deed)
    stops = standing.runs and not after.runs
    deed = deed if stops else replace(deed, spent_s=None)
    starts = after.runs and not standing.runs
    if deadlines is not None and (starts or after.handling.extensions > before.extensions):
        return replace(deed, due_at=_due_at(deadlines, code, after.handling))
    return deed


def _worked_s(deadlines: Deadlines, code: str, handling: Handling, at: datetime) -> float:
    """Return the working seconds since the clock runs; none where the wall clock was set back before that."""
    start = handling.running_since
    if start is None or at <= start:
        return 0.0
    return max(0.0, deadlines.spent_s(code, handling.condition, start, at))


def _due_at(deadlines: Deadlines, code: str, handling: Handling) -> datetime | None:
    """Return when limit and extensions have passed, counted from the moment since which the clock runs.

    The limit itself is not asked for: it is what lies between a start and its end.
    """
    start, condition = handling.running_since, handling.condition
    if start is None:
        return None
    end = deadlines.due_at(code, condition, start, 0.0)
    if end is None:
        return None
    limit_s = deadlines.spent_s(code, condition, start, end)
    left_s = limit_s * (1 + handling.extensions) - handling.spent_s
    if left_s <= 0.0 or limit_s <= 0.0:
        return start
    while left_s > limit_s and end is not None:
        start, left_s = end, left_s - limit_s
        end = deadlines.due_at(code, condition, start, 0.0)
    return deadlines.due_at(code, condition, start, limit_s - left_s)
