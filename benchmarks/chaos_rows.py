"""Measures one fault: what our health said and when, when pictures came again, and what healthy cameras felt of it.

Belongs here: the measured pool and one row. Does not: the cameras (chaos_cameras), the goals (chaos).
"""

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field

import psutil
from pydantic import JsonValue

from benchmarks.chaos_cameras import SimulatedCameras
from benchmarks.errors import SideFailedError
from streams.gears import Gear
from streams.health import CameraHealth
from streams.offers import Offer
from streams.opening import Openers
from streams.pool import CameraPool
from streams.settings import StreamSettings
from tests.simulator.table import Row

LOOK_EVERY_S = 0.02
FAULTY = "faulty"
FAULTY_NUMBER = 0
CONNECT_LIMIT_S = 60.0
FEW_RATIO = 0.8
"""A camera that delivers less than this share of its clean rate shows it on the page, as its rate falls."""


@dataclass(frozen=True, slots=True)
class ChaosPlan:
    """What is to be run.

    Attributes:
        healthy: cameras beside the faulty one.
        clean_s: window before each fault, in which all cameras are good.
        fault_s: a fault lasts at least this long, and until our health has named it, up to `longest_s`.
        longest_s: see `fault_s`.
        recovery_limit_s: pictures that do not come by then count as never.
        stream: how all cameras are pulled.
    """

    healthy: int = 10
    clean_s: float = 2.0
    fault_s: float = 4.0
    longest_s: float = 40.0
    recovery_limit_s: float = 30.0
    stream: StreamSettings = field(default_factory=lambda: StreamSettings(longest_wait_s=2.0, ring_s=20.0))


@dataclass(frozen=True, slots=True)
class RowResult:
    """What one fault did; the fields are explained in `chaos.DEFINITIONS`."""

    fault: str
    outcome: str
    transport: str
    noticed_s: float | None
    noticed: str
    said: str
    delivered_ratio: float
    recovery_s: float | None
    reconnects: int
    corrupt: int
    healthy_ratio: float
    healthy_longest_pause_s: float
    healthy_reconnects: int
    clean_frames: int
    clean_s: float
    fault_frames: int
    fault_s: float
    cpu_s_per_s: float
    clean_cpu_s_per_s: float

    def to_json(self) -> dict[str, JsonValue]:
        """Return the row for the report, figures rounded to what they are good for."""
        return {key: round(value, 4) if isinstance(value, float) else value for key, value in asdict(self).items()}


class Frames:
    """Counts the decoded frames that are offered, and the longest pause of each camera since last asked; any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: Counter[str] = Counter()
        self._last_s: dict[str, float] = {}
        self._longest_s: dict[str, float] = {}

    def __call__(self, offer: Offer) -> None:
        """Count a frame; the bench wants every frame, so each is decoded before it is offered."""
        now_s = time.monotonic()
        with self._lock:
            name = offer.camera_id
            self._counts[name] += 1
            pause_s = now_s - self._last_s.get(name, now_s)
            self._longest_s[name] = max(self._longest_s.get(name, 0.0), pause_s)
            self._last_s[name] = now_s

    def of(self, name: str) -> int:
        """Return how many frames of a camera came."""
        with self._lock:
            return self._counts[name]

    def longest_pause_s(self) -> float:
        """Return the longest pause of any healthy camera, and begin anew."""
        with self._lock:
            now_s = time.monotonic()
            names = [name for name in self._last_s if name != FAULTY]
            longest_s = max(max(self._longest_s[name], now_s - self._last_s[name]) for name in names)
            self._longest_s = dict.fromkeys(self._longest_s, 0.0)
            return longest_s


class Bench:
    """The pool with its healthy cameras, which live through all faults; a context manager."""

    def __init__(self, plan: ChaosPlan, cameras: SimulatedCameras) -> None:
        self.plan = plan
        self._cameras = cameras
        self._frames = Frames()
        self._pool = CameraPool(Openers(), self._frames)
        self._process = psutil.Process()
        self._healthy = [f"healthy {number}" for number in range(1, plan.healthy + 1)]

    def __enter__(self) -> "Bench":
        for number, name in enumerate(self._healthy, start=FAULTY_NUMBER + 1):
            self._pool.add(name, self._cameras.open(number), self.plan.stream).want("bench", Gear.full())
        self._until_all_flow(self._healthy)
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.close()

    def measure(self, row: Row) -> RowResult:
        """Let a camera have one fault, and return what came of it.

        Raises:
            SideFailedError: not even the good camera could be watched.
        """
        with self._faulty_camera(row):
            clean, cpu_clean = self._window(self.plan.clean_s)
            health_before = self._health()
            reconnects_before = self._healthy_reconnects()
            before, began_s, cpu_before_s = self._healthy_frames(), time.monotonic(), self._cpu_s()
            faulty_before = self._frames.of(FAULTY)
            self._frames.longest_pause_s()
            self._cameras.inject(FAULTY_NUMBER, row.name)
            notice = self._watch_fault(row, health_before)
            lasted_s = time.monotonic() - began_s
            fault_frames, delivered = self._healthy_frames() - before, self._frames.of(FAULTY) - faulty_before
            cpu_fault = (self._cpu_s() - cpu_before_s) / lasted_s
            pause_s = self._frames.longest_pause_s()
            health = self._health()
            recovery_s = None if row.outcome == "gives up" else self._recovery_s()
            clean_hz, clean_faulty_hz = clean[0] / clean[1], clean[2] / clean[1]
            return RowResult(
                fault=row.name,
                outcome=row.outcome,
                transport=row.transport,
                noticed_s=notice.after_s,
                noticed=notice.by,
                said=notice.said,
                delivered_ratio=delivered / lasted_s / clean_faulty_hz if clean_faulty_hz else 0.0,
                recovery_s=recovery_s,
                reconnects=health.reconnects - health_before.reconnects,
                corrupt=health.corrupt - health_before.corrupt,
                healthy_ratio=fault_frames / lasted_s / clean_hz,
                healthy_longest_pause_s=pause_s,
                healthy_reconnects=self._healthy_reconnects() - reconnects_before,
                clean_frames=clean[0],
                clean_s=clean[1],
                fault_frames=fault_frames,
                fault_s=lasted_s,
                cpu_s_per_s=cpu_fault,
                clean_cpu_s_per_s=cpu_clean,
            )

    def memory_bytes(self) -> int:
        """Return the resident memory of this process."""
        return int(self._process.memory_info().rss)

    @contextmanager
    def _faulty_camera(self, row: Row) -> Iterator[None]:
        settings = self.plan.stream.model_copy(update={"transport": row.transport})
        self._pool.add(FAULTY, self._cameras.open(FAULTY_NUMBER), settings).want("bench", Gear.full())
        try:
            self._until_all_flow([FAULTY])
            yield
        finally:
            self._pool.remove(FAULTY)
            self._cameras.close(FAULTY_NUMBER)

    def _window(self, seconds: float) -> tuple[tuple[int, float, int], float]:
        """Return healthy frames, seconds and faulty frames of a clean window, and the processor's share."""
        frames, faulty, cpu_s, began_s = (
            self._healthy_frames(),
            self._frames.of(FAULTY),
            self._cpu_s(),
            time.monotonic(),
        )
        threading.Event().wait(seconds)
        lasted_s = time.monotonic() - began_s
        counts = self._healthy_frames() - frames, lasted_s, self._frames.of(FAULTY) - faulty
        return counts, (self._cpu_s() - cpu_s) / lasted_s

    def _watch_fault(self, row: Row, before: CameraHealth) -> "_Notice":
        notice = _Notice(row, before)
        pause, began_s = threading.Event(), time.monotonic()
        while (passed_s := time.monotonic() - began_s) < self.plan.longest_s:
            notice.look(self._health(), passed_s)
            if passed_s >= self.plan.fault_s and notice.is_complete:
                break
            pause.wait(LOOK_EVERY_S)
        return notice

    def _recovery_s(self) -> float | None:
        self._cameras.heal(FAULTY_NUMBER)
        frames, began_s = self._frames.of(FAULTY), time.monotonic()
        is_back = self._until(lambda: self._frames.of(FAULTY) > frames, self.plan.recovery_limit_s)
        return time.monotonic() - began_s if is_back else None

    def _until_all_flow(self, names: list[str]) -> None:
        counts = {name: self._frames.of(name) for name in names}
        if not self._until(lambda: all(self._frames.of(name) > counts[name] + 5 for name in names), CONNECT_LIMIT_S):
            raise SideFailedError("ours", f"no pictures of a good camera within {CONNECT_LIMIT_S:.0f} s")

    def _until(self, is_true: Callable[[], bool], limit_s: float) -> bool:
        pause, end_s = threading.Event(), time.monotonic() + limit_s
        while not is_true():
            if time.monotonic() > end_s:
                return False
            pause.wait(LOOK_EVERY_S)
        return True

    def _health(self) -> CameraHealth:
        return self._pool.reader(FAULTY).health()

    def _healthy_frames(self) -> int:
        return sum(self._frames.of(name) for name in self._healthy)

    def _healthy_reconnects(self) -> int:
        return sum(self._pool.reader(name).health().reconnects for name in self._healthy)

    def _cpu_s(self) -> float:
        times = self._process.cpu_times()
        return float(times.user + times.system)


class _Notice:
    """When and by what our health showed a fault first; words that name it count above all."""

    def __init__(self, row: Row, before: CameraHealth) -> None:
        self._row = row
        self._before = before
        self._named = False
        self.after_s: float | None = None
        self.by = "nothing to notice"
        self.said = ""

    @property
    def is_complete(self) -> bool:
        return self._named or not self._row.says

    def look(self, health: CameraHealth, passed_s: float) -> None:
        if self._named:
            return
        if self._row.says and self._row.says in health.problem:
            self._named, self.after_s, self.by, self.said = True, passed_s, "a sentence", health.problem
        elif self.after_s is None and not self._row.says:
            self._look_at_figures(health, passed_s)

    def _look_at_figures(self, health: CameraHealth, passed_s: float) -> None:
        if health.problem:
            self.after_s, self.by, self.said = passed_s, "a sentence", health.problem
        elif health.corrupt > self._before.corrupt:
            self.after_s, self.by = passed_s, "corrupt packets counted"
        elif health.size_wh != self._before.size_wh or health.codec != self._before.codec:
            self.after_s, self.by = passed_s, "the new format"
        elif health.delivered_fps < FEW_RATIO * self._before.delivered_fps:
            self.after_s, self.by = passed_s, "the delivered rate"
