"""Gives the classes of other people's sets a meaning on our street.

The names that `models.class_names` knows mean the same in a set as in a model. What it does not know must be said, or
be left out on purpose: a class that vanishes unseen takes its things with it, and they become background.

Decided for the sets that we use (`catalogue`), by what the parking and vending rules do with a class:

- van, micro bus (Nepal's minivan for 10 to 16), ambulance, police vehicle → car: they park as cars do, and our own
  table has vans there. Pick-ups and mini trucks with an open bed → truck.
- auto rickshaw, e-rickshaw, tempo, cycle rickshaw → tricycle: three wheels, and the frame that goods tricycles have.
- tractor → truck: it is a lorry's size, carries loads, and stops where lorries do.
- bike, in the two sets that we looked through → motorcycle; elsewhere it has to be said.
- vehicle, where any type is meant → unknown: the box is good, a stronger model has to name it (`merging`).
- windows, signs, rubbish and bins → left out: no rule speaks of them.
"""

from collections.abc import Mapping, Sequence

import numpy as np

from datasets.errors import UnknownClassError
from models.class_names import DROPPED, IGNORED, street_class
from vision.arrays import Ids
from vision.classes import StreetClass

THE_REST = "*"
"""Stands in a map for every name that is neither in it nor known by itself."""


def class_ids_of(names: Sequence[str], own: Mapping[str, str], place: str) -> Ids:
    """Return (C,) int64: for each of a set's classes a value of `StreetClass`, or `DROPPED`.

    Args:
        names: the set's classes.
        own: class name, or `THE_REST`, → label of a street class, or `IGNORED`; goes before the table.
        place: file or set, for the error.

    Raises:
        UnknownClassError: a class has no meaning; all of them are named.
        ValueError: the map gives a label that does not exist.
    """
    targets = {kind.label: int(kind) for kind in StreetClass} | {IGNORED: DROPPED}
    for name, label in own.items():
        if label not in targets:
            raise ValueError(f"{name}={label}: there is no class {label!r}; there are {', '.join(targets)}")
    meanings = [_meaning(name, own, targets) for name in names]
    unknown = [name for name, meaning in zip(names, meanings, strict=True) if meaning is None]
    if unknown:
        raise UnknownClassError(place, sorted(set(unknown)))
    return np.array(meanings, np.int64)


def classes_in(class_ids: Ids) -> frozenset[StreetClass]:
    """Return what a set speaks of by its mapped classes, UNKNOWN and dropped ones aside."""
    return frozenset(StreetClass(int(i)) for i in class_ids if i not in (DROPPED, StreetClass.UNKNOWN))


def parsed_map(pairs: Sequence[str]) -> dict[str, str]:
    """Read `rickshaw=tricycle`, as typed on the command line.

    Raises:
        ValueError: a pair has no `=`.
    """
    found: dict[str, str] = {}
    for pair in pairs:
        name, equals, label = pair.rpartition("=")
        if not equals or not name.strip():
            raise ValueError(f"{pair!r} gives no class a meaning; write it as rickshaw=tricycle")
        found[name.strip()] = label.strip()
    return found


def _meaning(name: str, own: Mapping[str, str], targets: Mapping[str, int]) -> int | None:
    if name in own:
        return targets[own[name]]
    known = street_class(name)
    if known is not None:
        return int(known)
    if name == StreetClass.UNKNOWN.label:  # as our own sets write it
        return int(StreetClass.UNKNOWN)
    return targets[own[THE_REST]] if THE_REST in own else None
