"""Finds how much of each drawn thing can be seen, and makes the truth of a frame from it.

All silhouettes are drawn far to near into one buffer of numbers; what is left of a number is visible. The whole
silhouette is counted apart, also where it leaves the picture.
"""

from collections import Counter
from collections.abc import Sequence
from typing import Protocol

import numpy as np

from datasets.draw_paper import PaperPatch
from datasets.sketches import Pose, Sketch
from datasets.truth import Truth
from vision.arrays import Picture, SizeWH
from vision.classes import StreetClass


class Thing(Protocol):
    """A labelled thing of a frame."""

    @property
    def object_id(self) -> int: ...  # noqa: D102
    @property
    def class_id(self) -> StreetClass: ...  # noqa: D102
    @property
    def stall_id(self) -> int: ...  # noqa: D102
    @property
    def pose(self) -> Pose: ...  # noqa: D102
    @property
    def sketch(self) -> Sketch: ...  # noqa: D102


def label(
    things: Sequence[Thing],
    hiding: Sequence[Sequence[tuple[tuple[int, int], Picture]]],
    papers: Sequence[PaperPatch],
    frame: tuple[float, SizeWH],
) -> Truth:
    """Return the truth of a frame.

    Args:
        things: what is there, the farthest first.
        hiding: for each, corner and mask of furniture before it.
        papers: flyers that hang.
        frame: time in seconds and picture size.
    """
    t_s, size_wh = frame
    visible = _visible_px(things, hiding, size_wh)
    rows = _singles(things, visible, size_wh) + _stalls(things, visible, size_wh)
    return Truth(
        t_s=t_s,
        size_wh=size_wh,
        boxes=np.array([row[0] for row in rows], np.float32).reshape(-1, 4),
        class_ids=np.array([row[1] for row in rows], np.int64),
        object_ids=np.array([row[2] for row in rows], np.int64),
        visible_ratios=np.clip(np.array([row[3] for row in rows], np.float32), 0, 1),
        ground=np.array([(row[4].x, row[4].y) for row in rows], np.float64).reshape(-1, 2),
        papers=np.array([paper.box for paper in papers], np.float32).reshape(-1, 4),
        paper_ids=np.array([paper.paper.paper_id for paper in papers], np.int64),
        paper_kinds=tuple(paper.paper.kind for paper in papers),
    )


_Row = tuple[tuple[float, float, float, float], int, int, float, Pose]


def _singles(things: Sequence[Thing], visible: Sequence[int], size_wh: SizeWH) -> list[_Row]:
    """One row for each thing that has a class, but for what is a stall by itself and here a part of a larger one."""
    parts = Counter(thing.stall_id for thing in things if thing.stall_id)
    return [
        (
            _cut(thing.sketch.box, size_wh),
            int(thing.class_id),
            thing.object_id,
            seen / max(whole_px([thing.sketch]), 1),
            thing.pose,
        )
        for thing, seen in zip(things, visible, strict=True)
        if thing.class_id != StreetClass.UNKNOWN
        and not (thing.class_id == StreetClass.STALL and parts[thing.stall_id] > 1)
    ]


def _stalls(things: Sequence[Thing], visible: Sequence[int], size_wh: SizeWH) -> list[_Row]:
    """One row for each stall of several parts: all of them together.

    Where a part is a stall by itself, as a cart below its umbrella, the row has that part's number and place, so that
    it stays the same object whatever stands beside it.
    """
    rows = []
    for stall_id in sorted({thing.stall_id for thing in things if thing.stall_id}):
        members = [(thing, seen) for thing, seen in zip(things, visible, strict=True) if thing.stall_id == stall_id]
        own = [thing for thing, _ in members if thing.class_id == StreetClass.STALL]
        if own and len(members) == 1:
            continue
        boxes = np.array([thing.sketch.box for thing, _ in members])
        low, high = boxes[:, :2].min(axis=0), boxes[:, 2:].max(axis=0)
        box = float(low[0]), float(low[1]), float(high[0]), float(high[1])
        whole = whole_px([thing.sketch for thing, _ in members])
        seen_ratio = sum(seen for _, seen in members) / max(whole, 1)
        object_id, pose = (own[0].object_id, own[0].pose) if own else (stall_id * 10 + 9, members[0][0].pose)
        rows.append((_cut(box, size_wh), int(StreetClass.STALL), object_id, seen_ratio, pose))
    return rows


def _visible_px(
    things: Sequence[Thing], hiding: Sequence[Sequence[tuple[tuple[int, int], Picture]]], size_wh: SizeWH
) -> list[int]:
    buffer = np.zeros((size_wh[1], size_wh[0]), np.uint16)
    for number, (thing, props) in enumerate(zip(things, hiding, strict=True), start=1):
        thing.sketch.stamp(buffer, number, (0, 0))
        for (x, y), mask in props:
            region = buffer[y : y + mask.shape[0], x : x + mask.shape[1]]
            region[mask > 0] = 0
    counts = np.bincount(buffer.reshape(-1), minlength=len(things) + 1)
    return [int(n) for n in counts[1 : len(things) + 1]]


def whole_px(sketches: Sequence[Sketch]) -> int:
    """Return how many pixels the sketches cover together, inside and outside the picture."""
    low = np.floor(np.min([sketch.box[:2] for sketch in sketches], axis=0)).astype(int)
    high = np.ceil(np.max([sketch.box[2:] for sketch in sketches], axis=0)).astype(int)
    mask = np.zeros((high[1] - low[1] + 2, high[0] - low[0] + 2), np.uint8)
    for sketch in sketches:
        sketch.stamp(mask, 1, (int(low[0]), int(low[1])))
    return int(np.count_nonzero(mask))


def _cut(box: tuple[float, float, float, float], size_wh: SizeWH) -> tuple[float, float, float, float]:
    width, height = size_wh
    return (
        min(max(box[0], 0), width),
        min(max(box[1], 0), height),
        min(max(box[2], 0), width),
        min(max(box[3], 0), height),
    )
