"""Reads one connection: opens it and yields our packets with their format and times.

Belongs here: demuxing, Annex B, pacing. Does not: missing stamps and split pictures (units), trying again (reader),
keeping (ring).
"""

import threading
from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from typing import cast

import av
from av.bitstream import BitStreamFilterContext
from av.container import InputContainer
from av.packet import Packet
from av.video.codeccontext import VideoCodecContext
from av.video.stream import VideoStream

from streams.errors import StreamEndedError, UnsupportedCodecError
from streams.opening import Openers, read_error
from streams.packets import RAW_DEMUXERS, TICK, TICK_HZ, EncodedPacket, StreamFormat, picture_size
from streams.parameter_sets import START_CODE, has_all_sets, merged_extradata
from streams.problems import stalled
from streams.settings import StreamSettings
from streams.timeline import Clocks, Stamp, TimeLine
from streams.undecodable import PictureWatch
from streams.units import Unit, camera_time, filled_start, whole_keys
from streams.urls import NETWORK_SCHEMES, FileSource, file_source, redact, scheme_of

CORRUPT_IN_A_ROW = 100
"""So many unreadable packets one after the other mean that the connection itself is broken."""

NAP_S, CAUGHT_UP_S = 0.2, 0.005
"""Who waited so long for a packet has read all that came; those of the next tenths of a second are then read in one go.

A hundred threads that wake for every packet of their camera spend more time on handing over the interpreter than on the
packets: 127,000 switches a second at 100 cameras of 25 pictures/s, 16,000 with naps."""

CUT_SLACK_S = 1.0
"""A file may end this much before its declared length; more is called truncated."""


@dataclass(frozen=True, slots=True)
class Pace:
    """When packets are handed on, and until when.

    Attributes:
        stop: ends reading and waiting at once.
        clocks: where time comes from.
        is_paced: False to read a file as fast as it goes; live streams pace themselves.
        may_nap: whether packets of a camera may come some tenths of a second late at present, in little heaps.
    """

    stop: threading.Event
    clocks: Clocks = field(default_factory=Clocks)
    is_paced: bool = True
    may_nap: Callable[[], bool] = lambda: False


class PacketSource:
    """One connection to one stream; used by one thread.

    Args:
        url: the camera's URL.
        settings: how to pull it.
        openers: how to open its scheme.
        timeline: the camera's time line, which lives longer than the connection.
        pace: when packets are handed on.
    """

    def __init__(self, url: str, settings: StreamSettings, openers: Openers, timeline: TimeLine, pace: Pace) -> None:
        self._url = url
        self._settings = settings
        self._openers = openers
        self._timeline = timeline
        self._stop = pace.stop
        self._clocks = pace.clocks
        self._file: FileSource | None = file_source(url) if scheme_of(url) == "file" else None
        self._is_network = scheme_of(url) in NETWORK_SCHEMES
        self._may_nap = pace.may_nap
        self._is_paced = pace.is_paced and self._file is not None
        self._container: InputContainer | None = None
        self._format: StreamFormat | None = None
        self._annexb: BitStreamFilterContext | None = None
        self._ended_s: float | None = None
        self._read_in_pass = 0  # packets of the container in this pass through a file, unreadable ones included
        self._pass_due_s = 0.0  # when the first packet of the next pass through a file is due
        self.corrupt = 0
        self.clock_offset_s: float | None = None
        """The camera's own clock minus ours in seconds, as its RTCP reports tell; None while it tells nothing."""

    def open(self) -> None:
        """Connect; blocks up to the time limit of the settings.

        Raises:
            StreamError: it could not be opened.
        """
        self._container = self._openers.open(self._url, self._settings)
        self._timeline.connected()

    def close(self) -> None:
        """Close the connection; may be called twice."""
        container, self._container = self._container, None
        if container is not None:
            container.close()

    @property
    def is_file(self) -> bool:
        """Whether a file plays as the camera."""
        return self._file is not None

    def audio_tracks(self) -> tuple[str, ...]:
        """Return codec, rate and channels of each audio track that was opened, e.g. `pcm_alaw 8000 Hz mono`."""
        if self._container is None:
            return ()
        contexts = [stream.codec_context for stream in self._container.streams.audio]
        return tuple(f"{each.name} {each.sample_rate} Hz {each.layout.name}" for each in contexts)

    def packets(self) -> Iterator[tuple[StreamFormat, EncodedPacket]]:
        """Yield the packets from the first key frame on, until `stop` is set or the stream ends.

        A new `StreamFormat` object comes with the first packet, and where resolution or codec parameters change.

        Raises:
            StreamEndedError: the end of a file that does not loop, or a server that closed the stream.
            StreamReadError: packets stopped coming or the connection broke.
            UnsupportedCodecError: a codec that cameras do not send.
        """
        assert self._container is not None  # noqa: S101  # `open` comes first
        stream = self._container.streams.video[0]
        codec = codec_name(stream)
        if codec not in RAW_DEMUXERS:
            raise UnsupportedCodecError(
                f"{redact(self._url)} sends {codec or 'an unknown codec'}; "
                "set the camera to H.264 or H.265, or convert the file"
            )
        while not self._stop.is_set():
            yield from self._one_pass(self._container, stream, codec)
            if self._stop.is_set():
                return
            if self._file is None:
                raise StreamEndedError(f"{redact(self._url)} ended the stream; check the camera if this repeats")
            if not self._file.loop:
                raise StreamEndedError(self._how_it_ended(self._container, stream))
            self._rewind(self._container)

    def _rewind(self, container: InputContainer) -> None:
        try:
            container.seek(0)
        except av.FFmpegError as err:
            raise StreamEndedError(
                f"{redact(self._url)} cannot be played again ({err.strerror}); drop loop=1"
            ) from None
        self._read_in_pass = 0
        self._annexb = None

    def _one_pass(
        self, container: InputContainer, stream: VideoStream, codec: str
    ) -> Iterator[tuple[StreamFormat, EncodedPacket]]:
        extradata = _annexb_extradata(stream)
        units = whole_keys(codec, filled_start(self._units(container, stream, codec)))
        last_dts_s: float | None = None
        began: tuple[float, float] | None = None
        watch = PictureWatch(codec, redact(self._url), self._clocks.monotonic)
        for unit in units:
            if unit.is_key:
                extradata = merged_extradata(codec, extradata, unit.data)
            has_sets = unit.is_key and has_all_sets(codec, extradata)
            if not watch.may_pass(unit.data, is_key=unit.is_key, has_sets=has_sets):
                continue
            began = self._wait_until_due(unit, began)
            if self._stop.is_set():
                return
            if unit.is_key:
                self._update_format(stream, codec, extradata, unit)
            stamp = self._timeline.stamp(unit.pts_s, unit.dts_s, unit.duration_s)
            last_dts_s = unit.dts_s
            if unit.camera_unix_s is not None:
                self.clock_offset_s = unit.camera_unix_s - stamp.unix_s
            assert self._format is not None  # noqa: S101  # the first unit is a key
            yield self._format, self._packet(unit, stamp)
        self._ended_s = last_dts_s

    def _units(self, container: InputContainer, stream: VideoStream, codec: str) -> Iterator[Unit]:
        if codec in {"h264", "hevc"} and self._annexb is None and _is_length_prefixed(stream):
            self._annexb = self._annexb_filter(stream, codec)
        tick_s = float(stream.time_base or TICK)
        for packet in self._demuxed(container, stream):
            yield from self._plain(packet, tick_s)

    def _annexb_filter(self, stream: VideoStream, codec: str) -> BitStreamFilterContext:
        try:
            return BitStreamFilterContext(f"{codec}_mp4toannexb", stream)
        except av.FFmpegError as err:
            raise UnsupportedCodecError(
                f"the {codec} parameters of {redact(self._url)} cannot be read ({err.strerror}); copy it again"
            ) from None

    def _demuxed(self, container: InputContainer, stream: VideoStream) -> Iterator["Packet[VideoStream]"]:
        """Yield the container's packets up to its end; unreadable ones are counted and passed over."""
        in_a_row = 0
        while not self._stop.is_set():
            read_before = self._read_in_pass
            # Closed at once, as the time limit stays in force while it is open, and would cut off our goodbye.
            with closing(cast("Generator[Packet[VideoStream], None, None]", container.demux(stream))) as demuxed:
                try:
                    yield from self._timely(demuxed)
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

    def _timely(self, demuxed: Iterator["Packet[VideoStream]"]) -> Iterator["Packet[VideoStream]"]:
        asked_s = self._clocks.monotonic()
        for packet in demuxed:
            waited_s = self._clocks.monotonic() - asked_s
            yield packet
            if self._stop.is_set():
                return
            if self._is_network and waited_s >= self._settings.read_timeout_s:
                # When its time limit strikes, libav first gives the picture that its parser held back, and then waits
                # anew: a silent camera would be noticed after twice the limit.
                raise stalled(self._url)
            if self._is_network and waited_s > CAUGHT_UP_S and self._may_nap():
                self._stop.wait(NAP_S)
            asked_s = self._clocks.monotonic()

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

    def _wait_until_due(self, unit: Unit, began: tuple[float, float] | None) -> tuple[float, float] | None:
        if not self._is_paced or unit.dts_s is None:
            return began
        now_s = self._clocks.monotonic()
        if began is None:
            began = max(now_s, self._pass_due_s), unit.dts_s
        due_s = began[0] + unit.dts_s - began[1]
        if due_s > now_s:
            self._stop.wait(due_s - now_s)
        self._pass_due_s = due_s + unit.duration_s
        return began

    def _update_format(self, stream: VideoStream, codec: str, extradata: bytes, key: Unit) -> None:
        if self._format is not None and self._format.extradata == extradata:
            return
        try:
            size_wh = picture_size(codec, extradata, key.data)
        except UnsupportedCodecError:
            if self._format is not None:
                raise
            size_wh = stream.codec_context.width, stream.codec_context.height
        rate = stream.guessed_rate or stream.average_rate
        fps = self._settings.declared_fps or (float(rate) if rate else None)
        self._format = StreamFormat(codec, extradata, size_wh, TICK, fps)

    def _packet(self, unit: Unit, stamp: Stamp) -> EncodedPacket:
        start_s = self._timeline.start_t_s or 0.0
        return EncodedPacket(
            data=unit.data,
            pts=round((stamp.t_s - start_s) * TICK_HZ),
            dts=round((stamp.decode_t_s - start_s) * TICK_HZ),
            duration=round(unit.duration_s * TICK_HZ),
            is_key=unit.is_key,
            t_s=stamp.t_s,
            unix_s=stamp.unix_s,
            clock_error_s=stamp.clock_error_s,
        )

    def _how_it_ended(self, container: InputContainer, stream: VideoStream) -> str:
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
