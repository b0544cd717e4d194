"""What a recording holds of the moment before its first observation, so that its events replay bit for bit.

A recording of the service begins in the middle of things: cars stand, clocks run. Its header holds what the watch knew
then beside pixels, and the zones that were in force. They hold for the whole file: new zones begin a new one.
"""

import numpy as np
from pydantic import BaseModel, ConfigDict, JsonValue, ValidationError

from detectors.catalog import ZoneSettings
from detectors.events import Event
from pipeline.watch import CameraWatch
from vision.errors import RecordingError
from vision.ground_plane import GroundPlane

Row = tuple[float, float, float]


class DetectorStart(BaseModel):
    """State of a zone's rule, and the version of the zone that it belongs to."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    version: int
    state: JsonValue


class KnownStart(BaseModel):
    """What `CameraWatch.known` returns."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    memory: JsonValue
    detectors: dict[str, DetectorStart]
    offences: tuple[Event, ...]


class RecordedStart(BaseModel):
    """The start of one recording.

    Attributes:
        camera_id: the camera.
        zones: that were in force.
        ground: matrix of the plane of the ground (`vision.ground_plane`); None where none was known.
        known: what the watch knew.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    camera_id: str
    zones: tuple[ZoneSettings, ...]
    ground: tuple[Row, Row, Row] | None
    known: KnownStart

    @property
    def plane(self) -> GroundPlane | None:
        """The plane of the ground, where one was known."""
        return None if self.ground is None else GroundPlane(np.array(self.ground, np.float64))


def start_of(watch: CameraWatch) -> JsonValue:
    """Return the start of a recording whose first observation is the watch's next one."""
    ground: JsonValue = None if watch.ground is None else watch.ground.matrix.tolist()
    zones: JsonValue = [zone.model_dump(mode="json") for zone in watch.zones]
    return {"camera_id": watch.camera_id, "zones": zones, "ground": ground, "known": watch.known()}


def parsed_start(path_shown: str, start: JsonValue) -> RecordedStart | None:
    """Return the start of a recording; None where it began with nothing known.

    Raises:
        RecordingError: it is none of ours.
    """
    if start is None:
        return None
    try:
        return RecordedStart.model_validate(start)
    except ValidationError as err:
        place = ".".join(map(str, err.errors(include_url=False, include_input=False)[0]["loc"]))
        raise RecordingError(f"the start of recording {path_shown} cannot be used, at {place or 'its top'}") from None
