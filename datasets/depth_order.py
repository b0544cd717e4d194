"""Puts things into the order of drawing: whatever can hide another comes after it.

The distance of the middles is right for small things and wrong beside long vehicles: a person behind the tail of a bus
can be nearer than the bus's middle. There the planes of the vehicle's sides decide.
"""

import math
from collections.abc import Sequence
from typing import Protocol, TypeVar

from datasets.sketches import Pose, Sketch
from vision.classes import StreetClass


class Ordered(Protocol):
    """A thing with a place on the ground and a box in the picture."""

    @property
    def class_id(self) -> StreetClass: ...  # noqa: D102
    @property
    def pose(self) -> Pose: ...  # noqa: D102
    @property
    def sketch(self) -> Sketch: ...  # noqa: D102
    @property
    def distance_m(self) -> float: ...  # noqa: D102


T = TypeVar("T", bound=Ordered)

FOOTPRINTS = {
    StreetClass.CAR: (2.3, 0.9),
    StreetClass.BUS: (4.2, 1.25),
    StreetClass.TRUCK: (2.7, 1.0),
}
"""Half length and half width in metres of what is long enough to matter; the least that is drawn."""


def far_to_near(things: Sequence[T], camera_xy: tuple[float, float]) -> list[T]:
    """Return the things in the order in which they must be drawn."""
    order = sorted(things, key=lambda thing: -thing.distance_m)
    for row in range(1, len(order)):
        thing = order[row]
        for earlier in range(row):
            if _overlap(order[earlier].sketch, thing.sketch) and _hides(order[earlier], thing, camera_xy):
                order.insert(earlier, order.pop(row))
                break
    return order


def _overlap(a: Sketch, b: Sketch) -> bool:
    return a.box[0] < b.box[2] and b.box[0] < a.box[2] and a.box[1] < b.box[3] and b.box[1] < a.box[3]


def _hides(front: Ordered, back: Ordered, camera_xy: tuple[float, float]) -> bool:
    """Tell whether `front` surely stands between the camera and `back`."""
    if front.class_id in FOOTPRINTS:
        side = _side(front, (back.pose.x, back.pose.y), camera_xy)
        if side or back.class_id not in FOOTPRINTS:
            return side < 0
    if back.class_id in FOOTPRINTS:
        return _side(back, (front.pose.x, front.pose.y), camera_xy) > 0
    return False


def _side(vehicle: Ordered, place: tuple[float, float], camera_xy: tuple[float, float]) -> int:
    """Return 1 where a place is on the camera's side of a vehicle, -1 where it is behind it, 0 where that is open."""
    local, camera = _local(vehicle.pose, place), _local(vehicle.pose, camera_xy)
    for half, here, there in zip(FOOTPRINTS[vehicle.class_id][::-1], local[::-1], camera[::-1], strict=True):
        if abs(here) > half:
            return 1 if math.copysign(1, here) * there > half else -1
    return 0


def _local(pose: Pose, place: tuple[float, float]) -> tuple[float, float]:
    dx, dy = place[0] - pose.x, place[1] - pose.y
    cos, sin = math.cos(pose.heading_rad), math.sin(pose.heading_rad)
    return dx * cos + dy * sin, dy * cos - dx * sin
