"""A short drawn street film, encoded once and played round and round in real time, as a reader would."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.messages import BoxRow
from streams.clips import write_clip
from streams.live import LiveFeed
from streams.packets import TICK, EncodedPacket, Segment, StreamFormat
from streams.parameter_sets import merged_extradata

SIZE_WH = (640, 360)
FPS = 12
FILM_S = 8
FRAME_TICKS = 90_000 // FPS
PARKED_BOX = (0.60, 0.52, 0.76, 0.68)


def moving_box(film_s: float) -> tuple[float, float, float, float]:
    """Where the red car is at a moment of the film, in fractions."""
    x = -0.16 + 1.2 * (film_s % FILM_S) / FILM_S
    return x, 0.74, x + 0.16, 0.90


def draw(film_s: float, tint: int = 0) -> NDArray[np.uint8]:
    """Draw one picture: houses, a pavement, a road, a parked blue car, a red car driving by."""
    width, height = SIZE_WH
    bgr = np.full((height, width, 3), (96 + tint, 84, 70), np.uint8)
    for i in range(8):
        cv2.rectangle(
            bgr, (i * 84 - 20, 24 + 9 * (i * 5 % 4)), (i * 84 + 54, 170), (70 + 9 * i, 92 + tint, 104 + 4 * i), -1
        )
        for row in range(3):
            cv2.rectangle(bgr, (i * 84 - 8, 54 + row * 34), (i * 84 + 12, 74 + row * 34), (150, 170, 180), -1)
            cv2.rectangle(bgr, (i * 84 + 24, 54 + row * 34), (i * 84 + 44, 74 + row * 34), (150, 170, 180), -1)
    cv2.rectangle(bgr, (0, 170), (width, 206), (128, 132, 136), -1)
    cv2.rectangle(bgr, (0, 206), (width, height), (62, 60, 58), -1)
    for x in range(0, width, 90):
        cv2.rectangle(bgr, (x, 252), (x + 46, 256), (190, 200, 205), -1)
    _car(bgr, PARKED_BOX, (150, 92, 40))
    _car(bgr, moving_box(film_s), (48, 48, 190))
    return bgr


def _car(bgr: NDArray[np.uint8], box: tuple[float, float, float, float], colour: tuple[int, int, int]) -> None:
    width, height = SIZE_WH
    x1, y1, x2, y2 = (round(v * s) for v, s in zip(box, (width, height, width, height), strict=True))
    middle = (y1 + y2) // 2
    quarter = (x2 - x1) // 4
    cv2.rectangle(bgr, (x1 + quarter, y1), (x2 - quarter, middle), tuple(c * 3 // 4 for c in colour), -1)
    cv2.rectangle(bgr, (x1, middle - 4), (x2, y2 - 6), colour, -1)
    for x in (x1 + quarter, x2 - quarter):
        cv2.circle(bgr, (x, y2 - 6), 7, (24, 24, 24), -1)


@dataclass(frozen=True, slots=True)
class Film:
    """The film's packets, times counting from 0."""

    format: StreamFormat
    packets: tuple[EncodedPacket, ...]


def encode(tint: int = 0, *, b_frames: int = 0) -> Film:
    """Encode the film, a key frame a second; with B-frames, packets do not come in the order they are shown."""
    context = av.CodecContext.create("libx264", "w")
    assert isinstance(context, av.VideoCodecContext)
    context.width, context.height = SIZE_WH
    context.pix_fmt = "yuv420p"
    context.time_base, context.framerate = Fraction(1, FPS), Fraction(FPS)
    context.options = {
        "preset": "veryfast" if b_frames else "ultrafast",
        "bf": str(b_frames),
        "x264-params": f"keyint={FPS}:scenecut=0:open-gop=0:b-adapt=0:rc-lookahead=4",
    }
    packets = []
    for i in range(FPS * FILM_S):
        frame = av.VideoFrame.from_ndarray(draw(i / FPS, tint), format="bgr24")
        frame.pts = i
        packets += context.encode(frame)
    packets += context.encode(None)
    kept = tuple(_packet(packet) for packet in packets)
    assert any(packet.pts != packet.dts for packet in kept) == bool(b_frames)
    extradata = merged_extradata("h264", b"", kept[0].data)
    return Film(StreamFormat("h264", extradata, SIZE_WH, TICK, float(FPS)), kept)


def _packet(packet: "av.Packet[av.VideoStream]") -> EncodedPacket:
    assert packet.pts is not None
    assert packet.dts is not None
    pts, dts = packet.pts * FRAME_TICKS, packet.dts * FRAME_TICKS
    return EncodedPacket(bytes(packet), pts, dts, FRAME_TICKS, packet.is_keyframe, packet.pts / FPS, 0.0, 0.0)


def mp4_bytes(film: Film, folder: Path) -> bytes:
    """Return the film as an MP4 file, written in `folder`."""
    path = folder / "film.mp4"
    write_clip(Segment("film", film.format, film.packets), path)
    return path.read_bytes()


def hevc_clip(path: Path) -> Path:
    """Write the first seconds of the film as H.265."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx265", rate=FPS)
        stream.width, stream.height = SIZE_WH
        stream.pix_fmt = "yuv420p"
        stream.time_base = Fraction(1, FPS)
        stream.options = {"preset": "ultrafast", "x265-params": f"keyint={FPS}:bframes=0:log-level=none"}
        for i in range(3 * FPS):
            frame = av.VideoFrame.from_ndarray(draw(i / FPS), format="bgr24")
            frame.pts = i
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


class Projector:
    """Plays a film into feeds in real time, and tells what is in the picture twice a second."""

    def __init__(self, film: Film, on_look: Callable[[float, tuple[BoxRow, ...]], None]) -> None:
        self._film = film
        self._on_look = on_look
        self._feeds: list[LiveFeed] = []
        self._lock = threading.Lock()
        self._unwatched = threading.Condition(self._lock)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._play, name="projector", daemon=True)
        self.film_s = 0.0
        self.offence = False
        self.began_s = time.time()

    def start(self) -> None:
        self._thread.start()

    def put_on(self, film: Film) -> None:
        """Play another film of the same street from now on."""
        self._film = film

    def stop(self) -> None:
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join()
        for feed in list(self._feeds):
            feed.close()

    def open_feed(self, camera_id: str) -> LiveFeed:
        feed = LiveFeed(camera_id, on_close=self._forget)
        with self._lock:
            self._feeds.append(feed)
        return feed

    def _forget(self, feed: LiveFeed) -> None:
        with self._lock:
            self._feeds = [other for other in self._feeds if other is not feed]
            self._unwatched.notify_all()

    @property
    def is_playing(self) -> bool:
        return self._thread.is_alive()

    def wait_until_unwatched(self, limit_s: float) -> bool:
        """Wait until nobody watches; says whether that came true in time."""
        with self._lock:
            return self._unwatched.wait_for(lambda: not self._feeds, limit_s)

    def _play(self) -> None:
        began = time.monotonic()
        number = 0
        while not self._stop.wait(max(0.0, began + number / FPS - time.monotonic())):
            lap, place = divmod(number, len(self._film.packets))
            packet = self._film.packets[place]
            lap_ticks = lap * FPS * FILM_S * FRAME_TICKS
            shown_s = self.began_s + lap * FILM_S + packet.t_s
            t_s = self.began_s + number / FPS
            self.film_s = number / FPS
            with self._lock:
                feeds = tuple(self._feeds)
            replaced = replace(packet, pts=packet.pts + lap_ticks, dts=packet.dts + lap_ticks, t_s=shown_s)
            for feed in feeds:
                feed.put(self._film.format, replaced)
            if number % (FPS // 2) == 0:
                self._on_look(t_s, self._rows(number / FPS))
            number += 1

    def _rows(self, film_s: float) -> tuple[BoxRow, ...]:
        lap = int(film_s // FILM_S)
        return (
            BoxRow(moving_box(film_s), "car", 0.83, lap + 1, None, 0.0, is_offence=False),
            BoxRow(PARKED_BOX, "car", 0.91, None, 1, film_s + 20, is_offence=self.offence),
        )
