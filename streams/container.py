"""Reads what libav opened: files, RTSP that we do not play ourselves, and what was handed in.

Belongs here: demuxing, Annex B, unreadable packets, the end of files. Does not: opening (opening), missing stamps and
split pictures (units).
"""

from collections.abc import Generator, Iterator
from contextlib import closing
from typing import cast

import av
from av.bitstream import BitStreamFilterContext
from av.container import InputContainer
from av.packet import Packet
from av.video.codeccontext import VideoCodecContext
from av.video.stream import VideoStream

from streams.connection import Pace
from streams.errors import StreamEndedError, StreamError, StreamReadError, UnsupportedCodecError
from streams.packets import TICK
from streams.parameter_sets import START_CODE
from streams.problems import stalled
from streams.settings import StreamSettings
from streams.units import Unit, camera_time, filled_start
from streams.urls import NETWORK_SCHEMES, file_source, redact, scheme_of
from vision.arrays import SizeWH

CORRUPT_IN_A_ROW = 100
"""So many unreadable packets one after the other mean that the connection itself is broken."""

CUT_SLACK_S = 1.0
"""A file may end this much before its declared length; more is called truncated."""


class ContainerStream:
    """One of libav's containers as a connection; see `Connection`.

    Args:
        container: opened, with a video stream; closed by `close`.
        url: what it was opened from.
        settings: time limits and the declared rate.
    """

    def __init__(self, container: InputContainer, url: str, settings: StreamSettings) -> None:
        self._container: InputContainer | None = container
        self._stream = container.streams.video[0]
        self._url = url
        self._settings = settings
        self._file = file_source(url) if scheme_of(url) == "file" else None
        self._is_network = scheme_of(url) in NETWORK_SCHEMES
        self._annexb: BitStreamFilterContext | None = None
        self._read_in_pass = 0  # packets of the container in this pass through a file, unreadable ones included
        self._ended_s: float | None = None
        self.codec = codec_name(self._stream)
        self.extradata = _annexb_extradata(self._stream) if self.codec else b""
        self.corrupt = 0
        rate = (self._stream.guessed_rate or self._stream.average_rate) if self.codec else None
        self.fps = float(rate) if rate else None

    @property
    def size_wh(self) -> SizeWH | None:
        """Picture size in pixels, as libav knows it by now."""
        context = self._stream.codec_context
        return context.width, context.height

    def close(self) -> None:
        """Close the container; may be called twice."""
        container, self._container = self._container, None
        if container is not None:
            container.close()

    def audio_tracks(self) -> tuple[str, ...]:
        """Return codec, rate and channels of each audio track that was opened; see `Connection`."""
        if self._container is None:
            return ()
        contexts = [stream.codec_context for stream in self._container.streams.audio]
        return tuple(f"{each.name} {each.sample_rate} Hz {each.layout.name}" for each in contexts)

    def units(self, pace: Pace) -> Iterator[Unit]:
        """Yield the packets of one pass; see `Connection`."""
        assert self._container is not None  # noqa: S101  # it was opened
        self._read_in_pass = 0
        for unit in filled_start(self._units(self._container, pace)):
            self._ended_s = unit.dts_s
            yield unit

    def again(self) -> None:
        """Go back to the beginning of a file that loops; see `Connection`."""
        assert self._container is not None  # noqa: S101  # it was opened
        if self._file is None:
            raise StreamEndedError(f"{redact(self._url)} ended the stream; check the camera if this repeats")
        if not self._file.loop:
            raise StreamEndedError(self._how_it_ended(self._container))
        try:
            self._container.seek(0)
        except av.FFmpegError as err:
            raise StreamEndedError(
                f"{redact(self._url)} cannot be played again ({err.strerror}); drop loop=1"
            ) from None
        self._annexb = None

    def _units(self, container: InputContainer, pace: Pace) -> Iterator[Unit]:
        if self.codec in {"h264", "hevc"} and self._annexb is None and _is_length_prefixed(self._stream):
            self._annexb = self._annexb_filter()
        tick_s = float(self._stream.time_base or TICK)
        for packet in self._demuxed(container, pace):
            yield from self._plain(packet, tick_s)

    def _annexb_filter(self) -> BitStreamFilterContext:
        try:
            return BitStreamFilterContext(f"{self.codec}_mp4toannexb", self._stream)
        except av.FFmpegError as err:
            raise UnsupportedCodecError(
                f"the {self.codec} parameters of {redact(self._url)} cannot be read ({err.strerror}); copy it again"
            ) from None

    def _demuxed(self, container: InputContainer, pace: Pace) -> Iterator["Packet[VideoStream]"]:
        """Yield the container's packets up to its end; unreadable ones are counted and passed over."""
        in_a_row = 0
        while not pace.stop.is_set():
            read_before = self._read_in_pass
            # Closed at once, as the time limit stays in force while it is open, and would cut off our goodbye.
            with closing(cast("Generator[Packet[VideoStream], None, None]", container.demux(self._stream))) as demuxed:
                try:
                    yield from self._timely(demuxed, pace)
                except av.EOFError:
                    return
                except av.InvalidDataError as err:
                    self.corrupt += 1
                    in_a_row = 1 if self._read_in_pass > read_before else in_a_row + 1
                    if in_a_row >= CORRUPT_IN_A_ROW:
                        raise read_error(err, self._url) from None
                except av.FFmpegError as err:
                    raise read_error(err, self._url) from None
                else:
                    return

    def _timely(self, demuxed: Iterator["Packet[VideoStream]"], pace: Pace) -> Iterator["Packet[VideoStream]"]:
        asked_s = pace.clocks.monotonic()
        for packet in demuxed:
            waited_s = pace.clocks.monotonic() - asked_s
            yield packet
            if pace.stop.is_set():
                return
            if self._is_network and waited_s >= self._settings.read_timeout_s:
                # When its time limit strikes, libav first gives the picture that its parser held back, and then waits
                # anew: a silent camera would be noticed after twice the limit.
                raise stalled(self._url)
            if self._is_network:
                pace.nap_after(waited_s)
            asked_s = pace.clocks.monotonic()

    def _plain(self, packet: "Packet[VideoStream]", tick_s: float) -> Iterator[Unit]:
        self._read_in_pass += packet.size > 0
        if packet.is_corrupt:
            self.corrupt += 1
            return
        is_end = packet.size == 0
        try:
            if self._annexb is not None:
                made = self._annexb.filter(None if is_end else packet)
            else:
                made = [] if is_end else [packet]
        except av.FFmpegError:  # a length in it that points behind its end
            self.corrupt += 1
            return
        for each in made:
            pts_s = None if each.pts is None else each.pts * tick_s
            dts_s = None if each.dts is None else each.dts * tick_s
            duration_s = (each.duration or 0) * tick_s
            yield Unit(
                bytes(each),
                pts_s,
                dts_s,
                duration_s,
                bool(each.is_keyframe),
                camera_time(packet) if each.is_keyframe else None,
            )

    def _how_it_ended(self, container: InputContainer) -> str:
        stream = self._stream
        declared_s = float(stream.duration * (stream.time_base or 0)) if stream.duration else 0.0
        start_s = float((stream.start_time or 0) * (stream.time_base or 0))
        read_s = (self._ended_s or 0.0) - start_s
        declared_s = max(declared_s, read_s + lacking_s(stream, self._read_in_pass))
        if declared_s - read_s > CUT_SLACK_S:
            return (
                f"{redact(self._url)} is truncated: it holds {read_s:.1f} s of the {declared_s:.1f} s it declares; "
                "copy it again from where it came"
            )
        return ""


def read_error(err: av.FFmpegError, url: str) -> StreamError:
    """Return our error for one of libav's while packets are read."""
    if isinstance(err, av.TimeoutError | av.ExitError):
        return stalled(url)
    return StreamReadError(f"{redact(url)} broke off ({err.strerror}); check the network to the camera")


def codec_name(stream: VideoStream) -> str:
    """Return libav's name of a stream's codec; empty for one that libav does not know, which has no context."""
    context: VideoCodecContext | None = stream.codec_context
    return context.name if context is not None else ""


def lacking_s(stream: VideoStream, read: int) -> float:
    """Return for how many seconds a file lacks pictures that its header counts.

    Of a truncated AVI libav guesses the length from what is left; the count of pictures stands in the header.

    Args:
        stream: the file's video.
        read: pictures or packets that were there.
    """
    rate = stream.average_rate
    return max(0.0, float((stream.frames - read) / rate)) if stream.frames and rate else 0.0


def _is_length_prefixed(stream: VideoStream) -> bool:
    extradata = stream.codec_context.extradata
    return bool(extradata) and extradata is not None and extradata[0] == 1


def _annexb_extradata(stream: VideoStream) -> bytes:
    """Return the stream's extradata where it can be used as it is; for avcC and hvcC the key frames bring the sets."""
    extradata = stream.codec_context.extradata or b""
    if stream.codec_context.name in {"h264", "hevc"} and START_CODE not in extradata[:4]:
        return b""
    return extradata
