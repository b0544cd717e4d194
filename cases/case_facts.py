"""What the evaluation needs of one case, read from its history alone.

Whoever doubts a figure can go from it to its cases and from a case to its history, and comes to the same figure. Only
what never changes (number, source, when it was raised) is taken from the case itself.

Belongs here: when which thing happened, and whether it was late. Does not: what is counted (statistic_keys), formulas
(indicators), where histories are kept (facts_reader).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from pydantic import JsonValue

from cases.records import ADD_WARNING, OPEN, Case

FILED, APPROVED, SUSPENDED, RESOLVED = "filed", "approved", "suspended", "resolved"
ALARMS = frozenset({"candidate", "confirmed", "warned", RESOLVED})
AT_CENTRE = frozenset({FILED, "verifying", "accepted", APPROVED})
WITH_UNIT = frozenset({"dispatched", "handling", "handled"})
"""The unit's clock runs; that its worker is done (`handled`) does not stop it, only handing back does."""

HANDED_BACK = frozenset({"checking", "checked", "closed", "force_closed"})
OVER = frozenset({"closed", "force_closed"})
NO_CASE_AFTER_ALL = frozenset({"dismissed", "not_accepted", "merged"})
"""States that take a filed case out of every count: withdrawn, not accepted, counted with another one."""

POSTS = {
    "file": "video_seat",
    "accept": "acceptor",
    "approve": "shift_leader",
    "dispatch": "dispatcher",
    "report": "handler",
    "feed_back": "department",
    "pass_check": "collector",
    "close": "acceptor",
    "force_close": "shift_leader",
}
"""The post whose work an action is; who did it is judged by the case."""

DISPATCH, SUPERVISE, EXTEND = "dispatch", "supervise", "grant_extension"
COMPLAINT, ANSWER = "take_complaint", "take_answer"
GRANTED, REFUSED = "granted", "refused"
APPEALS = {"grant_appeal": GRANTED, "refuse_appeal": REFUSED}
LEADER = "leader"
"""The kind of supervision that costs a point: 领导督办. What comes by itself when a unit is late does not."""

CLOCK = frozenset({DISPATCH, "resume", "rework", EXTEND})
"""Actions that start the unit's clock or lengthen its time; each tells the deadline from then on, if there is one."""

TELLING = CLOCK | {OPEN, ADD_WARNING, SUPERVISE, COMPLAINT, ANSWER}
"""Actions whose detail holds a fact; nothing else is read of the others than who, when and which state."""

SYSTEM = "system"

CLOSING_ALLOWANCE = timedelta(minutes=30)
"""How long after its deadline a case may be closed and is still closed in time: the stage clock of a check (核查). The
deadline is the unit's; without this, who hands back in its last minutes could never be closed in time."""


class Happened(Protocol):
    """One row of a history; `cases.records.AuditRow` is one."""

    @property
    def at(self) -> datetime:
        """When, aware UTC."""

    @property
    def actor(self) -> str:
        """Who."""

    @property
    def action(self) -> str:
        """What."""

    @property
    def to_state(self) -> str:
        """The state after it."""

    @property
    def detail(self) -> Mapping[str, JsonValue]:
        """What was added."""


@dataclass(frozen=True, slots=True)
class Opening:
    """What is fixed when a case is opened.

    Attributes:
        case_id, number: its id, and what people call it.
        raised_at: when the rule raised it, aware UTC.
        area: where it is.
    """

    case_id: str
    number: str
    raised_at: datetime
    area: str

    @classmethod
    def of(cls, case: Case) -> "Opening":
        """Return what is fixed about a case; where no responsibility grid is known, its camera's name is its area."""
        return cls(case.case_id, case.number, case.raised_at, case.spot.area or case.camera_name)


@dataclass(frozen=True, slots=True)
class CaseFacts:
    """One case as it stood at one moment.

    Attributes:
        case_id, number: which.
        source: where it came from; `video` unless said otherwise, or a citizen complained of it since.
        answer: what that citizen says of the result, as `cases.handling.Answer`; empty where nobody was asked.
        unit: who has to handle it, by the last dispatch; empty before the first.
        area: where it is.
        posts: "post:name" for each person who did something that `POSTS` names.
        state: value of `CaseState`.
        raised_at: when the rule raised it.
        filed_at: when it was first reported into the workflow; None for what was only ever an alarm.
        registered_at: when a person first put it on file (立案): the shift leader's approval, or a closing by the desk
            that needs no unit. None before: what the program reports by itself is no case yet.
        dispatched_at: when it first went to a unit.
        due: until when it must be handed back; None where no limit is known.
        handled_at: when the unit handed it back, the last time; None while it is with the unit.
        closed_at: when it was closed.
        was_late: whether it was ever handed back late, or is overdue now.
        reworks, extensions, suspensions: how often.
        is_supervised: whether a leader supervised it while the unit had it.
        appeal: `granted`, `refused` or empty; one that was granted takes the lateness out of every count.
        is_warned: whether a warning was spoken because of it.
        is_resolved: whether the offence ended without being filed.
    """

    case_id: str
    number: str
    source: str
    answer: str
    unit: str
    area: str
    posts: frozenset[str]
    state: str
    raised_at: datetime
    filed_at: datetime | None
    registered_at: datetime | None
    dispatched_at: datetime | None
    due: datetime | None
    handled_at: datetime | None
    closed_at: datetime | None
    was_late: bool
    reworks: int
    extensions: int
    suspensions: int
    is_supervised: bool
    appeal: str
    is_warned: bool
    is_resolved: bool

    @property
    def belongs_at(self) -> datetime:
        """The moment that says to which period it belongs: when it was put on file, else reported, else raised."""
        return self.registered_at or self.filed_at or self.raised_at

    @property
    def is_registered(self) -> bool:
        """Whether it counts as a case: put on file, and neither withdrawn, nor refused, nor merged into another one."""
        return self.registered_at is not None and self.state not in NO_CASE_AFTER_ALL

    @property
    def is_late(self) -> bool:
        """Whether it counts as late."""
        return self.was_late and self.appeal != GRANTED

    @property
    def is_closed_late(self) -> bool:
        """Whether it was closed after its deadline and the allowance for checking, and that counts."""
        if self.closed_at is None or self.due is None or self.appeal == GRANTED:
            return False
        return self.closed_at > self.due + CLOSING_ALLOWANCE


def facts_of(opening: Opening, history: Iterable[Happened], as_of: datetime) -> CaseFacts:
    """Return what a history says about its case at a moment; what happened later is not looked at.

    Args:
        opening: the case.
        history: its rows, oldest first; none but those of this case.
        as_of: aware.
    """
    course = _Course()
    for row in history:
        if row.at <= as_of:
            course.take(row)
    return CaseFacts(
        case_id=opening.case_id,
        number=opening.number,
        source=course.source,
        answer=course.answer,
        unit=course.unit,
        area=opening.area,
        posts=frozenset(course.posts),
        state=course.state,
        raised_at=opening.raised_at,
        filed_at=course.filed_at,
        registered_at=course.registered_at,
        dispatched_at=course.dispatched_at,
        due=course.due,
        handled_at=course.handled_at,
        closed_at=course.closed_at,
        was_late=course.was_late or course.is_overdue(as_of),
        reworks=course.reworks,
        extensions=course.extensions,
        suspensions=course.suspensions,
        is_supervised=course.is_supervised,
        appeal=course.appeal,
        is_warned=course.is_warned,
        is_resolved=course.is_resolved and course.filed_at is None,
    )


class _Course:
    """Follows one history from row to row."""

    def __init__(self) -> None:
        self.source, self.answer, self.unit, self.state, self.appeal = "video", "", "", "", ""
        self.posts: set[str] = set()
        self.filed_at: datetime | None = None
        self.registered_at: datetime | None = None
        self.dispatched_at: datetime | None = None
        self.due: datetime | None = None
        self.handled_at: datetime | None = None
        self.closed_at: datetime | None = None
        self.reworks = self.extensions = self.suspensions = 0
        self.was_late = self.is_supervised = self.is_warned = self.is_resolved = False

    def take(self, row: Happened) -> None:
        """Take one row in."""
        state = str(row.to_state)
        if row.action in TELLING:
            self._read(row)
        if state != self.state:
            self._move(state, row.at)
            self.state = state
        if row.action in POSTS and row.actor != SYSTEM:
            self.posts.add(f"{POSTS[row.action]}:{row.actor}")
        self.appeal = APPEALS.get(row.action, self.appeal)

    def is_overdue(self, at: datetime) -> bool:
        """Say whether it waits for its unit beyond the deadline; the clock of a suspended case stands still."""
        return self.state in WITH_UNIT and self.due is not None and at > self.due

    def _read(self, row: Happened) -> None:
        detail = row.detail
        self.source = _text(detail, "source") or self.source
        if row.action in CLOCK:
            due = _text(detail, "due_at")
            self.due = datetime.fromisoformat(due) if due else None
        if row.action == DISPATCH:
            self._dispatch(_text(detail, "unit"))
        elif row.action == ADD_WARNING:
            self.is_warned = self.is_warned or detail.get("ok") is True
        elif row.action == SUPERVISE and detail.get("kind") == LEADER and self.handled_at is None:
            self.is_supervised = True
        elif row.action == EXTEND:
            self.extensions += 1
        elif row.action == COMPLAINT:
            self.source, self.answer = _text(detail, "complaint"), ""
        elif row.action == ANSWER:
            self.answer = _text(detail, "answer")

    def _dispatch(self, unit: str) -> None:
        """Hand it to a unit; what another one did or left undone before is not this one's."""
        if unit != self.unit:
            self.was_late = self.is_supervised = False
            self.dispatched_at = None
        self.unit = unit

    def _move(self, state: str, at: datetime) -> None:
        if self.state in WITH_UNIT and state not in WITH_UNIT:
            self.was_late = self.was_late or self.is_overdue(at)
        if state in WITH_UNIT | AT_CENTRE and self.handled_at is not None:
            self.reworks, self.handled_at, self.answer = self.reworks + 1, None, ""
        if state in WITH_UNIT and self.dispatched_at is None:
            self.dispatched_at = at
        elif state in HANDED_BACK and self.handled_at is None and self.dispatched_at is not None:
            self.handled_at = at
        elif state in ALARMS and self.state not in ALARMS:
            self._reopen()
        if state == FILED and self.filed_at is None:
            self.filed_at = at
        if self.registered_at is None and (state == APPROVED or (state in OVER and self.state == FILED)):
            self.registered_at = at
        if state == SUSPENDED:
            self.suspensions += 1
            self.due = self.due if self.was_late else None  # its clock stands still until resuming tells another
        self.closed_at = at if state in OVER else None
        self.is_resolved = state == RESOLVED or (self.is_resolved and state in OVER)

    def _reopen(self) -> None:
        """Start over; that it was filed, and came back from checks, stays."""
        self.unit, self.due, self.dispatched_at, self.handled_at = "", None, None, None
        self.was_late = self.is_supervised = False
        self.answer = ""


def _text(detail: Mapping[str, JsonValue], key: str) -> str:
    value = detail.get(key)
    return value if isinstance(value, str) else ""
