"""Counts average precision at IoU 0.5 as COCO does, without a library that only those who develop this have.

It is for comparing a model with itself: in another precision, at another input size. `benchmarks.accuracy` judges
models against each other, by pycocotools; a test holds the two counts together.

Belongs here: counting. Does not: running models (models), choosing pictures (api).
"""

from collections.abc import Sequence

import numpy as np

from datasets.labelled import LabelledPicture
from vision.arrays import FloatArray, Mask, Scores
from vision.boxes import covered_ratio, iou_matrix
from vision.classes import StreetClass
from vision.detections import Detections

MATCH_IOU = 0.5

MOST_DETECTIONS = 300
"""Of a picture and class; as many as a model gives in all."""

RECALL_STEPS = np.linspace(0, 1, 101)

Looked = tuple[LabelledPicture, Detections]
"""A picture and what a model found in it, down to a score far below the working threshold."""


def mean_ap50(looked: Sequence[Looked]) -> float:
    """Return the mean of the average precisions of all classes that are marked somewhere, in [0, 1].

    Raises:
        ValueError: nothing is marked in any picture.
    """
    each = [average_precision(looked, kind) for kind in StreetClass if kind is not StreetClass.UNKNOWN]
    counted = [value for value in each if value is not None]
    if not counted:
        raise ValueError("nothing is marked in these pictures, so that no model can be judged by them")
    return float(np.mean(counted))


def average_precision(looked: Sequence[Looked], kind: StreetClass) -> float | None:
    """Return the average precision of a class at IoU 0.5 in [0, 1]; None where none is marked.

    A detection in an ignored region, or of a class that the picture does not mark completely, is no error.

    Source: COCO detection evaluation (Lin et al., ECCV 2014): precision at 101 steps of recall.
    """
    judged = [_judged(picture, found, kind) for picture, found in looked]
    marked = sum(int((picture.labels.class_ids == kind).sum()) for picture, _ in looked)
    if not marked:
        return None
    scores = np.concatenate([scores for scores, _ in judged])
    is_right = np.concatenate([right for _, right in judged])[np.argsort(-scores, kind="stable")]
    right = np.cumsum(is_right)
    precision = right / np.arange(1, len(right) + 1)
    best_from_here = np.maximum.accumulate(precision[::-1])[::-1]
    places = np.searchsorted(right / marked, RECALL_STEPS, side="left")
    return float(np.append(best_from_here, 0.0)[np.minimum(places, len(right))].mean())


def _judged(picture: LabelledPicture, found: Detections, kind: StreetClass) -> tuple[Scores, Mask]:
    """Return scores of the detections of a class that count, best first, and which of them are right."""
    rows = np.flatnonzero(found.class_ids == kind)
    rows = rows[np.argsort(-found.scores[rows], kind="stable")[:MOST_DETECTIONS]]
    labels = picture.labels
    overlaps = iou_matrix(found.boxes[rows], labels.boxes[labels.class_ids == kind])
    is_right = _matched(overlaps)
    says_nothing = np.concatenate([picture.ignored, labels.boxes[labels.class_ids == StreetClass.UNKNOWN]])
    counts = is_right | ~(covered_ratio(found.boxes[rows], says_nothing) >= MATCH_IOU).any(axis=1)
    if kind not in picture.complete:
        counts &= (overlaps >= MATCH_IOU).any(axis=1)
    return found.scores[rows][counts], is_right[counts]


def _matched(overlaps: FloatArray) -> Mask:
    """Return (N,) which detections, best first, take a marked thing that no better one has taken; (N, M) overlaps."""
    left = overlaps.copy()
    right = np.zeros(len(left), bool)
    for row in range(len(left) if left.shape[1] else 0):
        column = int(left[row].argmax())
        if left[row, column] >= MATCH_IOU:
            right[row] = True
            left[:, column] = -1
    return right
