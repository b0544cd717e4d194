"""What every detector is: a rule over scenes that says what it needs to see and can be put aside and taken up again.

Each rule stands in one file: its settings, which say what it is called and what it needs, and its detector. How to add
one is told in docs/detectors/adding.md.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar, Generic, Protocol, TypeVar

from pydantic import BaseModel, ConfigDict, JsonValue

from detectors.events import Event
from vision.scenes import Scene
from vision.zones import Zone

SCOUTS_IN_LIMIT = 5
"""Looks within a rule's limit while nothing is there. Two show that something has come to rest, three closer ones what
it is: it is known before its limit, and dated back."""

SLOWEST_SCOUT_S, FASTEST_SCOUT_S = 8.0, 1.0
"""Bounds of the pause between two of them; the ring must still hold what two of them missed."""

OFTEN_S = 3.2
"""Cameras usually send a key frame every two seconds; that is often enough to tell rest from motion. Where packets come
ever later, stream time is stretched by half: two seconds must still be often enough then."""

LONGEST_PAUSE_S = 10.0
"""Longer pauses than this count as unwatched."""

BLIND_S = 30.0
"""So often the model looks whatever the pixels say: a dark car at night may come without changing many of them."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How closely a rule needs its street watched at present.

    Attributes:
        look_hz: pictures a second; most are only compared with earlier ones.
        longest_s: key frames this far apart still serve; seconds.
        model_hz: pictures a second that the model must see even where nothing seems to have changed.
    """

    look_hz: float
    longest_s: float
    model_hz: float

    @classmethod
    def scout(cls, limit_s: float) -> "Pace":
        """Return the pace of a rule with that limit while nothing is there."""
        pause_s = min(max(limit_s / SCOUTS_IN_LIMIT, FASTEST_SCOUT_S), SLOWEST_SCOUT_S)
        return cls(1 / pause_s, min(2 * pause_s, LONGEST_PAUSE_S), 1 / BLIND_S)

    @classmethod
    def close(cls, hz: float) -> "Pace":
        """Return the pace at which the model sees `hz` pictures a second, or key frames where they come often enough.

        Whatever follows from them is dated by looking back; so decoding every picture would only know it sooner.
        """
        return cls(hz, max(1.1 / hz, OFTEN_S), hz)

    @classmethod
    def steady(cls, hz: float) -> "Pace":
        """Return the pace at which the model sees `hz` pictures a second, whatever that costs."""
        return cls(hz, 1.1 / hz, hz)

    @classmethod
    def closest(cls, paces: Iterable["Pace"]) -> "Pace":
        """Return the pace that serves all of them; of none, one that notices a blind camera."""
        known = [*paces, SLOWEST]
        return cls(
            max(pace.look_hz for pace in known),
            min(pace.longest_s for pace in known),
            max(pace.model_hz for pace in known),
        )


SLOWEST = Pace(1 / SLOWEST_SCOUT_S, LONGEST_PAUSE_S, 1 / BLIND_S)
"""The pace of a camera without rules."""


ASK_BEFORE_S, ASK_AT_S = 15.0, 35.0
"""A rule asks since when a thing has really been there so long before its limit, when most short stops are over; and at
the latest at this age, while the ring still holds its coming."""


@dataclass(frozen=True, slots=True)
class Ask:
    """What a rule wants to know better than looks can tell: since when something has been as it is.

    Attributes:
        subject: the id of a place, or of an event.
        box: xyxy in pixels of the frame.
        since_t_s: what looks told.
    """

    subject: int | str
    box: tuple[float, float, float, float]
    since_t_s: float


def is_time_to_ask(passed_s: float, limit_s: float) -> bool:
    """Tell whether a thing that has been there for `passed_s` is worth looking back for."""
    return passed_s >= min(limit_s - ASK_BEFORE_S, ASK_AT_S)


class Watches(StrEnum):
    """What perception must look for in a rule's zone."""

    KNOWN = "known"  # things that models know by name
    UNKNOWN = "unknown"  # those, and things that were not in the long-term background
    SURFACE = "surface"  # what is new on a flat surface; nothing that stands before it


class RuleSettings(BaseModel, ABC):
    """The settings of a rule in one zone, and what the rule needs.

    Attributes:
        kind: what the rule is called: in files, in events, in tables of codes, words and phrases.
        watches: what must be looked for.
        smallest_m: metres of the smallest thing that it must see, by `vision.ground_scale`; None where pixels decide.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    watches: ClassVar[Watches] = Watches.KNOWN
    smallest_m: ClassVar[float | None] = None

    kind: str

    @abstractmethod
    def detector(self, camera_id: str, zone: Zone) -> "Detector":
        """Return a fresh detector of this rule for a zone of a camera."""


class Detector(Protocol):
    """A rule for one zone of one camera; it reads no clock, file, network or pixels.

    `update` is called once per scene in the order of `t_s`; equal scenes give equal events.
    """

    @property
    def zone(self) -> Zone:
        """The zone that is watched."""
        ...

    def update(self, scene: Scene) -> list[Event]:
        """Take in what is known at `scene.t_s` and return what began, passed its limit or ended now."""
        ...

    def pace(self) -> Pace:
        """Return how closely this rule needs its street watched in its present state."""
        ...

    def keeps(self) -> frozenset[int]:
        """Return the ids of the places whose clocks run or may begin to: what happens to them must be noticed."""
        ...

    def asks(self) -> tuple[Ask, ...]:
        """Return what the rule wants looked back for at present; an answer comes in `Scene.dated`, or never."""
        ...

    def checkpoint(self) -> JsonValue:
        """Return the state as JSON; `restore` of it in a new object continues as if nothing had happened."""
        ...

    def restore(self, state: JsonValue) -> None:
        """Take up a state that `checkpoint` returned.

        Raises:
            ValueError: the state is not one of this detector.
        """
        ...


RuleT = TypeVar("RuleT", bound=RuleSettings)
StateT = TypeVar("StateT", bound=BaseModel)


class ZoneDetector(Generic[RuleT, StateT]):
    """What every detector does alike: it belongs to a zone of a camera, and its whole state is one plain model."""

    def __init__(self, camera_id: str, zone: Zone, rule: RuleT, state: StateT) -> None:
        self._camera_id, self._zone, self._rule, self._state = camera_id, zone, rule, state

    @property
    def zone(self) -> Zone:
        """The zone that is watched."""
        return self._zone

    @property
    def _names(self) -> tuple[str, str, str]:
        """Of camera, zone and kind, of which ids of events are made."""
        return self._camera_id, self._zone.zone_id, self._rule.kind

    def checkpoint(self) -> JsonValue:
        """Return the state as JSON."""
        return self._state.model_dump(mode="json")

    def restore(self, state: JsonValue) -> None:
        """Take up a checkpoint; raises `ValueError` when it is none of this detector."""
        self._state = type(self._state).model_validate(state)
