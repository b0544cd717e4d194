"""Health of a camera: what is said, when, and when it is taken back."""

from collections.abc import Sequence

import pytest

from streams.errors import StreamBusyError
from streams.gears import Gear
from streams.health import UNDECODABLE_S, CameraHealth, HealthMeter
from streams.packets import TICK, StreamFormat
from tests.streams.helpers import HandClock, fake_packet

FORMAT = StreamFormat("h264", b"", (320, 240), TICK, 25.0)


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


def send_groups(meter: HealthMeter, times_s: Sequence[float], pictures: int = 50) -> None:
    """Let a camera send whole groups whose key frames are at these times."""
    for t_s in times_s:
        for number in range(pictures):
            meter.packet(FORMAT, fake_packet(t_s + number / 25, is_key=number == 0))


def test_key_frame_that_is_late_by_its_pictures_is_noticed_before_it_comes(meter: HealthMeter) -> None:
    send_groups(meter, [0.0, 2.0, 4.0])
    assert meter.key_pause_s(6.0) == pytest.approx(2.0)
    for number in range(100):
        meter.packet(FORMAT, fake_packet(6.0 + number / 25))
    assert meter.key_pause_s(10.0) == pytest.approx(6.0)


def test_packets_that_come_late_on_a_busy_machine_do_not_look_like_rare_key_frames(meter: HealthMeter) -> None:
    send_groups(meter, [0.0, 2.0, 4.0])
    meter.packet(FORMAT, fake_packet(6.0, is_key=True))
    meter.packet(FORMAT, fake_packet(11.0))
    assert meter.key_pause_s(11.0) == pytest.approx(2.0)


def test_camera_of_rare_key_frames_is_known_before_its_second_one(meter: HealthMeter) -> None:
    meter.packet(FORMAT, fake_packet(0.0, is_key=True))
    for number in range(1, 101):
        meter.packet(FORMAT, fake_packet(number / 25))
    assert meter.key_pause_s(4.0) == pytest.approx(4.0, abs=0.1)
