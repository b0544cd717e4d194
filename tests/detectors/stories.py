"""Runs observations through memory and a detector, with cuts, as the service does."""

import json
from collections.abc import Iterable, Sequence

from detectors.catalog import ZoneSettings, make_detector
from detectors.events import Event
from vision.ground_plane import GroundPlane
from vision.memory import SceneMemory
from vision.observations import Observation

WHOLE = ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0))


def zone(
    rule: dict[str, object], polygon: Sequence[tuple[float, float]] = WHOLE, zone_id: str = "kerb"
) -> ZoneSettings:
    return ZoneSettings.model_validate({"id": zone_id, "polygon": polygon, "rule": rule})


def judged(
    settings: ZoneSettings, seen: Iterable[Observation], cuts: Iterable[int] = (), ground: GroundPlane | None = None
) -> list[Event]:
    """Return all events; at each cut everything is put aside as JSON and taken up by new objects."""
    memory, detector, events, cut_at = SceneMemory("gate", ground), make_detector("gate", settings), [], set(cuts)
    for index, observation in enumerate(seen):
        if index in cut_at:
            states = json.loads(json.dumps([memory.checkpoint(), detector.checkpoint()]))
            memory, detector = SceneMemory("gate", ground), make_detector("gate", settings)
            memory.restore(states[0])
            detector.restore(states[1])
        events += detector.update(memory.update(observation))
    return events


def phases(events: Iterable[Event]) -> list[str]:
    return [event.phase.value for event in events]


def value(event: Event, key: str) -> float:
    return next(reason.value for reason in event.reasons if reason.key == key)
