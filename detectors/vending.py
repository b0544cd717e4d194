"""Judges street vending: a stall-like thing that stays in a zone with a person attending it.

Neither alone is an offence: people wait, and a tricycle parks. Stall-like places close to each other are one stall and
give one event. The offence begins when the first of its things came to rest, is raised when it has stood beyond the
limit and was attended for `attend_ratio` of the last `limit_s` watched seconds, and ends when all its things have left.
An umbrella counts only when it is too wide to be held, and an unknown object only when it is as large as a crate.

Belongs here: the rule. Does not: permits, market hours, who the vendor is.
"""

from collections.abc import Sequence
from typing import Final, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, JsonValue

from detectors.attendance import Attendance, people_near
from detectors.events import Event, Phase, Reason
from detectors.footprint import stands_in
from detectors.hours import Hours, in_force
from detectors.offences import Offence, event_id_of, wall_time_of
from detectors.rules import Ask, Pace, RuleSettings, Watches, is_time_to_ask
from detectors.shapes import gap_sizes, hull, is_upright
from vision.classes import STALL_THINGS, StreetClass
from vision.scenes import Place, PlaceState, Scene
from vision.zones import Zone

KIND: Final = "vending"

STANDING = Pace(0.25, 5.0, 0.25)
"""Pixels prove that a stall still stands; the model looks for who attends it, and stays there longer than this."""

Box = tuple[float, float, float, float]


class VendingRule(RuleSettings):
    """Settings of the vending rule for one zone."""

    watches = Watches.UNKNOWN
    smallest_m = 1.0  # a person

    kind: Literal["vending"] = KIND
    limit_s: float = Field(default=60, ge=1, le=86400, description="Seconds an attended stall may stand (s).")
    attend_ratio: float = Field(
        default=0.5, gt=0, le=1, description="Share of the last limit_s in which somebody must attend it (0-1)."
    )
    attend_distance: float = Field(
        default=1.0, gt=0, le=5, description="How near a person attends, in heights of that person (1 is about 1.7 m)."
    )
    join_distance: float = Field(
        default=0.6, ge=0, le=5, description="Things nearer than this many of their sizes are one stall (sizes)."
    )
    min_footprint_ratio: float = Field(
        default=0.5, gt=0, le=1, description="Share of a thing's ground inside the zone that counts as inside (0-1)."
    )
    min_score: float = Field(default=0.3, ge=0, le=1, description="Places whose mean score is lower are ignored (0-1).")
    min_umbrella_width: float = Field(
        default=0.85, ge=0, le=5, description="Narrower umbrellas are held, not stalls (heights of the person near)."
    )
    min_unknown_size: float = Field(
        default=0.35, ge=0, le=5, description="Smaller unknown objects are luggage (heights of the person near)."
    )
    hours: tuple[Hours, ...] = Field(default=(), description="When the rule is in force; empty means always.")

    def detector(self, camera_id: str, zone: Zone) -> "VendingDetector":
        """Return a fresh detector of this rule for a zone of a camera."""
        return VendingDetector(camera_id, zone, self)


class _Stall(Offence):
    """A stall: the places it is made of, and how it was attended. It is an offence once `event_id` is given."""

    members: list[int]
    key_box: Box = (0.0, 0.0, 0.0, 0.0)
    dwell_s: float
    clock_s: float
    is_dated: bool = False
    attendance: Attendance = Field(default_factory=Attendance)


class _State(BaseModel):
    model_config = ConfigDict(extra="forbid")

    kind: Literal["vending"] = KIND
    clock_s: float = 0.0
    last_t_s: float | None = None
    stalls: list[_Stall] = Field(default_factory=list)


class VendingDetector:
    """The vending rule for one zone of one camera."""

    def __init__(self, camera_id: str, zone: Zone, rule: VendingRule) -> None:
        self._camera_id, self._zone, self._rule = camera_id, zone, rule
        self._state = _State()

    @property
    def zone(self) -> Zone:
        """The zone that is watched."""
        return self._zone

    def update(self, scene: Scene) -> list[Event]:
        """Take in a scene and return the stalls that began, passed the limit or ended."""
        state = self._state
        if state.last_t_s is not None:
            state.clock_s += max(0.0, scene.t_s - state.last_t_s - scene.gap_s)
        state.last_t_s = scene.t_s
        self._date(scene)
        self._join(scene)
        events = self._merge(scene)
        for stall in list(state.stalls):
            events += self._judge(stall, scene)
        return events

    def pace(self) -> Pace:
        """Return how closely to look: closer while a stall stands."""
        return Pace.closest([Pace.scout(self._rule.limit_s), *([STANDING] if self._state.stalls else [])])

    def keeps(self) -> frozenset[int]:
        """Return the places of the stalls' things."""
        return frozenset(member for stall in self._state.stalls for member in stall.members)

    def asks(self) -> tuple[Ask, ...]:
        """Return the stalls that are about to pass the limit; answers move their beginning."""
        return tuple(
            Ask(stall.key, stall.key_box, stall.started_t_s)
            for stall in self._state.stalls
            if stall.event_id
            and stall.phase is Phase.STARTED
            and not stall.is_dated
            and is_time_to_ask(stall.dwell_s, self._rule.limit_s)
        )

    def checkpoint(self) -> JsonValue:
        """Return the stalls as JSON."""
        return self._state.model_dump(mode="json")

    def restore(self, state: JsonValue) -> None:
        """Take up a checkpoint; raises `ValueError` when it is none of this detector."""
        self._state = _State.model_validate(state)

    def _date(self, scene: Scene) -> None:
        """Take over what looking back has found of when stalls were set up: of the first of their things."""
        dates = {dated.subject: dated.t_s for dated in scene.dated}
        for stall in self._state.stalls:
            t_s = dates.get(stall.key)
            if t_s is not None and stall.phase is Phase.STARTED:
                stall.started_t_s, stall.started_at = t_s, wall_time_of(scene, t_s)
                stall.is_dated = True

    def _join(self, scene: Scene) -> None:
        """Give each stall-like place of the zone to the stall it stands at, or make it a new one."""
        taken = {member for stall in self._state.stalls for member in stall.members}
        for place in scene.places:
            if place.place_id in taken or not self._is_stall_like(place, scene):
                continue
            near = [s for s in self._state.stalls if gap_sizes(s.box, place.box) <= self._rule.join_distance]
            if near:
                near[0].members.append(place.place_id)
            else:
                self._state.stalls.append(_candidate(place, scene, self._state.clock_s))

    def _merge(self, scene: Scene) -> list[Event]:
        """Make one stall of two between which further things were put since; nobody is told of the younger again."""
        stalls = self._state.stalls
        events: list[Event] = []
        for younger in stalls[:0:-1]:
            older = next(s for s in stalls if s is younger or gap_sizes(s.box, younger.box) <= self._rule.join_distance)
            if older is younger or younger.phase is Phase.RAISED:
                continue
            older.members += younger.members
            stalls.remove(younger)
            if younger.event_id:
                events.append(self._report(younger, Phase.ENDED, scene))
        return events

    def _is_stall_like(self, place: Place, scene: Scene) -> bool:
        if place.state is not PlaceState.STANDING or place.class_id not in STALL_THINGS:
            return False
        if place.score < self._rule.min_score:
            return False
        return any(
            stands_in(box, self._zone, scene.size_wh, self._rule.min_footprint_ratio)
            for box in (place.box, _with_ground(place))
        )

    def _judge(self, stall: _Stall, scene: Scene) -> list[Event]:
        members = [p for p in scene.places if p.place_id in stall.members and p.state is not PlaceState.LEFT]
        if not members:
            self._state.stalls.remove(stall)
            return [self._report(stall, Phase.ENDED, scene)] if stall.event_id else []
        attended = self._attend(stall, members, scene)
        events: list[Event] = []
        if not stall.event_id and attended and stall.attendance.attended_s > 0:
            started_at = wall_time_of(scene, stall.started_t_s)
            names = self._camera_id, self._zone.zone_id, KIND
            stall.event_id, stall.started_at = event_id_of(names, started_at, stall.key), started_at
            events.append(self._report(stall, Phase.STARTED, scene))
        if self._is_due(stall, members, scene):
            events.append(self._report(stall, Phase.RAISED, scene))
        return events

    def _attend(self, stall: _Stall, members: Sequence[Place], scene: Scene) -> bool:
        """Bring the stall up to the scene and return whether somebody attends it now."""
        stall.members = [place.place_id for place in members]
        stall.key_box = next((place.box for place in members if place.place_id == stall.key), stall.key_box)
        chief = max(members, key=lambda place: (place.dwell_s, -place.place_id))
        stall.dwell_s = max(stall.dwell_s, chief.dwell_s)
        stall.box = hull([place.box for place in members])
        stall.class_id, stall.score = chief.class_id, chief.score
        if not scene.looked:
            return False
        if scene.is_unclear(chief.box):
            # The next clear look tells of the seconds just before it, not of all since the last one.
            stall.clock_s = max(stall.clock_s, self._state.clock_s - 1 / STANDING.model_hz)
            return False
        ground = hull([_with_ground(place) for place in members])
        unknown = [place.box for place in members if place.class_id == StreetClass.UNKNOWN]
        not_in = np.array(unknown, np.float32).reshape(-1, 4)
        near_ids, stands_near, height_px = people_near(scene, ground, self._rule.attend_distance, not_in=not_in)
        if height_px > 0 and not any(self._is_large(place, height_px) for place in members):
            near_ids, stands_near = [], False  # held or carried things are no stall, whoever stands there
        if not in_force(self._rule.hours, scene.captured_at):
            near_ids, stands_near = [], False
        step_s, stall.clock_s = self._state.clock_s - stall.clock_s, self._state.clock_s
        attended = stall.attendance.take(step_s, self._state.clock_s, near_ids, stands_near=stands_near)
        stall.attendance.trim(self._rule.limit_s)
        return attended

    def _is_large(self, place: Place, person_px: float) -> bool:
        width, height = place.box[2] - place.box[0], place.box[3] - place.box[1]
        if place.class_id == StreetClass.UMBRELLA:
            return width >= self._rule.min_umbrella_width * person_px
        if place.class_id == StreetClass.UNKNOWN:
            is_wide = (width * height) ** 0.5 >= self._rule.min_unknown_size * person_px
            return bool(is_wide and not is_upright(place.box))
        return True

    def _is_due(self, stall: _Stall, members: Sequence[Place], scene: Scene) -> bool:
        return (
            stall.phase is Phase.STARTED
            and bool(stall.event_id)
            and scene.looked
            and stall.dwell_s >= self._rule.limit_s
            and any(place.state is PlaceState.STANDING for place in members)
            and stall.attendance.attended_s >= self._rule.attend_ratio * self._rule.limit_s
        )

    def _report(self, stall: _Stall, phase: Phase, scene: Scene) -> Event:
        stall.phase = phase
        reasons = (
            Reason("dwell", round(stall.dwell_s, 2), "s"),
            Reason("attended", round(stall.attendance.ratio, 3), "ratio"),
            Reason("limit", self._rule.limit_s, "s"),
        )
        return stall.event(KIND, self._zone, scene, reasons)


def _candidate(place: Place, scene: Scene, clock_s: float) -> _Stall:
    return _Stall(
        event_id="",
        key=place.place_id,
        phase=Phase.STARTED,
        started_t_s=place.since_t_s,
        started_at=wall_time_of(scene, place.since_t_s),
        box=place.box,
        class_id=place.class_id,
        score=place.score,
        members=[place.place_id],
        key_box=place.box,
        dwell_s=place.dwell_s,
        clock_s=clock_s,
    )


def _with_ground(place: Place) -> Box:
    """Return the box of a thing down to the ground; an umbrella hangs about 1.5 of its heights over it."""
    x1, y1, x2, y2 = place.box
    return (x1, y1, x2, y2 + 1.5 * (y2 - y1)) if place.class_id == StreetClass.UMBRELLA else place.box
