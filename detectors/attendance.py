"""Measures how much of the recent time somebody attended a thing: people who linger near it, not people who pass.

Near is measured in heights of the person, which makes it metres without a calibration: a person near the stall is as
far from the camera as the stall is.
"""

from dataclasses import dataclass

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from vision.arrays import Boxes, Mask
from vision.boxes import areas, iou_matrix
from vision.classes import StreetClass
from vision.scenes import PlaceState, Scene

Box = tuple[float, float, float, float]

LINGER_S = 4.0
"""Who stays near for less passes by: at 1.2 m/s that is 5 m."""

SAME_IOU = 0.4
"""A person and an unknown thing that overlap by this much are one person, whom the model sees now and then only."""

SEGMENT_S = 1.0
"""Attendance is remembered in steps of about a second; finer ones say nothing at one look a second."""

CUSTOMER_S = 8.0
"""Who stands near for so long has stopped for the thing, to look, bargain or buy; chosen, not measured."""

MOST_STOOD = 100
"""So many people who stood near are remembered, those who stood longest; a busy day must not fill the checkpoint."""


@dataclass(frozen=True, slots=True)
class Near:
    """The people near a thing at one moment.

    Attributes:
        ids: tracks of people.
        standing: places at which people stand.
        height_px: median height of them all in pixels, 0 when nobody is near.
    """

    ids: tuple[int, ...] = ()
    standing: tuple[int, ...] = ()
    height_px: float = 0.0


NOBODY = Near()


class Attendance(BaseModel):
    """How long a thing was attended, in steps over a sliding window; plain data for checkpoints."""

    model_config = ConfigDict(extra="forbid")

    steps: list[tuple[float, float]] = Field(default_factory=list)
    near_since_s: dict[int, float] = Field(default_factory=dict)
    stood_s: dict[int, float] = Field(default_factory=dict)

    def take(self, step_s: float, clock_s: float, near: Near) -> bool:
        """Note `step_s` watched seconds at whose end these people were near; return whether somebody attended."""
        self.near_since_s = {key: self.near_since_s.get(key, clock_s) for key in near.ids}
        self._stand(step_s, near.standing)
        lingers = any(clock_s - since_s >= LINGER_S for since_s in self.near_since_s.values())
        attended = bool(near.standing) or lingers
        if step_s > 0:
            self._add(step_s, step_s if attended else 0.0)
        return attended

    def trim(self, window_s: float) -> None:
        """Forget what is older than the window."""
        total_s = sum(step_s for step_s, _ in self.steps)
        while self.steps and total_s - self.steps[0][0] >= window_s:
            total_s -= self.steps.pop(0)[0]

    @property
    def attended_s(self) -> float:
        """Attended seconds in the window."""
        return sum(attended_s for _, attended_s in self.steps)

    @property
    def ratio(self) -> float:
        """Share of the window's watched time that was attended; 0 without any."""
        total_s = sum(step_s for step_s, _ in self.steps)
        return self.attended_s / total_s if total_s > 0 else 0.0

    @property
    def customers(self) -> int:
        """How many people stopped near it, without the one who stood longest: that one sells."""
        return max(0, sum(stood_s >= CUSTOMER_S for stood_s in self.stood_s.values()) - 1)

    def _stand(self, step_s: float, place_ids: tuple[int, ...]) -> None:
        for place_id in place_ids:
            self.stood_s[place_id] = self.stood_s.get(place_id, 0.0) + step_s
        if len(self.stood_s) > MOST_STOOD:
            longest = sorted(self.stood_s.items(), key=lambda pair: -pair[1])[:MOST_STOOD]
            self.stood_s = dict(longest)

    def _add(self, step_s: float, attended_s: float) -> None:
        if self.steps and self.steps[-1][0] + step_s <= SEGMENT_S:
            before_s, before_attended_s = self.steps[-1]
            self.steps[-1] = (before_s + step_s, before_attended_s + attended_s)
        else:
            self.steps.append((step_s, attended_s))


def people_near(scene: Scene, box: Box, distance_heights: float, *, not_in: Boxes) -> Near:
    """Return the people near a box.

    Args:
        scene: what is known at this moment.
        box: of the thing, down to the ground.
        distance_heights: how near is near, in heights of the person.
        not_in: (N, 4) boxes that may be people themselves; who fills one of them is not near it.
    """
    rows = scene.tracks.class_ids == StreetClass.PERSON
    rows &= ~_fills(scene.tracks.boxes, not_in)
    boxes, ids = scene.tracks.boxes[rows], scene.tracks.ids[rows]
    near = _near(boxes, box, distance_heights)
    people = [p for p in scene.places if p.class_id == StreetClass.PERSON and p.state is PlaceState.STANDING]
    standing = np.array([place.box for place in people], np.float32).reshape(-1, 4)
    near_standing = _near(standing, box, distance_heights) & ~_fills(standing, not_in)
    found = np.concatenate([boxes[near], standing[near_standing]])
    return Near(
        ids=tuple(int(key) for key in ids[near]),
        standing=tuple(place.place_id for place, is_near in zip(people, near_standing, strict=True) if is_near),
        height_px=float(np.median(found[:, 3] - found[:, 1])) if len(found) else 0.0,
    )


def _fills(people: Boxes, boxes: Boxes) -> Mask:
    """Return which people overlap one of the boxes so far that both are one thing."""
    return np.asarray(iou_matrix(people, boxes).max(axis=1, initial=0.0) >= SAME_IOU)


def _near(people: Boxes, box: Box, distance_heights: float) -> Mask:
    """Return which people stand within so many of their heights of the box; up and down the picture counts double."""
    if not len(people):
        return np.zeros(0, bool)
    heights = np.maximum(people[:, 3] - people[:, 1], 1)
    foot_x, foot_y = (people[:, 0] + people[:, 2]) / 2, people[:, 3]
    dx = np.maximum(np.maximum(box[0] - foot_x, foot_x - box[2]), 0)
    dy = np.maximum(np.maximum(box[1] - foot_y, foot_y - box[3]), 0)
    return (np.hypot(dx, 2 * dy) <= distance_heights * heights) & (areas(people) > 0)
