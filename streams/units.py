"""Packets of a connection as they come, and what has to be put right in them before they are a camera's pictures.

libav leaves the first stamps of an RTSP stream out, RTP has no decoding stamps, and some cameras' key pictures come in
several packets.
"""

import struct
from bisect import insort
from collections.abc import Iterator
from dataclasses import dataclass, replace
from statistics import median

from av.packet import Packet
from av.video.stream import VideoStream

from streams.parameter_sets import rest_of_picture

HELD_AT_START = 8
"""Packets held at the start until one has a decoding stamp: libav leaves the first ones of an RTSP stream without."""

MOST_PIECES = 64
"""Pieces of one key picture at most: a stream that lost the first slice of every picture must not become one."""

MOST_REORDERED = 16
"""Pictures that a decoder may have to hold back (H.264 A.3.1)."""

MOST_REORDER_S = 2.0
"""Pictures are not shown in another order over a longer time than this; what jumps further is the camera's clock."""


@dataclass(frozen=True, slots=True)
class Unit:
    """One packet of a connection, its stamps in seconds."""

    data: bytes
    pts_s: float | None
    dts_s: float | None
    duration_s: float
    is_key: bool
    camera_unix_s: float | None = None  # the camera's own wall time of the picture, from RTCP


def filled_start(units: Iterator[Unit]) -> Iterator[Unit]:
    """Yield the units, those before the first decoding stamp with stamps worked out backwards from it."""
    held: list[Unit] = []
    for unit in units:
        held.append(unit)
        if unit.dts_s is not None or len(held) >= HELD_AT_START:
            break
    steps = [unit.duration_s for unit in held if unit.duration_s > 0]
    step_s = median(steps) if steps else 0.0
    for number in range(len(held) - 2, -1, -1):
        later, unit = held[number + 1], held[number]
        if unit.dts_s is None and later.dts_s is not None:
            held[number] = replace(unit, dts_s=later.dts_s - step_s)
    known = [unit.pts_s for unit in held if unit.pts_s is not None]
    if held and held[0].pts_s is None and held[0].dts_s is not None:
        first_s = min(known) - step_s if known else held[0].dts_s
        held[0] = replace(held[0], pts_s=max(first_s, held[0].dts_s))
    yield from held
    yield from units


def whole_keys(codec: str, units: Iterator[Unit]) -> Iterator[Unit]:
    """Yield the units, a key picture that came in pieces as one; each key picture waits for the unit behind it."""
    key: Unit | None = None
    pieces: list[bytes] = []
    for unit in units:
        if key is not None:
            rest = rest_of_picture(codec, unit.data) if len(pieces) < MOST_PIECES else b""
            if rest:
                pieces.append(rest)
                continue
            yield replace(key, data=b"".join((key.data, *pieces))) if pieces else key
        key, pieces = (unit if unit.is_key else None), []
        if key is None:
            yield unit
    if key is not None:
        yield replace(key, data=b"".join((key.data, *pieces)))


class DecodeStamps:
    """Works out decoding stamps of pictures that come in decoding order with presentation stamps only, as in RTP.

    Args:
        depth: how many pictures may come before one that is shown earlier; it grows as such pictures come.
    """

    def __init__(self, depth: int = 0) -> None:
        self._depth = depth
        self._newest: list[float] = []  # the latest presentation stamps, in order

    def of(self, pts_s: float) -> float:
        """Return the decoding stamp of the next picture."""
        later = sum(each > pts_s for each in self._newest)
        if later > MOST_REORDERED or (self._newest and abs(pts_s - self._newest[-1]) > MOST_REORDER_S):
            self._newest, later = [], 0  # the camera's clock jumped
        self._depth = min(max(self._depth, later), MOST_REORDERED)
        insort(self._newest, pts_s)
        del self._newest[: -1 - MOST_REORDERED]
        return self._newest[max(0, len(self._newest) - 1 - self._depth)]


def camera_time(packet: "Packet[VideoStream]") -> float | None:
    """Return the camera's own wall time of a picture in Unix seconds, where its RTCP reports tell."""
    if not packet.has_sidedata("prft"):
        return None
    # AVProducerReferenceTime: int64 Unix microseconds, then flags.
    return float(struct.unpack_from("q", bytes(packet.get_sidedata("prft")))[0]) / 1e6
