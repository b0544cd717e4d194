"""Reads one connection and yields our packets with their format and times.

Belongs here: pacing, formats, decoding stamps. Does not: what a connection is (connection), mending what comes (units),
trying again (reader), keeping (ring).
"""

from collections.abc import Iterator

from streams.connection import Connection, Pace
from streams.errors import UnsupportedCodecError
from streams.opening import Openers
from streams.packets import RAW_DEMUXERS, TICK, TICK_HZ, EncodedPacket, StreamFormat, picture_facts
from streams.parameter_sets import has_all_sets, merged_extradata
from streams.settings import StreamSettings
from streams.timeline import Stamp, TimeLine
from streams.undecodable import PictureWatch
from streams.units import DecodeStamps, Unit, whole_keys
from streams.urls import redact, scheme_of


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
        self._pace = pace
        self._is_paced = pace.is_paced and self.is_file
        self._connection: Connection | None = None
        self._format: StreamFormat | None = None
        self._stamps = DecodeStamps()
        self._pass_due_s = 0.0  # when the first packet of the next pass through a file is due
        self.clock_offset_s: float | None = None
        """The camera's own clock minus ours in seconds, as its RTCP reports tell; None while it tells nothing."""

    def open(self) -> None:
        """Connect; blocks up to the time limit of the settings.

        Raises:
            StreamError: it could not be opened.
        """
        self._connection = self._openers.open(self._url, self._settings)
        self._timeline.connected()

    def close(self) -> None:
        """Close the connection; may be called twice."""
        if self._connection is not None:
            self._connection.close()

    @property
    def is_file(self) -> bool:
        """Whether a file plays as the camera."""
        return scheme_of(self._url) == "file"

    @property
    def corrupt(self) -> int:
        """Packets that did not come whole."""
        return self._connection.corrupt if self._connection is not None else 0

    def audio_tracks(self) -> tuple[str, ...]:
        """Return codec, rate and channels of each audio track that was opened, e.g. `pcm_alaw 8000 Hz mono`."""
        return self._connection.audio_tracks() if self._connection is not None else ()

    def packets(self) -> Iterator[tuple[StreamFormat, EncodedPacket]]:
        """Yield the packets from the first key frame on, until `stop` is set or the stream ends.

        A new `StreamFormat` object comes with the first packet, and where resolution or codec parameters change.

        Raises:
            StreamEndedError: the end of a file that does not loop, or a server that closed the stream.
            StreamReadError: packets stopped coming or the connection broke.
            UnsupportedCodecError: a codec that cameras do not send.
        """
        connection = self._connection
        assert connection is not None  # noqa: S101  # `open` comes first
        if connection.codec not in RAW_DEMUXERS:
            raise UnsupportedCodecError(
                f"{redact(self._url)} sends {connection.codec or 'an unknown codec'}; "
                "set the camera to H.264 or H.265, or convert the file"
            )
        while not self._pace.stop.is_set():
            yield from self._one_pass(connection)
            if not self._pace.stop.is_set():
                connection.again()

    def _one_pass(self, connection: Connection) -> Iterator[tuple[StreamFormat, EncodedPacket]]:
        codec, extradata = connection.codec, connection.extradata
        began: tuple[float, float] | None = None
        watch = PictureWatch(codec, redact(self._url), self._pace.clocks.monotonic)
        for unit in whole_keys(codec, connection.units(self._pace)):
            if unit.is_key:
                extradata = merged_extradata(codec, extradata, unit.data)
            has_sets = unit.is_key and has_all_sets(codec, extradata)
            if not watch.may_pass(unit.data, is_key=unit.is_key, has_sets=has_sets):
                continue
            began = self._wait_until_due(unit, began)
            if self._pace.stop.is_set():
                return
            if unit.is_key:
                self._update_format(connection, extradata, unit)
            dts_s = unit.dts_s
            if dts_s is None and unit.pts_s is not None:
                dts_s = self._stamps.of(unit.pts_s)
            stamp = self._timeline.stamp(unit.pts_s, dts_s, unit.duration_s)
            if unit.camera_unix_s is not None:
                self.clock_offset_s = unit.camera_unix_s - stamp.unix_s
            assert self._format is not None  # noqa: S101  # the first unit is a key
            yield self._format, self._packet(unit, stamp)

    def _wait_until_due(self, unit: Unit, began: tuple[float, float] | None) -> tuple[float, float] | None:
        if not self._is_paced or unit.dts_s is None:
            return began
        now_s = self._pace.clocks.monotonic()
        if began is None:
            began = max(now_s, self._pass_due_s), unit.dts_s
        due_s = began[0] + unit.dts_s - began[1]
        if due_s > now_s:
            self._pace.stop.wait(due_s - now_s)
        self._pass_due_s = due_s + unit.duration_s
        return began

    def _update_format(self, connection: Connection, extradata: bytes, key: Unit) -> None:
        if self._format is not None and self._format.extradata == extradata:
            return
        try:
            size_wh, has_b_frames = picture_facts(connection.codec, extradata, key.data)
        except UnsupportedCodecError:
            if self._format is not None or connection.size_wh is None:
                raise
            size_wh, has_b_frames = connection.size_wh, False
        self._stamps = DecodeStamps(int(has_b_frames))
        fps = self._settings.declared_fps or connection.fps
        self._format = StreamFormat(connection.codec, extradata, size_wh, TICK, fps)

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
