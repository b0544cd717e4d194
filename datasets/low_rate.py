"""Sends pictures through H.264 at a low bit rate and back, as they come from a camera on a narrow line.

What a model sees of such a camera are the last pictures of a group: blocks, smeared textures, ghosts of what was there
before. So a short group goes through, and its last picture is used.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import av
import numpy as np

from vision.arrays import Picture

BUFFER_S = 0.5
"""How much of its second's bits a single picture may take: what cameras with a constant bit rate allow."""


@dataclass(frozen=True, slots=True, eq=False)
class Received:
    """Pictures as they arrive, (H, W, 3) BGR each, and how many bytes were sent."""

    pictures: tuple[Picture, ...]
    sent_bytes: int


def through_h264(pictures: Sequence[Picture], bit_rate: float, fps: float = 12.0) -> Received:
    """Encode pictures as one group (the first is the key frame) and decode them again; the same in, the same out.

    Args:
        pictures: (H, W, 3) BGR, all of one size with even sides.
        bit_rate: bits a second, kept by making pictures worse.
        fps: pictures a second.

    Raises:
        ValueError: there are no pictures, or they have odd sides.
    """
    if not pictures or any(side % 2 for side in pictures[0].shape[:2]):
        raise ValueError(f"H.264 wants pictures with even sides: {[p.shape for p in pictures[:1]]}")
    rate = Fraction(fps).limit_denominator(1001)
    coder = av.CodecContext.create("libx264", "w")
    coder.height, coder.width = pictures[0].shape[:2]
    coder.pix_fmt, coder.framerate, coder.time_base = "yuv420p", rate, 1 / rate
    coder.bit_rate, coder.thread_count = round(bit_rate), 1
    coder.options = rate_options(bit_rate)
    decoder = av.CodecContext.create("h264", "r")
    decoder.thread_count = 1
    received: list[Picture] = []
    sent_bytes = 0
    for packet in _packets(coder, pictures):
        sent_bytes += packet.size
        received += _pictures(decoder.decode(packet))
    return Received((*received, *_pictures(decoder.decode(None))), sent_bytes)


def rate_options(bit_rate: float) -> dict[str, str]:
    """Return libx264's options for a bit rate that is kept from picture to picture, as a camera does."""
    kbit = max(1, round(bit_rate / 1000))
    buffer = max(1, round(kbit * BUFFER_S))
    return {
        "preset": "veryfast",
        "tune": "zerolatency",
        "x264-params": f"vbv-maxrate={kbit}:vbv-bufsize={buffer}:scenecut=0:sliced-threads=0",
    }


def _pictures(frames: Sequence[av.VideoFrame]) -> list[Picture]:
    return [np.ascontiguousarray(frame.to_ndarray(format="bgr24"), np.uint8) for frame in frames]


def _packets(coder: av.VideoCodecContext, pictures: Sequence[Picture]) -> "list[av.Packet[Any]]":
    packets: list[av.Packet[Any]] = []
    for number, bgr in enumerate(pictures):
        frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(bgr), format="bgr24")
        frame.pts = number
        packets += coder.encode(frame)
    return packets + coder.encode(None)
