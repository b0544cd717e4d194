"""Makes people and number plates unrecognisable before a picture leaves the evidence.

Faces are found by a face detector where one is given; heads are taken from the boxes of persons in any case, as a
detector misses faces that a neighbour would still know. There is no detector of plates here: the lower part of every
vehicle is coarsened so far that no character is left, at any distance. What was coarsened cannot be made sharp again.

Belongs here: where, and how. Does not: which pictures (verdicts).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from datasets.errors import PictureError
from datasets.labelling import Looker
from streams.recorded import UNKNOWN_START
from vision.arrays import Boxes, Picture
from vision.classes import VEHICLES, StreetClass
from vision.detections import Detections
from vision.frames import Frame, Planes

HEAD_CELLS = 4
"""Cells across a head: eyes, nose and mouth fall into one or two."""

FACE_MARGIN_RATIO = 0.3
"""Added on each side of a found face: hair and ears are part of what one knows somebody by."""

HEAD_RATIO, HEAD_OF_WIDTH = 0.22, 0.6
"""Share of a person's height, or of the width where the box is cut off below, that surely holds the head."""

VEHICLE_CELLS, SMALL_CELLS = 40, 20
"""Cells across the lower part of a vehicle, and of one on two or three wheels. A character of a plate is 5 to 6 cm
wide, a car from ahead 1.8 m, a motorcycle from behind 0.8 m: no character has more than a cell and a half."""

PLATE_RATIO = 0.75
"""Plates hang in the lower three quarters of a vehicle's box."""

SMALL_VEHICLES = frozenset({StreetClass.MOTORCYCLE, StreetClass.TRICYCLE})

FACE_SCORE = 0.4
"""Lower than OpenCV's 0.9: what is no face is soon coarsened in vain, a face that is missed is shown for ever."""


class FaceFinder:
    """Finds faces by OpenCV's YuNet; one thread at a time."""

    def __init__(self, weights: Path) -> None:
        """Open the detector.

        Raises:
            PictureError: there is no such file, or OpenCV cannot open it.
        """
        if not weights.is_file():
            raise PictureError(f"there are no weights of a face detector at {weights}")
        try:
            self._finder = cv2.FaceDetectorYN.create(str(weights), "", (320, 320), FACE_SCORE)
        except cv2.error as err:
            raise PictureError(f"{weights} is no face detector that OpenCV can open: {err.err}") from None

    def find(self, bgr: Picture) -> Boxes:
        """Return (N, 4) float32 boxes of faces in an (H, W, 3) BGR picture."""
        self._finder.setInputSize((bgr.shape[1], bgr.shape[0]))
        _, rows = self._finder.detect(np.ascontiguousarray(bgr))
        if rows is None:
            return np.zeros((0, 4), np.float32)
        left_top, sides = rows[:, :2], rows[:, 2:4]
        return np.concatenate([left_top, left_top + sides], axis=1).astype(np.float32)


@dataclass(frozen=True, slots=True)
class Blurrer:
    """Coarsens what identifies people.

    Attributes:
        looker: finds persons and vehicles; opened with a low score threshold.
        faces: finds faces; None where there is no detector, and heads have to do.
    """

    looker: Looker
    faces: FaceFinder | None

    @property
    def means(self) -> tuple[str, ...]:
        """By what people were made unrecognisable; kept with each picture."""
        return ("heads", "plates") if self.faces is None else ("faces", "heads", "plates")

    def blurred(self, bgr: Picture, vehicles: Iterable[tuple[float, float, float, float]] = ()) -> Picture:
        """Return a copy in which nobody can be recognised.

        Args:
            bgr: (H, W, 3) uint8, at least 2 x 2 pixels.
            vehicles: boxes that are known to be vehicles, whether the looker sees them or not; xyxy, pixels.
        """
        frame = Frame("evidence", 0, 0.0, UNKNOWN_START, 0.0, Planes.from_bgr(bgr))
        found = self.looker.detect([frame])[0]
        out = bgr.copy()
        known = Detections.of([(box, 1.0, int(StreetClass.CAR)) for box in vehicles])
        for box, class_id in _vehicles(found.joined(known)):
            cells = SMALL_CELLS if class_id in SMALL_VEHICLES else VEHICLE_CELLS
            coarsen(out, _plate_region(box), cells)
        for box in found.boxes[found.class_ids == StreetClass.PERSON].tolist():
            coarsen(out, _head_region(box), HEAD_CELLS)
        for box in [] if self.faces is None else self.faces.find(bgr).tolist():
            coarsen(out, _grown(box, FACE_MARGIN_RATIO), HEAD_CELLS)
        return out


def coarsen(bgr: Picture, region: tuple[float, float, float, float], cells: int) -> None:
    """Leave no more than `cells` cells across a region of a picture, in place; smaller regions have fewer already.

    Args:
        bgr: (H, W, 3) uint8, writable.
        region: xyxy, pixels; cut to the picture.
        cells: across its width; as large ones across its height.
    """
    height, width = bgr.shape[:2]
    x1, y1 = max(0, int(region[0])), max(0, int(region[1]))
    x2, y2 = min(width, int(np.ceil(region[2]))), min(height, int(np.ceil(region[3])))
    if x2 - x1 < 1 or y2 - y1 < 1:
        return
    cell_px = (region[2] - region[0]) / cells
    if cell_px <= 1:
        return
    small_wh = max(1, round((x2 - x1) / cell_px)), max(1, round((y2 - y1) / cell_px))
    small = cv2.resize(bgr[y1:y2, x1:x2], small_wh, interpolation=cv2.INTER_AREA)
    bgr[y1:y2, x1:x2] = cv2.resize(small, (x2 - x1, y2 - y1), interpolation=cv2.INTER_LINEAR)


def _vehicles(found: Detections) -> list[tuple[list[float], StreetClass]]:
    kinds = [StreetClass(int(each)) for each in found.class_ids]
    wanted = VEHICLES | SMALL_VEHICLES
    return [(box, kind) for box, kind in zip(found.boxes.tolist(), kinds, strict=True) if kind in wanted]


def _plate_region(box: list[float]) -> tuple[float, float, float, float]:
    return box[0], box[3] - PLATE_RATIO * (box[3] - box[1]), box[2], box[3]


def _head_region(box: list[float]) -> tuple[float, float, float, float]:
    width, height = box[2] - box[0], box[3] - box[1]
    head = min(height, max(HEAD_RATIO * height, HEAD_OF_WIDTH * width))
    return box[0], box[1] - 0.05 * height, box[2], box[1] + head


def _grown(box: list[float], ratio: float) -> tuple[float, float, float, float]:
    x, y = ratio * (box[2] - box[0]), ratio * (box[3] - box[1])
    return box[0] - x, box[1] - y, box[2] + x, box[3] + y
