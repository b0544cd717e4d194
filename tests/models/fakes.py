"""Stands in for frames, engines and clocks."""

from collections.abc import Callable
from datetime import UTC, datetime

import numpy as np

from models.cards import ModelCard
from models.engines import run_in_batches
from vision.arrays import FloatArray, SizeWH
from vision.frames import Frame, Planes


def grey_frame(level: int = 255, size_wh: SizeWH = (64, 64), camera_id: str = "gate") -> Frame:
    """Return a frame of one grey in full range, so that its bytes reach the model as they are."""
    width, height = size_wh
    half = (height + 1) // 2, (width + 1) // 2
    planes = Planes(
        np.full((height, width), level, np.uint8), np.full(half, 128, np.uint8), np.full(half, 128, np.uint8), True
    )
    return Frame(camera_id, 0, 0.0, datetime(2026, 11, 21, tzinfo=UTC), 0.0, planes)


class FakeClock:
    """Time that passes only when something says so."""

    def __init__(self) -> None:
        self.now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


def no_time_passes() -> None:
    """Stand in for the time that a run takes."""


class FakeEngine:
    """Returns one picture's output for every picture of a batch, scaled by the picture's mean as the tiny models do."""

    name = "fake"
    precision = "fp32"

    def __init__(
        self, card: ModelCard, offset: FloatArray, gain: FloatArray, on_run: Callable[[], None] = no_time_passes
    ) -> None:
        self.input_wh = card.input_wh
        self._on_run = on_run
        self.is_closed = False
        self.batch_lengths: list[int] = []
        self._offset, self._gain = offset, gain

    def infer(self, batch: FloatArray) -> FloatArray:
        self.batch_lengths.append(len(batch))
        self._on_run()
        return run_in_batches(batch, None, self._run)

    def close(self) -> None:
        self.is_closed = True

    def _run(self, batch: FloatArray) -> FloatArray:
        means = batch.mean(axis=(1, 2, 3)).reshape(-1, *[1] * (self._offset.ndim - 1))
        return (self._offset + self._gain * means).astype(np.float32)
