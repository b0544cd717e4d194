"""What is asked of the cases: which ones, from where in the list on, what waits for whom; free of any database.

Belongs here: the questions. Does not: the statements that answer them (searching), what they give (pages).
"""

from dataclasses import dataclass
from datetime import UTC, datetime

from cases.closing import ClosingProposal
from cases.due_soon import DueSoon, StageSpan
from cases.states import CaseState
from cases.tables import MAX_ID_LENGTH

_PLACE_TIME = "%Y%m%dT%H%M%S.%fZ"


@dataclass(frozen=True, slots=True)
class Inbox:
    """The cases that wait for somebody.

    Attributes:
        states: in which any case waits for him.
        unit_states: in which a case of his unit does.
        unit: his own; `ANY_UNIT` for every one, empty for none.
    """

    states: tuple[CaseState, ...]
    unit_states: tuple[CaseState, ...] = ()
    unit: str = ""


@dataclass(frozen=True, slots=True)
class CasePlace:
    """Where a case stands in lists: those raised later come first, among equals those of a greater id."""

    raised_at: datetime
    case_id: str

    def __str__(self) -> str:
        return f"{self.raised_at.astimezone(UTC):{_PLACE_TIME}},{self.case_id}"

    @classmethod
    def parse(cls, told: str) -> "CasePlace":
        """Return the place that `str` told.

        Raises:
            ValueError: it is none.
        """
        at, comma, case_id = told.partition(",")
        if not comma or not 0 < len(case_id) <= MAX_ID_LENGTH:
            raise ValueError(f"{told!r} is no place of a case")
        return cls(datetime.strptime(at, _PLACE_TIME).replace(tzinfo=UTC), case_id)


MAX_OFFSET = 10_000
"""Skipping rows costs as much as reading them; who wants to go deeper hands in the place of the last case he saw."""


@dataclass(frozen=True, slots=True)
class CaseQuery:
    """Which cases to list, newest first; an empty field does not narrow.

    Attributes:
        states, kinds, camera_ids, units: any of these.
        inbox: what waits for somebody.
        proposals: any of what the camera proposed after dispatch, as it counts now.
        held_back: what an examiner doubts and nobody has vouched for.
        due_before: whose running clock has its limit before this moment, aware UTC.
        late_stages: together with `due_before`, also whose stage clock began so long ago.
        due_soon: whose running clock is yellow.
        raised_from, raised_before: aware UTC; from is included, before is not.
        text: part of code, camera, zone or address, in any case; or part of the number, from three characters on.
        reading: a value of `cases.readings.value_of` that was read on a picture.
        plates: whether plates may be looked for by `reading` too.
        limit: at most so many, 1 to 500.
        offset: skip so many, up to `MAX_OFFSET`.
        after: only what comes after this place; the way to page deep, as it costs the same on every page.
    """

    states: tuple[CaseState, ...] = ()
    kinds: tuple[str, ...] = ()
    camera_ids: tuple[str, ...] = ()
    units: tuple[str, ...] = ()
    inbox: Inbox | None = None
    proposals: tuple[ClosingProposal, ...] = ()
    held_back: bool = False
    due_before: datetime | None = None
    late_stages: tuple[StageSpan, ...] = ()
    due_soon: DueSoon | None = None
    raised_from: datetime | None = None
    raised_before: datetime | None = None
    text: str = ""
    reading: str = ""
    plates: bool = False
    limit: int = 50
    offset: int = 0
    after: CasePlace | None = None

    def __post_init__(self) -> None:
        if not 1 <= self.limit <= 500 or not 0 <= self.offset <= MAX_OFFSET:
            raise ValueError(f"limit must be 1 to 500, offset 0 to {MAX_OFFSET}: {self.limit=} {self.offset=}")
