"""Holds what a model's raw output says before overlapping boxes are merged, and the interface of the decoders."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from vision.arrays import Boxes, FloatArray, Ids, Scores

STRIDES = (8, 16, 32)
"""Input pixels per cell of the three grids that every YOLO of our families looks at."""


@dataclass(frozen=True, slots=True, eq=False)
class Candidates:
    """Boxes of one picture that reach the score threshold, overlapping ones included.

    Attributes:
        boxes: (N, 4) float32 xyxy, pixels of the model's input, not clipped.
        scores: (N,) float32 in [0, 1].
        rows: (N,) int64, row in the card's class names.
    """

    boxes: Boxes
    scores: Scores
    rows: Ids


class Decoder(Protocol):
    """Reads the outputs of one family."""

    needs_nms: bool
    """False where the model itself gives one box per object."""

    def expected(self) -> tuple[int | None, ...]:
        """Return the shape of one picture's output, None where any length is right."""
        ...

    def decode(self, output: FloatArray, score_threshold: float) -> Candidates:
        """Turn one picture's output (its shape fits `expected`) into candidates."""
        ...


def grid_cells(input_wh: tuple[int, int]) -> tuple[FloatArray, FloatArray]:
    """Return every grid cell of an input: (A, 2) float32 column and row, and (A, 1) float32 stride in pixels."""
    cells, strides = [], []
    for stride in STRIDES:
        columns, rows = input_wh[0] // stride, input_wh[1] // stride
        row, column = np.mgrid[0:rows, 0:columns]
        cells.append(np.stack([column.ravel(), row.ravel()], axis=1))
        strides.append(np.full((rows * columns, 1), stride))
    return np.concatenate(cells).astype(np.float32), np.concatenate(strides).astype(np.float32)


def from_centres(centres_xywh: FloatArray) -> Boxes:
    """Return (N, 4) xyxy boxes of (N, 4) centre x, centre y, width, height."""
    half = centres_xywh[:, 2:] / 2
    return np.concatenate([centres_xywh[:, :2] - half, centres_xywh[:, :2] + half], axis=1).astype(np.float32)
