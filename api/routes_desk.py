"""The case desk: reminders, boards, the conditions of a code, when pictures were taken, what the map is drawn on."""

from fastapi import APIRouter

from api.auth import Fronted, Now, Serving, Viewer
from api.bodies_desk import (
    BoardBody,
    CodeBody,
    CodeItemBody,
    MapBody,
    PostedBody,
    PostedCaseBody,
    RemindersBody,
    TakingBody,
    TakingsBody,
)
from cases.dashboard import board
from cases.inboxes import stages_of
from cases.posted import posted_board

router = APIRouter(prefix="/api", tags=["desk"])


@router.get("/cases/reminders")
def get_reminders(front: Fronted, person: Viewer, now: Now) -> RemindersBody:
    """Return how many cases are due soon and overdue now: of all units, and of the own stages."""
    counts = front.lights.reminders(front.system.cases.database, now, stages_of(person.doer))
    return RemindersBody(counts=dict(counts))


@router.get("/cases/board")
def get_board(system: Serving, person: Viewer, now: Now) -> BoardBody:
    """Return cases by state, and by unit how many are open and late."""
    return BoardBody.of(board(system.cases.database, now))


@router.get("/cases/posted")
def get_posted(front: Fronted, person: Viewer, now: Now) -> PostedBody:
    """Return the cases that the camera saw to be unsolved after dispatch, with the picture of now."""
    board_of_now = posted_board(front.system.cases)
    cases = (PostedCaseBody.told(posted, person, now, front.lights) for posted in board_of_now.cases)
    return PostedBody(cases=tuple(cases), total=board_of_now.total)


@router.get("/cases/{case_id}/taken")
def get_takings(case_id: str, system: Serving, person: Viewer) -> TakingsBody:
    """Return when the pictures of a case were taken, as the manifests of its evidence say."""
    case = system.cases.get(case_id)
    kept = {pack.number for pack in case.packs if pack.deleted_at is None}
    takings = (
        TakingBody.of(pack.number, file.name, file.taken)
        for pack in system.evidence.packs(case.case_id)
        if pack.number in kept
        for file in pack.files
        if file.taken is not None
    )
    return TakingsBody(files=tuple(takings))


@router.get("/codes/{code}")
def get_code(code: str, front: Fronted, person: Viewer) -> CodeBody:
    """Return an item of the city's table of codes with its filing conditions and their limits."""
    item = front.deadlines.table.items.get(code)
    return CodeBody(item=CodeItemBody.of(item) if item else None)


@router.get("/map")
def get_map(system: Serving, person: Viewer) -> MapBody:
    """Return what the map of cases is drawn on."""
    settings = system.settings.map
    return MapBody(
        tiles=settings.tiles, attribution=settings.attribution, gcj02=settings.gcj02, bounds=system.places.map.bounds
    )
