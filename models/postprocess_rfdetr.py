"""Reads the outputs of RF-DETR: (queries, 4 + classes), boxes as shares of the picture and logits, one an object.

Source: Robinson et al., RF-DETR (arXiv 2511.09554), and the export guide of the official repository. There a query that
scores on several classes counts once for each; here it is one thing and has its best class.
"""

import numpy as np

from models.candidates import Candidates, from_centres
from models.cards import ModelCard
from vision.arrays import FloatArray

MAX_LOGIT = 80.0
"""Cut so that e^logit does not overflow; the score is 1 long before."""


class RfDetrDecoder:
    """Decodes one picture's (Q, 4 + C) output: centre, size in [0, 1], then a logit per class; no background class."""

    needs_nms = False

    def __init__(self, card: ModelCard) -> None:
        self._class_count = len(card.class_names)
        self._sides = np.array([*card.input_wh, *card.input_wh], np.float32)

    def expected(self) -> tuple[int | None, ...]:
        """Return (any, 4 + classes); the first is how many boxes the model gives at most."""
        return None, 4 + self._class_count

    def decode(self, output: FloatArray, score_threshold: float) -> Candidates:
        """Return the queries whose best class reaches the threshold; a NaN never does."""
        rows = output[:, 4:].argmax(axis=1).astype(np.int64)
        logits = np.take_along_axis(output[:, 4:], rows[:, None], axis=1)[:, 0]
        scores = (1 / (1 + np.exp(-np.clip(logits, -MAX_LOGIT, MAX_LOGIT)))).astype(np.float32)
        kept = scores >= score_threshold
        return Candidates(from_centres(output[kept, :4] * self._sides), scores[kept], rows[kept])
