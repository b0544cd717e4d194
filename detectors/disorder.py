"""Judges non-motor vehicles left in disorder: many two-wheelers at rest in a zone that stand scattered or every way.

One bicycle is no offence; a group is one event, whoever of it comes and goes. It begins when so many stand there in
disorder, is raised when that has lasted beyond the limit within the hours in force, and ends when the group has been in
order, or too small, for `CALM_S`. Where none may stand at all, `max_area_m2 = 0` makes their number alone decide;
marked rows are left out by drawing the zone beside them.

Belongs here: the rule. Does not: how spread and turn are measured (spread), whose vehicles they are.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from detectors.events import Event, Phase, Reason
from detectors.footprint import stands_in
from detectors.hours import Hours, in_force
from detectors.offences import Offence, event_id_of, wall_time_of
from detectors.rules import Ask, Pace, RuleSettings, ZoneDetector
from detectors.shapes import hull
from detectors.spread import area_m2, turned_ratio
from vision.classes import StreetClass
from vision.scenes import Place, PlaceState, Scene
from vision.zones import Zone

KIND: Final = "disorder"

TWO_WHEELERS = frozenset({StreetClass.BICYCLE, StreetClass.MOTORCYCLE})
"""Bicycles, and electric ones, which models call motorcycles."""

CALM_S = 30.0
"""In order for so long, the disorder is over: a lorry that hides half of the group for a moment ends nothing."""

STANDING = Pace(1 / 8, 10.0, 1 / 15)
"""A group that stands has time; the model looks four times a minute who is still there."""


class DisorderRule(RuleSettings):
    """Settings of the rule against two-wheelers in disorder for one zone."""

    smallest_m = 1.2  # a bicycle

    kind: Literal["disorder"] = KIND
    limit_s: float = Field(default=600, ge=1, le=86400, description="Seconds that a group may stand in disorder (s).")
    min_vehicles: int = Field(default=5, ge=1, le=200, description="Fewer two-wheelers are no group.")
    max_area_m2: float = Field(
        default=1.5, ge=0, le=100, description="More ground between them for each is disorder; 0: any group is (m²)."
    )
    max_turned_ratio: float = Field(
        default=0.4, ge=0, le=1, description="A larger share seen from another side than most is disorder (0-1)."
    )
    min_footprint_ratio: float = Field(
        default=0.5, gt=0, le=1, description="Share of a vehicle's ground inside the zone that counts as inside (0-1)."
    )
    min_score: float = Field(default=0.3, ge=0, le=1, description="Places whose mean score is lower are ignored (0-1).")
    hours: tuple[Hours, ...] = Field(default=(), description="When the rule is in force; empty means always.")

    def detector(self, camera_id: str, zone: Zone) -> "DisorderDetector":
        """Return a fresh detector of this rule for a zone of a camera."""
        return DisorderDetector(camera_id, zone, self)


class _Group(Offence):
    """A group in disorder; `calm_s` is how long it has not been."""

    members: list[int]
    disordered_s: float
    calm_s: float = 0.0
    area_m2: float
    turned_ratio: float


class _State(BaseModel):
    model_config = ConfigDict(extra="forbid")

    kind: Literal["disorder"] = KIND
    last_t_s: float | None = None
    next_key: int = 1
    group: _Group | None = None


@dataclass(frozen=True, slots=True)
class _Seen:
    """The two-wheelers at rest in the zone, how many of them nothing hides, and how they stand."""

    places: Sequence[Place]
    standing: int
    area_m2: float
    turned_ratio: float
    is_disorder: bool


class DisorderDetector(ZoneDetector[DisorderRule, _State]):
    """The rule against two-wheelers in disorder for one zone of one camera."""

    def __init__(self, camera_id: str, zone: Zone, rule: DisorderRule) -> None:
        super().__init__(camera_id, zone, rule, _State())

    def update(self, scene: Scene) -> list[Event]:
        """Take in a scene and return whether a group fell into disorder, passed the limit or was put in order."""
        state = self._state
        step_s = 0.0 if state.last_t_s is None else max(0.0, scene.t_s - state.last_t_s - scene.gap_s)
        state.last_t_s = scene.t_s
        is_in_force = in_force(self._rule.hours, scene.captured_at)
        seen = self._see(scene)
        if state.group is None:
            if not (seen.is_disorder and is_in_force):
                return []
            state.group = self._new_group(seen, scene)
            return [self._report(state.group, Phase.STARTED, scene)]
        group = state.group
        if not seen.is_disorder:
            return self._calm(group, step_s, scene)
        self._bring_up(group, seen)
        group.disordered_s += step_s if is_in_force else 0.0
        is_due = group.phase is Phase.STARTED and group.disordered_s >= self._rule.limit_s
        if is_due and is_in_force and seen.standing >= self._rule.min_vehicles:
            return [self._report(group, Phase.RAISED, scene)]
        return []

    def pace(self) -> Pace:
        """Return how closely to look: closer while a group stands in disorder."""
        return Pace.closest([Pace.scout(self._rule.limit_s), *([STANDING] if self._state.group else [])])

    def keeps(self) -> frozenset[int]:
        """Return the places of the group."""
        return frozenset(self._state.group.members if self._state.group else ())

    def asks(self) -> tuple[Ask, ...]:
        """Return nothing: a group falls into disorder bit by bit, and no moment of the past tells when."""
        return ()

    def _see(self, scene: Scene) -> _Seen:
        rule = self._rule
        places = [
            place
            for place in scene.places
            if place.class_id in TWO_WHEELERS and place.state is not PlaceState.LEFT and place.score >= rule.min_score
            if stands_in(place.box, self._zone, scene.size_wh, rule.min_footprint_ratio)
        ]
        if len(places) < rule.min_vehicles:
            return _Seen(places, len(places), 0.0, 0.0, is_disorder=False)
        boxes = np.array([place.box for place in places], np.float32)
        area, turned = area_m2(boxes, scene), turned_ratio(boxes)
        is_disorder = rule.max_area_m2 == 0 or area > rule.max_area_m2 or turned > rule.max_turned_ratio
        standing = sum(place.state is PlaceState.STANDING for place in places)
        return _Seen(places, standing, area, turned, is_disorder)

    def _new_group(self, seen: _Seen, scene: Scene) -> _Group:
        """Return the group that has just fallen into disorder: when the last of its vehicles was put there.

        Where that was outside the hours in force, it begins now, as in `spillover`.
        """
        last = max(seen.places, key=lambda place: place.since_t_s)
        is_held = not in_force(self._rule.hours, wall_time_of(scene, last.since_t_s))
        since_t_s = scene.t_s if is_held else last.since_t_s
        started_at = wall_time_of(scene, since_t_s)
        key, self._state.next_key = self._state.next_key, self._state.next_key + 1
        group = _Group(
            event_id=event_id_of(self._names, started_at, key),
            key=key,
            phase=Phase.STARTED,
            started_t_s=since_t_s,
            started_at=started_at,
            box=(0.0, 0.0, 0.0, 0.0),
            class_id=int(StreetClass.BICYCLE),
            score=0.0,
            members=[],
            disordered_s=max(0.0, scene.watched_s(since_t_s, scene.t_s)),
            area_m2=0.0,
            turned_ratio=0.0,
        )
        self._bring_up(group, seen)
        return group

    def _bring_up(self, group: _Group, seen: _Seen) -> None:
        group.calm_s = 0.0
        group.members = [place.place_id for place in seen.places]
        group.box = hull([place.box for place in seen.places])
        group.class_id = Counter(place.class_id for place in seen.places).most_common(1)[0][0]
        group.score = float(np.mean([place.score for place in seen.places]))
        group.area_m2, group.turned_ratio = seen.area_m2, seen.turned_ratio

    def _calm(self, group: _Group, step_s: float, scene: Scene) -> list[Event]:
        group.calm_s += step_s
        if group.calm_s < CALM_S:
            return []
        self._state.group = None
        return [self._report(group, Phase.ENDED, scene)]

    def _report(self, group: _Group, phase: Phase, scene: Scene) -> Event:
        group.phase = phase
        reasons = (
            Reason("disordered", round(group.disordered_s, 2), "s"),
            Reason("limit", self._rule.limit_s, "s"),
            Reason("vehicles", len(group.members), ""),
            Reason("spread", round(group.area_m2, 2), "m²"),
            Reason("turned", round(group.turned_ratio, 3), "ratio"),
        )
        return group.event(KIND, self._zone, scene, reasons)
