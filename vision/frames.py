"""Holds a decoded picture with its times, and makes other sizes and colours of it on demand.

A `Frame` keeps the decoder's own planes (I420) and shares them without a copy. What a consumer needs (luma of some
size, a letterboxed model input, a colour crop) is made straight from YUV at the size that is asked for, because
converting a 1080p picture to full-size BGR costs half as much again as decoding it.

Belongs here: planes, conversion, resizing. Does not: decoding (streams), what a model wants (models).
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import cv2
import numpy as np

from vision.arrays import Boxes, Picture, SizeWH

LETTERBOX_GREY = 114
"""The padding value that YOLO models are trained with."""

BY_AREA_FROM = 1
"""A frame up to so many times the asked size is converted first and resized linearly then, pixel for pixel as the
pictures are made that models are trained and judged on; of a small frame that costs no more. A larger one is resized
first, by area: converting it would cost as much as decoding it, and linearly fine lines would flicker. With 2, which
gives the boxes of ultralytics for frames of 720p too, the bundled model saw one car as several in drawn films."""

Resize = Callable[[Picture, SizeWH], Picture]
"""Makes an (H, W) uint8 plane of another size of one."""


@dataclass(frozen=True, slots=True, eq=False)
class Planes:
    """The three planes of a picture in I420 (4:2:0), limited or full range.

    Attributes:
        y: (H, W) uint8, may be a strided view of decoder memory; H and W need not be even.
        u: ((H + 1) // 2, (W + 1) // 2) uint8.
        v: same shape as `u`.
        full_range: True for yuvj420p (0-255), False for the usual 16-235.
    """

    y: Picture
    u: Picture
    v: Picture
    full_range: bool = False

    def __post_init__(self) -> None:
        half = ((self.y.shape[0] + 1) // 2, (self.y.shape[1] + 1) // 2)
        if self.u.shape != half or self.v.shape != half:
            raise ValueError(f"planes are not 4:2:0: {self.y.shape=} {self.u.shape=} {self.v.shape=}")
        for plane in (self.y, self.u, self.v):
            plane.setflags(write=False)

    @classmethod
    def from_bgr(cls, bgr: Picture) -> "Planes":
        """Convert an (H, W, 3) BGR picture; an odd last row or column is repeated."""
        height, width = bgr.shape[:2]
        even = cv2.copyMakeBorder(bgr, 0, height % 2, 0, width % 2, cv2.BORDER_REPLICATE)
        rows, columns = even.shape[:2]
        flat = cv2.cvtColor(even, cv2.COLOR_BGR2YUV_I420).reshape(-1)
        luma, chroma = rows * columns, rows * columns // 4
        return cls(
            flat[:luma].reshape(rows, columns)[:height, :width],
            flat[luma : luma + chroma].reshape(rows // 2, columns // 2),
            flat[luma + chroma :].reshape(rows // 2, columns // 2),
        )


@dataclass(frozen=True, slots=True)
class Letterbox:
    """How a frame was fitted into a model's input: source pixel times `scale_xy` plus `pad_xy` is the input pixel.

    The two scales differ a little where a side came out as no whole number of pixels and was rounded; at the far end of
    a frame that is a quarter of a pixel, which a box of ten pixels shows.
    """

    scale_xy: tuple[float, float]
    pad_xy: tuple[int, int]

    def to_source(self, boxes: Boxes) -> Boxes:
        """Map (N, 4) boxes from input pixels back to source pixels; they are not clipped."""
        pad = np.array([*self.pad_xy, *self.pad_xy], np.float32)
        scale = np.array([*self.scale_xy, *self.scale_xy], np.float32)
        return ((boxes - pad) / scale).astype(np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """A decoded picture of one camera with its times; its pixels are read-only and shared.

    Attributes:
        camera_id: the camera.
        seq: counts decoded frames of this camera, from 0, without gaps, over reconnects.
        t_s: stream time in seconds, never running backwards within a camera.
        captured_at: wall time, aware UTC.
        clock_error_s: bound of the error of `captured_at`, in seconds.
        planes: the decoder's picture.
    """

    camera_id: str
    seq: int
    t_s: float
    captured_at: datetime
    clock_error_s: float
    planes: Planes

    @property
    def size_wh(self) -> SizeWH:
        """Width and height in pixels."""
        height, width = self.planes.y.shape
        return width, height

    def luma(self) -> Picture:
        """Return the (H, W) uint8 luma at full size, shared with the decoder; `vision.shrinking` makes it smaller."""
        return self.planes.y

    def bgr(self, size_wh: SizeWH | None = None, resize: Resize | None = None) -> Picture:
        """Return an (H, W, 3) uint8 BGR copy at the asked size; full size is for evidence only, never for looking.

        Args:
            size_wh: of the result; the frame's own by default. A size of another shape stretches the picture.
            resize: how planes are resized; `resized` by default.
        """
        return _bgr(self.planes, size_wh or self.size_wh, resize or resized)

    def crop_bgr(
        self, box: tuple[float, float, float, float], size_wh: SizeWH | None = None, resize: Resize | None = None
    ) -> Picture:
        """Return the BGR pixels of a box, clipped to the frame; only the crop is converted.

        Args:
            box: xyxy, source pixels.
            size_wh: of the result; as large as the box by default.
            resize: how planes are resized; `resized` by default.

        Raises:
            ValueError: the box has no area inside the frame.
        """
        width, height = self.size_wh
        x1, y1 = max(0, int(box[0]) // 2 * 2), max(0, int(box[1]) // 2 * 2)
        x2, y2 = min(width, int(np.ceil(box[2]))), min(height, int(np.ceil(box[3])))
        if x2 <= x1 or y2 <= y1:
            raise ValueError(f"box {box} lies outside the {width}x{height} frame of camera {self.camera_id}")
        rows, columns = slice(y1 // 2, (y2 + 1) // 2), slice(x1 // 2, (x2 + 1) // 2)
        part = Planes(
            self.planes.y[y1:y2, x1:x2],
            self.planes.u[rows, columns],
            self.planes.v[rows, columns],
            self.planes.full_range,
        )
        return _bgr(part, size_wh or (x2 - x1, y2 - y1), resize or resized)

    def letterboxed(self, size_wh: SizeWH, resize: Resize | None = None) -> tuple[Picture, Letterbox]:
        """Return the frame fitted into `size_wh` as (H, W, 3) BGR, padded with grey, and how it was fitted.

        Args:
            size_wh: of the result.
            resize: how planes are resized; `resized` by default.
        """
        width, height = self.size_wh
        scale = min(size_wh[0] / width, size_wh[1] / height)
        inner = max(1, round(width * scale)), max(1, round(height * scale))
        left, top = (size_wh[0] - inner[0]) // 2, (size_wh[1] - inner[1]) // 2
        canvas = np.full((size_wh[1], size_wh[0], 3), LETTERBOX_GREY, np.uint8)
        canvas[top : top + inner[1], left : left + inner[0]] = _bgr(self.planes, inner, resize or resized)
        return canvas, Letterbox((inner[0] / width, inner[1] / height), (left, top))


def resized(plane: Picture, size_wh: SizeWH) -> Picture:
    """Return a plane of another size, by area where it becomes narrower, linearly where it does not."""
    interpolation = cv2.INTER_AREA if size_wh[0] < plane.shape[1] else cv2.INTER_LINEAR
    return cv2.resize(plane, size_wh, interpolation=interpolation)


def _bgr(planes: Planes, size_wh: SizeWH, resize: Resize = resized) -> Picture:
    own_wh = planes.y.shape[1], planes.y.shape[0]
    if size_wh != own_wh and own_wh[0] <= BY_AREA_FROM * size_wh[0] and own_wh[1] <= BY_AREA_FROM * size_wh[1]:
        return cv2.resize(_bgr(planes, own_wh), size_wh, interpolation=cv2.INTER_LINEAR)
    width, height = size_wh
    even = width + width % 2, height + height % 2
    half = even[0] // 2, even[1] // 2
    flat = np.empty(even[0] * even[1] * 3 // 2, np.uint8)
    luma, chroma = even[0] * even[1], half[0] * half[1]
    flat[:luma].reshape(even[1], even[0])[:] = resize(planes.y, even)
    flat[luma : luma + chroma].reshape(half[1], half[0])[:] = resize(planes.u, half)
    flat[luma + chroma :].reshape(half[1], half[0])[:] = resize(planes.v, half)
    if planes.full_range:
        return _full_range_bgr(flat, even)[:height, :width]
    return cv2.cvtColor(flat.reshape(even[1] * 3 // 2, even[0]), cv2.COLOR_YUV2BGR_I420)[:height, :width]


def _full_range_bgr(flat: Picture, size_wh: SizeWH) -> Picture:
    width, height = size_wh
    luma, chroma = width * height, width * height // 4
    crcb = np.empty((height, width, 3), np.uint8)
    crcb[..., 0] = flat[:luma].reshape(height, width)
    crcb[..., 1] = cv2.resize(flat[luma + chroma :].reshape(height // 2, width // 2), size_wh)
    crcb[..., 2] = cv2.resize(flat[luma : luma + chroma].reshape(height // 2, width // 2), size_wh)
    return cv2.cvtColor(crcb, cv2.COLOR_YCrCb2BGR)
