"""Says how much of its time a case has left, with its light, and which cases are due soon.

A unit's clock has the limit of its code, and is yellow while no more than the last share of one limit is left, counted
as the limit counts (`CodeDeadlines.soon_until`). The stages before and after have short clocks of their own
(`stage_clocks`), which are looked for only for whom the stage is the work. So what a list shows of a case and what the
database counts are the same, also of cases that were paused or got more time.

Belongs here: lights of cases. Does not: the rule of a light (lights), how time is counted (working_time).
"""

from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select

from cases.database import Database
from cases.deadlines import CodeDeadlines
from cases.due_soon import DueSoon, SoonLimit, StageSpan
from cases.errors import UnknownCodeError
from cases.lights import Light, Reminder, light
from cases.queries import CaseQuery
from cases.records import CaseFacts
from cases.searching import conditions_of
from cases.stage_clocks import STAGE_OF_STATE, StageClocks
from cases.states import CaseState
from cases.tables import CaseRow

DAY_S = 86_400.0
DEFAULT_CLOCKS = StageClocks()


@dataclass(frozen=True, slots=True)
class TimeLeft:
    """How a running clock stands.

    Attributes:
        light: green, yellow or red.
        left_s: seconds until it is due, counted as its limit counts; negative once it is over.
        day_s: so many counted seconds are a day: 86,400 around the clock, 28,800 with eight working hours.
    """

    light: Light
    left_s: float
    day_s: float


class Lights:
    """Knows the lights of cases; any thread may ask.

    Args:
        deadlines: limits and working time of the city.
        clocks: how long the stages before and after handling may take.
    """

    def __init__(self, deadlines: CodeDeadlines, clocks: StageClocks = DEFAULT_CLOCKS) -> None:
        self._deadlines, self._clocks = deadlines, clocks

    def of(self, case: CaseFacts, now: datetime) -> TimeLeft | None:
        """Return how a case stands at an aware moment; None while no clock runs, or where it has no limit."""
        since, due = case.handling.running_since, case.handling.due_at
        if since is None or due is None:
            return self._of_stage(case, now)
        code, condition = case.code, case.handling.condition
        until = self._soon_until(code, condition, now)
        is_soon = until is not None and due <= until
        shown = light(now, since, due, yellow_at=now if is_soon else due)
        left_s = self._counted_s(case, now, due) if now < due else -self._counted_s(case, due, now)
        return TimeLeft(shown, left_s, self._day_s(code, condition))

    def stage_due_at(self, case: CaseFacts) -> datetime | None:
        """Return when the stage of a case is due, in UTC; None where no stage clock runs."""
        since = case.handling.stage_since
        return None if since is None else self._clocks.due_at(case.state, since)

    def late_stages(self, now: datetime, states: Collection[CaseState]) -> tuple[StageSpan, ...]:
        """Return what makes a case red at a moment by the clock of its stage, for `CaseQuery.late_stages`.

        Args:
            now: aware.
            states: those that count; from `inboxes.stages_of`.
        """
        return tuple(StageSpan(state.value, now - self._length(state)) for state in states)

    def due_soon(self, database: Database, now: datetime, states: Collection[CaseState] = ()) -> DueSoon:
        """Return what makes a case yellow at a moment, for `CaseQuery.due_soon`; `states` as in `late_stages`.

        Raises:
            DatabaseError: the database refuses; it may be tried again.
        """
        running = select(CaseRow.code, CaseRow.condition).where(CaseRow.due_at > now).distinct()
        with database.reading() as session:
            kinds = session.execute(running).all()
        found = ((code, condition, self._soon_until(code, condition, now)) for code, condition in kinds)
        limits = (SoonLimit(code, condition, until) for code, condition, until in found if until is not None)
        return DueSoon(now, tuple(limits), tuple(self._soon_stage(state, now) for state in states))

    def reminders(
        self, database: Database, now: datetime, states: Collection[CaseState] = ()
    ) -> Mapping[Reminder, int]:
        """Return how many running clocks are yellow and how many are red at a moment; `states` as in `late_stages`.

        Raises:
            DatabaseError: the database refuses; it may be tried again.
        """
        queries = {
            Reminder.DUE_SOON: CaseQuery(due_soon=self.due_soon(database, now, states)),
            Reminder.OVERDUE: CaseQuery(due_before=now, late_stages=self.late_stages(now, states)),
        }
        with database.reading() as session:
            return {
                reminder: session.scalar(select(func.count()).select_from(CaseRow).where(*conditions_of(query))) or 0
                for reminder, query in queries.items()
            }

    def _of_stage(self, case: CaseFacts, now: datetime) -> TimeLeft | None:
        since, due = case.handling.stage_since, self.stage_due_at(case)
        if since is None or due is None:
            return None
        shown = light(now, since, due, yellow_ratio=self._deadlines.yellow_ratio)
        return TimeLeft(shown, (due - now).total_seconds(), DAY_S)

    def _soon_stage(self, state: CaseState, now: datetime) -> StageSpan:
        length = self._length(state)
        return StageSpan(state.value, now - (1 - self._deadlines.yellow_ratio) * length, after=now - length)

    def _length(self, state: CaseState) -> timedelta:
        return timedelta(seconds=self._clocks.length_s(STAGE_OF_STATE[state]))

    def _soon_until(self, code: str, condition: int | None, now: datetime) -> datetime | None:
        with suppress(UnknownCodeError):  # a case of an older table
            return self._deadlines.soon_until(code, condition, now)
        return None

    def _counted_s(self, case: CaseFacts, begin: datetime, end: datetime) -> float:
        with suppress(UnknownCodeError):
            return self._deadlines.spent_s(case.code, case.handling.condition, begin, end)
        return (end - begin).total_seconds()

    def _day_s(self, code: str, condition: int | None) -> float:
        with suppress(UnknownCodeError):
            limit = self._deadlines.limit(code, condition)
            if limit is not None and not limit.unit.is_continuous:
                return self._deadlines.time.hours.day.total_seconds()
        return DAY_S
