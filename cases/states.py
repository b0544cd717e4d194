"""The states of a case and the actions that lead from one to the next, as one explicit table.

    alarm desk       candidate, confirmed, warned ──file──▶ filed, or resolved, dismissed, merged
    centre           filed (⇄ verifying) ──accept──▶ accepted ──approve──▶ approved ──dispatch──▶ dispatched
    unit             dispatched ──start──▶ handling (⇄ suspended) ──report──▶ handled ──feed_back──▶ checking
    check            checking ──pass_check──▶ checked ──close──▶ closed;  checking ──rework──▶ dispatched

`TABLE` is the whole of it: what is not there is not possible. `RULES` says what an action must tell besides.

Belongs here: what may follow what, and whose work it is. Does not: what a step does to a case (workflow), storing it
(store), when the program warns or files (broadcast.ladder).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from cases.errors import IllegalTransitionError, ReasonMissingError
from cases.posts import Post


class CaseState(StrEnum):
    """Where a case is in its life; S and X numbers are those of the city's workflow."""

    CANDIDATE = "candidate"  # S0: a rule raised it; nobody has judged it yet
    CONFIRMED = "confirmed"  # S0: a person holds it to be true
    WARNED = "warned"  # S0: the offender was spoken to
    FILED = "filed"  # S1: reported into the city's workflow
    VERIFYING = "verifying"  # S2: somebody looks whether it is so
    ACCEPTED = "accepted"  # S3: waits for the shift leader
    APPROVED = "approved"  # S4: on file, waits for dispatch
    DISPATCHED = "dispatched"  # S5: with a unit, whose clock runs
    HANDLING = "handling"  # S6: somebody of the unit is at it
    SUSPENDED = "suspended"  # S7: put off to a date
    HANDLED = "handled"  # S8: the worker is done; the department has to answer
    CHECKING = "checking"  # S9: handed back; somebody looks whether it is done
    CHECKED = "checked"  # S10: done, waits to be closed
    CLOSED = "closed"  # S11: a person saw that it is over
    FORCE_CLOSED = "force_closed"  # S12: closed although it is not done
    NOT_ACCEPTED = "not_accepted"  # X1: no case of this city's workflow
    DISMISSED = "dismissed"  # X2: a false alarm or withdrawn; the label is kept
    MERGED = "merged"  # X3: the same offence as another case
    RESOLVED = "resolved"  # X4: the offence ended without being filed, usually by the warning


class Action(StrEnum):
    """What people or rules do with a case."""

    CONFIRM = "confirm"
    WARN = "warn"
    FILE = "file"
    RESOLVE = "resolve"
    DISMISS = "dismiss"
    CLOSE = "close"
    REOPEN = "reopen"
    ACCEPT = "accept"
    DECLINE = "decline"
    VERIFY = "verify"
    VERIFIED = "verified"
    APPROVE = "approve"
    SEND_BACK = "send_back"
    DISPATCH = "dispatch"
    START = "start"
    REPORT = "report"
    REJECT = "reject"
    FEED_BACK = "feed_back"
    PASS_CHECK = "pass_check"  # noqa: S105 - no password
    REWORK = "rework"
    FORCE_CLOSE = "force_close"
    SUSPEND = "suspend"
    RESUME = "resume"
    ASK_EXTENSION = "ask_extension"
    ENDORSE_EXTENSION = "endorse_extension"
    GRANT_EXTENSION = "grant_extension"
    REFUSE_EXTENSION = "refuse_extension"
    MERGE = "merge"
    APPEAL = "appeal"
    ENDORSE_APPEAL = "endorse_appeal"
    GRANT_APPEAL = "grant_appeal"
    REFUSE_APPEAL = "refuse_appeal"
    SUPERVISE = "supervise"
    ANSWER_SUPERVISION = "answer_supervision"
    END_SUPERVISION = "end_supervision"
    TAKE_COMPLAINT = "take_complaint"
    TAKE_ANSWER = "take_answer"


class Detail(StrEnum):
    """What an action may have to tell besides its reason; names of the fields of `cases.deeds.Order`."""

    UNIT = "unit"
    HANDLER = "handler"
    UNTIL = "until"
    INTO = "into"
    CONDITION = "condition"
    KIND = "kind"
    COMPLAINT = "complaint"
    ANSWER = "answer"


@dataclass(frozen=True, slots=True)
class Step:
    """One row of the table.

    Attributes:
        action: what is done.
        before: in which states.
        after: the state that follows; None where it stays.
        posts: whose work it is, any of these; none: only the program does it.
    """

    action: Action
    before: tuple[CaseState, ...]
    after: CaseState | None
    posts: tuple[Post, ...]


@dataclass(frozen=True, slots=True)
class Rule:
    """What an action must tell: a reason, the details it needs, and those that may be left out."""

    needs_reason: bool = False
    needs: tuple[Detail, ...] = ()
    takes: tuple[Detail, ...] = ()


_S, _A, _P, _D = CaseState, Action, Post, Detail

ALARM_STATES = (_S.CANDIDATE, _S.CONFIRMED, _S.WARNED)
"""On the alarm desk: not yet a case of the city's workflow."""

CLOCK_STATES = (_S.DISPATCHED, _S.HANDLING, _S.HANDLED)
"""With a unit: its handling clock runs in exactly these, from dispatch until it hands the case back."""

OPEN_STATES = (
    _S.FILED,
    _S.VERIFYING,
    _S.ACCEPTED,
    _S.APPROVED,
    *CLOCK_STATES,
    _S.SUSPENDED,
    _S.CHECKING,
    _S.CHECKED,
)
"""In the city's workflow and not at its end."""

ENDED = (_S.CLOSED, _S.FORCE_CLOSED)

# fmt: off
TABLE: tuple[Step, ...] = (
    Step(_A.CONFIRM, (_S.CANDIDATE,), _S.CONFIRMED, (_P.VIDEO_SEAT,)),
    Step(_A.CONFIRM, (_S.WARNED, _S.FILED), None, (_P.VIDEO_SEAT,)),
    Step(_A.WARN, (_S.CANDIDATE, _S.CONFIRMED), _S.WARNED, (_P.VIDEO_SEAT,)),
    Step(_A.WARN, (_S.WARNED, _S.FILED), None, (_P.VIDEO_SEAT,)),
    Step(_A.FILE, ALARM_STATES, _S.FILED, (_P.VIDEO_SEAT,)),
    Step(_A.RESOLVE, ALARM_STATES, _S.RESOLVED, ()),
    Step(_A.DISMISS, ALARM_STATES, _S.DISMISSED, (_P.VIDEO_SEAT,)),
    Step(_A.DISMISS, (_S.FILED,), _S.DISMISSED, (_P.VIDEO_SEAT, _P.ACCEPTOR)),
    Step(_A.DISMISS, (_S.ACCEPTED, _S.APPROVED), _S.DISMISSED, (_P.SHIFT_LEADER,)),
    Step(_A.CLOSE, (_S.RESOLVED,), _S.CLOSED, (_P.VIDEO_SEAT, _P.ACCEPTOR, _P.SHIFT_LEADER)),
    Step(_A.CLOSE, (_S.FILED,), _S.CLOSED, (_P.ACCEPTOR, _P.SHIFT_LEADER)),  # settled by the desk, never dispatched
    Step(_A.CLOSE, (_S.CHECKED,), _S.CLOSED, (_P.ACCEPTOR, _P.SHIFT_LEADER)),
    Step(_A.REOPEN, (_S.DISMISSED, _S.RESOLVED), _S.CONFIRMED, (_P.VIDEO_SEAT, _P.SHIFT_LEADER)),
    Step(_A.REOPEN, (*ENDED, _S.NOT_ACCEPTED, _S.MERGED), _S.CONFIRMED, (_P.SHIFT_LEADER,)),
    Step(_A.ACCEPT, (_S.FILED,), _S.ACCEPTED, (_P.ACCEPTOR,)),
    Step(_A.DECLINE, (_S.FILED,), _S.NOT_ACCEPTED, (_P.ACCEPTOR,)),
    Step(_A.VERIFY, (_S.FILED,), _S.VERIFYING, (_P.ACCEPTOR,)),
    Step(_A.VERIFIED, (_S.VERIFYING,), _S.FILED, (_P.COLLECTOR,)),
    Step(_A.APPROVE, (_S.ACCEPTED,), _S.APPROVED, (_P.SHIFT_LEADER,)),
    Step(_A.SEND_BACK, (_S.ACCEPTED,), _S.FILED, (_P.SHIFT_LEADER,)),
    Step(_A.SEND_BACK, (_S.APPROVED,), _S.FILED, (_P.DISPATCHER,)),
    Step(_A.SEND_BACK, (_S.DISPATCHED,), _S.APPROVED, (_P.DEPARTMENT,)),
    Step(_A.SEND_BACK, (_S.HANDLING,), _S.DISPATCHED, (_P.DEPARTMENT, _P.HANDLER)),
    Step(_A.SEND_BACK, (_S.CHECKED,), _S.CHECKING, (_P.ACCEPTOR, _P.SHIFT_LEADER)),
    Step(_A.DISPATCH, (_S.APPROVED,), _S.DISPATCHED, (_P.DISPATCHER,)),
    Step(_A.START, (_S.DISPATCHED,), _S.HANDLING, (_P.DEPARTMENT, _P.HANDLER)),
    Step(_A.REPORT, (_S.HANDLING,), _S.HANDLED, (_P.DEPARTMENT, _P.HANDLER)),
    Step(_A.REJECT, (_S.HANDLED,), _S.HANDLING, (_P.DEPARTMENT,)),
    Step(_A.FEED_BACK, (_S.HANDLED,), _S.CHECKING, (_P.DEPARTMENT,)),
    Step(_A.PASS_CHECK, (_S.CHECKING,), _S.CHECKED, (_P.COLLECTOR,)),
    Step(_A.REWORK, (_S.CHECKING,), _S.DISPATCHED, (_P.COLLECTOR, _P.ACCEPTOR)),
    Step(_A.FORCE_CLOSE, (*CLOCK_STATES, _S.SUSPENDED, _S.CHECKING, _S.CHECKED), _S.FORCE_CLOSED, (_P.SHIFT_LEADER,)),
    Step(_A.SUSPEND, (_S.HANDLING,), _S.SUSPENDED, (_P.DISPATCHER, _P.SHIFT_LEADER)),
    Step(_A.RESUME, (_S.SUSPENDED,), _S.HANDLING, (_P.DISPATCHER, _P.SHIFT_LEADER)),
    Step(_A.ASK_EXTENSION, (_S.DISPATCHED, _S.HANDLING), None, (_P.DEPARTMENT, _P.HANDLER)),
    Step(_A.ENDORSE_EXTENSION, (_S.DISPATCHED, _S.HANDLING), None, (_P.DEPARTMENT,)),
    Step(_A.GRANT_EXTENSION, (_S.DISPATCHED, _S.HANDLING), None, (_P.DISPATCHER,)),
    Step(_A.REFUSE_EXTENSION, (_S.DISPATCHED, _S.HANDLING), None, (_P.DEPARTMENT, _P.DISPATCHER)),
    Step(_A.MERGE, ALARM_STATES, _S.MERGED, (_P.VIDEO_SEAT,)),
    Step(_A.MERGE, (_S.FILED,), _S.MERGED, (_P.VIDEO_SEAT, _P.ACCEPTOR)),
    Step(_A.MERGE, (_S.ACCEPTED,), _S.MERGED, (_P.SHIFT_LEADER,)),
    Step(_A.APPEAL, ENDED, None, (_P.DEPARTMENT,)),
    Step(_A.ENDORSE_APPEAL, ENDED, None, (_P.DISPATCHER,)),
    Step(_A.GRANT_APPEAL, ENDED, None, (_P.ACCEPTOR,)),
    Step(_A.REFUSE_APPEAL, ENDED, None, (_P.DISPATCHER, _P.ACCEPTOR)),
    Step(_A.SUPERVISE, OPEN_STATES, None, (_P.SUPERVISOR, _P.SHIFT_LEADER)),
    Step(_A.ANSWER_SUPERVISION, OPEN_STATES, None, (_P.DEPARTMENT, _P.HANDLER)),
    Step(_A.END_SUPERVISION, OPEN_STATES, None, (_P.SUPERVISOR, _P.SHIFT_LEADER)),
    Step(_A.TAKE_COMPLAINT, OPEN_STATES, None, (_P.ACCEPTOR,)),
    Step(_A.TAKE_ANSWER, (_S.FILED, _S.RESOLVED, _S.CHECKING, _S.CHECKED, *ENDED), None, (_P.ACCEPTOR,)),
)
"""Every step there is. No state has two steps of the same action."""

RULES: Mapping[Action, Rule] = {
    _A.DISMISS: Rule(needs_reason=True),
    _A.CLOSE: Rule(needs_reason=True),
    _A.REOPEN: Rule(needs_reason=True),
    _A.ACCEPT: Rule(takes=(_D.CONDITION,)),
    _A.DECLINE: Rule(needs_reason=True),
    _A.VERIFIED: Rule(needs_reason=True),  # what was found
    _A.APPROVE: Rule(takes=(_D.CONDITION,)),
    _A.SEND_BACK: Rule(needs_reason=True),
    _A.DISPATCH: Rule(needs=(_D.UNIT,), takes=(_D.CONDITION,)),
    _A.START: Rule(takes=(_D.HANDLER,)),  # who is not named starts himself
    _A.REPORT: Rule(needs_reason=True),  # what was done
    _A.REJECT: Rule(needs_reason=True),
    _A.REWORK: Rule(needs_reason=True),
    _A.FORCE_CLOSE: Rule(needs_reason=True),
    _A.SUSPEND: Rule(needs_reason=True, needs=(_D.UNTIL,)),
    _A.ASK_EXTENSION: Rule(needs_reason=True),
    _A.REFUSE_EXTENSION: Rule(needs_reason=True),
    _A.MERGE: Rule(needs=(_D.INTO,)),
    _A.APPEAL: Rule(needs_reason=True),
    _A.REFUSE_APPEAL: Rule(needs_reason=True),
    _A.SUPERVISE: Rule(needs_reason=True, needs=(_D.KIND,)),
    _A.ANSWER_SUPERVISION: Rule(needs_reason=True),
    _A.END_SUPERVISION: Rule(needs_reason=True),
    _A.TAKE_COMPLAINT: Rule(needs_reason=True, needs=(_D.COMPLAINT,)),  # what is complained of
    _A.TAKE_ANSWER: Rule(needs=(_D.ANSWER,)),
}
"""What an action must tell; one that is not here tells nothing."""
# fmt: on

STEPS: Mapping[tuple[CaseState, Action], Step] = {(state, step.action): step for step in TABLE for state in step.before}
"""The table by state and action."""

TRANSITIONS: Mapping[CaseState, Mapping[Action, CaseState]] = {
    state: {step.action: step.after or state for (before, _), step in STEPS.items() if before is state}
    for state in CaseState
}
"""Every state and what each possible action makes of it; what is not here is not possible."""

LADDER_STATES = ALARM_STATES
"""States in which the program still has something to do: warn, look again, file or resolve."""

REASON_REQUIRED = frozenset(action for action, rule in RULES.items() if rule.needs_reason)
"""Actions that must say why: all that take something out of sight, bring it back or send it back."""

REVIEW_ACTIONS = frozenset({Action.CONFIRM})
"""Actions by which a person vouches for a case; who and when is kept with it."""

RETURNS = frozenset({Action.SEND_BACK, Action.REJECT, Action.REWORK})
"""Actions that give a case back to who had it before; a case remembers where it came back from."""


def rule_of(action: Action) -> Rule:
    """Return what an action must tell."""
    return RULES.get(action, Rule())


def possible_actions(state: CaseState) -> tuple[Action, ...]:
    """Return what may be done with a case in this state by one post or another, in the order of `Action`."""
    return tuple(action for action in Action if action in TRANSITIONS[state])


def step_of(state: CaseState, action: Action) -> Step:
    """Return the step that an action is in a state.

    Raises:
        IllegalTransitionError: the action is not possible in this state; it names those that are.
    """
    step = STEPS.get((state, action))
    if step is None:
        raise IllegalTransitionError(state, action, possible_actions(state))
    return step


def next_state(state: CaseState, action: Action) -> CaseState:
    """Return the state that an action leads to.

    Raises:
        IllegalTransitionError: the action is not possible in this state; it names those that are.
    """
    return step_of(state, action).after or state


def check_reason(action: Action, reason: str) -> None:
    """Refuse an action that must say why and does not.

    Raises:
        ReasonMissingError: the action needs a reason and this one is blank.
    """
    if action in REASON_REQUIRED and not reason.strip():
        raise ReasonMissingError(action)
