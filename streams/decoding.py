"""Decodes packets of one format into pictures whose planes are shared, not copied.

Belongs here: libav's decoder and its pictures. Does not: which packets to decode (looking), times (timeline).
"""

from datetime import UTC, datetime

import av
import numpy as np
from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame

from streams.errors import UnsupportedCodecError
from streams.packets import EncodedPacket, StreamFormat, to_libav
from vision.arrays import Picture
from vision.frames import Frame, Planes

FULL_RANGE = 2
"""libav's AVCOL_RANGE_JPEG."""

_SHARED_FORMATS = {"yuv420p": False, "yuvj420p": True}
_HELD_LIMIT = 64
"""A decoder holds back at most 16 pictures; more packets than this without a picture are forgotten."""


class PacketDecoder:
    """A decoder of one format; used by one thread.

    It gives back each picture with the packet it came from, so that times never travel through the decoder.

    Args:
        stream_format: what the packets are.
        keeps_patched: also give back pictures in which libav had to patch over missing data. A rule must not judge such
            a picture; a person who looks for evidence wants it.
        is_rough: leave out what smooths the borders of blocks.
    """

    def __init__(self, stream_format: StreamFormat, *, keeps_patched: bool = False, is_rough: bool = False) -> None:
        self.format = stream_format
        self._keeps_patched = keeps_patched
        self.corrupt = 0
        self._packets: dict[int, EncodedPacket] = {}
        self._context = open_decoder(stream_format.codec, stream_format.extradata, is_rough=is_rough)

    def decode(self, packet: EncodedPacket) -> list[tuple[EncodedPacket, VideoFrame]]:
        """Decode one packet; returns the pictures that became ready, in the order they are shown.

        A corrupt packet is counted in `corrupt` and skipped, and the decoder starts afresh; a picture that libav had to
        patch is counted too. It never raises.
        """
        self._packets[packet.pts] = packet
        if len(self._packets) > _HELD_LIMIT:
            self._packets.pop(next(iter(self._packets)))
        try:
            return self._named(self._context.decode(to_libav(packet)))
        except av.FFmpegError:
            self.corrupt += 1
            self.restart()
            return []

    def drain(self) -> list[tuple[EncodedPacket, VideoFrame]]:
        """Return the pictures that the decoder holds back; call `restart` before decoding on."""
        try:
            return self._named(self._context.decode(None))
        except av.FFmpegError:
            self.corrupt += 1
            return []

    def restart(self) -> None:
        """Forget all references and pictures held back; the next packet should be a key packet."""
        self._packets.clear()
        self._context.flush_buffers()

    def skip_unneeded(self, *, is_wanted: bool) -> None:
        """Let the decoder leave out pictures that no other refers to, or decode all again."""
        self._context.skip_frame = "NONREF" if is_wanted else "DEFAULT"

    def _named(self, pictures: list[VideoFrame]) -> list[tuple[EncodedPacket, VideoFrame]]:
        named = []
        for picture in pictures:
            packet = self._packets.pop(picture.pts, None) if picture.pts is not None else None
            self.corrupt += picture.is_corrupt
            if packet is not None and (self._keeps_patched or not picture.is_corrupt):
                named.append((packet, picture))
        return named


def open_decoder(codec: str, extradata: bytes = b"", *, is_rough: bool = False) -> VideoCodecContext:
    """Return a new decoder of a codec by libav's name.

    Args:
        codec: its name.
        extradata: its parameter sets, where packets do not carry them.
        is_rough: leave out what smooths the borders of blocks (the loop filter), for a sixth of the time.

    Raises:
        UnsupportedCodecError: there is none.
    """
    try:
        context = av.CodecContext.create(codec, "r")
    except (av.FFmpegError, ValueError):
        raise UnsupportedCodecError(f"no decoder for the codec {codec} is built in") from None
    if not isinstance(context, VideoCodecContext):
        raise UnsupportedCodecError(f"{codec} is no video codec")
    if extradata:
        context.extradata = extradata
    # One thread a camera: many cameras share the processor, and libav's frame threads would add delay.
    context.thread_count = 1
    if is_rough:
        context.options = {"skip_loop_filter": "all"}
    context.open()
    return context


def planes_of(picture: VideoFrame) -> Planes:
    """Return the planes of a decoded picture as read-only views on the decoder's memory, which they keep alive.

    Other pixel formats than 4:2:0 with 8 bits are converted (a copy).
    """
    is_full = _SHARED_FORMATS.get(picture.format.name)
    if is_full is None:
        is_full = picture.format.name.startswith("yuvj") or picture.color_range == FULL_RANGE
        picture = picture.reformat(format="yuvj420p" if is_full else "yuv420p")
    width, height = picture.width, picture.height
    half_wh = (width + 1) // 2, (height + 1) // 2
    return Planes(
        _view(picture, 0, (width, height)),
        _view(picture, 1, half_wh),
        _view(picture, 2, half_wh),
        full_range=is_full or picture.color_range == FULL_RANGE,
    )


def make_frame(camera_id: str, seq: int, packet: EncodedPacket, picture: VideoFrame) -> Frame:
    """Return the `Frame` of a picture with the times of its packet."""
    captured_at = datetime.fromtimestamp(packet.unix_s, UTC)
    return Frame(camera_id, seq, packet.t_s, captured_at, packet.clock_error_s, planes_of(picture))


def _view(picture: VideoFrame, index: int, size_wh: tuple[int, int]) -> Picture:
    plane = picture.planes[index]
    width, height = size_wh
    flat = np.frombuffer(memoryview(plane), np.uint8)
    return flat[: plane.line_size * height].reshape(height, plane.line_size)[:, :width]
