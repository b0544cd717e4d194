"""All faults of the table at once in one pool, beside healthy cameras: runs the storm and keeps what was seen.

One run serves many tests: it is the worst that the pool can meet, and it takes a minute instead of ten. Some cameras
are watched in full and some quietly, healthy and faulty ones of both kinds beside each other.
"""

import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from streams.clips import clip_bytes
from streams.errors import StreamError
from streams.health import CameraHealth
from streams.offers import KeyDecoders, Offer
from streams.opening import Openers
from streams.pool import CameraPool
from streams.reader import CameraReader
from streams.settings import StreamSettings
from tests.simulator.camera import SimulatedCamera
from tests.simulator.dialogue import Login
from tests.simulator.gears import GEARS
from tests.simulator.lateness import Lateness
from tests.simulator.table import Row

HEALTHY_QUIET = ("healthy, quiet 1", "healthy, quiet 2")
HEALTHY = ("healthy 1", "healthy 2", *HEALTHY_QUIET)
LOGIN = Login("operator", "geheim")
HASTY = StreamSettings(
    first_wait_s=0.1, longest_wait_s=0.5, open_timeout_s=3.0, read_timeout_s=2.0, ring_s=20.0, ring_bytes=8 * 2**20
)
STORM_S = 20.0
"""The faults last at least so long, as of few pictures no share can be told: of the 70 in 7 s three are 0.04."""

PHASE_LIMIT_S = 60.0
"""Far more than any phase takes on a calm machine."""

BEGUN = 12
"""Packets by which a camera counts as running."""

FLOWING, FLOWING_QUIETLY = 8, 3
"""Pictures after which a stream counts as flowing: some faults let one in ten through. Of a quiet camera one a second
is looked at."""


class Counts:
    """Counts the decoded frames by camera, and those whose time ran back; readers' threads decode key frames here."""

    def __init__(self, names: Iterable[str]) -> None:
        self._decoders = {name: KeyDecoders() for name in names}  # each used by its reader's thread alone
        self.frames: Counter[str] = Counter()
        self.ran_back: Counter[str] = Counter()
        self._last_s: dict[str, float] = {}

    def __call__(self, offer: Offer) -> None:
        if offer.t_s <= self._last_s.get(offer.camera_id, -1.0):
            self.ran_back[offer.camera_id] += 1
        self._last_s[offer.camera_id] = offer.t_s
        self.frames[offer.camera_id] += offer.open(self._decoders[offer.camera_id]) is not None


@dataclass
class Seen:
    """What became of the storm.

    Attributes:
        quiet: cameras that are watched quietly.
        said: every sentence that a camera's health showed while the faults lasted.
        states: every state that it was in then.
        during: frames of each camera while the faults lasted; how many.
        after: frames of each camera after they ended.
        at_end: last health of each.
        taken: what asking a camera for its past gave: nothing, or the error that is none of ours.
        healthy_ratio: share of the pictures that a healthy camera sent while the faults lasted, and that came in time.
    """

    quiet: frozenset[str] = frozenset()
    said: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    states: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    during: dict[str, int] = field(default_factory=dict)
    after: dict[str, int] = field(default_factory=dict)
    at_end: dict[str, CameraHealth] = field(default_factory=dict)
    taken: dict[str, str] = field(default_factory=dict)
    healthy_ratio: dict[str, float] = field(default_factory=dict)
    ran_back: Counter[str] = field(default_factory=Counter)
    close_s: float = 0.0
    threads_left: list[str] = field(default_factory=list)
    files_left: int = 0
    grown_bytes: int = 0

    def flowing(self, name: str) -> int:
        """Return how many frames of a camera show that it flows."""
        return FLOWING_QUIETLY if name in self.quiet else FLOWING


def run_storm(rows: Iterable[Row], clips: dict[str, Path], quiet: Collection[str] = ()) -> Seen:
    """Let all faults happen at once, end them, and return what was seen.

    Args:
        rows: the faults.
        clips: what cameras play, by name.
        quiet: names of the faults whose cameras are watched quietly, the others in full.
    """
    seen, process = Seen(frozenset({*HEALTHY_QUIET, *quiet})), psutil.Process()
    threads, files, memory = set(threading.enumerate()), process.num_fds(), process.memory_info().rss
    with ExitStack() as stack:
        names = [*HEALTHY, *(row.name for row in rows)]
        cameras = {name: stack.enter_context(SimulatedCamera(clips["plain"], login=LOGIN)) for name in names}
        _Storm(tuple(rows), clips, cameras, seen).run()
        seen.grown_bytes = process.memory_info().rss - memory
    seen.threads_left = [thread.name for thread in threading.enumerate() if thread not in threads]
    seen.files_left = process.num_fds() - files
    return seen


class _Storm:
    def __init__(
        self, rows: tuple[Row, ...], clips: dict[str, Path], cameras: dict[str, SimulatedCamera], seen: Seen
    ) -> None:
        self._rows, self._clips, self._cameras, self._seen = rows, clips, cameras, seen
        self._counts = Counts(cameras)
        self._pool = CameraPool(Openers(), self._counts)
        self._readers: dict[str, CameraReader] = {}

    def run(self) -> None:
        try:
            self._begin()
            self._suffer()
            self._recover()
            self._seen.taken = {name: _take_all(reader) for name, reader in self._readers.items()}
        finally:
            began_s = time.monotonic()
            self._pool.close()
            self._seen.close_s = time.monotonic() - began_s
            self._seen.ran_back = self._counts.ran_back

    def _begin(self) -> None:
        transports = {row.name: row.transport for row in self._rows}
        for name, camera in self._cameras.items():
            settings = HASTY.model_copy(update={"transport": transports.get(name, "tcp")})
            self._readers[name] = self._pool.add(name, camera.url(), settings)
            self._readers[name].want("storm", GEARS["quiet" if name in self._seen.quiet else "full"])
        self._until(lambda: all(health.packets >= BEGUN for health in self._pool.health()))

    def _suffer(self) -> None:
        before = Counter(self._counts.frames)
        lateness = Lateness(
            lambda: {name: self._cameras[name].sent_units for name in HEALTHY},
            lambda: {name: self._readers[name].health().packets for name in HEALTHY},
        )
        for row in self._rows:
            self._cameras[row.name].inject(*row.all_faults(self._clips), cut=row.is_new)
        ends_s = time.monotonic() + STORM_S
        self._until(lambda: lateness.look() or self._note() or self._is_over(ends_s, before))
        self._seen.during = {name: self._counts.frames[name] - before[name] for name in self._cameras}
        lateness.end()
        self._seen.healthy_ratio = {name: lateness.ratio(name) for name in HEALTHY}

    def _recover(self) -> None:
        before = Counter(self._counts.frames)
        for camera in self._cameras.values():
            camera.heal()
        back = [row.name for row in self._rows if row.outcome != "gives up"]
        self._until(lambda: all(self._flows(name, before) for name in back))
        self._seen.after = {name: self._counts.frames[name] - before[name] for name in self._cameras}
        self._seen.at_end = {health.camera_id: health for health in self._pool.health()}

    def _note(self) -> None:
        for health in self._pool.health():
            self._seen.states[health.camera_id].add(health.state)
            if health.problem:
                self._seen.said[health.camera_id].add(health.problem)

    def _is_over(self, ends_s: float, before: Counter[str]) -> bool:
        return time.monotonic() >= ends_s and all(self._has_shown(row, before) for row in self._rows)

    def _has_shown(self, row: Row, before: Counter[str]) -> bool:
        said = any(row.says in sentence for sentence in self._seen.said[row.name])
        if row.outcome == "flows":
            return self._flows(row.name, before) and (said or not row.says)
        return said and (row.outcome == "stops" or "refused" in self._seen.states[row.name])

    def _flows(self, name: str, before: Counter[str]) -> bool:
        return self._counts.frames[name] - before[name] >= self._seen.flowing(name)

    def _until(self, is_true: Callable[[], object]) -> None:
        """Wait, but not for ever: what did not come is told by the test of its row."""
        pause, end_s = threading.Event(), time.monotonic() + PHASE_LIMIT_S
        while not is_true() and time.monotonic() < end_s:
            pause.wait(0.05)


def _take_all(reader: CameraReader) -> str:
    """Ask for everything that can be had of a camera's past; returns the name of an error that is none of ours."""
    try:
        span = reader.ring.span()
        if span is None:
            return ""
        reader.still()
        segment = reader.ring.segment(span[0], span[1])
        reader.still(segment.span()[0])
        clip_bytes(segment)
        with reader.live() as feed:
            for _ in range(10):
                feed.next_chunk(0.0)
    except (StreamError, TimeoutError):
        return ""
    except Exception as err:  # noqa: BLE001  # what must not come is what this looks for
        return f"{type(err).__name__}: {err}"
    return ""
