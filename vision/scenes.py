"""What is known of one camera's street at one moment: tracks of what moves, places of what stands, surfaces.

A `Scene` is made by `vision.memory` from observations and is all that a detector sees.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

import numpy as np

from vision.arrays import Boxes, FloatArray, Ids, Scores, SizeWH
from vision.cells import may_be_missed
from vision.gaps import Span, watched_s
from vision.ground_plane import GroundPlane
from vision.observations import Dated, SurfaceLook, ViewState


@dataclass(frozen=True, slots=True, eq=False)
class Tracks:
    """Objects followed over frames; row i of every array is the same track. Tracks are for what moves.

    Attributes:
        ids: (N,) int64, never reused within a camera.
        boxes: (N, 4) float32 xyxy, pixels, at this moment.
        scores: (N,) float32 in [0, 1].
        class_ids: (N,) int64, values of `StreetClass`.
        since_s: (N,) float32, seconds since the track was first seen.
    """

    ids: Ids
    boxes: Boxes
    scores: Scores
    class_ids: Ids
    since_s: FloatArray

    def __post_init__(self) -> None:
        n = len(self.ids)
        shapes = (self.ids.shape, self.boxes.shape, self.scores.shape, self.class_ids.shape, self.since_s.shape)
        if shapes != ((n,), (n, 4), (n,), (n,), (n,)):
            raise ValueError(f"rows differ: {shapes}")

    def __len__(self) -> int:
        return len(self.ids)


class PlaceState(StrEnum):
    """Whether the thing at a place is there."""

    STANDING = "standing"
    CREEPING = "creeping"  # a vehicle slower than 10 km/h that does not rest; only where a ground plane is known
    HIDDEN = "hidden"  # something stands before it, or the last look missed it; the clock runs on within a tolerance
    LEFT = "left"  # gone; such a place is in exactly one scene, the last that knows it


@dataclass(frozen=True, slots=True)
class Place:
    """A spot where something came to rest, kept through broken tracks, occlusion, dropped frames and restarts.

    Attributes:
        place_id: never reused within a camera.
        box: (x1, y1, x2, y2) in pixels, median over recent looks.
        class_id: the class most looks voted for.
        score: mean score of recent looks, in [0, 1].
        since_t_s: stream time at which it came to rest; later than before where it has crept on since.
        seen_t_s: stream time at which it was last detected or proven.
        dwell_s: seconds at rest that were watched; gaps do not count.
        state: standing, hidden or left.
    """

    place_id: int
    box: tuple[float, float, float, float]
    class_id: int
    score: float
    since_t_s: float
    seen_t_s: float
    dwell_s: float
    state: PlaceState


@dataclass(frozen=True, slots=True, eq=False)
class Scene:
    """One camera's street at one moment, as far as it is known; times as in `Observation`.

    `unwatched` are the spans of the last minutes in which nobody watched, this observation's `gap_s` among them.
    `ground` is the plane of the view's ground, where it was measured.
    """

    camera_id: str
    t_s: float
    captured_at: datetime
    size_wh: SizeWH
    gap_s: float
    view: ViewState
    looked: bool
    tracks: Tracks
    places: tuple[Place, ...]
    surfaces: tuple[SurfaceLook, ...]
    dated: tuple[Dated, ...] = ()
    unclear: tuple[int, ...] = ()
    unwatched: tuple[Span, ...] = ()
    ground: GroundPlane | None = None

    def watched_s(self, from_t_s: float, to_t_s: float) -> float:
        """Return the seconds of a span of the last minutes that were watched; negative where it runs back."""
        return watched_s(self.unwatched, from_t_s, to_t_s)

    def is_unclear(self, box: tuple[float, float, float, float]) -> bool:
        """Return whether a thing is too small, where it stands, for this look to have seen it."""
        if not self.unclear:
            return False
        return bool(may_be_missed(np.array([box], np.float32), self.unclear, self.size_wh)[0])
