"""What every kind of camera must do, whoever opens it."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from streams.clips import decode_all, write_clip
from streams.gears import Gear
from streams.opening import Openers
from streams.pool import CameraPool
from streams.reader import CameraReader
from streams.settings import StreamSettings
from tests.rtsp.server import Mount, RtspServer
from tests.streams.fakes import paced_opener
from tests.streams.helpers import Collector, decoded, eventually, reader_threads
from vision.frames import Frame


@dataclass(frozen=True)
class Camera:
    url: str
    openers: Openers
    settings: StreamSettings


KINDS = [
    "file",
    "paced",
    pytest.param("tcp h264", marks=pytest.mark.e2e),
    pytest.param("tcp h265", marks=pytest.mark.e2e),
    pytest.param("udp h264", marks=pytest.mark.e2e),
    pytest.param("udp h265", marks=pytest.mark.e2e),
]


@pytest.fixture(scope="module")
def server(clip) -> Iterator[RtspServer]:
    mounts = [Mount("/h264", clip(seconds=8, b_frames=2)), Mount("/h265", clip(codec="h265", seconds=8, b_frames=2))]
    with RtspServer(mounts, user="operator", password="geheim") as running:
        yield running


@pytest.fixture(scope="module", params=KINDS)
def camera(request: pytest.FixtureRequest, clip) -> Camera:
    kind = request.param
    if kind == "file":
        return Camera(clip(seconds=4).as_uri() + "?loop=1", Openers(), StreamSettings())
    if kind == "paced":
        opener = paced_opener(clip("ts", seconds=4), 4.0)
        return Camera("synthetic://street?seed=1", Openers({"synthetic": opener}), StreamSettings())
    transport, codec = kind.split()
    server: RtspServer = request.getfixturevalue("server")
    return Camera(server.url(f"/{codec}"), Openers(), StreamSettings(transport=transport))


@pytest.fixture(scope="module")
def running(camera: Camera) -> Iterator[tuple[CameraReader, Collector]]:
    """One connection for all tests of a kind, as each takes its time to get going."""
    seen = Collector()
    pool = CameraPool(camera.openers, seen)
    yield pool.add("gate", camera.url, camera.settings), seen
    pool.close()
    assert reader_threads() == []


@pytest.fixture
def reader(running: tuple[CameraReader, Collector]) -> CameraReader:
    return running[0]


@pytest.fixture(scope="module")
def frames(running: tuple[CameraReader, Collector]) -> list[Frame]:
    """Thirty frames in a row at gear full."""
    reader, seen = running
    reader.want("frames", Gear.full())
    frames = seen.wait(30)
    reader.unwant("frames")
    return frames


@pytest.fixture
def seen(running: tuple[CameraReader, Collector]) -> Iterator[Collector]:
    """What this test alone makes the camera deliver."""
    reader, seen = running
    seen.frames.clear()
    yield seen
    reader.unwant("test")


def test_frames_come_in_order_with_their_times(frames: list[Frame]) -> None:
    assert [frame.seq for frame in frames] == list(range(len(frames)))
    assert all(later.t_s > earlier.t_s for earlier, later in pairwise(frames))
    assert all(abs(frame.captured_at.timestamp() - frame.t_s) < 15 for frame in frames)


def test_frames_are_whole_pictures_of_the_right_size(frames: list[Frame]) -> None:
    for frame in frames:
        assert frame.size_wh == (320, 240)
        assert not frame.planes.y.flags.writeable
        assert np.median(frame.planes.y) == pytest.approx(60, abs=6)
        bright = (frame.planes.y[80] > 150).sum()
        assert bright == pytest.approx(64, abs=10)  # the square is there, whole, once


def test_health_tells_what_the_camera_sends(reader: CameraReader) -> None:
    eventually(lambda: reader.health().key_interval_s and reader.health().packets > 60, "two key frames")
    health = reader.health()
    assert (health.state, health.problem, health.size_wh) == ("live", "", (320, 240))
    assert health.codec in {"h264", "hevc"}
    assert health.key_interval_s == pytest.approx(1.0, abs=0.3)
    assert 5 < health.delivered_fps < 60


def test_packets_are_kept_while_nothing_is_decoded(reader: CameraReader, seen: Collector) -> None:
    eventually(lambda: reader.health().gear == Gear.off(), "gear off")
    before = reader.health()
    eventually(lambda: reader.health().packets >= before.packets + 20, "packets")
    assert reader.health().decoded == before.decoded
    assert (reader.ring.span() or (0.0, 0.0))[1] > 0


def test_the_past_can_be_cut_out_and_decoded(reader: CameraReader, tmp_path: Path) -> None:
    eventually(lambda: reader.ring.kept()[0] > 2.5, "two and a half seconds in the ring")
    _oldest, newest = reader.ring.span() or (0.0, 0.0)
    segment = reader.ring.segment(newest - 1.5, newest)
    info = write_clip(segment, tmp_path / "clip.mp4")
    assert len(decoded(info.path)) == info.frames == len(list(decode_all(segment)))


def test_still_is_the_newest_or_the_asked_moment(reader: CameraReader) -> None:
    eventually(lambda: reader.ring.kept()[0] > 1.5, "a second and a half in the ring")
    oldest, newest = reader.ring.span() or (0.0, 0.0)
    assert reader.still().t_s >= newest - 0.3
    assert reader.still(oldest + 0.5).t_s == pytest.approx(oldest + 0.5, abs=0.05)


def test_live_feed_shows_a_picture_at_once(reader: CameraReader) -> None:
    eventually(lambda: reader.health().packets > 10, "packets")
    with reader.live() as feed:
        chunks = [feed.next_chunk(30) for _ in range(30)]
    assert chunks[0].kind == "init"
    assert len(decoded(b"".join(chunk.data for chunk in chunks))) == 29


def test_stopping_ends_thread_and_viewers(camera: Camera) -> None:
    pool = CameraPool(camera.openers, Collector())
    reader = pool.add("exit", camera.url, camera.settings)
    eventually(lambda: reader.health().packets > 5, "packets")
    feed = reader.live()
    pool.close()
    assert list(feed) == []
    assert reader.health().state == "stopped"
    assert "reader-exit" not in reader_threads()
