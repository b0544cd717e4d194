"""Turns frames into a model's input: resized straight from YUV at its size, then laid out as its card says."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import cv2
import numpy as np

from models.cards import ModelCard
from models.lanes import Lanes
from models.scaling import channel_scaling
from vision.arrays import Boxes, FloatArray
from vision.closer_look import CloserLook, Look, SheetFit
from vision.frames import Letterbox
from vision.shrinking import Shrinker


@dataclass(frozen=True, slots=True)
class Stretch:
    """How a frame was stretched over a model's input: source pixel times `scale_xy` is the input pixel."""

    scale_xy: tuple[float, float]

    def to_source(self, boxes: Boxes) -> Boxes:
        """Map (N, 4) boxes from input pixels back to source pixels; they are not clipped."""
        return (boxes / np.array([*self.scale_xy, *self.scale_xy], np.float32)).astype(np.float32)


Fitting: TypeAlias = Letterbox | Stretch | SheetFit
"""How a frame was fitted into a model's input; maps boxes back."""


class Preparer:
    """Prepares frames for one model; one thread at a time.

    Args:
        card: input size, fit, channel order and scaling.
    """

    def __init__(self, card: ModelCard) -> None:
        self._input_wh, self._fit = card.input_wh, card.fit
        self._factors, self._offsets = channel_scaling(card)
        self._planes = (2, 1, 0) if card.channel_order == "rgb" else (0, 1, 2)
        self._lanes = Lanes("prepare")
        self._shrink = Shrinker()

    def to_batch(self, frames: Sequence[Look]) -> tuple[FloatArray, tuple[Fitting, ...]]:
        """Return the model's input for some frames, and how each was fitted into it.

        Args:
            frames: of any sizes and cameras, whole or parts of them, at least one; parts are never stretched.

        Returns:
            (N, 3, H, W) float32, newly made, and N fittings that map boxes back.
        """
        width, height = self._input_wh
        batch = np.empty((len(frames), 3, height, width), np.float32)

        def prepare(_lane: int, rows: slice) -> list[Fitting]:
            return [self._fill(*pair) for pair in zip(batch[rows], frames[rows], strict=True)]

        parts = self._lanes.parts(len(frames), prepare)
        return batch, tuple(fitting for part in parts for fitting in part)

    def close(self) -> None:
        """End its threads."""
        self._lanes.close()

    def _fill(self, picture: FloatArray, frame: Look) -> Fitting:
        """Lay a frame out in its place of the batch, (3, H, W), and return how it was fitted into it."""
        fitting: Fitting
        if self._fit == "letterbox" or isinstance(frame, CloserLook):
            bgr, fitting = frame.letterboxed(self._input_wh, self._shrink)
        else:
            (width, height), (input_width, input_height) = frame.size_wh, self._input_wh
            bgr, fitting = (
                frame.bgr(self._input_wh, self._shrink),
                Stretch((input_width / width, input_height / height)),
            )
        channels = cv2.split(bgr)
        for plane, channel in enumerate(self._planes):
            np.multiply(channels[channel], self._factors[plane], out=picture[plane])
            if self._offsets[plane]:
                picture[plane] += self._offsets[plane]
        return fitting
