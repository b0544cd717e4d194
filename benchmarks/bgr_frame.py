"""Lets a peer's BGR picture go through the very same model as our frames.

OpenCV hands out BGR, so a peer letterboxes from BGR; making it go through YUV first would charge it for our own way.
"""

from dataclasses import dataclass
from typing import cast

import cv2

from vision.arrays import Picture, SizeWH
from vision.frames import LETTERBOX_GREY, Frame, Letterbox, Resize


@dataclass(frozen=True, slots=True, eq=False)
class BgrFrame:
    """An (H, W, 3) uint8 BGR picture with the two things of a `Frame` that `Model.detect` uses."""

    bgr: Picture

    @property
    def size_wh(self) -> SizeWH:
        """Width and height in pixels."""
        height, width = self.bgr.shape[:2]
        return width, height

    def letterboxed(self, size_wh: SizeWH, resize: Resize | None = None) -> tuple[Picture, Letterbox]:
        """Return the picture fitted into `size_wh` as ultralytics does, whatever `resize`: linear, grey border."""
        del resize
        width, height = self.size_wh
        scale = min(size_wh[0] / width, size_wh[1] / height)
        inner = max(1, round(width * scale)), max(1, round(height * scale))
        left, top = (size_wh[0] - inner[0]) // 2, (size_wh[1] - inner[1]) // 2
        small = cv2.resize(self.bgr, inner, interpolation=cv2.INTER_LINEAR)
        grey = (LETTERBOX_GREY,) * 3
        right, bottom = size_wh[0] - inner[0] - left, size_wh[1] - inner[1] - top
        canvas = cv2.copyMakeBorder(small, top, bottom, left, right, cv2.BORDER_CONSTANT, value=grey)
        return canvas, Letterbox((inner[0] / width, inner[1] / height), (left, top))


def as_frame(bgr: Picture) -> Frame:
    """Return a picture as what `Model.detect` takes; nothing else of a `Frame` may be used of it."""
    return cast("Frame", BgrFrame(bgr))
