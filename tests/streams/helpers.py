"""What the tests of `streams` share: clocks to turn by hand, packets without a camera, waiting with a limit."""

import threading
import time
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from streams.connection import Pace
from streams.errors import StreamEndedError
from streams.offers import KeyDecoders, Offer
from streams.opening import Openers
from streams.packets import TICK, EncodedPacket, Segment, StreamFormat
from streams.settings import StreamSettings
from streams.source import PacketSource
from streams.timeline import Clocks, TimeLine
from vision.frames import Frame

LIMIT_S = 60.0
"""No test waits longer for anything; far more than any needs, as the machine may be busy."""

FORMAT = StreamFormat("h264", b"\x00\x00\x00\x01\x67\x64\x00\x1f", (64, 48), TICK, 25.0)
WALL_S = 1_795_000_000.0


class HandClock:
    """Clocks that move only when told."""

    def __init__(self) -> None:
        self.now_s = 100.0
        self.wall_reads = 0

    def advance(self, seconds: float) -> None:
        self.now_s += seconds

    def wall(self) -> float:
        self.wall_reads += 1
        return WALL_S + self.now_s - 100.0

    @property
    def clocks(self) -> Clocks:
        return Clocks(monotonic=lambda: self.now_s, wall=self.wall)


def fake_packet(t_s: float, *, is_key: bool = False, size: int = 100, start_s: float = 0.0) -> EncodedPacket:
    """Return a packet of nothing, for tests that never decode."""
    ticks = round((t_s - start_s) / TICK)
    return EncodedPacket(b"\x00" * size, ticks, ticks, 3600, is_key, t_s, WALL_S + t_s, 0.5)


def read_all(url: str | Path, *, start_t_s: float = 0.0) -> list[tuple[StreamFormat, EncodedPacket]]:
    """Return all packets of a file, read as fast as it goes."""
    line = TimeLine(start_t_s=start_t_s, follows_arrival=False)
    pace = Pace(threading.Event(), is_paced=False)
    source = PacketSource(str(url), StreamSettings(), Openers(), line, pace)
    read = []
    try:
        source.open()
        for pair in source.packets():
            read.append(pair)
    except StreamEndedError:
        pass
    finally:
        source.close()
    return read


def segment_of(url: str | Path, camera_id: str = "gate") -> Segment:
    """Return a whole file as one segment."""
    read = read_all(url)
    return Segment(camera_id, read[0][0], tuple(packet for _, packet in read))


def eventually(is_true: Callable[[], object], what: str) -> None:
    """Wait until something another thread does is visible from outside."""
    pause = threading.Event()
    end_s = time.monotonic() + LIMIT_S
    while not is_true():
        assert time.monotonic() < end_s, f"not within {LIMIT_S} s: {what}"
        pause.wait(0.02)


class Collector:
    """Takes every offer at once and lets a test wait for the frames."""

    def __init__(self) -> None:
        self.frames: list[Frame] = []
        self._decoders = KeyDecoders()
        self._changed = threading.Condition()

    def __call__(self, offer: Offer) -> None:
        with self._changed:
            frame = offer.open(self._decoders)
            if frame is not None:
                self.frames.append(frame)
            self._changed.notify_all()

    def of(self, camera_id: str) -> list[Frame]:
        with self._changed:
            return [frame for frame in self.frames if frame.camera_id == camera_id]

    def wait(self, count: int, camera_id: str | None = None) -> list[Frame]:
        """Wait for `count` frames and return them all."""

        def taken() -> list[Frame]:
            return [frame for frame in self.frames if camera_id in {None, frame.camera_id}]

        with self._changed:
            assert self._changed.wait_for(lambda: len(taken()) >= count, LIMIT_S), f"only {len(taken())} frames came"
            return taken()


def decoded(data: bytes | Path) -> list[av.VideoFrame]:
    """Decode a file or its bytes with libav alone."""
    import io

    with av.open(io.BytesIO(data) if isinstance(data, bytes) else str(data)) as container:
        return list(container.decode(video=0))


def luma(frame: av.VideoFrame) -> np.ndarray:
    """Return the (H, W) luma of libav's 4:2:0 frame as a copy."""
    plane = frame.planes[0]
    rows = np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)
    return rows[: frame.height, : frame.width].copy()


def media_times(data: bytes) -> list[Fraction]:
    """Return the presentation times in seconds of the pictures in an MP4."""
    return [frame.pts * frame.time_base for frame in decoded(data)]


def reader_threads() -> list[str]:
    """Return the names of the reader threads that run."""
    return [thread.name for thread in threading.enumerate() if thread.name.startswith("reader-")]
