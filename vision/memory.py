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
from vision.births import BIRTH_S, DOUBLE_PLACE_IOU, Birth, Moment, birth_of, is_explained, is_upper_part
from vision.boxes import iou_matrix, same_feet
from vision.cells import may_be_missed
from vision.detections import Detections
from vision.gaps import Span, joined
from vision.ground_plane import GroundPlane
from vision.matching import cover_ratios, distinct, match_parts, match_whole, related
from vision.motion import UNSEEN_S, Motion
from vision.observations import Observation, ViewState
from vision.places import (
    FOLLOWED_S,
    LEFT_AFTER_SIGN_S,
    MIN_COVER_RATIO,
    PROOF_LOOKS,
    PROOF_SAME,
    REPLACED_AREA_RATIO,
    Sight,
    Spot,
    Vacated,
    area_ratio_between,
    has_left,
    shift_between,
    take_miss,
    take_over,
    take_proof,
    take_sight,
)
from vision.scenes import Place, PlaceState, Scene
from vision.tracker import MAX_SAMPLES, SAMPLE_EVERY_S, Box, Track, Tracker, TrackerState, still_since

MAX_STEP_S = 30.0
"""Nobody watched longer than this between two observations, whatever `gap_s` says."""

DEPARTED_SHIFT = 0.7
"""Sizes that the track of a place must be away from it to have walked off."""

LAG_SHIFT = 0.1
"""Sizes that a box may be away from its place before it is asked whether it creeps."""

VACATED_KEPT_S, VACATED_IOU = 120.0, 0.3
"""So long it is remembered what left, for the date of what came to rest where it overlaps that by so much: longer than
the packets in which looking back finds a beginning."""

UNWATCHED_KEPT_S = 900.0
"""How long it is remembered when nobody watched: longer than the packets in which looking back finds a beginning."""

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
    unwatched: list[Span] = field(default_factory=list)
    next_place_id: int = 1
    tracker: TrackerState = field(default_factory=TrackerState)
    spots: list[Spot] = field(default_factory=list)
    vacated: list[Vacated] = field(default_factory=list)


class SceneMemory:
    """What is known of one camera's street; one thread at a time.

    Args:
        camera_id: the camera.
        ground: the plane of its ground, where it is known: far vehicles that seem at rest in the picture are then told
            from those that are, and vehicles that creep are followed and said to be `CREEPING`.
    """

    def __init__(self, camera_id: str, ground: GroundPlane | None = None) -> None:
        self._state = MemoryState(camera_id)
        self._tracker = Tracker(self._state.tracker)
        self._motion = Motion(ground)
        self._ground = ground
        self._rest_s = 0.0 if ground is None else BIRTH_S

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
        places = self.places
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
            unwatched=tuple(state.unwatched),
            ground=self._ground,
        )

    @property
    def places(self) -> tuple[Place, ...]:
        """What is known to stand, also of before a restart."""
        return tuple(spot.place(self._state.clock_s, self._rest_s) for spot in self._state.spots)

    @property
    def last_t_s(self) -> float | None:
        """Stream time of the last update, also of one before a restart; None before the first."""
        return self._state.last_t_s

    @property
    def next_place_id(self) -> int:
        """The id of the next place that is born; it only grows, also over restarts."""
        return self._state.next_place_id

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
        if gap_s > 0:
            state.unwatched = joined(state.unwatched, (observation.t_s - gap_s, observation.t_s), UNWATCHED_KEPT_S)
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
                spot.date(dated.t_s, self._state.unwatched)

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
        moment = Moment(clock_s, t_s, observation.size_wh, state.look_clocks_s)
        spots, boxes = state.spots, _as_detections(state.spots)
        placed = {spot.track_id for spot in spots}
        moving = self._motion.moving(tracks, placed, clock_s, observation.size_wh)
        whole = match_whole(boxes, detections, moving, _own(spots, tracks))
        found = set(whole.values()) | {index for index, spot in enumerate(spots) if spot.seen_clock_s == clock_s}
        lost = {index: spot for index, spot in enumerate(spots) if index not in found}
        free = {row: track for row, track in enumerate(tracks) if not moving[row] and row not in whole}
        crept = _crept(lost, free, self._motion.follow_ratio)
        whole |= crept
        part = match_parts(boxes, detections, moving, whole)
        covers = cover_ratios(boxes.boxes, detections, whole | part)
        part = {row: index for row, index in part.items() if not _is_seen_gone(spots[index], float(covers[index]))}
        seen: set[int] = set()
        for row, index in (whole | part).items():
            sight = self._sight(spots[index], tracks[row], moment, is_whole=row in whole, has_crept=row in crept)
            if take_sight(spots[index], sight, clock_s, t_s):
                seen.add(index)
                spots[index].usual_cover += 0.2 * (float(covers[index]) - spots[index].usual_cover)
            else:
                self._leave(spots[index], tracks[row].track_id, spots[index].seen_t_s)
        unclear = _unclear([spot.box for spot in spots], observation)
        for index, spot in enumerate(spots):
            if index not in seen and spot.state is not PlaceState.LEFT:
                self._miss(spot, step_s, float(covers[index]), is_unclear=bool(unclear[index]))
            else:
                spot.overlooked_s = 0.0
        taken = {row for row, index in (whole | part).items() if index in seen}
        for row in taken & whole.keys():
            tracks[row].placed_clock_s = clock_s
        self._bear([(track, bool(moving[row])) for row, track in enumerate(tracks) if row not in taken], seen, moment)

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

    def _bear(self, tracks: list[tuple[Track, bool]], seen: set[int], moment: Moment) -> None:
        """Make places of tracks that belong to none, each with whether it is in motion, once they rest or creep."""
        state = self._state
        for track, is_moving in tracks:
            birth = birth_of(track, moment, self._motion, is_moving=is_moving)
            if birth is None:
                continue
            alive = [(spot, i in seen) for i, spot in enumerate(state.spots) if spot.state is not PlaceState.LEFT]
            if any(is_explained(b, track.class_id, spot, seen=s) for spot, s in alive for b in (birth.box, track.box)):
                continue
            lost = self._lost([spot for spot, is_seen in alive if not is_seen], track, moment)
            if lost is not None:
                take_over(lost, birth.boxes, track.track_id, moment.clock_s, moment.t_s)
                continue
            spot = _spot(state.next_place_id, birth, track, moment)
            spot.vacant_t_s = self._vacant_t_s(spot)
            state.spots.append(spot)
            state.next_place_id += 1

    def _vacant_t_s(self, spot: Spot) -> float | None:
        """Return until when what left where a new place is was there; None where nothing was."""
        boxes = np.array([one.box for one in self._state.vacated], np.float32).reshape(-1, 4)
        overlap = iou_matrix(np.array([spot.box], np.float32), boxes)[0]
        times = [one.t_s for one, iou in zip(self._state.vacated, overlap, strict=True) if iou >= VACATED_IOU]
        return min(max(times), spot.since_t_s) if times else None

    def _lost(self, missed: list[Spot], track: Track, moment: Moment) -> Spot | None:
        """Return the missed place whose thing may have crept unseen to where a track is, the nearest of several."""
        near = [
            (shift_between(spot.box, track.box), spot.place_id, spot)
            for spot in missed
            if not spot.departed and spot.seen_clock_s < moment.clock_s and self._is_found_again(spot, track, moment)
        ]
        return min(near)[2] if near else None

    def _is_found_again(self, spot: Spot, track: Track, moment: Moment) -> bool:
        if is_upper_part(spot.box, track.box):
            return self._motion.knows_ground and moment.clock_s - spot.seen_clock_s <= UNSEEN_S
        is_alike = area_ratio_between(spot.box, track.box) <= REPLACED_AREA_RATIO
        return is_alike and self._may_have_crept(spot, track, moment)

    def _may_have_crept(self, spot: Spot, track: Track, moment: Moment) -> bool:
        absence_s = moment.clock_s - spot.seen_clock_s
        return self._motion.may_have_crept(spot.box, track.box, absence_s, moment.size_wh)

    def _sight(self, spot: Spot, track: Track, moment: Moment, *, is_whole: bool, has_crept: bool) -> Sight:
        later = (sample for sample in track.samples if sample.clock_s > spot.since_clock_s)
        arrived = spot.is_absent and any(shift_between(spot.box, sample.box) > DEPARTED_SHIFT for sample in later)
        is_creeping = moment.clock_s - spot.since_clock_s < self._rest_s
        may_lag = self._rest_s > 0 and (is_creeping or shift_between(spot.box, track.box) > LAG_SHIFT)
        is_still = not may_lag or still_since(track) is not None
        return Sight(
            track.box,
            track.score,
            track.class_id,
            track.track_id,
            is_whole=is_whole,
            has_arrived=arrived,
            has_crept=has_crept or not is_still,
            is_rolling=is_creeping and not is_still,
            may_have_crept=spot.is_absent and self._may_have_crept(spot, track, moment),
        )

    def _leave(self, spot: Spot, track_id: int, vacant_t_s: float) -> None:
        """Note that a place's thing has left; a track that goes on there is the next one's, which came later.

        Until `vacant_t_s` it was there, or looks saw nothing there.
        """
        spot.state = PlaceState.LEFT
        kept = [one for one in self._state.vacated if vacant_t_s - one.t_s <= VACATED_KEPT_S]
        self._state.vacated = [*kept, Vacated(spot.box, vacant_t_s)]
        self._tracker.forget_until(track_id, spot.seen_clock_s)

    def _bury(self, observation: Observation) -> None:
        spots = self._state.spots
        for spot in spots:
            if spot.state is not PlaceState.LEFT and has_left(spot):
                self._leave(spot, spot.track_id, observation.t_s if spot.empty_looks else spot.seen_t_s)
        alive = [spot for spot in spots if spot.state is not PlaceState.LEFT]
        if len(alive) < 2:
            return
        rows = _as_detections(alive)
        doubles = (iou_matrix(rows.boxes, rows.boxes) >= DOUBLE_PLACE_IOU) | same_feet(rows.boxes, rows.boxes)
        doubles &= related(rows.class_ids, rows.class_ids)
        for younger in range(1, len(alive)):
            if any(doubles[younger, older] and alive[older].state is not PlaceState.LEFT for older in range(younger)):
                alive[younger].state = PlaceState.LEFT


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


def _own(spots: list[Spot], tracks: list[Track]) -> Mask:
    """Return (P, N) bool: which tracks are those that the things of places had."""
    had = np.array([spot.track_id for spot in spots], np.int64)
    return np.asarray(had[:, None] == np.array([track.track_id for track in tracks], np.int64)[None, :])


def _crept(lost: dict[int, Spot], free: dict[int, Track], area_ratio: float) -> dict[int, int]:
    """Return detection row → place of what has crept out of its place's box, and was followed all the way.

    Args:
        lost: places by index that were neither found nor proven by their pixels in this look.
        free: tracks by detection row that are in no place and do not move.
        area_ratio: by how much what has crept may have grown or shrunk.
    """
    rows = {track.track_id: row for row, track in free.items()}
    mine = [(rows[spot.track_id], index) for index, spot in lost.items() if spot.track_id in rows]
    return {
        row: index
        for row, index in mine
        if _is_followed(free[row], lost[index]) and area_ratio_between(lost[index].box, free[row].box) <= area_ratio
    }


def _is_seen_gone(spot: Spot, cover_ratio: float) -> bool:
    """Return whether the pixels of a place say that its thing has gone, so that a part of it is another thing."""
    return spot.low_proofs >= PROOF_LOOKS and cover_ratio < MIN_COVER_RATIO


def _walked_off(track: Track, spot: Spot) -> bool:
    """Return whether a place's own track is away from it, and was followed all the way there."""
    return _is_followed(track, spot) and shift_between(spot.box, track.box) > DEPARTED_SHIFT


def _is_followed(track: Track, spot: Spot) -> bool:
    """Return whether a track was seen without a longer pause since its place was last seen."""
    clocks = [sample.clock_s for sample in track.samples if sample.clock_s >= spot.seen_clock_s]
    return (
        bool(clocks) and max(later - before for before, later in pairwise([spot.seen_clock_s, *clocks])) <= FOLLOWED_S
    )


def _spot(place_id: int, birth: Birth, track: Track, moment: Moment) -> Spot:
    return Spot(
        place_id=place_id,
        since_clock_s=birth.clock_s,
        since_t_s=birth.t_s,
        seen_clock_s=moment.clock_s,
        seen_t_s=moment.t_s,
        rest_box=birth.box,
        box=birth.box,
        boxes=list(birth.boxes),
        boxes_clock_s=moment.clock_s,
        votes={track.class_id: track.score},
        score=track.score,
        track_id=track.track_id,
    )


_ADAPTER = TypeAdapter(MemoryState)
