"""The scenario language: who arrives, stops, stays and leaves, where and when; metres and seconds, nothing of drawing.

A `Journey` is written down like a story (`go`, `brake`, `stay`, `set_off`) and becomes a `Path` that knows place,
heading and speed at any time. An `Actor` is a kind of thing on a path. A `Script` is a street with its actors, papers,
offences and zones; it repeats after `period_s`.
"""

import bisect
import math
from dataclasses import dataclass, field

from datasets.camera_faults import FAULTLESS, CameraFaults
from datasets.street import Street
from datasets.truth import LAWFUL_PRINTS, Offence
from datasets.weather import CLEAR, Weather


@dataclass(frozen=True, slots=True)
class Motion:
    """Where something is at one moment: metres, radians, metres a second."""

    x: float
    y: float
    heading_rad: float
    speed_m_s: float


@dataclass(frozen=True, slots=True)
class Leg:
    """One piece of a path: times, places and speeds at both ends, and the heading where it stands still."""

    from_s: float
    to_s: float
    start: tuple[float, float]
    end: tuple[float, float]
    start_speed: tuple[float, float]
    end_speed: tuple[float, float]
    heading_rad: float

    def at(self, t_s: float) -> Motion:
        """Return the motion at a time within the leg: a cubic Hermite curve, which is exact for even braking."""
        span = max(self.to_s - self.from_s, 1e-6)
        u = (t_s - self.from_s) / span
        places, speeds = [], []
        for i in (0, 1):
            a, b = self.start[i], self.end[i]
            va, vb = self.start_speed[i] * span, self.end_speed[i] * span
            c, d = 3 * (b - a) - 2 * va - vb, 2 * (a - b) + va + vb
            places.append(a + u * (va + u * (c + u * d)))
            speeds.append((va + u * (2 * c + 3 * u * d)) / span)
        speed = math.hypot(*speeds)
        heading = math.atan2(speeds[1], speeds[0]) if speed > SLOW_M_S else self.heading_rad
        return Motion(places[0], places[1], heading, speed)


TURN_LENGTH = 1.3
"""A turn is so many times longer than the straight line: between a quarter (1.1) and a half circle (1.6)."""

SLOW_M_S = 0.25
"""Below this speed a thing keeps its heading; the direction of a speed near zero is noise."""


@dataclass(frozen=True, slots=True)
class Path:
    """Where something is over time; before its first and after its last leg it is not there."""

    legs: tuple[Leg, ...]

    @property
    def span_s(self) -> tuple[float, float]:
        """When it appears and when it is gone."""
        return self.legs[0].from_s, self.legs[-1].to_s

    def at(self, t_s: float) -> Motion | None:
        """Return the motion at a time, or None while the thing is not there."""
        if not self.legs[0].from_s <= t_s < self.legs[-1].to_s:
            return None
        row = bisect.bisect_right(self.legs, t_s, key=lambda leg: leg.from_s) - 1
        return self.legs[row].at(t_s)


class Journey:
    """Writes a path down step by step; every method returns the journey, so that steps can be chained."""

    def __init__(self, t_s: float, x: float, y: float, heading_rad: float = 0.0) -> None:
        self._t_s, self._place, self._heading = t_s, (x, y), heading_rad
        self._speed = 0.0
        self._legs: list[Leg] = []

    @property
    def t_s(self) -> float:
        """When the story stands still for now."""
        return self._t_s

    def go(self, x: float, y: float, speed_m_s: float) -> "Journey":
        """Move on in a straight line at an even speed."""
        return self._to((x, y), (speed_m_s, speed_m_s))

    def brake(self, x: float, y: float) -> "Journey":
        """Come to rest at a place, braking evenly from the speed before."""
        return self._to((x, y), (max(self._speed, 0.5), 0.0))

    def set_off(self, x: float, y: float, speed_m_s: float) -> "Journey":
        """Start from rest and reach a speed at a place."""
        return self._to((x, y), (0.0, speed_m_s))

    def drift(self, x: float, y: float) -> "Journey":
        """Change over to a place ahead without changing speed, in a soft S, as when changing the lane."""
        ahead = math.cos(self._heading) * self._speed, math.sin(self._heading) * self._speed
        seconds = math.dist(self._place, (x, y)) / max(self._speed, 0.1)
        self._add(Leg(self._t_s, self._t_s + seconds, self._place, (x, y), ahead, ahead, self._heading))
        return self

    def turn(self, x: float, y: float, heading_rad: float) -> "Journey":
        """Change over to a place and a heading in one curve without changing speed, as around a corner."""
        speed = max(self._speed, 0.5)
        ahead = math.cos(self._heading) * speed, math.sin(self._heading) * speed
        after = math.cos(heading_rad) * speed, math.sin(heading_rad) * speed
        seconds = TURN_LENGTH * math.dist(self._place, (x, y)) / speed
        self._add(Leg(self._t_s, self._t_s + seconds, self._place, (x, y), ahead, after, self._heading))
        self._heading = heading_rad
        return self

    def stay(self, seconds: float, *, facing_rad: float | None = None) -> "Journey":
        """Stand still, turned to where one came from or to `facing_rad`."""
        if facing_rad is not None:
            self._heading = facing_rad
        self._speed = 0.0
        self._add(Leg(self._t_s, self._t_s + seconds, self._place, self._place, (0.0, 0.0), (0.0, 0.0), self._heading))
        return self

    def path(self) -> Path:
        """Return what has been written."""
        if not self._legs:
            raise ValueError("a journey needs at least one step")
        return Path(tuple(self._legs))

    def _to(self, place: tuple[float, float], speeds: tuple[float, float]) -> "Journey":
        dx, dy = place[0] - self._place[0], place[1] - self._place[1]
        distance = math.hypot(dx, dy)
        if distance < 1e-6:
            return self
        seconds = 2 * distance / max(sum(speeds), 0.1)
        direction = dx / distance, dy / distance
        self._heading = math.atan2(dy, dx)
        start, end = ((direction[0] * v, direction[1] * v) for v in speeds)
        self._add(Leg(self._t_s, self._t_s + seconds, self._place, place, start, end, self._heading))
        self._speed = speeds[1]
        return self

    def _add(self, leg: Leg) -> None:
        self._legs.append(leg)
        self._t_s, self._place = leg.to_s, leg.end


@dataclass(frozen=True, slots=True)
class Actor:
    """A thing on a path.

    Attributes:
        actor_id: from 1, unique within a script.
        kind: what it is, a name of `datasets.cast`.
        look: seed of its appearance.
        path: where it is and when.
        action: what a person does while standing (`stand`, `serve`, `reach`, `sit`, `sit_low`, `sit_chair`, `squat`) or
            always (`push`); of what is ridden:
            `parked` has no rider, `parks` has none while it stands.
        stall_id: the same for all parts of one stall, else 0.
        height_m: what goods lie on.
    """

    actor_id: int
    kind: str
    look: int
    path: Path
    action: str = "stand"
    stall_id: int = 0
    height_m: float = 0.0


SURFACES = ("wall", "shutter", "door", "pole", "pavement")
"""What print can be on; `wall`, `shutter` and `door` lie in the plane of the house fronts."""


@dataclass(frozen=True, slots=True)
class Paper:
    """Something printed, written or sprayed in the street, and when it is there.

    Attributes:
        paper_id: from 1, unique within a script.
        look: seed of its appearance.
        x: of its left edge, metres.
        z: height of its lower edge; of what is on the pavement, how far across the street (y) its near edge lies.
        width_m: along the street.
        height_m: upwards, or across the pavement.
        from_s: when it was put there.
        to_s: when it is gone.
        kind: a name in `datasets.draw_prints.PAPER_KINDS`.
        surface: one of `SURFACES`.
    """

    paper_id: int
    look: int
    x: float
    z: float
    width_m: float
    height_m: float
    from_s: float
    to_s: float
    kind: str = "flyer"
    surface: str = "wall"

    @property
    def is_lawful(self) -> bool:
        """Whether it hangs there rightly."""
        return self.kind in LAWFUL_PRINTS


@dataclass(frozen=True, slots=True)
class DemoZone:
    """A zone that fits a scene: `kind` is that of a rule; corners are fractions of the picture."""

    zone_id: str
    name: str
    kind: str
    polygon: tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class View:
    """Where the camera hangs and looks: metres and degrees; independent of the picture's size."""

    x: float
    y: float
    height_m: float
    yaw_deg: float
    pitch_deg: float
    field_of_view_deg: float


@dataclass(frozen=True, slots=True)
class Script:
    """A whole scene.

    Attributes:
        name: of the scene.
        street: where it plays.
        view: the camera.
        actors: everything that moves or comes and goes.
        papers: flyers and whatever else is printed or sprayed on surfaces.
        offences: what is unlawful in it, for tests and benchmarks.
        period_s: after this time everything begins again.
        clouds: whether one soft shadow passes over the picture twice in a period.
        zones_m: zones that fit it: id, name, kind of rule, and corners (x, y, z) in metres.
        weather: over the street.
        faults: of the camera.
    """

    name: str
    street: Street
    view: View
    actors: tuple[Actor, ...]
    papers: tuple[Paper, ...] = ()
    offences: tuple[Offence, ...] = ()
    period_s: float = 300.0
    clouds: bool = False
    zones_m: tuple[tuple[str, str, str, tuple[tuple[float, float, float], ...]], ...] = field(default=())
    weather: Weather = CLEAR
    faults: CameraFaults = FAULTLESS
