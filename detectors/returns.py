"""Remembers offences that ended, and tells of a new one how often what looks like it was here before.

A vendor who is told to go packs up, waits round the corner and is back, or sets up twenty metres on. The rule sees a
new stall each time; that it is the same trade is told by place and look: within `NEAR_M` on the ground, anywhere in the
zone where the ground is not known, and of the same class, where a class is known.

Belongs here: one zone of one camera. Does not: other cameras, and whether it was warned (cases.kinship).
"""

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from vision.classes import StreetClass
from vision.scenes import Scene

Box = tuple[float, float, float, float]

NEAR_M = 50.0
"""What stands farther off is another; the same distance as for two cases of one offence (settings, places.same)."""

MOST_KEPT = 50
"""So many are remembered; a market without end must not fill the checkpoint."""


class Gone(BaseModel):
    """An offence that ended."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    box: Box
    class_id: int
    t_s: float


class Returns(BaseModel):
    """The offences of one zone that ended; plain data for checkpoints."""

    model_config = ConfigDict(extra="forbid")

    gone: list[Gone] = Field(default_factory=list)

    def left(self, box: Box, class_id: int, t_s: float) -> None:
        """Remember an offence that was raised and ended now."""
        self.gone = [*self.gone, Gone(box=box, class_id=class_id, t_s=t_s)][-MOST_KEPT:]

    def before(self, box: Box, class_id: int, scene: Scene, within_s: float) -> tuple[int, float]:
        """Return how many like it ended within a time before a scene, and the seconds since the last; 0 of none."""
        self.gone = [each for each in self.gone if scene.t_s - each.t_s <= within_s]
        alike = [each for each in self.gone if _looks_alike(each.class_id, class_id) and _is_near(each.box, box, scene)]
        return len(alike), min((scene.t_s - each.t_s for each in alike), default=0.0)


def _looks_alike(class_a: int, class_b: int) -> bool:
    return class_a == class_b or StreetClass.UNKNOWN in (class_a, class_b)


def _is_near(box_a: Box, box_b: Box, scene: Scene) -> bool:
    if scene.ground is None:
        return True
    feet_m = scene.ground.feet_m(np.array([box_a, box_b], np.float32), scene.size_wh)
    away_m = float(np.hypot(*(feet_m[0] - feet_m[1])))
    return not np.isfinite(away_m) or away_m <= NEAR_M
