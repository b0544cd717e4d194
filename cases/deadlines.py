"""Says when handling is due: joins a table of codes with working time.

`CodeDeadlines` satisfies the protocol that the workflow asks for. What pauses, resumes and restarts a clock is the
workflow's business: it adds up `spent_s` and hands it back to `due_at`.
"""

from dataclasses import dataclass
from datetime import UTC, datetime

from cases.codes import CodeTable
from cases.lights import YELLOW_RATIO
from cases.limits import Limit
from cases.working_time import WorkingTime


@dataclass(frozen=True, slots=True)
class CodeDeadlines:
    """When the items of a table are due.

    A case that is bound to no condition yet (`condition=None`) has the shortest limit of its item's conditions, so that
    binding it never makes it late.

    Attributes:
        table: items with their limits.
        time: how time is counted.
        yellow_ratio: last share of a limit that is yellow.
    """

    table: CodeTable
    time: WorkingTime
    yellow_ratio: float = YELLOW_RATIO

    def due_at(self, code: str, condition: int | None, start: datetime, spent_s: float) -> datetime | None:
        """Return when handling is due, in UTC; None where the table sets no limit, or lacks the item.

        Args:
            code: item.
            condition: number of the condition that the case is bound to.
            start: when counting begins or goes on, aware.
            spent_s: seconds that were counted before.
        """
        limit = self.limit(code, condition)
        return self.time.due_at(start, limit, spent_s) if limit is not None else None

    def yellow_at(self, code: str, condition: int | None, start: datetime, spent_s: float) -> datetime | None:
        """Return when the last share of the limit begins, counted as the limit is; see `due_at`."""
        limit = self.limit(code, condition)
        if limit is None:
            return None
        return self.time.due_at(start, limit, spent_s + self.yellow_ratio * self.time.length_s(limit))

    def soon_until(self, code: str, condition: int | None, now: datetime) -> datetime | None:
        """Return up to which due moment a running clock is yellow now; None where there is no limit.

        That is when the last share of one limit would be used up that began now.

        Raises:
            UnknownCodeError: the item has no such condition.
        """
        limit = self.limit(code, condition)
        if limit is None:
            return None
        return self.time.due_at(now, limit, (1 - self.yellow_ratio) * self.time.length_s(limit))

    def spent_s(self, code: str, condition: int | None, start: datetime, end: datetime) -> float:
        """Return the seconds that count between two aware times; all of them where the table sets no limit."""
        limit = self.limit(code, condition)
        if limit is None:
            return max((end.astimezone(UTC) - start.astimezone(UTC)).total_seconds(), 0.0)
        return self.time.spent_s(start, end, limit)

    def limit(self, code: str, condition: int | None) -> Limit | None:
        """Return the limit of a condition, or the shortest of an item; None where there is none.

        A condition that an older table had and this one has not binds no more: its case can still be handled.
        """
        item = self.table.items.get(code)
        if item is None:
            return None
        if condition is not None and condition <= len(item.conditions):
            return item.condition(condition).limit
        limits = [each.limit for each in item.conditions if each.limit is not None]
        return min(limits, key=self.time.length_s, default=None)
