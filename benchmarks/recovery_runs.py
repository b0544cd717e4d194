"""Runs the three parts of the recovery benchmark: noticing, return and herd.

Belongs here: cameras that fail, clocks around our readers. Does not: goals and tables (recovery).
"""

import itertools
import random
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

from benchmarks.errors import SideFailedError
from streams.dialing import DialBudget
from streams.gears import Gear
from streams.offers import Offer
from streams.opening import Openers
from streams.pool import CameraPool
from streams.reader import STABLE_S, CameraReader
from streams.settings import StreamSettings
from tests.rtsp.server import Mount, RtspServer
from tests.rtsp.session_camera import SessionCamera

PATIENCE_S = 150.0
"""A camera that is not back by then is not coming back."""

LIVE_S = STABLE_S + 2.0
"""Between two outages; a connection that lasts shorter counts as one that flaps."""

HERD_WATCH_S = 15
SEED = 20_261_121
POLL_S = 0.005


@dataclass(frozen=True, slots=True)
class Noticed:
    """One stream that stopped: how, and how long until it was noticed."""

    kind: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Returned:
    """One camera that came back: how it was away, for how long, and how long until it gave a picture."""

    kind: str
    outage_s: float
    seconds: float


@dataclass(frozen=True, slots=True)
class Herd:
    """Many cameras that came back together.

    Attributes:
        back_s: seconds until each gave its first picture, in order.
        knocks_away_per_s: bare connects a second, on average, while all were away.
        dials_per_s: dials begun in each second from the return on.
        connections_per_s: what the cameras' listener saw in each second from the return on.
        cpu_s_before: processor seconds a second before the outage.
        cpu_s: processor seconds in each second from the return on.
    """

    back_s: list[float]
    knocks_away_per_s: float
    dials_per_s: list[int]
    connections_per_s: list[int]
    cpu_s_before: float
    cpu_s: list[float]


@dataclass(frozen=True, slots=True)
class Outage:
    """One camera and how it goes away and comes back."""

    camera_id: str
    kind: str
    url: str
    fail: Callable[[], None]
    come_back: Callable[[], None]


class Arrivals:
    """Takes offers of pictures and tells when the first one came after somebody began to wait."""

    def __init__(self) -> None:
        self._first_s: dict[str, float] = {}
        self._changed = threading.Condition()

    def __call__(self, offer: Offer) -> None:
        """Note an offer."""
        with self._changed:
            if offer.camera_id not in self._first_s:
                self._first_s[offer.camera_id] = time.monotonic()
                self._changed.notify_all()

    def expect(self, *camera_ids: str) -> None:
        """Forget what came so far."""
        with self._changed:
            for camera_id in camera_ids:
                self._first_s.pop(camera_id, None)

    def first(self, camera_id: str) -> float:
        """Wait for the first frame since `expect` and return when it came.

        Raises:
            SideFailedError: none came.
        """
        with self._changed:
            if not self._changed.wait_for(lambda: camera_id in self._first_s, PATIENCE_S):
                raise SideFailedError(camera_id, f"no picture within {PATIENCE_S:.0f} s")
            return self._first_s[camera_id]


class CountedDials(DialBudget):
    """The usual budget, which also remembers when it let somebody dial or knock."""

    def __init__(self) -> None:
        super().__init__()
        self.dialled_at: list[float] = []
        self.knocked_at: list[float] = []

    @contextmanager
    def slot(self, stop: threading.Event) -> Iterator[bool]:
        """Wait for a free dial, as usual."""
        with super().slot(stop) as has_slot:
            self.dialled_at.append(time.monotonic())
            yield has_slot

    def knock(self, stop: threading.Event) -> bool:
        """Wait for the turn to knock, as usual."""
        may_knock = super().knock(stop)
        self.knocked_at.append(time.monotonic())
        return may_knock


def measure_noticing(clip: Path, rounds: int) -> list[Noticed]:
    """Stop streams in each way, so often, and return how soon that was noticed."""
    faults: list[tuple[str, Callable[[SessionCamera], None]]] = [
        ("sender reports, no video", _hold_video),
        ("half-open connection", SessionCamera.go_dark),
        ("connection closed", SessionCamera.power_off),
    ]
    runs = [(f"{name}, {transport}", transport, fail) for name, fail in faults for transport in ("tcp", "udp")]
    with ThreadPoolExecutor(len(runs)) as threads:
        return [found for _ in range(rounds) for found in threads.map(lambda each: _notice(clip, *each), runs)]


def measure_returns(clip: Path, cameras: int, cycles: int, longest_outage_s: float) -> list[Returned]:
    """Let cameras go away and come back and return how soon each gave a picture again."""
    draw = random.Random(SEED)  # noqa: S311  # repeatable, nothing secret
    lengths = [[draw.uniform(1.0, longest_outage_s) for _ in range(cycles)] for _ in range(cameras)]
    arrivals = Arrivals()
    with ExitStack() as stack:
        outages = [_outage(stack, clip, number) for number in range(cameras)]
        pool = stack.enter_context(_pool(arrivals, DialBudget()))
        for outage in outages:
            pool.add(outage.camera_id, outage.url).want("benchmark", Gear.full())
        with ThreadPoolExecutor(cameras) as threads:
            found = threads.map(lambda each: list(_cycles(arrivals, *each)), zip(outages, lengths, strict=True))
            return list(itertools.chain.from_iterable(found))


def measure_herd(clip: Path, cameras: int, outage_s: float) -> Herd:
    """Let many cameras lose power and return together."""
    arrivals, dials = Arrivals(), CountedDials()
    ids = [f"camera-{number}" for number in range(cameras)]
    with SessionCamera(clip, backlog=256, max_sessions=cameras) as switch, _pool(arrivals, dials) as pool:
        for camera_id in ids:
            pool.add(camera_id, switch.url()).want("benchmark", Gear.key())
        for camera_id in ids:
            arrivals.first(camera_id)
        cpu_before = _cpu_by_second(round(STABLE_S) + 2)
        switch.power_off()
        off_s = time.monotonic()
        threading.Event().wait(outage_s)
        arrivals.expect(*ids)
        switch.power_on()
        on_s = time.monotonic()
        cpu_s = _cpu_by_second(HERD_WATCH_S)
        back_s = sorted(arrivals.first(camera_id) - on_s for camera_id in ids)
        return Herd(
            back_s=[round(each, 3) for each in back_s],
            knocks_away_per_s=sum(off_s < at < on_s for at in dials.knocked_at) / outage_s,
            dials_per_s=_per_second(dials.dialled_at, on_s),
            connections_per_s=_per_second(switch.connected_at, on_s),
            cpu_s_before=sum(cpu_before[-3:]) / 3,
            cpu_s=cpu_s,
        )


def _notice(clip: Path, kind: str, transport: str, fail: Callable[[SessionCamera], None]) -> Noticed:
    arrivals = Arrivals()
    with SessionCamera(clip) as camera, _pool(arrivals, DialBudget()) as pool:
        settings = StreamSettings.model_validate({"transport": transport})
        reader = pool.add("camera", camera.url(), settings)
        reader.want("benchmark", Gear.full())
        arrivals.first("camera")
        fail(camera)
        return Noticed(kind, _seconds_until_away(reader))


def _seconds_until_away(reader: CameraReader) -> float:
    began_s, pause = time.monotonic(), threading.Event()
    while reader.health().state == "live":
        if time.monotonic() - began_s > PATIENCE_S:
            raise SideFailedError(reader.camera_id, f"stopped for {PATIENCE_S:.0f} s, and nobody noticed")
        pause.wait(POLL_S)
    return time.monotonic() - began_s


def _outage(stack: ExitStack, clip: Path, number: int) -> Outage:
    if number % 2:
        server = stack.enter_context(RtspServer([Mount("/gate", clip)]))
        return Outage(f"server-{number}", "process killed", server.url("/gate"), server.kill, server.start)
    camera = stack.enter_context(SessionCamera(clip))
    return Outage(f"camera-{number}", "network dark", camera.url(), camera.go_dark, camera.come_back)


def _cycles(arrivals: Arrivals, outage: Outage, lengths: Sequence[float]) -> Iterator[Returned]:
    pause = threading.Event()
    arrivals.first(outage.camera_id)
    for length_s in lengths:
        pause.wait(LIVE_S)
        outage.fail()
        pause.wait(length_s)
        arrivals.expect(outage.camera_id)
        outage.come_back()
        back_s = time.monotonic()
        yield Returned(outage.kind, length_s, arrivals.first(outage.camera_id) - back_s)


@contextmanager
def _pool(arrivals: Arrivals, dial: DialBudget) -> Iterator[CameraPool]:
    pool = CameraPool(Openers(), arrivals, dial=dial)
    try:
        yield pool
    finally:
        pool.close()


def _hold_video(camera: SessionCamera) -> None:
    camera.conduct.video = False


def _cpu_by_second(seconds: int) -> list[float]:
    process, pause, used = psutil.Process(), threading.Event(), []
    for _ in range(seconds):
        before = process.cpu_times()
        pause.wait(1.0)
        after = process.cpu_times()
        used.append(round(after.user + after.system - before.user - before.system, 2))
    return used


def _per_second(moments: Sequence[float], since_s: float) -> list[int]:
    seconds = [int(at - since_s) for at in list(moments) if at >= since_s]
    return [seconds.count(second) for second in range(HERD_WATCH_S)]
