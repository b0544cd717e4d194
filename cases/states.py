"""The states of a case and the actions that lead from one to the next, as one explicit table.

    candidate ──confirm──▶ confirmed ──┐
        │                              ├── warn ──▶ warned ──┐
        └──────────────────────────────┘                     │
    candidate, confirmed, warned ── file ──▶ filed ── close ──▶ closed
    candidate, confirmed, warned ── resolve ──▶ resolved ── close ──▶ closed
    candidate, confirmed, warned, filed ── dismiss ──▶ dismissed
    dismissed, resolved, closed ── reopen ──▶ confirmed

A person may confirm a case that is already warned or filed: the state stays, the reviewer is recorded. A case may be
warned again, and also while it is filed.

Belongs here: what may follow what. Does not: storing it (store), when the program warns or files (broadcast.ladder).
"""

from collections.abc import Mapping
from enum import StrEnum

from cases.errors import IllegalTransitionError, ReasonMissingError


class CaseState(StrEnum):
    """Where a case is in its life."""

    CANDIDATE = "candidate"  # a rule raised it; nobody has judged it yet
    CONFIRMED = "confirmed"  # a person holds it to be true
    WARNED = "warned"  # the offender was spoken to
    FILED = "filed"  # handed on to be handled
    RESOLVED = "resolved"  # the offence ended without being filed, usually by the warning
    DISMISSED = "dismissed"  # a false alarm or withdrawn; the label is kept
    CLOSED = "closed"  # a person saw that it is over


class Action(StrEnum):
    """What people or rules do with a case."""

    CONFIRM = "confirm"
    WARN = "warn"
    FILE = "file"
    RESOLVE = "resolve"
    DISMISS = "dismiss"
    CLOSE = "close"
    REOPEN = "reopen"


TRANSITIONS: Mapping[CaseState, Mapping[Action, CaseState]] = {
    CaseState.CANDIDATE: {
        Action.CONFIRM: CaseState.CONFIRMED,
        Action.WARN: CaseState.WARNED,
        Action.FILE: CaseState.FILED,
        Action.RESOLVE: CaseState.RESOLVED,
        Action.DISMISS: CaseState.DISMISSED,
    },
    CaseState.CONFIRMED: {
        Action.WARN: CaseState.WARNED,
        Action.FILE: CaseState.FILED,
        Action.RESOLVE: CaseState.RESOLVED,
        Action.DISMISS: CaseState.DISMISSED,
    },
    CaseState.WARNED: {
        Action.CONFIRM: CaseState.WARNED,
        Action.WARN: CaseState.WARNED,
        Action.FILE: CaseState.FILED,
        Action.RESOLVE: CaseState.RESOLVED,
        Action.DISMISS: CaseState.DISMISSED,
    },
    CaseState.FILED: {
        Action.CONFIRM: CaseState.FILED,
        Action.WARN: CaseState.FILED,
        Action.DISMISS: CaseState.DISMISSED,
        Action.CLOSE: CaseState.CLOSED,
    },
    CaseState.RESOLVED: {Action.CLOSE: CaseState.CLOSED, Action.REOPEN: CaseState.CONFIRMED},
    CaseState.DISMISSED: {Action.REOPEN: CaseState.CONFIRMED},
    CaseState.CLOSED: {Action.REOPEN: CaseState.CONFIRMED},
}
"""Every state and what each possible action makes of it; what is not here is not possible."""

LADDER_STATES = (CaseState.CANDIDATE, CaseState.CONFIRMED, CaseState.WARNED)
"""States in which the program still has something to do: warn, look again, file or resolve."""

REASON_REQUIRED = frozenset({Action.DISMISS, Action.CLOSE, Action.REOPEN})
"""Actions that take something out of sight or bring it back; each must say why."""

REVIEW_ACTIONS = frozenset({Action.CONFIRM})
"""Actions by which a person vouches for a case; who and when is kept with it."""


def possible_actions(state: CaseState) -> tuple[Action, ...]:
    """Return what may be done with a case in this state, in the order of `Action`."""
    return tuple(action for action in Action if action in TRANSITIONS[state])


def next_state(state: CaseState, action: Action) -> CaseState:
    """Return the state that an action leads to.

    Raises:
        IllegalTransitionError: the action is not possible in this state; it names those that are.
    """
    follower = TRANSITIONS[state].get(action)
    if follower is None:
        raise IllegalTransitionError(state, action, possible_actions(state))
    return follower


def check_reason(action: Action, reason: str) -> None:
    """Refuse an action that must say why and does not.

    Raises:
        ReasonMissingError: the action needs a reason and this one is blank.
    """
    if action in REASON_REQUIRED and not reason.strip():
        raise ReasonMissingError(action)
