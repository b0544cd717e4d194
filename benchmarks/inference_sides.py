"""Holds what the inference benchmark times: the pipeline, its engine alone, and ONNX Runtime as it comes.

All three get the same pictures: `pipeline` the decoded frames, the other two the tensors made of them beforehand.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path
from typing import Literal

import numpy as np
import onnxruntime as ort

from models.cards import ModelCard, load_card, read_weights
from models.choice import choose_engine
from models.choice_memory import EngineChoice
from models.engines import Engine, run_in_batches
from models.model import Model
from models.preprocess import Preparer
from vision.arrays import FloatArray
from vision.frames import Frame

InferenceSide = Literal["pipeline", "engine", "onnxruntime_default"]

SIDES: tuple[InferenceSide, ...] = ("pipeline", "engine", "onnxruntime_default")


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast a side was in one window.

    Attributes:
        images: how many went through.
        wall_s: how long that took.
        cpu_s: processor seconds of this process, all threads.
    """

    images: int
    wall_s: float
    cpu_s: float


class DefaultSession:
    """ONNX Runtime's processor provider with no option set; a batch goes in whole where the model takes it."""

    def __init__(self, card: ModelCard) -> None:
        self._session = ort.InferenceSession(read_weights(card), providers=["CPUExecutionProvider"])
        first = self._session.get_inputs()[0]
        self._name = first.name
        self._fixed = first.shape[0] if isinstance(first.shape[0], int) else None

    def infer(self, batch: FloatArray) -> FloatArray:
        """Run the model on a batch of float32."""
        return run_in_batches(batch, self._fixed, self._run)

    def _run(self, batch: FloatArray) -> FloatArray:
        return np.asarray(self._session.run(None, {self._name: batch})[0], np.float32)


class Contest:
    """One model with all its sides, opened; used by one thread.

    Args:
        card: path of the model's card.
        weights_folder: where its weights lie; the card's own folder if None.
        cache_dir: an empty folder, so that the engine is measured and not remembered.

    Raises:
        ModelError: card, weights or engine are wrong.
    """

    def __init__(self, card: Path, weights_folder: Path | None, cache_dir: Path) -> None:
        self.card = load_card(card, weights_folder=weights_folder)
        chosen = choose_engine(self.card, cache_dir)
        self._engine: Engine = chosen.engine
        self._model = Model(self.card, chosen.engine, chosen.choice)
        self._default = DefaultSession(self.card)
        self.choice: EngineChoice = chosen.choice
        self.engine_name = self._model.engine_name

    def sides(self, frames: Sequence[Frame], batch: int) -> Mapping[InferenceSide, Callable[[], object]]:
        """Return for each side what looks at the next batch of the frames, which are gone through in turn."""
        parts = [frames[start : start + batch] for start in range(0, len(frames) - batch + 1, batch)]
        if not parts:
            raise ValueError(f"a batch of {batch} needs at least as many frames, not {len(frames)}")
        preparer = Preparer(self.card)
        ready = [preparer.to_batch(part)[0] for part in parts]
        framed, tensors, same = cycle(parts), cycle(ready), cycle(ready)
        return {
            "pipeline": lambda: self._model.detect(next(framed)),
            "engine": lambda: self._engine.infer(next(tensors)),
            "onnxruntime_default": lambda: self._default.infer(next(same)),
        }

    def close(self) -> None:
        """Let go of the engine."""
        self._model.close()


def timed(look: Callable[[], object], batch: int, window_s: float) -> Pace:
    """Look again and again until `window_s` seconds are over, at least once, and return how fast that went."""
    began_s, cpu_before_s, looks = time.perf_counter(), time.process_time(), 0
    while (wall_s := time.perf_counter() - began_s) < window_s or not looks:
        look()
        looks += 1
    return Pace(looks * batch, wall_s, time.process_time() - cpu_before_s)
