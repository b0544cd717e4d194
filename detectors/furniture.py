"""Remembers what stood in a zone when it was learned: street furniture, which is nobody's offence.

For unknown objects the long-term background does the same by pixels (`vision.background`); here it is done for things
that a model knows, such as the tables of a park or a planter that it takes for goods. Furniture is a box: a place that
was lost behind a bus and found again gets a new number, but stands where it stood. A box that is empty for two hours is
forgotten, so that goods that were out when the zone was learned count from the next day on.
"""

from collections.abc import Sequence

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from vision.boxes import iou_matrix
from vision.scenes import Place, PlaceState, Scene

Box = tuple[float, float, float, float]

LEARN_S = 35.0
"""What came to rest before the zone had been watched for so long was there before: until then the model has looked at
least twice, whatever the pixels say (`detectors.rules.BLIND_S`)."""

FORGET_S = 7200.0
"""A box that stood empty for so many watched seconds is forgotten: as long as the background takes to learn a thing."""

SAME_IOU = 0.5
"""A thing that overlaps a box by this much is what stood there; goods beside a bench overlap it by less."""


class Furniture(BaseModel):
    """The furniture of one zone, as plain data for checkpoints."""

    model_config = ConfigDict(extra="forbid")

    first_t_s: float | None = None
    boxes: list[Box] = Field(default_factory=list)
    seen_clock_s: list[float] = Field(default_factory=list)

    def learn(self, things: Sequence[Place], scene: Scene, clock_s: float) -> None:
        """Take in a scene.

        Args:
            things: new places in the zone, of any class that the rule takes for goods.
            scene: in which they stand.
            clock_s: watched seconds.
        """
        self.first_t_s = scene.t_s if self.first_t_s is None else self.first_t_s
        for place in things:
            if place.since_t_s - self.first_t_s < LEARN_S and not self.holds(place.box):
                self.boxes.append(place.box)
                self.seen_clock_s.append(clock_s)
        if not self.boxes:
            return
        there = [place.box for place in scene.places if place.state is not PlaceState.LEFT]
        taken = _overlaps(self.boxes, there)
        seen = [clock_s if is_taken else s for is_taken, s in zip(taken, self.seen_clock_s, strict=True)]
        kept = [i for i, seen_s in enumerate(seen) if clock_s - seen_s <= FORGET_S]
        self.boxes, self.seen_clock_s = [self.boxes[i] for i in kept], [seen[i] for i in kept]

    def holds(self, box: Box) -> bool:
        """Return whether what stands there is furniture."""
        return bool(self.boxes) and any(_overlaps([box], self.boxes))


def _overlaps(boxes: Sequence[Box], others: Sequence[Box]) -> list[bool]:
    """Return for each box whether any of the others stands where it does."""
    mine, theirs = (np.array(each, np.float32).reshape(-1, 4) for each in (boxes, others))
    return [bool(row.max(initial=0.0) >= SAME_IOU) for row in iou_matrix(mine, theirs)]
