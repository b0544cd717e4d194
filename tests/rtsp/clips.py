"""Encodes small clips of a moving pattern with PyAV, and turns clips into the access units the test server serves."""

import struct
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import av.bitstream
import numpy as np

RECORD = struct.Struct("<qqqBI")
ENCODERS = {"h264": "libx264", "h265": "libx265", "mpeg4": "mpeg4", "vp9": "libvpx-vp9"}
NAMES = {"h264": "h264", "hevc": "h265"}


@dataclass(frozen=True)
class Pattern:
    """What to encode: a grey wall on which a white square walks one step a frame, from left to right.

    With `intra_refresh` (H.264) no key frame follows the first; a column of fresh blocks walks through the pictures.
    """

    codec: str = "h264"
    size_wh: tuple[int, int] = (320, 240)
    seconds: float = 4.0
    fps: int = 25
    gop: int = 25
    b_frames: int = 0
    pix_fmt: str = "yuv420p"
    intra_refresh: bool = False


def pattern_frame(index: int, size_wh: tuple[int, int], pix_fmt: str = "yuv420p") -> av.VideoFrame:
    """Return frame number `index` of the pattern; the square's left edge is at `square_x(index, size_wh)`."""
    width, height = size_wh
    flat = np.full((height * 3 // 2, width), 128, np.uint8)
    flat[:height] = 60
    x = square_x(index, size_wh)
    flat[height // 4 : height // 4 + height // 5, x : x + width // 5] = 220
    return av.VideoFrame.from_ndarray(flat, format="yuv420p").reformat(format=pix_fmt)


def square_x(index: int, size_wh: tuple[int, int]) -> int:
    """Return the left edge in pixels of the white square in frame number `index`."""
    return (index * 4) % (size_wh[0] * 4 // 5)


def encode_clip(path: Path, pattern: Pattern | None = None) -> Path:
    """Write the pattern to `path` (container by its ending) and return it."""
    pattern = pattern or Pattern()
    options = {"preset": "ultrafast", "sc_threshold": "0"} if pattern.codec == "h264" else {}
    if pattern.intra_refresh:
        options["intra-refresh"] = "1"
    if pattern.codec == "h265":
        options = {
            "preset": "ultrafast",
            "x265-params": f"log-level=none:keyint={pattern.gop}:min-keyint={pattern.gop}:scenecut=0"
            f":bframes={pattern.b_frames}:open-gop=0:pools=1:frame-threads=1",
        }
    with av.open(str(path), "w") as container:
        stream = container.add_stream(ENCODERS[pattern.codec], rate=pattern.fps, options=options)
        stream.width, stream.height = pattern.size_wh
        stream.pix_fmt = pattern.pix_fmt
        context = stream.codec_context
        context.gop_size = pattern.gop
        context.max_b_frames = pattern.b_frames
        context.time_base = Fraction(1, pattern.fps)
        context.thread_count = 1
        for index in range(round(pattern.seconds * pattern.fps)):
            frame = pattern_frame(index, pattern.size_wh, pattern.pix_fmt)
            frame.pts, frame.time_base = index, Fraction(1, pattern.fps)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def write_units(clip: Path, target: Path) -> str:
    """Write the access units of `clip` for `gst_server.py` and return the codec, "h264" or "h265"."""
    with av.open(str(clip)) as container, target.open("wb") as out:
        stream = container.streams.video[0]
        name = stream.codec_context.name
        if name not in NAMES:
            raise ValueError(f"the RTSP test server plays H.264 and H.265, not {name} of {clip}")
        codec = NAMES[name]
        to_annexb = av.bitstream.BitStreamFilterContext(f"{name}_mp4toannexb", stream)
        rate = float(stream.average_rate or 25)
        ticks_to_us = float(stream.time_base) * 1e6
        for packet in container.demux(stream):
            for unit in to_annexb.filter(packet if packet.size else None):
                if unit.pts is None:
                    continue
                dts = unit.dts if unit.dts is not None else unit.pts
                duration = round((unit.duration or 0) * ticks_to_us) or round(1e6 / rate)
                head = (round(unit.pts * ticks_to_us), round(dts * ticks_to_us), duration, unit.is_keyframe)
                data = bytes(unit)
                out.write(RECORD.pack(*head, len(data)) + data)
    return codec
