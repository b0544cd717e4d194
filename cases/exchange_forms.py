"""The eight forms that city and district exchange about a case, as JSON, and which change of a case yields which.

    file ──▶ 问题登记单          dispatch ──▶ 任务分派单
    verify ──▶ 问题核实单        feed_back ──▶ 任务反馈单
    verified ──▶ 问题反馈单      (state becomes checking) ──▶ 结果核查单
    approve ──▶ 问题立案单       pass_check, rework, close, force_close ──▶ 结果反馈单

The names of the forms are those of the data exchange of 数字化城市管理 (CJJ/T 106). Their JSON is ours: there is no
national one that we could have checked against.

A form is known by case number, form and sequence; the sequence is that of the change in the audit of the case.
"""

from typing import Annotated, Literal

from pydantic import AwareDatetime, Field, TypeAdapter

from cases.case_event import CaseEvent, Told

FORM_VERSION: Literal["1.0"] = "1.0"
"""Version of the JSON of all eight forms."""

CHECKING = "checking"
"""The state in which somebody looks whether a case was handled."""

RESOLVED = "resolved"
"""The state of what was over before it was registered: nobody outside was told of it, so nobody is told of its end."""

MAX_SHORT_LENGTH = 200
MAX_NOTE_LENGTH = 10_000

Outcome = Literal["passed", "rework", "closed", "force_closed"]

_OUTCOMES: dict[str, Outcome] = {
    "pass_check": "passed",
    "rework": "rework",
    "close": "closed",
    "force_close": "force_closed",
}

_BY_ACTION = {
    "file": "problem_registration",
    "verify": "problem_verification",
    "verified": "problem_feedback",
    "approve": "case_filing",
    "dispatch": "task_dispatch",
    "feed_back": "task_feedback",
    **dict.fromkeys(_OUTCOMES, "result_feedback"),
}

Short = Annotated[str, Field(max_length=MAX_SHORT_LENGTH)]
Text = Annotated[str, Field(max_length=MAX_NOTE_LENGTH)]


class FormHead(Told):
    """What all forms have.

    Attributes:
        version: of the form's JSON.
        case_number: the case, as the sender numbers it.
        sequence: of the change in the case's audit, from 1; with case number and form it names this sheet for ever.
        issued_at: when.
        issued_by: who.
        note: why, or what there is to say.
        code: item in the city's code table.
        place: where, in words.
    """

    version: Literal["1.0"] = FORM_VERSION
    case_number: Annotated[str, Field(min_length=1, max_length=64)]
    sequence: Annotated[int, Field(ge=1, le=2**31 - 1)]
    issued_at: AwareDatetime
    issued_by: Short
    note: Text
    code: Annotated[str, Field(max_length=16)]
    place: Annotated[str, Field(max_length=500)]


class ProblemRegistration(FormHead):
    """问题登记单: a problem was found and reported."""

    form: Literal["problem_registration"] = "problem_registration"
    title: Literal["问题登记单"] = "问题登记单"
    source: Literal["video"] = "video"
    kind: Short
    camera: Short
    found_at: AwareDatetime
    began_at: AwareDatetime


class ProblemVerification(FormHead):
    """问题核实单: somebody is to see whether a reported problem is one."""

    form: Literal["problem_verification"] = "problem_verification"
    title: Literal["问题核实单"] = "问题核实单"


class ProblemFeedback(FormHead):
    """问题反馈单: what the verification found."""

    form: Literal["problem_feedback"] = "problem_feedback"
    title: Literal["问题反馈单"] = "问题反馈单"


class CaseFiling(FormHead):
    """问题立案单: the shift leader made a case of it."""

    form: Literal["case_filing"] = "case_filing"
    title: Literal["问题立案单"] = "问题立案单"
    kind: Short


class TaskDispatch(FormHead):
    """任务分派单: a unit is to handle it; `unit` and `due_at` are empty where the dispatch did not say."""

    form: Literal["task_dispatch"] = "task_dispatch"
    title: Literal["任务分派单"] = "任务分派单"
    unit: Short
    due_at: Short


class TaskFeedback(FormHead):
    """任务反馈单: the unit says what it did."""

    form: Literal["task_feedback"] = "task_feedback"
    title: Literal["任务反馈单"] = "任务反馈单"
    unit: Short


class ResultCheck(FormHead):
    """结果核查单: somebody is to see whether it was done."""

    form: Literal["result_check"] = "result_check"
    title: Literal["结果核查单"] = "结果核查单"


class ResultFeedback(FormHead):
    """结果反馈单: what the check came to."""

    form: Literal["result_feedback"] = "result_feedback"
    title: Literal["结果反馈单"] = "结果反馈单"
    outcome: Outcome


ExchangeForm = Annotated[
    ProblemRegistration
    | ProblemVerification
    | ProblemFeedback
    | CaseFiling
    | TaskDispatch
    | TaskFeedback
    | ResultCheck
    | ResultFeedback,
    Field(discriminator="form"),
]
"""One of the eight."""

FORMS: TypeAdapter[ExchangeForm] = TypeAdapter(ExchangeForm)
"""Reads a form from JSON; a mistake is pydantic's `ValidationError`."""


def forms_of(event: CaseEvent) -> tuple[ExchangeForm, ...]:
    """Return the forms that a change yields, in the order in which they are issued; for most changes none."""
    change = event.change
    if change.from_state == RESOLVED:
        return ()
    kinds = [_BY_ACTION[change.action]] if change.action in _BY_ACTION else []
    if change.to_state == CHECKING != change.from_state:
        kinds.append("result_check")
    return tuple(FORMS.validate_python({"form": kind, **_head(event), **_rest(kind, event)}) for kind in kinds)


def _head(event: CaseEvent) -> dict[str, object]:
    return {
        "case_number": event.case.number,
        "sequence": event.change.seq,
        "issued_at": event.change.at,
        "issued_by": event.change.actor,
        "note": event.change.reason[:MAX_NOTE_LENGTH],
        "code": event.case.code,
        "place": f"{event.case.camera_name} {event.case.zone_name}".strip(),
    }


def _rest(kind: str, event: CaseEvent) -> dict[str, object]:
    """Return what a form says beyond its head."""
    case = event.case
    match kind:
        case "problem_registration":
            camera = case.camera_name or case.camera_id
            return {"kind": case.kind, "camera": camera, "found_at": case.raised_at, "began_at": case.started_at}
        case "case_filing":
            return {"kind": case.kind}
        case "task_dispatch":
            return {"unit": _told(event, "unit"), "due_at": _told(event, "due_at")}
        case "task_feedback":
            return {"unit": case.unit}
        case "result_feedback":
            return {"outcome": _OUTCOMES[event.change.action]}
    return {}


def _told(event: CaseEvent, key: str) -> str:
    value = event.change.detail.get(key)
    return str(value)[:MAX_SHORT_LENGTH] if isinstance(value, str | int | float) else ""
