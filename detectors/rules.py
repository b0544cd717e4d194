"""What every detector is: a rule over scenes that says what it needs to see and can be put aside and taken up again."""

from typing import Protocol

from pydantic import JsonValue

from detectors.events import Event
from vision.scenes import Scene
from vision.zones import Zone


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

    def look_hz(self) -> float:
        """Return how many model looks a second this rule needs in its present state."""
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
