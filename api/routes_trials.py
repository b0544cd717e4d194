"""Recordings of cameras, and trials of zones on them before they are saved."""

from fastapi import APIRouter

from api.auth import Operator, Serving, Trials, Viewer
from api.bodies_trials import RecordingsBody, TrialBody, TrialOrder
from api.errors import NotFoundError
from api.routes_cameras import checked_zones

router = APIRouter(prefix="/api", tags=["trials"])


@router.get("/cameras/{camera_id}/recordings")
def list_recordings(camera_id: str, system: Serving, trials: Trials, person: Viewer) -> RecordingsBody:
    """Return what was recorded of a camera: boxes, no pictures."""
    system.zones(camera_id)  # names a camera that is not there
    settings = system.settings.recordings
    found = trials.folder.of_camera(camera_id)
    return RecordingsBody.of(found, is_on=settings.on, keep_days=settings.keep_days)


@router.post("/cameras/{camera_id}/trial", status_code=202)
def begin_trial(camera_id: str, order: TrialOrder, system: Serving, trials: Trials, person: Operator) -> TrialBody:
    """Try zones on what was recorded; nothing is saved. A trial of the same person before is given up.

    Raises:
        ZonesRefusedError: one of them cannot be used; the sentence names the zone and the key.
        NoRecordingError: nothing was recorded in that span.
        TrialsBusyError: as many run as may.
    """
    system.zones(camera_id)  # names a camera that is not there
    zones = checked_zones({"zones": list(order.zones)})
    return TrialBody.of(trials.begin(person.name, camera_id, zones, (order.from_at, order.to_at)))


@router.get("/trial")
def get_trial(trials: Trials, person: Operator) -> TrialBody:
    """Return one's own last trial: how far it is, or what came of it."""
    trial = trials.of(person.name)
    if trial is None:
        raise NotFoundError("you have tried no zones since the program was started")
    return TrialBody.of(trial)


@router.delete("/trial", status_code=204)
def cancel_trial(trials: Trials, person: Operator) -> None:
    """End one's own trial, if one runs."""
    trials.cancel(person.name)
