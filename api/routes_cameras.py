"""Cameras: the list, adding and removing, stills, and their zones."""

from typing import Annotated

from fastapi import APIRouter, Query, Response
from pydantic import JsonValue, ValidationError

from api.auth import Admin, Operator, Serving, Viewer
from api.bodies import CameraBody, CamerasBody, SeenViewBody
from api.errors import ApiError
from api.mistakes import facts_of_zones
from detectors.catalog import RULES, ZoneSettings, ZonesFile, explain
from pipeline.camera_settings import CameraEntry
from pipeline.system import System
from streams.errors import UnknownCameraError

router = APIRouter(prefix="/api", tags=["cameras"])


class ZonesRefusedError(ApiError):
    """Zones that cannot be used; the message names the zone and the key."""

    status = 422
    code = "zones_refused"

    def __init__(self, message: str, facts: dict[str, str | float]) -> None:
        vars(self).update(facts)
        super().__init__(message)


@router.get("/cameras")
def list_cameras(system: Serving, person: Viewer) -> CamerasBody:
    """Return all cameras with their state and zones."""
    return CamerasBody.of(system.cameras())


@router.post("/cameras", status_code=201)
def add_camera(entry: CameraEntry, system: Serving, person: Admin) -> CameraBody:
    """Add a camera; it is watched at once and kept over restarts."""
    system.add_camera(entry)
    return _camera(system, entry.id)


@router.get("/cameras/{camera_id}")
def get_camera(camera_id: str, system: Serving, person: Viewer) -> CameraBody:
    """Return one camera."""
    return _camera(system, camera_id)


@router.delete("/cameras/{camera_id}", status_code=204)
def remove_camera(camera_id: str, system: Serving, person: Admin) -> None:
    """Stop watching a camera for good; its cases stay."""
    system.remove_camera(camera_id)


@router.get("/cameras/{camera_id}/still.jpg", response_class=Response, responses={200: {"content": {"image/jpeg": {}}}})
def still(
    camera_id: str, system: Serving, person: Viewer, width: Annotated[int, Query(ge=64, le=3840)] = 1280
) -> Response:
    """Return the newest picture, at most `width` pixels wide."""
    return Response(system.still_jpeg(camera_id, width), media_type="image/jpeg")


@router.get("/cameras/{camera_id}/zones")
def get_zones(camera_id: str, system: Serving, person: Viewer) -> ZonesFile:
    """Return a camera's zones, in the format of `zones.json`."""
    return ZonesFile(zones=system.zones(camera_id))


@router.put("/cameras/{camera_id}/zones")
def put_zones(camera_id: str, body: dict[str, JsonValue], system: Serving, person: Operator) -> ZonesFile:
    """Put zones in force in place of those there were; the version of each that changed counts up.

    The body is a `ZonesFile`; it is checked here, so that the answer names the zone by its id.

    Raises:
        ZonesRefusedError: one of them cannot be used; the sentence names the zone and the key.
    """
    return ZonesFile(zones=system.save_zones(camera_id, checked_zones(body)))


@router.put("/cameras/{camera_id}/view", status_code=204)
def put_view(camera_id: str, body: SeenViewBody, system: Serving, person: Operator) -> None:
    """Say which of its views a camera shows now; it is recognised by that from now on."""
    system.views.tell(camera_id, body.view, actor=person.name)


@router.get("/rules")
def rules(person: Viewer) -> dict[str, JsonValue]:
    """Return the settings of each kind of rule as JSON schema: limits, defaults, descriptions."""
    return {kind: rule.model_json_schema() for kind, rule in RULES.items()}


def checked_zones(body: object) -> tuple[ZoneSettings, ...]:
    """Return the zones of a `ZonesFile` that came as JSON.

    Raises:
        ZonesRefusedError: one of them cannot be used; the sentence names the zone and the key.
    """
    try:
        return ZonesFile.model_validate(body).zones
    except ValidationError as err:
        raise ZonesRefusedError(explain(err, body), facts_of_zones(err, body)) from None


def _camera(system: System, camera_id: str) -> CameraBody:
    for view in system.cameras():
        if view.camera_id == camera_id:
            return CameraBody.of(view)
    raise UnknownCameraError(camera_id)
