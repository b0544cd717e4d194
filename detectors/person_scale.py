"""Learns how high people are in one view, by where they stand: a measure for things where no ground plane is known."""

from pydantic import BaseModel, ConfigDict, Field

from detectors.sizes import PERSON_M, size_m
from vision.classes import StreetClass
from vision.scenes import Scene

Box = tuple[float, float, float, float]

KEPT = 60
"""People remembered, the newest: enough for all rows of a street, few enough for a checkpoint."""

NEAR_ROWS = 0.12
"""People whose feet are this near in the picture, as a share of its height, are about as far away as a thing."""

BORDER_PX = 2
"""A box this close to the border of the picture is cut."""


class PersonScale(BaseModel):
    """The feet and heights of people who were seen, by track, as shares of the picture's height; plain data."""

    model_config = ConfigDict(extra="forbid")

    seen: dict[int, tuple[float, float]] = Field(default_factory=dict)

    def learn(self, scene: Scene) -> None:
        """Take in the people of a scene that was looked at."""
        width, height = scene.size_wh
        rows = scene.tracks.class_ids == StreetClass.PERSON
        for key, (x1, y1, x2, y2) in zip(
            scene.tracks.ids[rows].tolist(), scene.tracks.boxes[rows].tolist(), strict=True
        ):
            if min(x1, y1) > BORDER_PX and x2 < width - BORDER_PX and y2 < height - BORDER_PX:
                self.seen.pop(key, None)
                self.seen[key] = (y2 / height, (y2 - y1) / height)
        for key in list(self.seen)[:-KEPT]:
            del self.seen[key]

    def size_m(self, box: Box, scene: Scene) -> float | None:
        """Return the size of a thing in metres, the root of its width times its height.

        The ground tells where it is known, else the height of people who were seen about as far away, as 1.7 m. None
        where neither tells.
        """
        metres = size_m(box, scene)
        if metres is not None:
            return metres
        foot, size = box[3] / scene.size_wh[1], ((box[2] - box[0]) * (box[3] - box[1])) ** 0.5 / scene.size_wh[1]
        heights = sorted(height for at, height in self.seen.values() if abs(at - foot) <= NEAR_ROWS)
        return PERSON_M * size / heights[len(heights) // 2] if heights else None
