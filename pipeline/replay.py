"""Runs the watch over a recorded file as fast as it decodes; no camera, no clock, no thread."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from detectors.catalog import ZoneSettings
from detectors.events import Event
from pipeline.inference import Looker
from pipeline.watch import CameraWatch
from streams.recorded import Recorded


@dataclass(frozen=True, slots=True)
class ReplayStep:
    """One look: its time in seconds since the first frame, and what began, passed its limit or ended."""

    t_s: float
    events: tuple[Event, ...]


def replay(
    recorded: Recorded, zones: Sequence[ZoneSettings], looker: Looker, *, look_hz: float = 2.0
) -> Iterator[ReplayStep]:
    """Yield a step per look over a recorded file.

    Args:
        recorded: the file.
        zones: with their rules.
        looker: finds things in frames.
        look_hz: looks per second of the file, at least; a rule that needs more gets more.

    Raises:
        StreamError: not one frame can be decoded; a truncated file is replayed as far as it goes.
    """
    watch = CameraWatch(recorded.camera_id, zones)
    for frame in recorded:
        if watch.is_due(frame.t_s, max(look_hz, watch.pace().look_hz)):
            looked = watch.look(frame, looker.detect([frame])[0])
            yield ReplayStep(frame.t_s, looked.events)
