"""What was seen of one camera at one moment, without its pixels; the border between eyes and rules.

Everything a rule may know passes through an `Observation`. Recordings are files of them, so that any minute of any
camera can be replayed without camera, model or clock and gives the same events.
"""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

import numpy as np

from vision.arrays import Ids, Scores, SizeWH
from vision.detections import Detections


class ViewState(StrEnum):
    """Whether the picture can be judged at all; rules abstain on anything but `OK`."""

    OK = "ok"
    UNSURE = "unsure"  # something may be wrong; it has not lasted long enough to be said
    DARK = "dark"
    BLOCKED = "blocked"
    FROZEN = "frozen"
    MOVED = "moved"
    DEFOCUSED = "defocused"


@dataclass(frozen=True, slots=True, eq=False)
class Proofs:
    """Cheap pixel comparisons of known places with what stood there before; row i is one place.

    Attributes:
        place_ids: (P,) int64.
        similarities: (P,) float32 in [0, 1]; 1 is the same pixels, low values mean gone or hidden.
    """

    place_ids: Ids
    similarities: Scores

    def __post_init__(self) -> None:
        if self.place_ids.shape != self.similarities.shape or self.place_ids.ndim != 1:
            raise ValueError(f"rows differ: {self.place_ids.shape=} {self.similarities.shape=}")

    @classmethod
    def none(cls) -> "Proofs":
        """Return proofs of no place."""
        return cls(np.zeros(0, np.int64), np.zeros(0, np.float32))


@dataclass(frozen=True, slots=True)
class SurfaceChange:
    """One region of a watched surface that differs from its reference.

    Attributes:
        box: (x1, y1, x2, y2) on the rectified surface, fractions in [0, 1].
        frame_box: the same region's bounding box in the frame, pixels.
        contrast: mean absolute difference from the reference, in [0, 1].
        rectangularity_ratio: share of its bounding box that the region fills, in [0, 1]; paper is near 1.
        edge_ratio: share of strong edges inside, in [0, 1]; print has some, a shadow has none.
    """

    box: tuple[float, float, float, float]
    frame_box: tuple[float, float, float, float]
    contrast: float
    rectangularity_ratio: float
    edge_ratio: float


@dataclass(frozen=True, slots=True)
class SurfaceLook:
    """One visit to one watched surface.

    Attributes:
        zone_id: the surface's zone.
        visible_ratio: share of the surface that nobody stood before, in [0, 1].
        changes: what differs from the reference where it was visible.
        hidden: boxes on the rectified surface, fractions, that somebody covered at this moment.
    """

    zone_id: str
    visible_ratio: float
    changes: tuple[SurfaceChange, ...]
    hidden: tuple[tuple[float, float, float, float], ...]


@dataclass(frozen=True, slots=True)
class Dated:
    """Since when something has been as it is, found by looking back at pictures of before.

    Attributes:
        subject: the id of a place, or of an event.
        t_s: stream time at which it came to rest or appeared; None where the pictures do not tell.
    """

    subject: int | str
    t_s: float | None


@dataclass(frozen=True, slots=True, eq=False)
class Observation:
    """What was seen of one camera at one moment.

    Attributes:
        camera_id: the camera.
        t_s: stream time in seconds.
        captured_at: wall time, aware UTC.
        size_wh: size in pixels of the frame that the boxes refer to.
        gap_s: seconds before this observation in which nobody watched (camera or program away); clocks freeze for it.
        view: whether the picture can be judged.
        looked: True where a model looked at this moment; False where only proofs were taken.
        detections: what the model and the long-term background (class UNKNOWN) found.
        proofs: comparisons of known places.
        surfaces: visits to watched surfaces at this moment; empty where none was due.
        dated: what was found since the last observation by looking back.
        unclear: cells (`vision.cells`) in which things are too small for this look of the model; what it did not find
            there may be there all the same, so nothing there was missed.
    """

    camera_id: str
    t_s: float
    captured_at: datetime
    size_wh: SizeWH
    gap_s: float = 0.0
    view: ViewState = ViewState.OK
    looked: bool = True
    detections: Detections = field(default_factory=Detections.empty)
    proofs: Proofs = field(default_factory=Proofs.none)
    surfaces: tuple[SurfaceLook, ...] = ()
    dated: tuple[Dated, ...] = ()
    unclear: tuple[int, ...] = ()
