"""Makes the clip that the benchmark's RTSP server plays as a camera would: H.264, steady frame rate, even key frames.

Real pictures where a clip is given, else a drawn street. They are encoded anew in either case, because bit rate and
key-frame interval are what decides the cost of a camera, and a clip of the net has others than a camera.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import cycle, islice
from pathlib import Path

import av
import cv2
import numpy as np

from vision.arrays import Picture, SizeWH

REAL_CLIP = Path("videos", "dvrscan_motorway_m6.mp4")
"""Dense traffic, 1280x720, in the folder of real material beside the checkout."""

VEHICLES = 12
"""As many drawn boxes pass at a time, so that there is motion to encode all over the street."""


@dataclass(frozen=True, slots=True)
class ClipSettings:
    """What the camera sends.

    Attributes:
        size_wh: of the picture.
        fps: frames a second.
        seconds: length; the server plays it in a loop.
        key_interval_s: seconds between key frames.
        bit_rate: bits a second, on average.
    """

    size_wh: SizeWH = (1280, 720)
    fps: int = 25
    seconds: float = 10.0
    key_interval_s: float = 2.0
    bit_rate: int = 2_000_000


def write_camera_clip(path: Path, settings: ClipSettings, source: Path | None) -> Path:
    """Encode `source` (looped if it is shorter), or a drawn street, to `path` and return it.

    Raises:
        OSError: it cannot be written, or the source cannot be read.
    """
    count = round(settings.seconds * settings.fps)
    pictures = _real_pictures(source) if source else _drawn_pictures(settings)
    rate = str(settings.bit_rate)
    options = {"preset": "veryfast", "sc_threshold": "0", "maxrate": rate, "bufsize": rate}
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=settings.fps, options=options)
        stream.width, stream.height = settings.size_wh
        stream.pix_fmt = "yuv420p"
        context = stream.codec_context
        context.bit_rate = settings.bit_rate
        context.gop_size = round(settings.key_interval_s * settings.fps)
        context.max_b_frames = 0  # live cameras send none: they would add delay
        context.thread_type = "FRAME"  # libav would else cut each picture into slices, which few cameras do
        context.time_base = Fraction(1, settings.fps)
        for index, picture in enumerate(islice(pictures, count)):
            frame = picture.reformat(*settings.size_wh, format="yuv420p")
            frame.pts, frame.time_base = index, Fraction(1, settings.fps)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def _real_pictures(source: Path) -> Iterator[av.VideoFrame]:
    while True:
        with av.open(str(source)) as container:
            yield from container.decode(video=0)


def _drawn_pictures(settings: ClipSettings) -> Iterator[av.VideoFrame]:
    street = _empty_street(settings.size_wh)
    rng = np.random.default_rng(7)
    for index in cycle(range(round(settings.seconds * settings.fps))):
        bgr = street.copy()
        for vehicle in range(VEHICLES):
            _draw_vehicle(bgr, vehicle, index / settings.fps)
        noise = rng.integers(0, 5, bgr.shape[:2], np.uint8)[..., None]
        yield av.VideoFrame.from_ndarray(cv2.add(bgr, np.repeat(noise, 3, axis=2)), format="bgr24")


def _empty_street(size_wh: SizeWH) -> Picture:
    """Return grey asphalt with texture below house fronts with windows."""
    width, height = size_wh
    rng = np.random.default_rng(3)
    coarse = rng.integers(80, 130, (height // 4, width // 4), np.uint8)
    bgr = cv2.cvtColor(cv2.resize(coarse, size_wh, interpolation=cv2.INTER_CUBIC), cv2.COLOR_GRAY2BGR)
    for left in range(0, width, width // 16):
        corner = left + width // 40, height // 4
        cv2.rectangle(bgr, (left + 8, height // 12), corner, (150, 140, 120), thickness=-1)
    return bgr


def _draw_vehicle(bgr: Picture, vehicle: int, t_s: float) -> None:
    height, width = bgr.shape[:2]
    scale = 0.5 + vehicle % 4 / 4
    size = round(width / 10 * scale), round(height / 10 * scale)
    speed = width / 6 * scale * (-1 if vehicle % 2 else 1)
    left = round((vehicle * width / VEHICLES + speed * t_s) % (width + size[0])) - size[0]
    top = round(height * (0.35 + 0.12 * (vehicle % 4)))
    colour = (40 + 17 * vehicle, 200 - 13 * vehicle, 60 + 29 * vehicle % 160)
    cv2.rectangle(bgr, (left, top), (left + size[0], top + size[1]), colour, thickness=-1)
    cv2.rectangle(bgr, (left + size[0] // 4, top + 4), (left + size[0] // 2, top + size[1] // 2), (60, 50, 40), -1)
