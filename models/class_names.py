"""Maps the class names of any model to the things our rules speak of.

Names are compared without case, and `_` and `-` count as blanks. What is not in the table, or has no one meaning
("bike" is a bicycle in one set and a motorcycle in the next), is dropped unless the card maps it itself.
"""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

import numpy as np

from vision.arrays import Ids
from vision.classes import StreetClass

IGNORED = "ignore"
"""Written in a card's class map for a class that shall be dropped although the table knows its name."""

DROPPED = -1
"""Stands in `class_rows` where no rule needs the class."""


def street_class(name: str) -> StreetClass | None:
    """Return the street class that a model's class name means, or None where no rule needs it."""
    return MEANINGS.get(_plain(name))


def class_rows(class_names: Sequence[str], class_map: Mapping[str, str]) -> Ids:
    """Return (C,) int64: for each of a model's classes the `StreetClass` value, or `DROPPED`.

    Args:
        class_names: the model's classes in the order of its outputs.
        class_map: class name → label of a street class, or `IGNORED`; goes before the table.

    Raises:
        ValueError: the map names a class that the model does not have, or a label that does not exist.
    """
    unknown = sorted(set(class_map) - set(class_names))
    if unknown:
        raise ValueError(f"class_map names {unknown}, which the model does not have")
    return np.array([_row(name, class_map) for name in class_names], np.int64)


def own_class_names() -> tuple[str, ...]:
    """Return the labels that our own models are trained on, in the order of `StreetClass`; nobody can learn UNKNOWN."""
    return tuple(kind.label for kind in StreetClass if kind is not StreetClass.UNKNOWN)


def _row(name: str, class_map: Mapping[str, str]) -> int:
    label = class_map.get(name)
    if label is None:
        found = street_class(name)
        return DROPPED if found is None else int(found)
    if label == IGNORED:
        return DROPPED
    labels = {label: index for index, label in enumerate(own_class_names())}
    if label not in labels:
        raise ValueError(f"class_map turns {name!r} into {label!r}; possible are {', '.join(labels)} and {IGNORED!r}")
    return labels[label]


def _plain(name: str) -> str:
    return " ".join(name.lower().replace("_", " ").replace("-", " ").split())


MEANINGS: Mapping[str, StreetClass] = MappingProxyType(
    {
        "person": StreetClass.PERSON,
        "pedestrian": StreetClass.PERSON,
        "people": StreetClass.PERSON,
        "bicycle": StreetClass.BICYCLE,
        "motorcycle": StreetClass.MOTORCYCLE,
        "motorbike": StreetClass.MOTORCYCLE,
        "scooter": StreetClass.MOTORCYCLE,
        "moped": StreetClass.MOTORCYCLE,
        "car": StreetClass.CAR,
        "van": StreetClass.CAR,
        "suv": StreetClass.CAR,
        "taxi": StreetClass.CAR,
        "bus": StreetClass.BUS,
        "coach": StreetClass.BUS,
        "minibus": StreetClass.BUS,
        "truck": StreetClass.TRUCK,
        "lorry": StreetClass.TRUCK,
        "pickup": StreetClass.TRUCK,
        "tricycle": StreetClass.TRICYCLE,
        "awning tricycle": StreetClass.TRICYCLE,
        "rickshaw": StreetClass.TRICYCLE,
        "auto rickshaw": StreetClass.TRICYCLE,
        "e rickshaw": StreetClass.TRICYCLE,
        "umbrella": StreetClass.UMBRELLA,
        "parasol": StreetClass.UMBRELLA,
        "stall": StreetClass.STALL,
        "cart": StreetClass.STALL,
        "food cart": StreetClass.STALL,
        "table": StreetClass.TABLE,
        "dining table": StreetClass.TABLE,
        "diningtable": StreetClass.TABLE,
        "goods": StreetClass.GOODS,
        "crate": StreetClass.GOODS,
        "basket": StreetClass.GOODS,
    }
)
"""COCO, VisDrone and our own names; a suitcase or a backpack is carried and is not goods."""
