"""Finds pictures that look alike, and those that are the same picture twice.

A difference hash says of 72 cells of a picture which of two neighbours is brighter. Light, contrast, noise and
compression change few of these bits; frames of a fixed camera share most of them, as the street stays while the traffic
changes. Pictures that were mirrored to make a set larger are found, too.

Source: dHash (Krawetz, "Kind of Like That", 2013).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from vision.arrays import Ids, Picture

CELLS_WH, BITS = (9, 8), 64
"""Eight rows of eight comparisons."""

ALIKE_BITS = 8
"""Pictures of which at most so many bits differ are grouped. Of the unrelated photographs in the material hardly a pair
comes this near; of one fixed camera by day, in rain and by night 180 of 195 pictures hang together, over others of it
(tests/datasets/test_catalogue.py)."""

MIN_SPREAD = 3.0
"""Pictures whose cells vary less (grey values, sigma) are fog, night or a lens cap, and not known to be alike."""

THUMBNAIL_WH = (64, 36)
SAME_GREY = 10
"""Pictures whose thumbnails differ nowhere by more than this are the same one: a car of 20 px in 640 changes a cell by
more, encoding anew does not."""

BLOCK = 512
"""Rows compared at a time, so that ten thousand pictures need no matrix of ten thousand squared."""


@dataclass(frozen=True, slots=True, eq=False)
class Likeness:
    """What is kept of N pictures to compare them.

    Attributes:
        bits: (N, 64) bool hashes.
        mirrored: (N, 64) bool, hashes of the same pictures as a mirror shows them.
        spreads: (N,) float32: how much the cells of a picture differ, grey values (sigma).
        thumbnails: (N, 36, 64) uint8 luma.
    """

    bits: npt.NDArray[np.bool_]
    mirrored: npt.NDArray[np.bool_]
    spreads: npt.NDArray[np.float32]
    thumbnails: npt.NDArray[np.uint8]

    def __len__(self) -> int:
        return len(self.bits)

    @classmethod
    def joined(cls, parts: Sequence["Likeness"]) -> "Likeness":
        """Return what is kept of the pictures of all parts, in their order."""
        parts = [likeness_of([]), *parts]
        return cls(
            np.concatenate([part.bits for part in parts]),
            np.concatenate([part.mirrored for part in parts]),
            np.concatenate([part.spreads for part in parts]),
            np.concatenate([part.thumbnails for part in parts]),
        )


@dataclass(frozen=True, slots=True)
class Pair:
    """Two pictures that look alike, by their numbers (`one` is the smaller), and whether they are the same picture."""

    one: int
    other: int
    same: bool


def likeness_of(lumas: Iterable[Picture]) -> Likeness:
    """Return what is compared of pictures, each (H, W) uint8 luma of any size; they are not held."""
    shrunk = [(_shrunk(luma, CELLS_WH), _shrunk(luma, THUMBNAIL_WH)) for luma in lumas]
    cells = np.array([each for each, _ in shrunk], np.float32).reshape(-1, CELLS_WH[1], CELLS_WH[0])
    thumbnails = np.array([each for _, each in shrunk], np.uint8).reshape(-1, THUMBNAIL_WH[1], THUMBNAIL_WH[0])
    return Likeness(_bits(cells), _bits(cells[:, :, ::-1]), cells.std(axis=(1, 2)), thumbnails)


def alike_pairs(likeness: Likeness, *, most_bits: int = ALIKE_BITS) -> list[Pair]:
    """Return the pairs of pictures of which at most `most_bits` of 64 bits differ, mirrored or not."""
    pairs: list[Pair] = []
    told = likeness.spreads >= MIN_SPREAD
    for start in range(0, len(likeness), BLOCK):
        rows = slice(start, start + BLOCK)
        differing = np.minimum(
            _differing(likeness.bits[rows], likeness.bits), _differing(likeness.bits[rows], likeness.mirrored)
        )
        near = (differing <= most_bits) & told[rows, None] & told[None, :]
        for one, other in zip(*np.nonzero(near), strict=True):
            if one + start < other:
                pairs.append(Pair(int(one + start), int(other), _is_same(likeness, int(one + start), int(other))))
    return pairs


def groups_of(count: int, pairs: Iterable[tuple[int, int]]) -> Ids:
    """Return (count,) int64: for each of `count` things the smallest number that it is linked to, over any steps.

    Args:
        count: how many things there are.
        pairs: what belongs together, in any order.
    """
    parent = list(range(count))

    def root(each: int) -> int:
        while parent[each] != each:
            parent[each] = parent[parent[each]]
            each = parent[each]
        return each

    for one, other in pairs:
        low, high = sorted((root(one), root(other)))
        parent[high] = low
    return np.array([root(each) for each in range(count)], np.int64)


def _shrunk(luma: Picture, size_wh: tuple[int, int]) -> Picture:
    return cv2.resize(luma, size_wh, interpolation=cv2.INTER_AREA)


def _bits(cells: npt.NDArray[np.float32]) -> npt.NDArray[np.bool_]:
    return (cells[:, :, 1:] > cells[:, :, :-1]).reshape(len(cells), BITS)


def _differing(one: npt.NDArray[np.bool_], other: npt.NDArray[np.bool_]) -> npt.NDArray[np.int64]:
    """Return (N, M) int64 counts of differing bits, as all bits less those that both have and that neither has."""
    a, b = one.astype(np.float32), other.astype(np.float32)
    same = a @ b.T + (1 - a) @ (1 - b).T
    return BITS - np.rint(same).astype(np.int64)


def _is_same(likeness: Likeness, one: int, other: int) -> bool:
    a, b = likeness.thumbnails[one].astype(np.int16), likeness.thumbnails[other].astype(np.int16)
    return min(int(np.abs(a - b).max()), int(np.abs(a - b[:, ::-1]).max())) <= SAME_GREY
