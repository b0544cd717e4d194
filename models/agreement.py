"""Tells whether an engine sees what the reference engine sees, before its speed counts.

A faster engine that computes in fewer bits, or wrongly, moves boxes and scores. Both engines are given the same drawn
pictures; the boxes that the reference holds most likely must be found by the other, too, whatever the score threshold,
because nothing in a drawn picture need be a thing that the model knows.
"""

from dataclasses import dataclass

import cv2
import numpy as np

from models.candidates import Decoder
from models.cards import ModelCard
from models.engines import Engine
from models.scaling import as_input
from vision.arrays import FloatArray
from vision.boxes import areas, iou_matrix

PICTURES = 3
"""Drawn pictures compared; with `TOP_BOXES` each that makes 60 boxes, a fraction of a second on any processor."""

TOP_BOXES = 20
"""Best scored boxes of the reference that are looked for in the other's output."""

MIN_IOU = 0.9
"""A box that moved further than this is another box; bfloat16 in the head alone moves boxes less."""

MAX_SCORE_DIFFERENCE = 0.05
"""More than this would make the score threshold on the card mean something else."""

MIN_AGREED_RATIO = 0.95
"""One box in twenty may differ: where two classes or cells are nearly even, rounding decides."""


@dataclass(frozen=True, slots=True)
class Agreement:
    """How far an engine agrees with the reference.

    Attributes:
        compared: boxes of the reference that were looked for.
        agreed_ratio: share of them found with nearly the same place and score, in [0, 1].
    """

    compared: int
    agreed_ratio: float

    @property
    def holds(self) -> bool:
        """Whether the engine may stand in for the reference."""
        return self.agreed_ratio >= MIN_AGREED_RATIO


def compare_engines(card: ModelCard, decoder: Decoder, reference: Engine, other: Engine) -> Agreement:
    """Run both engines on the same drawn pictures and compare what they hold most likely.

    Raises:
        InferenceError: one of the runs failed.
    """
    compared = agreed = 0
    for seed in range(PICTURES):
        batch = drawn_batch(card, seed)
        pictures = decoder.decode(reference.infer(batch)[0], 0.0), decoder.decode(other.infer(batch)[0], 0.0)
        wanted, found = pictures
        visible = np.flatnonzero(areas(wanted.boxes) > 0)
        top = visible[np.argsort(-wanted.scores[visible], kind="stable")[:TOP_BOXES]]
        same_place = iou_matrix(wanted.boxes[top], found.boxes) >= MIN_IOU
        same_score = np.abs(wanted.scores[top][:, None] - found.scores[None, :]) <= MAX_SCORE_DIFFERENCE
        compared += len(top)
        agreed += int((same_place & same_score).any(axis=1).sum())
    return Agreement(compared, agreed / compared if compared else 1.0)


def drawn_batch(card: ModelCard, seed: int) -> FloatArray:
    """Return one drawn picture as the model's input, (1, 3, H, W) float32: soft noise with plain shapes on it.

    The same seed gives the same picture on every machine.
    """
    width, height = card.input_wh
    rng = np.random.default_rng(seed)
    coarse = rng.integers(40, 200, (max(2, height // 32), max(2, width // 32), 3), dtype=np.uint8)
    bgr = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_LINEAR)
    for _ in range(12):
        x, y = int(rng.integers(0, width)), int(rng.integers(0, height))
        side = int(rng.integers(12, max(13, height // 3)))
        colour = tuple(int(value) for value in rng.integers(0, 256, 3))
        cv2.rectangle(bgr, (x, y), (x + side * 2, y + side), colour, -1)
        cv2.circle(bgr, (x + side // 2, y + side), side // 4, (20, 20, 20), -1)
        cv2.circle(bgr, (x + side * 3 // 2, y + side), side // 4, (20, 20, 20), -1)
    return as_input(bgr.transpose(2, 0, 1)[None].astype(np.float32), card)
