"""Measures how well a model finds what people or a drawing program marked: average precision and recall.

The figures are taken on what `Model.detect` returns, after score threshold and merging, so that they are those of the
running system and lower than a validation that keeps every box down to score 0.001.

Source: PASCAL VOC 2010 average precision, all points (Everingham et al., IJCV 88, 2010).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from vision.arrays import Boxes, FloatArray, Ids, Mask
from vision.boxes import iou_matrix
from vision.detections import Detections

MATCH_IOU = 0.5
"""A detection is right when it overlaps a marked box of its class by at least this; the usual AP50."""


@dataclass(frozen=True, slots=True, eq=False)
class Marked:
    """What is known to be in one frame.

    Attributes:
        boxes: (N, 4) float32 xyxy, pixels of the source frame.
        class_ids: (N,) int64, values of `StreetClass`.
    """

    boxes: Boxes
    class_ids: Ids


@dataclass(frozen=True, slots=True)
class ClassScore:
    """How well one class is found.

    Attributes:
        class_id: value of `StreetClass`; -1 where several classes were taken as one.
        marked: boxes that there were to find.
        found: how many of them were.
        false: detections that match none.
        average_precision: area under the precision-recall curve, in [0, 1].
    """

    class_id: int
    marked: int
    found: int
    false: int
    average_precision: float

    @property
    def recall(self) -> float:
        """Share of the marked boxes that were found, in [0, 1]; 0 where none was marked."""
        return self.found / self.marked if self.marked else 0.0

    @property
    def precision(self) -> float:
        """Share of the detections that are right, in [0, 1]; 0 where there was none."""
        given = self.found + self.false
        return self.found / given if given else 0.0


def score_classes(pairs: Iterable[tuple[Detections, Marked]]) -> tuple[ClassScore, ...]:
    """Compare detections with what was marked, class by class.

    Args:
        pairs: one per frame.

    Returns:
        One score per class that was marked anywhere, in the order of `StreetClass`.
    """
    rows = list(pairs)
    classes = sorted({int(kind) for _, marked in rows for kind in marked.class_ids})
    return tuple(_score(rows, [kind], kind) for kind in classes)


def score_as_one(pairs: Iterable[tuple[Detections, Marked]], class_ids: Iterable[int]) -> ClassScore:
    """Compare detections with what was marked, taking some classes as one (a van marked as truck is found, too)."""
    return _score(list(pairs), sorted(class_ids), -1)


def mean_average_precision(scores: Sequence[ClassScore]) -> float:
    """Return the mean of the classes' average precisions, 0 where there are none."""
    return float(np.mean([score.average_precision for score in scores])) if scores else 0.0


def _score(pairs: Sequence[tuple[Detections, Marked]], class_ids: list[int], class_id: int) -> ClassScore:
    scores, rights, marked_count = [np.zeros(0, np.float32)], [np.zeros(0, bool)], 0
    for detections, marked in pairs:
        given = detections[np.isin(detections.class_ids, class_ids)]
        boxes = marked.boxes[np.isin(marked.class_ids, class_ids)]
        order = np.argsort(-given.scores, kind="stable")
        scores.append(given.scores[order])
        rights.append(_matches(given.boxes[order], boxes))
        marked_count += len(boxes)
    is_right = np.concatenate(rights)[np.argsort(-np.concatenate(scores), kind="stable")]
    found = int(is_right.sum())
    return ClassScore(class_id, marked_count, found, len(is_right) - found, _average_precision(is_right, marked_count))


def _matches(boxes: Boxes, marked: Boxes) -> Mask:
    """Return which detections, best first, are right; each marked box is found once."""
    is_right = np.zeros(len(boxes), bool)
    overlaps = iou_matrix(boxes, marked)
    for row in range(len(boxes) if len(marked) else 0):
        best = int(overlaps[row].argmax())
        if overlaps[row, best] >= MATCH_IOU:
            is_right[row] = True
            overlaps[:, best] = 0
    return is_right


def _average_precision(is_right: Mask, marked_count: int) -> float:
    if marked_count == 0 or len(is_right) == 0:
        return 0.0
    found = np.cumsum(is_right)
    precision: FloatArray = (found / np.arange(1, len(is_right) + 1)).astype(np.float32)
    envelope = np.maximum.accumulate(precision[::-1])[::-1]
    return float(envelope[is_right].sum() / marked_count)
