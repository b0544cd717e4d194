"""Judges goods piled on the pavement: things that lie in a zone beyond its limit while nobody attends them.

No person is needed. What counts are goods, tables and stalls that the model names, and unknown objects, which were not
in the long-term background, of at least `min_size_m`. Things close to each other are one pile and give one event. Its
clock counts watched seconds within the hours in force in which nobody was by it: what somebody stands with for the
whole time is luggage, or a stall, of which the vending rule speaks. The offence begins when the first of its things was
put down, is raised beyond the limit where it was attended for `max_attended_ratio` of the last time at most, and ends
when all its things are gone.

Belongs here: the rule. Does not: what was not there before (vision.background), permits, whose goods they are.
"""

from collections.abc import Sequence
from typing import Final, Literal

import numpy as np
from pydantic import Field

from detectors.attendance import people_near
from detectors.events import Event, Phase, Reason
from detectors.hours import in_force
from detectors.person_scale import PersonScale
from detectors.rules import Pace
from detectors.shapes import is_upright
from detectors.stalls import Stall, Stalls, StallsDetector, ThingsRule, members_of, unknown_boxes
from vision.boxes import covered_ratio
from vision.classes import StreetClass
from vision.scenes import Place, PlaceState, Scene
from vision.zones import Zone

KIND: Final = "goods"

THINGS = frozenset({StreetClass.GOODS, StreetClass.TABLE, StreetClass.STALL, StreetClass.UNKNOWN})
"""What can lie about; vehicles of any kind have rules of their own, and an umbrella stands over something."""

CARRIERS = frozenset(set(StreetClass) - THINGS - {StreetClass.UMBRELLA})
"""People and vehicles: an unknown object that one of them covers is a part of it, or its load."""

COVERED_RATIO = 0.5
"""So much of an unknown object lies under the box of what carries it."""

STANDING = Pace(0.2, 5.0, 0.1)
"""Pixels prove that a pile still lies there; the model looks every ten seconds for who attends it."""

WINDOW_S = 1800.0
"""Who attends a pile is remembered for so long at most; longer limits ask of the last half hour."""


class GoodsRule(ThingsRule):
    """Settings of the rule against goods on the pavement for one zone."""

    smallest_m = 0.6  # a crate

    kind: Literal["goods"] = KIND
    limit_s: float = Field(default=600, ge=1, le=86400, description="Unattended seconds that things may lie (s).")
    max_attended_ratio: float = Field(
        default=0.1, ge=0, le=1, description="Share of the last limit_s in which somebody may have been by it (0-1)."
    )
    attend_distance: float = Field(
        default=1.0, gt=0, le=5, description="How near a person attends, in heights of that person (1 is about 1.7 m)."
    )
    join_distance: float = Field(
        default=0.6, ge=0, le=5, description="Things nearer than this many of their sizes are one pile (sizes)."
    )
    min_size_m: float = Field(
        default=0.6, ge=0, le=10, description="Smaller unknown objects are litter (m, root of width times height)."
    )
    max_size_m: float = Field(default=6.0, gt=0, le=50, description="Larger unknown objects are no goods (m).")

    def detector(self, camera_id: str, zone: Zone) -> "GoodsDetector":
        """Return a fresh detector of this rule for a zone of a camera."""
        return GoodsDetector(camera_id, zone, self)


class _Pile(Stall):
    """Things that lie together; `unattended_s` is how long nobody was by them."""

    unattended_s: float = 0.0


class _State(Stalls[_Pile]):
    kind: Literal["goods"] = KIND
    people: PersonScale = Field(default_factory=PersonScale)


class GoodsDetector(StallsDetector[GoodsRule, _State]):
    """The rule against goods on the pavement for one zone of one camera."""

    standing = STANDING

    def __init__(self, camera_id: str, zone: Zone, rule: GoodsRule) -> None:
        super().__init__(camera_id, zone, rule, _State())

    def update(self, scene: Scene) -> list[Event]:
        """Take in a scene and return the piles that began, passed the limit or ended."""
        state = self._state
        state.advance(scene)
        if scene.looked:
            state.people.learn(scene)
        things = state.new_things(scene, self._zone, self._rule, THINGS)
        things = [place for place in things if place.class_id != StreetClass.UNKNOWN or self._is_object(place, scene)]
        state.join(things, self._rule.join_distance, lambda place: _Pile.of(place, scene, state.clock_s))
        gone = [pile for pile in state.merge(self._rule.join_distance) if pile.event_id]
        events = [self._report(pile, Phase.ENDED, scene) for pile in gone]
        return events + [event for pile in list(state.stalls) for event in self._judge(pile, scene)]

    def _is_object(self, place: Place, scene: Scene) -> bool:
        """Return whether something unknown is large enough, not too large, and neither a person nor part of one."""
        metres = self._state.people.size_m(place.box, scene)
        if metres is None or not self._rule.min_size_m <= metres <= self._rule.max_size_m:
            return False
        return not is_upright(place.box) and not _is_carried(place, scene)

    def _judge(self, pile: _Pile, scene: Scene) -> list[Event]:
        members = [
            place for place in members_of(pile, scene) if place.class_id in THINGS
        ]  # it may be a vehicle after all
        if not members:
            self._state.end(pile, scene)
            return [self._report(pile, Phase.ENDED, scene)] if pile.event_id else []
        pile.bring_up(members, scene)
        sizes = [self._state.people.size_m(place.box, scene) for place in members]
        pile.size_m = max((each for each in sizes if each is not None), default=pile.size_m)
        attended = self._attend(pile, members, scene) if scene.looked else True
        events: list[Event] = []
        if not pile.event_id and pile.unattended_s > 0:
            self._state.begin(pile, self._names, scene, 0.0)
            events.append(self._report(pile, Phase.STARTED, scene))
        if not attended and self._is_due(pile, members):
            events.append(self._report(pile, Phase.RAISED, scene))
        return events

    def _attend(self, pile: _Pile, members: Sequence[Place], scene: Scene) -> bool:
        """Count the time since the last look as attended or not; return whether somebody attends the pile now."""
        now_s = self._state.clock_s
        if scene.is_unclear(members[0].box):
            # The next clear look tells of the seconds just before it, not of all since the last one.
            pile.clock_s = max(pile.clock_s, now_s - 1 / STANDING.model_hz)
            return True
        step_s, pile.clock_s = now_s - pile.clock_s, now_s
        if not in_force(self._rule.hours, scene.captured_at):
            return True
        near = people_near(scene, pile.box, self._rule.attend_distance, not_in=unknown_boxes(members))
        attended = pile.attendance.take(step_s, now_s, near)
        pile.attendance.trim(min(self._rule.limit_s, WINDOW_S))
        if not attended:
            pile.unattended_s += step_s
        return attended

    def _is_due(self, pile: _Pile, members: Sequence[Place]) -> bool:
        return (
            bool(pile.event_id)
            and pile.phase is Phase.STARTED
            and pile.unattended_s >= self._rule.limit_s
            and pile.attendance.ratio <= self._rule.max_attended_ratio
            and any(place.state is PlaceState.STANDING for place in members)
        )

    def _report(self, pile: _Pile, phase: Phase, scene: Scene) -> Event:
        pile.phase = phase
        reasons = (
            Reason("dwell", round(pile.dwell_s, 2), "s"),
            Reason("unattended", round(pile.unattended_s, 2), "s"),
            Reason("limit", self._rule.limit_s, "s"),
            *pile.reasons(),
        )
        return pile.event(KIND, self._zone, scene, reasons)


def _is_carried(place: Place, scene: Scene) -> bool:
    """Return whether a person or vehicle, standing or not, covers most of an unknown object."""
    carriers = [other.box for other in scene.places if other.class_id in CARRIERS]
    moving = scene.tracks.boxes[np.isin(scene.tracks.class_ids, [int(kind) for kind in CARRIERS])]
    boxes = np.concatenate([np.array(carriers, np.float32).reshape(-1, 4), moving])
    return bool((covered_ratio(np.array([place.box], np.float32), boxes) >= COVERED_RATIO).any())
