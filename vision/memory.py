"""Makes a scene of each observation: tracks of what moves, places of what stands, the watched clock.

`SceneMemory` needs no pixels and no clock: equal observations give equal scenes. Its clock counts watched seconds only:
it stands still over gaps and while the view cannot be judged. A place is born when a thing has been at rest for
`BIRTH_S` and at least `BIRTH_LOOKS` looks, and is dated back to the first of them, so that looking rarely makes it
known later but not younger.

Belongs here: the order of things at one observation, births, merging, checkpoints. Does not: pixels (perception).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
from pydantic import JsonValue, TypeAdapter

from vision.arrays import Mask
from vision.boxes import iou_matrix
from vision.cells import may_be_missed
from vision.detections import Detections
from vision.matching import MIN_SPOT_IOU, Matches, cover_ratios, distinct, match_places, related
from vision.observations import Observation, ViewState
from vision.places import (
    BOXES,
    FOLLOWED_S,
    LEFT_AFTER_SIGN_S,
    PROOF_SAME,
    REPLACED_AREA_RATIO,
    Sight,
    Spot,
    area_ratio_between,
    has_left,
    median_box,
    shift_between,
    size_of,
    take_miss,
    take_proof,
    take_sight,
)
from vision.scenes import PlaceState, Scene
from vision.tracker import (
    MAX_SAMPLES,
    SAMPLE_EVERY_S,
    STILL_SPEED,
    Box,
    Still,
    Track,
    Tracker,
    TrackerState,
    still_since,
)

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

MAX_STEP_S = 30.0
"""Nobody watched longer than this between two observations, whatever `gap_s` says."""

MOVING_SPEED = 0.25
"""Sizes per second from which a thing is in motion; jitter of boxes stays below over the half second measured."""

DEPARTED_SHIFT = 0.7
"""Sizes that the track of a place must be away from it to have walked off."""

DOUBLE_PLACE_IOU = 0.55
"""Two places that overlap by this much are one; neighbours seen from a pole overlap less."""

STATE_VERSION = 2


@dataclass(slots=True)
class MemoryState:
    """All that is remembered of one camera; plain numbers only."""

    camera_id: str
    version: int = STATE_VERSION
    clock_s: float = 0.0
    look_clock_s: float = 0.0
    look_clocks_s: list[float] = field(default_factory=list)
    last_t_s: float | None = None
    last_ok: bool = True
    next_place_id: int = 1
    tracker: TrackerState = field(default_factory=TrackerState)
    spots: list[Spot] = field(default_factory=list)


class SceneMemory:
    """What is known of one camera's street; one thread at a time."""

    def __init__(self, camera_id: str) -> None:
        self._state = MemoryState(camera_id)
        self._tracker = Tracker(self._state.tracker)

    def update(self, observation: Observation) -> Scene:
        """Take in one observation and return the scene at its moment.

        Raises:
            ValueError: the observation is of another camera, or its time lies before the last one's.
        """
        state = self._state
        if observation.camera_id != state.camera_id:
            raise ValueError(f"memory of camera {state.camera_id!r} was given camera {observation.camera_id!r}")
        gap_s = self._advance(observation)
        is_ok = observation.view is ViewState.OK
        self._take_dates(observation)
        if is_ok:
            self._take_proofs(observation)
            if observation.looked:
                self._look(observation)
            self._bury(observation)
        places = tuple(spot.place(state.clock_s) for spot in state.spots)
        state.spots = [spot for spot in state.spots if spot.state is not PlaceState.LEFT]
        return Scene(
            camera_id=state.camera_id,
            t_s=observation.t_s,
            captured_at=observation.captured_at,
            size_wh=observation.size_wh,
            gap_s=gap_s,
            view=observation.view,
            looked=observation.looked and is_ok,
            tracks=self._tracker.tracks(observation.t_s),
            places=places,
            surfaces=observation.surfaces if is_ok else (),
            dated=observation.dated,
            unclear=observation.unclear,
        )

    @property
    def last_t_s(self) -> float | None:
        """Stream time of the last update, also of one before a restart; None before the first."""
        return self._state.last_t_s

    def checkpoint(self) -> JsonValue:
        """Return all that is remembered as JSON; `restore` of it goes on exactly as this object would."""
        return _ADAPTER.dump_python(self._state, mode="json")

    def restore(self, state: JsonValue) -> None:
        """Take up what `checkpoint` returned.

        Raises:
            ValueError: it is no memory of this camera, or one of another version.
        """
        restored = _ADAPTER.validate_python(state)
        if restored.camera_id != self._state.camera_id or restored.version != STATE_VERSION:
            raise ValueError(
                f"checkpoint holds camera {restored.camera_id!r} version {restored.version}, "
                f"wanted {self._state.camera_id!r} version {STATE_VERSION}"
            )
        self._state = restored
        self._tracker = Tracker(restored.tracker)

    def _advance(self, observation: Observation) -> float:
        """Move the clock on by what was watched and return the seconds that were not."""
        state = self._state
        step_s = 0.0 if state.last_t_s is None else observation.t_s - state.last_t_s
        if step_s < 0:
            raise ValueError(f"camera {state.camera_id!r}: t_s runs back from {state.last_t_s} to {observation.t_s}")
        is_ok = observation.view is ViewState.OK
        watched_s = max(0.0, min(step_s - observation.gap_s, MAX_STEP_S)) if is_ok and state.last_ok else 0.0
        gap_s = step_s - watched_s
        if gap_s > LEFT_AFTER_SIGN_S or not is_ok:
            self._tracker.forget()
            for spot in state.spots:
                spot.is_unsure = True
                spot.returned = None
        state.clock_s += watched_s
        state.last_t_s, state.last_ok = observation.t_s, is_ok
        return gap_s

    def _take_dates(self, observation: Observation) -> None:
        spots = {spot.place_id: spot for spot in self._state.spots}
        for dated in observation.dated:
            spot = spots.get(dated.subject) if isinstance(dated.subject, int) else None
            if spot is not None and dated.t_s is not None:
                spot.date(dated.t_s)

    def _take_proofs(self, observation: Observation) -> None:
        spots = {spot.place_id: spot for spot in self._state.spots}
        proofs = observation.proofs
        for place_id, similarity in zip(proofs.place_ids.tolist(), proofs.similarities.tolist(), strict=True):
            if place_id in spots:
                take_proof(spots[place_id], similarity, self._state.clock_s, observation.t_s)

    def _look(self, observation: Observation) -> None:
        state = self._state
        clock_s, t_s = state.clock_s, observation.t_s
        step_s, state.look_clock_s = clock_s - state.look_clock_s, clock_s
        if not state.look_clocks_s or clock_s - state.look_clocks_s[-1] >= SAMPLE_EVERY_S:
            state.look_clocks_s = [*state.look_clocks_s[1 - MAX_SAMPLES :], clock_s]
        detections = distinct(observation.detections)
        tracks = self._tracker.update(detections, clock_s, t_s, self._overlooked(observation))
        spots = state.spots
        boxes = _as_detections(spots)
        moving = _moving(tracks, clock_s)
        matches = match_places(boxes, detections, moving)
        crept = _crept(spots, tracks, matches, moving)
        matches.whole.update(crept)
        covers = cover_ratios(boxes.boxes, detections, matches.whole)
        seen: set[int] = set()
        for row, index in (matches.whole | matches.part).items():
            spot, is_whole = spots[index], row in matches.whole
            sight = _sight(spot, tracks[row], is_whole=is_whole, has_crept=row in crept)
            if take_sight(spot, sight, clock_s, t_s):
                seen.add(index)
                spot.usual_cover += 0.2 * (float(covers[index]) - spot.usual_cover)
            else:
                spot.state = PlaceState.LEFT
        unclear = _unclear([spot.box for spot in spots], observation)
        for index, spot in enumerate(spots):
            if index not in seen and spot.state is not PlaceState.LEFT:
                self._miss(spot, step_s, float(covers[index]), is_unclear=bool(unclear[index]))
            else:
                spot.overlooked_s = 0.0
        taken = {row for row, index in (matches.whole | matches.part).items() if index in seen}
        self._bear([track for row, track in enumerate(tracks) if row not in taken], seen, t_s)

    def _overlooked(self, observation: Observation) -> frozenset[int]:
        """Return the ids of the tracks that this look was too coarse to see."""
        tracks = self._tracker.state.tracks
        unclear = _unclear([track.box for track in tracks], observation)
        return frozenset(track.track_id for track, is_unclear in zip(tracks, unclear, strict=True) if is_unclear)

    def _miss(self, spot: Spot, step_s: float, cover_ratio: float, *, is_unclear: bool) -> None:
        if is_unclear:
            spot.overlooked_s += step_s
            if spot.newest_proof is not None and spot.newest_proof < PROOF_SAME:
                spot.state = PlaceState.HIDDEN  # its pixels are others; a look that can see it tells what that means
            return
        step_s, spot.overlooked_s = step_s + spot.overlooked_s, 0.0
        if spot.seen_clock_s == self._state.clock_s:
            return  # its pixels have just been proven
        newly = cover_ratio if cover_ratio >= spot.usual_cover + 0.2 else 0.0
        take_miss(spot, step_s, cover_ratio=newly)
        track = self._tracker.get(spot.track_id)
        if track is not None and track.misses == 0 and not spot.departed:
            spot.departed = _walked_off(track, spot)

    def _bear(self, tracks: list[Track], seen: set[int], t_s: float) -> None:
        state = self._state
        for track in tracks:
            known = [still for still in (self._rested(track), _proven(track)) if still is not None]
            still = min(known, key=lambda still: still.clock_s, default=None)
            if still is None or state.clock_s - still.clock_s < _birth_s(track.box):
                continue
            boxes = [sample.box for sample in track.samples if sample.clock_s >= still.clock_s][-BOXES:]
            box = median_box(boxes)
            alive = [(spot, i in seen) for i, spot in enumerate(state.spots) if spot.state is not PlaceState.LEFT]
            if any(_is_explained(b, track.class_id, spot, seen=s) for spot, s in alive for b in (box, track.box)):
                continue
            spot = Spot(
                place_id=state.next_place_id,
                since_clock_s=still.clock_s,
                since_t_s=still.t_s,
                seen_clock_s=state.clock_s,
                seen_t_s=t_s,
                rest_box=box,
                box=box,
                boxes=boxes,
                boxes_clock_s=state.clock_s,
                votes={track.class_id: track.score},
                score=track.score,
                track_id=track.track_id,
            )
            state.next_place_id += 1
            state.spots.append(spot)

    def _rested(self, track: Track) -> Still | None:
        """Return since when enough looks saw a track at rest; None where too few did."""
        still = still_since(track)
        if still is None or still.looks < BIRTH_LOOKS or track.seen_ratio < BIRTH_SEEN_RATIO:
            return None
        able = set(self._state.look_clocks_s) - set(track.overlooked_s)
        looks = sum(look_s >= still.clock_s for look_s in able)
        return still if still.looks >= BIRTH_REST_RATIO * looks else None

    def _bury(self, observation: Observation) -> None:
        spots = self._state.spots
        for spot in spots:
            if spot.state is not PlaceState.LEFT and has_left(spot):
                spot.state = PlaceState.LEFT
        alive = [spot for spot in spots if spot.state is not PlaceState.LEFT]
        if len(alive) < 2:
            return
        rows = _as_detections(alive)
        doubles = (iou_matrix(rows.boxes, rows.boxes) >= DOUBLE_PLACE_IOU) & related(rows.class_ids, rows.class_ids)
        for younger in range(1, len(alive)):
            if any(doubles[younger, older] and alive[older].state is not PlaceState.LEFT for older in range(younger)):
                alive[younger].state = PlaceState.LEFT


def _proven(track: Track) -> Still | None:
    """Return since when the pixels of the newest look prove a track at rest: one look then tells as much as three."""
    sample = track.samples[-1]
    if sample.still_s <= 0 or track.score < PROVEN_SCORE:
        return None
    return Still(sample.clock_s - sample.still_s, sample.t_s - sample.still_s, 1, came_from_elsewhere=False)


def _unclear(boxes: Sequence[Box], observation: Observation) -> Mask:
    """Return (N,) bool: which things stand where this look was too coarse to find them."""
    if not observation.unclear:
        return np.zeros(len(boxes), bool)
    return may_be_missed(np.array(boxes, np.float32).reshape(-1, 4), observation.unclear, observation.size_wh)


def _as_detections(spots: list[Spot]) -> Detections:
    return Detections(
        np.array([spot.box for spot in spots], np.float32).reshape(-1, 4),
        np.array([spot.score for spot in spots], np.float32),
        np.array([spot.class_id for spot in spots], np.int64),
    )


def _moving(tracks: list[Track], clock_s: float) -> Mask:
    """Return which tracks are in motion, over half a second and over a second: jitter seldom is in both."""
    return np.array([all(_speed(track, clock_s, s) > MOVING_SPEED for s in (0.4, 1.0)) for track in tracks], bool)


def _crept(spots: list[Spot], tracks: list[Track], matches: Matches, moving: Mask) -> dict[int, int]:
    """Return detection row → place of what has crept out of its place's box, and was followed all the way."""
    rows = {track.track_id: row for row, track in enumerate(tracks) if not moving[row]}
    matched = matches.whole | matches.part
    lost = [(rows.get(spot.track_id), index) for index, spot in enumerate(spots) if index not in matched.values()]
    return {
        row: index
        for row, index in lost
        if row is not None
        and row not in matched
        and _is_followed(tracks[row], spots[index])
        and area_ratio_between(spots[index].box, tracks[row].box) <= REPLACED_AREA_RATIO
    }


def _speed(track: Track, clock_s: float, over_s: float) -> float:
    longest_s = clock_s - track.samples[0].clock_s
    return max(map(abs, track.velocity(clock_s, min(over_s, longest_s)))) / size_of(track.box) if longest_s > 0 else 0.0


def _birth_s(box: Box) -> float:
    return min(MAX_BIRTH_S, max(BIRTH_S, BIRTH_PX / (STILL_SPEED * size_of(box))))


def _walked_off(track: Track, spot: Spot) -> bool:
    """Return whether a place's own track is away from it, and was followed all the way there."""
    return _is_followed(track, spot) and shift_between(spot.box, track.box) > DEPARTED_SHIFT


def _is_followed(track: Track, spot: Spot) -> bool:
    """Return whether a track was seen without a longer pause since its place was last seen."""
    clocks = [sample.clock_s for sample in track.samples if sample.clock_s >= spot.seen_clock_s]
    return (
        bool(clocks) and max(later - before for before, later in pairwise([spot.seen_clock_s, *clocks])) <= FOLLOWED_S
    )


def _sight(spot: Spot, track: Track, *, is_whole: bool, has_crept: bool) -> Sight:
    later = (sample for sample in track.samples if sample.clock_s > spot.since_clock_s)
    arrived = spot.is_absent and any(shift_between(spot.box, sample.box) > DEPARTED_SHIFT for sample in later)
    return Sight(
        track.box,
        track.score,
        track.class_id,
        track.track_id,
        is_whole=is_whole,
        has_arrived=arrived,
        has_crept=has_crept,
    )


def _is_explained(box: Box, class_id: int, spot: Spot, *, seen: bool) -> bool:
    """Return whether a thing at rest is one that a place already stands for: a double, or a part of it."""
    row, place = Detections.of([(box, 1.0, class_id)]), _as_detections([spot])
    if not related(row.class_ids, place.class_ids)[0, 0]:
        return False
    overlap = float(iou_matrix(row.boxes, place.boxes)[0, 0])
    return overlap >= DOUBLE_PLACE_IOU or (not seen and overlap >= MIN_SPOT_IOU)


_ADAPTER = TypeAdapter(MemoryState)
