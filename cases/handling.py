"""Where a case stands in the workflow, as frozen records: what the row of a case stores and its history rebuilds.

Belongs here: the records. Does not: what changes them (workflow), how working time is counted (handling_clock).
"""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from cases.states import CLOCK_STATES, CaseState


class Supervision(StrEnum):
    """Why a case is urged (督办); a flag with its own thread of words, not a state."""

    TIMEOUT = "timeout"  # its unit is late
    LEADER = "leader"  # a leader wants it done
    IMPORTANT = "important"


class Complaint(StrEnum):
    """By which way a citizen complained of a case; he is asked whether he is satisfied before it is closed."""

    PUBLIC = "public"
    HOTLINE = "hotline"


class Answer(StrEnum):
    """What a citizen who complained says of the result."""

    SATISFIED = "satisfied"
    MOSTLY = "mostly"  # 基本满意, which counts as satisfied
    DISSATISFIED = "dissatisfied"


class Request(StrEnum):
    """How far a request that two levels decide has come; empty where nobody asked."""

    NONE = ""
    ASKED = "asked"
    ENDORSED = "endorsed"  # the first of the two agreed
    GRANTED = "granted"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Handling:
    """What the workflow knows of a case besides its state.

    Attributes:
        condition: number of the filing condition within the case's code, from 1; None while nobody chose one.
        unit: id of the unit that it was last dispatched to, empty before.
        handler: who of the unit is at it, empty while nobody is.
        parent_number: number of the case that it was merged into, empty otherwise.
        returned_from: the state that it was last given back from, None once it has gone on since.
        rework_count: how often a check found it not done.
        supervision: why it is urged, in the order of `Supervision`.
        suspended_at, suspended_until: when it was put off, which happens once, and to when; the latter is None unless
            it is suspended now.
        dispatched_at: when it last came to its unit by dispatch or for rework.
        handled_at: when the unit handed it back to be checked: the end of its handling clock.
        closed_at: when it was closed, also by force.
        running_since: since when the handling clock runs, None while it stands still.
        due_at: when its time is up; None while no clock runs, or where no limit is known.
        spent_s: working seconds already used when the clock last stood still, of this unit.
        overdue: whether this unit was late when its clock last stood still. The fact stays, also where it is exempt.
        extensions: how many the unit was granted; each adds the original limit once.
        extension: how far the extension that is asked for now has come.
        appeal: how far the unit's appeal against a late closing has come; there is one.
        appeal_first: who was the first of its two reviewers, empty before.
        exempt: whether statistics leave its lateness out.
        stage_since: since when the clock of its stage runs (`cases.stage_clocks`), as if it had never paused; None in
            states without one.
        stage_spent_s: seconds that accepting has used, while it is being verified; 0 otherwise.
        complaint: how a citizen complained of it, a value of `Complaint`; empty where nobody did.
        answer: what he says of the result as it is now, a value of `Answer`; empty until he was asked.
    """

    condition: int | None = None
    unit: str = ""
    handler: str = ""
    parent_number: str = ""
    returned_from: CaseState | None = None
    rework_count: int = 0
    supervision: tuple[Supervision, ...] = ()
    suspended_at: datetime | None = None
    suspended_until: datetime | None = None
    dispatched_at: datetime | None = None
    handled_at: datetime | None = None
    closed_at: datetime | None = None
    running_since: datetime | None = None
    due_at: datetime | None = None
    spent_s: float = 0.0
    overdue: bool = False
    extensions: int = 0
    extension: Request = Request.NONE
    appeal: Request = Request.NONE
    appeal_first: str = ""
    exempt: bool = False
    stage_since: datetime | None = None
    stage_spent_s: float = 0.0
    complaint: str = ""
    answer: str = ""

    def is_overdue(self, at: datetime) -> bool:
        """Say whether the unit is late: it was when its clock stopped, or its running clock has passed its limit."""
        return self.overdue or (self.due_at is not None and at > self.due_at)


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a case stands: everything that a decision may change.

    Attributes:
        state: where it is in its life.
        revision: counts decisions, from 1.
        reviewed_by: who vouched for it last, empty when nobody did.
        reviewed_at: when.
        handling: what the workflow knows besides.
    """

    state: CaseState = CaseState.CANDIDATE
    revision: int = 1
    reviewed_by: str = ""
    reviewed_at: datetime | None = None
    handling: Handling = field(default_factory=Handling)

    @property
    def runs(self) -> bool:
        """Whether the unit's clock runs."""
        return self.state in CLOCK_STATES
