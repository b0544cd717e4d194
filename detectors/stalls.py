"""Holds what rules about stalls share: things that stand close together and are one, what they are made of, their size.

A stall is an `Offence` whose things are places. Rules decide which places count and what makes a stall unlawful; this
module joins places to stalls, brings stalls up to a scene, and remembers those that left, as who was told to go often
comes back.

Belongs here: stalls made of places. Does not: who attends them (attendance), when they are an offence (vending,
spillover).
"""

from collections.abc import Callable, Sequence
from typing import Any, ClassVar, Generic, Self, TypeVar

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from detectors.attendance import Attendance
from detectors.events import Phase, Reason
from detectors.footprint import stands_in
from detectors.hours import Hours
from detectors.offences import Offence, event_id_of, wall_time_of
from detectors.returns import Returns
from detectors.rules import Ask, Pace, RuleSettings, Watches, ZoneDetector, is_time_to_ask
from detectors.shapes import gap_sizes, hull, is_upright
from detectors.sizes import size_m
from vision.arrays import Boxes
from vision.classes import StreetClass
from vision.scenes import Place, PlaceState, Scene
from vision.zones import Zone

Box = tuple[float, float, float, float]


class ThingsRule(RuleSettings):
    """Settings that rules about things on the ground share, known or unknown."""

    watches = Watches.UNKNOWN

    limit_s: float

    min_footprint_ratio: float = Field(
        default=0.5, gt=0, le=1, description="Share of a thing's ground inside the zone that counts as inside (0-1)."
    )
    min_score: float = Field(default=0.3, ge=0, le=1, description="Places whose mean score is lower are ignored (0-1).")
    hours: tuple[Hours, ...] = Field(default=(), description="When the rule is in force; empty means always.")


class StallRule(ThingsRule):
    """Settings that rules about stalls share."""

    smallest_m = 1.0  # a person, a rack, a stack of crates

    min_unknown_size: float = Field(
        default=0.35, ge=0, le=5, description="Smaller unknown objects are luggage (heights of the person near)."
    )
    min_unknown_size_m: float = Field(
        default=0.6, ge=0, le=10, description="The same where the ground is known (m, root of width times height)."
    )
    max_unknown_size_m: float = Field(
        default=6.0, gt=0, le=50, description="Larger unknown objects are no goods, where the ground is known (m)."
    )
    return_s: float = Field(
        default=14400, ge=0, le=86400, description="Who left and is back within this time has returned (s)."
    )


class Stall(Offence):
    """A stall: the places it is made of, and how it was attended. It is an offence once `event_id` is given.

    Attributes:
        members: ids of the places it is made of.
        key_box: box of the place that it is called after.
        dwell_s: longest stay of one of its things.
        clock_s: the rule's watched seconds up to which `attendance` goes.
        is_dated: whether looking back has found when it was set up.
        attendance: who was near it.
        size_m: of the largest thing of it, 0 where the ground is not known.
        returned: how often what looks like it was here within `return_s` before it.
        away_s: seconds since the last of those left.
    """

    members: list[int]
    key_box: Box = (0.0, 0.0, 0.0, 0.0)
    dwell_s: float
    clock_s: float
    is_dated: bool = False
    attendance: Attendance = Field(default_factory=Attendance)
    size_m: float = 0.0
    returned: int = 0
    away_s: float = 0.0

    @classmethod
    def of(cls, place: Place, scene: Scene, clock_s: float) -> Self:
        """Return a stall of one thing, which is no offence yet."""
        return cls(
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

    def bring_up(self, members: Sequence[Place], scene: Scene) -> None:
        """Take over from its places where and what it is now."""
        self.members = [place.place_id for place in members]
        self.key_box = next((place.box for place in members if place.place_id == self.key), self.key_box)
        chief = chief_of(members)
        self.dwell_s = max(self.dwell_s, chief.dwell_s)
        self.box = hull([place.box for place in members])
        self.class_id, self.score = chief.class_id, chief.score
        sizes = [size_m(with_ground(place), scene) for place in members]
        self.size_m = max((each for each in sizes if each is not None), default=0.0)

    def reasons(self) -> tuple[Reason, ...]:
        """Return the measurements that all rules about stalls report: goods around, size, and whether it is back."""
        found = [Reason("things", len(self.members), "")]
        if self.size_m > 0:
            found.append(Reason("size", round(self.size_m, 2), "m"))
        if self.returned:
            found += [Reason("returned", self.returned, ""), Reason("away", round(self.away_s, 1), "s")]
        return tuple(found)


StallT = TypeVar("StallT", bound=Stall)


class Stalls(BaseModel, Generic[StallT]):
    """The stalls of one zone, as plain data for checkpoints; `clock_s` counts watched seconds."""

    model_config = ConfigDict(extra="forbid")

    clock_s: float = 0.0
    last_t_s: float | None = None
    stalls: list[StallT] = Field(default_factory=list)
    returns: Returns = Field(default_factory=Returns)

    def advance(self, scene: Scene) -> float:
        """Bring the clock up to a scene, take over what looking back has found; return the watched seconds since."""
        step_s = 0.0 if self.last_t_s is None else max(0.0, scene.t_s - self.last_t_s - scene.gap_s)
        self.clock_s += step_s
        self.last_t_s = scene.t_s
        dates = {dated.subject: dated.t_s for dated in scene.dated}
        for stall in self.stalls:
            t_s = dates.get(stall.key)
            if t_s is not None and stall.phase is Phase.STARTED:
                stall.started_t_s, stall.started_at = t_s, wall_time_of(scene, t_s)
                stall.is_dated = True
        return step_s

    def new_things(self, scene: Scene, zone: Zone, rule: ThingsRule, classes: frozenset[StreetClass]) -> list[Place]:
        """Return the places of some classes that stand in a zone and are of no stall yet."""
        taken = self.member_ids()
        places = [place for place in scene.places if place.class_id in classes and place.place_id not in taken]
        return [place for place in places if _stands_in(place, scene, zone, rule)]

    def join(self, places: Sequence[Place], distance: float, new: Callable[[Place], StallT]) -> None:
        """Give each of some new things to the stall it stands at, within so many of their sizes; else make it one."""
        for place in places:
            near = next((stall for stall in self.stalls if gap_sizes(stall.box, place.box) <= distance), None)
            if near is None:
                self.stalls.append(new(place))
            else:
                near.members.append(place.place_id)

    def merge(self, distance: float) -> list[StallT]:
        """Make one stall of two between which further things were put since; return those that are no more."""
        gone = []
        for younger in self.stalls[:0:-1]:
            older = next(s for s in self.stalls if s is younger or gap_sizes(s.box, younger.box) <= distance)
            if older is younger or younger.phase is Phase.RAISED:
                continue
            older.members += younger.members
            self.stalls.remove(younger)
            gone.append(younger)
        return gone

    def begin(self, stall: StallT, names: tuple[str, str, str], scene: Scene, return_s: float) -> None:
        """Make a stall an offence.

        Args:
            stall: its beginning is that of the offence.
            names: of camera, zone and kind.
            scene: the present.
            return_s: what looks like it and left within this time before makes it one that has returned.
        """
        stall.started_at = wall_time_of(scene, stall.started_t_s)
        stall.event_id = event_id_of(names, stall.started_at, stall.key)
        stall.returned, stall.away_s = self.returns.before(stall.box, stall.class_id, scene, return_s)

    def end(self, stall: StallT, scene: Scene) -> None:
        """Let go of a stall whose things have left; what was raised is remembered."""
        self.stalls.remove(stall)
        if stall.phase is Phase.RAISED:
            self.returns.left(stall.box, stall.class_id, scene.t_s)

    def member_ids(self) -> frozenset[int]:
        """Return the places of all stalls."""
        return frozenset(member for stall in self.stalls for member in stall.members)

    def asks(self, limit_s: float) -> tuple[Ask, ...]:
        """Return the stalls that are about to pass the limit; answers move their beginning."""
        return tuple(
            Ask(stall.key, stall.key_box, stall.started_t_s)
            for stall in self.stalls
            if stall.event_id
            and stall.phase is Phase.STARTED
            and not stall.is_dated
            and is_time_to_ask(stall.dwell_s, limit_s)
        )


ThingsRuleT = TypeVar("ThingsRuleT", bound=ThingsRule)
StallsT = TypeVar("StallsT", bound=Stalls[Any])


class StallsDetector(ZoneDetector[ThingsRuleT, StallsT]):
    """What detectors of stalls do alike; `standing` is the pace while one stands."""

    standing: ClassVar[Pace]

    def pace(self) -> Pace:
        """Return how closely to look: closer while a stall stands."""
        return Pace.closest([Pace.scout(self._rule.limit_s), *([self.standing] if self._state.stalls else [])])

    def keeps(self) -> frozenset[int]:
        """Return the places of the stalls' things."""
        return self._state.member_ids()

    def asks(self) -> tuple[Ask, ...]:
        """Return the stalls that are about to pass the limit; answers move their beginning."""
        return self._state.asks(self._rule.limit_s)


def members_of(stall: Stall, scene: Scene) -> list[Place]:
    """Return the places of a stall that have not left."""
    return [p for p in scene.places if p.place_id in stall.members and p.state is not PlaceState.LEFT]


def chief_of(members: Sequence[Place]) -> Place:
    """Return the place of a stall that has stayed longest; it stands for the stall."""
    return max(members, key=lambda place: (place.dwell_s, -place.place_id))


def is_large(place: Place, rule: StallRule, person_px: float, scene: Scene) -> bool:
    """Return whether a thing is large enough for a stall, and not too large; those that the model knows always are.

    Args:
        place: the thing.
        rule: the smallest and largest sizes.
        person_px: height of a person near it in pixels; 0 where nobody tells, then only metres are asked.
        scene: whose ground gives the metres, where it is known.
    """
    if place.class_id != StreetClass.UNKNOWN:
        return True
    width, height = place.box[2] - place.box[0], place.box[3] - place.box[1]
    metres = size_m(place.box, scene)
    fits = metres is None or rule.min_unknown_size_m <= metres <= rule.max_unknown_size_m
    return bool(fits and not is_upright(place.box) and (width * height) ** 0.5 >= rule.min_unknown_size * person_px)


def added(parts: Sequence[tuple[float, float]]) -> float:
    """Return how much evidence weighs together: the sum of each weight times its measure, cut to [0, 1]."""
    return sum(weight * min(1.0, max(0.0, measure)) for weight, measure in parts)


def unknown_boxes(places: Sequence[Place]) -> Boxes:
    """Return (N, 4): the boxes of unknown objects, which may be people whom the model sees now and then only."""
    boxes = [place.box for place in places if place.class_id == StreetClass.UNKNOWN]
    return np.array(boxes, np.float32).reshape(-1, 4)


def with_ground(place: Place) -> Box:
    """Return the box of a thing down to the ground; an umbrella hangs about 1.5 of its heights over it."""
    x1, y1, x2, y2 = place.box
    return (x1, y1, x2, y2 + 1.5 * (y2 - y1)) if place.class_id == StreetClass.UMBRELLA else place.box


def _stands_in(place: Place, scene: Scene, zone: Zone, rule: ThingsRule) -> bool:
    if place.state is not PlaceState.STANDING or place.score < rule.min_score:
        return False
    boxes = (place.box, with_ground(place))
    return any(stands_in(box, zone, scene.size_wh, rule.min_footprint_ratio) for box in boxes)
