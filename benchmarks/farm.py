"""Starts a farm of RTSP cameras (GStreamer's server, a process of its own) that play a few clips, each at its phase.

Phases are spread so that what happens in front of the cameras, and their key frames, come one after the other: camera
`i` begins at a key frame that is the golden ratio of the clip further on than that of the camera before, and a part of
a key-frame interval later.
"""

import json
import queue
import struct
import subprocess
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import av
import psutil

from benchmarks.errors import BenchmarkError, NotPossibleError
from benchmarks.report import CHECKOUT
from tests.rtsp.processes import end
from tests.rtsp.server import SYSTEM_PYTHON, free_port, missing_reason

SCRIPT = CHECKOUT / "tests" / "rtsp" / "farm_server.py"
RECORD = struct.Struct("<BI")
START_LIMIT_S, STOP_LIMIT_S, ANSWER_LIMIT_S = 120.0, 20.0, 30.0

USUAL_MTU = 1400
"""Bytes of an RTP packet as cameras send them, also over TCP."""

GOLDEN = 0.6180339887
"""Steps of this ratio spread any number of cameras evenly."""


@dataclass(frozen=True, slots=True)
class Camera:
    """One camera of the farm.

    Attributes:
        path: of its URL.
        clip: name of what it plays.
        first_unit: number of the picture it begins with, a key frame.
        delay_s: seconds after PLAY at which it begins.
    """

    path: str
    clip: str
    first_unit: int
    delay_s: float


class FarmError(BenchmarkError):
    """The farm did not start, or ended by itself."""


class Farm:
    """A running farm; a context manager that leaves no process behind."""

    def __init__(self, cameras: Sequence[Camera], units: Mapping[str, Path], *, fps: int, mtu: int = USUAL_MTU) -> None:
        if reason := missing_reason():
            raise NotPossibleError(reason)
        self._port = free_port()
        self._cameras = tuple(cameras)
        self._settings = {
            "port": self._port,
            "mtu": mtu,
            "fps": fps,
            "clips": {name: str(path) for name, path in units.items()},
            "mounts": [
                {"path": c.path, "clip": c.clip, "first_unit": c.first_unit, "delay_s": c.delay_s} for c in cameras
            ],
        }
        self._process: subprocess.Popen[str] | None = None
        self._listener: threading.Thread | None = None
        self._answers: queue.Queue[dict[str, object]] = queue.Queue()

    def __enter__(self) -> "Farm":
        self._process = subprocess.Popen(
            [SYSTEM_PYTHON, str(SCRIPT), json.dumps(self._settings)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        self._listener = threading.Thread(target=self._listen, args=(self._process,), name="farm-listener")
        self._listener.start()
        try:
            self._answer("ready", START_LIMIT_S)
        except FarmError:
            self._end()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._end()

    @property
    def urls(self) -> tuple[str, ...]:
        """One URL per camera."""
        return tuple(f"rtsp://127.0.0.1:{self._port}{camera.path}" for camera in self._cameras)

    @property
    def process(self) -> psutil.Process:
        """The process, for measuring."""
        return psutil.Process(self._running().pid)

    def behind_s(self) -> list[float]:
        """Return by how many seconds each playing camera lags behind its own clock; negative while all is well.

        Raises:
            FarmError: it ended or is silent.
        """
        return [late for late in self._stats("behind_s") if late is not None]

    def began_s(self) -> list[float | None]:
        """Return when each camera's first picture was due to leave, in `time.monotonic` seconds; None before PLAY.

        Picture `i` of a camera is due `i / fps` later: the clock that the pictures' numbers show.

        Raises:
            FarmError: it ended or is silent.
        """
        return self._stats("began_s")

    def _stats(self, name: str) -> list[float | None]:
        pipe = self._running().stdin
        assert pipe is not None, "opened with pipes"
        try:
            pipe.write("{}\n")
            pipe.flush()
        except OSError:
            raise FarmError("the RTSP farm ended by itself") from None
        found = self._answer("stats", ANSWER_LIMIT_S)[name]
        assert isinstance(found, list), "a number per camera"
        return [None if each is None else float(each) for each in found]

    def _running(self) -> "subprocess.Popen[str]":
        assert self._process is not None, "the farm was not started"
        return self._process

    def _answer(self, wanted: str, limit_s: float) -> dict[str, object]:
        try:
            answer = self._answers.get(timeout=limit_s)
        except queue.Empty:
            raise FarmError(f"the RTSP farm is silent for {limit_s:.0f} s") from None
        if answer["event"] != wanted:
            raise FarmError(f"the RTSP farm: {answer.get('problem', answer['event'])}")
        return answer

    def _listen(self, process: "subprocess.Popen[str]") -> None:
        for line in process.stdout or ():
            event = json.loads(line)
            if event["event"] != "playing":
                self._answers.put(event)
        self._answers.put({"event": "ended", "problem": "its process ended by itself"})

    def _end(self) -> None:
        end(self._running(), self._listener, STOP_LIMIT_S)


def spread_cameras(count: int, clips: Sequence[str], *, units: int, key_every: int, fps: int) -> tuple[Camera, ...]:
    """Return cameras that play the clips in turn, each at a phase of its own.

    Args:
        count: how many.
        clips: names of the clips.
        units: pictures in each clip.
        key_every: pictures from one key frame to the next.
        fps: pictures a second.
    """
    keys = units // key_every
    cameras = []
    for number in range(count):
        turn = number * GOLDEN % 1
        first = int(turn * keys) * key_every
        delay_s = (number * GOLDEN * GOLDEN % 1) * key_every / fps
        cameras.append(Camera(f"/camera-{number + 1}", clips[number % len(clips)], first, round(delay_s, 3)))
    return tuple(cameras)


def write_units(clip: Path, target: Path) -> int:
    """Write the access units of an MP4 clip in H.264 as the farm reads them, and return how many there are."""
    count = 0
    unfinished = target.with_name(target.name + ".unfinished")
    with av.open(str(clip)) as container, unfinished.open("wb") as out:
        stream = container.streams.video[0]
        data = bytes(stream.codec_context.extradata or b"")
        out.write(struct.pack("<I", len(data)) + data)
        for packet in container.demux(stream):
            if packet.size:
                out.write(RECORD.pack(packet.is_keyframe, packet.size) + bytes(packet))
                count += 1
    unfinished.replace(target)
    return count
