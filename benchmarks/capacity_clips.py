"""Draws the capacity benchmark's streets once and keeps them as H.264 as cameras send it, with a clock in the picture.

Drawing and encoding take about a minute and a half per street, so clips are kept in a folder of the user's cache, under
a name that changes with the story, the settings and the code that draws. Every clip plays in a loop without a seam: it
lasts exactly one period of its street and begins with a key frame.
"""

import hashlib
import os
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from fractions import Fraction
from functools import partial
from pathlib import Path

import av
import numpy as np

from benchmarks.camera_clip import ClipSettings
from benchmarks.capacity_streets import PERIOD_S, Story, script_of
from benchmarks.farm import write_units
from benchmarks.report import CHECKOUT
from benchmarks.time_strip import draw
from datasets.scene import StreetScene

CAMERA = ClipSettings(size_wh=(1920, 1080), fps=25, seconds=PERIOD_S, key_interval_s=2.0, bit_rate=4_000_000)
"""What every camera of the benchmark sends."""

ENCODING_VERSION = 1
"""Counts changes of how this module and the time strip make pictures of what `datasets` draws."""


@dataclass(frozen=True, slots=True)
class ClipFacts:
    """What a clip really holds, read from its packets."""

    seconds: float
    fps: float
    bit_rate: float
    key_interval_s: tuple[float, float]
    largest_key_bytes: int
    b_frames: bool


def cache_folder() -> Path:
    """Return where clips are kept: `streetwarden/capacity` in the user's cache folder."""
    base = os.environ.get("XDG_CACHE_HOME", "")
    return (Path(base) if base else Path.home() / ".cache") / "streetwarden" / "capacity"


def kept_clip(told: Story, folder: Path, settings: ClipSettings, on_progress: Callable[[float], None]) -> Path:
    """Return a story's clip, drawn if it is not kept yet.

    Args:
        told: the story.
        folder: where clips are kept; made where it is missing.
        settings: what the camera sends; its seconds must be the street's period.
        on_progress: called with the share that is done, in [0, 1], while it is drawn.

    Raises:
        OSError: it cannot be written.
    """
    path = folder / f"{told.name}-{_fingerprint(told, settings)}.mp4"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_suffix(f".{os.getpid()}.unfinished.mp4")
        try:
            _write(unfinished, told, settings, on_progress)
            unfinished.replace(path)
        finally:
            unfinished.unlink(missing_ok=True)
    return path


def kept_units(told: Sequence[Story], folder: Path, tell: Callable[[str], None]) -> dict[str, Path]:
    """Return the access units of stories' clips for a farm, by the stories' names; drawn where they are not kept yet.

    Raises:
        OSError: they cannot be written.
    """
    units = {}
    for each in told:
        clip = kept_clip(each, folder, CAMERA, partial(_tell_drawing, tell, each.name))
        units[each.name] = clip.with_suffix(".units")
        if not units[each.name].exists():
            write_units(clip, units[each.name])
    return units


def _tell_drawing(tell: Callable[[str], None], name: str, ratio: float) -> None:
    tell(f"drawing {name}: {100 * ratio:.0f} %")


def read_facts(clip: Path) -> ClipFacts:
    """Read what a clip holds from its packets, without decoding it."""
    with av.open(str(clip)) as container:
        stream = container.streams.video[0]
        base = float(stream.time_base or Fraction(1, 1))
        packets = [
            (packet.pts, packet.dts, packet.size, packet.is_keyframe)
            for packet in container.demux(stream)
            if packet.size
        ]
    keys_s = [pts * base for pts, _dts, _size, is_key in packets if is_key and pts is not None]
    steps = np.diff(keys_s) if len(keys_s) > 1 else np.array([0.0])
    times = [pts for pts, *_rest in packets if pts is not None]
    span_s = (max(times) - min(times)) * base
    fps = (len(packets) - 1) / span_s
    seconds = len(packets) / fps
    return ClipFacts(
        seconds=seconds,
        fps=fps,
        bit_rate=8 * sum(size for _pts, _dts, size, _key in packets) / seconds,
        key_interval_s=(float(steps.min()), float(steps.max())),
        largest_key_bytes=max(size for _pts, _dts, size, is_key in packets if is_key),
        b_frames=any(pts != dts for pts, dts, _size, _key in packets),
    )


def _write(path: Path, told: Story, settings: ClipSettings, on_progress: Callable[[float], None]) -> None:
    scene = StreetScene(script_of(told), settings.size_wh, told.light)
    rate, count = str(settings.bit_rate), round(settings.seconds * settings.fps)
    gop = round(settings.key_interval_s * settings.fps)
    options = {
        "preset": "veryfast",
        "x264-params": f"scenecut=0:keyint={gop}:min-keyint={gop}:open-gop=0:bframes=0:sliced-threads=0",
        "minrate": rate,
        "maxrate": rate,
        "bufsize": rate,
    }
    bgr = np.empty((settings.size_wh[1], settings.size_wh[0], 3), np.uint8)
    with av.open(str(path), "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=settings.fps, options=options)
        stream.width, stream.height = settings.size_wh
        stream.pix_fmt = "yuv420p"
        stream.codec_context.bit_rate = settings.bit_rate
        stream.codec_context.time_base = Fraction(1, settings.fps)
        for number in range(count):
            scene.picture(number / settings.fps, bgr)
            draw(bgr, number)
            frame = av.VideoFrame.from_ndarray(bgr, format="bgr24")
            frame.pts, frame.time_base = number, Fraction(1, settings.fps)
            container.mux(stream.encode(frame))
            if number % settings.fps == 0:
                on_progress(number / count)
        container.mux(stream.encode(None))


def _fingerprint(told: Story, settings: ClipSettings) -> str:
    digest = hashlib.sha256(repr((script_of(told), told.light, asdict(settings), ENCODING_VERSION)).encode())
    for source in sorted((CHECKOUT / "datasets").glob("*.py")):
        digest.update(source.read_bytes())
    return digest.hexdigest()[:12]
