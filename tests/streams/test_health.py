import pytest

from streams.errors import StreamBusyError
from streams.gears import Gear
from streams.health import UNDECODABLE_S, CameraHealth, HealthMeter
from tests.streams.helpers import HandClock


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def meter(clock: HandClock) -> HealthMeter:
    meter = HealthMeter("gate", None, clock.clocks)
    meter.connected()
    meter.enter("live")
    return meter


def report(meter: HealthMeter) -> CameraHealth:
    return meter.report(Gear.off(), 0.0, 0)


@pytest.mark.parametrize("look_every_s", [0.25, 1.0, 2.0, 4.0])
def test_pictures_that_are_all_spoilt_are_said_within_thirty_seconds(
    meter: HealthMeter, clock: HandClock, look_every_s: float
) -> None:
    corrupt, began_s = 0, clock.now_s
    while not report(meter).problem:
        clock.advance(look_every_s)
        corrupt += 1
        meter.corrupted(corrupt)
        assert clock.now_s - began_s < 30
    assert report(meter).state == "live"
    assert report(meter).problem_code == "stream_undecodable"


def test_one_whole_picture_now_and_then_is_no_fault(meter: HealthMeter, clock: HandClock) -> None:
    for corrupt in range(1, 100):
        clock.advance(1)
        meter.corrupted(corrupt)
        if corrupt % 10 == 0:
            meter.decoded(corrupt)
        assert report(meter).problem == ""


def test_one_spoilt_packet_of_a_camera_that_nobody_decodes_is_no_fault(meter: HealthMeter, clock: HandClock) -> None:
    meter.corrupted(1)
    clock.advance(10 * UNDECODABLE_S)
    meter.corrupted(1)
    assert report(meter).problem == ""


def test_spoilt_pictures_are_forgotten_with_the_first_whole_one(meter: HealthMeter, clock: HandClock) -> None:
    for corrupt in range(1, 40):
        clock.advance(1)
        meter.corrupted(corrupt)
    meter.decoded(1)
    assert report(meter).problem == ""


def test_waiting_says_until_when(meter: HealthMeter, clock: HandClock) -> None:
    meter.enter("away", StreamBusyError("no free session"), wait_s=5.0)
    waits = report(meter)
    assert waits.next_try_at is not None
    assert waits.next_try_at.timestamp() == pytest.approx(clock.wall() + 5)
    meter.enter("live")
    assert report(meter).next_try_at is None
