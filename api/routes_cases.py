"""Cases: the list, one case with its files, and what people decide about it."""

from collections.abc import Sequence
from typing import Annotated

import cv2
from fastapi import APIRouter, Query, Response
from fastapi.responses import FileResponse

from api.auth import Operator, Serving, Viewer
from api.bodies_cases import ActionBody, CaseAnswer, CaseRowBody, CasesBody, CountsBody, WarnBody
from api.errors import BadRequestError, NotFoundError
from cases.packs import PartRole
from cases.records import MAX_OFFSET, Case, CaseFile, CasePlace, CaseQuery
from cases.states import Action, CaseState

router = APIRouter(prefix="/api/cases", tags=["cases"])

CONTENT_TYPES = {
    ".jpg": "image/jpeg",
    ".png": "image/png",
    ".mp4": "video/mp4",
    ".wav": "audio/wav",
    ".json": "application/json",
}
"""What evidence files are; anything else is handed out for download only."""

THUMBNAIL_WIDTH = 320
"""Pixels; twice what the list shows, for sharp screens."""

THUMBNAIL_ROLES = (PartRole.MARKED, PartRole.CLOSE_UP, PartRole.PANORAMA)
"""The first of these that a case has stands for it in lists."""

IMMUTABLE = "private, max-age=31536000, immutable"
"""Evidence never changes once it is written, so a browser need not ask again."""


@router.get("")
def list_cases(  # one parameter per filter is what makes them part of the API's description
    system: Serving,
    person: Viewer,
    state: Annotated[Sequence[CaseState], Query()] = (),
    kind: Annotated[Sequence[str], Query()] = (),
    camera: Annotated[Sequence[str], Query()] = (),
    text: Annotated[str, Query(max_length=64)] = "",
    page: Annotated[int, Query(ge=0, le=MAX_OFFSET)] = 0,
    size: Annotated[int, Query(ge=1, le=200)] = 50,
    after: Annotated[str, Query(max_length=200)] = "",
) -> CasesBody:
    """Return cases, newest first; every filter that is left out lets all through."""
    if page * size > MAX_OFFSET:
        raise BadRequestError(f"page {page} of {size} is too deep to skip to; narrow the list, or go on by after=")
    query = CaseQuery(
        states=tuple(state),
        kinds=tuple(kind),
        camera_ids=tuple(camera),
        text=text,
        limit=size,
        offset=page * size,
        after=_place(after),
    )
    found = system.cases.lines(query)
    rows = tuple(CaseRowBody.line(line) for line in found.lines)
    following = str(found.lines[-1].place) if len(rows) == size else ""
    count = found.count
    return CasesBody(cases=rows, total=count.total, is_more=count.is_more, page=page, size=size, next=following)


@router.get("/counts")
def count_cases(system: Serving, person: Viewer) -> CountsBody:
    """Return how many cases are in each state."""
    return CountsBody(counts=system.cases.counts())


@router.get("/{case_id}")
def get_case(case_id: str, system: Serving, person: Viewer) -> CaseAnswer:
    """Return one case with its files, warnings, history and what may be done with it now."""
    return CaseAnswer.of(system.cases.get(case_id), system.cases.history(case_id))


@router.get("/{case_id}/files/{pack}/{name}", response_class=FileResponse)
def get_file(case_id: str, pack: int, name: str, system: Serving, person: Viewer) -> FileResponse:
    """Return an evidence file as it was written; ranges are served, so that a clip can be wound."""
    file = _file(system.cases.get(case_id), pack, name)
    path = system.evidence.path_of(file.path)
    if not path.is_file():
        raise NotFoundError(f"evidence file {name} of pack {pack} is not there any more")
    content_type = CONTENT_TYPES.get(path.suffix.lower())
    headers = {"Cache-Control": IMMUTABLE}
    if content_type is None:
        return FileResponse(path, media_type="application/octet-stream", filename=name, headers=headers)
    return FileResponse(path, media_type=content_type, headers=headers)


@router.get("/{case_id}/thumbnail.jpg", response_class=Response, responses={200: {"content": {"image/jpeg": {}}}})
def get_thumbnail(case_id: str, system: Serving, person: Viewer) -> Response:
    """Return a small picture that stands for the case in lists."""
    case = system.cases.get(case_id)
    file = next((f for role in THUMBNAIL_ROLES for f in case.files if f.role is role), None)
    bgr = cv2.imread(str(system.evidence.path_of(file.path))) if file else None
    if bgr is None:
        raise NotFoundError(f"case {case.number} has no picture yet")
    height = max(1, round(bgr.shape[0] * THUMBNAIL_WIDTH / bgr.shape[1]))
    small = cv2.resize(bgr, (THUMBNAIL_WIDTH, height), interpolation=cv2.INTER_AREA)
    _, jpeg = cv2.imencode(".jpg", small, [cv2.IMWRITE_JPEG_QUALITY, 80])
    return Response(jpeg.tobytes(), media_type="image/jpeg", headers={"Cache-Control": "private, max-age=60"})


@router.post("/{case_id}/actions")
def act(case_id: str, body: ActionBody, system: Serving, person: Operator) -> CaseAnswer:
    """Decide about a case; what takes it out of sight must say why."""
    case = system.act(
        case_id, Action(body.action), actor=person.name, reason=body.reason.strip(), expected_revision=body.revision
    )
    return CaseAnswer.of(case, system.cases.history(case_id))


@router.post("/{case_id}/warn", status_code=202)
def warn(case_id: str, body: WarnBody, system: Serving, person: Operator) -> None:
    """Have a warning spoken because of the case; its receipt comes into the case when the horn is done."""
    system.warn(case_id, actor=person.name, phrase=body.phrase)


def _place(after: str) -> CasePlace | None:
    try:
        return CasePlace.parse(after) if after else None
    except ValueError:
        raise BadRequestError(f"after={after!r} is no place in a list; hand back what next= said") from None


def _file(case: Case, pack: int, name: str) -> CaseFile:
    for file in case.files:
        if (file.pack, file.name) == (pack, name):
            return file
    raise NotFoundError(f"case {case.number} has no evidence file {name!r} in pack {pack}")
