"""Finds people and vehicles in evidence pictures so that heads and plates can be hidden before a copy leaves the desk.

The live look is paced and judged for rules; here nobody waits, and what is missed is shown. So a picture is looked at
as a whole and in overlapping tiles of two sizes, and counts what the rules would not: lower scores count.

Belongs here: looking. Does not: which parts are hidden (bystanders), how (mosaic), which files (blurred_copies).
"""

import math
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Protocol

import numpy as np

from cases.bystanders import Box, Regions, regions_to_hide
from cases.evidence_errors import BlurError
from models.errors import ModelError
from vision.arrays import Boxes, Picture, SizeWH
from vision.boxes import clipped
from vision.classes import StreetClass
from vision.detections import Detections
from vision.frames import Frame, Planes

COARSE_TILES = (1.25,)
"""Sizes of tiles for a picture of a clip, in sizes of the model's input: of 25 px of a person 20 are left there."""

FINE_TILES = (*COARSE_TILES, 0.8)
"""Those for a still, which is looked at once: heads that the larger tiles miss are found in smaller ones, for about
three times the work. Measured by `benchmarks.bystanders`."""

VEHICLE_IN_TILE_RATIO = 0.6
"""A vehicle that fills more than this of a tile's width or height does not count there: it is large enough to be seen
in the whole picture, and parts of buildings that fill a tile are taken for trucks."""

TILE_OVERLAP = 0.2
"""Share of a tile that the next one shows again: who stands at a border is whole in one of them."""

BATCH = 4
"""Tiles that go through the model together."""

Tile = tuple[int, int, int, int]
"""Part of a picture: x1, y1, x2, y2 in pixels."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Looker(Protocol):
    """What finds people and vehicles: `models.model.Model`, or a fake."""

    @property
    def input_wh(self) -> SizeWH:
        """Width and height in pixels that frames are fitted into."""
        ...

    def detect(self, frames: Sequence[Frame]) -> list[Detections]:
        """Return what stands in each frame, pixels of the frame."""
        ...


class FaceFinder(Protocol):
    """What finds faces: `models.faces.Faces`, or a fake."""

    def find(self, bgr: Picture) -> Boxes:
        """Return (N, 4) boxes of faces, pixels of the picture."""
        ...


@dataclass(frozen=True, slots=True)
class FinderFacts:
    """How people and vehicles were looked for; goes into the note of every copy.

    Attributes:
        model: name of the model's card.
        sha256: hash of its weights.
        person_threshold, vehicle_threshold: smallest scores that counted, in [0, 1].
        face_model: name of the face model's card, empty where none was asked.
        face_sha256: hash of its weights, empty where none was asked.
        face_threshold: smallest score of a face that counted; 0 where none was asked.
    """

    model: str
    sha256: str
    person_threshold: float
    vehicle_threshold: float
    face_model: str = ""
    face_sha256: str = ""
    face_threshold: float = 0.0

    @property
    def means(self) -> tuple[str, ...]:
        """By what people are made unrecognisable."""
        return ("faces", "heads", "plates") if self.face_model else ("heads", "plates")


class BystanderFinder:
    """Finds what must be hidden; any thread may call it, one picture is looked at at a time."""

    def __init__(self, looker: Looker, facts: FinderFacts, faces: FaceFinder | None = None) -> None:
        self.facts = facts
        self._looker = looker
        self._faces = faces
        self._looking = threading.Lock()

    def regions(
        self,
        bgr: Picture,
        spared: Box | None = None,
        *,
        known: Detections | None = None,
        tiles: Sequence[float] = FINE_TILES,
    ) -> Regions:
        """Return the regions of a picture that must be hidden; see `regions_to_hide`.

        Args:
            bgr: (H, W, 3) uint8.
            spared: box of the vehicle whose plate stays to be seen.
            known: what is known to be there, whether the model sees it or not.
            tiles: sizes of the tiles that are looked at besides the whole, in sizes of the model's input.

        Raises:
            BlurError: the model failed, so nobody knows what must be hidden.
        """
        size_wh = bgr.shape[1], bgr.shape[0]
        found = self.found(bgr, tiles)
        regions = regions_to_hide(found if known is None else found.joined(known), size_wh, spared)
        if self._faces is None:
            return regions
        try:
            with self._looking:
                faces = self._faces.find(bgr)
        except ModelError as err:
            raise BlurError(f"faces cannot be looked for, so no copy is made: {err}") from err
        return replace(regions, heads=np.concatenate([regions.heads, clipped(faces, size_wh)]))

    def found(self, bgr: Picture, tiles: Sequence[float] = FINE_TILES) -> Detections:
        """Return people and vehicles of the whole picture and of its tiles; a thing may come more than once.

        Raises:
            BlurError: the model failed.
        """
        found = Detections.empty()
        parts = list(tiles_of((bgr.shape[1], bgr.shape[0]), self._looker.input_wh, tiles))
        try:
            with self._looking:
                for start in range(0, len(parts), BATCH):
                    batch = parts[start : start + BATCH]
                    frames = [_frame(bgr[y1:y2, x1:x2]) for x1, y1, x2, y2 in batch]
                    for part, seen in zip(batch, self._looker.detect(frames), strict=True):
                        found = found.joined(seen if part == parts[0] else _of_tile(seen, part))
        except ModelError as err:
            raise BlurError(f"people and vehicles cannot be looked for, so no copy is made: {err}") from err
        is_person = found.class_ids == StreetClass.PERSON
        least = np.where(is_person, self.facts.person_threshold, self.facts.vehicle_threshold)
        return found[np.asarray(found.scores >= least, bool)]


def tiles_of(size_wh: SizeWH, input_wh: SizeWH, tiles: Sequence[float]) -> Iterator[Tile]:
    """Yield the whole picture, and for each size its overlapping tiles where it is larger than one."""
    width, height = size_wh
    yield 0, 0, width, height
    for inputs in tiles:
        columns, rows = _spans(width, inputs * input_wh[0]), _spans(height, inputs * input_wh[1])
        if len(columns) * len(rows) > 1:
            yield from ((x1, y1, x2, y2) for y1, y2 in rows for x1, x2 in columns)


def _of_tile(seen: Detections, tile: Tile) -> Detections:
    """Return what counts of what was seen in a tile, in pixels of the picture."""
    x1, y1, x2, y2 = tile
    share = (seen.boxes[:, 2:] - seen.boxes[:, :2]) / np.array([x2 - x1, y2 - y1], np.float32)
    counts = (share.max(axis=1) <= VEHICLE_IN_TILE_RATIO) | (seen.class_ids == StreetClass.PERSON)
    moved = (seen.boxes + np.array([x1, y1, x1, y1], np.float32)).astype(np.float32)
    return Detections(moved, seen.scores, seen.class_ids)[np.asarray(counts, bool)]


def _spans(length: int, most: float) -> list[tuple[int, int]]:
    """Return overlapping spans of equal length, at most `most` long, that cover 0 to `length`."""
    if length <= most:
        return [(0, length)]
    count = math.ceil((length - most) / (most * (1 - TILE_OVERLAP))) + 1
    side = math.ceil(length / (1 + (count - 1) * (1 - TILE_OVERLAP)))
    starts = [round(number * (length - side) / (count - 1)) for number in range(count)]
    return [(start, start + side) for start in starts]


def _frame(bgr: Picture) -> Frame:
    return Frame("", 0, 0.0, _EPOCH, 0.0, Planes.from_bgr(bgr))
