"""Keeps single pictures on the disk until a case needs them: the first panorama of an offence, the act of a posting.

A picture and its times are two files, each written whole, the picture first; where the second one is missing or does
not fit, there is no picture.

Belongs here: one picture and its times, as files. Does not: which picture, from when (evidence_keeper).
"""

import logging
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from pydantic import TypeAdapter

from cases.completeness import Shot, total_clock_error_s
from cases.packs import Taking, sha256_hex
from cases.stills import original_jpeg
from pipeline.machine_clock import MachineClock
from pipeline.whole_files import write_whole
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


class KeptStills:
    """The pictures of one kind, at most one per event, in a folder of their own; one thread at a time."""

    def __init__(self, folder: Path) -> None:
        """Use a folder, which is made with the first picture."""
        self._folder = folder

    def keep(self, event_id: str, still: Still) -> None:
        """Keep a picture; an older one of the event goes.

        Raises:
            OSError: it cannot be kept.
        """
        self._folder.mkdir(parents=True, exist_ok=True)
        picture, times = self._paths(event_id)
        write_whole(picture, still.data)
        write_whole(times, _TIMES.dump_json(_StillTimes.of(still)))

    def read(self, event_id: str) -> Still | None:
        """Return the picture of an event; None where there is none that can be read whole."""
        picture, times = self._paths(event_id)
        try:
            return _TIMES.validate_json(times.read_bytes()).still(picture.read_bytes())
        except FileNotFoundError:
            return None
        except (OSError, ValueError) as err:
            logger.warning("event %s: the picture kept in %s cannot be read: %s", event_id, self._folder, err)
            return None

    def forget(self, event_id: str) -> None:
        """Remove the picture of an event.

        Raises:
            OSError: it cannot be removed.
        """
        for path in self._paths(event_id):
            path.unlink(missing_ok=True)

    def keep_only(self, event_ids: Collection[str]) -> None:
        """Remove the pictures of all other events, and what a crash left of one that was being written.

        Raises:
            OSError: one cannot be removed.
        """
        for path in self._folder.glob("*.*"):
            if path.stem not in event_ids:
                path.unlink(missing_ok=True)

    def _paths(self, event_id: str) -> tuple[Path, Path]:
        return self._folder / f"{event_id}.jpg", self._folder / f"{event_id}.json"


@dataclass(frozen=True, slots=True)
class _StillTimes:
    """What is kept beside a picture; `sha256` is missing in files of older versions."""

    t_s: float
    captured_at: datetime
    clock_error_s: float
    size_wh: SizeWH
    sha256: str = ""

    @classmethod
    def of(cls, still: Still) -> "_StillTimes":
        return cls(still.t_s, still.captured_at, still.clock_error_s, still.size_wh, sha256_hex(still.data))

    def still(self, data: bytes) -> Still:
        if not data or (self.sha256 and sha256_hex(data) != self.sha256):
            raise ValueError("it is not what was written")
        return Still(data, self.t_s, self.captured_at, self.clock_error_s, self.size_wh)


_TIMES = TypeAdapter(_StillTimes)
