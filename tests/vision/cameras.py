"""Cameras before a still or living street: sensor noise, an H.264 encoder, faults; as looks fed to a `ViewJudge`."""

import io
from collections.abc import Callable, Collection, Iterable, Iterator
from fractions import Fraction
from itertools import count
from pathlib import Path

import av
import cv2
import numpy as np

from vision.arrays import Picture
from vision.background import SIZE_WH
from vision.observations import ViewState
from vision.perception import SAMPLE_STEP
from vision.view_state import ViewJudge

MATERIAL = Path(__file__).resolve().parents[3] / "shared" / "material"
WH = (960, 540)
NOBODY = np.zeros((0, 4), np.float32)
Fault = Callable[[Picture], Picture]


def still(name: str, wh: tuple[int, int] = WH) -> Picture:
    """Return the luma of a still, or of a clip's first picture."""
    path = MATERIAL / name
    if path.suffix == ".jpg":
        return cv2.resize(cv2.imread(str(path), cv2.IMREAD_GRAYSCALE), wh, interpolation=cv2.INTER_AREA)
    return cv2.resize(next(clip(name)), wh, interpolation=cv2.INTER_AREA)


def clip(name: str) -> Iterator[Picture]:
    """Yield the lumas of a clip, once."""
    with av.open(str(MATERIAL / name)) as container:
        for frame in container.decode(video=0):
            yield luma(frame)


def luma(frame: av.VideoFrame) -> Picture:
    plane = frame.planes[0]
    flat = np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)
    return flat[: frame.height, : frame.width].copy()


class Sensor:
    """Adds fresh noise to each picture, as sensors do; light comes in fractions of a grey level, too."""

    def __init__(self, sigma: float, seed: int = 0) -> None:
        self._rng = np.random.default_rng(seed)
        self._sigma = sigma
        self._fraction = np.zeros((0, 0), np.float32)

    def __call__(self, picture: Picture) -> Picture:
        if self._fraction.shape != picture.shape:
            self._fraction = self._rng.uniform(0, 1, picture.shape).astype(np.float32)
        noise = self._rng.standard_normal(picture.shape, np.float32) * np.float32(self._sigma)
        return np.clip(picture + noise + self._fraction, 16, 235).astype(np.uint8)


def with_clock(picture: Picture, second: int) -> Picture:
    """Return the picture with a running clock drawn into it, as cameras do behind their sensor."""
    drawn = picture.copy()
    text = f"2026-11-21 08:{second // 60:02d}:{second % 60:02d}"
    cv2.putText(drawn, text, (12, 30), cv2.FONT_HERSHEY_SIMPLEX, 0.7, 235, 2)
    return drawn


def encoded(pictures: Iterable[Picture], fps: int, gop: int, **options: object) -> list[tuple[bool, Picture]]:
    """Return the pictures as a viewer of an H.264 stream gets them, and whether each is a key frame."""
    buffer = io.BytesIO()
    told = {"preset": "ultrafast", "tune": "zerolatency", "sc_threshold": "0"}
    told |= {name: str(value) for name, value in options.items()}
    with av.open(buffer, "w", format="mp4") as container:
        stream = None
        for index, picture in enumerate(pictures):
            height, width = picture.shape
            if stream is None:
                stream = container.add_stream("libx264", rate=fps, options=told)
                stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
                stream.codec_context.gop_size, stream.codec_context.max_b_frames = gop, 0
                stream.codec_context.thread_count = 1
                stream.codec_context.time_base = Fraction(1, fps)
            flat = np.full((height * 3 // 2, width), 128, np.uint8)
            flat[:height] = picture
            frame = av.VideoFrame.from_ndarray(flat, format="yuv420p")
            frame.pts, frame.time_base = index, Fraction(1, fps)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    buffer.seek(0)
    with av.open(buffer) as container:
        return [(bool(frame.key_frame), luma(frame)) for frame in container.decode(video=0)]


def at_rate(stream: list[tuple[bool, Picture]], fps: int, hz: float) -> list[Picture]:
    """Return the pictures that are looked at: at half a look a second or less of key frames only."""
    if hz > 0.5:
        return [picture for _, picture in stream[:: round(fps / hz)]]
    keys = [(number, picture) for number, (is_key, picture) in enumerate(stream) if is_key]
    looks, due = [], 0.0
    for number, picture in keys:
        if number / fps >= due - 1e-6:
            looks.append(picture)
            due = number / fps + 1 / hz
    return looks


def look(judge: ViewJudge, picture: Picture, step_s: float) -> ViewState:
    """Look once, as `Perception` does."""
    small = cv2.resize(picture, SIZE_WH, interpolation=cv2.INTER_AREA)
    return judge.update(small, picture[::SAMPLE_STEP, ::SAMPLE_STEP], NOBODY, step_s)


def states(judge: ViewJudge, pictures: Iterable[Picture], hz: float, seconds: float) -> list[ViewState]:
    """Look for so long, at the pictures over and over."""
    held = list(pictures)
    return [look(judge, held[number % len(held)], 1 / hz) for number in range(round(seconds * hz))]


def flags(seen: Iterable[ViewState], *, right: Collection[ViewState] = ()) -> int:
    """Return how often a fault was said: changes into a state that is neither clear, nor being checked, nor `right`."""
    fine = {ViewState.OK, ViewState.UNSURE, *right}
    before, found = ViewState.OK, 0
    for state in seen:
        found += state not in fine and state is not before
        before = state
    return found


def seconds_to_flag(
    judge: ViewJudge, pictures: Iterable[Picture], hz: float, limit_s: float = 60.0
) -> tuple[float, ViewState]:
    """Return how long after its beginning a fault is said at the latest, and as what; the limit where it is not.

    A fault begins just after a look, so that the time to the first look counts.
    """
    for number, picture in zip(count(1), pictures, strict=False):
        state = look(judge, picture, 1 / hz)
        if state not in {ViewState.OK, ViewState.UNSURE}:
            return number / hz, state
        if number / hz >= limit_s:
            break
    return limit_s, ViewState.OK
