"""Reads the outputs of YOLOv8, YOLO11 and their relatives: (4 + classes, cells), boxes in pixels."""

import numpy as np

from models.candidates import Candidates, from_centres, grid_cells
from models.cards import ModelCard
from vision.arrays import FloatArray


class Yolov8Decoder:
    """Decodes one picture's (4 + C, A) output; there is no objectness, class scores are already in [0, 1]."""

    needs_nms = True

    def __init__(self, card: ModelCard) -> None:
        self._shape = (4 + len(card.class_names), len(grid_cells(card.input_wh)[0]))

    def expected(self) -> tuple[int | None, ...]:
        """Return (4 + classes, cells)."""
        return self._shape

    def decode(self, output: FloatArray, score_threshold: float) -> Candidates:
        """Return the cells whose best class reaches the threshold; a NaN never does."""
        best = output[4:].max(axis=0)
        kept = np.flatnonzero(best >= score_threshold)
        rows = output[4:, kept].argmax(axis=0).astype(np.int64)
        return Candidates(from_centres(output[:4, kept].T), best[kept], rows)
