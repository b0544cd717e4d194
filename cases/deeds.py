"""What somebody wants done with a case, what was done, and how the history writes it down.

An `Order` is what a person says. A `Deed` adds who and when, and what the clock said then: everything that the workflow
needs to do the same again from the history alone, whatever calendar is loaded by that time.

Belongs here: those records and their JSON. Does not: what a deed does to a case (workflow).
"""

from dataclasses import dataclass, fields
from datetime import datetime
from typing import Annotated

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, JsonValue, ValidationError

from cases.errors import ActionDetailError, BrokenHistoryError
from cases.handling import Answer, Complaint, Supervision
from cases.posts import Doer
from cases.states import Action, Detail, check_reason, rule_of
from cases.tables import MAX_ID_LENGTH, MAX_NAME_LENGTH

MAX_CONDITION = 99
"""No table of codes has as many conditions for one code."""


@dataclass(frozen=True, slots=True)
class Order:
    """What somebody wants done.

    Attributes:
        action: what.
        reason: why; must not be blank for what `REASON_REQUIRED` names.
        unit: id of the unit that it is dispatched to.
        handler: who of the unit takes it.
        until: to when it is put off, aware.
        into: number of the case that it is the same offence as.
        condition: number of the filing condition within the code, from 1.
        kind: why it is urged, or no longer.
        complaint: by which way a citizen complained.
        answer: what he says of the result.
    """

    action: Action
    reason: str = ""
    unit: str = ""
    handler: str = ""
    until: datetime | None = None
    into: str = ""
    condition: int | None = None
    kind: Supervision | None = None
    complaint: Complaint | None = None
    answer: Answer | None = None

    def check(self) -> None:
        """Refuse an order that does not tell what its action needs, or tells what it does not take.

        Raises:
            ReasonMissingError: it must say why.
            ActionDetailError: a detail is missing, not wanted or out of range.
        """
        check_reason(self.action, self.reason)
        rule = rule_of(self.action)
        for detail in Detail:
            is_told = getattr(self, detail.value) not in (None, "")
            if is_told and detail not in (*rule.needs, *rule.takes):
                raise ActionDetailError(self.action, detail.value, "not_wanted")
            if not is_told and detail in rule.needs:
                raise ActionDetailError(self.action, detail.value, "missing")
        if self.until is not None and self.until.tzinfo is None:
            raise ValueError(f"the date of a suspension must be aware, not {self.until!r}")
        limits = {"unit": MAX_ID_LENGTH, "handler": MAX_NAME_LENGTH, "into": 32}
        too_long = next((name for name, limit in limits.items() if len(getattr(self, name)) > limit), None)
        if too_long is not None:
            raise ActionDetailError(self.action, too_long, "too_long")
        if self.condition is not None and not 1 <= self.condition <= MAX_CONDITION:
            raise ActionDetailError(self.action, "condition", "out_of_range")


@dataclass(frozen=True, slots=True)
class Deed:
    """An order, with all that decides what becomes of the case.

    Attributes:
        order: what was wanted.
        doer: who did it; a history knows the name only.
        at: when, aware.
        spent_s: working seconds that the unit has used, where its clock stops now.
        due_at: when its time is up, where its clock starts or is extended now and a limit is known.
    """

    order: Order
    doer: Doer
    at: datetime
    spent_s: float | None = None
    due_at: datetime | None = None

    def detail(self, revision: int) -> dict[str, JsonValue]:
        """Return what the history keeps of it beside time, actor, action, states and reason."""
        told = {name: getattr(self.order, name) for name in _ORDER_FIELDS}
        kept = _Detail(revision=revision, spent_s=self.spent_s, due_at=self.due_at, **told)
        return kept.model_dump(mode="json", exclude_defaults=True)


def told_deed(action: Action, told: tuple[str, datetime, str], detail: dict[str, JsonValue]) -> tuple[Deed, int | None]:
    """Return the deed that a row of history tells, and the revision that it led to, where the row says so.

    Args:
        action: what was done.
        told: actor, time and reason of the row.
        detail: from `Deed.detail`.

    Raises:
        BrokenHistoryError: the detail is not what a history holds.
    """
    actor, at, reason = told
    try:
        kept = _Detail.model_validate(detail)
    except ValidationError as err:
        raise BrokenHistoryError(f"what the history tells of {action.value!r} makes no sense: {err}") from None
    order = Order(action, reason, **{name: getattr(kept, name) for name in _ORDER_FIELDS})
    return Deed(order, Doer(actor), at, kept.spent_s, kept.due_at), kept.revision


class _Detail(BaseModel):
    """The form of a decision's detail in the history; one of the first version holds a revision only."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    revision: int | None = None
    unit: str = ""
    handler: str = ""
    until: AwareDatetime | None = None
    into: str = ""
    condition: int | None = None
    kind: Supervision | None = None
    complaint: Complaint | None = None
    answer: Answer | None = None
    spent_s: Annotated[float, Field(ge=0.0)] | None = None
    due_at: AwareDatetime | None = None


_ORDER_FIELDS = tuple(each.name for each in fields(Order) if each.name not in ("action", "reason"))
