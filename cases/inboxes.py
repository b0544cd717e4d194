"""What waits for whom: the states in which a case is the next work of a post."""

from collections.abc import Mapping

from cases.posts import UNIT_POSTS, Doer, Post
from cases.queries import Inbox
from cases.stage_clocks import STAGE_OF_STATE
from cases.states import ALARM_STATES, CaseState

WAITING: Mapping[Post, tuple[CaseState, ...]] = {
    Post.VIDEO_SEAT: ALARM_STATES,
    Post.ACCEPTOR: (CaseState.FILED, CaseState.CHECKED),
    Post.COLLECTOR: (CaseState.VERIFYING, CaseState.CHECKING),
    Post.SHIFT_LEADER: (CaseState.ACCEPTED, CaseState.CHECKED),
    Post.DISPATCHER: (CaseState.APPROVED,),
    Post.DEPARTMENT: (CaseState.DISPATCHED, CaseState.HANDLED),
    Post.HANDLER: (CaseState.DISPATCHED, CaseState.HANDLING),
    Post.SUPERVISOR: (),  # urges what is late: no state of its own
}
"""States in which a case waits for a post."""


def stages_of(doer: Doer) -> tuple[CaseState, ...]:
    """Return the states with a stage clock that wait for somebody: those that he has to keep."""
    posts = frozenset(Post) if doer.posts is None else doer.posts
    return tuple(state for state in _states(posts - UNIT_POSTS) if state in STAGE_OF_STATE)


def inbox_of(doer: Doer) -> Inbox:
    """Return what waits for somebody; for the program, everything that waits for anybody."""
    posts = frozenset(Post) if doer.posts is None else doer.posts
    return Inbox(_states(posts - UNIT_POSTS), _states(posts & UNIT_POSTS), doer.unit)


def _states(posts: frozenset[Post]) -> tuple[CaseState, ...]:
    waiting = {state for post in posts for state in WAITING[post]}
    return tuple(state for state in CaseState if state in waiting)
