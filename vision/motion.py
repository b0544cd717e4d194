"""Tells what is in motion, what creeps along and what may be at rest: in the picture, or better on the ground.

In the picture speed is counted in sizes of the thing. That serves near things; a far one that drives towards the camera
or away from it hardly moves in the picture, as a row of pixels there covers metres of ground. Where the plane of the
ground is known (`GroundPlane`), vehicles are judged by it in metres a second: what is slower than `CREEP_M_S` creeps,
over as long a time as it takes to see that much in pixels.

Belongs here: the speed of a track. Does not: since when it has been at rest (tracker), what becomes of it (memory).
"""

from collections.abc import Sequence, Set

import numpy as np
import numpy.typing as npt

from vision.arrays import Mask, SizeWH
from vision.boxes import areas, feet
from vision.classes import VEHICLES
from vision.ground_plane import GroundPlane, Metres
from vision.places import REPLACED_AREA_RATIO, size_of
from vision.tracker import STILL_PX, STILL_SHIFT, Box, Sample, Track

MOVING_SPEED = 0.25
"""Sizes per second from which a thing is in motion; jitter of boxes stays below over the half second measured."""

CREEP_M_S = 2.5
"""Metres a second (9 km/h) from which a vehicle drives: below, it creeps in a queue, looks for a place or stops."""

DRIVE_M_S = 4.2
"""Metres a second (15 km/h) from which what crept or stood has driven off; between the two it may still stop again."""

CREEP_S = 5.5
"""A vehicle that was slower for so long is creeping: one that turns or lets somebody pass is slow for less."""

JITTER_PX = 2.0
"""Pixels that the lower edge of a far box wanders while its vehicle stands: speed is told over a time in which
`CREEP_M_S` would have moved it as far."""

SHORTEST_S, LONGEST_S = 1.0, 3.0
"""Bounds of that time."""

LEAST_SAMPLES = 4
"""Two before and two after tell a speed that one outlier does not make."""

LEAST_SPAN = 0.6
"""Share of the time that the boxes of a track must span to tell a speed."""

FOLLOWED_RATIO = 0.9
"""And to say that a vehicle was slow all that time."""

FOLLOWED_AREA_RATIO = 3.0
"""A box larger by this factor is drawn around something else."""

UNSEEN_S = 12.0
"""Unseen for longer, a vehicle that crept may be anywhere: what is found then is another one."""

LINE_RATIO = 0.8
"""Share of a creeping vehicle's boxes that lie where even motion puts them, to within the jitter of boxes."""

Column = npt.NDArray[np.float64]
"""(N,) float64."""


class Motion:
    """Judges the motion of one camera's tracks; it keeps nothing of them.

    Args:
        ground: of the camera's view, where it is known.
    """

    def __init__(self, ground: GroundPlane | None = None) -> None:
        self._ground = ground

    @property
    def knows_ground(self) -> bool:
        """Whether vehicles are judged in metres."""
        return self._ground is not None

    @property
    def follow_ratio(self) -> float:
        """How many times larger or smaller the box of a place's own track may become from look to look.

        On known ground it is followed by its feet, and what stands before or behind it may be drawn into its box.
        """
        return FOLLOWED_AREA_RATIO if self.knows_ground else REPLACED_AREA_RATIO

    def moving(self, tracks: Sequence[Track], placed: Set[int], clock_s: float, size_wh: SizeWH) -> Mask:
        """Return which tracks are in motion, row by row.

        Args:
            tracks: of one look.
            placed: ids of those that the things of places had: they are in motion only once they surely drive.
            clock_s: watched time of the look.
            size_wh: of the frame.
        """
        px_m = self._px_m(tracks, size_wh)
        return np.array(
            [
                self._is_moving(track, track.track_id in placed, each_m, clock_s, size_wh)
                for track, each_m in zip(tracks, px_m, strict=True)
            ],
            bool,
        )

    def is_slow(self, track: Track, clock_s: float, size_wh: SizeWH) -> bool | None:
        """Return whether a vehicle has been no faster than creeping for `CREEP_S`, at rest or not.

        It has not where boxes jump to and fro: then several vehicles passed one after the other. None where the ground
        does not tell: it is not known, or what was followed is no vehicle.
        """
        (px_m,) = self._px_m([track], size_wh)
        if px_m is None:
            return None
        began_clock_s = max(track.samples[0].clock_s, track.placed_clock_s or 0.0)  # until then a place stood for it
        if clock_s - began_clock_s < FOLLOWED_RATIO * CREEP_S:
            return False
        over_s = _window_s(px_m)
        speeds = [self.speed_m_s(track, clock_s, each_s, size_wh) for each_s in (over_s, CREEP_S)]
        is_slow = all(speed is not None and speed <= CREEP_M_S for speed in speeds)
        return is_slow and _keeps_to_line(_since(track, clock_s - over_s))

    def may_have_crept(self, box: Box, to: Box, absence_s: float, size_wh: SizeWH) -> bool:
        """Return whether a vehicle that nobody saw for a while may have crept from one box to another.

        False where the ground does not tell, and after more than `UNSEEN_S`.
        """
        if self._ground is None or absence_s > UNSEEN_S:
            return False
        ends = np.array([box, to], np.float32)
        way = np.diff(self._ground.feet_m(ends, size_wh), axis=0)[0]
        jitter_m = JITTER_PX * float(self._ground.px_m(ends, size_wh)[1])
        return bool(np.hypot(*way) <= CREEP_M_S * absence_s + jitter_m)

    def speed_m_s(self, track: Track, clock_s: float, over_s: float, size_wh: SizeWH) -> float | None:
        """Return a vehicle's speed on the ground over some seconds; None where it cannot be told.

        It is that between the middles of the older and of the newer half of its feet, which outliers do not move.
        """
        if self._ground is None or track.class_id not in VEHICLES:
            return None
        samples = _since(track, clock_s - over_s)
        if len(samples) < LEAST_SAMPLES or samples[-1].clock_s - samples[0].clock_s < LEAST_SPAN * over_s:
            return None
        where = self._ground.feet_m(np.array([sample.box for sample in samples], np.float32), size_wh)
        if not np.isfinite(where).all():
            return None
        _, velocity = _line(np.array([sample.clock_s for sample in samples]), where)
        return float(np.hypot(*velocity))

    def _is_moving(self, track: Track, is_placed: bool, px_m: float | None, clock_s: float, size_wh: SizeWH) -> bool:
        speed = None if px_m is None else self.speed_m_s(track, clock_s, _window_s(px_m), size_wh)
        if px_m is None or speed is None:
            return all(image_speed(track, clock_s, over_s) > MOVING_SPEED for over_s in (0.4, 1.0))
        if not is_placed:
            return speed > CREEP_M_S
        # A box that jumps, as one drawn around two vehicles does, has not driven there.
        return speed > DRIVE_M_S and _keeps_to_line(_since(track, clock_s - _window_s(px_m)))

    def _px_m(self, tracks: Sequence[Track], size_wh: SizeWH) -> list[float | None]:
        """Return the metres that a row of pixels covers where each vehicle stands; None for what is not judged so."""
        if self._ground is None or not tracks:
            return [None] * len(tracks)
        px_m = self._ground.px_m(np.array([track.box for track in tracks], np.float32), size_wh).tolist()
        return [
            each_m if np.isfinite(each_m) and track.class_id in VEHICLES else None
            for track, each_m in zip(tracks, px_m, strict=True)
        ]


def image_speed(track: Track, clock_s: float, over_s: float) -> float:
    """Return a track's speed in sizes per second over some seconds, or as long as it is known."""
    longest_s = clock_s - track.samples[0].clock_s
    return max(map(abs, track.velocity(clock_s, min(over_s, longest_s)))) / size_of(track.box) if longest_s > 0 else 0.0


def _window_s(px_m: float) -> float:
    """Return the shortest time that tells creeping from driving where a row of pixels covers `px_m` metres."""
    return min(max(SHORTEST_S, JITTER_PX * px_m / CREEP_M_S), LONGEST_S)


def _since(track: Track, clock_s: float) -> list[Sample]:
    """Return a track's samples since a moment, or its newest `LEAST_SAMPLES` where looks are rare."""
    newest = len(track.samples) - LEAST_SAMPLES
    return [sample for i, sample in enumerate(track.samples) if i >= newest or sample.clock_s >= clock_s - 1e-6]


def _line(clocks: Column, points: Metres) -> tuple[Metres, Metres]:
    """Return position at each moment and velocity of what moves evenly, by the middles of both halves of its points.

    Outliers do not move them.
    """
    half = len(points) // 2
    before, after = np.sort(points[:half], axis=0)[half // 2], np.sort(points[-half:], axis=0)[half // 2]
    clock_s, span_s = clocks[:half].mean(), clocks[-half:].mean() - clocks[:half].mean()
    velocity = (after - before) / span_s
    return before + (clocks - clock_s)[:, None] * velocity, velocity


def _keeps_to_line(samples: Sequence[Sample]) -> bool:
    boxes = np.array([sample.box for sample in samples], np.float32)
    places = feet(boxes).astype(np.float64)
    along, _ = _line(np.array([sample.clock_s for sample in samples]), places)
    away_px = np.abs(places - along).max(axis=1)
    tolerance_px = max(STILL_SHIFT * float(np.sqrt(np.median(areas(boxes)))), STILL_PX)
    return float((away_px <= tolerance_px).mean()) >= LINE_RATIO
