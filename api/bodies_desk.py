"""What goes over the wire for the case desk: reminders, boards, an item of the codes, times of pictures, the map."""

from datetime import datetime

from api.bodies import Body
from api.bodies_cases import CaseRowBody, FileBody, row_fields
from cases.codes import CodeItem, Condition
from cases.dashboard import Board, UnitCount
from cases.lights import Reminder
from cases.packs import Taking
from cases.people import Person
from cases.posted import Posted
from cases.states import Action, CaseState
from cases.time_left import Lights
from cases.workflow import possible_for


class RemindersBody(Body):
    """How many running clocks are due soon, and how many are over."""

    counts: dict[Reminder, int]


class UnitCountBody(Body):
    """How many cases of a unit are open, and how many of those are late; the unit is empty where none has them yet."""

    unit: str
    open: int
    overdue: int

    @classmethod
    def of(cls, unit: str, count: UnitCount) -> "UnitCountBody":
        """Return it as it goes over the wire."""
        return cls(unit=unit, open=count.open, overdue=count.overdue)


class BoardBody(Body):
    """Cases by state, and open ones by unit, those with most late ones first."""

    by_state: dict[CaseState, int]
    by_unit: tuple[UnitCountBody, ...]
    overdue: int

    @classmethod
    def of(cls, board: Board) -> "BoardBody":
        """Return a board as it goes over the wire."""
        units = [UnitCountBody.of(unit, count) for unit, count in board.by_unit.items()]
        units.sort(key=lambda each: (-each.overdue, -each.open, each.unit))
        return cls(by_state=dict(board.by_state), by_unit=tuple(units), overdue=board.overdue)


class PostedCaseBody(CaseRowBody):
    """One posted case: as in a list, and since when its unit has it, what was seen last, how often it was urged.

    `picture` is null where its files were deleted; `may_urge` says whether the person may urge it now.
    """

    dispatched_at: datetime | None
    looked_at: datetime | None
    picture: FileBody | None
    urged: int
    urged_at: datetime | None
    revision: int
    may_urge: bool

    @classmethod
    def told(cls, posted: Posted, person: Person, at: datetime, lights: Lights) -> "PostedCaseBody":
        """Return a posted case as somebody sees it at a moment."""
        case, file, urged = posted.case, posted.picture, posted.urged
        pack = next((pack for pack in case.packs if file is not None and pack.number == file.pack), None)
        return cls(
            **row_fields(case, at, lights),
            dispatched_at=case.handling.dispatched_at,
            looked_at=case.closing.looked_at,
            picture=FileBody.of(case.case_id, pack, file) if pack and file else None,
            urged=urged.count if urged else 0,
            urged_at=urged.last_at if urged else None,
            revision=case.revision,
            may_urge=Action.SUPERVISE in possible_for(case.standing, person.doer, at),
        )


class PostedBody(Body):
    """The posted cases, those whose time is up first; `total` counts those that are not shown too."""

    cases: tuple[PostedCaseBody, ...]
    total: int


class ConditionBody(Body):
    """One filing condition, in (Chinese, English); `limit` is null where the table sets none."""

    number: int
    filing: tuple[str, str]
    closing: tuple[str, str]
    limit: tuple[str, str] | None

    @classmethod
    def of(cls, condition: Condition) -> "ConditionBody":
        """Return a condition as it goes over the wire."""
        limit = condition.limit
        return cls(
            number=condition.number,
            filing=(condition.filing("zh"), condition.filing("en")),
            closing=(condition.closing("zh"), condition.closing("en")),
            limit=(limit.said("zh"), limit.said("en")) if limit else None,
        )


class CodeItemBody(Body):
    """One item of the city's table of codes with its conditions; names are (Chinese, English)."""

    code: str
    name: tuple[str, str]
    class_name: tuple[str, str]
    conditions: tuple[ConditionBody, ...]

    @classmethod
    def of(cls, item: CodeItem) -> "CodeItemBody":
        """Return an item as it goes over the wire."""
        return cls(
            code=item.code,
            name=(item.name("zh"), item.name("en")),
            class_name=(item.class_zh, item.class_en or item.class_zh),
            conditions=tuple(ConditionBody.of(each) for each in item.conditions),
        )


class CodeBody(Body):
    """What the city's table says of a code: nothing where a case is of an older table."""

    item: CodeItemBody | None


class TakingBody(Body):
    """When one picture was taken, and by how many seconds that may be wrong."""

    pack: int
    name: str
    captured_at: datetime
    clock_error_s: float

    @classmethod
    def of(cls, pack: int, name: str, taken: Taking) -> "TakingBody":
        """Return it as it goes over the wire."""
        return cls(pack=pack, name=name, captured_at=taken.captured_at, clock_error_s=taken.clock_error_s)


class TakingsBody(Body):
    """When the pictures of a case were taken; those of which nobody said it are not there."""

    files: tuple[TakingBody, ...]


class MapBody(Body):
    """What the map is drawn on: `tiles` is empty where nothing is fetched; `bounds` (W, S, E, N) of all grids."""

    tiles: str
    attribution: str
    gcj02: bool
    bounds: tuple[float, float, float, float] | None
