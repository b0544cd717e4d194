"""Finds the things of the street in frames: the whole way from pictures to detections with one model."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from models.candidates import Candidates
from models.cards import ModelCard, load_card
from models.choice import choose_engine
from models.choice_memory import EngineChoice
from models.class_names import DROPPED, class_rows
from models.engines import Engine
from models.families import check_outputs, make_decoder
from models.nms import kept_by_nms
from models.preprocess import Fitting, Preparer
from vision.arrays import SizeWH
from vision.boxes import areas, clipped
from vision.closer_look import Look
from vision.detections import Detections

MAX_DETECTIONS = 300
"""More boxes than this in one frame are noise; the best scored stay."""


class Model:
    """A model with its card, opened in an engine; `detect` is called from one thread at a time."""

    def __init__(self, card: ModelCard, engine: Engine, choice: EngineChoice | None = None) -> None:
        """Take over an opened engine and run it once.

        Args:
            card: the card.
            engine: has opened the card's weights.
            choice: how the engine was chosen, for the page; None where a caller picked it.

        Raises:
            OutputMismatchError: the outputs are not those of the card's family.
            InferenceError: the run failed.
        """
        check_outputs(card, engine)
        self.card = card
        self.choice = choice
        self._engine = engine
        self._preparer = Preparer(card)
        self._decoder = make_decoder(card)
        self._class_ids = class_rows(card.class_names, card.class_map)

    @property
    def input_wh(self) -> SizeWH:
        """Width and height in pixels that frames are fitted into."""
        return self.card.input_wh

    @property
    def best_batch(self) -> int | None:
        """How many pictures are best given to `detect` at once; None where no bench has measured it."""
        return self.choice.batch if self.choice else None

    @property
    def engine_name(self) -> str:
        """Engine and precision, as `openvino bf16`."""
        return f"{self._engine.name} {self._engine.precision}"

    def detect(self, frames: Sequence[Look]) -> list[Detections]:
        """Return what stands in each frame, in source pixels, clipped to the frame, best score first.

        Args:
            frames: of any sizes and cameras, whole or parts of them; they go through the model together.

        Returns:
            One `Detections` per frame, in order; class ids are values of `StreetClass`, other classes are dropped.

        Raises:
            InferenceError: this run failed.
        """
        if not frames:
            return []
        batch, fittings = self._preparer.to_batch(frames)
        outputs = self._engine.infer(batch)
        threshold = self.card.score_threshold
        return [
            self._finish(self._decoder.decode(output, threshold), fitting, frame.size_wh)
            for output, fitting, frame in zip(outputs, fittings, frames, strict=True)
        ]

    def close(self) -> None:
        """Let go of the engine; the model is of no use afterwards."""
        self._preparer.close()
        self._engine.close()

    def _finish(self, candidates: Candidates, fitting: Fitting, size_wh: SizeWH) -> Detections:
        class_ids = self._class_ids[candidates.rows]
        boxes = clipped(fitting.to_source(candidates.boxes), size_wh)
        # A NaN makes an area that is not > 0, so that broken boxes go with the empty ones.
        wanted = (class_ids != DROPPED) & (areas(boxes) > 0)
        found = Detections(boxes, np.clip(candidates.scores, 0, 1).astype(np.float32), class_ids)[wanted]
        if self._decoder.needs_nms:
            rows = kept_by_nms(
                found.boxes,
                found.scores,
                found.class_ids,
                max_iou=self.card.nms_iou,
                class_agnostic=self.card.nms_class_agnostic,
            )
        else:
            rows = np.argsort(-found.scores, kind="stable")
        rows = rows[:MAX_DETECTIONS]
        return Detections(found.boxes[rows], found.scores[rows], found.class_ids[rows])


def open_model(card_path: Path, cache_dir: Path, engine: str = "auto", *, weights_folder: Path | None = None) -> Model:
    """Open the model of a card in the engine that is fastest here, or in the one that is asked for.

    Args:
        card_path: the card.
        cache_dir: where the measured choice is remembered, as `engine.json`.
        engine: `auto`, or a name of `models.choice.ENGINE_NAMES`.
        weights_folder: where the card's `file` is looked for; the card's own folder by default.

    Raises:
        ModelError: card, weights, outputs or engine are wrong; one sentence that names the thing and the way out.
    """
    card = load_card(card_path, weights_folder=weights_folder)
    chosen = choose_engine(card, cache_dir, wanted=engine)
    try:
        return Model(chosen.card, chosen.engine, chosen.choice)
    except BaseException:
        chosen.engine.close()
        raise
