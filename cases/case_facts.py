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

from cases.records import ADD_WARNING

FILED, DISPATCHED, SUSPENDED, RESOLVED = "filed", "dispatched", "suspended", "resolved"
BEFORE_DISPATCH = frozenset({FILED, "verifying", "accepted", "approved"})
WITH_UNIT = frozenset({DISPATCHED, "handling", "handled"})
"""The unit's clock runs; that its worker is done (`handled`) does not stop it, only handing back does."""

HANDED_BACK = frozenset({"checking", "checked", "closed", "force_closed"})
OVER = frozenset({"closed", "force_closed"})
NO_CASE_AFTER_ALL = frozenset({"dismissed", "not_accepted", "merged"})
"""States that take a filed case out of every count: withdrawn, not accepted, counted with another one."""

POSTS = frozenset({"accept", "approve", "dispatch", "feed_back", "pass_check", "close", "force_close"})
"""Actions that a post is answerable for; who did one of them is judged by the case."""

SUPERVISE, EXTEND = "supervise", "extend"
GRANTED, REFUSED = "granted", "refused"
APPEALS = {"grant_appeal": GRANTED, "refuse_appeal": REFUSED}
LEADER = "leader"
"""The kind of supervision that costs a point: 领导督办. What the program orders by itself at dispatch does not."""

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


class Opening(Protocol):
    """What is fixed when a case is opened; `cases.records.Case` has it."""

    @property
    def case_id(self) -> str:
        """Its id."""

    @property
    def number(self) -> str:
        """What people call it."""

    @property
    def raised_at(self) -> datetime:
        """When the rule raised it, aware UTC."""


@dataclass(frozen=True, slots=True)
class CaseFacts:
    """One case as it stood at one moment.

    Attributes:
        case_id, number: which.
        source: where it came from; `video` unless said otherwise.
        unit: who has to handle it, by the last dispatch; empty before the first.
        area: where it is, by the last row that says so; empty where none does.
        posts: "action:name" for each person who did something that `POSTS` names.
        state: value of `CaseState`.
        raised_at: when the rule raised it.
        registered_at: when it was first filed; None for what is still, or was only ever, an alarm.
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
    unit: str
    area: str
    posts: frozenset[str]
    state: str
    raised_at: datetime
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
        """The moment that says to which period it belongs: when it was filed; for an alarm, when it was raised."""
        return self.registered_at or self.raised_at

    @property
    def is_registered(self) -> bool:
        """Whether it counts as a case: filed, and neither withdrawn, nor refused, nor merged into another one."""
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
        unit=course.unit,
        area=course.area,
        posts=frozenset(course.posts),
        state=course.state,
        raised_at=opening.raised_at,
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
        is_resolved=course.is_resolved and course.registered_at is None,
    )


class _Course:
    """Follows one history from row to row."""

    def __init__(self) -> None:
        self.source, self.unit, self.area, self.state, self.appeal = "video", "", "", "", ""
        self.posts: set[str] = set()
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
        if row.detail:
            self._read(row.detail)
        if state != self.state:
            self._move(state, row.at)
            self.state = state
        self._do(row)

    def is_overdue(self, at: datetime) -> bool:
        """Say whether it waits for its unit beyond the deadline; the clock of a suspended case stands still."""
        return self.state in WITH_UNIT and self.due is not None and at > self.due

    def _read(self, detail: Mapping[str, JsonValue]) -> None:
        self.source = _text(detail, "source") or self.source
        self.unit = _text(detail, "unit") or self.unit
        self.area = _text(detail, "area") or self.area
        if due := _text(detail, "due"):
            self.due = datetime.fromisoformat(due)

    def _move(self, state: str, at: datetime) -> None:
        if state == FILED and self.registered_at is None:
            self.registered_at = at
        if state == SUSPENDED:
            self.suspensions += 1
        if state in HANDED_BACK and self.handled_at is None and self.dispatched_at is not None:
            self.was_late = self.was_late or self.is_overdue(at)
            self.handled_at = at
        elif state in BEFORE_DISPATCH | WITH_UNIT and self.handled_at is not None:
            self.reworks, self.handled_at = self.reworks + 1, None  # it stays with its unit
        elif state in BEFORE_DISPATCH and self.state in WITH_UNIT:
            self.unit, self.dispatched_at = "", None  # returned as not its own: it never received it
        if state == DISPATCHED and self.dispatched_at is None:
            self.dispatched_at = at
        self.closed_at = at if state in OVER else None
        self.is_resolved = state == RESOLVED or (self.is_resolved and state in OVER)

    def _do(self, row: Happened) -> None:
        if row.action in POSTS and row.actor != SYSTEM:
            self.posts.add(f"{row.action}:{row.actor}")
        if row.action == ADD_WARNING:
            self.is_warned = self.is_warned or row.detail.get("ok") is True
        elif row.action == SUPERVISE:
            is_leaders = row.detail.get("kind") == LEADER and self.handled_at is None
            self.is_supervised = self.is_supervised or is_leaders
        elif row.action == EXTEND:
            self.extensions += 1
        elif row.action in APPEALS:
            self.appeal = APPEALS[row.action]


def _text(detail: Mapping[str, JsonValue], key: str) -> str:
    value = detail.get(key)
    return value if isinstance(value, str) else ""
