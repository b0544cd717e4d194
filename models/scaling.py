"""Says by which factor and offset the bytes of a picture become the values that a model was trained on."""

import numpy as np

from models.cards import ModelCard
from vision.arrays import FloatArray


def channel_scaling(card: ModelCard) -> tuple[FloatArray, FloatArray]:
    """Return factor and offset of each channel in the card's order: value = byte * factor + offset.

    Returns:
        (3,) float32 each.
    """
    std = np.array(card.std)
    white = 255.0 if card.scaling == "0-1" else 1.0
    return (1 / white / std).astype(np.float32), (-np.array(card.mean) / std).astype(np.float32)


def as_input(planes: FloatArray, card: ModelCard) -> FloatArray:
    """Return pictures as the model's input.

    Args:
        planes: (N, 3, H, W) float32 in [0, 255], channels in the card's order.
        card: scaling, mean and std.

    Returns:
        (N, 3, H, W) float32, newly made and C-contiguous.
    """
    factor, offset = channel_scaling(card)
    return np.ascontiguousarray(planes * factor[:, None, None] + offset[:, None, None])
