"""Real RTSP: what goes wrong with cameras and networks, and how the reader comes out of it."""

import time
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from streams.gears import Gear
from streams.opening import Openers
from streams.pool import CameraPool
from streams.settings import StreamSettings
from tests.rtsp.server import Mount, RtspServer
from tests.streams.helpers import Collector, eventually, reader_threads

pytestmark = pytest.mark.e2e

HASTY = StreamSettings(first_wait_s=0.1, longest_wait_s=0.5, read_timeout_s=2.0)


@pytest.fixture
def seen() -> Collector:
    return Collector()


@pytest.fixture
def pool(seen: Collector) -> Iterator[CameraPool]:
    pool = CameraPool(Openers(), seen)
    yield pool
    pool.close()
    assert reader_threads() == []


@pytest.fixture(scope="module")
def guarded(clip) -> Iterator[RtspServer]:
    mounts = [Mount("/gate", clip(seconds=4)), Mount("/sound", (), audio=True)]
    with RtspServer(mounts, user="operator", password="geheim") as server:
        yield server


def test_wrong_password_is_refused_and_not_tried_again(guarded: RtspServer, pool: CameraPool) -> None:
    before = guarded.count("reply", code=401)
    reader = pool.add("gate", guarded.url("/gate", password="falsch"), HASTY)
    eventually(lambda: reader.health().state == "refused", "refused")
    assert "refused the user name or password" in reader.health().problem
    assert "falsch" not in reader.health().problem
    eventually(lambda: reader_threads() == [], "nobody left who could try again")
    assert guarded.count("reply", code=401) - before == 2  # the challenge, and the answer to it


def test_missing_password_is_refused(guarded: RtspServer, pool: CameraPool) -> None:
    reader = pool.add("gate", guarded.url("/gate", user=""), HASTY)
    eventually(lambda: reader.health().state == "refused", "refused")


def test_basic_authentication_is_understood(clip, pool: CameraPool) -> None:
    with RtspServer([Mount("/gate", clip(seconds=4))], user="a", password="p@ss", scheme="basic") as server:
        reader = pool.add("gate", server.url("/gate", password="p%40ss"), HASTY)
        eventually(lambda: reader.health().state == "live", "live")
        pool.remove("gate")


def test_wrong_path_is_said_and_tried_slowly(guarded: RtspServer, pool: CameraPool) -> None:
    reader = pool.add("gate", guarded.url("/nowhere"), StreamSettings())
    eventually(lambda: reader.health().state == "away", "away")
    assert "/nowhere does not exist there; check the path" in reader.health().problem


def test_stream_without_video_says_so(guarded: RtspServer, pool: CameraPool) -> None:
    reader = pool.add("gate", guarded.url("/sound"), StreamSettings())
    eventually(lambda: reader.health().state == "away", "away")
    assert "carries no video" in reader.health().problem


def test_camera_that_loses_power_comes_back_and_others_never_pause(clip, pool: CameraPool, seen: Collector) -> None:
    other_clip = clip(seconds=6, codec="h265")
    with RtspServer([Mount("/gate", clip(seconds=4))]) as first, RtspServer([Mount("/market", other_clip)]) as second:
        gate, market = pool.add("gate", first.url("/gate"), HASTY), pool.add("market", second.url("/market"), HASTY)
        for reader in (gate, market):
            reader.want("test", Gear.full())
        before = seen.wait(10, "gate")[-1]
        seen.wait(10, "market")
        first.kill()
        eventually(lambda: gate.health().state == "away", "gate away")
        away_since = gate.health().since
        assert gate.health().problem
        had = len(seen.of("market"))
        seen.wait(had + 50, "market")  # two seconds of the other camera meanwhile
        first.start()
        eventually(lambda: gate.health().state == "live", "gate live again")
        assert (gate.health().reconnects, gate.health().problem) == (1, "")
        assert gate.health().since > away_since
        count = len(seen.of("gate"))
        after = seen.wait(count + 5, "gate")
        assert market.health().reconnects == 0
        steps = [later.t_s - earlier.t_s for earlier, later in pairwise(seen.of("market"))]
        assert max(steps) < 0.5
        assert [frame.seq for frame in after] == list(range(len(after)))
        assert all(later.t_s > earlier.t_s for earlier, later in pairwise(after))
        gap = max(pairwise(after), key=lambda pair: pair[1].t_s - pair[0].t_s)
        wall_s = (gap[1].captured_at - gap[0].captured_at).total_seconds()
        assert gap[0].t_s >= before.t_s
        assert gap[1].t_s - gap[0].t_s == pytest.approx(wall_s, abs=1.0)
        pool.close()


def test_stream_in_which_packets_stop_is_noticed_and_comes_back(clip, pool: CameraPool) -> None:
    with RtspServer([Mount("/gate", clip(seconds=4))]) as server:
        reader = pool.add("gate", server.url("/gate"), HASTY)
        eventually(lambda: reader.health().packets > 20, "packets")
        server.stall("/gate")
        stalled_s = time.monotonic()
        eventually(lambda: reader.health().state == "away", "away")
        assert time.monotonic() - stalled_s < 20
        assert "sends no more packets" in reader.health().problem
        server.resume("/gate")
        eventually(lambda: reader.health().state == "live", "live again")
        pool.close()


def test_stream_that_ends_is_pulled_again(clip, pool: CameraPool) -> None:
    with RtspServer([Mount("/gate", clip(seconds=1), loop=False)]) as server:
        reader = pool.add("gate", server.url("/gate"), HASTY)
        eventually(lambda: reader.health().reconnects >= 1, "a second connection")
        pool.close()


def test_change_of_resolution_in_a_running_stream_is_followed(
    clip, pool: CameraPool, seen: Collector, tmp_path: Path
) -> None:
    with RtspServer([Mount("/gate", [clip(seconds=2), clip(seconds=2, size_wh=(640, 480))])]) as server:
        reader = pool.add("gate", server.url("/gate"), HASTY)
        reader.want("test", Gear.full())
        eventually(lambda: {frame.size_wh for frame in list(seen.frames)} == {(320, 240), (640, 480)}, "both sizes")
        assert reader.health().reconnects == 0
        oldest, newest = reader.ring.span() or (0.0, 0.0)
        assert reader.ring.segment(oldest, newest).format.size_wh == (320, 240)
        pool.close()


def test_both_transports_carry_every_packet(clip, pool: CameraPool) -> None:
    with RtspServer([Mount("/gate", clip(seconds=4))]) as server:
        readers = [
            pool.add(transport, server.url("/gate"), StreamSettings(transport=transport))
            for transport in ("tcp", "udp")
        ]
        for reader in readers:
            eventually(lambda reader=reader: reader.ring.kept()[0] > 3, "three seconds")
            oldest, newest = reader.ring.span() or (0.0, 0.0)
            times = sorted(packet.t_s for packet in reader.ring.segment(oldest, newest).packets)
            assert max(later - earlier for earlier, later in pairwise(times)) == pytest.approx(0.04, abs=0.01)
            assert reader.health().corrupt == 0
        pool.close()
