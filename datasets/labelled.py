"""Holds a picture with what is marked in it, whoever marked it and whatever file it came from.

A set that leaves a class unlabelled says nothing about it: a picture names the classes that are marked *completely*
(each thing of the class has its box). Of any other class an unmatched detection is no error, and training must not
take the rest of the picture for background.

Belongs here: the records. Does not: reading and writing files (yolo, coco, mot, recordings), pixels (picture_files).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Final

import numpy as np

from vision.arrays import Boxes, Ids, Mask, Scores, SizeWH
from vision.classes import StreetClass

NOT_FILLED: Final[Scores] = np.zeros(0, np.float32)
NOT_FOLLOWED: Final[Ids] = np.zeros(0, np.int64)
"""Stand for a column that nobody filled, of any length."""

TRAINED_CLASSES: tuple[StreetClass, ...] = tuple(c for c in StreetClass if c != StreetClass.UNKNOWN)
"""Rows of the label files that we write, in this order; nobody can learn UNKNOWN."""

NO_CLASS: frozenset[StreetClass] = frozenset()


class Domain(StrEnum):
    """From where a picture looks at the street; things differ in size and tilt between them."""

    STREET_CAMERA = "street_camera"  # from a pole, a bridge or a house: what the system sees
    ROADSIDE = "roadside"  # from a person's eyes, things fill a good part of the picture
    CLOSE = "close"  # one thing fills the picture
    SURFACE = "surface"  # a wall, shop front or pavement; what stands before it is not the subject
    DRAWN = "drawn"


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a picture comes from.

    Attributes:
        set_name: of its set.
        licence: as the set states it, in its words.
        domain: from where it looks.
    """

    set_name: str
    licence: str = "not stated"
    domain: Domain = Domain.STREET_CAMERA


@dataclass(frozen=True, slots=True)
class ClipMoment:
    """A picture inside a recorded clip: the frame that is shown at `t_s` seconds after the clip's first."""

    path: Path
    t_s: float


PictureSource = Path | bytes | ClipMoment
"""A picture file, the bytes of a JPEG, or a moment of a clip."""


@dataclass(frozen=True, slots=True, eq=False)
class Labels:
    """What is marked in one picture; row i of every array is the same thing.

    Attributes:
        boxes: (N, 4) float32 xyxy, pixels of the picture.
        class_ids: (N,) int64, values of `StreetClass`; UNKNOWN is a thing whose set does not say which it is.
        scores: (N,) float32 in [0, 1]; 1 where a person marked.
        object_ids: (N,) int64, the same for the same thing over a clip's frames; 0 where nobody followed it.
        visible_ratios: (N,) float32 in [0, 1]; 1 where nobody said.
    """

    boxes: Boxes
    class_ids: Ids
    scores: Scores = field(default_factory=lambda: NOT_FILLED)
    object_ids: Ids = field(default_factory=lambda: NOT_FOLLOWED)
    visible_ratios: Scores = field(default_factory=lambda: NOT_FILLED)

    def __post_init__(self) -> None:
        n = len(self.boxes)
        if self.scores is NOT_FILLED:
            object.__setattr__(self, "scores", np.ones(n, np.float32))
        if self.object_ids is NOT_FOLLOWED:
            object.__setattr__(self, "object_ids", np.zeros(n, np.int64))
        if self.visible_ratios is NOT_FILLED:
            object.__setattr__(self, "visible_ratios", np.ones(n, np.float32))
        columns = [c.shape for c in (self.class_ids, self.scores, self.object_ids, self.visible_ratios)]
        if self.boxes.shape != (n, 4) or columns != [(n,)] * 4:
            raise ValueError(f"rows differ: {self.boxes.shape=} {columns=}")

    def __len__(self) -> int:
        return len(self.boxes)

    def __getitem__(self, rows: Mask | Ids) -> "Labels":
        columns = self.class_ids[rows], self.scores[rows], self.object_ids[rows], self.visible_ratios[rows]
        return Labels(self.boxes[rows], *columns)

    @classmethod
    def none(cls) -> "Labels":
        """Return the labels of a picture with nothing in it: arrays of length 0."""
        return cls(np.zeros((0, 4), np.float32), np.zeros(0, np.int64))

    @classmethod
    def of(cls, rows: Sequence[tuple[tuple[float, float, float, float], int]]) -> "Labels":
        """Build from (xyxy, class id) rows that a person marked; the readable form for tests."""
        if not rows:
            return cls.none()
        boxes, class_ids = zip(*rows, strict=True)
        return cls(np.array(boxes, np.float32), np.array(class_ids, np.int64))

    def of_classes(self, classes: frozenset[StreetClass]) -> "Labels":
        """Return the rows of some classes."""
        return self[np.isin(self.class_ids, sorted(classes))]

    def joined(self, other: "Labels") -> "Labels":
        """Return the rows of both, ours first."""
        return Labels(
            np.concatenate([self.boxes, other.boxes]),
            np.concatenate([self.class_ids, other.class_ids]),
            np.concatenate([self.scores, other.scores]),
            np.concatenate([self.object_ids, other.object_ids]),
            np.concatenate([self.visible_ratios, other.visible_ratios]),
        )

    def with_boxes(self, boxes: Boxes) -> "Labels":
        """Return the same things at other places."""
        return Labels(boxes, self.class_ids, self.scores, self.object_ids, self.visible_ratios)


def no_boxes() -> Boxes:
    """Return (0, 4) float32."""
    return np.zeros((0, 4), np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class LabelledPicture:
    """One picture with what is marked in it.

    Attributes:
        name: unique within its set, and usable as the stem of a file name.
        source: where its pixels are.
        size_wh: width and height in pixels, as the picture is shown (a turned photograph after turning).
        camera: who took it: the key by which pictures are split, never by frame.
        labels: what is marked.
        complete: classes of which everything in the picture is marked.
        ignored: (M, 4) float32 xyxy: regions that say nothing, as a crowd or a reflection.
        origin: its set, licence and domain.
    """

    name: str
    source: PictureSource
    size_wh: SizeWH
    camera: str
    labels: Labels
    complete: frozenset[StreetClass]
    origin: Origin
    ignored: Boxes = field(default_factory=no_boxes)

    def __post_init__(self) -> None:
        if "/" in self.name or "\0" in self.name or self.name in ("", ".", ".."):
            raise ValueError(f"{self.name!r} cannot be the name of a picture, as it is none of a file")
        if min(self.size_wh) < 1:
            raise ValueError(f"picture {self.name} has no pixels: {self.size_wh=}")
        if self.ignored.shape != (len(self.ignored), 4):
            raise ValueError(f"picture {self.name}: {self.ignored.shape=}")
