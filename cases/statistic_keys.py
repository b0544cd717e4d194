"""Names and defines every number that the evaluation shows, once: which cases are behind it.

A number is a key; a key is a rule that a case fulfils or not. So a number can always be opened, and it is the same on
the page, in a table and in the formula.

Names after the statistics of a 2026 city platform (docs/evaluation.md says where ours differ, and why).
"""

from collections.abc import Callable, Mapping
from enum import StrEnum

from cases.case_facts import CaseFacts
from cases.evaluation_inputs import EvaluationInputs

CITIZENS = frozenset({"public", "hotline"})
"""Sources that are complaints of citizens (公众举报)."""


class StatisticKey(StrEnum):
    """What is counted."""

    REPORTED = "reported"  # 上报: ever reported into the workflow, whatever became of it
    REGISTERED = "registered"  # 立案, 发案: put on file by a person, neither withdrawn, declined nor merged
    DISPATCH = "dispatch"  # 派遣: ever handed to a unit, also what was withdrawn since
    SHOULD_HANDLE = "should_handle"  # 接收案卷: registered and handed to a unit
    HANDLED = "handled"  # 处置: of these, handed back by the unit
    PENDING_HANDLE = "pending_handle"  # 待处置: of these, still with the unit
    ON_TIME_PENDING = "on_time_pending"
    OVERDUE_PENDING = "overdue_pending"
    ON_TIME_HANDLE = "on_time_handle"
    OVERDUE_HANDLE = "overdue_handle"
    EXTENSION = "extension"
    SUSPEND = "suspend"
    REWORK = "rework"  # 返工: sent back by the check at least once
    SHOULD_CLOSE = "should_close"  # 应结案: handed back, closed, or beyond its deadline
    CLOSED = "closed"
    ON_TIME_CLOSE = "on_time_close"
    OVERDUE_CLOSE = "overdue_close"
    APPEAL_APPROVED = "appeal_approved"
    APPEAL_REJECTED = "appeal_rejected"
    SUPERVISED_LATE = "supervised_late"  # 领导督办后未按时处置
    COMPLAINTS = "complaints"
    SATISFIED = "satisfied"
    INITIATIVE = "initiative"  # has a bonus for work that nobody was plainly bound to do
    WARNED = "warned"  # a warning was spoken, whatever became of it
    RESOLVED_BY_WARNING = "resolved_by_warning"  # 劝导成功: over after a warning, never reported
    WITHDRAWN = "withdrawn"  # reported and then withdrawn
    NOT_ACCEPTED = "not_accepted"
    MERGED = "merged"  # counted with the case it was merged into


Rule = Callable[[CaseFacts, EvaluationInputs], bool]


def _received(case: CaseFacts) -> bool:
    return case.is_registered and case.dispatched_at is not None


def _handled(case: CaseFacts) -> bool:
    return _received(case) and case.handled_at is not None


def _pending(case: CaseFacts) -> bool:
    return _received(case) and case.handled_at is None


def _closed(case: CaseFacts) -> bool:
    return case.is_registered and case.closed_at is not None


def _should_close(case: CaseFacts) -> bool:
    return _closed(case) or _handled(case) or (_pending(case) and case.is_late)


def _complaint(case: CaseFacts) -> bool:
    return case.is_registered and case.source in CITIZENS


RULES: Mapping[StatisticKey, Rule] = {
    StatisticKey.REPORTED: lambda case, _: case.filed_at is not None,
    StatisticKey.REGISTERED: lambda case, _: case.is_registered,
    StatisticKey.DISPATCH: lambda case, _: case.dispatched_at is not None,
    StatisticKey.SHOULD_HANDLE: lambda case, _: _received(case),
    StatisticKey.HANDLED: lambda case, _: _handled(case),
    StatisticKey.PENDING_HANDLE: lambda case, _: _pending(case),
    StatisticKey.ON_TIME_PENDING: lambda case, _: _pending(case) and not case.is_late,
    StatisticKey.OVERDUE_PENDING: lambda case, _: _pending(case) and case.is_late,
    StatisticKey.ON_TIME_HANDLE: lambda case, _: _handled(case) and not case.is_late,
    StatisticKey.OVERDUE_HANDLE: lambda case, _: _handled(case) and case.is_late,
    StatisticKey.EXTENSION: lambda case, _: _received(case) and case.extensions > 0,
    StatisticKey.SUSPEND: lambda case, _: _received(case) and case.suspensions > 0,
    StatisticKey.REWORK: lambda case, _: _received(case) and case.reworks > 0,
    StatisticKey.SHOULD_CLOSE: lambda case, _: _should_close(case),
    StatisticKey.CLOSED: lambda case, _: _closed(case),
    StatisticKey.ON_TIME_CLOSE: lambda case, _: _closed(case) and not case.is_closed_late,
    StatisticKey.OVERDUE_CLOSE: lambda case, _: _closed(case) and case.is_closed_late,
    StatisticKey.APPEAL_APPROVED: lambda case, _: case.is_registered and case.appeal == "granted",
    StatisticKey.APPEAL_REJECTED: lambda case, _: case.is_registered and case.appeal == "refused",
    StatisticKey.SUPERVISED_LATE: lambda case, _: _received(case) and case.is_supervised and case.is_late,
    StatisticKey.COMPLAINTS: lambda case, _: _complaint(case),
    StatisticKey.SATISFIED: lambda case, inputs: _complaint(case) and inputs.is_satisfied(case.number, case.answer),
    StatisticKey.INITIATIVE: lambda case, inputs: case.is_registered and case.number in inputs.bonuses,
    StatisticKey.WARNED: lambda case, _: case.is_warned,
    StatisticKey.RESOLVED_BY_WARNING: lambda case, _: case.is_warned and case.is_resolved,
    StatisticKey.WITHDRAWN: lambda case, _: case.filed_at is not None and case.state == "dismissed",
    StatisticKey.NOT_ACCEPTED: lambda case, _: case.filed_at is not None and case.state == "not_accepted",
    StatisticKey.MERGED: lambda case, _: case.filed_at is not None and case.state == "merged",
}
"""The cases behind each number."""
