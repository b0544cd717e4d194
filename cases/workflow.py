"""What a step does to a case, as one pure function that the store and the replay of a history share.

`apply` takes where a case stands and a deed, and returns where it stands then, or raises. It reads no clock and no
calendar: what those said is part of the deed.

Belongs here: conditions beyond the table (once only, not while late, two reviewers), who may, what changes. Does not:
the table (states), counting working time (handling_clock), storing (store).
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from cases.deeds import Deed
from cases.errors import ActionBlockedError, ForeignUnitError, PostMissingError
from cases.handling import Answer, Handling, Request, Standing, Supervision
from cases.posts import UNIT_POSTS, Doer
from cases.stage_clocks import STAGE_OF_STATE
from cases.states import (
    CLOCK_STATES,
    RETURNS,
    REVIEW_ACTIONS,
    TRANSITIONS,
    Action,
    CaseState,
    step_of,
)

MAX_EXTENSIONS = 2
"""Grants to one unit; a refusal does not count."""

LONGEST_SUSPENSION = timedelta(days=366)
"""A year, whichever."""

SATISFIED = frozenset({Answer.SATISFIED, Answer.MOSTLY})
"""Answers that let a case be closed of which a citizen complained; what is mostly so counts, as in the evaluation."""

NOT_ACCEPTED_TWICE = frozenset({CaseState.ACCEPTED, CaseState.APPROVED})
"""What came back from here is declined, verified anew or withdrawn, not passed on as it is."""


def apply(standing: Standing, deed: Deed) -> Standing:
    """Return where a case stands after a deed.

    Raises:
        IllegalTransitionError: not possible in its state.
        ReasonMissingError, ActionDetailError: the order does not tell what its action needs.
        PostMissingError, ForeignUnitError: not the work of who does it.
        ActionBlockedError: possible in this state, but not for this case now.
    """
    action, handling = deed.order.action, standing.handling
    step = step_of(standing.state, action)
    deed.order.check()
    check_person(standing, action, deed.doer)
    if cause := blocked(standing, action, deed.doer, deed.at):
        raise ActionBlockedError(action, cause)
    if cause := _misfit(handling, deed):
        raise ActionBlockedError(action, cause)
    state = step.after or standing.state
    if deed.order.condition is not None:
        handling = replace(handling, condition=deed.order.condition)
    if state is not standing.state:
        handling = replace(handling, returned_from=standing.state if action in RETURNS else None)
    handling = _clocked(_EFFECTS.get(action, _nothing)(handling, deed), state, deed)
    if state is not standing.state:
        handling = _staged(handling, standing.state, state, deed.at)
    is_review = action in REVIEW_ACTIONS
    return Standing(
        state=state,
        revision=standing.revision + 1,
        reviewed_by=deed.doer.name if is_review else standing.reviewed_by,
        reviewed_at=deed.at if is_review else standing.reviewed_at,
        handling=handling,
    )


def possible_for(standing: Standing, doer: Doer, at: datetime) -> tuple[Action, ...]:
    """Return what somebody may do with a case now, in the order of `Action`."""
    return tuple(
        action
        for action in Action
        if action in TRANSITIONS[standing.state]
        and doer.holds(step_of(standing.state, action).posts, standing.handling.unit)
        and not blocked(standing, action, doer, at)
    )


def check_person(standing: Standing, action: Action, doer: Doer) -> None:
    """Refuse a step that is not the work of who does it.

    Raises:
        PostMissingError: he holds none of the posts whose work it is.
        ForeignUnitError: he does, but the case is another unit's.
    """
    posts = step_of(standing.state, action).posts
    if doer.holds(posts, standing.handling.unit):
        return
    if doer.posts is not None and doer.posts.intersection(posts) & UNIT_POSTS:
        raise ForeignUnitError(doer.name, doer.unit, standing.handling.unit)
    raise PostMissingError(doer.name, action, posts)


def blocked(standing: Standing, action: Action, doer: Doer, at: datetime) -> str:
    """Return why this case does not allow a step that its state allows, as a key; empty where it does.

    The keys are those of `blocked.*` in `api/web/text.js`.
    """
    check = _BLOCKS.get(action)
    return check(standing.handling, doer, at) if check else ""


def _accept(handling: Handling, doer: Doer, at: datetime) -> str:
    return "sent_back" if handling.returned_from in NOT_ACCEPTED_TWICE else ""


def _suspend(handling: Handling, doer: Doer, at: datetime) -> str:
    return "suspended_before" if handling.suspended_at is not None else ""


def _in_time(handling: Handling, at: datetime) -> str:
    if handling.due_at is None:
        return "no_limit"
    return "overdue" if handling.is_overdue(at) else ""


def _ask_extension(handling: Handling, doer: Doer, at: datetime) -> str:
    if handling.extension in (Request.ASKED, Request.ENDORSED):
        return "asked_already"
    return "extended_enough" if handling.extensions >= MAX_EXTENSIONS else _in_time(handling, at)


def _endorse_extension(handling: Handling, doer: Doer, at: datetime) -> str:
    return "not_asked" if handling.extension is not Request.ASKED else _in_time(handling, at)


def _grant_extension(handling: Handling, doer: Doer, at: datetime) -> str:
    return "not_endorsed" if handling.extension is not Request.ENDORSED else _in_time(handling, at)


def _refuse_extension(handling: Handling, doer: Doer, at: datetime) -> str:
    return "" if handling.extension in (Request.ASKED, Request.ENDORSED) else "not_asked"


def _appeal(handling: Handling, doer: Doer, at: datetime) -> str:
    if handling.appeal is not Request.NONE:
        return "appealed_before"
    return "" if handling.overdue else "not_overdue"


def _endorse_appeal(handling: Handling, doer: Doer, at: datetime) -> str:
    return "" if handling.appeal is Request.ASKED else "not_asked"


def _grant_appeal(handling: Handling, doer: Doer, at: datetime) -> str:
    if handling.appeal is not Request.ENDORSED:
        return "not_endorsed"
    return "same_reviewer" if handling.appeal_first == doer.name else ""


def _refuse_appeal(handling: Handling, doer: Doer, at: datetime) -> str:
    return "" if handling.appeal in (Request.ASKED, Request.ENDORSED) else "not_asked"


def _supervised(handling: Handling, doer: Doer, at: datetime) -> str:
    return "" if handling.supervision else "not_supervised"


def _close(handling: Handling, doer: Doer, at: datetime) -> str:
    return "not_satisfied" if handling.complaint and handling.answer not in SATISFIED else ""


def _complained(handling: Handling, doer: Doer, at: datetime) -> str:
    return "" if handling.complaint else "no_complaint"


_BLOCKS: Mapping[Action, Callable[[Handling, Doer, datetime], str]] = {
    Action.ACCEPT: _accept,
    Action.SUSPEND: _suspend,
    Action.ASK_EXTENSION: _ask_extension,
    Action.ENDORSE_EXTENSION: _endorse_extension,
    Action.GRANT_EXTENSION: _grant_extension,
    Action.REFUSE_EXTENSION: _refuse_extension,
    Action.APPEAL: _appeal,
    Action.ENDORSE_APPEAL: _endorse_appeal,
    Action.GRANT_APPEAL: _grant_appeal,
    Action.REFUSE_APPEAL: _refuse_appeal,
    Action.CLOSE: _close,
    Action.TAKE_ANSWER: _complained,
    Action.ANSWER_SUPERVISION: _supervised,
    Action.END_SUPERVISION: _supervised,
}
"""What a step needs of the case beyond its state."""


def _misfit(handling: Handling, deed: Deed) -> str:
    """Return why the details of an order do not fit the case, as a key; empty where they do."""
    until = deed.order.until
    if until is not None and not deed.at < until <= deed.at + LONGEST_SUSPENSION:
        return "until_out_of_range"
    return ""


def _nothing(handling: Handling, deed: Deed) -> Handling:
    return handling


def _dispatched(handling: Handling, deed: Deed) -> Handling:
    """The same unit goes on with what is left of its time; another one begins anew."""
    if deed.order.unit == handling.unit:
        return replace(handling, dispatched_at=deed.at)
    return replace(handling, unit=deed.order.unit, dispatched_at=deed.at, spent_s=0.0, overdue=False, extensions=0)


def _sent_back(handling: Handling, deed: Deed) -> Handling:
    return replace(handling, handler="")  # where it was a worker who gave it back: his assignment is revoked


def _reworked(handling: Handling, deed: Deed) -> Handling:
    count = handling.rework_count + 1
    return replace(handling, rework_count=count, handler="", dispatched_at=deed.at, handled_at=None, answer="")


def _reopened(handling: Handling, deed: Deed) -> Handling:
    """It starts over; what happens only once per case stays used up."""
    return Handling(
        condition=handling.condition,
        rework_count=handling.rework_count,
        supervision=handling.supervision,
        suspended_at=handling.suspended_at,
        appeal=handling.appeal,
        appeal_first=handling.appeal_first,
        exempt=handling.exempt,
        complaint=handling.complaint,
    )


def _extended(handling: Handling, deed: Deed) -> Handling:
    count = handling.extensions + 1
    return replace(handling, extension=Request.GRANTED, extensions=count, due_at=deed.due_at)


def _supervise(handling: Handling, deed: Deed) -> Handling:
    kinds = tuple(kind for kind in Supervision if kind is deed.order.kind or kind in handling.supervision)
    return replace(handling, supervision=kinds)


def _complain(handling: Handling, deed: Deed) -> Handling:
    """The last complaint counts, and whoever made it has not been asked yet."""
    return replace(handling, complaint=deed.order.complaint.value if deed.order.complaint else "", answer="")


def _answered(handling: Handling, deed: Deed) -> Handling:
    return replace(handling, answer=deed.order.answer.value if deed.order.answer else "")


_EFFECTS: Mapping[Action, Callable[[Handling, Deed], Handling]] = {
    Action.DISPATCH: _dispatched,
    Action.START: lambda handling, deed: replace(handling, handler=deed.order.handler or deed.doer.name),
    Action.SEND_BACK: _sent_back,
    Action.REWORK: _reworked,
    Action.REOPEN: _reopened,
    Action.FEED_BACK: lambda handling, deed: replace(handling, handled_at=deed.at),
    Action.CLOSE: lambda handling, deed: replace(handling, closed_at=deed.at),
    Action.FORCE_CLOSE: lambda handling, deed: replace(handling, closed_at=deed.at, suspended_until=None),
    Action.SUSPEND: lambda handling, deed: replace(handling, suspended_at=deed.at, suspended_until=deed.order.until),
    Action.RESUME: lambda handling, deed: replace(handling, suspended_until=None),
    Action.ASK_EXTENSION: lambda handling, deed: replace(handling, extension=Request.ASKED),
    Action.ENDORSE_EXTENSION: lambda handling, deed: replace(handling, extension=Request.ENDORSED),
    Action.GRANT_EXTENSION: _extended,
    Action.REFUSE_EXTENSION: lambda handling, deed: replace(handling, extension=Request.REFUSED),
    Action.MERGE: lambda handling, deed: replace(handling, parent_number=deed.order.into),
    Action.APPEAL: lambda handling, deed: replace(handling, appeal=Request.ASKED),
    Action.ENDORSE_APPEAL: lambda handling, deed: replace(
        handling, appeal=Request.ENDORSED, appeal_first=deed.doer.name
    ),
    Action.GRANT_APPEAL: lambda handling, deed: replace(handling, appeal=Request.GRANTED, exempt=True),
    Action.REFUSE_APPEAL: lambda handling, deed: replace(handling, appeal=Request.REFUSED),
    Action.SUPERVISE: _supervise,
    Action.END_SUPERVISION: lambda handling, deed: replace(handling, supervision=()),
    Action.TAKE_COMPLAINT: _complain,
    Action.TAKE_ANSWER: _answered,
}
"""What a step changes besides the state and the clock."""


def _clocked(handling: Handling, state: CaseState, deed: Deed) -> Handling:
    """Start the unit's clock where it comes into its hands, and stop it where it leaves them."""
    runs = state in CLOCK_STATES
    if runs and handling.running_since is None:
        return replace(handling, running_since=deed.at, due_at=deed.due_at)
    if not runs and handling.running_since is not None:
        return replace(
            handling,
            running_since=None,
            due_at=None,
            spent_s=handling.spent_s if deed.spent_s is None else deed.spent_s,
            overdue=handling.is_overdue(deed.at),
            extension=Request.NONE,
        )
    return handling


def _staged(handling: Handling, before: CaseState, state: CaseState, at: datetime) -> Handling:
    """Begin the clock of the stage that a case comes into; while it is verified, that of accepting stands still."""
    spent_s, since = 0.0, handling.stage_since
    if before is CaseState.FILED and state is CaseState.VERIFYING and since is not None:
        spent_s = max(0.0, (at - since).total_seconds())
    used_s = handling.stage_spent_s if before is CaseState.VERIFYING else 0.0
    begun_at = at - timedelta(seconds=used_s) if state in STAGE_OF_STATE else None
    return replace(handling, stage_since=begun_at, stage_spent_s=spent_s)
