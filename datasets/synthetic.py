"""Serves a drawn scene as a camera: `synthetic://parking?seed=1&size=1280x720&fps=12&light=day&start=0&loop=1&pace=1`.

What else can be said: `weather=rain` (one of `datasets.weather.WEATHERS`), `camera=dirty` (one of
`datasets.camera_faults.CAMERAS`), `kbit=512` (bit rate). Under a deck there is no weather, whatever is said.

`synthetic:///path/to/street.toml` and `synthetic://file?path=street.toml` play a scenario file (or one that
comes along, by its name) instead of a demonstration scene; `seed` then is its look. Light, weather and camera are the
file's own where the URL does not name them.

libav opens a Python file whose `read` draws the next frame, waits until it is due, encodes it to H.264 and hands out
the MPEG transport stream that comes of it. So a drawn camera takes the same way as a real one, on its reader's thread.
A frame that is late is left out, as a camera does: the stream never lags behind the clock.

Belongs here: the URL, pacing, encoding. Does not: drawing (scene), reconnecting (streams).
"""

import math
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction
from urllib.parse import parse_qsl, unquote, urlsplit

import av
import cv2
import numpy as np
from av.container import InputContainer, OutputContainer
from av.video.stream import VideoStream

from datasets.camera_faults import camera_named
from datasets.demo_scenes import DEMO_SCENES, demo_script
from datasets.errors import CameraClosedError
from datasets.light import LIGHTS
from datasets.low_rate import rate_options
from datasets.scenario import Script
from datasets.scenario_file import Scenario, load_scenario, scenario_path
from datasets.scene import StreetScene
from datasets.weather import weather_named
from vision.arrays import Picture, SizeWH


@dataclass(frozen=True, slots=True)
class SyntheticUrl:
    """What a `synthetic://` URL asks for.

    Attributes:
        scene: one of `DEMO_SCENES`, or `file`.
        seed: variant of a demonstration scene, or the look of a scenario file; without it 1, or what the file says.
        size_wh: picture size in pixels; both even.
        fps: frames a second.
        light: one of `LIGHTS`; without it "day", or what a scenario file says.
        weather: one of `WEATHERS`, by its name; without it "clear", or what a scenario file says.
        camera: one of `CAMERAS`, by its name: what is wrong with its pictures; without it "plain", or what a file says.
        kbit_s: bit rate of the stream; 0 takes the camera's own, and where it has none a good picture.
        start_s: scene time of the first frame.
        loop: whether the scene begins again after its period; else the stream ends.
        pace: whether frames come in real time; else as fast as they can be drawn.
        file: a scenario file that is played instead, or the name of a bundled one.
    """

    scene: str
    seed: int | None = None
    size_wh: SizeWH = (1280, 720)
    fps: Fraction = Fraction(12)
    light: str | None = None
    weather: str | None = None
    camera: str | None = None
    kbit_s: float = 0.0
    start_s: float = 0.0
    loop: bool = True
    pace: bool = True
    file: str = ""


def parse_url(url: str) -> SyntheticUrl:
    """Read a URL.

    Raises:
        ValueError: the scene, a setting or a value does not exist; the message says which there are.
    """
    parts = urlsplit(url)
    if parts.scheme != "synthetic":
        raise ValueError(f"a drawn camera's URL begins with synthetic://, not with {parts.scheme}://")
    is_file = not parts.netloc and len(parts.path) > 1
    if not is_file and (parts.netloc not in (*DEMO_SCENES, "file") or parts.path not in ("", "/")):
        raise ValueError(
            f"no drawn scene is called {parts.netloc + parts.path!r}; there are {', '.join(DEMO_SCENES)}, "
            "and scenario files, as synthetic:///path/to/street.toml"
        )
    found: dict[str, object] = {"file": unquote(parts.path)} if is_file else {}
    for key, text in parse_qsl(parts.query, keep_blank_values=True):
        if key not in _READERS:
            raise ValueError(f"a drawn camera has no setting {key!r}; there are {', '.join(_READERS)}")
        field, read = _READERS[key]
        found[field] = read(text)
    if (is_file or parts.netloc == "file") != bool(found.get("file")):
        raise ValueError("a scenario file is named by its path: synthetic://file?path=street.toml")
    return SyntheticUrl(parts.netloc or "file", **found)  # type: ignore[arg-type]


def script_of(wanted: SyntheticUrl) -> Script:
    """Return the script that a URL asks for; see `scenario_of`."""
    return scenario_of(wanted).script


def scenario_of(wanted: SyntheticUrl) -> Scenario:
    """Return what a URL asks for: light, weather and camera are the URL's where it names them, else the scene's own.

    Raises:
        ScenarioFileError: it is a file that cannot be played.
    """
    if wanted.file:
        told = load_scenario(scenario_path(wanted.file), wanted.seed)
    else:
        told = Scenario(wanted.scene, demo_script(wanted.scene, 1 if wanted.seed is None else wanted.seed), {})
    script = told.script
    if wanted.weather is not None:
        script = replace(script, weather=weather_named(wanted.weather))
    if wanted.camera is not None:
        script = replace(script, faults=camera_named(wanted.camera))
    return replace(told, script=script, light=told.light if wanted.light is None else wanted.light)


def open_synthetic(
    url: str,
    settings: object = None,
    *,
    clock: Callable[[], float] = time.monotonic,
    wait: Callable[[float], bool] | None = None,
) -> InputContainer:
    """Open a drawn camera as libav opens a real one.

    Args:
        url: see the module's first line.
        settings: stream settings, as every opener gets them; nothing of them applies to a drawn camera.
        clock: seconds that tell when a frame is due.
        wait: waits for so many seconds; True tells that the camera was closed meanwhile. Tests hand in a fake.

    Returns:
        A container with one H.264 stream. Reading from it blocks until the next frame is due.

    Raises:
        ValueError: the URL is wrong.
    """
    del settings
    wanted = parse_url(url)
    camera = DrawnCamera(wanted, clock=clock, wait=wait)
    return av.open(camera, "r", format="mpegts", options=PROBE_OPTIONS, buffer_size=BUFFER_BYTES)


PROBE_OPTIONS = {"probesize": "200000", "analyzeduration": "300000", "fpsprobesize": "2"}
"""The stream says at once what it is, so looking at two frames is enough; libav's default would take five seconds."""

BUFFER_BYTES = 32768

GOP_S = 2.0
"""Seconds between key frames: what municipal cameras are usually set to."""


class DrawnCamera:
    """A file that libav reads a live transport stream from; one thread may call `read`, any may `close`."""

    name = "drawn camera"

    def __init__(
        self, wanted: SyntheticUrl, *, clock: Callable[[], float], wait: Callable[[float], bool] | None
    ) -> None:
        self._wanted, self._clock = wanted, clock
        self._closed = threading.Event()
        self._wait = wait or self._closed.wait
        told = scenario_of(wanted)
        self._scene = StreetScene(told.script, wanted.size_wh, told.light)
        self._canvas = np.empty((wanted.size_wh[1], wanted.size_wh[0], 3), np.uint8)
        self._encoder = _Encoder(wanted.size_wh, wanted.fps, 1000 * (wanted.kbit_s or told.script.faults.kbit_s))
        self._number = 0
        self._began_s: float | None = None
        self._left = b""

    def read(self, size: int) -> bytes:
        """Return at most `size` bytes, waiting until there are some; nothing at the end of a scene that does not loop.

        Raises:
            CameraClosedError: `close` was called meanwhile.
        """
        while not self._left:
            if not self._next_frame():
                self._left = self._encoder.finish()
                break
        head, self._left = self._left[:size], self._left[size:]
        return head

    def close(self) -> None:
        """End a waiting `read` at once and let further ones fail."""
        self._closed.set()

    def _next_frame(self) -> bool:
        """Draw and encode one more frame when it is due; False at the end."""
        if self._closed.is_set():
            raise CameraClosedError("the drawn camera was closed")
        self._number = self._await_due(self._number)
        shown_s = self._wanted.start_s + float(self._number / self._wanted.fps)
        over = not self._wanted.loop and shown_s >= self._scene.script.period_s
        if over or self._number >= LONGEST_S * self._wanted.fps:
            return False
        self._left += self._encoder.encode(self._scene.picture(shown_s, self._canvas), self._number)
        self._number += 1
        return True

    def _await_due(self, number: int) -> int:
        """Wait for a frame's time; return its number, or a later one where we are too late for it."""
        if not self._wanted.pace:
            return number
        now_s = self._clock()
        if self._began_s is None:
            self._began_s = now_s
        early_s = self._began_s + float(number / self._wanted.fps) - now_s
        if early_s > 0:
            if self._wait(early_s):
                raise CameraClosedError("the drawn camera was closed")
            return number
        if early_s < -LATE_S:
            return math.ceil((now_s - self._began_s) * self._wanted.fps)
        return number


LONGEST_S = 24 * 3600
"""After a day the stream ends and has to be opened again: a transport stream's time stamps turn over after 26.5 h."""

LATE_S = 0.5
"""A frame later than this is left out with all before it; less is made good by drawing faster."""


class _Encoder:
    """Turns pictures into a transport stream in memory."""

    def __init__(self, size_wh: SizeWH, fps: Fraction, bit_rate: float) -> None:
        self._sink = _Sink()
        self._container: OutputContainer = av.open(self._sink, "w", format="mpegts", options={"flush_packets": "1"})
        gop = max(1, round(GOP_S * fps))
        groups = f"keyint={gop}:min-keyint={gop}:scenecut=0"
        options = {"preset": "ultrafast", "tune": "zerolatency", "crf": "25", "x264-params": groups}
        if bit_rate:
            options = rate_options(bit_rate)
            options["x264-params"] += f":{groups}"
        self._stream: VideoStream = self._container.add_stream("libx264", rate=fps, options=options)
        self._stream.width, self._stream.height = size_wh
        self._stream.pix_fmt = "yuv420p"
        self._stream.codec_context.thread_count = 1
        self._stream.codec_context.time_base = 1 / fps
        if bit_rate:
            self._stream.codec_context.bit_rate = round(bit_rate)

    def encode(self, bgr: Picture, number: int) -> bytes:
        """Return what the stream grows by with one more picture."""
        frame = av.VideoFrame.from_ndarray(cv2.cvtColor(bgr, cv2.COLOR_BGR2YUV_I420), format="yuv420p")
        frame.pts = number
        self._container.mux(self._stream.encode(frame))
        return self._sink.taken()

    def finish(self) -> bytes:
        """Return the end of the stream; nothing when asked again."""
        if not self._sink.closed:
            self._container.mux(self._stream.encode(None))
            self._container.close()
            self._sink.closed = True
        return self._sink.taken()


class _Sink:
    """A file that can only be written, and emptied."""

    name = "memory"

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self.closed = False

    def write(self, data: bytes) -> int:
        self._parts.append(bytes(data))
        return len(data)

    def taken(self) -> bytes:
        whole = b"".join(self._parts)
        self._parts.clear()
        return whole


def _size(text: str) -> SizeWH:
    width, _, height = text.partition("x")
    if not (width.isdigit() and height.isdigit()):
        raise ValueError(f"size={text!r} is no size; write it as 1280x720")
    size = int(width), int(height)
    if not all(64 <= side <= 3840 and side % 2 == 0 for side in size):
        raise ValueError(f"size={text!r} cannot be drawn; sides are even and between 64 and 3840")
    return size


def _number(key: str, low: float, high: float) -> Callable[[str], float]:
    def read(text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        if not low <= value <= high:
            raise ValueError(f"{key}={text!r} is no number between {low:g} and {high:g}")
        return value

    return read


def _flag(key: str) -> Callable[[str], bool]:
    def read(text: str) -> bool:
        if text not in ("0", "1"):
            raise ValueError(f"{key}={text!r} is neither 0 nor 1")
        return text == "1"

    return read


def _light(text: str) -> str:
    if text not in LIGHTS:
        raise ValueError(f"no light is called {text!r}; there are {', '.join(LIGHTS)}")
    return text


def _weather(text: str) -> str:
    weather_named(text)
    return text


def _camera(text: str) -> str:
    camera_named(text)
    return text


def _rate(text: str) -> Fraction:
    return Fraction(_number("fps", 1, 60)(text)).limit_denominator(1001)


def _seed(text: str) -> int:
    return int(_number("seed", 0, 1_000_000)(text))


_READERS: dict[str, tuple[str, Callable[[str], object]]] = {
    "seed": ("seed", _seed),
    "size": ("size_wh", _size),
    "fps": ("fps", _rate),
    "light": ("light", _light),
    "weather": ("weather", _weather),
    "camera": ("camera", _camera),
    "kbit": ("kbit_s", _number("kbit", 32, 50_000)),
    "start": ("start_s", _number("start", 0, 1e6)),
    "loop": ("loop", _flag("loop")),
    "pace": ("pace", _flag("pace")),
    "path": ("file", str),
}
"""Every setting of a URL: the field it sets, and how it is read."""
