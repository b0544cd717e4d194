"""Holds what one model found in one frame, as a struct of arrays."""

from dataclasses import dataclass, field
from typing import Final

import numpy as np

from vision.arrays import Boxes, Ids, Mask, Scores

NOT_COMPARED: Final[Scores] = np.zeros(0, np.float32)
"""Stands for a column that nobody filled, of any length."""


@dataclass(frozen=True, slots=True, eq=False)
class Detections:
    """What one model found in one frame; row i of every array is the same object.

    Attributes:
        boxes: (N, 4) float32 xyxy, pixels of the source frame.
        scores: (N,) float32 in [0, 1].
        class_ids: (N,) int64, values of `vision.classes.StreetClass`.
        likeness: (N,) float32 in [0, 1]: how alike the pixels in the box are to those at the model's look before; 1
            where nobody compared. What moves is not alike.
        still_s: (N,) float32: for how many seconds before this look the pixels prove that it has stood there; 0 where
            they do not, or nobody compared.
    """

    boxes: Boxes
    scores: Scores
    class_ids: Ids
    likeness: Scores = field(default_factory=lambda: NOT_COMPARED)
    still_s: Scores = field(default_factory=lambda: NOT_COMPARED)

    def __post_init__(self) -> None:
        n = len(self.boxes)
        if self.likeness is NOT_COMPARED:
            object.__setattr__(self, "likeness", np.ones(n, np.float32))
        if self.still_s is NOT_COMPARED:
            object.__setattr__(self, "still_s", np.zeros(n, np.float32))
        columns = [column.shape for column in (self.scores, self.class_ids, self.likeness, self.still_s)]
        if self.boxes.shape != (n, 4) or columns != [(n,)] * 4:
            raise ValueError(f"rows differ: {self.boxes.shape=} {columns=}")

    def __len__(self) -> int:
        return len(self.boxes)

    def __getitem__(self, rows: Mask) -> "Detections":
        compared = self.likeness[rows], self.still_s[rows]
        return Detections(self.boxes[rows], self.scores[rows], self.class_ids[rows], *compared)

    @classmethod
    def empty(cls) -> "Detections":
        """Return a frame's worth of nothing: arrays of length 0."""
        return cls(np.zeros((0, 4), np.float32), np.zeros(0, np.float32), np.zeros(0, np.int64))

    @classmethod
    def of(cls, rows: list[tuple[tuple[float, float, float, float], float, int]]) -> "Detections":
        """Build from (xyxy, score, class id) rows; the readable form for tests and hand-made scenes."""
        if not rows:
            return cls.empty()
        boxes, scores, class_ids = zip(*rows, strict=True)
        return cls(np.array(boxes, np.float32), np.array(scores, np.float32), np.array(class_ids, np.int64))

    def joined(self, other: "Detections") -> "Detections":
        """Return the rows of both, ours first."""
        return Detections(
            np.concatenate([self.boxes, other.boxes]),
            np.concatenate([self.scores, other.scores]),
            np.concatenate([self.class_ids, other.class_ids]),
            np.concatenate([self.likeness, other.likeness]),
            np.concatenate([self.still_s, other.still_s]),
        )
