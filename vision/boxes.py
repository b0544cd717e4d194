"""Computes with boxes: overlap, area, feet, clipping; pure functions over (N, 4) arrays."""

import numpy as np

from vision.arrays import Boxes, FloatArray, Points, SizeWH


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


def clipped(boxes: Boxes, size_wh: SizeWH) -> Boxes:
    """Return the boxes cut to a frame of `size_wh` pixels; a box outside becomes empty."""
    width, height = size_wh
    return np.clip(boxes, 0, np.array([width, height, width, height], np.float32)).astype(np.float32)
