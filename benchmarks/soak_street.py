"""Watches many cameras through hours of stream time in minutes: readers, rings, decoders and watches on a fast clock.

Cameras are RTSP cameras over TCP that send a clip faster than real time; the readers' clocks run as much faster, and
their naps are as much shorter, so that time lines, rings and rules see plain seconds and a heap holds as many packets
as ever. What the model would find is scripted: a car parks and leaves, people and vehicles pass, so that tracks, places
and events come and go all the time.
"""

import ctypes
import gc
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import ClassVar
from unittest.mock import patch

import psutil

from benchmarks.fast_cameras import FastCameras
from detectors.catalog import ZoneSettings
from pipeline.watch import CameraWatch
from streams import rtsp_stream
from streams.clips import clip_bytes
from streams.connection import NAP_S
from streams.gears import Gear
from streams.offers import KeyDecoders, Offer
from streams.opening import Openers
from streams.pool import CameraPool
from streams.reader import ReaderOptions
from streams.settings import StreamSettings
from streams.timeline import Clocks
from vision.classes import StreetClass
from vision.detections import Detections

LOOK_HZ = 0.5
PARKED_S = 480.0
CYCLE_S = 720.0
"""A car parks for eight of twelve minutes, longer than the zone allows."""

READ_TIMEOUT_S = 2.0
"""Of real time: a machine that cannot follow for a while is no silent camera."""


class FastClock:
    """Clocks that run faster than real time from now on."""

    def __init__(self, speed: float) -> None:
        self._speed = speed
        self._began_s = time.monotonic()
        self._wall_s = time.time()

    def monotonic(self) -> float:
        """Return fast seconds."""
        return (time.monotonic() - self._began_s) * self._speed

    def wall(self) -> float:
        """Return fast Unix seconds."""
        return self._wall_s + self.monotonic()

    @property
    def clocks(self) -> Clocks:
        """Both, for a reader."""
        return Clocks(monotonic=self.monotonic, wall=self.wall)


class Watcher:
    """Looks at the frames of all cameras in their readers' threads, as the looking thread does."""

    def __init__(self, camera_ids: list[str]) -> None:
        self._watches = {camera_id: CameraWatch(camera_id, zones()) for camera_id in camera_ids}
        self._decoders = {camera_id: KeyDecoders() for camera_id in camera_ids}
        self.looks = self.events = 0

    def __call__(self, offer: Offer) -> None:
        """Look at what is offered."""
        frame = offer.open(self._decoders[offer.camera_id])
        if frame is None:
            return
        looked = self._watches[frame.camera_id].look(frame, scripted(frame.t_s, frame.size_wh))
        self.looks += 1
        self.events += len(looked.events)


def zones() -> list[ZoneSettings]:
    """Return one zone of each kind, with the rules' defaults."""
    street, wall = (
        [[0.0, 0.4], [1.0, 0.4], [1.0, 1.0], [0.0, 1.0]],
        [[0.1, 0.05], [0.5, 0.05], [0.5, 0.35], [0.1, 0.35]],
    )
    kinds = (("parking", street), ("vending", street), ("flyers", wall))
    return [
        ZoneSettings.model_validate({"id": kind, "polygon": polygon, "rule": {"kind": kind}}) for kind, polygon in kinds
    ]


def scripted(t_s: float, size_wh: tuple[int, int]) -> Detections:
    """Return what stands and passes at a time."""
    width, height = size_wh
    rows: list[tuple[tuple[float, float, float, float], float, int]] = []
    if t_s % CYCLE_S < PARKED_S:
        rows.append(((0.3 * width, 0.6 * height, 0.5 * width, 0.8 * height), 0.9, int(StreetClass.CAR)))
    for number in range(3):
        x = (t_s * (0.05 + 0.02 * number) + 0.3 * number) % 1.3 - 0.15
        kind = StreetClass.PERSON if number else StreetClass.TRUCK
        rows.append(((x * width, 0.5 * height, (x + 0.1) * width, (0.7 + 0.1 * number) * height), 0.8, int(kind)))
    return Detections.of(rows)


@contextmanager
def street(clip: Path, cameras: int, speed: float) -> Iterator[tuple[CameraPool, Watcher, FastClock]]:
    """Watch so many cameras that show a clip, so many times faster than real time."""
    ids = [f"camera-{number}" for number in range(cameras)]
    watcher = Watcher(ids)
    settings = StreamSettings().model_copy(update={"read_timeout_s": READ_TIMEOUT_S * speed})  # fast seconds
    with FastCameras(clip, cameras, speed) as farm, patch.object(rtsp_stream, "NAP_S", NAP_S / speed):
        clock = FastClock(speed)
        pool = CameraPool(Openers(), watcher, options=ReaderOptions(clocks=clock.clocks))
        try:
            for camera_id, url in zip(ids, farm.urls, strict=True):
                pool.add(camera_id, url, settings).want("rules", Gear("key", LOOK_HZ))
            yield pool, watcher, clock
        finally:
            pool.close()


def use_as_people_do(pool: CameraPool, number: int) -> None:
    """Open a live feed, take a still and cut a clip of one camera, and ask for everybody's health."""
    cameras = [health.camera_id for health in pool.health() if health.ring_s > 5]
    if not cameras:
        return
    reader = pool.reader(cameras[number % len(cameras)])
    with reader.live() as feed:
        feed.next_chunk(5.0)
    reader.still()
    span = reader.ring.span()
    if span is not None:
        clip_bytes(reader.ring.segment(max(span[0], span[1] - 10), span[1]))


def rss_mb() -> float:
    """Return this process's resident memory, after the garbage is collected."""
    gc.collect()
    return float(psutil.Process().memory_info().rss) / 2**20


class _MallInfo2(ctypes.Structure):
    """What glibc's `mallinfo2` returns; see its manual page."""

    _fields_: ClassVar = [
        (name, ctypes.c_size_t)
        for name in (
            "arena",
            "ordblks",
            "smblks",
            "hblks",
            "hblkhd",
            "usmblks",
            "fsmblks",
            "uordblks",
            "fordblks",
            "keepcost",
        )
    ]


def in_use_mb() -> float:
    """Return what the C library has handed out and not got back, numpy's and libav's pictures among it.

    Unlike resident memory it does not count what lies free between the pieces; 0 where the C library does not tell.
    """
    ask = getattr(ctypes.CDLL(None), "mallinfo2", None)
    if ask is None:
        return 0.0
    ask.restype = _MallInfo2
    told = ask()
    return float(told.uordblks + told.hblkhd) / 2**20


Progress = Callable[[str], None]
