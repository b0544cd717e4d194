"""Runs ultralytics `.pt` checkpoints with torch; both come with the `train` extra and are imported when one is opened.

On the processor only, also where torch sees a GPU: no GPU path of ours has been run.

A `.pt` file is a pickle and can run any code when it is opened; the hash on its card is checked before.
"""

from typing import Any

import numpy as np

from models.cards import ModelCard
from models.engines import run_in_batches
from models.errors import ExtraMissingError, InferenceError, WeightsError, one_line
from models.lanes import Layout
from vision.arrays import FloatArray, SizeWH


class TorchEngine:
    """One ultralytics detection model on the processor; see `Engine`."""

    name = "torch"
    precision = "fp32"

    def __init__(self, card: ModelCard, weights: bytes, layout: Layout | None = None) -> None:
        """Open the checkpoint that the card names.

        Args:
            card: the card.
            weights: unused beyond the hash check that was done on them; ultralytics opens the file itself.
            layout: unused; torch has one number of threads for the whole process.

        Raises:
            ExtraMissingError: torch or ultralytics is not installed.
            WeightsError: the file is no ultralytics checkpoint.
        """
        try:
            import torch
            from ultralytics import YOLO
        except ImportError as err:
            raise ExtraMissingError(f"model {card.name!r} ({card.file.name})", err.name or "a library") from None
        del weights, layout
        self._torch = torch
        try:
            network = YOLO(str(card.file), task="detect").model
        except (RuntimeError, OSError, ValueError, TypeError, KeyError, AttributeError, EOFError) as err:
            raise WeightsError(f"{card.file} is not a checkpoint that ultralytics can open: {one_line(err)}") from None
        self._network = network.float().fuse().eval().to("cpu")
        self._card_name, self._input_wh = card.name, card.input_wh

    @property
    def input_wh(self) -> SizeWH:
        """Width and height of the batches it takes."""
        return self._input_wh

    def infer(self, batch: FloatArray) -> FloatArray:
        """Run the model; see `Engine.infer`."""
        return run_in_batches(batch, None, self._run)

    def close(self) -> None:
        """Let go of the network."""
        del self._network

    def _run(self, batch: FloatArray) -> FloatArray:
        try:
            with self._torch.inference_mode():
                output: Any = self._network(self._torch.from_numpy(batch))
        except RuntimeError as err:
            raise InferenceError(f"torch failed on model {self._card_name!r}: {one_line(err)}") from None
        first = output[0] if isinstance(output, (list, tuple)) else output
        return np.asarray(first.float().numpy(), np.float32)
