"""Judges street vending: a stall-like thing that stays in a zone with a person attending it.

Neither alone is an offence: people wait, and a tricycle parks. Stall-like places close to each other are one stall and
give one event. The offence begins when the first of its things came to rest, is raised when it has stood beyond the
limit and was attended for `attend_ratio` of the last `limit_s` watched seconds, and ends when all its things have left.
An umbrella counts only when it is too wide to be held, and an unknown object only when it is as large as a crate.

Belongs here: the rule. Does not: permits, market hours, who the vendor is.
"""

from collections.abc import Sequence
from typing import Final, Literal

from pydantic import Field

from detectors.attendance import NOBODY, people_near
from detectors.events import Event, Phase, Reason
from detectors.hours import in_force
from detectors.rules import Pace
from detectors.shapes import hull
from detectors.stalls import (
    Stall,
    StallRule,
    Stalls,
    StallsDetector,
    added,
    chief_of,
    is_large,
    members_of,
    unknown_boxes,
    with_ground,
)
from vision.classes import STALL_THINGS, StreetClass
from vision.scenes import Place, PlaceState, Scene
from vision.zones import Zone

KIND: Final = "vending"

STANDING = Pace(0.25, 5.0, 0.25)
"""Pixels prove that a stall still stands; the model looks for who attends it, and stays there longer than this."""

THING, ATTENDED, GOODS, CUSTOMERS = 0.4, 0.3, 0.15, 0.15
"""What the four kinds of evidence weigh in the reason `evidence`: a thing that stays and a person who attends it make
the offence, goods around it and customers confirm it. Chosen, not fitted; the rule itself does not rest on the sum."""

FULL_GOODS, FULL_CUSTOMERS = 3, 2
"""So many further things around the first, and so many customers, count in full."""


class VendingRule(StallRule):
    """Settings of the vending rule for one zone."""

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
    min_umbrella_width: float = Field(
        default=0.85, ge=0, le=5, description="Narrower umbrellas are held, not stalls (heights of the person near)."
    )

    def detector(self, camera_id: str, zone: Zone) -> "VendingDetector":
        """Return a fresh detector of this rule for a zone of a camera."""
        return VendingDetector(camera_id, zone, self)


class _State(Stalls[Stall]):
    kind: Literal["vending"] = KIND


class VendingDetector(StallsDetector[VendingRule, _State]):
    """The vending rule for one zone of one camera."""

    standing = STANDING

    def __init__(self, camera_id: str, zone: Zone, rule: VendingRule) -> None:
        super().__init__(camera_id, zone, rule, _State())

    def update(self, scene: Scene) -> list[Event]:
        """Take in a scene and return the stalls that began, passed the limit or ended."""
        state, rule = self._state, self._rule
        state.advance(scene)
        things = state.new_things(scene, self._zone, rule, STALL_THINGS)
        state.join(things, rule.join_distance, lambda place: Stall.of(place, scene, state.clock_s))
        merged = [stall for stall in state.merge(rule.join_distance) if stall.event_id]
        events = [self._report(stall, Phase.ENDED, scene) for stall in merged]  # nobody is told of them again
        for stall in list(state.stalls):
            events += self._judge(stall, scene)
        return events

    def _judge(self, stall: Stall, scene: Scene) -> list[Event]:
        members = members_of(stall, scene)
        if not members:
            return self._end(stall, scene)
        attended = self._attend(stall, members, scene)
        events: list[Event] = []
        if not stall.event_id and attended and stall.attendance.attended_s > 0:
            self._state.begin(stall, self._names, scene, self._rule.return_s)
            events.append(self._report(stall, Phase.STARTED, scene))
        if self._is_due(stall, members, scene):
            events.append(self._report(stall, Phase.RAISED, scene))
        return events

    def _end(self, stall: Stall, scene: Scene) -> list[Event]:
        self._state.end(stall, scene)
        return [self._report(stall, Phase.ENDED, scene)] if stall.event_id else []

    def _attend(self, stall: Stall, members: Sequence[Place], scene: Scene) -> bool:
        """Bring the stall up to the scene and return whether somebody attends it now."""
        stall.bring_up(members, scene)
        if not scene.looked:
            return False
        if scene.is_unclear(chief_of(members).box):
            # The next clear look tells of the seconds just before it, not of all since the last one.
            stall.clock_s = max(stall.clock_s, self._state.clock_s - 1 / STANDING.model_hz)
            return False
        ground = hull([with_ground(place) for place in members])
        near = people_near(scene, ground, self._rule.attend_distance, not_in=unknown_boxes(members))
        if near.height_px > 0 and not any(self._is_large(place, near.height_px, scene) for place in members):
            near = NOBODY  # held or carried things are no stall, whoever stands there
        if not in_force(self._rule.hours, scene.captured_at):
            near = NOBODY
        step_s, stall.clock_s = self._state.clock_s - stall.clock_s, self._state.clock_s
        attended = stall.attendance.take(step_s, self._state.clock_s, near)
        stall.attendance.trim(self._rule.limit_s)
        return attended

    def _is_large(self, place: Place, person_px: float, scene: Scene) -> bool:
        if place.class_id == StreetClass.UMBRELLA:
            return place.box[2] - place.box[0] >= self._rule.min_umbrella_width * person_px
        return is_large(place, self._rule, person_px, scene)

    def _is_due(self, stall: Stall, members: Sequence[Place], scene: Scene) -> bool:
        return (
            stall.phase is Phase.STARTED
            and bool(stall.event_id)
            and scene.looked
            and stall.dwell_s >= self._rule.limit_s
            and any(place.state is PlaceState.STANDING for place in members)
            and stall.attendance.attended_s >= self._rule.attend_ratio * self._rule.limit_s
        )

    def _report(self, stall: Stall, phase: Phase, scene: Scene) -> Event:
        stall.phase = phase
        reasons = (
            Reason("dwell", round(stall.dwell_s, 2), "s"),
            Reason("attended", round(stall.attendance.ratio, 3), "ratio"),
            Reason("customers", stall.attendance.customers, ""),
            *stall.reasons(),
            Reason("evidence", round(_evidence(stall), 3), "ratio"),
            Reason("limit", self._rule.limit_s, "s"),
        )
        return stall.event(KIND, self._zone, scene, reasons)


def _evidence(stall: Stall) -> float:
    """Return how much speaks for a stall that sells, in [0, 1]."""
    return added(
        (
            (THING, stall.score),
            (ATTENDED, stall.attendance.ratio),
            (GOODS, (len(stall.members) - 1) / FULL_GOODS),
            (CUSTOMERS, stall.attendance.customers / FULL_CUSTOMERS),
        )
    )
