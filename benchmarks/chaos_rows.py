"""Measures one fault: what our health said and when, when pictures came again, and what healthy cameras felt of it.

Belongs here: the measured pool and one row. Does not: the cameras (chaos_cameras), the goals (chaos).
"""

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace

import psutil
from pydantic import JsonValue

from benchmarks.chaos_cameras import SimulatedCameras
from benchmarks.errors import SideFailedError
from streams.health import CameraHealth
from streams.offers import KeyDecoders, Offer
from streams.opening import Openers
from streams.pool import CameraPool
from streams.settings import StreamSettings
from tests.simulator.gears import GEARS, GearName
from tests.simulator.lateness import Lateness
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
        healthy: cameras beside the faulty one, at least two: every second one is watched quietly, the others in full.
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
class Kept:
    """What was counted of the healthy cameras that are watched alike.

    Attributes:
        sent: pictures that they sent.
        came: packets of theirs that had come by then.
        missing: how many pictures were late at the worst moment (see `tests.simulator.lateness`); of a window only.
    """

    sent: int
    came: int
    missing: int = 0

    @property
    def ratio(self) -> float:
        """Share of the sent pictures that came in time."""
        return 1 - self.missing / self.sent if self.sent else 0.0

    def __sub__(self, before: "Kept") -> "Kept":
        return Kept(self.sent - before.sent, self.came - before.came)


@dataclass(frozen=True, slots=True)
class Counts:
    """What was counted up to a moment, or over a window.

    Attributes:
        wall_s: seconds.
        full: of the healthy cameras of which every picture is decoded.
        quiet: of those of which key frames are looked at.
        faulty: frames of the faulty camera, packets where it is watched quietly.
        reconnects: of the healthy cameras.
        cpu_s: processor seconds of the watching process.
    """

    wall_s: float
    full: Kept
    quiet: Kept
    faulty: int
    reconnects: int
    cpu_s: float

    @property
    def came(self) -> int:
        """Packets of all healthy cameras."""
        return self.full.came + self.quiet.came

    def __sub__(self, before: "Counts") -> "Counts":
        return Counts(
            self.wall_s - before.wall_s,
            self.full - before.full,
            self.quiet - before.quiet,
            self.faulty - before.faulty,
            self.reconnects - before.reconnects,
            self.cpu_s - before.cpu_s,
        )


@dataclass(frozen=True, slots=True)
class RowResult:
    """What one fault did; the fields are explained in `chaos.DEFINITIONS`."""

    fault: str
    gear: GearName
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
    healthy_quiet_ratio: float
    healthy_rate_ratio: float
    healthy_longest_pause_s: float
    healthy_reconnects: int
    clean: Counts
    during: Counts

    def to_json(self) -> dict[str, JsonValue]:
        """Return the row for the report, figures rounded to what they are good for."""
        rows = asdict(self)
        for name in ("clean", "during", "clean_full", "clean_quiet", "during_full", "during_quiet"):
            rows |= {f"{name}_{key}": value for key, value in rows.pop(name).items()}
        return {key: round(value, 4) if isinstance(value, float) else value for key, value in rows.items()}


class Frames:
    """Counts the frames that are offered, and the longest pause of each camera since last asked; any thread.

    Args:
        names: of all cameras.
    """

    def __init__(self, names: list[str]) -> None:
        self._decoders = {name: KeyDecoders() for name in names}  # each used by its reader's thread alone
        self._lock = threading.Lock()
        self._counts: Counter[str] = Counter()
        self._last_s: dict[str, float] = {}
        self._longest_s: dict[str, float] = {}

    def __call__(self, offer: Offer) -> None:
        """Count a frame; key frames are decoded here, as they are by the looking thread."""
        name = offer.camera_id
        if offer.open(self._decoders[name]) is None:
            return
        now_s = time.monotonic()
        with self._lock:
            self._counts[name] += 1
            pause_s = now_s - self._last_s.get(name, now_s)
            self._longest_s[name] = max(self._longest_s.get(name, 0.0), pause_s)
            self._last_s[name] = now_s

    def of(self, name: str) -> int:
        """Return how many frames of a camera came."""
        with self._lock:
            return self._counts[name]

    def longest_pause_s(self, names: list[str]) -> float:
        """Return the longest pause of any of these cameras, and begin anew."""
        with self._lock:
            now_s = time.monotonic()
            longest_s = max(max(self._longest_s[name], now_s - self._last_s[name]) for name in names)
            self._longest_s = dict.fromkeys(self._longest_s, 0.0)
            return longest_s


class Bench:
    """The pool with its healthy cameras, which live through all faults; a context manager."""

    def __init__(self, plan: ChaosPlan, cameras: SimulatedCameras) -> None:
        self.plan = plan
        self._cameras = cameras
        self._numbers = {f"healthy {number}": number for number in range(1, plan.healthy + 1)}
        self._gears: dict[str, GearName] = {
            name: "full" if number % 2 else "quiet" for name, number in self._numbers.items()
        }
        self._frames = Frames([FAULTY, *self._numbers])
        self._pool = CameraPool(Openers(), self._frames)
        self._process = psutil.Process()

    def __enter__(self) -> "Bench":
        for name, number in self._numbers.items():
            gear = GEARS[self._gears[name]]
            self._pool.add(name, self._cameras.open(number), self.plan.stream).want("bench", gear)
        self._until_all_flow([*self._numbers])
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.close()

    def measure(self, row: Row, gear: GearName) -> RowResult:
        """Let a camera that is watched in a gear have one fault, and return what came of it.

        Raises:
            SideFailedError: not even the good camera could be watched.
        """
        with self._faulty_camera(row, gear):
            clean, health_before = self._clean(), self._health()
            before, lateness = self._counts(), self._lateness()
            self._frames.longest_pause_s(self._watched("full"))
            self._cameras.inject(FAULTY_NUMBER, row.name)
            notice = self._watch_fault(row, health_before, lateness)
            fault, pause_s = self._window(before, lateness), self._frames.longest_pause_s(self._watched("full"))
            health = self._health()
            recovery_s = None if row.outcome == "gives up" else self._recovery_s()
            return RowResult(
                fault=row.name,
                gear=gear,
                outcome=row.outcome,
                transport=row.transport,
                noticed_s=notice.after_s,
                noticed=notice.by,
                said=notice.said,
                delivered_ratio=fault.faulty / fault.wall_s / (clean.faulty / clean.wall_s) if clean.faulty else 0.0,
                recovery_s=recovery_s,
                reconnects=health.reconnects - health_before.reconnects,
                corrupt=health.corrupt - health_before.corrupt,
                healthy_ratio=fault.full.ratio / clean.full.ratio,
                healthy_quiet_ratio=fault.quiet.ratio / clean.quiet.ratio,
                healthy_rate_ratio=fault.came / fault.wall_s / (clean.came / clean.wall_s),
                healthy_longest_pause_s=pause_s,
                healthy_reconnects=fault.reconnects,
                clean=clean,
                during=fault,
            )

    def memory_bytes(self) -> int:
        """Return the resident memory of this process."""
        return int(self._process.memory_info().rss)

    @contextmanager
    def _faulty_camera(self, row: Row, gear: GearName) -> Iterator[None]:
        settings = self.plan.stream.model_copy(update={"transport": row.transport})
        self._gears[FAULTY] = gear
        self._pool.add(FAULTY, self._cameras.open(FAULTY_NUMBER), settings).want("bench", GEARS[gear])
        try:
            self._until_all_flow([FAULTY])
            yield
        finally:
            self._pool.remove(FAULTY)
            self._cameras.close(FAULTY_NUMBER)

    def _clean(self) -> Counts:
        before, lateness, pause = self._counts(), self._lateness(), threading.Event()
        end_s = time.monotonic() + self.plan.clean_s
        while time.monotonic() < end_s:
            lateness.look()
            pause.wait(LOOK_EVERY_S)
        return self._window(before, lateness)

    def _watch_fault(self, row: Row, before: CameraHealth, lateness: Lateness) -> "_Notice":
        notice = _Notice(row, before)
        pause, began_s = threading.Event(), time.monotonic()
        while (passed_s := time.monotonic() - began_s) < self.plan.longest_s:
            lateness.look()
            notice.look(self._health(), passed_s)
            if passed_s >= self.plan.fault_s and notice.is_complete:
                break
            pause.wait(LOOK_EVERY_S)
        return notice

    def _recovery_s(self) -> float | None:
        self._cameras.heal(FAULTY_NUMBER)
        came, began_s = self._came(FAULTY), time.monotonic()
        is_back = self._until(lambda: self._came(FAULTY) > came, self.plan.recovery_limit_s)
        return time.monotonic() - began_s if is_back else None

    def _until_all_flow(self, names: list[str]) -> None:
        counts = {name: self._came(name) for name in names}
        if not self._until(lambda: all(self._came(name) > counts[name] + 5 for name in names), CONNECT_LIMIT_S):
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

    def _watched(self, gear: GearName) -> list[str]:
        return [name for name in self._numbers if self._gears[name] == gear]

    def _packets(self, name: str) -> int:
        return self._pool.reader(name).health().packets

    def _came(self, name: str) -> int:
        """Return how much came of a camera: frames where all are decoded, else packets."""
        return self._frames.of(name) if self._gears[name] == "full" else self._packets(name)

    def _lateness(self) -> Lateness:
        return Lateness(self._sent, self._all_packets)

    def _sent(self) -> dict[str, int]:
        return {name: self._cameras.sent(number) for name, number in self._numbers.items()}

    def _all_packets(self) -> dict[str, int]:
        return {name: self._packets(name) for name in self._numbers}

    def _counts(self) -> Counts:
        times, wall_s, faulty = self._process.cpu_times(), time.monotonic(), self._came(FAULTY)
        sent, came = self._sent(), self._all_packets()

        def kept(names: list[str]) -> Kept:
            return Kept(sum(sent[name] for name in names), sum(came[name] for name in names))

        return Counts(
            wall_s=wall_s,
            full=kept(self._watched("full")),
            quiet=kept(self._watched("quiet")),
            faulty=faulty,
            reconnects=sum(self._pool.reader(name).health().reconnects for name in self._numbers),
            cpu_s=float(times.user + times.system),
        )

    def _window(self, before: Counts, lateness: Lateness) -> Counts:
        """Return what was counted since then, after waiting for what is on its way."""
        counts = self._counts() - before
        lateness.end()
        full, quiet = (sum(lateness.missing[name] for name in self._watched(gear)) for gear in ("full", "quiet"))
        return replace(counts, full=replace(counts.full, missing=full), quiet=replace(counts.quiet, missing=quiet))


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
