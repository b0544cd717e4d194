"""A drawn street with coloured cars, a clip of it, and a looker that knows cars by their colour."""

import time
from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace

import av
import cv2
import numpy as np

from datasets.synthetic import BUFFER_BYTES, PROBE_OPTIONS, DrawnCamera, parse_url
from streams.opening import StreamOpener
from vision.arrays import Picture
from vision.classes import StreetClass
from vision.closer_look import Look
from vision.detections import Detections

SIZE_WH = (640, 360)
RED, BLUE = (120.0, 150.0, 240.0, 220.0), (380.0, 150.0, 500.0, 220.0)
"""Where the two cars park, (x1, y1, x2, y2) in pixels."""

_COLOURS = {"red": (30, 30, 210), "blue": (210, 60, 30)}


def street(*, red: float | None = 0.0, blue: float | None = 0.0, seed: int = 3) -> Picture:
    """Return the street as BGR, with cars displaced to the right by so many pixels; None where a car is not there."""
    rng = np.random.default_rng(seed)
    bgr = np.full((SIZE_WH[1], SIZE_WH[0], 3), 110, np.uint8)
    for _ in range(50):
        x, y, w, h = rng.integers(0, 600), rng.integers(0, 90), rng.integers(10, 60), rng.integers(10, 40)
        bgr[y : y + h, x : x + w] = int(rng.integers(60, 200))
    for x in range(0, SIZE_WH[0], 80):
        bgr[320:328, x : x + 40] = 200
    bgr[240:246] = 170
    for box, shift, colour in ((RED, red, "red"), (BLUE, blue, "blue")):
        if shift is not None:
            _draw_car(bgr, (box[0] + shift, box[1], box[2] + shift, box[3]), _COLOURS[colour])
    noise = np.random.default_rng(None).integers(-2, 3, bgr.shape)
    return np.clip(bgr + noise, 0, 255).astype(np.uint8)


def opener(picture: Callable[[], Picture]) -> StreamOpener:
    """Return what opens a live camera that shows a picture at every moment, whatever its URL."""

    def open_drawn(_url: str, _settings: object = None) -> av.container.InputContainer:
        camera = DrawnCamera(parse_url("synthetic://parking?size=640x360&fps=5"), clock=time.monotonic, wait=None)
        camera._scene = SimpleNamespace(picture=lambda _t_s, _canvas: picture())  # type: ignore[assignment]
        return av.open(camera, "r", format="mpegts", options=PROBE_OPTIONS, buffer_size=BUFFER_BYTES)

    return open_drawn


def encode_street(path: Path, pictures: Sequence[tuple[float, float]], fps: int = 10) -> Path:
    """Write a clip: for each picture, how far the red and the blue car have driven off; return its path."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=fps, options={"preset": "ultrafast", "crf": "18"})
        stream.width, stream.height = SIZE_WH
        stream.pix_fmt = "yuv420p"
        stream.codec_context.gop_size = fps
        stream.codec_context.time_base = Fraction(1, fps)
        for index, (red, blue) in enumerate(pictures):
            frame = av.VideoFrame.from_ndarray(street(red=red, blue=blue), format="bgr24")
            frame.pts, frame.time_base = index, Fraction(1, fps)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


class ColourLooker:
    """Finds red and blue cars in whole pictures and in parts of them."""

    def detect(self, frames: Sequence[Look]) -> list[Detections]:
        return [self._found(frame.bgr()) for frame in frames]  # type: ignore[union-attr]

    @staticmethod
    def _found(bgr: Picture) -> Detections:
        rows = []
        for channel, other in ((2, 0), (0, 2)):
            mask = (bgr[..., channel].astype(np.int16) - bgr[..., other] > 60).astype(np.uint8)
            x, y, width, height = cv2.boundingRect(mask)
            if width > 20 and height > 20:
                box = (float(x), float(y), float(x + width), float(y + height))
                rows.append((box, 0.9, int(StreetClass.CAR)))
        return Detections.of(rows)


def _draw_car(bgr: Picture, box: tuple[float, float, float, float], colour: tuple[int, int, int]) -> None:
    x1, y1, x2, y2 = (round(side) for side in box)
    if x1 >= SIZE_WH[0]:
        return
    cv2.rectangle(bgr, (x1, y1), (x2, y2), colour, -1)
    for left in (x1 + 18, x1 + 62):
        cv2.rectangle(bgr, (left, y1 + 8), (left + 34, y1 + 26), tuple(c // 3 for c in colour), -1)
    for middle in (x1 + 25, x2 - 25):
        cv2.circle(bgr, (middle, y2 - 8), 10, tuple(c // 4 for c in colour), -1)
