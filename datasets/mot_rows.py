"""Reads and writes the text of MOT files: `frame,id,left,top,width,height,confidence,class,visibility`.

Frames count from 1. Pixels are taken as they stand, as all trackers and TrackEval do. Detections have -1 from the
eighth column on, and so has the truth of MOT15. Numbers are written as the shortest decimals that give the same double
back.

Source: Milan et al., MOT16 (arXiv 1603.00831), table 7.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from vision.arrays import Ids, Mask

NOT_GIVEN = -1
"""Stands in a column that says nothing."""

LEAST_COLUMNS, MOST_COLUMNS = 6, 10

MOST_FRAMES = 10_000_000
"""Four days at 25 a second; a larger frame number slipped in from another column."""


@dataclass(frozen=True, slots=True, eq=False)
class MotRows:
    """The rows of one file, in its order.

    Attributes:
        frames: (N,) int64, from 1.
        ids: (N,) int64; -1 for none.
        ltwh: (N, 4) float64 left, top, width, height in pixels.
        confidences: (N,) float64: a score of detections; in a truth 0 stands for "do not count this".
        classes: (N,) int64 as the file numbers them; -1 for none.
        visible_ratios: (N,) float64; 1 where the file says nothing.
    """

    frames: Ids
    ids: Ids
    ltwh: npt.NDArray[np.float64]
    confidences: npt.NDArray[np.float64]
    classes: Ids
    visible_ratios: npt.NDArray[np.float64]

    def at(self, rows: Mask) -> "MotRows":
        """Return some of the rows."""
        columns = self.ids[rows], self.ltwh[rows], self.confidences[rows], self.classes[rows]
        return MotRows(self.frames[rows], *columns, self.visible_ratios[rows])


def parse_mot(text: str) -> MotRows:
    """Read a file.

    Raises:
        ValueError: a line is no row; the message says which and why.
    """
    rows: list[tuple[float, ...]] = []
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        try:
            rows.append(_parsed(line.split(",")))
        except ValueError as err:
            raise ValueError(f"line {number}: {err}") from None
    table = np.array(rows, np.float64).reshape(-1, 9)
    frames, ids, classes = (table[:, column].astype(np.int64) for column in (0, 1, 7))
    return MotRows(frames, ids, table[:, 2:6], table[:, 6], classes, table[:, 8])


def format_mot(rows: MotRows) -> str:
    """Return the text of a file."""
    lines = [
        f"{frame},{track},{','.join(repr(side) for side in ltwh)},{confidence!r},{kind},{visible!r}\n"
        for frame, track, ltwh, confidence, kind, visible in zip(
            rows.frames.tolist(),
            rows.ids.tolist(),
            rows.ltwh.tolist(),
            rows.confidences.tolist(),
            rows.classes.tolist(),
            rows.visible_ratios.tolist(),
            strict=True,
        )
    ]
    return "".join(lines)


def _parsed(words: list[str]) -> tuple[float, ...]:
    if not LEAST_COLUMNS <= len(words) <= MOST_COLUMNS:
        raise ValueError(f"{len(words)} columns; a row has {LEAST_COLUMNS} to {MOST_COLUMNS}")
    numbers = [float(word) for word in words]
    if not np.isfinite(numbers).all():
        raise ValueError("a number is infinite or none")
    numbers += [1.0, float(NOT_GIVEN), float(NOT_GIVEN)][len(numbers) - LEAST_COLUMNS :]
    frame, track, kind, visible = numbers[0], numbers[1], numbers[7], numbers[8]
    for what, number in (("frame", frame), ("id", track), ("class", kind)):
        if not (number.is_integer() and abs(number) <= 2**53):
            raise ValueError(f"{what} {number} is no whole number")
    if not 1 <= frame <= MOST_FRAMES:
        raise ValueError(f"frame {frame:.0f}; frames count from 1")
    return (*numbers[:7], kind, visible if 0 <= visible <= 1 else 1.0)
