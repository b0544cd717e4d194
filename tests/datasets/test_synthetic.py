"""Synthetic cameras: their URL, their stream, and their pace."""

import itertools
import threading
from fractions import Fraction

import pytest

from datasets.camera_faults import FAULTLESS
from datasets.errors import CameraClosedError
from datasets.synthetic import DrawnCamera, open_synthetic, parse_url, scenario_of
from datasets.weather import CLEAR

SMALL = "size=160x90&fps=10"


class FakeTime:
    """A clock that moves only when somebody waits."""

    def __init__(self) -> None:
        self.now_s = 100.0
        self.waits: list[float] = []

    def clock(self) -> float:
        return self.now_s

    def wait(self, seconds: float) -> bool:
        self.waits.append(seconds)
        self.now_s += seconds
        return False


def test_url_without_settings_is_a_720p_day_at_12_frames_a_second() -> None:
    wanted = parse_url("synthetic://parking")
    assert (wanted.size_wh, wanted.fps, wanted.loop, wanted.pace) == ((1280, 720), 12, True, True)
    played = scenario_of(wanted)
    assert (played.light, played.script.weather, played.script.faults) == ("day", CLEAR, FAULTLESS)


def test_url_sets_everything() -> None:
    wanted = parse_url("synthetic://flyers?seed=3&size=640x360&fps=12.5&light=night&start=20&loop=0&pace=0")
    assert (wanted.seed, wanted.size_wh, wanted.fps, wanted.light) == (3, (640, 360), Fraction(25, 2), "night")
    assert (wanted.start_s, wanted.loop, wanted.pace) == (20.0, False, False)


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("synthetic://market", "'market'; there are parking, vending, flyers, quiet"),
        ("synthetic://parking/extra", "'parking/extra'"),
        ("synthetic://parking?sead=1", "no setting 'sead'; there are seed, size"),
        ("synthetic://parking?size=big", "size='big' is no size; write it as 1280x720"),
        ("synthetic://parking?size=161x90", "sides are even"),
        ("synthetic://parking?fps=0", "fps='0' is no number between 1 and 60"),
        ("synthetic://parking?seed=x", "seed='x' is no number"),
        ("synthetic://parking?light=noon", "'noon'; there are day, overcast, dusk, night"),
        ("synthetic://parking?weather=snow", "'snow'; there are clear, windy, morning"),
        ("synthetic://parking?camera=new", "'new'; there are plain, old, shaking"),
        ("synthetic://parking?kbit=1", "kbit='1' is no number between 32 and 50000"),
        ("synthetic://parking?loop=yes", "loop='yes' is neither 0 nor 1"),
        ("rtsp://parking", "begins with synthetic://"),
    ],
)
def test_wrong_url_is_named_with_the_way_out(url: str, message: str) -> None:
    with pytest.raises(ValueError, match=message.replace("?", r"\?")):
        parse_url(url)


def test_url_sets_weather_camera_and_bit_rate() -> None:
    wanted = parse_url("synthetic://quiet?weather=rain&camera=shaking&kbit=300")
    assert (wanted.weather, wanted.camera, wanted.kbit_s) == ("rain", "shaking", 300.0)


def test_low_bit_rate_sends_fewer_bytes() -> None:
    def sent(settings: str) -> int:
        with open_synthetic(f"synthetic://parking?size=320x180&pace=0{settings}") as container:
            return sum(packet.size for packet, _ in zip(container.demux(video=0), range(24), strict=False))

    assert sent("&kbit=40") < 0.5 * sent("")


def test_weather_reaches_the_pictures() -> None:
    pictures = []
    for weather in ("clear", "fog"):
        with open_synthetic(f"synthetic://parking?{SMALL}&pace=0&weather={weather}") as container:
            pictures.append(next(container.decode(video=0)).to_ndarray(format="gray"))
    assert pictures[1].std() < 0.8 * pictures[0].std()


def test_libav_reads_a_drawn_camera_like_any_other() -> None:
    time = FakeTime()
    with open_synthetic(f"synthetic://parking?{SMALL}", clock=time.clock, wait=time.wait) as container:
        stream = container.streams.video[0]
        frames = [frame for frame, _ in zip(container.decode(stream), range(25), strict=False)]
    assert stream.codec_context.name == "h264"
    assert stream.average_rate == 10
    assert {(frame.width, frame.height) for frame in frames} == {(160, 90)}
    times = [frame.time for frame in frames]
    assert [b - a for a, b in itertools.pairwise(times)] == pytest.approx([0.1] * 24)


def test_key_frame_comes_every_two_seconds_and_no_picture_is_reordered() -> None:
    with open_synthetic(f"synthetic://quiet?{SMALL}&pace=0") as container:
        packets = [packet for packet, _ in zip(container.demux(video=0), range(45), strict=False)]
    assert [i for i, packet in enumerate(packets) if packet.is_keyframe] == [0, 20, 40]
    assert all(packet.pts == packet.dts for packet in packets)


def test_frames_wait_until_they_are_due() -> None:
    time = FakeTime()
    with open_synthetic(f"synthetic://quiet?{SMALL}", clock=time.clock, wait=time.wait) as container:
        for _, _ in zip(container.demux(video=0), range(20), strict=False):
            pass
    assert sum(time.waits) == pytest.approx(2.0, abs=0.35)
    assert max(time.waits) == pytest.approx(0.1)


def test_opening_takes_less_than_a_second_of_stream() -> None:
    time = FakeTime()
    with open_synthetic(f"synthetic://quiet?{SMALL}", clock=time.clock, wait=time.wait):
        assert sum(time.waits) < 1.0


def test_unpaced_camera_never_waits() -> None:
    time = FakeTime()
    with open_synthetic(f"synthetic://quiet?{SMALL}&pace=0", clock=time.clock, wait=time.wait) as container:
        next(container.decode(video=0))
    assert time.waits == []


def test_late_camera_leaves_frames_out_instead_of_lagging() -> None:
    time = FakeTime()
    with open_synthetic(f"synthetic://quiet?{SMALL}", clock=time.clock, wait=time.wait) as container:
        frames = container.decode(video=0)
        first = next(frames)
        time.now_s += 5.0
        later = [next(frames) for _ in range(8)]
    assert later[-1].time - first.time > 5.0


def test_scene_that_does_not_loop_ends() -> None:
    with open_synthetic(f"synthetic://quiet?{SMALL}&pace=0&loop=0&start=298") as container:
        assert sum(1 for _ in container.decode(video=0)) == 20


def test_time_stamps_go_on_where_the_scene_begins_again() -> None:
    with open_synthetic(f"synthetic://quiet?{SMALL}&pace=0&start=299") as container:
        times = [frame.time for frame, _ in zip(container.decode(video=0), range(30), strict=False)]
    assert all(later > earlier for earlier, later in itertools.pairwise(times))


def test_stream_starts_at_the_scene_time_that_was_asked_for() -> None:
    url = f"synthetic://vending?{SMALL}&pace=0"
    with open_synthetic(url) as early, open_synthetic(url + "&start=45") as late:
        first, other = (next(c.decode(video=0)).to_ndarray(format="gray").astype(int) for c in (early, late))
    assert abs(first - other).max() > 40


def test_close_ends_a_waiting_read() -> None:
    camera = DrawnCamera(parse_url(f"synthetic://quiet?{SMALL}&fps=1"), clock=lambda: 0.0, wait=None)
    camera.read(100_000)
    errors: list[Exception] = []
    entered = threading.Event()

    def read_on() -> None:
        entered.set()
        try:
            camera.read(100_000)
        except CameraClosedError as err:
            errors.append(err)

    reader = threading.Thread(target=read_on)
    reader.start()
    entered.wait(10)
    camera.close()
    reader.join(30)
    assert not reader.is_alive()
    assert errors
