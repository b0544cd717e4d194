"""A camera with a smaller stream: that is looked at, everything else comes from the main one, at one common time."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from streams.gears import Gear
from streams.opening import Openers
from streams.pool import CameraPool
from streams.settings import StreamSettings
from tests.rtsp.server import free_port
from tests.streams.helpers import Collector, eventually, reader_threads

MAIN_WH, SUB_WH = (640, 480), (160, 120)
HASTY = StreamSettings(first_wait_s=0.01, longest_wait_s=0.02)


@pytest.fixture
def seen() -> Collector:
    return Collector()


@pytest.fixture
def pool(seen: Collector) -> Iterator[CameraPool]:
    made = CameraPool(Openers(), seen)
    yield made
    made.close()
    assert reader_threads() == []


def looped(path) -> str:
    return path.as_uri() + "?loop=1"


@pytest.fixture
def both(clip, pool: CameraPool) -> CameraPool:
    main, sub = clip(seconds=4, size_wh=MAIN_WH), clip(seconds=4, size_wh=SUB_WH)
    pool.add("gate", looped(main), sub_url=looped(sub))
    pool.camera("gate").want("test", Gear.rate(5.0))
    return pool


def test_small_stream_is_looked_at(both: CameraPool, seen: Collector) -> None:
    assert {frame.size_wh for frame in seen.wait(10)} == {SUB_WH}


def test_evidence_and_the_live_wall_have_the_main_stream(both: CameraPool, seen: Collector) -> None:
    seen.wait(1)
    reader = both.reader("gate")
    eventually(lambda: reader.ring.span() is not None, "packets of the main stream")
    assert reader.still().size_wh == MAIN_WH
    assert both.health()[0].size_wh == MAIN_WH


def test_main_stream_is_never_decoded_for_looking(both: CameraPool, seen: Collector) -> None:
    seen.wait(10)
    assert both.reader("gate").health().decoded == 0
    assert both.health()[0].decoded >= 10


def test_what_the_small_stream_shows_has_the_time_of_the_main_one(both: CameraPool, seen: Collector) -> None:
    frames = seen.wait(30)
    reader = both.reader("gate")
    for frame in frames[10:]:
        eventually(lambda t_s=frame.t_s: (reader.ring.span() or (0, 0))[1] >= t_s, "the main stream's packet")
        still = reader.still(frame.t_s)
        assert abs(still.captured_at - frame.captured_at) < timedelta(seconds=0.3)


def test_time_of_the_small_stream_never_runs_back(both: CameraPool, seen: Collector) -> None:
    times = [frame.t_s for frame in seen.wait(30)]
    assert times == sorted(set(times))


def test_dead_small_stream_is_said(clip, pool: CameraPool) -> None:
    url = f"rtsp://admin:geheim@127.0.0.1:{free_port()}/sub"
    pool.add("gate", looped(clip(seconds=4)), HASTY, sub_url=url)
    eventually(lambda: pool.reader("gate").health().state == "live", "main live")
    eventually(lambda: pool.health()[0].problem, "a problem")
    health = pool.health()[0]
    assert health.state == "away"
    assert health.problem.startswith("sub-stream: ")
    assert "geheim" not in health.problem


def test_dead_main_stream_is_said(clip, pool: CameraPool) -> None:
    pool.add("gate", f"rtsp://127.0.0.1:{free_port()}/main", HASTY, sub_url=looped(clip(seconds=4)))
    eventually(lambda: pool.health()[0].state == "away", "away")
    assert not pool.health()[0].problem.startswith("sub-stream")


def test_wrong_address_of_a_small_stream_is_refused_and_nothing_is_added(clip, pool: CameraPool) -> None:
    with pytest.raises(ValueError, match="htp"):
        pool.add("gate", looped(clip(seconds=4)), sub_url="htp://nowhere")
    assert pool.health() == ()


def test_removed_camera_leaves_no_thread_of_either_stream(both: CameraPool, seen: Collector) -> None:
    seen.wait(1)
    both.remove("gate")
    assert reader_threads() == []


def test_rare_key_frames_are_said(clip, seen: Collector, pool: CameraPool) -> None:
    pool.add("gate", looped(clip(seconds=14, gop=150, size_wh=(64, 48))))
    eventually(lambda: pool.health()[0].key_fault == "rare", "rare key frames")
