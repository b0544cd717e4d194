"""Reads the raw outputs of YOLOX: (cells, 5 + classes), offsets within grid cells and logarithms of sizes.

Source: Ge et al., YOLOX (arXiv 2107.08430), and `demo_postprocess` of the official repository.
"""

import numpy as np

from models.candidates import Candidates, from_centres, grid_cells
from models.cards import ModelCard
from vision.arrays import FloatArray

MAX_LOG_SIZE = 10.0
"""Sizes beyond e^10 cells are nonsense; cut so that a broken model does not overflow."""


class YoloxDecoder:
    """Decodes one picture's (A, 5 + C) output; objectness and class scores are already in [0, 1]."""

    needs_nms = True

    def __init__(self, card: ModelCard) -> None:
        self._cells, self._strides = grid_cells(card.input_wh)
        self._shape = (len(self._cells), 5 + len(card.class_names))

    def expected(self) -> tuple[int | None, ...]:
        """Return (cells, 5 + classes)."""
        return self._shape

    def decode(self, output: FloatArray, score_threshold: float) -> Candidates:
        """Return the cells whose objectness times best class score reaches the threshold; a NaN never does."""
        # A class score is at most 1, so that objectness alone rules most cells out.
        hopeful = np.flatnonzero(output[:, 4] >= score_threshold)
        some = output[hopeful]
        scores = some[:, 4] * some[:, 5:].max(axis=1)
        kept = scores >= score_threshold
        some, cells, strides = some[kept], self._cells[hopeful][kept], self._strides[hopeful][kept]
        centres = (some[:, :2] + cells) * strides
        sides = np.exp(np.minimum(some[:, 2:4], MAX_LOG_SIZE)) * strides
        boxes = from_centres(np.concatenate([centres, sides], axis=1))
        return Candidates(boxes, scores[kept], some[:, 5:].argmax(axis=1).astype(np.int64))
