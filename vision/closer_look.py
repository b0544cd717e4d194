"""Looks at parts of a picture more closely than a model looks at the whole of it.

A `Sheet` says which parts (panes) are laid out side by side in one input of the model, at which scale. A `CloserLook`
is a frame with a sheet: a model takes it as it takes a frame, and its boxes come back in pixels of the whole picture.
A thing that a pane's border cuts is dropped: it is whole in another pane, or large enough for the look at the whole.

Belongs here: laying out, mapping back, joining with the look at the whole. Does not: where it pays (closer_plan).
"""

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from vision.arrays import Boxes, Mask, Picture, SizeWH
from vision.boxes import areas, covered_ratio, iou_matrix
from vision.detections import Detections
from vision.frames import LETTERBOX_GREY, Frame, Letterbox, Resize
from vision.matching import related

STEP_PX = 8
"""Sides of panes are multiples of this, and scales are eighths: a pane's pixels fall on whole pixels of the input, and
its boxes come back exactly."""

EDGE_PX = 2.0
"""A box that comes this close to a pane's border, in pixels of the input, may be cut by it."""

SAME_IOU, SAME_COVER_RATIO, SAME_AREA_RATIO = 0.45, 0.8, 2.5
"""Two boxes are one thing if they overlap by this much; or if one lies in the other and is not much smaller: of what
is 10 px wide, two pixels more or less are a fifth."""


@dataclass(frozen=True, slots=True)
class Pane:
    """A part of a picture and where it lies in the input.

    Attributes:
        region: (x1, y1, x2, y2) in source pixels, multiples of `STEP_PX`.
        at_xy: its top left corner in the input, pixels.
    """

    region: tuple[int, int, int, int]
    at_xy: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Sheet:
    """What one input of the model shows.

    Attributes:
        eighths: scale of all its panes, in eighths: at 8 a source pixel is a pixel of the input.
        panes: its parts; they do not overlap in the input.
        cells: cells (`vision.cells`) in which a thing that stands there is seen whole.
    """

    eighths: int
    panes: tuple[Pane, ...]
    cells: frozenset[int]

    def size_of(self, pane: Pane) -> SizeWH:
        """Return width and height of a pane in the input, pixels."""
        x1, y1, x2, y2 = pane.region
        return (x2 - x1) * self.eighths // 8, (y2 - y1) * self.eighths // 8


@dataclass(frozen=True, slots=True)
class SheetFit:
    """How parts of a picture were fitted into a model's input; maps boxes back."""

    sheet: Sheet
    size_wh: SizeWH

    def to_source(self, boxes: Boxes) -> Boxes:
        """Map (N, 4) boxes from input pixels to source pixels; those that are cut, or in no pane, come back empty."""
        found = np.zeros_like(boxes)
        for pane in self.sheet.panes:
            whole = self._is_whole(boxes, pane)
            x1, y1, x2, y2 = pane.region
            scale = self.sheet.eighths / 8, self.sheet.eighths / 8
            pad = pane.at_xy[0] - x1 * self.sheet.eighths // 8, pane.at_xy[1] - y1 * self.sheet.eighths // 8
            mapped = Letterbox(scale, pad).to_source(boxes[whole])
            found[whole] = np.clip(mapped, (x1, y1, x1, y1), (x2, y2, x2, y2))
        return found

    def _is_whole(self, boxes: Boxes, pane: Pane) -> Mask:
        """Return (N,) bool: which boxes lie in a pane and touch no border of it, the picture's own aside."""
        (left, top), (width, height) = pane.at_xy, self.sheet.size_of(pane)
        x1, y1, x2, y2 = pane.region
        middles = (boxes[:, :2] + boxes[:, 2:]) / 2
        inside = (middles >= (left, top)).all(axis=1) & (middles < (left + width, top + height)).all(axis=1)
        low = np.array([left if x1 > 0 else -np.inf, top if y1 > 0 else -np.inf])
        last_x, last_y = self.size_wh[0] - STEP_PX, self.size_wh[1] - STEP_PX
        high = np.array([left + width if x2 <= last_x else np.inf, top + height if y2 <= last_y else np.inf])
        within = (boxes[:, :2] >= low + EDGE_PX).all(axis=1) & (boxes[:, 2:] <= high - EDGE_PX).all(axis=1)
        return np.asarray(inside & within, bool)


@dataclass(frozen=True, slots=True, eq=False)
class CloserLook:
    """Some parts of a frame; a model takes it as it takes a whole frame."""

    frame: Frame
    sheet: Sheet

    @property
    def size_wh(self) -> SizeWH:
        """Width and height in pixels of the whole frame, to which its boxes refer."""
        return self.frame.size_wh

    def letterboxed(self, size_wh: SizeWH, resize: Resize | None = None) -> tuple[Picture, SheetFit]:
        """Return the parts laid out in `size_wh` as (H, W, 3) BGR on grey, and how they were fitted.

        Each is made straight from the planes at the size that it has in the input.

        Raises:
            ValueError: a part lies outside; the sheet was planned for a larger input.
        """
        canvas = np.full((size_wh[1], size_wh[0], 3), LETTERBOX_GREY, np.uint8)
        for pane in self.sheet.panes:
            (left, top), (width, height) = pane.at_xy, self.sheet.size_of(pane)
            if left + width > size_wh[0] or top + height > size_wh[1]:
                raise ValueError(f"pane {pane.region} at {pane.at_xy} leaves an input of {size_wh[0]}x{size_wh[1]}")
            canvas[top : top + height, left : left + width] = self.frame.crop_bgr(pane.region, (width, height), resize)
        return canvas, SheetFit(self.sheet, self.size_wh)


Look: TypeAlias = Frame | CloserLook
"""What a model looks at: a whole frame, or parts of one."""


def merged(whole: Detections, closer: Detections) -> Detections:
    """Return what a look at the whole frame and one at parts of it found together, best score first.

    Of a thing that both found the closer box stays, with the higher of both scores.
    """
    if not len(closer) or not len(whole):
        return whole.joined(closer)
    same = related(closer.class_ids, whole.class_ids) & _is_same(closer.boxes, whole.boxes)
    told = np.where(same, whole.scores[None, :], np.float32(0)).max(axis=1)
    better = Detections(closer.boxes, np.maximum(closer.scores, told).astype(np.float32), closer.class_ids)
    joined = better.joined(whole[np.asarray(~same.any(axis=0), bool)])
    rows = np.argsort(-joined.scores, kind="stable")
    return Detections(joined.boxes[rows], joined.scores[rows], joined.class_ids[rows])


def _is_same(boxes: Boxes, others: Boxes) -> Mask:
    """Return (N, M) bool: which boxes are of one thing, by their place."""
    cover = np.maximum(covered_ratio(boxes, others), covered_ratio(others, boxes).T)
    ratio = np.maximum(areas(boxes), 1)[:, None] / np.maximum(areas(others), 1)[None, :]
    alike = (ratio <= SAME_AREA_RATIO) & (ratio >= 1 / SAME_AREA_RATIO)
    return np.asarray((iou_matrix(boxes, others) >= SAME_IOU) | (alike & (cover >= SAME_COVER_RATIO)), bool)
