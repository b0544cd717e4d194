"""The stages that people count a case's way in: seven, six or five, as the city is used to.

One state machine serves all three: each state shows as one stage of each form. An alarm that ends on the desk has no
stage in the five, which know no desk.

Sources: seven stages (七环节) of Ankang, six (六阶段) of CJJ/T 106, five steps (五步法) of 五长制.
"""

from collections.abc import Mapping
from enum import StrEnum

from cases.states import CaseState


class Form(StrEnum):
    """How many stages a city counts."""

    SEVEN = "seven"
    SIX = "six"
    FIVE = "five"


STAGE_NAMES: Mapping[Form, tuple[tuple[str, str], ...]] = {
    Form.SEVEN: (
        ("信息采集", "Report"),
        ("案卷建立", "Filing"),
        ("任务派遣", "Dispatch"),
        ("任务处理", "Handling"),
        ("处理反馈", "Answer"),
        ("核查结案", "Check and close"),
        ("综合评价", "Evaluation"),
    ),
    Form.SIX: (
        ("信息收集", "Report"),
        ("案件建立", "Filing"),
        ("任务派遣", "Dispatch"),
        ("任务处理", "Handling"),
        ("处理反馈", "Answer"),
        ("核查结案", "Check and close"),
    ),
    Form.FIVE: (
        ("巡查", "Patrol"),
        ("反馈", "Report"),
        ("转办", "Passing on"),
        ("处置", "Handling"),
        ("督查", "Inspection"),
    ),
}
"""What the stages of each form are called, in Chinese and English, in their order."""

_S = CaseState

_PLACES: Mapping[CaseState, tuple[int, int, int | None]] = {
    _S.CANDIDATE: (1, 1, 1),
    _S.CONFIRMED: (1, 1, 1),
    _S.WARNED: (1, 1, 1),
    _S.FILED: (1, 1, 2),
    _S.VERIFYING: (1, 1, 2),
    _S.ACCEPTED: (2, 2, 2),
    _S.APPROVED: (3, 3, 3),
    _S.DISPATCHED: (3, 3, 3),
    _S.HANDLING: (4, 4, 4),
    _S.SUSPENDED: (4, 4, 4),
    _S.HANDLED: (5, 5, 4),
    _S.CHECKING: (6, 6, 5),
    _S.CHECKED: (6, 6, 5),
    _S.CLOSED: (7, 6, 5),
    _S.FORCE_CLOSED: (7, 6, 5),
    _S.NOT_ACCEPTED: (2, 2, None),
    _S.DISMISSED: (2, 2, None),
    _S.MERGED: (2, 2, None),
    _S.RESOLVED: (2, 2, None),
}
"""The stage of every state, from 1, in the order of `Form`."""


def stage_of(state: CaseState, form: Form) -> int | None:
    """Return which stage a state is in, from 1; None where the form has none for it."""
    return _PLACES[state][tuple(Form).index(form)]


def states_of(stage: int, form: Form) -> tuple[CaseState, ...]:
    """Return the states of a stage."""
    return tuple(state for state in CaseState if stage_of(state, form) == stage)
