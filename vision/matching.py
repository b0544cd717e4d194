"""Decides which detection of a look belongs to which place, and which places something stands before.

Pure functions over arrays. One detection belongs to one place at most. What moves never belongs to a place, it covers
it. A part of a thing (its box lies inside the place's) says that the thing is there, but not where. What has crept out
of its place and was followed is that place's own thing, and no part of something is taken for it.
"""

import numpy as np

from vision.arrays import Boxes, FloatArray, Ids, Mask
from vision.boxes import areas, covered_ratio, iou_matrix, same_feet
from vision.classes import STALL_THINGS, VEHICLES, StreetClass
from vision.detections import Detections
from vision.tracker import assign, same_kind

MIN_SPOT_IOU = 0.45
"""A detection overlapping a place by this much is what stands there; neighbours in a row overlap less."""

MIN_PART_RATIO = 0.75
"""A box of which this share lies inside a missed place is a part of what stands there."""

MIN_PART_AREA_RATIO = 0.2
"""Smaller boxes inside a place are other things, a person before a bus for one."""

DOUBLE_IOU = 0.7
"""Two boxes of one look that overlap by this much are one thing that the model named twice (car and truck)."""

OWN_LIKENESS = 0.2
"""Worth in overlap of being the track that a place had: in a queue that creeps, each box lies on the next place."""

_GROUPS = (
    VEHICLES | {StreetClass.TRICYCLE},
    frozenset({StreetClass.BICYCLE, StreetClass.MOTORCYCLE, StreetClass.TRICYCLE}),
    STALL_THINGS,
    VEHICLES | {StreetClass.UNKNOWN},
)

_IS_IN_GROUP = np.array([[each in group for each in StreetClass] for group in _GROUPS])


def distinct(detections: Detections) -> Detections:
    """Return the detections without doubles of one thing under two names; the higher score stays."""
    if len(detections) < 2:
        return detections
    same = (iou_matrix(detections.boxes, detections.boxes) >= DOUBLE_IOU) | same_feet(
        detections.boxes, detections.boxes
    )
    same &= related(detections.class_ids, detections.class_ids)
    keep = np.ones(len(detections), bool)
    for row in np.argsort(-detections.scores, kind="stable"):
        if keep[row]:
            doubles = same[row].copy()
            doubles[row] = False
            keep &= ~doubles
    return detections[keep]


def related(classes_a: Ids, classes_b: Ids) -> Mask:
    """Return (N, M): whether a model may call one thing by both names."""
    in_a, in_b = _IS_IN_GROUP[:, classes_a], _IS_IN_GROUP[:, classes_b]
    together = (in_a[:, :, None] & in_b[:, None, :]).any(axis=0)
    return together | (classes_a[:, None] == classes_b[None, :])


def match_whole(places: Detections, detections: Detections, moving: Mask, own: Mask) -> dict[int, int]:
    """Return detection row → place index of what lies where a place is; each at most once.

    Args:
        places: box, score and class of each place.
        detections: of one look.
        moving: (N,) bool, which detections belong to things in motion.
        own: (P, N) bool, which detections are the newest of the track that a place's thing had at the last look.
    """
    if not len(places) or not len(detections):
        return {}
    overlap = iou_matrix(places.boxes, detections.boxes)
    likeness = overlap + 0.1 * related(places.class_ids, detections.class_ids) + OWN_LIKENESS * own
    is_there = (overlap >= MIN_SPOT_IOU) | same_feet(places.boxes, detections.boxes)
    return assign(np.where(_is_match(places, detections, moving) & is_there, likeness, 0))


def match_parts(places: Detections, detections: Detections, moving: Mask, whole: dict[int, int]) -> dict[int, int]:
    """Return detection row → place index of the parts of things of which nothing else was found.

    Args:
        places: box, score and class of each place.
        detections: of one look.
        moving: (N,) bool, which detections belong to things in motion.
        whole: row → index of the matches that are known already.
    """
    if not len(places) or not len(detections):
        return {}
    inside = covered_ratio(detections.boxes, places.boxes).T
    share = areas(detections.boxes)[None, :] / np.maximum(areas(places.boxes), 1)[:, None]
    is_part = _is_match(places, detections, moving) & (inside >= MIN_PART_RATIO) & (share >= MIN_PART_AREA_RATIO)
    is_part = is_part & related(places.class_ids, detections.class_ids)
    is_part[list(whole.values())] = False
    is_part[:, list(whole)] = False
    return assign(np.where(is_part, inside, 0))


def cover_ratios(place_boxes: Boxes, detections: Detections, whole: dict[int, int]) -> FloatArray:
    """Return (P,): the share of each place that lies under the box covering most of it, its own box aside."""
    if not len(place_boxes) or not len(detections):
        return np.zeros(len(place_boxes), np.float32)
    cover = covered_ratio(place_boxes, detections.boxes)
    for row, place in whole.items():
        cover[place, row] = 0
    return cover.max(axis=1)


def _is_match(places: Detections, detections: Detections, moving: Mask) -> Mask:
    return ~moving[None, :] & same_kind(places.class_ids, detections.class_ids)
