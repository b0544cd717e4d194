"""Takes H.264 and H.265 pictures out of RTP packets, and the camera's wall time out of RTCP.

Sources: RTP and RTCP RFC 3550; H.264 in RTP RFC 6184; H.265 in RTP RFC 7798.

Belongs here: bytes to pictures. Does not: where packets come from (rtsp_stream), which time a stamp is (timeline).
"""

import struct
from dataclasses import dataclass

from streams.parameter_sets import H264_PICTURES, HEVC_PICTURES, START_CODE

HEADER = struct.Struct(">BBHII")
REPORT = struct.Struct(">BBHIIII")
"""Head of an RTCP packet, and a sender report's source, wall time (seconds, fraction) and stamp."""

SENDER_REPORT, GOODBYE = 200, 203
UNIX_FROM_NTP_S = 2_208_988_800
"""Seconds from 1900, where NTP begins, to 1970."""

PLAIN = 0x80
"""First byte of a packet without padding, extension or further sources: of nearly all."""

BEGIN = b"\x00" + START_CODE
MOST_PICTURE_BYTES = 16 << 20
"""Of one picture; a key frame of 8K at full quality has a fifth of it."""

MOST_PARTS = 20_000
"""NAL units and pieces of one picture."""

MOST_APART = 4
"""So many stamps without a slice wait for the slice that they belong to; further ones are handed on as they are."""

_STAMPS = 1 << 32
_H264_SEI, _RECOVERY_POINT = 6, 6
_HEVC_RANDOM_ACCESS = range(16, 24)


@dataclass(frozen=True, slots=True)
class Picture:
    """One access unit.

    Attributes:
        data: Annex B.
        stamp: RTP's ticks, counted on over their wrap-around.
        is_key: a decoder can begin with it, or with what refreshes the picture from it on.
        is_whole: no packet of it is known to be lost.
    """

    data: bytes
    stamp: int
    is_key: bool
    is_whole: bool


class PictureAssembler:
    """Puts the pictures of one RTP stream together; used by one thread.

    Packets of another payload type are passed over, and a single packet of another source too.

    Args:
        codec: `h264` or `hevc`.
        payload_type: of the video.
    """

    def __init__(self, codec: str, payload_type: int) -> None:
        self._is_h264 = codec == "h264"
        self._header_bytes = 1 if self._is_h264 else 2
        self._pictures = H264_PICTURES if self._is_h264 else HEVC_PICTURES
        self._payload_type = payload_type
        self._source: int | None = None
        self._rival: int | None = None  # another source that was heard once
        self._next: int | None = None  # sequence number
        self._stamp: int | None = None
        self._parts: list[bytes] = []
        self._bytes = 0
        self._apart = 0
        self._apart_stamp: int | None = None  # the newest of those that wait
        self._in_fragment = False
        self._plain = bytes((PLAIN, payload_type))
        self._goes_on = b""  # stamp, source and the headers of a fragment that goes on
        self._begin_at = 12 + self._header_bytes + 1
        self._has_slice = self._is_key = self._is_damaged = False

    @property
    def source(self) -> int | None:
        """RTP's number of the stream that is followed; None before the first packet."""
        return self._source

    def add(self, packet: bytes) -> tuple[Picture, ...]:
        """Take an RTP packet and return the pictures that it ends: that before it, its own, both or none."""
        if len(packet) < HEADER.size:
            return ()
        if (
            packet[4 : self._begin_at] == self._goes_on
            and packet[:2] == self._plain
            and packet[2] << 8 | packet[3] == self._next
            and self._bytes < MOST_PICTURE_BYTES
            and len(self._parts) < MOST_PARTS
        ):
            # Nineteen of twenty packets go on with the fragments of the one before: this is what reading costs.
            self._parts.append(packet[self._begin_at :])
            self._bytes += len(packet)
            self._next = (self._next + 1) & 0xFFFF
            return ()
        first, second, sequence, stamp, source = HEADER.unpack_from(packet)
        if first >> 6 != 2 or second & 0x7F != self._payload_type or not self._is_followed(source):
            return ()
        payload = packet[12:] if first == PLAIN else _payload(packet, first)
        is_lost = self._next is not None and sequence != self._next
        self._next, self._goes_on = (sequence + 1) & 0xFFFF, b""
        if is_lost:
            self._is_damaged, self._in_fragment = True, False
        done: tuple[Picture, ...] = ()
        before = stamp if self._stamp is None else self._stamp
        self._stamp = before + (stamp - before + _STAMPS // 2) % _STAMPS - _STAMPS // 2
        if self._stamp != before and self._parts:
            done = self._ended(before)
            self._is_damaged |= is_lost  # what is missing may belong to either picture
        if len(payload) > self._header_bytes:
            self._take(payload)
            if self._in_fragment:
                fragment = payload[: self._header_bytes] + bytes((payload[self._header_bytes] & 0x3F,))
                self._goes_on = packet[4:12] + fragment
        if second & 0x80 and self._parts:
            done += self._ended(self._stamp)
        return done

    def _is_followed(self, source: int) -> bool:
        if source == self._source:
            self._rival = None
            return True
        if self._source is not None and source != self._rival:
            self._rival, self._goes_on = source, b""  # so that the next packet of ours is heard of here
            return False
        # No packet has the number -1: the new source's first was passed over, and the old one's last may be missing.
        self._next = None if self._source is None else -1
        self._source, self._rival = source, None
        return True

    def _take(self, payload: bytes) -> None:
        kind = self._kind(payload)
        fragment, aggregate, most = (28, 24, 23) if self._is_h264 else (49, 48, 47)
        if kind == fragment:
            self._fragment(payload)
            return
        self._in_fragment = False  # it lacks its end: nothing comes between the fragments of a unit
        if kind == aggregate:
            self._aggregate(payload, self._header_bytes)
        elif kind <= most:
            self._unit(payload)

    def _kind(self, unit: bytes) -> int:
        return unit[0] & 0x1F if self._is_h264 else unit[0] >> 1 & 0x3F

    def _fragment(self, payload: bytes) -> None:
        flags = payload[self._header_bytes]
        if flags & 0x80:
            self._in_fragment = True
            if self._is_h264:
                header = bytes((payload[0] & 0xE0 | flags & 0x1F,))
            else:
                header = bytes((payload[0] & 0x81 | (flags & 0x3F) << 1, payload[1]))
            self._keep(BEGIN + header)
            self._note(header)
        if not self._in_fragment:
            self._is_damaged = True  # its beginning is lost: no decoder can use the rest
            return
        self._keep(payload[self._header_bytes + 1 :])
        if flags & 0x40:
            self._in_fragment = False

    def _aggregate(self, payload: bytes, at: int) -> None:
        while at + 2 < len(payload):
            end = at + 2 + (payload[at] << 8 | payload[at + 1])
            if end > len(payload):
                self._is_damaged = True
                return
            if end > at + 2:
                self._unit(payload[at + 2 : end])
            at = end

    def _unit(self, unit: bytes) -> None:
        self._keep(BEGIN)
        self._keep(unit)
        self._note(unit)

    def _keep(self, part: bytes) -> None:
        if self._bytes + len(part) > MOST_PICTURE_BYTES or len(self._parts) >= MOST_PARTS:
            self._is_damaged = True
            return
        self._parts.append(part)
        self._bytes += len(part)

    def _note(self, unit: bytes) -> None:
        """Note what a NAL unit, of which at least the header is given, makes of the picture."""
        kind = self._kind(unit)
        if kind in self._pictures:
            self._has_slice = True
            self._is_key |= kind == 5 if self._is_h264 else kind in _HEVC_RANDOM_ACCESS
        elif self._is_h264 and kind == _H264_SEI and holds_recovery_point(unit):
            self._is_key = True

    def _ended(self, stamp: int) -> tuple[Picture, ...]:
        if not self._has_slice and (self._apart < MOST_APART or stamp == self._apart_stamp):
            # Parameter sets and the like in packets of their own: they belong to the next picture. A marker and the
            # stamp behind it end the same one twice, which counts once.
            self._apart += stamp != self._apart_stamp
            self._apart_stamp = stamp
            return ()
        is_key = self._is_key and self._has_slice
        picture = Picture(b"".join(self._parts), stamp, is_key, is_whole=not self._is_damaged)
        self._parts, self._bytes, self._apart, self._apart_stamp = [], 0, 0, None
        self._has_slice = self._is_key = self._is_damaged = self._in_fragment = False
        return (picture,)


class WallClock:
    """The camera's own wall time, as its RTCP sender reports tell; used by one thread.

    Args:
        clock_hz: ticks a second of the stamps.
    """

    def __init__(self, clock_hz: int) -> None:
        self._clock_hz = clock_hz
        self._report: tuple[float, int] | None = None  # Unix seconds of a stamp
        self.said_goodbye = False

    def add(self, packet: bytes, source: int | None) -> None:
        """Take an RTCP packet: one report or several behind each other.

        Args:
            packet: what came.
            source: the video's number; reports of others are passed over, None takes any.
        """
        at = 0
        while at + 8 <= len(packet) and packet[at] >> 6 == 2:
            kind, words = packet[at + 1], packet[at + 2] << 8 | packet[at + 3]
            (sender,) = struct.unpack_from(">I", packet, at + 4)
            if source in (None, sender):
                if kind == SENDER_REPORT and at + REPORT.size <= len(packet):
                    *_, seconds, fraction, stamp = REPORT.unpack_from(packet, at)
                    if seconds:
                        self._report = seconds - UNIX_FROM_NTP_S + fraction / _STAMPS, stamp
                self.said_goodbye |= kind == GOODBYE and packet[at] & 0x1F > 0
            at += 4 * (words + 1)

    def unix_s(self, stamp: int) -> float | None:
        """Return the wall time of a stamp in Unix seconds; None before the first report."""
        if self._report is None:
            return None
        unix_s, reported = self._report
        return unix_s + ((stamp - reported + _STAMPS // 2) % _STAMPS - _STAMPS // 2) / self._clock_hz


def holds_recovery_point(unit: bytes) -> bool:
    """Return whether an H.264 SEI unit says that decoding may begin here (H.264 D.1.8; the sizes 7.3.2.3.1)."""
    at = 1
    while at + 1 < len(unit):
        numbers = []
        for _ in range(2):
            number = 0
            while at < len(unit) and unit[at] == 0xFF:
                number, at = number + 255, at + 1
            if at >= len(unit):
                return False
            numbers.append(number + unit[at])
            at += 1
        kind, size = numbers
        if kind == _RECOVERY_POINT and size:
            return True
        at += size
    return False


def _payload(packet: bytes, first: int) -> bytes:
    """Return what lies between the header with its extensions and the padding (RFC 3550, 5.1)."""
    begin, end = 12 + 4 * (first & 0x0F), len(packet)
    if first & 0x10:
        if begin + 4 > end:
            return b""
        begin += 4 + 4 * (packet[begin + 2] << 8 | packet[begin + 3])
    if first & 0x20:
        end = max(0, end - packet[-1])
    return packet[begin:end]
