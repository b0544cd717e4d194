"""Holds encoded packets and their format as plain records, which any thread may keep, and makes libav's of them again.

H.264 and H.265 are always kept as Annex B (start codes), whatever the source had, and times count in one fixed tick
from the camera's first connection on, so that decoders, clips and the live wall need to know one form only.
"""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import av
from av.container import InputContainer
from av.stream import Stream
from av.video.stream import VideoStream

from streams.errors import UnsupportedCodecError
from vision.arrays import SizeWH

TICK_HZ = 90_000
"""Our ticks a second: RTP's own for video, so that nothing is rounded on the way from a camera."""

TICK = Fraction(1, TICK_HZ)
"""Our tick in seconds."""

RAW_DEMUXERS = {"h264": "h264", "hevc": "hevc", "mpeg4": "m4v", "mjpeg": "mjpeg"}
"""libav's demuxer that reads bare packets of a codec; the codecs that a camera may send."""


@dataclass(frozen=True, slots=True)
class EncodedPacket:
    """One encoded picture as it came from the camera.

    Attributes:
        data: the access unit; Annex B for H.264 and H.265.
        pts: when to show it, in `TICK`s since the camera's first connection; goes on over reconnects.
        dts: when to decode it, in `TICK`s; grows from packet to packet.
        duration: in `TICK`s; 0 when unknown.
        is_key: True where a decoder can start.
        t_s: stream time in seconds of the picture in it, as in `Frame.t_s`.
        unix_s: wall time of the picture in seconds.
        clock_error_s: bound of the error of `unix_s`.
    """

    data: bytes
    pts: int
    dts: int
    duration: int
    is_key: bool
    t_s: float
    unix_s: float
    clock_error_s: float


@dataclass(frozen=True, slots=True)
class StreamFormat:
    """What a decoder must know before the first packet.

    Equal formats can share a clip. A new connection makes a new object, even if it is equal, so that identity tells
    live viewers about a reconnect.

    Attributes:
        codec: libav's name: `h264`, `hevc`, `mpeg4`, `mjpeg`.
        extradata: parameter sets; Annex B for H.264 and H.265.
        size_wh: picture size in pixels.
        time_base: length of a tick of `EncodedPacket.pts` in seconds; always `TICK`.
        declared_fps: what the stream says of its frame rate; None when it says nothing.
    """

    codec: str
    extradata: bytes
    size_wh: SizeWH
    time_base: Fraction
    declared_fps: float | None


@dataclass(frozen=True, slots=True)
class Segment:
    """A run of packets of one camera in one format, in decoding order, that begins with a key frame."""

    camera_id: str
    format: StreamFormat
    packets: tuple[EncodedPacket, ...]

    def span(self) -> tuple[float, float]:
        """Return the first and last `t_s` of its pictures."""
        return min(p.t_s for p in self.packets), max(p.t_s for p in self.packets)


def to_libav(packet: EncodedPacket, extradata: bytes = b"") -> "av.Packet[Stream]":
    """Return a new libav packet with the same content, `extradata` in front; `pts` and `dts` stay in `TICK`s."""
    copy: av.Packet[Stream] = av.Packet(extradata + packet.data if extradata else packet.data)
    copy.pts, copy.dts, copy.duration = packet.pts, packet.dts, packet.duration
    copy.time_base = TICK
    copy.is_keyframe = packet.is_key
    return copy


def open_template(codec: str, extradata: bytes, key_packets: Sequence[bytes]) -> InputContainer:
    """Open bare packets in memory, so that libav works out the parameters that a muxer or decoder needs.

    Args:
        codec: libav's name of the codec.
        extradata: parameter sets in front of the packets; may be empty.
        key_packets: one key frame's packet, or a few.

    Returns:
        A container with one video stream; the caller closes it.

    Raises:
        UnsupportedCodecError: a codec that cameras do not send, or packets that make no picture.
    """
    if codec not in RAW_DEMUXERS:
        raise UnsupportedCodecError(f"the codec {codec} cannot be kept; set the camera to H.264 or H.265")
    blob = io.BytesIO(extradata + b"".join(key_packets))
    try:
        container = av.open(blob, mode="r", format=RAW_DEMUXERS[codec])
    except av.FFmpegError as err:
        raise UnsupportedCodecError(f"the camera's {codec} parameters cannot be read: {err.strerror}") from None
    if not container.streams.video:
        container.close()
        raise UnsupportedCodecError(f"the camera's {codec} key frame holds no picture")
    return container


def template_stream(container: InputContainer) -> VideoStream:
    """Return the one video stream of `open_template`."""
    return container.streams.video[0]


def picture_facts(codec: str, extradata: bytes, key_data: bytes) -> tuple[SizeWH, bool]:
    """Return width and height in pixels of a key frame, and whether B-frames may follow, as its parameter sets tell.

    Raises:
        UnsupportedCodecError: the packet makes no picture.
    """
    with open_template(codec, extradata, [key_data]) as container:
        context = template_stream(container).codec_context
        return (context.width, context.height), bool(context.has_b_frames)
