"""Evidence of cases: pictures and clips, untouched or blurred, leave to see originals, locks, the gate to penal use.

The same address gives the original to who may see it now and the blurred copy to everybody else, so browsers must ask
each time and may keep no original.
"""

from typing import Annotated

import cv2
from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import FileResponse

from api.auth import Operator, Serving, person_of, session_of
from api.bodies_evidence import ReasonBody, StandingBody
from api.bodies_readings import ReadingsBody
from api.errors import NotFoundError
from cases.closing import ClosingProposal
from cases.packs import PackPurpose, PartRole
from cases.people import Role
from cases.readings import Readings
from cases.records import Case, CaseFile
from pipeline.evidence_desk import Seer

router = APIRouter(prefix="/api/cases", tags=["evidence"])

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

THUMBNAIL_ROLES = (PartRole.MARKED, PartRole.CLOSE_UP, PartRole.PANORAMA, PartRole.BLURRED)
"""The first of these that a case still has stands for it in lists."""

SHOWN = "X-Evidence"
"""Header that says what is served: `original` or `blurred`."""


def seer_of(request: Request) -> Seer:
    """Return who asks for a picture; see `api.auth.person_of` for errors."""
    person = person_of(request)
    acts, doer = person.role.includes(Role.OPERATOR), person.doer
    token_id = session_of(request).token_id
    return Seer(person.name, token_id, has_desk=acts and doer.is_of_centre, own=doer if acts else None)


Asking = Annotated[Seer, Depends(seer_of)]


@router.get("/{case_id}/files/{pack}/{name}", response_class=FileResponse)
def get_file(  # one parameter per part of the address
    case_id: str, pack: int, name: str, system: Serving, seer: Asking
) -> FileResponse:
    """Return an evidence file, or its blurred copy; ranges are served, so that a clip can be wound."""
    case = system.cases.get(case_id)
    served = system.desk.served(case, _file(case, pack, name), seer)
    content_type = CONTENT_TYPES.get(served.path.suffix.lower())
    headers = {"Cache-Control": "no-store", SHOWN: "original" if served.is_original else "blurred"}
    if content_type is None:
        return FileResponse(served.path, media_type="application/octet-stream", filename=name, headers=headers)
    return FileResponse(served.path, media_type=content_type, headers=headers)


@router.get("/{case_id}/thumbnail.jpg", response_class=Response, responses={200: {"content": {"image/jpeg": {}}}})
def get_thumbnail(case_id: str, system: Serving, seer: Asking) -> Response:
    """Return a small picture that stands for the case in lists, untouched or blurred as its files are."""
    case = system.cases.get(case_id)
    packs = [pack for pack in case.packs if pack.deleted_at is None]
    if case.closing.proposal == ClosingProposal.SUPERVISE:  # what is posted shows how it looks now
        packs.sort(key=lambda pack: pack.purpose is not PackPurpose.CLOSING)
    kept = [file for pack in packs for file in pack.files]
    file = next((file for role in THUMBNAIL_ROLES for file in kept if file.role is role), None)
    served = system.desk.served(case, file, seer) if file else None
    bgr = cv2.imread(str(served.path)) if served else None
    if served is None or bgr is None:
        raise NotFoundError(f"case {case.number} has no picture")
    height = max(1, round(bgr.shape[0] * THUMBNAIL_WIDTH / bgr.shape[1]))
    small = cv2.resize(bgr, (THUMBNAIL_WIDTH, height), interpolation=cv2.INTER_AREA)
    _, jpeg = cv2.imencode(".jpg", small, [cv2.IMWRITE_JPEG_QUALITY, 80])
    headers = {"Cache-Control": "no-store" if served.is_original else "private, max-age=60"}
    headers[SHOWN] = "original" if served.is_original else "blurred"
    return Response(jpeg.tobytes(), media_type="image/jpeg", headers=headers)


@router.get("/{case_id}/evidence")
def get_standing(case_id: str, system: Serving, seer: Asking) -> StandingBody:
    """Return how a case's evidence stands for who asks: original or blurred, locked, released or what is in the way."""
    return StandingBody.of(system.desk.standing(system.cases.get(case_id), seer))


@router.get("/{case_id}/readings")
def get_readings(case_id: str, system: Serving, seer: Asking) -> ReadingsBody:
    """Return what was read on a case's pictures and which cases share it; plates for who sees the originals only."""
    case, readings = system.cases.get(case_id), Readings(system.cases.database)
    sees_plates = system.desk.standing(case, seer).sees_originals
    return ReadingsBody.of(readings.of(case_id), readings.alike(case_id), sees_plates=sees_plates)


@router.post("/{case_id}/views", status_code=201)
def ask_to_see(case_id: str, body: ReasonBody, system: Serving, person: Operator, seer: Asking) -> StandingBody:
    """Let a person see originals for a while; the history says who and why."""
    system.desk.grant_view(case_id, seer, body.reason)
    return StandingBody.of(system.desk.standing(system.cases.get(case_id), seer))


@router.post("/{case_id}/lock", status_code=201)
def lock(case_id: str, body: ReasonBody, system: Serving, person: Operator, seer: Asking) -> StandingBody:
    """Keep a case's evidence whatever the rules of retention say."""
    system.desk.lock(case_id, seer, body.reason)
    return StandingBody.of(system.desk.standing(system.cases.get(case_id), seer))


@router.post("/{case_id}/unlock", status_code=201)
def unlock(case_id: str, body: ReasonBody, system: Serving, person: Operator, seer: Asking) -> StandingBody:
    """Give a case's evidence back to the rules of retention."""
    system.desk.unlock(case_id, seer, body.reason)
    return StandingBody.of(system.desk.standing(system.cases.get(case_id), seer))


@router.post("/{case_id}/release", status_code=201)
def release(case_id: str, body: ReasonBody, system: Serving, person: Operator, seer: Asking) -> StandingBody:
    """Mark a case as fit for penal use, in the reviewer's name."""
    system.desk.release(case_id, seer, body.reason)
    return StandingBody.of(system.desk.standing(system.cases.get(case_id), seer))


@router.post("/{case_id}/release/withdraw", status_code=201)
def withdraw_release(case_id: str, body: ReasonBody, system: Serving, person: Operator, seer: Asking) -> StandingBody:
    """Take a release back: the case is a lead again."""
    system.desk.withdraw_release(case_id, seer, body.reason)
    return StandingBody.of(system.desk.standing(system.cases.get(case_id), seer))


def _file(case: Case, pack: int, name: str) -> CaseFile:
    for file in case.files:
        if (file.pack, file.name) == (pack, name):
            return file
    raise NotFoundError(f"case {case.number} has no evidence file {name!r} in pack {pack}")
