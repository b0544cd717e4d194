"""Packets taken in by heaps: when that is done, that it ends at once, and that readers take turns without waiting."""

import socket
import threading
from collections.abc import Iterator
from itertools import count
from types import TracebackType

import pytest

from streams import rtsp_client, rtsp_stream
from streams.connection import Pace
from streams.dialing import DialBudget
from streams.errors import StreamReadError
from streams.gears import Gear
from streams.opening import Openers
from streams.pool import CameraPool
from streams.reader import CameraReader, ReaderOptions
from streams.settings import StreamSettings
from streams.timeline import Clocks
from tests.rtsp.server import free_port
from tests.simulator.camera import SimulatedCamera
from tests.streams.helpers import LIMIT_S, Collector, eventually
from tests.streams.rtp_packets import interleaved
from tests.streams.scripted_camera import Reading, ScriptedCamera

pytestmark = pytest.mark.e2e

LONG_S = 100 * LIMIT_S
"""A nap that outlasts every test."""

PATIENT = StreamSettings(read_timeout_s=60.0)


class SteppedStop(threading.Event):
    """A stop event whose waits end when a test says so, or when it is set."""

    def __init__(self) -> None:
        super().__init__()
        self.napping = threading.Event()
        self._steps = threading.Semaphore(0)

    def wait(self, timeout: float | None = None) -> bool:
        assert timeout is not None
        self.napping.set()
        assert self._steps.acquire(timeout=LIMIT_S)
        self.napping.clear()
        return self.is_set()

    def step(self) -> None:
        """Let one nap end."""
        self._steps.release()

    def set(self) -> None:
        super().set()
        self.step()


class WatchedTurn:
    """A lock that remembers which threads had it."""

    def __init__(self) -> None:
        self.holders: set[str] = set()
        self._lock = threading.Lock()

    def __enter__(self) -> None:
        self._lock.acquire()
        self.holders.add(threading.current_thread().name)

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._lock.release()


@pytest.fixture
def camera() -> Iterator[ScriptedCamera]:
    with ScriptedCamera() as camera:
        yield camera


@pytest.fixture
def other() -> Iterator[ScriptedCamera]:
    with ScriptedCamera() as camera:
        yield camera


@pytest.fixture
def turn() -> threading.Lock:
    return threading.Lock()


def napping(camera: ScriptedCamera, stop: threading.Event, turn: threading.Lock) -> Reading:
    """Return what reads the camera in heaps."""
    return Reading(camera.play(PATIENT), Pace(stop, may_nap=lambda: True, turn=turn))


def send_whole(camera: ScriptedCamera, reading: Reading, data: bytes) -> None:
    """Send bytes to a reader that naps, and wait until all of them can be read."""
    camera.send(data)
    connection = reading.stream._client._socket
    eventually(lambda: len(connection.recv(len(data), socket.MSG_PEEK)) == len(data), "the bytes arrive")


def test_packets_of_a_nap_come_in_one_heap(camera: ScriptedCamera, turn: threading.Lock) -> None:
    stop = SteppedStop()
    with napping(camera, stop, turn) as reading:
        assert stop.napping.wait(LIMIT_S)
        send_whole(camera, reading, b"".join(camera.picture(number) for number in range(1, 6)))
        assert reading.units == []
        stop.step()
        assert len(reading.wait(5)) == 5


def test_heap_ends_when_its_work_takes_too_long(
    camera: ScriptedCamera, turn: threading.Lock, monkeypatch: pytest.MonkeyPatch
) -> None:
    pictures = [camera.picture(number) for number in range(1, 4)]
    monkeypatch.setattr(rtsp_client, "READ_BYTES", len(pictures[0]))
    stop, worked = SteppedStop(), count(step=rtsp_stream.HEAP_S)
    clocks = Clocks(work=lambda: next(worked))
    with Reading(camera.play(PATIENT), Pace(stop, clocks, may_nap=lambda: True, turn=turn)) as reading:
        assert stop.napping.wait(LIMIT_S)
        send_whole(camera, reading, b"".join(pictures))
        for number in range(1, 4):
            stop.step()
            reading.wait(number)
            assert stop.napping.wait(LIMIT_S)
            assert len(reading.units) == number


def test_end_of_the_stream_is_seen_behind_the_heap(camera: ScriptedCamera, turn: threading.Lock) -> None:
    stop = SteppedStop()
    with napping(camera, stop, turn) as reading:
        assert stop.napping.wait(LIMIT_S)
        send_whole(camera, reading, camera.picture(1))
        camera.hang_up()
        eventually(lambda: stop.step() or not reading.is_going, "the end of the stream")
        assert (len(reading.units), reading.error) == (1, None)


def test_nap_ends_at_once_where_the_stream_is_stopped(
    camera: ScriptedCamera, turn: threading.Lock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rtsp_stream, "NAP_S", LONG_S)
    stop = threading.Event()
    with napping(camera, stop, turn) as reading:
        stop.set()
        reading.join()
        assert reading.error is None


def test_packets_come_singly_while_nobody_may_nap(
    camera: ScriptedCamera, turn: threading.Lock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rtsp_stream, "NAP_S", LONG_S)
    with turn, Reading(camera.play(PATIENT), Pace(threading.Event(), turn=turn)) as reading:
        for number in range(1, 4):
            camera.send_picture(number)
            reading.wait(number)


def test_reader_in_its_nap_does_not_hold_up_another(
    camera: ScriptedCamera, other: ScriptedCamera, turn: threading.Lock
) -> None:
    stop, other_stop = SteppedStop(), SteppedStop()
    with napping(camera, stop, turn), napping(other, other_stop, turn) as reading:
        assert stop.napping.wait(LIMIT_S)
        assert other_stop.napping.wait(LIMIT_S)
        assert not turn.locked()
        send_whole(other, reading, other.picture(1))
        other_stop.step()
        reading.wait(1)


def test_heap_waits_for_its_turn(camera: ScriptedCamera, turn: threading.Lock) -> None:
    stop = SteppedStop()
    with napping(camera, stop, turn) as reading:
        assert stop.napping.wait(LIMIT_S)
        send_whole(camera, reading, camera.picture(1))
        with turn:
            stop.step()
            eventually(lambda: not stop.napping.is_set(), "the end of the nap")
            assert reading.units == []
        reading.wait(1)


def test_turn_is_over_while_a_picture_is_looked_at(camera: ScriptedCamera, turn: threading.Lock) -> None:
    stream = camera.play(PATIENT)
    for number in range(1, 4):
        camera.send_picture(number)
    next(stream.units(Pace(threading.Event(), may_nap=lambda: True, turn=turn)))
    assert not turn.locked()
    stream.close()


def test_turn_is_over_while_a_request_is_answered(
    camera: ScriptedCamera, turn: threading.Lock, monkeypatch: pytest.MonkeyPatch
) -> None:
    stop, held = SteppedStop(), []
    with napping(camera, stop, turn) as reading:
        assert stop.napping.wait(LIMIT_S)
        answer = reading.stream._client.answer
        monkeypatch.setattr(
            reading.stream._client, "answer", lambda *given: (held.append(turn.locked()), answer(*given))
        )
        send_whole(camera, reading, b"OPTIONS rtsp://x/live RTSP/1.0\r\nCSeq: 9\r\n\r\n")
        stop.step()
        camera.wait("RTSP/1.0")
        assert held == [False]


@pytest.mark.parametrize("breaks", ["forgets", "goes"])
def test_turn_is_over_where_a_heap_fails(
    camera: ScriptedCamera, turn: threading.Lock, monkeypatch: pytest.MonkeyPatch, breaks: str
) -> None:
    stop = SteppedStop()
    with napping(camera, stop, turn) as reading:
        assert stop.napping.wait(LIMIT_S)
        if breaks == "forgets":
            send_whole(camera, reading, b"RTSP/1.0 454 Session Not Found\r\nCSeq: 4\r\n\r\n")
        else:
            monkeypatch.setattr(reading.stream._client, "receive", broken)
        stop.step()
        reading.join()
        assert isinstance(reading.error, StreamReadError)
        assert not turn.locked()


def broken(_limit_s: float) -> bool:
    raise OSError(113, "No route to host")


def test_answers_and_noise_are_seen_to_in_a_heap(camera: ScriptedCamera, turn: threading.Lock) -> None:
    stop = SteppedStop()
    with napping(camera, stop, turn) as reading:
        assert stop.napping.wait(LIMIT_S)
        request = b"OPTIONS rtsp://x/live RTSP/1.0\r\nCSeq: 9\r\n\r\n"
        heap = camera.picture(1) + request + b"noise" + interleaved(9, b"other") + camera.picture(2)
        send_whole(camera, reading, heap)
        stop.step()
        reading.wait(2)
        assert camera.wait("RTSP/1.0")[0].headers["cseq"] == "9"


def test_reader_that_naps_stops_at_once(clip, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rtsp_stream, "NAP_S", LONG_S)
    with SimulatedCamera(clip(seconds=2)) as camera:
        pool = CameraPool(Openers(), Collector())
        pool.add("gate", camera.url())
        eventually(lambda: camera.count("PLAY") == 1, "playing")
        pool.close()  # raises where a reader does not end
        assert camera.count("TEARDOWN") == 1


def test_reader_with_a_viewer_does_not_nap(clip, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rtsp_stream, "NAP_S", LONG_S)
    with SimulatedCamera(clip(seconds=2)) as camera:
        reader = CameraReader("gate", camera.url(), PATIENT, openers=Openers(), deliver=Collector(), dial=DialBudget())
        reader.want("test", Gear.key())
        feed = reader.live()
        reader.start()
        eventually(lambda: reader.health().packets > 20, "twenty packets, one by one")
        feed.close()
        reader.stop()


def test_readers_of_a_pool_share_one_turn(clip) -> None:
    turn = WatchedTurn()
    with SimulatedCamera(clip(seconds=2)) as first, SimulatedCamera(clip(seconds=2)) as second:
        pool = CameraPool(Openers(), Collector(), options=ReaderOptions(turn=turn))
        readers = [pool.add(name, camera.url()) for name, camera in (("gate", first), ("market", second))]
        eventually(lambda: all(reader.health().packets > 20 for reader in readers), "packets of both")
        assert turn.holders >= {"reader-gate", "reader-market"}
        pool.close()


def test_reader_that_is_away_holds_no_turn(clip, turn: threading.Lock) -> None:
    waits = StreamSettings(first_wait_s=60.0, longest_wait_s=60.0)
    with SimulatedCamera(clip(seconds=2)) as going, SimulatedCamera(clip(seconds=2)) as staying:
        pool = CameraPool(Openers(), Collector(), options=ReaderOptions(turn=turn))
        pool.add("dead", f"rtsp://127.0.0.1:{free_port()}/live", waits)
        gate, market = pool.add("gate", going.url(), waits), pool.add("market", staying.url())
        eventually(lambda: gate.health().packets > 5, "packets")
        going.close()
        eventually(lambda: gate.health().state == "away", "away")
        had = market.health().packets
        eventually(lambda: market.health().packets > had + 20, "packets of the other camera")
        pool.close()
