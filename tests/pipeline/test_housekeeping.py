"""Regular work: checkpoints kept, failures said once, changes told once."""

import logging
import threading
from collections.abc import Callable

import pytest

from pipeline.housekeeping import TELLS_A_CHECKPOINT, TELLS_A_RETENTION, Housekeeper, HouseParts
from pipeline.hub import Hub
from pipeline.messages import Message
from streams.gears import Gear
from streams.health import CameraHealth, HealthMeter
from streams.timeline import Clocks

LIMIT_S = 60.0


class NotedHub(Hub):
    def __init__(self) -> None:
        super().__init__()
        self.noted: list[Message] = []

    def publish(self, message: Message) -> None:
        self.noted.append(message)


class Turns:
    """A step that is called again and again; it fails the first time, and can be awaited."""

    def __init__(self, failures: int) -> None:
        self._left = failures
        self._calls = threading.Semaphore(0)

    def __call__(self) -> None:
        self._calls.release()
        if self._left:
            self._left -= 1
            raise TimeoutError("inference-0 did not come round within 10 s")

    def wait(self, calls: int) -> None:
        for _ in range(calls):
            assert self._calls.acquire(timeout=LIMIT_S)


def no_cameras() -> tuple[CameraHealth, ...]:
    return ()


def keep_house(
    wait: Callable[[], None],
    save: Turns,
    cameras: Callable[[], tuple[CameraHealth, ...]] = no_cameras,
    keep_time: Callable[[], None] = lambda: None,
) -> NotedHub:
    """Let a housekeeper work until `wait` returns."""
    hub = NotedHub()
    keeper = Housekeeper(HouseParts(hub, cameras, lambda: (), save, keep_time), period_s=0.0)
    keeper.start()
    try:
        wait()
    finally:
        keeper.stop()
    return hub


def test_checkpoints_are_kept_again_after_one_could_not_be() -> None:
    save = Turns(failures=2)
    keep_house(lambda: save.wait(4), save)


def test_step_that_keeps_failing_is_said_once(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    save = Turns(failures=3)
    keep_house(lambda: save.wait(5), save)
    assert caplog.text.count("keeping checkpoints failed") == 1
    assert caplog.text.count("keeping checkpoints works again") == 1


def test_cameras_that_cannot_be_told_hold_up_no_checkpoint() -> None:
    def fail() -> tuple[CameraHealth, ...]:
        raise RuntimeError("no camera can be told")

    save = Turns(failures=0)
    keep_house(lambda: save.wait(2), save, fail)


def test_state_of_a_camera_is_told_once_until_it_changes() -> None:
    meter = HealthMeter("gate", None, Clocks())
    save = Turns(failures=0)
    turns = 0

    def cameras() -> tuple[CameraHealth, ...]:
        nonlocal turns
        turns += 1
        if turns == TELLS_A_CHECKPOINT:
            meter.enter("live")
        return (meter.report(Gear.full(), 0.0, 0),)

    hub = keep_house(lambda: save.wait(3), save, cameras)
    assert [message.state for message in hub.noted] == ["starting", "live"]


def test_camera_that_was_removed_and_comes_again_is_told_again() -> None:
    health = HealthMeter("gate", None, Clocks()).report(Gear.full(), 0.0, 0)
    save = Turns(failures=0)
    turns = 0

    def cameras() -> tuple[CameraHealth, ...]:
        nonlocal turns
        turns += 1
        return () if turns == TELLS_A_CHECKPOINT else (health,)

    hub = keep_house(lambda: save.wait(2), save, cameras)
    assert [message.state for message in hub.noted] == ["starting", "starting"]


def test_time_of_cases_is_kept_and_again_after_a_failure() -> None:
    keep_time = Turns(failures=1)

    keep_house(lambda: keep_time.wait(2), Turns(failures=0), keep_time=keep_time)


def test_retention_is_applied_once_a_minute_and_tried_again_after_a_failure() -> None:
    saved, applied = Turns(0), Turns(1)
    keeper = Housekeeper(HouseParts(NotedHub(), no_cameras, lambda: (), saved, lambda: None, applied), period_s=0.0)
    keeper.start()
    applied.wait(2)
    keeper.stop()

    assert TELLS_A_RETENTION == 60
