"""Reads the outputs of models that need no merging (YOLO26, YOLOv10): (300, 6) rows of box, score and class."""

import numpy as np

from models.candidates import Candidates
from models.cards import ModelCard
from vision.arrays import FloatArray


class End2EndDecoder:
    """Decodes one picture's (K, 6) output: x1, y1, x2, y2 in input pixels, score, class row."""

    needs_nms = False

    def __init__(self, card: ModelCard) -> None:
        self._class_count = len(card.class_names)

    def expected(self) -> tuple[int | None, ...]:
        """Return (any, 6); the first is how many boxes the model gives at most."""
        return None, 6

    def decode(self, output: FloatArray, score_threshold: float) -> Candidates:
        """Return the rows that reach the threshold; a class row that the card does not name is dropped."""
        named = (output[:, 5] >= 0) & (output[:, 5] < self._class_count)
        kept = output[(output[:, 4] >= score_threshold) & named]
        return Candidates(np.ascontiguousarray(kept[:, :4]), kept[:, 4].copy(), kept[:, 5].astype(np.int64))
