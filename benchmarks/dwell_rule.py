"""The rule that a peer's users write: a track whose foot point stays in a zone for longer than the limit.

As supervision's `PolygonZone` with a wall-clock timer per track (its example "time in zone"), with one kindness that
tutorials add: the timer runs only while the track rests, so that driving in is not counted as standing. It begins anew
where the tracker gives the thing another number. Paper on walls it cannot see.

Belongs here: zones and timers of peers, and a tracker by overlap for the side that brings none. Light enough for a
peer's environment.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from benchmarks.capacity_sides import STALL_NAMES, VEHICLE_NAMES, Box, ZoneTask

REST_RATIO = 0.3
"""A track rests while its foot point stays within this share of its box's height: less loses it when something passes
before it, more dates its rest too early."""

LOST_S = 1.0
"""A track unseen for longer is over: 25 to 30 pictures, the default of ByteTrack."""

SAME_IOU = 0.3
"""Boxes of two looks that overlap more are the same thing."""


@dataclass(frozen=True, slots=True)
class Tracked:
    """One thing in one look: the tracker's number, the class's name, its box in pixels."""

    track_id: int
    name: str
    box: Box


@dataclass(slots=True)
class _Rest:
    foot: tuple[float, float]
    since_s: float
    seen_s: float
    is_reported: bool = False


class DwellRule:
    """Zones and timers of one camera."""

    def __init__(self, zones: Sequence[ZoneTask]) -> None:
        self._zones = tuple(zone for zone in zones if zone.kind in NAMES_OF)
        self._rests: dict[tuple[str, int], _Rest] = {}

    def update(
        self, tracked: Sequence[Tracked], size_wh: tuple[int, int], now_s: float
    ) -> list[tuple[str, float, Box]]:
        """Take in one look and return kind, beginning and box in pixels of what now passed its limit.

        Args:
            tracked: what the tracker has in this look.
            size_wh: of the picture.
            now_s: the wall clock, as the peers' users read it.
        """
        self._rests = {key: rest for key, rest in self._rests.items() if now_s - rest.seen_s <= LOST_S}
        passed = []
        for zone in self._zones:
            corners = (np.array(zone.polygon) * size_wh).astype(np.float32).reshape(-1, 1, 2)
            for thing in tracked:
                if thing.name in NAMES_OF[zone.kind]:
                    rest = self._rest(zone, thing, corners, now_s)
                    if rest and not rest.is_reported and now_s - rest.since_s >= zone.limit_s:
                        rest.is_reported = True
                        passed.append((zone.kind, rest.since_s, thing.box))
        return passed

    def _rest(self, zone: ZoneTask, thing: Tracked, corners: npt.NDArray[np.float32], now_s: float) -> _Rest | None:
        x1, _y1, x2, y2 = thing.box
        foot, key = ((x1 + x2) / 2, y2), (zone.kind, thing.track_id)
        if cv2.pointPolygonTest(corners, foot, False) < 0:
            self._rests.pop(key, None)
            return None
        rest = self._rests.get(key)
        reach_px = REST_RATIO * (y2 - thing.box[1])
        if rest is None or np.hypot(foot[0] - rest.foot[0], foot[1] - rest.foot[1]) > reach_px:
            self._rests[key] = rest = _Rest(foot, now_s, now_s)
        rest.seen_s = now_s
        return rest


class OverlapTracker:
    """Gives things the number of the thing that overlapped most in the look before; one camera."""

    def __init__(self) -> None:
        self._known: dict[int, tuple[str, Box, float]] = {}
        self._next_id = 1

    def update(self, things: Sequence[tuple[str, Box]], now_s: float) -> list[Tracked]:
        """Take in one look: names and boxes."""
        free = {
            track_id: (name, box) for track_id, (name, box, seen_s) in self._known.items() if now_s - seen_s <= LOST_S
        }
        pairs = sorted(
            (
                (overlap, row, track_id)
                for row, (name, box) in enumerate(things)
                for track_id, (known_name, known_box) in free.items()
                if _kind(name) == _kind(known_name) and (overlap := iou(box, known_box)) > SAME_IOU
            ),
            reverse=True,
        )
        ids: dict[int, int] = {}
        for _overlap, row, track_id in pairs:
            if row not in ids and track_id in free:
                ids[row] = track_id
                del free[track_id]
        tracked = []
        for row, (name, box) in enumerate(things):
            track_id = ids.get(row, self._next_id)
            self._next_id += row not in ids
            self._known[track_id] = name, box, now_s
            tracked.append(Tracked(track_id, name, box))
        self._known = {key: known for key, known in self._known.items() if now_s - known[2] <= LOST_S}
        return tracked


def iou(box_a: Box, box_b: Box) -> float:
    """Return the intersection over union of two boxes; 0 where it is empty."""
    width = min(box_a[2], box_b[2]) - max(box_a[0], box_b[0])
    height = min(box_a[3], box_b[3]) - max(box_a[1], box_b[1])
    if width <= 0 or height <= 0:
        return 0.0
    areas = ((box[2] - box[0]) * (box[3] - box[1]) for box in (box_a, box_b))
    return width * height / (sum(areas) - width * height)


NAMES_OF = {"parking": VEHICLE_NAMES, "vending": STALL_NAMES}
"""Which classes a zone's rule looks at."""


def _kind(name: str) -> str:
    """A car that is taken for a truck in the next look is still the same thing."""
    return next((kind for kind, names in NAMES_OF.items() if name in names), name)
