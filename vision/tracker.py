"""Follows objects from look to look by overlap; short-lived, local and cheap, because rules rest on places.

A `Tracker` keeps a few recent boxes per track. From them a place learns since when a thing has been at rest
(`still_since`), whether it is moving, and whether it came from elsewhere. Time is watched time (seconds in which
somebody looked), so that neither a gap nor a dropped frame makes a track older.

Belongs here: association of boxes over time. Does not: what stands (places), what it means (detectors).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
from scipy.optimize import linear_sum_assignment

from vision.arrays import Boxes, FloatArray, Ids
from vision.boxes import areas, iou_matrix
from vision.classes import StreetClass
from vision.detections import Detections
from vision.scenes import Tracks

KEEP_S = 2.5
"""A track unseen for longer, and in at least two looks, is over: a car at walking pace has left its box by then."""

SEEN_WEIGHT = 0.15
"""Weight of a look in the share of looks that saw a track: about the last seven count."""

MIN_REST_S = 0.09
"""Between closer looks nothing moves enough to tell rest."""

KEEP_STILL_S = 12.0
"""One that rested in its last looks is kept longer: it may become a place, and was hidden for a while."""

KEEP_UNSEEN_S = 120.0
"""A track that no look could see is kept at most so long: four closer looks may be half a minute apart each."""

MIN_IOU = 0.2
"""Boxes of two looks that overlap less are the same thing only if they are near and alike (see below)."""

MIN_IOU_LATER = 0.5
"""After more than `KEEP_S` only what rested is still there, and it has not moved."""

MAX_JUMP = 1.0
"""Without overlap a thing may have moved by its own size within `MAX_JUMP_S`: 4 m at 2 looks a second is 30 km/h."""

MAX_JUMP_S = 1.0
"""Longer between looks, nearness says nothing about identity."""

SAMPLE_EVERY_S = 0.1
"""Boxes closer in time than this say the same; older ones are kept instead."""

SAME_LIKENESS = 0.5
"""Pixels less alike than this to those before are another thing at the same position, as in a stream of cars."""

MAX_SAMPLES = 32
"""Boxes kept per track: 3 s at 10 looks a second, half a minute at one."""

STILL_SHIFT = 0.12
"""Centres within this share of the object's size are one position: box jitter of small nets is 2 to 6 %."""

SETTLED_SHIFT = 0.07
"""Rest begins where boxes stay this close: a driver who stops rolls through the last tenth of a length for a second."""

STILL_AREA_RATIO = 1.7
"""Boxes larger or smaller by this factor are another thing at the same position, or a part of it."""

STILL_PX = 1.5
"""Smallest tolerance in pixels, for far objects whose boxes snap to whole pixels."""

STILL_SPEED = 0.045
"""Sizes per second that the trend of a still thing may show; a queue creeping at 0.7 km/h is faster."""

Box = tuple[float, float, float, float]


@dataclass(slots=True)
class Sample:
    """Where a track was: watched clock, stream time, box in pixels, and what its pixels tell of before.

    `likeness` and `still_s` are as in `Detections`.
    """

    clock_s: float
    t_s: float
    box: Box
    likeness: float = 1.0
    still_s: float = 0.0


@dataclass(slots=True)
class Track:
    """One object followed over looks; plain numbers only, so that it can be put into a checkpoint.

    `overlooked_s` are the watched times of looks that were too coarse to see it; `placed_clock_s` is that of the last
    look at which it was what stands at a place, None before.
    """

    track_id: int
    class_id: int
    box: Box
    score: float
    first_t_s: float
    seen_clock_s: float
    misses: int = 0
    seen_ratio: float = 1.0
    samples: list[Sample] = field(default_factory=list)
    overlooked_s: list[float] = field(default_factory=list)
    placed_clock_s: float | None = None

    def velocity(self, clock_s: float, over_s: float = 0.4) -> tuple[float, float]:
        """Return pixels per second of the centre over the last `over_s` or the last look, whichever is longer."""
        for sample in reversed(self.samples):
            span_s = clock_s - sample.clock_s
            if span_s >= over_s:
                (x_now, y_now), (x_then, y_then) = centre(self.box), centre(sample.box)
                return (x_now - x_then) / span_s, (y_now - y_then) / span_s
        return 0.0, 0.0


@dataclass(frozen=True, slots=True)
class Still:
    """Since when a track has been at rest, over how many looks, and whether it came from elsewhere."""

    clock_s: float
    t_s: float
    looks: int
    came_from_elsewhere: bool


@dataclass(slots=True)
class TrackerState:
    """All that a tracker knows."""

    next_id: int = 1
    tracks: list[Track] = field(default_factory=list)
    current: list[int] = field(default_factory=list)


class Tracker:
    """Keeps tracks of one camera; `update` once per look, in the order of time. Not for use by two threads at once."""

    def __init__(self, state: TrackerState | None = None) -> None:
        self.state = state or TrackerState()

    def update(
        self, detections: Detections, clock_s: float, t_s: float, overlooked: frozenset[int] = frozenset()
    ) -> list[Track]:
        """Take in one look and return the track of each detection, row by row.

        Args:
            detections: what was found.
            clock_s: watched time.
            t_s: stream time.
            overlooked: ids of tracks that this look could not see.
        """
        state = self.state
        pairs = associate(state.tracks, detections, clock_s)
        rows: list[Track] = []
        for row in range(len(detections)):
            box = as_box(detections.boxes[row])
            score, class_id = float(detections.scores[row]), int(detections.class_ids[row])
            if row in pairs:
                track = state.tracks[pairs[row]]
                track.box, track.score, track.class_id = box, score, class_id
            else:
                track = Track(state.next_id, class_id, box, score, t_s, clock_s)
                state.next_id += 1
            _remember(track, Sample(clock_s, t_s, box, float(detections.likeness[row]), float(detections.still_s[row])))
            rows.append(track)
        hit = {track.track_id for track in rows}
        rest = [track for track in state.tracks if track.track_id not in hit]
        unseen = [track for track in rest if track.track_id in overlooked]
        missed = [track for track in rest if track.track_id not in overlooked]
        for track in unseen:
            track.overlooked_s = [*track.overlooked_s[1 - MAX_SAMPLES :], clock_s]
        for track in missed:
            track.misses += 1
            track.seen_ratio *= 1 - SEEN_WEIGHT
        kept = [track for track in missed if track.misses < 2 or clock_s - track.seen_clock_s <= _keep_s(track)]
        kept += [track for track in unseen if clock_s - track.seen_clock_s <= KEEP_UNSEEN_S]
        state.tracks = sorted(rows + kept, key=lambda track: track.track_id)
        state.current = sorted(hit)
        return rows

    def forget(self) -> None:
        """Drop all tracks, as after a gap: what moves is elsewhere now. Ids go on."""
        self.state.tracks, self.state.current = [], []

    def forget_until(self, track_id: int, clock_s: float) -> None:
        """Forget where a track was until a watched time; one that was not seen after it is over."""
        track = self.get(track_id)
        if track is None:
            return
        later = [sample for sample in track.samples if sample.clock_s > clock_s]
        if later or track.misses == 0:
            track.samples = later or track.samples[-1:]
        else:
            self.state.tracks.remove(track)

    def get(self, track_id: int) -> Track | None:
        """Return a live track, or None when it is over."""
        return next((track for track in self.state.tracks if track.track_id == track_id), None)

    def tracks(self, t_s: float) -> Tracks:
        """Return what the last look saw, as arrays."""
        current = set(self.state.current)
        rows = [track for track in self.state.tracks if track.track_id in current]
        return Tracks(
            np.array([track.track_id for track in rows], np.int64),
            np.array([track.box for track in rows], np.float32).reshape(-1, 4),
            np.array([track.score for track in rows], np.float32),
            np.array([track.class_id for track in rows], np.int64),
            np.array([t_s - track.first_t_s for track in rows], np.float32),
        )


def associate(tracks: Sequence[Track], detections: Detections, clock_s: float) -> dict[int, int]:
    """Return detection row → track index: first by overlap with where the track should be, then by nearness."""
    if not tracks or not len(detections):
        return {}
    last = np.array([track.box for track in tracks], np.float32)
    predicted = np.array([_predicted(track, clock_s) for track in tracks], np.float32)
    alike = same_kind(np.array([track.class_id for track in tracks], np.int64), detections.class_ids)
    overlap = np.maximum(iou_matrix(predicted, detections.boxes), iou_matrix(last, detections.boxes))
    long_unseen = np.array([clock_s - track.seen_clock_s > KEEP_S for track in tracks])
    wanted = np.where(long_unseen, MIN_IOU_LATER, MIN_IOU)[:, None]
    pairs = assign(np.where(alike & (overlap >= wanted), overlap, 0))
    recent = np.array([clock_s - track.seen_clock_s <= MAX_JUMP_S for track in tracks])
    near = nearness(predicted, detections.boxes) * alike * recent[:, None]
    near[[index for index in pairs.values()]] = 0
    near[:, list(pairs)] = 0
    return pairs | assign(near)


def assign(values: FloatArray) -> dict[int, int]:
    """Return column → row of the one-to-one choice with the largest sum; pairs of value 0 are none."""
    if not values.size:
        return {}
    rows, columns = linear_sum_assignment(values, maximize=True)
    return {int(c): int(r) for r, c in zip(rows, columns, strict=True) if values[r, c] > 0}


def nearness(boxes_a: Boxes, boxes_b: Boxes) -> FloatArray:
    """Return (N, M) in [0, 1]: 1 at the same centre, 0 from `MAX_JUMP` sizes on or where areas differ by half."""
    sizes = np.sqrt(np.maximum(areas(boxes_a), 1))
    centres_a, centres_b = (boxes_a[:, :2] + boxes_a[:, 2:]) / 2, (boxes_b[:, :2] + boxes_b[:, 2:]) / 2
    distance = np.linalg.norm(centres_a[:, None] - centres_b[None], axis=2) / sizes[:, None]
    ratio = np.maximum(areas(boxes_b), 1)[None] / np.maximum(areas(boxes_a), 1)[:, None]
    return np.where((ratio > 0.5) & (ratio < 2), np.clip(1 - distance / MAX_JUMP, 0, 1), 0).astype(np.float32)


def same_kind(classes_a: Ids, classes_b: Ids) -> np.ndarray[tuple[int, int], np.dtype[np.bool_]]:
    """Return (N, M): whether two class ids can be one thing seen twice; a person is never taken for a thing."""
    person = StreetClass.PERSON.value
    return (classes_a == person)[:, None] == (classes_b == person)[None, :]


def still_since(track: Track) -> Still | None:
    """Return since when a track has been at rest, or None while it moves.

    Walks back from the newest box while the boxes agree with the median of the newest ones (single outliers are
    forgiven), then asks whether what is left has a trend, which a creeping thing has and jitter has not.
    """
    boxes = np.array([sample.box for sample in track.samples], np.float64)
    clocks = np.array([sample.clock_s for sample in track.samples])
    middles = (boxes[:, :2] + boxes[:, 2:]) / 2
    sides = boxes[:, 2:] - boxes[:, :2]
    area_px = float(np.maximum(np.median(sides[-3:], axis=0).prod(), 1))
    size_px, area_ratios = area_px**0.5, sides.prod(axis=1) / area_px
    away_px = np.abs(middles - np.median(middles[-3:], axis=0)).max(axis=1)
    within = away_px <= max(STILL_SHIFT * size_px, STILL_PX)
    within &= (area_ratios < STILL_AREA_RATIO) & (area_ratios > 1 / STILL_AREA_RATIO)
    other = np.flatnonzero([sample.likeness < SAME_LIKENESS for sample in track.samples])
    first = max(_first_of_run(within), int(other[-1]) if len(other) else 0)
    if first == len(within):
        return None
    used = np.flatnonzero(within[first:]) + first
    if _trend_px_s(clocks[used], middles[used]) > max(STILL_SPEED * size_px, STILL_PX / 2):
        return None
    elsewhere = bool((away_px[:first] > 0.7 * size_px).any())
    settled_px = np.abs(middles - np.median(middles[used], axis=0)).max(axis=1)
    settled = within & (settled_px <= max(SETTLED_SHIFT * size_px, STILL_PX))
    began = track.samples[min(max(first, _first_of_run(settled)), len(within) - 1)]
    return Still(began.clock_s, began.t_s, len(used), elsewhere)


def centre(box: Box) -> tuple[float, float]:
    """Return the middle of a box."""
    return (box[0] + box[2]) / 2, (box[1] + box[3]) / 2


def as_box(row: FloatArray) -> Box:
    """Return a row of a boxes array as plain floats."""
    x1, y1, x2, y2 = (float(value) for value in row)
    return x1, y1, x2, y2


def _remember(track: Track, sample: Sample) -> None:
    track.misses, track.seen_clock_s = 0, sample.clock_s
    track.seen_ratio += SEEN_WEIGHT * (1 - track.seen_ratio)
    samples = track.samples
    if len(samples) >= 2 and sample.clock_s - samples[-2].clock_s < SAMPLE_EVERY_S:
        samples[-1] = sample
        return
    samples.append(sample)
    del samples[:-MAX_SAMPLES]


def _first_of_run(within: npt.NDArray[np.bool_]) -> int:
    """Return where the last run of true values begins, forgiving single false ones; the length when there is none."""
    first = len(within)
    while first > 0 and (within[first - 1] or (first > 1 and first < len(within) and within[first - 2])):
        first -= 1
    while first < len(within) and not within[first]:
        first += 1
    return first


def _keep_s(track: Track) -> float:
    if len(track.samples) < 2:
        return KEEP_S
    last, before = track.samples[-1], track.samples[-2]
    rested = nearness(np.array([last.box], np.float32), np.array([before.box], np.float32))[0, 0] > 1 - STILL_SHIFT
    return KEEP_STILL_S if rested and last.clock_s - before.clock_s >= MIN_REST_S else KEEP_S


def _predicted(track: Track, clock_s: float) -> Box:
    ahead_s = min(clock_s - track.seen_clock_s, MAX_JUMP_S)
    vx, vy = track.velocity(track.seen_clock_s)
    dx, dy = vx * ahead_s, vy * ahead_s
    x1, y1, x2, y2 = track.box
    return x1 + dx, y1 + dy, x2 + dx, y2 + dy


def _trend_px_s(clocks: npt.NDArray[np.float64], middles: npt.NDArray[np.float64]) -> float:
    span_s = clocks[-1] - clocks[0]
    if len(clocks) < 3 or span_s <= 0:
        return 0.0
    centred = clocks - clocks.mean()
    slopes = centred @ (middles - middles.mean(axis=0)) / (centred @ centred)
    return float(np.abs(slopes).max())
