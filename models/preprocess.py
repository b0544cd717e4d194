"""Turns frames into a model's input: letterboxed straight from YUV at its size, then laid out as its card says."""

from collections.abc import Sequence

import cv2
import numpy as np

from models.cards import ModelCard
from models.lanes import Lanes
from vision.arrays import FloatArray
from vision.frames import Frame, Letterbox
from vision.shrinking import Shrinker


class Preparer:
    """Prepares frames for one model; one thread at a time.

    Args:
        card: input size, channel order and scaling.
    """

    def __init__(self, card: ModelCard) -> None:
        self._input_wh = card.input_wh
        self._factor = np.float32(1 / 255 if card.scaling == "0-1" else 1.0)
        self._planes = (2, 1, 0) if card.channel_order == "rgb" else (0, 1, 2)
        self._lanes = Lanes("prepare")
        self._shrinkers = [Shrinker() for _ in range(self._lanes.count)]

    def to_batch(self, frames: Sequence[Frame]) -> tuple[FloatArray, tuple[Letterbox, ...]]:
        """Return the model's input for some frames, and how each was fitted into it.

        Args:
            frames: of any sizes and cameras, at least one.

        Returns:
            (N, 3, H, W) float32, newly made, and N letterboxes that map boxes back.
        """
        width, height = self._input_wh
        batch = np.empty((len(frames), 3, height, width), np.float32)

        def prepare(lane: int, rows: slice) -> list[Letterbox]:
            return [self._fill(*pair, self._shrinkers[lane]) for pair in zip(batch[rows], frames[rows], strict=True)]

        parts = self._lanes.parts(len(frames), prepare)
        return batch, tuple(letterbox for part in parts for letterbox in part)

    def close(self) -> None:
        """End its threads."""
        self._lanes.close()

    def _fill(self, picture: FloatArray, frame: Frame, shrinker: Shrinker) -> Letterbox:
        """Lay a frame out in its place of the batch, (3, H, W), and return how it was fitted into it."""
        bgr, letterbox = frame.letterboxed(self._input_wh, shrinker)
        channels = cv2.split(bgr)
        for plane, channel in enumerate(self._planes):
            np.multiply(channels[channel], self._factor, out=picture[plane])
        return letterbox
