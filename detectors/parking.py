"""Judges illegal parking: a vehicle that stands in a zone for longer than the zone allows.

The offence begins when the vehicle came to rest, is raised when it is seen standing there beyond the limit and the
grace, and ends when the place is empty. A vehicle that creeps on begins anew, unless its offence was raised: that ends
where it leaves the zone. Only watched seconds within the hours in force count. While several vehicles came to rest one
behind the other at about the same time, in the zone or on from it, as in a queue at a light, the clocks of those in the
zone are held; they go on when half of the queue has left, or after `queue_hold_s`, because a row that stays longer is
no queue.

Belongs here: the rule. Does not: what stands and since when (vision.memory), permits, calendars, plates.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from detectors.attendance import Attendance, people_near
from detectors.events import Event, Phase, Reason
from detectors.footprint import vehicle_footprint_ratio, vehicle_stands_in
from detectors.hours import Hours, in_force
from detectors.offences import Offence, event_id_of, wall_time_of
from detectors.rules import (
    FASTEST_SCOUT_S,
    LONGEST_PAUSE_S,
    OFTEN_S,
    Ask,
    Pace,
    RuleSettings,
    ZoneDetector,
    is_time_to_ask,
)
from vision.arrays import Boxes, Mask
from vision.boxes import areas
from vision.classes import VEHICLES
from vision.scenes import Place, PlaceState, Scene
from vision.zones import Zone

KIND: Final = "parking"

STANDING_S = 2.0
"""While a clock runs, pixels prove so often that the vehicle still stands; and once more when its limit passes."""

SEEN_HZ = 1 / 15
"""So often the model sees a vehicle that stands; and when its limit passes."""

LOADING_RATIO, LOADING_WINDOW_S = 0.2, 180.0
"""Who loads is by the vehicle now and then: for so much of the last three minutes. Chosen, not measured."""

LOADING_HEIGHTS = 0.7
"""Who loads is this near to the vehicle, in heights of that person; who walks along the kerb is gone after seconds."""

LOADING_HZ = 0.2
"""So often the model looks for who loads."""

QUEUE_STEP_S = 15.0
"""Vehicles that came to rest one after the other within this time belong to one queue."""

QUEUE_GAP = 1.0
"""And no further apart than this, in sizes of the larger box, so that a queue is followed on beyond the zone."""


class ParkingRule(RuleSettings):
    """Settings of the parking rule for one zone."""

    smallest_m = 2.0  # a car from oblique

    kind: Literal["parking"] = KIND
    limit_s: float = Field(default=300, ge=1, le=86400, description="Seconds a vehicle may stand (s).")
    grace_s: float = Field(default=0, ge=0, le=3600, description="Seconds added for letting people in and out (s).")
    loading_limit_s: float = Field(
        default=0, ge=0, le=86400, description="Seconds it may stand while somebody loads; 0: as without (s)."
    )
    min_footprint_ratio: float = Field(
        default=0.5, gt=0, le=1, description="Share of a vehicle's ground inside the zone that counts as inside (0-1)."
    )
    min_score: float = Field(default=0.3, ge=0, le=1, description="Places whose mean score is lower are ignored (0-1).")
    queue_vehicles: int = Field(
        default=4, ge=0, le=50, description="So many vehicles stopping together are a queue; 0 never holds the clock."
    )
    queue_hold_s: float = Field(
        default=120, ge=0, le=3600, description="Longest time a queue holds the clocks: one cycle of a light (s)."
    )
    offence: Literal["", "fire_lane"] = Field(
        default="", description="What standing here is called, where it is not plain parking; tables of codes know it."
    )
    hours: tuple[Hours, ...] = Field(default=(), description="When the rule is in force; empty means always.")

    def detector(self, camera_id: str, zone: Zone) -> "ParkingDetector":
        """Return a fresh detector of this rule for a zone of a camera."""
        return ParkingDetector(camera_id, zone, self)


class _Stay(Offence):
    """A vehicle's stay in the zone; `held_s` is what of `dwell_s` does not count.

    An offence that was raised goes on while its vehicle creeps on: `rest_t_s` is when its last rest began, and
    `rest_dwell_s` what it had stood before.
    """

    dwell_s: float
    rest_t_s: float
    rest_dwell_s: float = 0.0
    held_s: float = 0.0
    queued_s: float = 0.0
    is_dated: bool = False
    is_seen: bool = True
    attended_to_s: float = 0.0
    attendance: Attendance = Field(default_factory=Attendance)

    @property
    def counted_s(self) -> float:
        return self.dwell_s - self.held_s


class _State(BaseModel):
    model_config = ConfigDict(extra="forbid")

    kind: Literal["parking"] = KIND
    stays: dict[int, _Stay] = Field(default_factory=dict)
    queue: list[int] = Field(default_factory=list)


class ParkingDetector(ZoneDetector[ParkingRule, _State]):
    """The parking rule for one zone of one camera."""

    def __init__(self, camera_id: str, zone: Zone, rule: ParkingRule) -> None:
        super().__init__(camera_id, zone, rule, _State())
        self._near: frozenset[int] = frozenset()

    def update(self, scene: Scene) -> list[Event]:
        """Take in a scene and return the stays that began, passed the limit or ended."""
        self._date(scene)
        events: list[Event] = []
        is_in_force = in_force(self._rule.hours, scene.captured_at)
        for place in scene.places:
            if place.place_id not in self._state.stays and self._offends(place, scene):
                events.append(self._start(place, scene))
        queue = self._queue(scene)
        for place in scene.places:
            stay = self._state.stays.get(place.place_id)
            if stay is None:
                continue
            if self._crept_away(stay, place, scene):
                events.append(self._report(stay, Phase.ENDED, scene))
                del self._state.stays[place.place_id]
                continue
            self._count(stay, place, holds=not is_in_force, queued=place.place_id in queue)
            self._see_loading(stay, scene)
            if place.state is PlaceState.LEFT:
                events.append(self._report(stay, Phase.ENDED, scene))
                del self._state.stays[place.place_id]
            elif self._is_due(stay, place):
                events.append(self._report(stay, Phase.RAISED, scene))
        self._near = frozenset(place.place_id for place in scene.places if self._is_near(place, scene))
        return events

    def pace(self) -> Pace:
        """Return how closely to look: while a vehicle stands, also at the moment at which its limit passes."""
        waiting = [stay for stay in self._state.stays.values() if stay.phase is Phase.STARTED]
        left_s = [self._limit_s(stay) - stay.counted_s for stay in waiting]
        paces = [Pace.scout(self._rule.limit_s + self._rule.grace_s)]
        if self._state.stays:
            pause_s = max(min([STANDING_S, *left_s]), FASTEST_SCOUT_S)
            seen_hz = LOADING_HZ if self._rule.loading_limit_s and waiting else SEEN_HZ
            model_hz = 1 / pause_s if pause_s < STANDING_S else seen_hz
            longest_s = LONGEST_PAUSE_S if pause_s == STANDING_S else max(OFTEN_S, 2 * pause_s)
            paces.append(Pace(1 / pause_s, longest_s, model_hz))
        return Pace.closest(paces)

    def keeps(self) -> frozenset[int]:
        """Return the places of the stays, and of vehicles that one more look may find to stand in the zone."""
        return frozenset(self._state.stays) | self._near

    def asks(self) -> tuple[Ask, ...]:
        """Return the stays that are about to pass the limit and are not hidden; answers move their beginning."""
        limit_s = self._rule.limit_s + self._rule.grace_s
        return tuple(
            Ask(stay.key, stay.box, stay.rest_t_s)
            for stay in self._state.stays.values()
            if stay.phase is Phase.STARTED and stay.is_seen and not stay.is_dated
            if is_time_to_ask(stay.counted_s, limit_s)
        )

    def _date(self, scene: Scene) -> None:
        """Take over what looking back has found of when vehicles came to rest."""
        since = {place.place_id: place.since_t_s for place in scene.places}
        for dated in scene.dated:
            stay = self._state.stays.get(dated.subject) if isinstance(dated.subject, int) else None
            if stay is None or dated.t_s is None or stay.phase is not Phase.STARTED or stay.key not in since:
                continue
            stay.dwell_s += scene.watched_s(since[stay.key], stay.rest_t_s)
            stay.started_t_s = stay.rest_t_s = since[stay.key]
            stay.started_at = wall_time_of(scene, stay.started_t_s)
            stay.is_dated = True

    def _offends(self, place: Place, scene: Scene) -> bool:
        return (
            place.state is PlaceState.STANDING
            and place.class_id in VEHICLES
            and place.score >= self._rule.min_score
            and vehicle_stands_in(place.box, self._zone, scene.size_wh, self._rule.min_footprint_ratio)
        )

    def _is_near(self, place: Place, scene: Scene) -> bool:
        """Return whether a vehicle that is no stay stands with some of its ground in the zone, however sure it is."""
        is_vehicle = place.state is PlaceState.STANDING and place.class_id in VEHICLES
        is_open = is_vehicle and place.place_id not in self._state.stays
        return is_open and vehicle_footprint_ratio(place.box, self._zone, scene.size_wh) > 0

    def _crept_away(self, stay: _Stay, place: Place, scene: Scene) -> bool:
        """Return whether a stay is over because its vehicle moved on; one that was raised goes on inside the zone."""
        if place.since_t_s <= stay.rest_t_s:
            return False
        stay.rest_t_s, stay.rest_dwell_s = place.since_t_s, stay.dwell_s
        in_zone = vehicle_stands_in(place.box, self._zone, scene.size_wh, self._rule.min_footprint_ratio)
        return stay.phase is Phase.STARTED or not in_zone

    def _start(self, place: Place, scene: Scene) -> Event:
        started_at = wall_time_of(scene, place.since_t_s)
        stay = _Stay(
            event_id=event_id_of(self._names, started_at, place.place_id),
            key=place.place_id,
            phase=Phase.STARTED,
            started_t_s=place.since_t_s,
            started_at=started_at,
            box=place.box,
            class_id=place.class_id,
            score=place.score,
            dwell_s=place.dwell_s,
            rest_t_s=place.since_t_s,
        )
        if not in_force(self._rule.hours, started_at):
            stay.held_s = place.dwell_s
        self._state.stays[place.place_id] = stay
        return self._report(stay, Phase.STARTED, scene)

    def _queue(self, scene: Scene) -> set[int]:
        """Return the places whose clocks a queue holds now; a queue is over when half of it has left."""
        least = self._rule.queue_vehicles
        if least == 0:
            return set()
        present = {place.place_id for place in scene.places if place.state is not PlaceState.LEFT}
        runs = [run for run in _runs(self._row(scene)) if not self._state.stays.keys().isdisjoint(run)]
        found = max(runs, key=len, default=[])
        members = [key for key in self._state.queue if key in present]
        if len(found) >= least:
            self._state.queue = sorted({*self._state.queue, *found})
            return {*members, *found}
        if len(members) * 2 <= len(self._state.queue):
            self._state.queue = []
            return set()
        return set(members)

    def _row(self, scene: Scene) -> dict[int, float]:
        """Return the vehicles that stand in the zone, or on from it with no large gap, with when they came to rest."""
        rest = [
            place
            for place in scene.places
            if place.state is not PlaceState.LEFT and place.class_id in VEHICLES and place.score >= self._rule.min_score
        ]
        stays = self._state.stays
        in_zone = [place.place_id in stays for place in rest]
        if not any(in_zone):
            return {}
        reached = _followed(np.array([place.box for place in rest], np.float32), np.array(in_zone))
        return {
            place.place_id: stays[place.place_id].started_t_s if place.place_id in stays else place.since_t_s
            for place, is_reached in zip(rest, reached.tolist(), strict=True)
            if is_reached
        }

    def _count(self, stay: _Stay, place: Place, *, holds: bool, queued: bool) -> None:
        dwell_s = stay.rest_dwell_s + place.dwell_s
        step_s = max(0.0, dwell_s - stay.dwell_s)
        if queued and stay.phase is Phase.STARTED and stay.queued_s < self._rule.queue_hold_s:
            step_s_before = stay.counted_s if stay.queued_s == 0 else 0.0
            stay.queued_s += step_s + step_s_before
            stay.held_s += step_s + step_s_before
        elif holds:
            stay.held_s += step_s
        stay.dwell_s, stay.is_seen = dwell_s, place.state is PlaceState.STANDING
        stay.box, stay.class_id, stay.score = place.box, place.class_id, place.score

    def _is_due(self, stay: _Stay, place: Place) -> bool:
        is_over = stay.counted_s >= self._limit_s(stay)
        return stay.phase is Phase.STARTED and place.state is PlaceState.STANDING and is_over

    def _limit_s(self, stay: _Stay) -> float:
        """Return how long a vehicle may stand: longer while somebody loads."""
        limit_s = self._rule.limit_s + self._rule.grace_s
        return max(limit_s, self._rule.loading_limit_s) if stay.attendance.ratio >= LOADING_RATIO else limit_s

    def _see_loading(self, stay: _Stay, scene: Scene) -> None:
        """Note who is by a vehicle, where loading is allowed."""
        if not self._rule.loading_limit_s or not scene.looked or scene.is_unclear(stay.box):
            return
        near = people_near(scene, stay.box, LOADING_HEIGHTS, not_in=np.zeros((0, 4), np.float32))
        step_s = min(max(0.0, stay.dwell_s - stay.attended_to_s), 2 / LOADING_HZ)
        stay.attended_to_s = stay.dwell_s
        stay.attendance.take(step_s, stay.dwell_s, near)
        stay.attendance.trim(LOADING_WINDOW_S)

    def _report(self, stay: _Stay, phase: Phase, scene: Scene) -> Event:
        stay.phase = phase
        loading = (Reason("attended", round(stay.attendance.ratio, 3), "ratio"),) if self._rule.loading_limit_s else ()
        reasons = (
            Reason("dwell", round(stay.dwell_s, 2), "s"),
            Reason("held", round(stay.held_s, 2), "s"),
            *loading,
            Reason("limit", self._limit_s(stay), "s"),
        )
        return replace(stay.event(KIND, self._zone, scene, reasons), offence=self._rule.offence)


def _followed(boxes: Boxes, reached: Mask) -> Mask:
    """Return which boxes can be reached from those of `reached` in steps of `QUEUE_GAP` sizes at most."""
    apart = np.maximum(boxes[:, None, :2], boxes[None, :, :2]) - np.minimum(boxes[:, None, 2:], boxes[None, :, 2:])
    sizes = np.sqrt(areas(boxes))
    is_next = np.clip(apart, 0, None).max(axis=2) <= QUEUE_GAP * np.maximum(sizes[:, None], sizes[None, :])
    while True:
        further: Mask = is_next[reached].any(axis=0)
        if (further == reached).all():
            return reached
        reached = further


def _runs(since_s: Mapping[int, float]) -> list[list[int]]:
    """Return the places at which things came to rest one after the other within `QUEUE_STEP_S`."""
    runs: list[list[int]] = []
    last_s = float("-inf")
    for key in sorted(since_s, key=lambda key: (since_s[key], key)):
        if since_s[key] - last_s > QUEUE_STEP_S:
            runs.append([])
        runs[-1].append(key)
        last_s = since_s[key]
    return runs
