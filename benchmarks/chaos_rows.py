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
ON_THE_WAY = 3
"""Pictures of a camera that are sent and not delivered at any moment: one waits to be sent, one in libav's parser, and
a key frame for the packet behind it."""

LATE_S = 5.0
"""A picture that comes later than this is missing; on a calm machine all come at once."""

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
class Counts:
    """What was counted up to a moment, or over a window.

    Attributes:
        wall_s: seconds.
        sent: pictures that the healthy cameras sent.
        healthy: frames of theirs that were delivered by then.
        missing: those of the sent ones that were not delivered within `LATE_S` after it.
        faulty: frames of the faulty camera.
        reconnects: of the healthy cameras.
        cpu_s: processor seconds of the watching process.
    """

    wall_s: float
    sent: int
    healthy: int
    missing: int
    faulty: int
    reconnects: int
    cpu_s: float

    @property
    def kept_ratio(self) -> float:
        """Share of the sent pictures that were delivered."""
        return 1 - self.missing / self.sent if self.sent else 0.0

    def __sub__(self, before: "Counts") -> "Counts":
        return Counts(
            self.wall_s - before.wall_s,
            self.sent - before.sent,
            self.healthy - before.healthy,
            self.missing - before.missing,
            self.faulty - before.faulty,
            self.reconnects - before.reconnects,
            self.cpu_s - before.cpu_s,
        )


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
    healthy_rate_ratio: float
    healthy_longest_pause_s: float
    healthy_reconnects: int
    clean: Counts
    during: Counts

    def to_json(self) -> dict[str, JsonValue]:
        """Return the row for the report, figures rounded to what they are good for."""
        rows = asdict(self)
        for name in ("clean", "during"):
            rows |= {f"{name}_{key}": value for key, value in rows.pop(name).items()}
        return {key: round(value, 4) if isinstance(value, float) else value for key, value in rows.items()}


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
            before = self._counts()
            threading.Event().wait(self.plan.clean_s)
            clean, health_before = self._counts() - before, self._health()
            before = self._counts()
            self._frames.longest_pause_s()
            self._cameras.inject(FAULTY_NUMBER, row.name)
            notice = self._watch_fault(row, health_before)
            fault, pause_s, health = self._counts() - before, self._frames.longest_pause_s(), self._health()
            recovery_s = None if row.outcome == "gives up" else self._recovery_s()
            return RowResult(
                fault=row.name,
                outcome=row.outcome,
                transport=row.transport,
                noticed_s=notice.after_s,
                noticed=notice.by,
                said=notice.said,
                delivered_ratio=fault.faulty / fault.wall_s / (clean.faulty / clean.wall_s) if clean.faulty else 0.0,
                recovery_s=recovery_s,
                reconnects=health.reconnects - health_before.reconnects,
                corrupt=health.corrupt - health_before.corrupt,
                healthy_ratio=fault.kept_ratio / clean.kept_ratio,
                healthy_rate_ratio=fault.healthy / fault.wall_s / (clean.healthy / clean.wall_s),
                healthy_longest_pause_s=pause_s,
                healthy_reconnects=fault.reconnects,
                clean=clean,
                during=fault,
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

    def _counts(self) -> Counts:
        times, wall_s = self._process.cpu_times(), time.monotonic()
        sent = sum(self._cameras.sent(number) for number in range(1, self.plan.healthy + 1))
        healthy, faulty = self._healthy_frames(), self._frames.of(FAULTY)
        due = sent - ON_THE_WAY * self.plan.healthy
        self._until(lambda: self._healthy_frames() >= due, LATE_S)
        return Counts(
            wall_s=wall_s,
            sent=sent,
            healthy=healthy,
            missing=max(0, due - self._healthy_frames()),
            faulty=faulty,
            reconnects=sum(self._pool.reader(name).health().reconnects for name in self._healthy),
            cpu_s=float(times.user + times.system),
        )

    def _healthy_frames(self) -> int:
        return sum(self._frames.of(name) for name in self._healthy)


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
        if health.corrupt > self._before.corrupt:
            self.after_s, self.by = passed_s, "corrupt packets counted"
        elif health.size_wh != self._before.size_wh or health.codec != self._before.codec:
            self.after_s, self.by = passed_s, "the new format"
        elif self._row.is_new:
            return  # its connection was cut for the fault to bite: that sentence and that rate are no signs of it
        elif health.problem:
            self.after_s, self.by, self.said = passed_s, "a sentence", health.problem
        elif health.delivered_fps < FEW_RATIO * self._before.delivered_fps:
            self.after_s, self.by = passed_s, "the delivered rate"
