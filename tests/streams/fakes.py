"""Stands in for streams that no server is needed for: a paced scene, an opener that fails as told."""

import threading
import time
from collections.abc import Callable
from pathlib import Path

import av
from av.container import InputContainer

from streams.errors import StreamError
from streams.settings import StreamSettings

BLOCK_BYTES = 188 * 4


class PacedFile:
    """A byte stream that gives its data over and over, at the speed at which a camera would."""

    name = "scene.ts"

    def __init__(self, data: bytes, bytes_per_s: float, *, block_bytes: int = BLOCK_BYTES) -> None:
        self._data, self._block_bytes = data, block_bytes
        self._bytes_per_s = bytes_per_s
        self._given = 0
        self._began_s = time.monotonic()
        self._pause = threading.Event()

    def read(self, _size: int) -> bytes:
        due_s = self._began_s + self._given / self._bytes_per_s
        self._pause.wait(max(0.0, due_s - time.monotonic()))
        at = self._given % len(self._data)
        block = self._data[at : at + self._block_bytes]
        self._given += len(block)
        return block


def paced_opener(clip: Path, seconds: float) -> Callable[[str, StreamSettings], InputContainer]:
    """Return an opener whose containers play an MPEG-TS clip of that length endlessly in real time."""

    def open_scene(_url: str, _settings: StreamSettings) -> InputContainer:
        data = clip.read_bytes()
        options = {"probesize": "20000", "analyzeduration": "100000"}
        return av.open(
            PacedFile(data, len(data) / seconds), mode="r", format="mpegts", options=options, buffer_size=1024
        )

    return open_scene


class ScriptedOpener:
    """Opens by a script: each call takes the next entry, the last one for ever; errors are raised, paths are opened."""

    def __init__(self, *script: StreamError | Exception | Path) -> None:
        self._script = list(script)
        self.calls = 0
        self._changed = threading.Condition()

    def __call__(self, _url: str, _settings: StreamSettings) -> InputContainer:
        with self._changed:
            entry = self._script[min(self.calls, len(self._script) - 1)]
            self.calls += 1
            self._changed.notify_all()
        if isinstance(entry, Exception):
            raise entry
        return av.open(str(entry))

    def wait(self, calls: int, limit_s: float) -> bool:
        """Wait until it was called that often."""
        with self._changed:
            return self._changed.wait_for(lambda: self.calls >= calls, limit_s)


class GateOpener:
    """Holds every caller until the gate is opened, and counts how many wait at once."""

    def __init__(self) -> None:
        self.gate = threading.Event()
        self.waiting = 0
        self.most_waiting = 0
        self._lock = threading.Lock()

    def __call__(self, url: str, _settings: StreamSettings) -> InputContainer:
        with self._lock:
            self.waiting += 1
            self.most_waiting = max(self.most_waiting, self.waiting)
        self.gate.wait(60)
        with self._lock:
            self.waiting -= 1
        raise StreamError(f"{url} is only a test")
