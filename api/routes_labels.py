"""Labels that a model proposed and people correct: sets, their pictures, and the sheet of each.

Who only watches has no part in it: pictures of the street and decisions about them are for operators.
"""

from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import FileResponse, JSONResponse

from api.auth import Desk, Operator, front_of
from api.bodies import ErrorBody
from api.bodies_labels import ChangeBody, PictureBody, PicturesBody, ProgressBody, SetsBody, SheetBody, StaleBody
from api.problems import facts_of
from datasets.errors import StaleSheetError
from datasets.label_desk import Edit, LabelDesk, OpenSheet
from datasets.label_sets import SetProgress, Showing, Wanted
from vision.error_codes import code_of

router = APIRouter(prefix="/api/labels", tags=["labels"])

KEPT = "private, max-age=3600"
"""Pictures of a set do not change; a set of the same name that is made anew is rare, and an hour is short."""


def _wanted(
    state: Annotated[Showing, Query()] = Showing.ALL, class_name: Annotated[str, Query(max_length=32)] = ""
) -> Wanted:
    return Wanted(state, class_name)


Shown = Annotated[Wanted, Depends(_wanted)]


@router.get("")
def list_sets(desk: Desk, person: Operator) -> SetsBody:
    """Return all sets that can be read, and how far they are."""
    return SetsBody(sets=tuple(ProgressBody.of(progress) for progress in desk.sets.progress()))


@router.get("/{set_name}/pictures")
def list_pictures(
    set_name: str,
    desk: Desk,
    person: Operator,
    shown: Shown,
    page: Annotated[int, Query(ge=0, le=1_000_000)] = 0,
    size: Annotated[int, Query(ge=1, le=200)] = 60,
) -> PicturesBody:
    """Return a page of a set's pictures, sorted by name."""
    rows = desk.sets.rows(set_name)
    found = [row for row in rows if shown.takes(row)]
    return PicturesBody(
        progress=ProgressBody.of(SetProgress.of(set_name, rows)),
        pictures=tuple(PictureBody.of(set_name, row) for row in found[page * size : (page + 1) * size]),
        total=len(found),
        page=page,
        size=size,
    )


@router.get("/{set_name}/pictures/{name}")
def get_sheet(set_name: str, name: str, desk: Desk, person: Operator, shown: Shown) -> SheetBody:
    """Return the sheet of a picture, and which pictures lie beside it among those that are shown."""
    return _body(desk, set_name, name, desk.open(set_name, name), shown)


@router.get(
    "/{set_name}/pictures/{name}/picture", response_class=Response, responses={200: {"content": {"image/jpeg": {}}}}
)
def get_picture(
    set_name: str,
    name: str,
    desk: Desk,
    person: Operator,
    width: Annotated[int | None, Query(ge=64, le=4096)] = None,
) -> Response:
    """Return a picture as it is, or with no side longer than `width`; a very large one only ever smaller."""
    found = desk.picture(set_name, name, width)
    if isinstance(found, Path):
        return FileResponse(found, headers={"Cache-Control": KEPT})
    return Response(found, media_type="image/jpeg", headers={"Cache-Control": KEPT})


@router.post("/{set_name}/pictures/{name}/changes", response_model=SheetBody, responses={409: {"model": StaleBody}})
def change_sheet(
    set_name: str, name: str, body: ChangeBody, request: Request, person: Operator, shown: Shown
) -> SheetBody | JSONResponse:
    """Change a sheet; what was made on an older revision is refused with the sheet as it is now."""
    front = front_of(request)
    edit = Edit(body.change, body.revision, person.name, front.now())
    try:
        return _body(front.labels, set_name, name, front.labels.change(set_name, name, edit), shown)
    except StaleSheetError as err:
        now = _body(front.labels, set_name, name, front.labels.open(set_name, name), shown)
        error = ErrorBody(code=code_of(err), message=str(err), facts=facts_of(err))
        return JSONResponse(StaleBody(error=error, now=now).model_dump(mode="json"), 409)


def _body(desk: LabelDesk, set_name: str, name: str, opened: OpenSheet, shown: Wanted) -> SheetBody:
    """Return a sheet with its neighbours; damaged ones are passed over, as nothing can be done with them."""
    rows = desk.sets.rows(set_name)
    usable = [row for row in rows if row.summary is not None and shown.takes(row)]
    return SheetBody.of(name, opened, SetProgress.of(set_name, rows), usable)
