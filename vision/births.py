"""Decides which tracks have come to rest for long enough to make a place, and which thing a place knows already.

A place is born when a thing has been at rest for `BIRTH_S` and at least `BIRTH_LOOKS` looks; where the ground is known,
also when a vehicle has crept along for a while (`Motion`).

Belongs here: one track at one look. Does not: the places that are there (memory), what becomes of them (places).
"""

from collections.abc import Sequence
from dataclasses import dataclass

from vision.arrays import SizeWH
from vision.boxes import iou_matrix, same_feet
from vision.classes import StreetClass
from vision.detections import Detections
from vision.matching import MIN_SPOT_IOU, related
from vision.motion import Motion
from vision.places import BOXES, CREPT_BOXES, Spot, median_box, size_of
from vision.tracker import STILL_PX, STILL_SHIFT, STILL_SPEED, Box, Still, Track, still_since

BIRTH_S = 1.5
"""Rest this long makes a place: a walker pauses for less, and a still window this long shows a creeping car."""

BIRTH_LOOKS = 3
"""Rest seen in fewer looks may be chance: three cars of a stream at one spot in a row hardly happen."""

BIRTH_SEEN_RATIO = 0.65
"""Less often seen, it may be several things that pass the same spot."""

BIRTH_REST_RATIO = 0.5
"""Share of the looks since then that must have seen it at rest: cars that pass one spot now and then leave it empty."""

BIRTH_PX, MAX_BIRTH_S = 1.4, 3.0
"""A far thing must rest until creeping would have shown as so many pixels, at most so long."""

PROVEN_SCORE = 0.35
"""A single look is believed only where the model is surer than chance; three looks may each be less."""

DOUBLE_PLACE_IOU = 0.55
"""Two places that overlap by this much are one; neighbours seen from a pole overlap less."""


@dataclass(frozen=True, slots=True)
class Birth:
    """What makes a place: since when it is at rest, and the boxes that tell where."""

    clock_s: float
    t_s: float
    boxes: tuple[Box, ...]

    @property
    def box(self) -> Box:
        """The middle of its boxes."""
        return median_box(self.boxes)


@dataclass(frozen=True, slots=True)
class Moment:
    """When a look took place.

    Attributes:
        clock_s: watched time.
        t_s: stream time.
        size_wh: of the frame, in pixels.
        look_clocks_s: watched times of the looks before it and its own.
    """

    clock_s: float
    t_s: float
    size_wh: SizeWH
    look_clocks_s: Sequence[float]


def birth_of(track: Track, moment: Moment, motion: Motion, *, is_moving: bool) -> Birth | None:
    """Return what a track makes a place of; None while it does not."""
    is_slow = False if motion.knows_ground and is_moving else motion.is_slow(track, moment.clock_s, moment.size_wh)
    # Where the ground says that it is not slow, what seems at rest in the picture may drive towards it or away.
    rested = None if is_slow is False else _rested(track, moment.look_clocks_s)
    proven = _proven(track)
    known = [still for still in (rested, proven) if still is not None]
    still = min(known, key=lambda still: still.clock_s, default=None)
    creeps = is_slow is True and track.seen_ratio >= BIRTH_SEEN_RATIO
    if still is not None and (creeps or moment.clock_s - still.clock_s >= _birth_s(track.box)):
        boxes = [sample.box for sample in track.samples if sample.clock_s >= still.clock_s][-BOXES:]
        return Birth(still.clock_s, still.t_s, tuple(boxes))
    if creeps:
        return Birth(moment.clock_s, moment.t_s, tuple(sample.box for sample in track.samples[-CREPT_BOXES:]))
    return None


def is_explained(box: Box, class_id: int, spot: Spot, *, seen: bool) -> bool:
    """Return whether a thing at rest is one that a place already stands for: a double, or a part of it."""
    row = Detections.of([(box, 1.0, class_id)])
    place = Detections.of([(spot.box, spot.score, spot.class_id)])
    if not related(row.class_ids, place.class_ids)[0, 0]:
        return False
    if same_feet(row.boxes, place.boxes)[0, 0]:
        return True
    overlap = float(iou_matrix(row.boxes, place.boxes)[0, 0])
    return overlap >= DOUBLE_PLACE_IOU or (not seen and overlap >= MIN_SPOT_IOU)


def is_upper_part(box: Box, whole: Box) -> bool:
    """Return whether a box shows the upper part of what another shows whole: something stood before the rest of it."""
    tolerance_px = max(STILL_SHIFT * size_of(whole), STILL_PX)
    return (
        abs(box[1] - whole[1]) <= tolerance_px
        and box[0] >= whole[0] - tolerance_px
        and box[2] <= whole[2] + tolerance_px
    )


def _rested(track: Track, look_clocks_s: Sequence[float]) -> Still | None:
    """Return since when enough looks saw a track at rest; None where too few did."""
    still = still_since(track)
    if still is None or still.looks < BIRTH_LOOKS or track.seen_ratio < BIRTH_SEEN_RATIO:
        return None
    looks = sum(look_s >= still.clock_s for look_s in set(look_clocks_s) - set(track.overlooked_s))
    return still if still.looks >= BIRTH_REST_RATIO * looks else None


def _proven(track: Track) -> Still | None:
    """Return since when the pixels of the newest look prove a track at rest: one look then tells as much as three."""
    sample = track.samples[-1]
    if sample.still_s <= 0 or track.score < PROVEN_SCORE or track.class_id == StreetClass.PERSON:
        return None
    return Still(sample.clock_s - sample.still_s, sample.t_s - sample.still_s, 1, came_from_elsewhere=False)


def _birth_s(box: Box) -> float:
    return min(MAX_BIRTH_S, max(BIRTH_S, BIRTH_PX / (STILL_SPEED * size_of(box))))
