"""A shard whose cameras come and go, fail, and are taken up after a restart."""

import queue
import threading
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from detectors.catalog import ZoneSettings
from detectors.events import Event, Phase
from pipeline.checkpoints import CheckpointFolder
from pipeline.intake import FAILED
from pipeline.messages import BoxesMessage
from pipeline.shard import Shard, ShardListeners
from pipeline.watch import CameraWatch, WatchState
from streams.errors import UnknownCameraError
from streams.opening import Openers
from streams.settings import StreamSettings
from tests.pipeline import drawn_street
from tests.pipeline.drawn_street import ColourLooker, opener
from tests.rtsp.clips import Pattern, encode_clip
from vision.detections import Detections
from vision.frames import Frame, Planes

LIMIT_S = 60.0
"""Patience on a loaded machine; what is awaited comes within seconds."""


class SeesNothing:
    def detect(self, frames: Sequence[Frame]) -> list[Detections]:
        return [Detections.empty() for _ in frames]


class Running:
    """A shard on a folder; its looks can be awaited."""

    def __init__(self, folder: Path) -> None:
        self._looks = threading.Semaphore(0)
        self.checkpoints = CheckpointFolder(folder)
        listeners = ShardListeners(on_event=lambda _: None, on_boxes=self._on_boxes)
        self.shard = Shard("test", SeesNothing(), Openers(), self.checkpoints, listeners)
        self.shard.start()

    def _on_boxes(self, _message: BoxesMessage) -> None:
        self._looks.release()

    def add(self, camera_id: str, url: str = "file:///nowhere/there-is-none.mp4") -> None:
        self.shard.add(camera_id, url, StreamSettings(), ())

    def wait_for_looks(self, count: int) -> None:
        for _ in range(count):
            assert self._looks.acquire(timeout=LIMIT_S)


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    made = Running(tmp_path / "checkpoints")
    yield made
    made.shard.stop()


@pytest.fixture(scope="module")
def street(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The URL of a short clip that is played over and over."""
    path = encode_clip(tmp_path_factory.mktemp("clip") / "street.mp4", Pattern(seconds=2))
    return path.as_uri() + "?loop=1"


def seen_at(t_s: float) -> WatchState:
    """What is known of a street that was last looked at then."""
    watch = CameraWatch("gate", ())
    grey = [np.full((240 // n, 320 // n), 128, np.uint8) for n in (1, 2, 2)]
    at = datetime(2026, 11, 21, 4, 0, tzinfo=UTC) + timedelta(seconds=1)
    watch.look(Frame("gate", 1, t_s, at, 0.1, Planes(*grey)), Detections.empty())
    return watch.checkpoint()


def stuck() -> None:
    raise TimeoutError("reader of camera gate did not end within 20 s")


def test_zones_of_a_camera_that_is_just_removed_are_refused(running: Running) -> None:
    running.add("gate")
    running.shard.remove("gate")
    with pytest.raises(UnknownCameraError, match="gate"):
        running.shard.set_zones("gate", ())


def test_looking_goes_on_after_zones_of_an_unknown_camera(running: Running, street: str) -> None:
    with pytest.raises(UnknownCameraError):
        running.shard.set_zones("nobody", ())
    running.add("gate", street)
    running.wait_for_looks(1)
    assert running.shard.problems() == ()


def test_camera_is_looked_at_though_the_wall_clock_was_set_back_over_the_restart(running: Running, street: str) -> None:
    an_hour_ahead_s = datetime.now(UTC).timestamp() + 3600
    running.checkpoints.save("gate", seen_at(an_hour_ahead_s))
    running.add("gate", street)
    running.wait_for_looks(1)
    running.shard.save_checkpoints()
    kept = running.checkpoints.load("gate")
    assert kept is not None
    after = CameraWatch("gate", ())
    after.restore(kept)
    assert after.last_t_s is not None
    assert after.last_t_s > an_hour_ahead_s
    assert running.shard.counts("gate").dropped.get(FAILED, 0) == 0


def test_camera_whose_pictures_cannot_be_judged_is_a_problem(
    running: Running, street: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    failed = threading.Event()
    complain = running.shard._loop._complain

    def fail(*_: object) -> None:
        raise ValueError("t_s runs back from 1000 to 990")

    def complained(*of: object) -> None:
        complain(*of)
        failed.set()

    monkeypatch.setattr(CameraWatch, "take", fail)
    monkeypatch.setattr(running.shard._loop, "_complain", complained)
    running.add("gate", street)
    assert failed.wait(LIMIT_S)
    [problem] = running.shard.problems()
    assert (problem.code, problem.facts) == ("looks_fail", {"camera_id": "gate"})
    assert "t_s runs back" in problem.message


def test_camera_that_nothing_can_open_leaves_its_id_free(running: Running, street: str) -> None:
    with pytest.raises(ValueError, match="known are"):
        running.add("gate", "synthetic://street")
    running.add("gate", street)
    running.wait_for_looks(1)


def test_camera_is_added_at_once_however_busy_looking_is(running: Running, street: str) -> None:
    goes_on = threading.Event()
    running.shard._loop.between(lambda _: goes_on.wait(LIMIT_S) and None)
    running.add("gate", street)
    assert running.shard.counts("gate").looked == 0
    goes_on.set()
    running.wait_for_looks(1)


def test_one_camera_whose_state_cannot_be_told_loses_no_other(
    running: Running, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    checkpoint: Callable[[CameraWatch], WatchState] = CameraWatch.checkpoint

    def told(watch: CameraWatch) -> WatchState:
        if watch.camera_id == "bad":
            raise RuntimeError("its state is in a tangle")
        return checkpoint(watch)

    monkeypatch.setattr(CameraWatch, "checkpoint", told)
    running.add("bad")
    running.add("good")
    running.shard.save_checkpoints()
    assert running.checkpoints.load("good") is not None
    assert "camera bad: a restart now would lose dwell clocks: its state is in a tangle" in caplog.text


def test_camera_removed_while_checkpoints_are_kept_leaves_none(
    running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    running.add("gate")
    removing = threading.Thread(target=running.shard.remove, args=("gate",))
    save = running.checkpoints.save

    def save_meanwhile(camera_id: str, kept: WatchState) -> None:
        removing.start()
        removing.join(2.0)  # it is to wait for us; were it not to, it would be done by now
        save(camera_id, kept)

    monkeypatch.setattr(running.checkpoints, "save", save_meanwhile)
    running.shard.save_checkpoints()
    removing.join(LIMIT_S)
    assert running.checkpoints.load("gate") is None


def test_reader_that_does_not_end_costs_no_checkpoint_and_no_thread(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    running = Running(tmp_path)
    running.add("gate")
    close = running.shard._pool.close

    def close_late() -> None:
        close()
        stuck()

    monkeypatch.setattr(running.shard._pool, "close", close_late)
    running.shard.stop()
    assert running.checkpoints.load("gate") is not None
    assert "inference-test" not in [thread.name for thread in threading.enumerate()]


def test_reader_that_does_not_end_does_not_keep_its_camera_from_being_removed(
    running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    running.add("gate")
    reader = running.shard.reader("gate")
    stop = reader.stop

    def stop_late() -> None:
        stop()
        stuck()

    monkeypatch.setattr(reader, "stop", stop_late)
    running.shard.remove("gate")
    with pytest.raises(UnknownCameraError):
        running.shard.set_zones("gate", ())


ZONES = (
    ZoneSettings.model_validate(
        {"id": "kerb", "polygon": [[0, 0], [1, 0], [1, 1], [0, 1]], "rule": {"kind": "parking", "limit_s": 1}}
    ),
)


def test_state_in_which_an_offence_began_or_ended_is_kept_at_once_when_it_is_asked_for(tmp_path: Path) -> None:
    told: dict[Phase, queue.Queue[Event]] = {phase: queue.Queue() for phase in Phase}
    reds: list[float | None] = [0.0]
    listeners = ShardListeners(on_event=lambda event: told[event.phase].put(event), on_boxes=lambda _: None)
    checkpoints = CheckpointFolder(tmp_path / "checkpoints")
    openers = Openers({"synthetic": opener(lambda: drawn_street.street(red=reds[-1], blue=None))})
    shard = Shard("test", ColourLooker(), openers, checkpoints, listeners)
    shard.start()
    try:
        shard.add("gate", "synthetic://parking", StreamSettings(), ZONES)
        event = told[Phase.RAISED].get(timeout=LIMIT_S)
        assert checkpoints.load("gate") is None
        standing = kept_by(shard, checkpoints).standing
        assert [(each.event_id, each.phase) for each in standing] == [(event.event_id, Phase.RAISED)]
        checkpoints.remove("gate")
        shard.keep_watch("gate")
        assert checkpoints.load("gate") is None, "it was kept already, and nothing began or ended since"
        reds.append(None)
        assert told[Phase.ENDED].get(timeout=2 * LIMIT_S).event_id == event.event_id
        after = kept_by(shard, checkpoints)
        assert (after.standing, [each.event_id for each in after.over]) == ((), [event.event_id])
        assert shard.standing() == shard.ended_before() == ()
    finally:
        shard.stop()
    again = Shard("test", ColourLooker(), openers, checkpoints, listeners)
    again.add("gate", "synthetic://parking", StreamSettings(), ZONES)
    assert again.ended_before() == after.over
    again.stop()


def kept_by(shard: Shard, checkpoints: CheckpointFolder) -> CameraWatch:
    """Return a watch of the next start."""
    shard.keep_watch("gate")
    kept = checkpoints.load("gate")
    assert kept is not None
    after = CameraWatch("gate", ZONES)
    after.restore(kept)
    return after
