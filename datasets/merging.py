"""Fills in what people left unmarked with what a stronger model sees, and says where it is in doubt.

People's boxes go before the model's. Of the model's, sure ones are added, doubtful ones become regions that say
nothing: to learn a doubtful thing as a thing, or as background, are both wrong. A box whose set does not say what it is
(UNKNOWN) keeps its place and takes the model's class.
"""

from dataclasses import dataclass, replace

import numpy as np

from datasets.labelled import LabelledPicture, Labels
from vision.arrays import Boxes, FloatArray, Mask
from vision.boxes import areas, covered_ratio, iou_matrix
from vision.classes import StreetClass
from vision.matching import related

SAME_IOU = 0.5
"""A model's box that overlaps a marked one of its kind by this is the same thing; the usual bound of a match."""

PART_RATIO, PART_AREA_RATIO = 0.9, 0.4
"""A model's box that lies inside a marked one, and is no small thing before it, is a part of it: half a bus."""

COCO_KINDS = frozenset(
    {
        StreetClass.PERSON,
        StreetClass.BICYCLE,
        StreetClass.MOTORCYCLE,
        StreetClass.CAR,
        StreetClass.BUS,
        StreetClass.TRUCK,
        StreetClass.UMBRELLA,
    }
)
"""What models trained on COCO see well on streets; "dining table" is one in a restaurant, not before it."""


@dataclass(frozen=True, slots=True)
class FillSettings:
    """How far a stronger model is believed.

    Attributes:
        for_classes: classes that it fills in; it is believed to see all of them.
        sure_score: boxes scored at least this are added.
        doubtful_score: boxes scored from this up to sure are regions that say nothing.
        iou: overlap from which a box is one that is marked already.
    """

    for_classes: frozenset[StreetClass] = COCO_KINDS
    sure_score: float = 0.5
    doubtful_score: float = 0.15
    iou: float = SAME_IOU

    def __post_init__(self) -> None:
        if not 0 <= self.doubtful_score <= self.sure_score <= 1:
            raise ValueError(f"scores must rise within 0 to 1: {self.doubtful_score=} {self.sure_score=}")


def merge(marked: Labels, teacher: Labels, *, for_classes: frozenset[StreetClass], iou: float = SAME_IOU) -> Labels:
    """Return what people marked, with what a model adds to it.

    Args:
        marked: people's boxes; they stay, UNKNOWN ones get the class of the model's box that overlaps them most.
        teacher: the model's boxes, which keep their scores.
        for_classes: classes that the model fills in.
        iou: overlap from which two boxes are one thing, if a model may call one thing by both names.
    """
    teacher = teacher.of_classes(for_classes)
    named = _named(marked, teacher, iou)
    return named.joined(teacher[~_is_marked(teacher, named, iou)])


def filled(picture: LabelledPicture, teacher: Labels, settings: FillSettings) -> LabelledPicture:
    """Return a picture with a model's boxes filled in, complete for the classes that it was asked for.

    Where a class is complete already, nothing is added: a box of the model's is then a mistake of its own.
    """
    wanted = settings.for_classes - picture.complete
    teacher = teacher.of_classes(settings.for_classes)
    named = _named(picture.labels, teacher, settings.iou)
    is_sure = teacher.scores >= settings.sure_score
    labels = merge(named, teacher[is_sure], for_classes=wanted, iou=settings.iou)
    doubtful = teacher[~is_sure & (teacher.scores >= settings.doubtful_score)].of_classes(wanted)
    open_doubts = doubtful.boxes[~_is_marked(doubtful, labels, settings.iou)]
    return replace(
        picture,
        labels=labels,
        complete=picture.complete | settings.for_classes,
        ignored=np.concatenate([picture.ignored, open_doubts]),
    )


def _named(marked: Labels, teacher: Labels, iou: float) -> Labels:
    """Return the marked things, those of no class under the class and score of the model's best overlapping box."""
    nameless = np.flatnonzero(marked.class_ids == StreetClass.UNKNOWN)
    if not len(nameless) or not len(teacher):
        return marked
    overlap = iou_matrix(marked.boxes[nameless], teacher.boxes)
    overlap[:, teacher.class_ids == StreetClass.PERSON] = 0  # a rider lies on his vehicle
    best = overlap.argmax(axis=1)
    is_found = overlap[np.arange(len(nameless)), best] >= iou
    class_ids, scores = marked.class_ids.copy(), marked.scores.copy()
    class_ids[nameless[is_found]] = teacher.class_ids[best[is_found]]
    scores[nameless[is_found]] = teacher.scores[best[is_found]]
    return Labels(marked.boxes, class_ids, scores, marked.object_ids, marked.visible_ratios)


def is_within(boxes: Boxes, others: Boxes, *, iou: float = SAME_IOU) -> Mask:
    """Return (N,) which boxes are one of the others, or a part of one, whatever they are called."""
    if not len(boxes) or not len(others):
        return np.zeros(len(boxes), bool)
    return np.asarray(_covers(boxes, others, iou).any(axis=1))


def _is_marked(found: Labels, marked: Labels, iou: float) -> Mask:
    """Return (N,) which found things are marked already, as a whole or as a part of a larger one."""
    if not len(found) or not len(marked):
        return np.zeros(len(found), bool)
    kin = related(found.class_ids, marked.class_ids) | (marked.class_ids == StreetClass.UNKNOWN)[None, :]
    return np.asarray((kin & _covers(found.boxes, marked.boxes, iou)).any(axis=1))


def _covers(boxes: Boxes, others: Boxes, iou: float) -> Mask:
    """Return (N, M) whether the other box is the same thing as the box, or holds it as a part."""
    is_inside = covered_ratio(boxes, others) >= PART_RATIO
    is_part = is_inside & (_area_ratios(boxes, others) >= PART_AREA_RATIO)
    return np.asarray((iou_matrix(boxes, others) >= iou) | is_part)


def _area_ratios(boxes_a: Boxes, boxes_b: Boxes) -> FloatArray:
    return (areas(boxes_a)[:, None] / np.maximum(areas(boxes_b), 1)[None, :]).astype(np.float32)
