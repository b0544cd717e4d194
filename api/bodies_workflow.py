"""What goes over the wire about the way of cases: what somebody orders, where a case stands, the tables behind both."""

from datetime import datetime
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, Field
from pydantic_core import PydanticCustomError

from api.bodies import Body
from cases.deeds import MAX_CONDITION, Order
from cases.handling import Answer, Complaint, Handling, Request, Supervision
from cases.inboxes import WAITING
from cases.posts import Post
from cases.stages import STAGE_NAMES, Form, stage_of
from cases.states import TABLE, Action, CaseState, Detail, rule_of

NOT_ORDERED = (Action.RESOLVE, Action.WARN)
"""The first is the program's own judgement; the second has a request of its own, as a horn must speak first."""


def _personal(action: Action) -> Action:
    if action in NOT_ORDERED:
        ordered = ", ".join(each for each in Action if each not in NOT_ORDERED)
        raise PydanticCustomError("literal_error", "nobody orders this action here", {"expected": ordered})
    return action


class ActionBody(Body):
    """A person's decision; `revision` is that of the case as it was seen, so that nobody overrules unseen.

    What an action needs besides is told by `GET /api/cases/workflow`; fields as in `cases.deeds.Order`.
    """

    action: Annotated[Action, AfterValidator(_personal)]
    reason: str = Field(default="", max_length=300)
    revision: int | None = Field(default=None, ge=1)
    unit: str = Field(default="", max_length=128)
    handler: str = Field(default="", max_length=200)
    until: AwareDatetime | None = None
    into: str = Field(default="", max_length=32)
    condition: int | None = Field(default=None, ge=1, le=MAX_CONDITION)
    kind: Supervision | None = None
    complaint: Complaint | None = None
    answer: Answer | None = None

    def order(self) -> Order:
        """Return it as the workflow takes it, without spaces around texts."""
        texts = {name: getattr(self, name).strip() for name in ("reason", "unit", "handler", "into")}
        same = {name: getattr(self, name) for name in ("until", "condition", "kind", "complaint", "answer")}
        return Order(self.action, **same, **texts)


class HandlingBody(Body):
    """Where a case stands besides its state; fields as in `cases.handling.Handling`."""

    condition: int | None
    unit: str
    handler: str
    parent_number: str
    returned_from: CaseState | None
    rework_count: int
    supervision: tuple[Supervision, ...]
    suspended_at: datetime | None
    suspended_until: datetime | None
    dispatched_at: datetime | None
    handled_at: datetime | None
    closed_at: datetime | None
    running_since: datetime | None
    due_at: datetime | None
    spent_s: float
    overdue: bool
    extensions: int
    extension: Request
    appeal: Request
    appeal_first: str
    exempt: bool
    complaint: str
    answer: str

    @classmethod
    def of(cls, handling: Handling) -> "HandlingBody":
        """Return it as it goes over the wire."""
        return cls(**{name: getattr(handling, name) for name in cls.model_fields})


class RuleBody(Body):
    """What an action must tell."""

    needs_reason: bool
    needs: tuple[Detail, ...]
    takes: tuple[Detail, ...]


class StepBody(Body):
    """One row of the table; fields as in `cases.states.Step`."""

    action: Action
    before: tuple[CaseState, ...]
    after: CaseState | None
    posts: tuple[Post, ...]


class WorkflowBody(Body):
    """The whole workflow.

    Attributes:
        forms: of each form of stages their names, (Chinese, English), in order.
        stages: of each state its stage in every form, from 1; null where the form has none.
        rules: of each action what it must tell.
        waiting: of each post the states in which a case waits for it.
        steps: the table.
    """

    forms: dict[Form, tuple[tuple[str, str], ...]]
    stages: dict[CaseState, dict[Form, int | None]]
    rules: dict[Action, RuleBody]
    waiting: dict[Post, tuple[CaseState, ...]]
    steps: tuple[StepBody, ...]

    @classmethod
    def whole(cls) -> "WorkflowBody":
        """Return all of it."""
        rules = {action: rule_of(action) for action in Action}
        return cls(
            forms=dict(STAGE_NAMES),
            stages={state: {form: stage_of(state, form) for form in Form} for state in CaseState},
            rules={a: RuleBody(needs_reason=r.needs_reason, needs=r.needs, takes=r.takes) for a, r in rules.items()},
            waiting=dict(WAITING),
            steps=tuple(StepBody(action=s.action, before=s.before, after=s.after, posts=s.posts) for s in TABLE),
        )
