"""The posted cases (挂网督办): what the camera saw to be unsolved after dispatch, and how often each was urged.

Belongs here: which they are, in which order. Does not: when the camera looks (pipeline.closing_looks), who is told of
it outside (outbox).
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import func, select

from cases.closing import ClosingProposal
from cases.database import Database
from cases.packs import PackPurpose, PartRole
from cases.queries import CaseQuery
from cases.records import Case, CaseFile
from cases.states import Action
from cases.store import CaseStore
from cases.tables import AuditTableRow

MOST_POSTED = 60
"""Cases on the board, the newest of all that are posted: ten screens of a wall; the list of cases has the rest."""

SHOWN_ROLES = (PartRole.CLOSE_UP, PartRole.PANORAMA, PartRole.MARKED)
"""Which picture of a look stands for it: the place at full size, where there is one."""

_LAST = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Urged:
    """How often a case was urged, and when last, aware UTC."""

    count: int
    last_at: datetime


@dataclass(frozen=True, slots=True)
class Posted:
    """One posted case.

    Attributes:
        case: it.
        picture: of the newest look at its place; None where its files were deleted.
        urged: how often it was urged; None for never.
    """

    case: Case
    picture: CaseFile | None
    urged: Urged | None


@dataclass(frozen=True, slots=True)
class PostedBoard:
    """The posted cases, those whose time is up first; and how many there are in all, or at least."""

    cases: tuple[Posted, ...]
    total: int


def posted_board(store: CaseStore) -> PostedBoard:
    """Return what is posted now.

    Raises:
        DatabaseError: the database refuses; it may be tried again.
    """
    page = store.find(CaseQuery(proposals=(ClosingProposal.SUPERVISE,), limit=MOST_POSTED))
    urged = _urged(store.database, [case.case_id for case in page.cases])
    cases = sorted(page.cases, key=lambda case: (case.handling.due_at or _LAST, case.raised_at, case.case_id))
    posted = tuple(Posted(case, picture_of_now(case), urged.get(case.case_id)) for case in cases)
    return PostedBoard(posted, page.total)


def picture_of_now(case: Case) -> CaseFile | None:
    """Return the picture that stands for the newest look at a case, None where it has none any more."""
    looks = [pack for pack in case.packs if pack.purpose is PackPurpose.CLOSING and pack.deleted_at is None]
    files = looks[-1].files if looks else ()
    return next((file for role in SHOWN_ROLES for file in files if file.role is role), None)


def _urged(database: Database, case_ids: Collection[str]) -> Mapping[str, Urged]:
    rows = select(AuditTableRow.case_id, func.count(), func.max(AuditTableRow.at)).where(
        AuditTableRow.case_id.in_(case_ids), AuditTableRow.action == Action.SUPERVISE.value
    )
    with database.reading() as session:
        found = session.execute(rows.group_by(AuditTableRow.case_id)).all()
    return {case_id: Urged(count, last_at) for case_id, count, last_at in found}
