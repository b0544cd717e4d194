"""The looking thread outlives what is asked of it, and says what it cannot do."""

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial

import numpy as np
import pytest

from detectors.rules import Pace
from models.lanes import usable_cores
from pipeline.inference import InferenceLoop, Watched
from pipeline.intake import FAILED, FrameIntake
from pipeline.watch import CameraWatch, Looked
from streams.offers import KeyDecoders, Offer
from vision.closer_look import CloserLook, Look, Pane, Sheet
from vision.detections import Detections
from vision.frames import Frame, Planes
from vision.perception import Glance

LIMIT_S = 60.0
"""Patience on a loaded machine; what is awaited comes within a second."""

START = datetime(2026, 11, 21, 4, 0, tzinfo=UTC)
PLANES = Planes(np.full((48, 64), 90, np.uint8), np.full((24, 32), 128, np.uint8), np.full((24, 32), 128, np.uint8))


def picture(t_s: float) -> Frame:
    return Frame("gate", int(t_s), t_s, START + timedelta(seconds=t_s), 0.1, PLANES)


class SeesNothing:
    """A model that finds nothing, or does what a test tells it to."""

    def __init__(self) -> None:
        self.do: Callable[[], None] = lambda: None

    def detect(self, frames: Sequence[Frame]) -> list[Detections]:
        self.do()
        return [Detections.of([]) for _ in frames]


class ToldIntake(FrameIntake):
    """An intake that tells of each look that failed."""

    def __init__(self) -> None:
        super().__init__(stale_after_s=LIMIT_S)
        self.failed = threading.Semaphore(0)

    def count_dropped(self, camera_ids: Iterable[str], cause: str) -> None:
        super().count_dropped(camera_ids, cause)
        if cause == FAILED:
            self.failed.release()


class Street:
    """A loop with one camera `gate`, whose looks can be awaited."""

    def __init__(self) -> None:
        self.intake = ToldIntake()
        self.model = SeesNothing()
        # As after a bench that found single pictures to be best; there is still one for each core.
        self.loop = InferenceLoop("test", self.model, self.intake, self._on_looked, most=1)
        self._looked = threading.Semaphore(0)
        self.intake.add("gate")
        self.watched = Watched(CameraWatch("gate", ()), Pace.close(100.0), want=lambda _: None)
        self.loop.start()
        self.loop.between_and_wait(lambda watches: watches.update(gate=self.watched), LIMIT_S)

    def _on_looked(self, _watched: Watched, _looked: Looked) -> None:
        self._looked.release()

    def show(self, t_s: float) -> None:
        self.intake.put(Offer("gate", t_s, lambda _: picture(t_s)))

    def look(self, t_s: float) -> None:
        """Show a picture and wait until it was looked at."""
        self.show(t_s)
        assert self.looked(LIMIT_S)

    def looked(self, timeout_s: float) -> bool:
        """Wait until somebody was looked at; returns False where nobody was."""
        return self._looked.acquire(timeout=timeout_s)

    def fail(self, t_s: float) -> None:
        """Show a picture and wait until the look at it has failed."""
        self.show(t_s)
        assert self.intake.failed.acquire(timeout=LIMIT_S)
        self.loop.between_and_wait(lambda _: None, LIMIT_S)


@pytest.fixture
def street() -> Iterator[Street]:
    made = Street()
    yield made
    made.loop.stop()


def test_errand_that_fails_is_told_to_who_waits_for_it(street: Street) -> None:
    with pytest.raises(KeyError, match="nobody"):
        street.loop.between_and_wait(lambda watches: watches["nobody"].watch.set_zones(()), LIMIT_S)


def test_looking_goes_on_after_an_errand_that_failed(street: Street) -> None:
    with pytest.raises(KeyError):
        street.loop.between_and_wait(lambda watches: watches["nobody"].watch.set_zones(()), LIMIT_S)
    street.look(1.0)


def test_errand_that_fails_while_nobody_waits_is_said_in_the_log(
    street: Street, caplog: pytest.LogCaptureFixture
) -> None:
    def slip(_: dict[str, Watched]) -> None:
        raise RuntimeError("the errand slipped")

    street.loop.between(slip)
    street.loop.between_and_wait(lambda _: None, LIMIT_S)
    assert "the errand slipped" in caplog.text


def test_errand_that_fails_leaves_those_behind_it_to_be_done(street: Street) -> None:
    done = threading.Event()

    def slip(_: dict[str, Watched]) -> None:
        raise RuntimeError("the errand slipped")

    street.loop.between(slip)
    street.loop.between(lambda _: done.set())
    assert done.wait(LIMIT_S)


def test_camera_whose_looks_fail_is_named_until_one_succeeds(street: Street) -> None:
    before = CameraWatch("gate", ())
    before.look(picture(1000.0), None)
    street.watched.watch.restore(before.checkpoint())
    street.fail(990.0)
    assert "t_s runs back" in street.loop.failing["gate"]
    street.look(1001.0)
    assert street.loop.failing == {}


def test_model_that_does_not_speak_of_each_picture_is_said_to_fail(
    street: Street, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(street.model, "detect", lambda frames: [])
    street.fail(1.0)
    assert "shown 1 pictures and spoke of 0" in street.loop.problem
    monkeypatch.undo()
    street.look(40.0)
    assert street.loop.problem == ""


@pytest.mark.skipif(usable_cores() < 2, reason="one core looks at one picture at a time")
def test_pictures_of_two_cameras_are_opened_at_the_same_time(street: Street) -> None:
    street.intake.add("yard")
    yard = Watched(CameraWatch("yard", ()), Pace.close(100.0), want=lambda _: None)
    together = threading.Barrier(2)

    def show_both(watches: dict[str, Watched]) -> None:
        watches["yard"] = yard
        for camera_id in ("gate", "yard"):
            street.intake.put(Offer(camera_id, 1.0, partial(opened, camera_id)))

    def opened(camera_id: str, _decoders: KeyDecoders) -> Frame:
        together.wait(LIMIT_S)  # broken, and the look failed, where one is opened after the other
        return replace(picture(1.0), camera_id=camera_id)

    street.loop.between_and_wait(show_both, LIMIT_S)
    assert street.looked(LIMIT_S)
    assert street.looked(LIMIT_S)
    assert street.loop.failing == {}


class Undecided(CameraWatch):
    """A watch that fails when it is asked whether the model must look."""

    def wants_model(self, glance: Glance, model_hz: float) -> bool:
        raise RuntimeError(f"undecided at {model_hz:g} Hz about {glance.frame.camera_id}")


class Late(CameraWatch):
    """A watch that fails when it is asked whether a picture is due."""

    def is_due(self, t_s: float, look_hz: float) -> bool:
        raise RuntimeError(f"undecided at {look_hz:g} Hz about {t_s:g} s")


@pytest.mark.parametrize("kind", [Undecided, Late])
def test_camera_that_fails_takes_no_other_with_it(street: Street, kind: type[CameraWatch]) -> None:
    failing = Watched(kind("yard", ()), Pace.close(100.0), want=lambda _: None)
    street.intake.add("yard")
    street.loop.between_and_wait(lambda watches: watches.update(yard=failing), LIMIT_S)
    street.loop.between(lambda _: (street.show(1.0), street.intake.put(Offer("yard", 1.0, lambda _: picture(1.0)))))
    assert street.looked(LIMIT_S)
    assert street.intake.failed.acquire(timeout=LIMIT_S)
    street.loop.between_and_wait(lambda _: None, LIMIT_S)
    assert "undecided" in street.loop.failing["yard"]
    assert street.intake.counts("yard").dropped == {FAILED: 1}
    for camera_id in ("gate", "yard"):
        counts = street.intake.counts(camera_id)
        assert counts.offered == counts.looked + sum(counts.dropped.values()) == 1


def test_looking_thread_that_ended_is_said(street: Street, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threading, "excepthook", lambda _: None)  # pytest's own would make it a failure of the test
    assert not street.loop.has_ended
    [thread] = [thread for thread in threading.enumerate() if thread.name == "inference-test"]

    def end() -> None:
        raise SystemExit

    street.model.do = end
    street.show(1.0)
    thread.join(LIMIT_S)
    assert street.loop.has_ended


def test_surprise_between_two_looks_does_not_end_the_thread(
    street: Street, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    surprised = threading.Event()
    take = street.intake.take

    def surprise(most: int, wait_s: float) -> list[Offer]:
        if not surprised.is_set():
            surprised.set()
            raise RuntimeError("nobody expected this")
        return take(most, wait_s)

    monkeypatch.setattr(street.intake, "take", surprise)
    assert surprised.wait(LIMIT_S)
    street.look(1.0)
    assert "nobody expected this" in caplog.text


class Attentive(CameraWatch):
    """A watch that wants every look to be a closer one, too."""

    def wants_model(self, glance: Glance, model_hz: float) -> bool:
        return model_hz > 0

    def closer(self, glance: Glance) -> CloserLook:
        return CloserLook(glance.frame, Sheet(8, (Pane((0, 0, 32, 32), (0, 0)),), frozenset({0})))


def test_closer_look_goes_through_the_model_with_its_frame_and_comes_back_as_one() -> None:
    batches: list[list[Look]] = []
    looked: list[Looked] = []
    done = threading.Event()

    class SeesOne:
        def detect(self, frames: Sequence[Look]) -> list[Detections]:
            batches.append(list(frames))
            places = [(float(10 * n), 4.0, 10.0 * n + 8, 12.0) for n in range(len(frames))]
            return [Detections.of([(box, 0.8, 3)]) for box in places]

    def note(_: Watched, look: Looked) -> None:
        looked.append(look)
        done.set()

    intake = ToldIntake()
    loop = InferenceLoop("test", SeesOne(), intake, note, closer_per_s=5.0)
    intake.add("gate")
    watched = Watched(Attentive("gate", (), input_wh=(32, 32)), Pace.close(100.0), want=lambda _: None)
    loop.start()
    try:
        loop.between_and_wait(lambda watches: watches.update(gate=watched), LIMIT_S)
        intake.put(Offer("gate", 1.0, lambda _: picture(1.0)))
        assert done.wait(LIMIT_S)
    finally:
        loop.stop()
    assert [type(look) for look in batches[0]] == [Frame, CloserLook]
    assert sorted(looked[0].observation.detections.boxes[:, 0].tolist()) == [0.0, 10.0]
