"""Untouched panoramas with their times, and the folder in which those wait that may become evidence.

Belongs here: one picture and its times, as files. Does not: which picture, from when (evidence_keeper).
"""

import logging
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from pydantic import TypeAdapter

from cases.completeness import Shot, total_clock_error_s
from cases.packs import Taking
from cases.stills import original_jpeg
from pipeline.machine_clock import MachineClock
from vision.arrays import SizeWH
from vision.frames import Frame

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Still:
    """One untouched panorama with its times, as JPEG; the rest as in `Frame`."""

    data: bytes
    t_s: float
    captured_at: datetime
    clock_error_s: float
    size_wh: SizeWH

    @property
    def taken(self) -> Taking:
        """When it was taken, for its manifest."""
        return Taking(self.captured_at, self.clock_error_s)

    def shot(self, clock: MachineClock, camera_wh: SizeWH) -> Shot:
        """Return what completeness asks of it.

        Args:
            clock: how good this machine's clock is.
            camera_wh: size of what the camera sends now.
        """
        error_s = total_clock_error_s(self.clock_error_s, clock.error_s)
        return Shot(self.captured_at, error_s, self.size_wh, camera_wh)


@dataclass(frozen=True, slots=True)
class Moment:
    """When a panorama was taken: stream time in seconds and wall time, aware UTC."""

    t_s: float
    at: datetime


def still_of(frame: Frame) -> Still:
    """Return a frame as a still."""
    return Still(original_jpeg(frame), frame.t_s, frame.captured_at, frame.clock_error_s, frame.size_wh)


def still_paths(folder: Path, event_id: str) -> tuple[Path, Path]:
    """Return where a picture of an event and its times wait."""
    return folder / f"{event_id}.jpg", folder / f"{event_id}.json"


def keep_still(folder: Path, event_id: str, still: Still) -> None:
    """Keep a picture of an event in a folder.

    Raises:
        OSError: it cannot be kept.
    """
    picture, times = still_paths(folder, event_id)
    picture.write_bytes(still.data)
    times.write_bytes(_STILL_TIMES.dump_json(_StillTimes.of(still)))


def kept_still(folder: Path, event_id: str) -> Still | None:
    """Return the picture of an event that waits in a folder, or None where there is none that can be read."""
    picture, times = still_paths(folder, event_id)
    try:
        return _STILL_TIMES.validate_json(times.read_bytes()).still(picture.read_bytes())
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as err:
        logger.warning("event %s: its picture in %s cannot be read: %s", event_id, folder, err)
        return None


@dataclass(frozen=True, slots=True)
class _StillTimes:
    """What is kept beside the picture of a first still."""

    t_s: float
    captured_at: datetime
    clock_error_s: float
    size_wh: SizeWH

    @classmethod
    def of(cls, still: Still) -> "_StillTimes":
        return cls(still.t_s, still.captured_at, still.clock_error_s, still.size_wh)

    def still(self, data: bytes) -> Still:
        return Still(data, self.t_s, self.captured_at, self.clock_error_s, self.size_wh)


_STILL_TIMES = TypeAdapter(_StillTimes)
