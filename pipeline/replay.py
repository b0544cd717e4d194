"""Runs the watch over a recorded file as fast as it decodes; no camera, no clock, no thread."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from detectors.catalog import ZoneSettings
from detectors.events import Event
from pipeline.inference import Looker
from pipeline.watch import CameraWatch
from streams.recorded import Recorded


@dataclass(frozen=True, slots=True)
class ReplaySettings:
    """How a file is replayed.

    Attributes:
        look_hz: model looks per second of the file, at least; a rule that needs more gets more.
        camera_id: the name that events carry.
    """

    look_hz: float = 2.0
    camera_id: str = "replay"


@dataclass(frozen=True, slots=True)
class ReplayStep:
    """One look.

    Attributes:
        t_s: seconds since the first frame.
        duration_s: of the whole file, None where it does not say.
        events: what began, passed its limit or ended.
    """

    t_s: float
    duration_s: float | None
    events: tuple[Event, ...]


def replay_clip(
    clip: Path, zones: Sequence[ZoneSettings], looker: Looker, settings: ReplaySettings
) -> Iterator[ReplayStep]:
    """Yield a step per look over a recorded file.

    Raises:
        StreamError: the file is missing, no video, or damaged from the start; a truncated one is replayed
            as far as it goes.
    """
    watch = CameraWatch(settings.camera_id, zones)
    with Recorded(clip, settings.camera_id) as recorded:
        for frame in recorded:
            look_hz = max(settings.look_hz, watch.look_hz())
            if watch.model_is_due(frame.t_s, look_hz):
                looked = watch.look(frame, looker.detect([frame])[0])
                yield ReplayStep(frame.t_s, recorded.duration_s, looked.events)
