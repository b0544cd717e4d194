"""Tells which of a model's outputs its family speaks of, and joins several into one array.

Engines hand on one array, whatever the model has. Outputs are matched by name, because shapes can mislead: with three
classes RF-DETR's logits have the shape of its boxes.
"""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

import numpy as np

from models.cards import Family, ModelCard
from models.errors import OutputMismatchError
from vision.arrays import FloatArray

SHOWN_NAMES = 4


def wanted_outputs(card: ModelCard, names: Sequence[str]) -> tuple[int, ...]:
    """Return the places of the outputs that the card's family has, in the order in which they are joined.

    Args:
        card: the card.
        names: of the model's outputs.

    Raises:
        OutputMismatchError: the model has others.
    """
    named = f"{', '.join(names[:SHOWN_NAMES])}{', ...' if len(names) > SHOWN_NAMES else ''}"
    wanted = OUTPUT_NAMES.get(card.family)
    if wanted is None:
        if len(names) == 1:
            return (0,)
        raise OutputMismatchError(
            f"model {card.name!r} ({card.file.name}) has {len(names)} outputs ({named}), but family {card.family} has "
            f"one; {_way_out(names)}"
        )
    if not set(wanted) <= set(names):
        raise OutputMismatchError(
            f"model {card.name!r} ({card.file.name}) has the outputs {named}, but family {card.family} has "
            f"{' and '.join(wanted)}; correct family on the card, or export it as its publisher does"
        )
    return tuple(names.index(name) for name in wanted)


def joined(outputs: Sequence[FloatArray]) -> FloatArray:
    """Return a single output as it is, and several side by side along their last axis.

    Args:
        outputs: (N, ...) float32 or float16 each.

    Raises:
        OutputMismatchError: several that do not have as many rows.
    """
    arrays = [np.asarray(output, np.float32) for output in outputs]
    if len(arrays) == 1:
        return arrays[0]
    if len({array.shape[:-1] for array in arrays}) > 1:
        shapes = " and ".join(str(list(array.shape)) for array in arrays)
        raise OutputMismatchError(f"the model's outputs do not belong together: they have the shapes {shapes}")
    return np.concatenate(arrays, axis=-1)


def _way_out(names: Sequence[str]) -> str:
    for family, wanted in OUTPUT_NAMES.items():
        if set(wanted) <= set(names):
            return f'it looks like family = "{family}"'
    return "export it with its heads joined, and without NMS in the graph unless that gives one output of [N, boxes, 6]"


OUTPUT_NAMES: Mapping[Family, tuple[str, ...]] = MappingProxyType({Family.RF_DETR: ("dets", "labels")})
"""The outputs of families that have several; all others have one, of any name."""
