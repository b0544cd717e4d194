"""Judges shops that spill over: goods that stay beyond a shop's door line, on the street side, in business hours.

A shop is attended from inside, so nobody need stand by. One zone is the ground before one shop, and all that stands
there beyond the line is one offence. It begins when the first thing came to rest in business hours, is raised when one
has stood there beyond the limit, and ends when all have left.

People and vehicles at rest are no goods. What stood there when the zone was learned is street furniture. An unknown
thing that stands alone and that somebody stays within reach of is a pram, luggage, or a vendor's: no shop's.

Belongs here: the rule. Does not: permits to trade before the door, whose shop it is (the zone's name).
"""

import math
from collections.abc import Sequence
from typing import Final, Literal

from pydantic import Field

from detectors.attendance import people_near
from detectors.door_line import DoorLine
from detectors.events import Event, Phase, Reason
from detectors.furniture import Furniture
from detectors.hours import in_force
from detectors.rules import Ask, Pace
from detectors.shapes import hull
from detectors.sizes import person_px
from detectors.stalls import Stall, StallRule, Stalls, StallsDetector, added, is_large, members_of, unknown_boxes
from vision.classes import STALL_THINGS, StreetClass
from vision.scenes import Place, PlaceState, Scene
from vision.zones import Zone

KIND: Final = "spillover"

GOODS = STALL_THINGS - {StreetClass.TRICYCLE, StreetClass.UMBRELLA}
"""What a shop puts out. A tricycle before a door delivers, or is parked; an umbrella alone is held in the rain, and a
parasol stands over something that counts by itself."""

STANDING = Pace(0.25, 5.0, 1 / 15)
"""Pixels prove that goods still stand; the model sees now and then whether somebody stays within reach of them."""

REACH_HEIGHTS = 0.5
"""Who stays this near to a thing, in heights of that person, has it within reach: a pram, luggage."""

BELONGS_RATIO = 0.5
"""A thing alone that somebody was within reach of for this share of the last limit belongs to that person."""

THING, BEYOND, AROUND = 0.5, 0.25, 0.25
"""What the kinds of evidence weigh in the reason `evidence`. Chosen, not fitted; the rule does not rest on the sum."""

FULL_BEYOND_M, FULL_BEYOND_HEIGHTS, FULL_AROUND = 1.0, 0.05, 3
"""So far beyond the line, in metres or heights of the picture, and so many further things, count in full."""


class SpilloverRule(StallRule):
    """Settings of the rule on shops that spill over, for the ground before one shop."""

    kind: Literal["spillover"] = KIND
    limit_s: float = Field(default=300, ge=1, le=86400, description="Seconds goods may stand beyond the line (s).")
    door: tuple[tuple[float, float], ...] = Field(
        default=(),
        max_length=20,
        description="Door line of the shop: points (x, y) as fractions of width and height; empty: the zone's edge.",
    )
    min_beyond_m: float = Field(
        default=0.3, ge=0, le=20, description="Nearer to the line is tolerated, where the ground is known (m)."
    )
    min_beyond_ratio: float = Field(
        default=0.01, ge=0, le=1, description="The same where it is not, in heights of the picture (0-1)."
    )

    def detector(self, camera_id: str, zone: Zone) -> "SpilloverDetector":
        """Return a fresh detector of this rule for a zone of a camera.

        Raises:
            DoorLineError: the door line does not fit the zone.
        """
        return SpilloverDetector(camera_id, zone, self)


class _Spill(Stall):
    """What one shop has put out; `held_s` of its dwell lay outside business hours."""

    held_s: float = 0.0
    beyond: float = 0.0
    beyond_unit: Literal["m", "ratio", ""] = ""

    @property
    def counted_s(self) -> float:
        return self.dwell_s - self.held_s


class _State(Stalls[_Spill]):
    kind: Literal["spillover"] = KIND
    furniture: Furniture = Field(default_factory=Furniture)


class SpilloverDetector(StallsDetector[SpilloverRule, _State]):
    """The rule on shops that spill over, for the ground before one shop.

    Raises:
        DoorLineError: the rule's door line does not fit the zone.
    """

    standing = STANDING

    def __init__(self, camera_id: str, zone: Zone, rule: SpilloverRule) -> None:
        super().__init__(camera_id, zone, rule, _State())
        self._door = DoorLine(rule.door, zone) if rule.door else None

    def update(self, scene: Scene) -> list[Event]:
        """Take in a scene and return the spills that began, passed the limit or ended."""
        state = self._state
        step_s = state.advance(scene)
        things = state.new_things(scene, self._zone, self._rule, GOODS)
        state.furniture.learn(things, scene, state.clock_s)
        is_open = in_force(self._rule.hours, scene.captured_at)
        goods = [place for place in things if self._is_put_out(place, scene)]
        state.join(goods, math.inf, lambda place: _Spill.of(place, scene, state.clock_s))
        events: list[Event] = []
        for spill in list(state.stalls):
            spill.held_s += 0.0 if is_open else step_s
            events += self._judge(spill, scene, is_open=is_open)
        return events

    def asks(self) -> tuple[Ask, ...]:
        """Return the spill that is about to pass the limit; the answer moves its beginning."""
        return () if any(spill.held_s > 0 for spill in self._state.stalls) else super().asks()

    def _is_put_out(self, place: Place, scene: Scene) -> bool:
        """Return whether a thing was put out beyond the line: large enough, and no furniture."""
        if self._state.furniture.holds(place.box):
            return False
        near = people_near(scene, place.box, 1.0, not_in=unknown_boxes([place]))
        if not is_large(place, self._rule, near.height_px or person_px(place.box, scene) or 0.0, scene):
            return False
        beyond, unit = self._beyond(place, scene)
        return not unit or beyond >= (self._rule.min_beyond_m if unit == "m" else self._rule.min_beyond_ratio)

    def _beyond(self, place: Place, scene: Scene) -> tuple[float, Literal["m", "ratio", ""]]:
        """Return how far beyond the line a thing stands, in metres or heights of the picture; no unit: no line."""
        if self._door is None:
            return 0.0, ""
        metres = self._door.beyond_m(place.box, scene.size_wh, scene.ground) if scene.ground is not None else None
        return (self._door.beyond_heights(place.box, scene.size_wh), "ratio") if metres is None else (metres, "m")

    def _judge(self, spill: _Spill, scene: Scene, *, is_open: bool) -> list[Event]:
        members = members_of(spill, scene)
        if not members:
            return self._end(spill, scene)
        self._bring_up(spill, members, scene)
        events: list[Event] = []
        if not spill.event_id and is_open:
            events.append(self._start(spill, scene))
        if self._is_due(spill, members, scene, is_open=is_open):
            events.append(self._report(spill, Phase.RAISED, scene))
        return events

    def _bring_up(self, spill: _Spill, members: Sequence[Place], scene: Scene) -> None:
        spill.bring_up(members, scene)
        spill.beyond, spill.beyond_unit = max(self._beyond(place, scene) for place in members)
        if scene.looked:
            ground = hull([place.box for place in members])
            near = people_near(scene, ground, REACH_HEIGHTS, not_in=unknown_boxes(members))
            step_s, spill.clock_s = self._state.clock_s - spill.clock_s, self._state.clock_s
            spill.attendance.take(step_s, self._state.clock_s, near)
            spill.attendance.trim(self._rule.limit_s)

    def _start(self, spill: _Spill, scene: Scene) -> Event:
        if spill.held_s > 0:  # put out before the shop opened: the offence begins with business hours
            spill.started_t_s = scene.t_s
        self._state.begin(spill, self._names, scene, self._rule.return_s)
        return self._report(spill, Phase.STARTED, scene)

    def _is_due(self, spill: _Spill, members: Sequence[Place], scene: Scene, *, is_open: bool) -> bool:
        is_alone = len(members) == 1 and members[0].class_id == StreetClass.UNKNOWN
        belongs = is_alone and spill.attendance.ratio >= BELONGS_RATIO
        return (
            spill.phase is Phase.STARTED
            and is_open
            and scene.looked
            and not belongs
            and spill.counted_s >= self._rule.limit_s
            and any(place.state is PlaceState.STANDING for place in members)
        )

    def _end(self, spill: _Spill, scene: Scene) -> list[Event]:
        self._state.end(spill, scene)
        return [self._report(spill, Phase.ENDED, scene)] if spill.event_id else []

    def _report(self, spill: _Spill, phase: Phase, scene: Scene) -> Event:
        spill.phase = phase
        far, unit = round(spill.beyond, 3), spill.beyond_unit
        told = Reason("beyond", far, unit) if unit == "m" else Reason("beyond_picture", far, unit)
        beyond = (told,) if unit else ()
        reasons = (
            Reason("dwell", round(spill.counted_s, 2), "s"),
            *beyond,
            *spill.reasons(),
            Reason("evidence", round(_evidence(spill), 3), "ratio"),
            Reason("limit", self._rule.limit_s, "s"),
        )
        return spill.event(KIND, self._zone, scene, reasons)


def _evidence(spill: _Spill) -> float:
    """Return how much speaks for goods that a shop has put out, in [0, 1]."""
    full = FULL_BEYOND_M if spill.beyond_unit == "m" else FULL_BEYOND_HEIGHTS
    around = (len(spill.members) - 1) / FULL_AROUND
    return added(((THING, spill.score), (BEYOND, spill.beyond / full), (AROUND, around)))
