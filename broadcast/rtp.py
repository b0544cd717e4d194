"""RTP packets of G.711: 20 ms each, one timestamp tick per sample (RFC 3550, RFC 3551)."""

import struct
from collections.abc import Iterator

from broadcast.g711 import SILENCE_BYTE, G711Codec

PACKET_S = 0.02
"""Time in one packet: the default of RFC 3551 for G.711, taken by every horn."""

PACKET_SAMPLES = 160
"""Samples, and bytes, in one packet."""


def rtp_packets(sound: bytes, codec: G711Codec, payload_type: int, seeds: tuple[int, int, int]) -> Iterator[bytes]:
    """Yield the packets of one announcement; the last is filled up with silence.

    Args:
        sound: G.711, one byte per sample.
        codec: µ-law or A-law.
        payload_type: as the server's SDP numbers it, 0 to 127.
        seeds: first sequence number (16 bits), first timestamp (32 bits), SSRC (32 bits); random, so that the packets
            of two announcements are never taken for one.
    """
    sequence, timestamp, ssrc = seeds
    filler = bytes([SILENCE_BYTE[codec]])
    for index, start in enumerate(range(0, len(sound), PACKET_SAMPLES)):
        marker = 0x80 if index == 0 else 0  # first packet of a talk spurt: lets the receiver set its buffer
        header = struct.pack(
            "!BBHII",
            0x80,
            marker | payload_type,
            (sequence + index) & 0xFFFF,
            (timestamp + start) & 0xFFFFFFFF,
            ssrc & 0xFFFFFFFF,
        )
        yield header + sound[start : start + PACKET_SAMPLES].ljust(PACKET_SAMPLES, filler)
