"""A reader keeps a camera alive: dead ones, odd ones, and those that come back."""

import logging
import threading
import time
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path

import av
import pytest

import streams.reader as reader_module
from streams.dialing import DialBudget, DialLimits
from streams.errors import (
    FeedClosedError,
    NotInRingError,
    StreamAuthError,
    StreamOpenError,
    UnknownCameraError,
)
from streams.gears import Gear
from streams.opening import Openers
from streams.pool import CameraPool
from streams.reader import CameraReader, ReaderOptions
from streams.settings import StreamSettings
from tests.rtsp.server import free_port
from tests.streams.fakes import GateOpener, ScriptedOpener
from tests.streams.helpers import FORMAT, LIMIT_S, Collector, eventually, fake_packet, reader_threads

HASTY = StreamSettings(first_wait_s=0.01, longest_wait_s=0.02)


@pytest.fixture
def seen() -> Collector:
    return Collector()


@pytest.fixture
def pools() -> Iterator[list[CameraPool]]:
    made: list[CameraPool] = []
    yield made
    for pool in made:
        pool.close()
    assert reader_threads() == []


def pool_with(pools: list[CameraPool], seen: Collector, opener=None, **options) -> CameraPool:
    pool = CameraPool(Openers({"synthetic": opener} if opener else {}), seen, **options)
    pools.append(pool)
    return pool


def test_starts_with_every_camera_dead_and_says_why(pools, seen: Collector, tmp_path: Path) -> None:
    pool = pool_with(pools, seen)
    pool.add("port", f"rtsp://admin:geheim@127.0.0.1:{free_port()}/live", HASTY)
    pool.add("file", str(tmp_path / "missing.mp4"))
    pool.add("host", "rtsp://admin:geheim@no-such-host.invalid/live", HASTY)
    eventually(lambda: all(health.problem for health in pool.health()), "problems of all cameras")
    port, file, host = pool.health()
    assert {port.state, file.state, host.state} == {"away"}
    assert "refused the connection" in port.problem
    assert "does not exist" in file.problem
    assert "cannot be reached" in host.problem
    assert "geheim" not in f"{port}{file}{host}"


def test_dead_cameras_do_not_hold_up_a_living_one(pools, seen: Collector, clip) -> None:
    pool = pool_with(pools, seen)
    for number in range(10):
        pool.add(f"dead-{number}", f"rtsp://127.0.0.1:{free_port()}/live", HASTY)
    pool.add("gate", clip(seconds=2).as_uri() + "?loop=1").want("test", Gear.full())
    assert seen.wait(20, "gate")


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"just some text\n" * 100, "is a text file"),
        (b"", "is empty"),
        (bytes(range(256)) * 50, "is not a video"),
    ],
)
def test_file_that_is_no_video_is_refused_with_one_sentence(
    pools, seen: Collector, tmp_path: Path, content: bytes, says: str
) -> None:
    path = tmp_path / "clip.mp4"
    path.write_bytes(content)
    reader = pool_with(pools, seen).add("gate", str(path))
    eventually(lambda: reader.health().state == "refused", "refused")
    assert says in reader.health().problem
    assert str(path) in reader.health().problem
    eventually(lambda: reader_threads() == [], "its thread ended")


def test_file_in_a_foreign_codec_is_refused_by_name(pools, seen: Collector, clip) -> None:
    path = clip("mkv", codec="vp9", seconds=0.4, size_wh=(64, 48))
    reader = pool_with(pools, seen).add("gate", str(path))
    eventually(lambda: reader.health().state == "refused", "refused")
    assert "vp9" in reader.health().problem


def test_folder_as_a_camera_is_refused_with_one_sentence(pools, seen: Collector, tmp_path: Path) -> None:
    reader = pool_with(pools, seen).add("gate", str(tmp_path))
    eventually(lambda: reader.health().state == "refused", "refused")
    assert "is a folder" in reader.health().problem


def test_file_without_its_index_is_called_truncated(pools, seen: Collector, clip, tmp_path: Path) -> None:
    path = tmp_path / "cut.mp4"
    path.write_bytes(clip(seconds=4).read_bytes()[:3000])
    reader = pool_with(pools, seen).add("gate", str(path))
    eventually(lambda: reader.health().state == "refused", "refused")
    assert "is truncated" in reader.health().problem


def test_file_that_breaks_off_plays_to_there_and_says_so(pools, seen: Collector, clip, tmp_path: Path) -> None:
    whole = tmp_path / "whole.mp4"
    with av.open(str(clip(seconds=4))) as source, av.open(str(whole), "w", options={"movflags": "faststart"}) as target:
        stream = target.add_stream_from_template(source.streams.video[0])
        for packet in source.demux(video=0):
            if packet.size:
                packet.stream = stream
                target.mux(packet)
    data = whole.read_bytes()
    path = tmp_path / "cut.mp4"
    path.write_bytes(data[: data.index(b"mdat") + (len(data) - data.index(b"mdat")) // 3])
    reader = pool_with(pools, seen).add("gate", str(path))
    eventually(lambda: reader.health().state == "stopped", "stopped")
    assert "truncated" in reader.health().problem
    assert reader.health().packets > 10


def test_file_plays_once_and_stops_without_a_problem(pools, seen: Collector, clip) -> None:
    path = str(clip(seconds=1, b_frames=2))
    reader = CameraReader("gate", path, HASTY, openers=Openers(), deliver=seen, dial=DialBudget())
    reader.want("test", Gear.full())
    reader.start()
    eventually(lambda: reader.health().state == "stopped", "stopped")
    reader.stop()
    assert (len(seen.frames), reader.health().problem) == (25, "")


def test_file_plays_in_real_time(pools, seen: Collector, clip) -> None:
    began_s = time.monotonic()
    reader = pool_with(pools, seen).add("gate", str(clip(seconds=1)))
    eventually(lambda: reader.health().state == "stopped", "stopped")
    assert time.monotonic() - began_s >= 0.9


def test_looping_file_goes_on_in_time_over_its_end(pools, seen: Collector, clip) -> None:
    reader = pool_with(pools, seen, options=ReaderOptions(start_t_s=0.0)).add("gate", f"{clip(seconds=1)}?loop=1")
    reader.want("test", Gear.full())
    frames = seen.wait(60)
    assert (reader.ring.span() or (1.0, 1.0))[0] == 0.0
    assert frames[59].t_s == pytest.approx(59 / 25, abs=1.0)
    assert reader.health().reconnects == 0


def test_refused_password_is_asked_once_and_never_again(pools, seen: Collector) -> None:
    opener = ScriptedOpener(StreamAuthError("rtsp://gate refused the user name or password"))
    reader = pool_with(pools, seen, opener).add("gate", "synthetic://x", HASTY)
    eventually(lambda: reader.health().state == "refused", "refused")
    eventually(lambda: not reader_threads(), "the thread's end")
    assert opener.calls == 1


def test_camera_that_comes_back_is_live_again(pools, seen: Collector, clip) -> None:
    away = StreamOpenError("gate is away")
    opener = ScriptedOpener(away, away, away, clip(seconds=1), clip(seconds=1), away)
    reader = pool_with(pools, seen, opener).add("gate", "synthetic://x", HASTY)
    reader.want("test", Gear.full())
    frames = seen.wait(50)
    assert frames[49].t_s > frames[0].t_s + 0.9
    eventually(lambda: reader.health().state == "away", "away again")
    assert reader.health().reconnects == 1


def test_camera_is_tried_for_ever(pools, seen: Collector) -> None:
    opener = ScriptedOpener(StreamOpenError("gate is away"))
    pool_with(pools, seen, opener).add("gate", "synthetic://x", HASTY)
    assert opener.wait(30, LIMIT_S)


def test_away_is_said_once_and_keeps_its_beginning(pools, seen: Collector, caplog: pytest.LogCaptureFixture) -> None:
    opener = ScriptedOpener(StreamOpenError("gate is away"))
    with caplog.at_level(logging.INFO, "streams"):
        reader = pool_with(pools, seen, opener).add("gate", "synthetic://x", HASTY)
        assert opener.wait(3, LIMIT_S)
        since = reader.health().since
        assert opener.wait(10, LIMIT_S)
    assert reader.health().since == since
    assert len([record for record in caplog.records if "away" in record.message]) == 1


def test_error_of_a_library_never_shows_its_message(pools, seen: Collector, caplog: pytest.LogCaptureFixture) -> None:
    leak = av.error.ValueError if hasattr(av.error, "ValueError") else av.InvalidDataError
    opener = ScriptedOpener(leak(1094995529, "Invalid data", "rtsp://admin:geheim@10.0.0.5/"))
    reader = pool_with(pools, seen, opener).add("gate", "synthetic://x", HASTY)
    eventually(lambda: reader.health().problem, "a problem")
    assert "geheim" not in reader.health().problem + caplog.text
    assert opener.wait(3, LIMIT_S)


@pytest.mark.parametrize("sign", ["：", "？", "＃", "＠", "／", "[", "]", "[1]"])
def test_password_of_a_dead_camera_reaches_no_log(
    pools, seen: Collector, caplog: pytest.LogCaptureFixture, sign: str
) -> None:
    caplog.set_level(logging.DEBUG)
    url = f"rtsp://admin:Geheim{sign}1@127.0.0.1:{free_port()}/live"
    reader = pool_with(pools, seen).add("gate", url, HASTY)
    eventually(lambda: "still away" in caplog.text or "unexpected" in caplog.text, "a second try, after a knock")
    assert "Geheim" not in reader.health().problem + caplog.text
    assert reader.health().problem_code == "stream_refused"


@pytest.mark.parametrize(
    "surprise",
    [
        ValueError("Port could not be cast to integer value as 'geheim'"),
        RuntimeError("nothing plays rtsp://admin:geheim@10.0.0.5/live"),
        KeyError("rtsp://admin:geheim：1@10.0.0.5/live"),
    ],
)
def test_surprise_is_logged_without_what_may_be_a_password(
    pools, seen: Collector, caplog: pytest.LogCaptureFixture, surprise: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise surprise

    monkeypatch.setattr(reader_module.PacketSource, "open", fail)
    pool_with(pools, seen).add("gate", "rtsp://admin:geheim@10.0.0.5/live", HASTY)
    eventually(lambda: f"unexpected {type(surprise).__name__}" in caplog.text, "the surprise in the log")
    assert "geheim" not in caplog.text


def test_consumer_that_fails_does_not_end_the_watch(pools, clip) -> None:
    taken = Collector()

    def deliver(frame) -> None:
        taken(frame)
        if len(taken.frames) == 3:
            raise RuntimeError("the consumer broke")

    opener = ScriptedOpener(clip(seconds=1))
    reader = pool_with(pools, deliver, opener).add("gate", "synthetic://x", HASTY)
    reader.want("test", Gear.full())
    taken.wait(40)
    assert reader.health().reconnects >= 1


def test_gear_follows_what_consumers_want(pools, seen: Collector, clip) -> None:
    reader = pool_with(pools, seen).add("gate", clip(seconds=4).as_uri() + "?loop=1")
    reader.want("rules", Gear.rate(0.5))
    reader.want("viewer", Gear.full())
    eventually(lambda: reader.health().gear == Gear.full(), "full")
    reader.unwant("viewer")
    eventually(lambda: reader.health().gear == Gear("key", 0.5), "key frames, as they come each second")
    reader.unwant("rules")
    eventually(lambda: reader.health().gear == Gear.off(), "off")


def test_stopping_ends_a_long_wait_at_once(pools, seen: Collector) -> None:
    opener = ScriptedOpener(StreamOpenError("gate is away"))
    pool = pool_with(pools, seen, opener)
    pool.add("gate", "synthetic://x", StreamSettings(first_wait_s=60, longest_wait_s=3600))
    assert opener.wait(1, LIMIT_S)
    began_s = time.monotonic()
    pool.close()
    assert time.monotonic() - began_s < 10


def test_no_more_cameras_are_dialled_at_once_than_the_budget_allows(pools, seen: Collector) -> None:
    opener = GateOpener()
    pool = pool_with(pools, seen, opener, dial=DialBudget(DialLimits(at_once=3, per_s=1000, lease_s=3600)))
    for number in range(12):
        pool.add(f"camera-{number}", "synthetic://x", HASTY)
    eventually(lambda: opener.waiting == 3, "three dials")
    opener.gate.set()
    eventually(lambda: all(health.problem for health in pool.health()), "a try of each camera")
    assert opener.most_waiting == 3


def test_readers_that_wait_for_the_budget_stop_at_once(pools, seen: Collector) -> None:
    opener = GateOpener()
    budget = DialBudget(DialLimits(at_once=1, per_s=1000, lease_s=3600))
    pool = pool_with(pools, seen, opener, dial=budget)
    pool.add("first", "synthetic://x", HASTY)
    eventually(lambda: opener.waiting == 1, "the first dial")
    pool.add("second", "synthetic://x", HASTY)
    pool.remove("second")
    assert reader_threads() == ["reader-first"]
    opener.gate.set()


def test_cameras_that_do_not_answer_hold_up_no_other(pools, seen: Collector) -> None:
    opener = GateOpener()
    pool = pool_with(pools, seen, opener, dial=DialBudget(DialLimits(at_once=1, per_s=1000, lease_s=0.01)))
    for number in range(5):
        pool.add(f"camera-{number}", "synthetic://x", HASTY)
    eventually(lambda: opener.waiting == 5, "all five dial, although none was answered")
    opener.gate.set()


def test_budget_without_a_dial_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one"):
        DialLimits(at_once=0)


def test_camera_can_be_removed_and_added_while_others_run(pools, seen: Collector, clip) -> None:
    pool = pool_with(pools, seen)
    url = clip(seconds=2).as_uri() + "?loop=1"
    pool.add("gate", url)
    pool.add("market", url).want("test", Gear.full())
    pool.remove("gate")
    pool.add("gate", url).want("test", Gear.full())
    seen.wait(5, "gate")
    assert [health.camera_id for health in pool.health()] == ["market", "gate"]


@pytest.mark.parametrize("ends_in_time", [True, False])
def test_camera_that_reads_on_while_it_is_removed_burdens_no_other(
    pools, seen: Collector, monkeypatch: pytest.MonkeyPatch, ends_in_time: bool
) -> None:
    pool = pool_with(pools, seen, ScriptedOpener(StreamOpenError("it is away")), rings_bytes=1000)
    patient = StreamSettings(first_wait_s=60.0, longest_wait_s=60.0)
    gone, other = (pool.add(camera_id, "synthetic://x", patient) for camera_id in ("gone", "other"))
    stop = gone.stop

    def read_on() -> None:
        for number in range(5):
            gone.ring.add(FORMAT, fake_packet(2.0 * number, is_key=True))
        stop()
        if not ends_in_time:
            raise TimeoutError("reader of camera gone did not end within 20 s")

    monkeypatch.setattr(gone, "stop", read_on)
    with nullcontext() if ends_in_time else pytest.raises(TimeoutError, match="camera gone"):
        pool.remove("gone")
    for number in range(10):
        other.ring.add(FORMAT, fake_packet(2.0 * number, is_key=True))
    assert other.ring.bytes == 1000


def test_same_id_twice_is_refused(pools, seen: Collector, clip) -> None:
    pool = pool_with(pools, seen)
    pool.add("gate", str(clip(seconds=1)))
    with pytest.raises(ValueError, match="gate exists already"):
        pool.add("gate", str(clip(seconds=1)))


def test_bad_url_is_refused_before_a_thread_starts(pools, seen: Collector) -> None:
    with pytest.raises(ValueError, match="known are"):
        pool_with(pools, seen).add("gate", "htp://10.0.0.5/live")
    assert reader_threads() == []


def test_unknown_camera_is_named(pools, seen: Collector) -> None:
    pool = pool_with(pools, seen)
    with pytest.raises(UnknownCameraError, match="nowhere"):
        pool.reader("nowhere")
    with pytest.raises(UnknownCameraError, match="nowhere"):
        pool.remove("nowhere")


def test_reader_that_does_not_end_leaves_no_other_one_running(
    pools, seen: Collector, clip, monkeypatch: pytest.MonkeyPatch
) -> None:
    pool = pool_with(pools, seen)
    url = clip(seconds=2).as_uri() + "?loop=1"
    stuck, other = pool.add("stuck", url), pool.add("other", url)
    stop = stuck.stop

    def stop_late() -> None:
        stop()
        raise TimeoutError("reader of camera stuck did not end within 20 s")

    monkeypatch.setattr(stuck, "stop", stop_late)
    feed = other.live()
    with pytest.raises(TimeoutError, match="camera stuck"):
        pool.close()
    with pytest.raises(FeedClosedError):
        feed.next_chunk(LIMIT_S)


def test_still_before_the_first_picture_says_so(seen: Collector) -> None:
    reader = CameraReader("gate", "x.mp4", HASTY, openers=Openers(), deliver=seen, dial=DialBudget())
    with pytest.raises(NotInRingError, match="gate has sent no picture yet"):
        reader.still()


def test_stopped_camera_gives_no_live_feed(pools, seen: Collector, clip) -> None:
    reader = pool_with(pools, seen).add("gate", str(clip(seconds=1)))
    reader.stop()
    with pytest.raises(FeedClosedError, match="gate was stopped"):
        reader.live()


def test_viewer_begins_with_the_key_frame_of_the_group_that_runs(seen: Collector) -> None:
    reader = CameraReader("gate", "x.mp4", HASTY, openers=Openers(), deliver=seen, dial=DialBudget())
    for number in range(450):
        reader._keep(FORMAT, fake_packet(number / 25, is_key=number == 0))
    with reader.live() as feed:
        reader._keep(FORMAT, fake_packet(18.0))
        assert feed._take(0)[1].t_s == 0.0
        assert feed.dropped == 0


def test_viewer_that_left_is_forgotten(pools, seen: Collector, clip) -> None:
    reader = pool_with(pools, seen).add("gate", clip(seconds=2).as_uri() + "?loop=1")
    with reader.live():
        assert len(reader._feeds) == 1
    assert reader._feeds == []


def test_threads_are_named_after_their_camera(pools, seen: Collector, clip) -> None:
    pool_with(pools, seen).add("gate-3", clip(seconds=2).as_uri() + "?loop=1")
    assert "reader-gate-3" in [thread.name for thread in threading.enumerate()]


def test_camera_that_flaps_is_tried_ever_more_slowly(pools, seen: Collector, clip, monkeypatch) -> None:
    waits: list[float] = []
    plain = reader_module.CameraReader._say_away
    monkeypatch.setattr(
        reader_module.CameraReader, "_say_away", lambda self, err: waits.append(plain(self, err)) or waits[-1] / 1000
    )
    opener = ScriptedOpener(clip(seconds=0.4))
    pool_with(pools, seen, opener).add("gate", "synthetic://x", StreamSettings(first_wait_s=1, longest_wait_s=60))
    eventually(lambda: len(waits) >= 8, "eight tries")
    assert waits[7] > 10 * waits[0]


def test_closed_pool_still_gives_what_its_cameras_sent(clip, pools, seen) -> None:
    pool = pool_with(pools, seen)
    reader = pool.add("gate", str(clip(seconds=1)))
    eventually(lambda: reader.ring.span() is not None, "a picture")
    pool.close()
    assert pool.reader("gate").still().size_wh == (320, 240)
