"""Computes with boxes: overlap, area, feet, clipping; pure functions over (N, 4) arrays."""

import numpy as np

from vision.arrays import Boxes, FloatArray, Mask, Points, SizeWH

FEET_SHIFT, FEET_PX = 0.04, 3.0
"""Lower corners this close, in sizes of the larger box but at least in pixels, are the same."""


def areas(boxes: Boxes) -> FloatArray:
    """Return (N,) float32 areas in square pixels; a box with x2 <= x1 or y2 <= y1 has none."""
    sides = np.clip(boxes[:, 2:] - boxes[:, :2], 0, None)
    return (sides[:, 0] * sides[:, 1]).astype(np.float32)


def intersections(boxes_a: Boxes, boxes_b: Boxes) -> FloatArray:
    """Return (N, M) float32 areas of overlap in square pixels of every pair of boxes."""
    top_left = np.maximum(boxes_a[:, None, :2], boxes_b[None, :, :2])
    bottom_right = np.minimum(boxes_a[:, None, 2:], boxes_b[None, :, 2:])
    sides = np.clip(bottom_right - top_left, 0, None)
    return (sides[..., 0] * sides[..., 1]).astype(np.float32)


def iou_matrix(boxes_a: Boxes, boxes_b: Boxes) -> FloatArray:
    """Return the intersection over union of every pair of boxes.

    Args:
        boxes_a: (N, 4) float32 xyxy in pixels; a box with x2 <= x1 or y2 <= y1 has no area.
        boxes_b: (M, 4), same frame.

    Returns:
        (N, M) float32 in [0, 1], 0 where the union is empty.

    Source: PASCAL VOC overlap criterion (Everingham et al., IJCV 88, 2010).
    """
    overlap = intersections(boxes_a, boxes_b)
    union = areas(boxes_a)[:, None] + areas(boxes_b)[None, :] - overlap
    return np.divide(overlap, union, out=np.zeros_like(overlap), where=union > 0)


def covered_ratio(boxes_a: Boxes, boxes_b: Boxes) -> FloatArray:
    """Return (N, M) float32: the share of each box of `boxes_a` that lies under each box of `boxes_b`."""
    overlap = intersections(boxes_a, boxes_b)
    own = np.broadcast_to(areas(boxes_a)[:, None], overlap.shape)
    return np.divide(overlap, own, out=np.zeros_like(overlap), where=own > 0)


def feet(boxes: Boxes) -> Points:
    """Return (N, 2) float32: where objects stand, the bottom centre of each box."""
    return np.stack([(boxes[:, 0] + boxes[:, 2]) / 2, boxes[:, 3]], axis=1).astype(np.float32)


def same_feet(boxes_a: Boxes, boxes_b: Boxes) -> Mask:
    """Return (N, M) bool: which boxes stand on the same ground, to within the jitter of boxes.

    Only one thing can; of far ones what is seen above or behind them changes the height of the box from look to look.
    """
    low_a, low_b = boxes_a[:, None, [0, 2, 3]], boxes_b[None, :, [0, 2, 3]]
    larger = np.maximum(np.sqrt(areas(boxes_a))[:, None], np.sqrt(areas(boxes_b))[None, :])
    gaps = np.abs(low_a - low_b).max(axis=2)
    return np.asarray(gaps <= np.maximum(FEET_SHIFT * larger, FEET_PX))


def clipped(boxes: Boxes, size_wh: SizeWH) -> Boxes:
    """Return the boxes cut to a frame of `size_wh` pixels; a box outside becomes empty."""
    width, height = size_wh
    return np.clip(boxes, 0, np.array([width, height, width, height], np.float32)).astype(np.float32)
