"""RTP and RTCP packets written by hand, for tests that say themselves what each packet holds."""

import struct
from dataclasses import dataclass

from streams.rtp import UNIX_FROM_NTP_S

PAYLOAD_TYPE = 96
SOURCE = 0x5EED
SPS, PPS, SEI = b"\x67sps", b"\x68pps", b"\x06\x05\x01\x00\x80"
IDR, SLICE = b"\x65key", b"\x41not key"
VPS, HEVC_SPS, HEVC_PPS = b"\x40\x01vps", b"\x42\x01sps", b"\x44\x01pps"
CRA, TRAIL = b"\x2a\x01cra", b"\x02\x01trail"
RECOVERY_SEI = b"\x06\x06\x01\xc0\x80"
"""A recovery point message of one byte, behind it the stop bit."""


@dataclass
class Sender:
    """Writes the packets of one source; the sequence number counts on by itself."""

    sequence: int = 10
    source: int = SOURCE
    payload_type: int = PAYLOAD_TYPE

    def packet(self, payload: bytes, stamp: int = 0, *, is_last: bool = False) -> bytes:
        """Return a plain packet; the last one of a picture carries the marker."""
        return self.odd(0x80, payload, stamp, is_last=is_last)

    def odd(self, first: int, rest: bytes, stamp: int = 0, *, is_last: bool = False) -> bytes:
        """Return a packet with this first byte and with this behind the twelve bytes of the fixed header."""
        kind = self.payload_type | (0x80 if is_last else 0)
        head = struct.pack(">BBHII", first, kind, self.sequence & 0xFFFF, stamp & 0xFFFF_FFFF, self.source)
        self.sequence += 1
        return head + rest

    def lose(self, count: int = 1) -> None:
        """Count on as if packets had been sent."""
        self.sequence += count


def annexb(*units: bytes) -> bytes:
    """Return NAL units as the assembler writes them."""
    return b"".join(b"\x00\x00\x00\x01" + unit for unit in units)


def joined(head: bytes, *units: bytes) -> bytes:
    """Return the payload of a STAP-A or AP with this header."""
    return head + b"".join(len(unit).to_bytes(2, "big") + unit for unit in units)


def fragments(unit: bytes, *sizes: int) -> list[bytes]:
    """Return the payloads of an H.264 unit's FU-A, of so many bytes each; what is left goes into the last."""
    head = bytes([unit[0] & 0xE0 | 28])
    return [head + flags + part for flags, part in _cut(unit[0] & 0x1F, unit[1:], sizes)]


def hevc_fragments(unit: bytes, *sizes: int) -> list[bytes]:
    """Return the payloads of an H.265 unit's FU; see `fragments`."""
    head = bytes([unit[0] & 0x81 | 49 << 1, unit[1]])
    return [head + flags + part for flags, part in _cut(unit[0] >> 1 & 0x3F, unit[2:], sizes)]


def sender_report(unix_s: float, stamp: int, source: int = SOURCE) -> bytes:
    """Return a report that ties a stamp to the wall time."""
    seconds, fraction = divmod(unix_s + UNIX_FROM_NTP_S, 1)
    return struct.pack(">BBHIIIIII", 0x80, 200, 6, source, int(seconds), int(fraction * 2**32), stamp, 1, 2)


def goodbye(source: int = SOURCE) -> bytes:
    """Return an RTCP BYE of one source."""
    return struct.pack(">BBHI", 0x81, 203, 1, source)


def interleaved(channel: int, packet: bytes) -> bytes:
    """Return a packet as it goes between the messages of an RTSP connection."""
    return b"$" + bytes([channel]) + len(packet).to_bytes(2, "big") + packet


def _cut(kind: int, body: bytes, sizes: tuple[int, ...]) -> list[tuple[bytes, bytes]]:
    parts = []
    for size in sizes:
        parts.append(body[:size])
        body = body[size:]
    parts.append(body)
    last = len(parts) - 1
    return [
        (bytes([kind | (0x80 if number == 0 else 0) | (0x40 if number == last else 0)]), part)
        for number, part in enumerate(parts)
    ]
