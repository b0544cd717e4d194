"""Says what an inference engine is: one model, opened, that turns batches into raw outputs.

An engine knows nothing of boxes or classes. Whatever library runs it, a batch goes in as float32 and the raw output
comes out as float32; fixed batch sizes, half-precision inputs and the library's own types stay inside.
"""

from collections.abc import Callable, Sequence
from typing import Protocol

import numpy as np

from models.cards import ModelCard
from models.errors import OutputMismatchError
from models.lanes import Layout
from models.scaling import as_input
from vision.arrays import FloatArray, SizeWH

GREY = 114.0
"""Byte of the picture that an engine is tried out with."""


class Engine(Protocol):
    """One opened model; used from one thread at a time."""

    @property
    def name(self) -> str:
        """The library, as written in settings: `onnxruntime`, `openvino`, `torch`."""
        ...

    @property
    def precision(self) -> str:
        """What it computes in: `fp32` or `bf16`."""
        ...

    @property
    def input_wh(self) -> SizeWH:
        """Width and height of the batches it takes."""
        ...

    def infer(self, batch: FloatArray) -> FloatArray:
        """Run the model.

        Args:
            batch: (N, 3, H, W) float32, N >= 1, C-contiguous; prepared as the card says; not modified.

        Returns:
            (N, ...) float32: the model's only output, or those of its family side by side (see `outputs.joined`).

        Raises:
            InferenceError: this run failed.
        """
        ...

    def close(self) -> None:
        """Let go of the model; the engine is of no use afterwards."""
        ...


class EngineMaker(Protocol):
    """Opens the card's weights (given as bytes whose hash was checked) in one engine; raises `ModelError`."""

    def __call__(self, card: ModelCard, weights: bytes, layout: Layout | None = None, /) -> Engine:
        """Open them; the usual layout of cores where none is given."""
        ...


def run_in_batches(batch: FloatArray, fixed_batch: int | None, run: Callable[[FloatArray], FloatArray]) -> FloatArray:
    """Run a batch of any length through a model whose batch size may be fixed; the last part is padded with zeros.

    Args:
        batch: (N, ...) float32, N >= 1.
        fixed_batch: the only batch size that `run` takes, or None where it takes any.
        run: maps (fixed_batch, ...) to (fixed_batch, ...).
    """
    if len(batch) == 0:
        raise ValueError("an empty batch was given to an engine; skip the call instead")
    if fixed_batch is None or fixed_batch == len(batch):
        return _checked(run(batch), len(batch))
    parts = []
    for start in range(0, len(batch), fixed_batch):
        part = batch[start : start + fixed_batch]
        missing = fixed_batch - len(part)
        padded = np.concatenate([part, np.zeros((missing, *part.shape[1:]), np.float32)]) if missing else part
        parts.append(_checked(run(padded), fixed_batch)[: len(part)])
    return np.concatenate(parts)


def _checked(outputs: FloatArray, pictures: int) -> FloatArray:
    """Return the outputs of a run if they are of as many pictures as went in; of one, `check_outputs` has seen them."""
    if pictures == 1 or (outputs.ndim and len(outputs) == pictures):
        return outputs
    raise OutputMismatchError(
        f"the model gives {shape_text(outputs.shape)} for {pictures} pictures at once; export it with a free batch "
        "that its outputs have, too, or with a fixed one of 1"
    )


def grey_batch(card: ModelCard) -> FloatArray:
    """Return one even grey picture as the model's input, (1, 3, H, W) float32."""
    width, height = card.input_wh
    return as_input(np.full((1, 3, height, width), GREY, np.float32), card)


def check_input(card: ModelCard, shapes: Sequence[tuple[int | None, ...]]) -> int | None:
    """Check a model's input against its card and return its fixed batch size, None where it takes any.

    Args:
        card: the card.
        shapes: of the model's inputs; None for each dimension that is free.

    Raises:
        OutputMismatchError: the model does not take one picture of the card's size.
    """
    width, height = card.input_wh
    wanted = (3, height, width)
    fits = [len(shape) == 4 and _admits(shape[1:], wanted) for shape in shapes]
    if fits != [True]:
        found = shape_text(shapes[0]) if len(shapes) == 1 else f"{len(shapes)} inputs"
        raise OutputMismatchError(
            f"model {card.name!r} ({card.file.name}) takes {found}, its card says [N, 3, {height}, {width}]; "
            "correct input_wh on the card or export the model for that size"
        )
    return shapes[0][0]


def _admits(shape: tuple[int | None, ...], wanted: tuple[int, ...]) -> bool:
    return all(found is None or found == side for found, side in zip(shape, wanted, strict=True))


def shape_text(shape: tuple[int | None, ...]) -> str:
    """Return a shape as a person reads it: `[N, 3, 640, 640]`, `?` for a free dimension."""
    sides = ["?" if side is None else str(side) for side in shape]
    if shape and shape[0] is None:
        sides[0] = "N"
    return f"[{', '.join(sides)}]"
