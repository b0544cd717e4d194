"""Cuts access units into RTP packets as cameras do: single units, joined parameter sets, fragments (RFC 6184, 7798)."""

import struct
from dataclasses import dataclass

from tests.simulator.units import Unit, is_set

PAYLOAD_TYPE = 96
MOST_BYTES = 1400
"""Payload of a packet at most: fits an Ethernet frame."""

NTP_AT_1970_S = 2_208_988_800
H264_JOINED, H264_FRAGMENT = 24, 28
HEVC_JOINED, HEVC_FRAGMENT = 48, 49


@dataclass
class RtpCounter:
    """What the headers of one session's packets count on with."""

    ssrc: int = 0x5EED_CAFE
    sequence: int = 60_000  # near its end, so that every session sees it wrap
    first_stamp: int = 123_456
    packets: int = 0
    bytes: int = 0

    def header(self, stamp: int, *, is_last: bool) -> bytes:
        self.sequence = (self.sequence + 1) & 0xFFFF
        kind = PAYLOAD_TYPE | (0x80 if is_last else 0)
        return struct.pack("!BBHII", 0x80, kind, self.sequence, stamp & 0xFFFF_FFFF, self.ssrc)


def rtp_packets(unit: Unit, counter: RtpCounter) -> list[bytes]:
    """Return the packets of one access unit; the last one carries the marker."""
    bodies = payloads(unit)
    stamp = counter.first_stamp + unit.pts
    packets = [counter.header(stamp, is_last=body is bodies[-1]) + body for body in bodies]
    counter.packets += len(packets)
    counter.bytes += sum(map(len, bodies))
    return packets


def payloads(unit: Unit) -> list[bytes]:
    """Return the payloads that carry a unit's NAL units."""
    bodies: list[bytes] = []
    sets = [nal for nal in unit.nals if is_set(unit.codec, nal)] if unit.joins_sets else []
    if len(sets) > 1 and sum(map(len, sets)) < MOST_BYTES - 20:
        bodies.append(_joined(unit.codec, sets))
    else:
        sets = []
    for nal in unit.nals:
        if nal not in sets:
            bodies += [nal] if len(nal) <= MOST_BYTES else _fragments(unit.codec, nal)
    return bodies


def sender_report(counter: RtpCounter, pts: int, unix_s: float) -> bytes:
    """Return an RTCP sender report that ties the unit's stamp to the camera's clock (RFC 3550, 6.4.1)."""
    ntp_s = unix_s + NTP_AT_1970_S
    fraction = int((ntp_s % 1) * 2**32)
    stamp = (counter.first_stamp + pts) & 0xFFFF_FFFF
    counts = counter.packets & 0xFFFF_FFFF, counter.bytes & 0xFFFF_FFFF
    return struct.pack(
        "!BBHIIIIII", 0x80, 200, 6, counter.ssrc, int(ntp_s) & 0xFFFF_FFFF, fraction, stamp, counts[0], counts[1]
    )


def _joined(codec: str, nals: list[bytes]) -> bytes:
    head = bytes([0x60 | H264_JOINED]) if codec == "h264" else bytes([HEVC_JOINED << 1, 1])
    return head + b"".join(len(nal).to_bytes(2, "big") + nal for nal in nals)


def _fragments(codec: str, nal: bytes) -> list[bytes]:
    head_bytes = 1 if codec == "h264" else 2
    if codec == "h264":
        head, kind = bytes([nal[0] & 0xE0 | H264_FRAGMENT]), nal[0] & 0x1F
    else:
        head, kind = bytes([nal[0] & 0x81 | HEVC_FRAGMENT << 1, nal[1]]), nal[0] >> 1 & 0x3F
    body = nal[head_bytes:]
    parts = [body[start : start + MOST_BYTES] for start in range(0, len(body), MOST_BYTES)]
    last = len(parts) - 1
    return [
        head + bytes([kind | (0x80 if number == 0 else 0) | (0x40 if number == last else 0)]) + part
        for number, part in enumerate(parts)
    ]
