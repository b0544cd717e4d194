"""Notes when each stage had a camera's picture, through the seams that the program has: openers, model, listeners.

Nothing of the program is changed for it. The opener of `rtsp://` notes when libav gave a picture's packet, a wrapper
around the model notes when it had the picture, and reads the number in the picture now and then, so that stream time
can be compared with the camera's clock. All times are `time.monotonic`, which every process of a machine shares.
"""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any, cast

from benchmarks.camera_clock import CameraClock, ClipClock
from benchmarks.strip_reader import StripReader
from pipeline.inference import Looker
from streams.connection import Connection, Pace
from streams.opening import Openers
from streams.settings import StreamSettings
from streams.units import Unit
from vision.closer_look import Look
from vision.detections import Detections
from vision.frames import Frame

ROUND_TO = 4
"""Decimals of the times that are told: a tenth of a millisecond."""


class Trace:
    """What was noted of all cameras; safe between the readers' threads and the looking thread."""

    def __init__(self, clocks: dict[str, ClipClock]) -> None:
        """Begin.

        Args:
            clocks: of each camera by its name, in order.
        """
        self._lock = threading.Lock()
        self._clips = clocks
        self._clocks = {name: CameraClock(clip) for name, clip in clocks.items()}
        self._reads_s: dict[str, list[float]] = {name: [] for name in clocks}
        self._models_s: dict[tuple[str, float], tuple[float, float]] = {}
        self._reader = StripReader(lambda name, number, t_s: self._clocks[name].saw(number, t_s))

    def openers(self, urls: dict[str, str]) -> Openers:
        """Return openers that note when each picture of a camera comes.

        Args:
            urls: the cameras' names by their URLs.
        """
        return TimedOpeners(self, urls)

    def opened(self, name: str) -> Callable[[], None]:
        """Begin to count a camera's pictures anew, and return what notes one."""
        reads_s: list[float] = []
        self._reads_s[name] = reads_s
        return lambda: reads_s.append(time.monotonic())  # only this camera's reader writes here

    def around(self, model: Looker) -> "TracedLooker":
        """Return the model with an eye on times and numbers."""
        return TracedLooker(model, self)

    def looked(self, frames: Sequence[Frame], began_s: float, ended_s: float) -> None:
        """Note that the model had frames, and read the number in some of them."""
        with self._lock:
            for frame in frames:
                self._models_s[frame.camera_id, frame.t_s] = began_s, ended_s
            self._reader.look(frames)

    def model_s(self, name: str, t_s: float) -> tuple[float, float] | None:
        """Return when the model began and ended with a picture; None where it did not have it."""
        with self._lock:
            return self._models_s.get((name, t_s))

    @property
    def blind(self) -> int:
        """How many cameras' clocks are not known yet."""
        with self._lock:
            return sum(clock.moment_s is None for clock in self._clocks.values())

    def to_json(self) -> list[dict[str, Any]]:
        """Return what is known of each camera: when packets came, when the model looked, how its clock stands.

        `reads_s[i]` is when picture `i` after PLAY was read; `offset_s` plus a stream time is a moment of the street.
        """
        with self._lock:
            return [
                {
                    "offset_s": clock.moment_of(0.0) if clock.moment_s is not None else None,
                    "breaks": clock.breaks,
                    "reads_s": [round(at_s, ROUND_TO) for at_s in self._reads_s[name]],
                    "models_s": [
                        [t_s, round(began_s, ROUND_TO), round(ended_s, ROUND_TO)]
                        for (of, t_s), (began_s, ended_s) in self._models_s.items()
                        if of == name
                    ],
                }
                for name, clock in self._clocks.items()
            ]


class TracedLooker:
    """A model, with an eye on when it has which picture."""

    def __init__(self, model: Looker, trace: Trace) -> None:
        self._model = model
        self._trace = trace

    def detect(self, frames: Sequence[Look]) -> list[Detections]:
        """Return what the model finds."""
        began_s = time.monotonic()
        found = self._model.detect(frames)
        whole = [frame for frame in frames if isinstance(frame, Frame)]
        self._trace.looked(whole, began_s, time.monotonic())
        return found


class TimedOpeners(Openers):
    """The program's openers, with an eye on when each picture comes.

    Args:
        trace: where it is noted.
        urls: the cameras' names by their URLs.
    """

    def __init__(self, trace: Trace, urls: dict[str, str]) -> None:
        super().__init__()
        self._trace = trace
        self._urls = urls

    def open(self, url: str, settings: StreamSettings) -> Connection:
        """Open the stream; see `Openers.open`."""
        note = self._trace.opened(self._urls[url])
        return cast(Connection, TimedConnection(super().open(url, settings), note))


class TimedConnection:
    """A connection, with an eye on when it gives each picture; what is asked of it goes on to the real one.

    A farm's cameras begin with a key frame and lose nothing over TCP, so counting tells which picture it is.

    Args:
        connection: as opened.
        note: called as each picture comes.
    """

    def __init__(self, connection: Connection, note: Callable[[], None]) -> None:
        self._connection = connection
        self._note = note

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)

    def units(self, pace: Pace) -> Iterator[Unit]:
        """Yield the real connection's pictures."""
        for unit in self._connection.units(pace):
            self._note()
            yield unit
