"""Recordings of hand-made streets, written as the service writes them."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from detectors.catalog import ZoneSettings
from detectors.events import Event
from pipeline.recorded_start import start_of
from pipeline.recordings import RecordingFolder
from pipeline.watch import CameraWatch
from tests.vision.streets import BEGAN_AT, Street, Thing, stay
from vision.observations import Observation
from vision.recording import ObservationWriter

WHOLE = ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0))
LEFT, RIGHT = ((0.0, 0.0), (0.5, 0.0), (0.5, 1.0), (0.0, 1.0)), ((0.5, 0.0), (1.0, 0.0), (1.0, 1.0), (0.5, 1.0))

TWO_STOPS = [Thing(stay(400, 500, 20, 110)), Thing(stay(900, 650, 150, 330))]
"""A car that stops for 90 s on the left, and one that stops for three minutes on the right."""


def zone(zone_id: str = "kerb", polygon: Sequence[tuple[float, float]] = WHOLE, **rule: Any) -> ZoneSettings:
    rule = {"kind": "parking", "grace_s": 0, **rule}
    if rule["kind"] != "parking":
        del rule["grace_s"]
    return ZoneSettings(id=zone_id, name=zone_id, polygon=tuple(polygon), rule=rule)


def observations(
    things: Sequence[Thing], until_s: float, camera_id: str = "gate", begins_at: datetime = BEGAN_AT
) -> list[Observation]:
    """Look at things once a second; times are as if the first look was at `begins_at`."""
    seen = Street(list(things), hz=1.0).observations(until_s)
    return [replace(o, camera_id=camera_id, captured_at=begins_at + timedelta(seconds=o.t_s)) for o in seen]


def record(
    root: Path, zones: Sequence[ZoneSettings], seen: Iterable[Observation], *, begin_at_s: Sequence[float] = ()
) -> list[Event]:
    """Watch and record; a new file begins before each of the given stream times. Returns what was reported."""
    folder, events = RecordingFolder(root), []
    begins, watch, writer = sorted(begin_at_s), None, None
    for observation in seen:
        watch = watch or CameraWatch(observation.camera_id, zones)
        if writer is None or (begins and observation.t_s >= begins[0]):
            begins = begins[1:] if writer is not None else begins
            if writer is not None:
                writer.close()
            path = folder.new_path(observation.camera_id, observation.captured_at)
            writer = ObservationWriter(path, start_of(watch))
        events += watch.replay(observation).events
        writer.write(observation)
    if writer is not None:
        writer.close()
    return events
