"""Keeps what all rules keep of one offence between its events, and turns it into events.

An `Offence` is plain data that goes into a checkpoint; its id is given once, when its clock opens, so that all its
events carry the same one, also after a restart.
"""

import hashlib
import re
from datetime import datetime, timedelta

from pydantic import BaseModel, ConfigDict

from detectors.events import Event, Phase, Reason
from vision.scenes import Scene
from vision.zones import Zone

Box = tuple[float, float, float, float]


class Offence(BaseModel):
    """One offence of one place, stall or flyer.

    Attributes:
        event_id: the same in all its events.
        key: what offends: the number of the place, stall or region.
        phase: the last phase that was reported.
        started_t_s: stream time at which it began.
        started_at: wall time at which it began, aware UTC.
        box: xyxy in pixels of the frame.
        class_id: a value of `StreetClass`.
        score: in [0, 1].
    """

    model_config = ConfigDict(extra="forbid")

    event_id: str
    key: int
    phase: Phase
    started_t_s: float
    started_at: datetime
    box: Box
    class_id: int
    score: float

    def event(self, kind: str, zone: Zone, scene: Scene, reasons: tuple[Reason, ...]) -> Event:
        """Return the event that reports the present phase at the scene's moment."""
        return Event(
            event_id=self.event_id,
            kind=kind,
            phase=self.phase,
            camera_id=scene.camera_id,
            zone_id=zone.zone_id,
            zone_version=zone.version,
            t_s=scene.t_s,
            captured_at=scene.captured_at,
            started_t_s=self.started_t_s,
            started_at=self.started_at,
            box=self.box,
            class_id=self.class_id,
            score=min(1.0, max(0.0, self.score)),
            reasons=reasons,
            size_wh=scene.size_wh,
        )


def wall_time_of(scene: Scene, t_s: float) -> datetime:
    """Return the wall time of a stream time at or before the scene's."""
    return scene.captured_at - timedelta(seconds=scene.t_s - t_s)


def event_id_of(names: tuple[str, str, str], started_at: datetime, key: int) -> str:
    """Return `camera-zone-kind-time-key` in characters that any file system takes.

    Names with other characters get a short hash behind them, so that two Chinese zone names stay two.
    """
    parts = [file_safe(name) for name in names]
    return "-".join([*parts, f"{started_at:%Y%m%dT%H%M%SZ}", str(key)])


def file_safe(name: str) -> str:
    """Return the name in ASCII letters, digits, `_` and `.`; a changed one ends in six digits of its hash."""
    safe = re.sub(r"[^A-Za-z0-9_.]+", "_", name)[:40]
    if safe == name:
        return safe
    return f"{safe.strip('_')}_{hashlib.blake2b(name.encode(), digest_size=3).hexdigest()}".lstrip("_")
