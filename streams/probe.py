"""Connects to a camera once, watches it for a few seconds and reports what it really sends.

The audio backchannel is asked for by `broadcast`, which speaks that part of RTSP itself.
"""

import threading
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from itertools import pairwise
from statistics import median
from typing import Literal

from streams.connection import Pace
from streams.errors import StreamEndedError, StreamReadError, UnsupportedCodecError
from streams.opening import Openers
from streams.packets import EncodedPacket, StreamFormat
from streams.parameter_sets import codec_string
from streams.settings import StreamSettings
from streams.source import PacketSource
from streams.timeline import Clocks, TimeLine
from streams.urls import NETWORK_SCHEMES, redact, scheme_of
from vision.arrays import SizeWH

PROGRESS_STEPS = 100
"""Progress is told at most this often over the whole time."""


@dataclass(frozen=True, slots=True)
class ProbeReport:
    """What a camera sends.

    Attributes:
        url: without its password.
        codec: libav's name.
        browser_codec: the codec string with which browsers are asked; empty where they cannot play it.
        size_wh: picture size in pixels.
        declared_fps: what the stream says; None if nothing.
        delivered_fps: what came.
        key_interval_s: median seconds between key frames; None if fewer than two came.
        bit_rate_bps: bits a second of the video packets.
        transport: `tcp` or `udp` for RTSP, else `file` or the scheme.
        clock: `rtcp` if the camera tells its wall time, else `none`.
        clock_offset_s: the camera's clock minus ours, within `clock_error_s`; None without such a clock.
        clock_error_s: bound of the error of our own wall time of a picture.
        audio_tracks: codec, rate and channels of each.
        open_s: seconds until the connection stood.
        first_picture_s: seconds from there to the first key frame.
        watched_s: seconds of stream that were watched.
        packets: video packets read.
        corrupt: packets that could not be read.
        problem: why the stream ended before the watching did, as for a truncated file; empty while all is well.
    """

    url: str
    codec: str
    browser_codec: str
    size_wh: SizeWH
    declared_fps: float | None
    delivered_fps: float
    key_interval_s: float | None
    bit_rate_bps: float
    transport: str
    clock: Literal["rtcp", "none"]
    clock_offset_s: float | None
    clock_error_s: float
    audio_tracks: tuple[str, ...]
    open_s: float
    first_picture_s: float
    watched_s: float
    packets: int
    corrupt: int
    problem: str


def probe(
    url: str,
    settings: StreamSettings,
    openers: Openers,
    *,
    watch_s: float = 5.0,
    on_progress: Callable[[float], None] | None = None,
) -> ProbeReport:
    """Connect, watch and report; blocks for the time to connect plus `watch_s`. A file is read as fast as it goes.

    Args:
        url: the camera.
        settings: how to pull it.
        openers: how each scheme is opened.
        watch_s: how long to watch.
        on_progress: told the watched share in [0, 1] now and then, in this thread.

    Raises:
        StreamError: it could not be opened, or sent no picture.
    """
    is_file = scheme_of(url) == "file"
    clocks = Clocks()
    stop = threading.Event()
    timeline = TimeLine(start_t_s=0.0, follows_arrival=not is_file, clocks=clocks)
    pace = Pace(stop, clocks, is_paced=False)
    source = PacketSource(url, settings, openers.with_audio(), timeline, pace)
    began_s = clocks.monotonic()
    timer = threading.Timer(watch_s, stop.set)
    with closing(source):
        source.open()
        opened_s = clocks.monotonic()
        audio_tracks = source.audio_tracks()
        timer.start()
        try:
            watch = _watch(source, watch_s, clocks, on_progress or (lambda _: None))
        finally:
            timer.cancel()
            timer.join()
    if watch.format is None:
        raise StreamReadError(
            f"{redact(url)} sent no key frame within {watch_s:.0f} s; watch longer or shorten its GOP"
        )
    return _report(url, settings, source, watch, (opened_s - began_s, opened_s, audio_tracks))


class _Watch:
    """What was seen while watching."""

    def __init__(self) -> None:
        self.format: StreamFormat | None = None
        self.arrivals: list[float] = []
        self.packets: list[tuple[float, bool, int]] = []  # t_s, is_key, bytes
        self.clock_error_s = 0.0
        self.problem = ""

    def add(self, stream_format: StreamFormat, packet: EncodedPacket, now_s: float) -> None:
        self.format = stream_format
        self.arrivals.append(now_s)
        self.packets.append((packet.t_s, packet.is_key, len(packet.data)))
        self.clock_error_s = packet.clock_error_s

    def stream_s(self) -> float:
        times = [t_s for t_s, _, _ in self.packets]
        return max(times) - min(times)


def _watch(source: PacketSource, watch_s: float, clocks: Clocks, on_progress: Callable[[float], None]) -> _Watch:
    watch = _Watch()
    told = 0.0
    try:
        for stream_format, packet in source.packets():
            watch.add(stream_format, packet, clocks.monotonic())
            seen_s = max(watch.stream_s() if source.is_file else 0.0, watch.arrivals[-1] - watch.arrivals[0])
            if seen_s / watch_s - told >= 1 / PROGRESS_STEPS:
                told = min(seen_s / watch_s, 1.0)
                on_progress(told)
            if seen_s >= watch_s:
                break
    except StreamEndedError as err:
        if watch.format is None:
            raise
        watch.problem = str(err)
    on_progress(1.0)
    return watch


def _report(
    url: str,
    settings: StreamSettings,
    source: PacketSource,
    watch: _Watch,
    opened: tuple[float, float, tuple[str, ...]],
) -> ProbeReport:
    stream_format = watch.format
    assert stream_format is not None  # noqa: S101  # checked by the caller
    open_s, opened_s, audio_tracks = opened
    # Cameras begin with a burst: by arrival alone the rate would come out too high.
    watched_s = max(watch.stream_s(), 0.0 if source.is_file else watch.arrivals[-1] - watch.arrivals[0])
    keys = [t_s for t_s, is_key, _ in watch.packets if is_key]
    length_s = watched_s or 1.0
    try:
        browser_codec = codec_string(stream_format.codec, stream_format.extradata)
    except UnsupportedCodecError:
        browser_codec = ""
    scheme = scheme_of(url)
    return ProbeReport(
        url=redact(url),
        codec=stream_format.codec,
        browser_codec=browser_codec,
        size_wh=stream_format.size_wh,
        declared_fps=stream_format.declared_fps,
        delivered_fps=(len(watch.packets) - 1) / length_s,
        key_interval_s=median(later - earlier for earlier, later in pairwise(keys)) if len(keys) > 1 else None,
        bit_rate_bps=8 * sum(size for _, _, size in watch.packets[:-1]) / length_s,
        transport=settings.transport if scheme in NETWORK_SCHEMES else scheme,
        clock="none" if source.clock_offset_s is None else "rtcp",
        clock_offset_s=source.clock_offset_s,
        clock_error_s=watch.clock_error_s,
        audio_tracks=audio_tracks,
        open_s=open_s,
        first_picture_s=watch.arrivals[0] - opened_s,
        watched_s=watched_s,
        packets=len(watch.packets),
        corrupt=source.corrupt,
        problem=watch.problem,
    )
