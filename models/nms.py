"""Keeps one box per object where a model gives several."""

import numpy as np

from vision.arrays import Boxes, Ids, Scores
from vision.boxes import iou_matrix

MAX_CANDIDATES = 1000
"""Only the best scored so many are compared: their matrix of overlaps takes 4 MB; a full street has hundreds."""


def kept_by_nms(boxes: Boxes, scores: Scores, class_ids: Ids, *, max_iou: float, class_agnostic: bool) -> Ids:
    """Return which boxes stay when each pushes out the lower scored ones that overlap it too much.

    Args:
        boxes: (N, 4) float32 xyxy.
        scores: (N,) float32.
        class_ids: (N,) int64.
        max_iou: boxes that overlap a better one by more than this are dropped.
        class_agnostic: whether boxes push out those of other classes, too.

    Returns:
        (K,) int64 rows that stay, best first; of equal scores the earlier row is the better.

    Source: greedy non-maximum suppression (Dalal and Triggs, CVPR 2005; Neubeck and Van Gool, ICPR 2006).
    """
    order = np.argsort(-scores, kind="stable")[:MAX_CANDIDATES]
    overlaps = iou_matrix(boxes[order], boxes[order]) > max_iou
    if not class_agnostic:
        overlaps &= class_ids[order][:, None] == class_ids[order][None, :]
    stays = np.ones(len(order), bool)
    for row in range(len(order)):
        if stays[row]:
            stays[row + 1 :] &= ~overlaps[row, row + 1 :]
    return order[stays].astype(np.int64)
