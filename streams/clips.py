"""Makes clips and pictures of what the ring kept: an MP4 without re-encoding, or decoded frames.

All of it runs in the caller's thread and touches nothing of the reader.
"""

import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import av
from av.container import OutputContainer
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from streams.decoding import PacketDecoder, make_frame
from streams.errors import ClipError
from streams.packets import TICK, EncodedPacket, Segment, StreamFormat, open_template, template_stream, to_libav
from vision.arrays import SizeWH
from vision.frames import Frame

MP4_TAGS = {"hevc": "hvc1"}
"""Players of Apple and some browsers take H.265 in MP4 only under this tag."""


INDEX_BYTES, INDEX_BYTES_PER_PACKET = 8192, 64
"""Room kept at the front of an MP4 for its index: parameter sets, and at most some 40 bytes a packet."""


@dataclass(frozen=True, slots=True)
class ClipInfo:
    """What was written.

    Attributes:
        path: the MP4 file.
        codec: libav's name of its codec.
        size_wh: picture size in pixels.
        from_t_s: stream time of its first picture; a clip begins at a key frame, so a little before what was asked.
        to_t_s: stream time of its last picture.
        frames: how many pictures.
        file_bytes: size of the file.
    """

    path: Path
    codec: str
    size_wh: SizeWH
    from_t_s: float
    to_t_s: float
    frames: int
    file_bytes: int


def write_clip(segment: Segment, path: Path) -> ClipInfo:
    """Write a segment as MP4 with its index in front, its packets untouched.

    Raises:
        ClipError: the file cannot be written there; what was begun is removed.
        UnsupportedCodecError: a codec that cannot be kept in MP4.
    """
    data = clip_bytes(segment)
    try:
        path.write_bytes(data)
    except OSError as err:
        path.unlink(missing_ok=True)
        raise ClipError(f"clip {path} cannot be written ({err.strerror}); check the folder and the disk") from None
    from_t_s, to_t_s = segment.span()
    frames = len(segment.packets)
    return ClipInfo(path, segment.format.codec, segment.format.size_wh, from_t_s, to_t_s, frames, len(data))


def clip_bytes(segment: Segment) -> bytes:
    """Return what `write_clip` writes; made in memory, so that a full disk loses no clip.

    Raises:
        ClipError: the packets make no MP4.
        UnsupportedCodecError: a codec that cannot be kept in MP4.
    """
    made = io.BytesIO()
    # Libav's `faststart` opens the file a second time, which memory cannot give; room kept in front needs no second.
    options = {"moov_size": str(INDEX_BYTES + INDEX_BYTES_PER_PACKET * len(segment.packets))}
    try:
        with av.open(made, mode="w", format="mp4", options=options) as container:
            stream = add_track(container, segment.format, segment.packets[0])
            for packet in shifted(segment.packets):
                copy = to_libav(packet)
                copy.stream = stream
                container.mux(copy)
    except (av.FFmpegError, OSError) as err:
        raise ClipError(f"no clip can be made of camera {segment.camera_id}: {err.strerror}") from None
    return made.getvalue()


def decode_all(segment: Segment, *, is_rough: bool = False) -> Iterator[Frame]:
    """Yield every frame of a segment in the order shown, at full size, numbered from 0; corrupt packets are skipped.

    Args:
        segment: what to decode.
        is_rough: leave out what smooths the borders of blocks, for a sixth of the time; not for evidence.
    """
    for seq, (packet, picture) in enumerate(_pictures(segment, is_rough=is_rough)):
        yield make_frame(segment.camera_id, seq, packet, picture)


def decode_at(segment: Segment, t_s: float) -> Frame:
    """Return the frame of a segment that is nearest to `t_s`; decodes from the last key frame before it.

    Raises:
        ClipError: nothing in the segment can be decoded.
    """
    packets = segment.packets
    nearest = min(range(len(packets)), key=lambda number: abs(packets[number].t_s - t_s))
    start = max(number for number in range(nearest + 1) if packets[number].is_key or number == 0)
    wanted = packets[nearest]
    best: tuple[EncodedPacket, VideoFrame] | None = None
    for packet, picture in _pictures(Segment(segment.camera_id, segment.format, packets[start:])):
        if best is None or abs(packet.t_s - wanted.t_s) < abs(best[0].t_s - wanted.t_s):
            best = packet, picture
        if packet.t_s >= wanted.t_s:
            break
    if best is None:
        raise ClipError(f"nothing of camera {segment.camera_id} at {t_s:.1f} s can be decoded; its packets are corrupt")
    return make_frame(segment.camera_id, 0, *best)


def add_track(container: OutputContainer, stream_format: StreamFormat, key: EncodedPacket) -> VideoStream:
    """Add the video track of a format to an MP4; `key` is its first packet.

    Raises:
        UnsupportedCodecError: the format cannot be muxed.
    """
    with open_template(stream_format.codec, stream_format.extradata, [key.data]) as template:
        stream = container.add_stream_from_template(template_stream(template))
    stream.time_base = TICK
    if stream_format.codec in MP4_TAGS:
        stream.codec_tag = MP4_TAGS[stream_format.codec]
    return stream


def shifted(packets: tuple[EncodedPacket, ...]) -> Iterator[EncodedPacket]:
    """Yield the packets with times that begin near 0: the first decoding stamp becomes 0."""
    origin = packets[0].dts
    for packet in packets:
        yield moved(packet, origin)


def moved(packet: EncodedPacket, origin: int) -> EncodedPacket:
    """Return the packet with `origin` ticks taken from its stamps; `t_s` stays."""
    return EncodedPacket(
        packet.data,
        packet.pts - origin,
        packet.dts - origin,
        packet.duration,
        packet.is_key,
        packet.t_s,
        packet.unix_s,
        packet.clock_error_s,
    )


def _pictures(segment: Segment, *, is_rough: bool = False) -> Iterator[tuple[EncodedPacket, VideoFrame]]:
    decoder = PacketDecoder(segment.format, keeps_patched=True, is_rough=is_rough)
    for packet in segment.packets:
        yield from decoder.decode(packet)
    yield from decoder.drain()
