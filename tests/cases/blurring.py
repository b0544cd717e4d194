"""Stand-ins for what finds people and vehicles, and pictures whose detail can be measured."""

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

from cases.blurred_copies import BlurredCopies
from cases.bystander_finder import BystanderFinder, FinderFacts
from cases.evidence import EvidenceStore
from models.errors import InferenceError
from vision.arrays import Picture, SizeWH
from vision.classes import StreetClass
from vision.detections import Detections
from vision.frames import Frame

FACTS = FinderFacts("people", "ab" * 32, 0.1, 0.2)

Rows = list[tuple[tuple[float, float, float, float], float, int]]

WALKER: Rows = [((200, 60, 240, 180), 0.5, StreetClass.PERSON)]
"""One person, upright, in a picture of at least 240 x 180."""


class FakeLooker:
    """Finds the same in every picture that is as large as the whole, and nothing in tiles."""

    input_wh: SizeWH = (640, 480)

    def __init__(self, rows: Rows) -> None:
        self.rows = rows
        self.looks = 0

    def detect(self, frames: Sequence[Frame]) -> list[Detections]:
        self.looks += len(frames)
        return [Detections.of(self.rows) for _ in frames]


class BrokenLooker(FakeLooker):
    """A model that fails."""

    def detect(self, frames: Sequence[Frame]) -> list[Detections]:
        raise InferenceError("the engine is gone")


def finder(rows: Rows | None = None, looker: FakeLooker | None = None) -> BystanderFinder:
    return BystanderFinder(looker or FakeLooker(WALKER if rows is None else rows), FACTS)


def copies(folder: Path, evidence: EvidenceStore, found: BystanderFinder | None = None) -> BlurredCopies:
    return BlurredCopies(folder, evidence, lambda: found or finder())


def noise(size_wh: SizeWH = (480, 320)) -> Picture:
    """Return a picture with detail everywhere, the same each time."""
    return np.random.default_rng(5).integers(0, 255, (size_wh[1], size_wh[0], 3), np.uint8)


def noise_jpeg(size_wh: SizeWH = (480, 320)) -> bytes:
    return cv2.imencode(".jpg", noise(size_wh), [cv2.IMWRITE_JPEG_QUALITY, 95])[1].tobytes()


def detail(bgr: Picture) -> float:
    """Return how much of a picture varies from pixel to pixel: the deviation of differences of neighbours."""
    return float(np.abs(np.diff(bgr.astype(np.float32), axis=1)).mean())


def decoded(content: bytes) -> Picture:
    return cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR)
