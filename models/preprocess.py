"""Turns frames into a model's input: letterboxed straight from YUV at its size, then laid out as its card says."""

from collections.abc import Sequence

import cv2
import numpy as np

from models.cards import ModelCard
from vision.arrays import FloatArray
from vision.frames import Frame, Letterbox


def to_batch(frames: Sequence[Frame], card: ModelCard) -> tuple[FloatArray, tuple[Letterbox, ...]]:
    """Return the model's input for some frames, and how each was fitted into it.

    Args:
        frames: of any sizes and cameras, at least one.
        card: input size, channel order and scaling.

    Returns:
        (N, 3, H, W) float32, newly made, and N letterboxes that map boxes back.
    """
    width, height = card.input_wh
    batch = np.empty((len(frames), 3, height, width), np.float32)
    letterboxes = []
    factor = 1 / 255 if card.scaling == "0-1" else 1.0
    planes = (2, 1, 0) if card.channel_order == "rgb" else (0, 1, 2)
    for row, frame in enumerate(frames):
        bgr, letterbox = frame.letterboxed(card.input_wh)
        channels = cv2.split(bgr)
        for plane, channel in enumerate(planes):
            np.multiply(channels[channel], np.float32(factor), out=batch[row, plane])
        letterboxes.append(letterbox)
    return batch, tuple(letterboxes)
