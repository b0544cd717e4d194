"""Keeps a run of packets in a file as they come, so that a crash or a power cut loses only those of the last moment.

A line of JSON with the format, then each packet as a record of fixed fields with a checksum, and its bytes. What a
crash left half written at the end is left out when the file is read.

Belongs here: the file. Does not: which packets, when (pipeline.clip_spool), clips made of them (clips).
"""

import base64
import binascii
import json
import os
import struct
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

from streams.errors import ClipError
from streams.packets import TICK, EncodedPacket, Segment, StreamFormat

FORMAT = "streetwarden-packets/1"

MAX_HEADER_BYTES = 1 << 20
"""A header is some kilobytes; what is longer was not written by us and is not read."""

_RECORD = struct.Struct("<IIqqq?ddd")
"""Bytes of the packet, CRC-32 of what follows it, pts, dts, duration, is_key, t_s, unix_s, clock_error_s."""

_CHECKED_FROM = 8


def begin_log(path: Path, segment: Segment, about: str) -> None:
    """Write a new file with the packets of a segment; it is on the medium when this returns.

    Args:
        path: of the file; one that is there is replaced.
        segment: the first packets.
        about: what the reader wants to know of it, given back by `read_log`.

    Raises:
        OSError: the disk is full or read-only; what was begun may be there.
    """
    told = {
        "log": FORMAT,
        "camera_id": segment.camera_id,
        "codec": segment.format.codec,
        "extradata": base64.b64encode(segment.format.extradata).decode(),
        "size_wh": segment.format.size_wh,
        "declared_fps": segment.format.declared_fps,
        "about": about,
    }
    with path.open("wb") as file:
        file.write(json.dumps(told).encode() + b"\n")
        _write(file, segment.packets)
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def append_to_log(path: Path, packets: Sequence[EncodedPacket]) -> None:
    """Add packets of the same format; they are on the medium when this returns.

    Raises:
        OSError: the disk is full or read-only; nothing must be added after that, as a packet may be half written.
    """
    with path.open("ab") as file:
        _write(file, packets)


def read_log(path: Path) -> tuple[Segment, str]:
    """Return the packets that are whole, and what was said about them.

    Raises:
        ClipError: there is no whole packet in it, or it is no such file.
        OSError: it cannot be read.
    """
    with path.open("rb") as file:
        try:
            told = json.loads(file.readline(MAX_HEADER_BYTES))
            if told["log"] != FORMAT:
                raise ValueError(f"format {told['log']!r}")
            width, height = told["size_wh"]
            extradata = base64.b64decode(told["extradata"], validate=True)
            stream_format = StreamFormat(str(told["codec"]), extradata, (width, height), TICK, told["declared_fps"])
            camera_id, about = str(told["camera_id"]), str(told["about"])
        except (ValueError, KeyError, TypeError, binascii.Error) as err:
            raise ClipError(f"{path} holds no packets of ours: {err}") from None
        packets = tuple(_packets(file))
    if not packets or not packets[0].is_key:
        raise ClipError(f"{path} holds no whole packet")
    return Segment(camera_id, stream_format, packets), about


def _write(file: BinaryIO, packets: Sequence[EncodedPacket]) -> None:
    for packet in packets:
        fields = (packet.pts, packet.dts, packet.duration, packet.is_key, packet.t_s, packet.unix_s)
        unchecked = _RECORD.pack(len(packet.data), 0, *fields, packet.clock_error_s)
        crc = zlib.crc32(packet.data, zlib.crc32(unchecked[_CHECKED_FROM:]))
        file.write(_RECORD.pack(len(packet.data), crc, *fields, packet.clock_error_s) + packet.data)
    file.flush()
    os.fsync(file.fileno())


def _packets(file: BinaryIO) -> Iterator[EncodedPacket]:
    left_bytes = os.fstat(file.fileno()).st_size - file.tell()
    while (left_bytes := left_bytes - _RECORD.size) >= 0:
        head = file.read(_RECORD.size)
        length, crc, *fields = _RECORD.unpack(head)
        if (left_bytes := left_bytes - length) < 0:
            return
        data = file.read(length)
        if zlib.crc32(data, zlib.crc32(head[_CHECKED_FROM:])) != crc:
            return
        yield EncodedPacket(data, *fields)
