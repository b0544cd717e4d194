"""Average precision as COCO counts it, by pycocotools, over groups of classes and sizes of things.

Sizes are those that a thing has when its picture is fitted into 640 pixels, so that pictures of any size count alike.
Of a class that a picture does not mark completely, detections without a marked thing are left out: they are no error.

Belongs here: the way into pycocotools and back. Does not: running models (accuracy).
"""

import contextlib
import io
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from vision.arrays import Boxes, Ids, SizeWH
from vision.boxes import iou_matrix
from vision.detections import Detections

SIDE_PX = 640
"""Longer side of a picture at which things are measured."""

SIZES = {
    "all": (0.0, 1e10),
    "small": (0.0, 24.0**2),
    "seen": (24.0**2, 1e10),
    "medium": (24.0**2, 96.0**2),
    "large": (96.0**2, 1e10),
}
"""Areas in square pixels: small is what the issue of far things speaks of, the rest as COCO has it."""

MOST_DETECTIONS = 300
MATCH_IOU = 0.5


def no_regions() -> Boxes:
    """Return (0, 4) float32."""
    return np.zeros((0, 4), np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class Judged:
    """One picture: what is marked and what a model found.

    Attributes:
        size_wh: of the picture, pixels.
        boxes: (N, 4) float32 xyxy, pixels.
        class_ids: (N,) int64, values of `StreetClass`.
        complete: classes of which everything is marked.
        found: the detections, down to a score far below the working threshold.
        ignored: (M, 4) float32 xyxy: regions in which a detection is no error.
    """

    size_wh: SizeWH
    boxes: Boxes
    class_ids: Ids
    complete: frozenset[int]
    found: Detections
    ignored: Boxes = field(default_factory=no_regions)


@dataclass(frozen=True, slots=True)
class Score:
    """How well one group of classes is found; ratios in [0, 1], None where nothing of the size was marked.

    Attributes:
        marked: things of each size.
        ap50: average precision at IoU 0.5 of each size.
        ap50_95: mean over IoU 0.5 to 0.95, all sizes.
        recall: share of the marked found at IoU 0.5 by detections at or above the working threshold, of each size.
        f1: harmonic mean of precision and recall there, all sizes.
    """

    marked: dict[str, int]
    ap50: dict[str, float | None]
    ap50_95: float | None
    recall: dict[str, float | None]
    f1: float | None


def score(
    pictures: Sequence[Judged], groups: Mapping[str, frozenset[int]], working_threshold: float
) -> dict[str, Score]:
    """Return the score of each group; the classes of a group count as one.

    Args:
        pictures: what was judged.
        groups: name → values of `StreetClass`.
        working_threshold: score from which the running system takes a detection.
    """
    names = list(groups)
    every = _evaluate(pictures, list(groups.values()), 0.0)
    working = _evaluate(pictures, list(groups.values()), working_threshold)
    return {name: _score(every, working, row) for row, name in enumerate(names)}


def _evaluate(pictures: Sequence[Judged], groups: Sequence[frozenset[int]], threshold: float) -> Any:
    """Return a COCOeval that has counted; category k + 1 is group k."""
    images, marked, found = [], [], []
    for number, picture in enumerate(pictures, start=1):
        images.append({"id": number, "width": picture.size_wh[0], "height": picture.size_wh[1]})
        scale = (SIDE_PX / max(picture.size_wh)) ** 2
        for category, classes in enumerate(groups, start=1):
            ours = np.isin(picture.class_ids, sorted(classes))
            theirs = _counted(picture, picture.boxes[ours], classes, threshold)
            place = {"image_id": number, "category_id": category}
            marked += [{**place, **_box(b, scale), "iscrowd": 0} for b in picture.boxes[ours]]
            marked += [{**place, **_box(b, scale), "iscrowd": 1} for b in picture.ignored]
            found += [
                {**place, **_box(b, scale), "score": float(s)} for b, s in zip(theirs.boxes, theirs.scores, strict=True)
            ]
    with contextlib.redirect_stdout(io.StringIO()):
        run = COCOeval(_coco(images, len(groups), marked), _coco(images, len(groups), found), "bbox")
        run.params.areaRng = [list(limits) for limits in SIZES.values()]
        run.params.areaRngLbl = list(SIZES)
        run.params.maxDets = [MOST_DETECTIONS]
        run.evaluate()
        run.accumulate()
    return run


def _counted(picture: Judged, marked: Boxes, classes: frozenset[int], threshold: float) -> Detections:
    """Return a picture's detections of a group, without those that could be things that nobody marked."""
    found = picture.found[np.isin(picture.found.class_ids, sorted(classes)) & (picture.found.scores >= threshold)]
    if classes <= picture.complete:
        return found
    return found[np.asarray((iou_matrix(found.boxes, marked) >= MATCH_IOU).any(axis=1))]


def _box(xyxy: Boxes, scale: float) -> dict[str, object]:
    x1, y1, x2, y2 = (float(v) for v in xyxy)
    width, height = x2 - x1, y2 - y1
    return {"bbox": [x1, y1, width, height], "area": width * height * scale}


def _coco(images: list[dict[str, int]], groups: int, rows: list[dict[str, Any]]) -> Any:
    coco = COCO()
    coco.dataset = {
        "images": images,
        "categories": [{"id": number} for number in range(1, groups + 1)],
        "annotations": [{"id": number, **row} for number, row in enumerate(rows, start=1)],
    }
    coco.createIndex()
    return coco


def _score(every: Any, working: Any, row: int) -> Score:
    precision = every.eval["precision"][:, :, row, :, 0]  # (IoU, recall step, size); -1 where nothing is marked
    recall = working.eval["recall"][0, row, :, 0]
    sizes = list(SIZES)
    return Score(
        marked={size: _marked(every, row, i) for i, size in enumerate(sizes)},
        ap50={size: _mean(precision[0, :, i]) for i, size in enumerate(sizes)},
        ap50_95=_mean(precision[:, :, 0]),
        recall={size: _mean(recall[i]) for i, size in enumerate(sizes)},
        f1=_f1(working, row),
    )


def _mean(values: Any) -> float | None:
    mean = float(np.mean(values))
    return None if mean < 0 or math.isnan(mean) else mean


def _rows(run: Any, row: int, size: int) -> list[Any]:
    """Return what COCOeval noted of one group and size, picture by picture."""
    images = len(run.params.imgIds)
    start = (row * len(SIZES) + size) * images
    return [note for note in run.evalImgs[start : start + images] if note is not None]


def _marked(run: Any, row: int, size: int) -> int:
    return sum(int((np.asarray(note["gtIgnore"]) == 0).sum()) for note in _rows(run, row, size))


def _f1(run: Any, row: int) -> float | None:
    notes = _rows(run, row, 0)
    marked = _marked(run, row, 0)
    if not marked:
        return None
    counts = [~note["dtIgnore"][0].astype(bool) for note in notes]
    given = sum(int(c.sum()) for c in counts)
    right = sum(int(((note["dtMatches"][0] > 0) & c).sum()) for note, c in zip(notes, counts, strict=True))
    return 2 * right / (given + marked)
