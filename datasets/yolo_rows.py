"""Reads and writes the text of one YOLO label file.

A row is `class x y width height`, the centre and sides as fractions of the picture. Rows of a polygon (`class x1 y1 x2
y2 x3 y3 ...`) are taken by their outer box; a sixth number is a score, as `predict` writes it.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from datasets.labelled import Labels
from vision.arrays import Ids, Scores, SizeWH

DECIMALS = 6
"""Of a fraction: a six-hundredth of a pixel in a picture of 1920."""

LEAST_POLYGON = 7
"""Numbers of a row with three corners."""


@dataclass(frozen=True, slots=True, eq=False)
class YoloRows:
    """The rows of one file.

    Attributes:
        rows: (N,) int64 class rows as the file numbers them.
        fractions: (N, 4) float64 xyxy as shares of width and height; may reach out of 0 to 1.
        scores: (N,) float32; 1 where the file gives none.
    """

    rows: Ids
    fractions: npt.NDArray[np.float64]
    scores: Scores


def parse_rows(text: str) -> YoloRows:
    """Read a label file.

    Raises:
        ValueError: a line is no row; the message says which and why.
    """
    rows: list[int] = []
    boxes: list[tuple[float, float, float, float]] = []
    scores: list[float] = []
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        try:
            row, box, score = _parsed(line.split())
        except ValueError as err:
            raise ValueError(f"line {number}: {err}") from None
        rows.append(row)
        boxes.append(box)
        scores.append(score)
    return YoloRows(np.array(rows, np.int64), np.array(boxes).reshape(-1, 4), np.array(scores, np.float32))


def format_rows(labels: Labels, size_wh: SizeWH, row_of: Mapping[int, int], *, with_scores: bool = False) -> str:
    """Return the text of a label file.

    Args:
        labels: what is marked; classes that have no row are left out.
        size_wh: of the picture.
        row_of: value of `StreetClass` → row in the set's list of names.
        with_scores: add each box's score as a sixth number.
    """
    width, height = size_wh
    lines = []
    for box, class_id, score in zip(labels.boxes.tolist(), labels.class_ids.tolist(), labels.scores, strict=True):
        if class_id not in row_of:
            continue
        x1, y1, x2, y2 = box
        numbers = [(x1 + x2) / 2 / width, (y1 + y2) / 2 / height, (x2 - x1) / width, (y2 - y1) / height]
        numbers += [float(score)] if with_scores else []
        lines.append(" ".join([str(row_of[class_id]), *(f"{n:.{DECIMALS}f}" for n in numbers)]))
    return "\n".join(lines) + ("\n" if lines else "")


def _parsed(words: list[str]) -> tuple[int, tuple[float, float, float, float], float]:
    if len(words) not in (5, 6) and (len(words) < LEAST_POLYGON or len(words) % 2 == 0):
        raise ValueError(f"{len(words)} numbers are neither a box nor a polygon")
    row = float(words[0])
    numbers = np.array([float(word) for word in words[1:]])
    if not (np.isfinite(numbers).all() and row.is_integer() and 0 <= row < MOST_CLASSES):
        raise ValueError("a number is infinite or none, or the class is no row")
    if np.abs(numbers).max() > MOST_FRACTION:
        raise ValueError("a number is far from a fraction of the picture; these may be pixels")
    if len(words) >= LEAST_POLYGON:
        xs, ys = numbers[0::2], numbers[1::2]
        return int(row), (float(xs.min()), float(ys.min()), float(xs.max()), float(ys.max())), 1.0
    x, y, width, height = (float(n) for n in numbers[:4])
    score = float(numbers[4]) if len(words) == 6 else 1.0
    if not 0 <= score <= 1:
        raise ValueError(f"a score is {score}, not 0 to 1")
    return int(row), (x - width / 2, y - height / 2, x + width / 2, y + height / 2), score


MOST_CLASSES = 100_000
"""A class row beyond this is a number that slipped into the wrong column."""

MOST_FRACTION = 2.0
"""Fractions reach a little out of 0 to 1 where a box was drawn over the edge; larger numbers are pixels."""
