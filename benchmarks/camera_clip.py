"""Makes the clip that the benchmark's RTSP server plays as a camera would: H.264, steady frame rate, even key frames.

Real pictures where a clip is given, else a drawn street. They are encoded anew in either case, because bit rate and
key-frame interval are what decides the cost of a camera, and a clip of the net has others than a camera.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import count, islice
from pathlib import Path

import av

from datasets.demo_scenes import demo_script
from datasets.scene import StreetScene
from vision.arrays import SizeWH

REAL_CLIP = Path("videos", "dvrscan_motorway_m6.mp4")
"""Dense traffic, 1280x720, in the folder of real material beside the checkout."""


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
    length = round(settings.seconds * settings.fps)
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
        for index, picture in enumerate(islice(pictures, length)):
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
    scene = StreetScene(demo_script("parking"), settings.size_wh)
    for index in count():
        yield av.VideoFrame.from_ndarray(scene.picture(index / settings.fps), format="bgr24")
