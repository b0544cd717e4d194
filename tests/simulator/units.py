"""Reads a clip as the access units that a camera sends, and plays them over and over with times that go on."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import av
from av.bitstream import BitStreamFilterContext

RTP_HZ = 90_000
_START_CODE = re.compile(rb"\x00*\x00\x00\x01")
_SETS = {"h264": {7, 8}, "hevc": {32, 33, 34}}


@dataclass(frozen=True, slots=True)
class Unit:
    """One picture as it is sent.

    Attributes:
        codec: `h264` or `hevc`.
        nals: its NAL units without start codes, parameter sets in front of a key frame.
        pts: when it is shown, in ticks of 90 kHz since the session began.
        due_s: when it is sent, in seconds since the session began.
        is_key: a decoder can start here.
        joins_sets: parameter sets travel in one RTP packet (STAP-A, AP), as with most cameras.
    """

    codec: str
    nals: tuple[bytes, ...]
    pts: int
    due_s: float
    is_key: bool
    joins_sets: bool = True


@dataclass(frozen=True, slots=True)
class Clip:
    """What a camera plays; `length_s` is the time from the first unit to where the next round begins."""

    codec: str
    units: tuple[Unit, ...]
    sets: tuple[bytes, ...]
    length_s: float
    fps: float


def nal_type(codec: str, nal: bytes) -> int:
    if not nal:
        return -1
    return nal[0] & 0x1F if codec == "h264" else nal[0] >> 1 & 0x3F


def is_set(codec: str, nal: bytes) -> bool:
    return nal_type(codec, nal) in _SETS[codec]


@cache
def load_clip(path: Path) -> Clip:
    """Read an H.264 or H.265 file; key frames get the parameter sets in front, as cameras send them."""
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        codec = stream.codec_context.name
        fps = float(stream.average_rate or 25)
        tick_s = float(stream.time_base or 0)
        to_annexb = BitStreamFilterContext(f"{codec}_mp4toannexb", stream)
        units = []
        for packet in container.demux(stream):
            for each in to_annexb.filter(packet if packet.size else None):
                if each.pts is None or each.dts is None:
                    continue
                nals = tuple(nal for nal in _START_CODE.split(bytes(each)) if nal)
                due_s = each.dts * tick_s
                units.append(Unit(codec, nals, round(each.pts * tick_s * RTP_HZ), due_s, bool(each.is_keyframe)))
    first_s, first = units[0].due_s, units[0].pts
    units = [replace(unit, due_s=unit.due_s - first_s, pts=unit.pts - first) for unit in units]
    sets = tuple(nal for nal in units[0].nals if is_set(codec, nal))
    return Clip(codec, tuple(units), sets, len(units) / fps, fps)


def looped(clip: Clip) -> Iterator[Unit]:
    """Yield the clip's units for ever."""
    base_s = 0.0
    while True:
        for unit in clip.units:
            yield replace(unit, pts=unit.pts + round(base_s * RTP_HZ), due_s=unit.due_s + base_s)
        base_s += clip.length_s
