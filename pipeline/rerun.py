"""Runs rules through recordings: those that were in force, and beside them others that are only tried.

What is known of the street does not depend on zones, so both see the same scenes. At the start of each recording the
memory is what it was then; a rule whose zone judges as it did then is taken up as it was, any other one goes on from
the recording before, or begins anew. Rules that were in force give the events of the live run bit for bit.

Belongs here: the order of things over several recordings. Does not: what is told of them (trial), reading (vision).
"""

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from detectors.catalog import ZoneSettings, make_detector
from detectors.events import Event
from detectors.flyers import FlyerRule
from detectors.rules import Detector
from pipeline.recorded_start import RecordedStart, parsed_start
from vision.errors import RecordingError, TruncatedRecordingError
from vision.memory import SceneMemory
from vision.observations import Observation
from vision.recording import read_observations, read_start
from vision.scenes import Scene

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class RerunStep:
    """What one observation brought.

    Attributes:
        t_s: its stream time.
        captured_at: its wall time.
        tried: events of the zones that are tried.
        real: events of the zones that were in force, as they were reported then.
    """

    t_s: float
    captured_at: datetime
    tried: tuple[Event, ...]
    real: tuple[Event, ...]


class Rerun:
    """Runs recordings of one camera, the oldest first.

    Args:
        zones: to be tried; None where only those that were in force are run.
    """

    def __init__(self, zones: Sequence[ZoneSettings] | None = None) -> None:
        self._zones = zones
        self._memory: SceneMemory | None = None
        self._tried: _Rules | None = None
        self._real: _Rules | None = None
        self.start: RecordedStart | None = None
        self.is_cut = False

    def run(self, path: Path) -> Iterator[RerunStep]:
        """Yield a step for each observation of a recording; one that was cut off is run as far as it is whole.

        Attributes `start` (None where nothing was known) and, at the end, `is_cut` tell of this recording.

        Raises:
            RecordingError: it cannot be read, is damaged, or is of another camera than the one before.
        """
        self.is_cut = False
        try:
            self.start = parsed_start(str(path), read_start(path))
            begun = False
            for observation in read_observations(path):
                if not begun:
                    self._begin(observation.camera_id, path)
                    begun = True
                yield self._take(observation, path)
        except TruncatedRecordingError:
            self.is_cut = True

    @property
    def standing(self) -> tuple[Event, ...]:
        """The events that had not ended when this recording began."""
        return () if self.start is None else self.start.known.offences

    def is_taken_up(self, zone: ZoneSettings) -> bool:
        """Tell whether a zone's rule was taken up as it was at the start of this recording."""
        return self.start is not None and judges_as_then(zone, self.start)

    def _begin(self, camera_id: str, path: Path) -> None:
        start = self.start
        memory = SceneMemory(camera_id, None if start is None else start.plane)
        if start is not None:
            try:
                memory.restore(start.known.memory)
            except ValueError as err:
                raise RecordingError(
                    f"recording {path} begins in a state that this program cannot take up ({_first_line(err)}); "
                    "it was made by another version"
                ) from None
        is_new = self._memory is None or memory.next_place_id < self._memory.next_place_id
        self._memory = memory
        if self._tried is None or is_new:
            self._tried = _Rules(camera_id, self._zones or ())
        self._real = _Rules(camera_id, () if start is None else start.zones)
        if start is not None:
            self._tried.take_up(start, path)
            self._real.take_up(start, path)

    def _take(self, observation: Observation, path: Path) -> RerunStep:
        assert self._memory is not None and self._tried is not None and self._real is not None  # noqa: S101, PT018
        try:
            scene = self._memory.update(observation)
        except ValueError as err:
            raise RecordingError(f"recording {path} is damaged: {err}") from None
        return RerunStep(observation.t_s, observation.captured_at, self._tried.update(scene), self._real.update(scene))


class _Rules:
    """Detectors of some zones, and which of them may believe the visits to surfaces."""

    def __init__(self, camera_id: str, zones: Sequence[ZoneSettings]) -> None:
        self._zones = zones
        self._detectors: list[tuple[ZoneSettings, Detector]] = [(z, make_detector(camera_id, z)) for z in zones]
        self._unvisited: frozenset[str] = frozenset()

    def take_up(self, start: RecordedStart, path: Path) -> None:
        self._unvisited = frozenset(z.id for z in self._zones if not is_visited(z, start))
        for zone, detector in self._detectors:
            kept = start.known.detectors.get(zone.id)
            if kept is None or not judges_as_then(zone, start):
                continue
            try:
                detector.restore(kept.state)
            except ValueError:
                raise RecordingError(
                    f"recording {path} begins with a state of zone {zone.id!r} that this program cannot take up; "
                    "it was made by another version"
                ) from None

    def update(self, scene: Scene) -> tuple[Event, ...]:
        blind = replace(scene, surfaces=()) if self._unvisited and scene.surfaces else scene
        return tuple(
            event
            for zone, detector in self._detectors
            for event in detector.update(blind if zone.id in self._unvisited else scene)
        )


def judges_as_then(zone: ZoneSettings, start: RecordedStart) -> bool:
    """Tell whether a zone with the same corners and rule was in force in a recording."""
    return any(_is_alike(zone, known) for known in start.zones)


def is_visited(zone: ZoneSettings, start: RecordedStart) -> bool:
    """Tell whether a recording holds what a zone's rule needs of surfaces: visits to just this one, if any."""
    if not isinstance(zone.rule, FlyerRule):
        return True
    drawn = [known for known in start.zones if known.id == zone.id and isinstance(known.rule, FlyerRule)]
    return any(known.polygon == zone.polygon for known in drawn)


def _is_alike(zone: ZoneSettings, other: ZoneSettings) -> bool:
    return (zone.id, zone.polygon, zone.rule) == (other.id, other.polygon, other.rule)


def _first_line(err: ValueError) -> str:
    return str(err).splitlines()[0] if str(err) else type(err).__name__
