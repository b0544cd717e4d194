"""What a detector reports: an offence that began, that passed its limit, that ended."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from vision.arrays import SizeWH


class Phase(StrEnum):
    """Where an offence is in its life; each event has one of each at most, in this order."""

    STARTED = "started"  # its clock opened: evidence keeps a first still; nobody is told
    RAISED = "raised"  # it passed its limit: a candidate case, evidence, a warning
    ENDED = "ended"  # it is over; after STARTED alone nothing happened


@dataclass(frozen=True, slots=True)
class Reason:
    """One measurement that led to an event; the page words it by `key` in the reader's language.

    Attributes:
        key: what was measured, for example `dwell`, `limit`, `attended`, `paper`.
        value: the number.
        unit: `s`, `ratio`, `px`, `m`, or `` for a count.
    """

    key: str
    value: float
    unit: str


@dataclass(frozen=True, slots=True)
class Event:
    """What a detector reports at one moment.

    Attributes:
        event_id: the same for all phases of one offence; unique over cameras and restarts.
        kind: the detector: `parking`, `vending`, `spillover`, `flyers`.
        phase: where the offence is in its life.
        camera_id: the camera.
        zone_id: the zone that was violated.
        zone_version: the version of the zone that judged it.
        t_s: stream time of this report.
        captured_at: wall time of this report, aware UTC.
        started_t_s: stream time at which the offence began.
        started_at: wall time at which the offence began, aware UTC.
        box: (x1, y1, x2, y2) in pixels of a frame of `size_wh`.
        class_id: what it is, a value of `StreetClass`.
        score: certainty in [0, 1].
        reasons: the measurements that led to it.
        size_wh: size of the frame that was judged; evidence may have another. (0, 0) in states of older versions.
    """

    event_id: str
    kind: str
    phase: Phase
    camera_id: str
    zone_id: str
    zone_version: int
    t_s: float
    captured_at: datetime
    started_t_s: float
    started_at: datetime
    box: tuple[float, float, float, float]
    class_id: int
    score: float
    reasons: tuple[Reason, ...]
    size_wh: SizeWH = (0, 0)

    def box_in(self, size_wh: SizeWH) -> tuple[float, float, float, float]:
        """Return the box in pixels of another picture of the same view."""
        if 0 in self.size_wh:
            return self.box
        x, y = size_wh[0] / self.size_wh[0], size_wh[1] / self.size_wh[1]
        return self.box[0] * x, self.box[1] * y, self.box[2] * x, self.box[3] * y
