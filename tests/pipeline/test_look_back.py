"""Looking back: a thing that is known late gets the time at which it really came to rest."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from pipeline.look_back import LookBack, Question, since_when, since_when_in
from streams.errors import NotInRingError
from streams.offers import KeyDecoders
from streams.ring import PacketRing
from tests.streams.helpers import LIMIT_S, read_all
from vision.appearance import edges_of
from vision.observations import Dated
from vision.rest import rest_began, walk_back
from vision.stillness import correlation, levelled, patch

WH = (320, 240)
FPS = 25
STOPS_S, BRAKES_S = 12.0, 2.0
PARKED = (120.0, 120.0, 200.0, 170.0)
SECONDS = 30.0
_RNG = np.random.default_rng(5)


def texture(width: int, height: int, low: int, high: int) -> np.ndarray:
    coarse = _RNG.integers(low, high, (height // 8 + 1, width // 8 + 1), np.uint8)
    return np.kron(coarse, np.ones((8, 8), np.uint8))[:height, :width]


STREET, CAR, BUS = texture(*WH, 90, 160), texture(80, 50, 20, 230), texture(200, 90, 40, 200)


def way_left(t_s: float) -> float:
    """Pixels that the car still has to go: it brakes evenly over its last two seconds."""
    left_s = max(0.0, STOPS_S - t_s)
    return 60 * min(left_s, BRAKES_S) ** 2 / (2 * BRAKES_S) + 60 * max(0.0, left_s - BRAKES_S)


def picture(t_s: float) -> np.ndarray:
    luma = STREET.copy()
    x = round(120 - way_left(t_s))
    if x > -80:
        luma[120:170, max(0, x) : x + 80] = CAR[:, max(0, -x) :]
    bus = round(-200 + 130 * (t_s - 16))  # a bus passes before it
    if -200 < bus < WH[0]:
        luma[100:190, max(0, bus) : min(WH[0], bus + 200)] = BUS[:, max(0, -bus) : max(0, -bus) + WH[0] - max(0, bus)][
            :, : min(WH[0], bus + 200) - max(0, bus)
        ]
    return luma


def encode(path: Path, gop: int) -> Path:
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=FPS, options={"preset": "ultrafast", "sc_threshold": "0"})
        stream.width, stream.height = WH
        stream.pix_fmt = "yuv420p"
        stream.codec_context.gop_size = gop
        stream.codec_context.thread_count = 1
        for number in range(round(SECONDS * FPS)):
            noise = _RNG.integers(-2, 3, (WH[1], WH[0]), np.int16)
            planes = np.full((WH[1] * 3 // 2, WH[0]), 128, np.uint8)
            planes[: WH[1]] = np.clip(picture(number / FPS) + noise, 0, 255)
            frame = av.VideoFrame.from_ndarray(planes, format="yuv420p")
            frame.pts, frame.time_base = number, Fraction(1, FPS)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def ring_of(path: Path, ring_s: float = 60.0) -> PacketRing:
    ring = PacketRing("gate", ring_s=ring_s, ring_bytes=10**8)
    for stream_format, packet in read_all(path):
        ring.add(stream_format, packet)
    return ring


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return encode(tmp_path_factory.mktemp("stop") / "stop.mp4", gop=50)


@pytest.fixture(scope="module")
def slow_clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return encode(tmp_path_factory.mktemp("stop") / "slow.mp4", gop=250)


def ask(seen_t_s: float, size_wh: tuple[int, int] = WH, *, since_t_s: float | None = None) -> Question:
    """Return the question a slow scout asks, who saw the car a few seconds after it had stopped."""
    scale = size_wh[0] / WH[0]
    since_t_s = min(seen_t_s, STOPS_S + 5) if since_t_s is None else since_t_s
    box = tuple(side * scale for side in PARKED)
    return Question("gate", 7, box, size_wh, seen_t_s, since_t_s)  # type: ignore[arg-type]


@pytest.mark.parametrize("seen_t_s", [13.0, 15.0, 20.0, 29.5])
def test_car_that_is_known_late_gets_its_true_stop_time(clip: Path, seen_t_s: float) -> None:
    assert since_when(ring_of(clip), ask(seen_t_s), KeyDecoders()) == pytest.approx(STOPS_S, abs=0.5)


def test_car_that_was_taken_to_rest_too_early_gets_its_true_stop_time(clip: Path) -> None:
    question = ask(20.0, since_t_s=STOPS_S - 2)
    assert since_when(ring_of(clip), question, KeyDecoders()) == pytest.approx(STOPS_S, abs=0.5)


def test_so_does_one_of_a_camera_with_a_key_frame_every_ten_seconds(slow_clip: Path) -> None:
    assert since_when(ring_of(slow_clip), ask(25.0), KeyDecoders()) == pytest.approx(STOPS_S, abs=0.5)


def test_boxes_of_a_sub_stream_are_found_in_the_main_one(clip: Path) -> None:
    assert since_when(ring_of(clip), ask(20.0, (160, 120)), KeyDecoders()) == pytest.approx(STOPS_S, abs=0.5)


def test_what_stood_before_everything_that_is_kept_dates_from_the_oldest_picture(clip: Path) -> None:
    ring = ring_of(clip, ring_s=8.0)
    oldest = ring.span()
    assert oldest is not None
    assert oldest[0] > STOPS_S
    assert since_when(ring, ask(29.0), KeyDecoders()) == pytest.approx(oldest[0], abs=0.1)


def test_moment_that_is_not_kept_any_more_is_an_error(clip: Path) -> None:
    with pytest.raises(NotInRingError):
        since_when(ring_of(clip), ask(99.0), KeyDecoders())


def test_plain_spot_says_nothing(tmp_path: Path, clip: Path) -> None:
    question = Question("gate", 7, (0.0, 0.0, 7.0, 7.0), WH, 20.0, 20.0)
    assert since_when(ring_of(clip), question, KeyDecoders()) is None


class WallAndRoad:
    """A past that is drawn: a bright wall above a dark road, the car of the same shades; a key frame every second."""

    slope = np.linspace(190, 60, WH[1])[:, None] + np.zeros(WH[0])

    def picture(self, t_s: float) -> np.ndarray:
        luma = self.slope + (STREET.astype(float) - 125) * 0.2
        if t_s >= STOPS_S:
            luma[120:170, 120:200] = self.slope[120:170, 120:200] + (CAR.astype(float) - 125) * 0.3
        noise = np.random.default_rng(round(t_s * 1000)).normal(0, 2, luma.shape)
        return np.clip(luma + noise, 0, 255).astype(np.uint8)

    def check(self, t_s: float) -> None:
        assert t_s <= SECONDS

    def key_times(self, from_t_s: float, to_t_s: float) -> list[float]:
        return [float(t_s) for t_s in range(round(SECONDS)) if from_t_s <= t_s <= to_t_s]

    def key(self, t_s: float) -> np.ndarray:
        return self.picture(t_s)

    def at(self, t_s: float) -> np.ndarray:
        return self.picture(t_s)

    def group(self, from_t_s: float, to_t_s: float) -> Iterator[tuple[float, np.ndarray]]:
        return ((t_s, self.picture(t_s)) for t_s in np.arange(from_t_s, to_t_s + 0.01, 0.1).tolist())


def test_wall_above_road_is_not_taken_for_the_car_that_stood_before_it_later() -> None:
    past = WallAndRoad()
    box = (110.0, 90.0, 210.0, 175.0)
    patches = [patch(past.picture(t_s), box) for t_s in (4.0, 20.0)]
    assert correlation(*patches) > 0.7  # type: ignore[arg-type]
    question = Question("gate", 7, box, WH, 20.0, STOPS_S + 4, pixels=patches[1])
    assert since_when_in(past, question) == pytest.approx(STOPS_S, abs=0.3)


class Answers:
    def __init__(self) -> None:
        self.given: dict[int | str, float | None] = {}
        self._came = threading.Semaphore(0)

    def __call__(self, question: Question, dated: Dated) -> None:
        assert question.subject == dated.subject
        self.given[dated.subject] = dated.t_s
        self._came.release()

    def wait(self) -> None:
        assert self._came.acquire(timeout=LIMIT_S)


@pytest.fixture
def answers() -> Answers:
    return Answers()


@pytest.fixture
def looking_back(clip: Path, answers: Answers) -> Iterator[LookBack]:
    ring = ring_of(clip)

    def find(camera_id: str) -> PacketRing:
        if camera_id == "odd":
            raise RuntimeError("nobody expected this")
        return ring

    made = LookBack("test", find, answers)
    made.start()
    yield made
    made.stop()


def test_each_question_is_answered_even_behind_one_that_fails(looking_back: LookBack, answers: Answers) -> None:
    for question in (Question("odd", 1, PARKED, WH, 20.0, 20.0), ask(99.0), ask(20.0)):
        looking_back.ask(question)
        answers.wait()
    assert answers.given[1] is None
    assert answers.given[7] == pytest.approx(STOPS_S, abs=0.5)


def test_question_that_takes_long_does_not_hold_up_the_next(clip: Path, answers: Answers) -> None:
    ring, is_free = ring_of(clip), threading.Event()

    def find(camera_id: str) -> PacketRing:
        if camera_id == "slow":
            assert is_free.wait(LIMIT_S)
        return ring

    looking_back = LookBack("test", find, answers)
    looking_back.start()
    looking_back.ask(Question("slow", 1, PARKED, WH, 20.0, 20.0))
    looking_back.ask(ask(20.0))
    answers.wait()
    assert list(answers.given) == [7]
    is_free.set()
    answers.wait()
    looking_back.stop()
    assert list(answers.given) == [7, 1]


def test_too_many_questions_are_answered_with_nobody_knows(clip: Path, answers: Answers) -> None:
    never_started = LookBack("test", lambda _: ring_of(clip), answers)
    for number in range(65):
        never_started.ask(Question("gate", number, PARKED, WH, 20.0, 20.0))
    assert answers.given == {64: None}


def test_walk_back_passes_over_a_bus_and_ends_where_the_thing_was_not() -> None:
    likeness = [0.9, 0.9, 0.1, 0.9, 0.1, 0.2, 0.1, 0.9]
    span = walk_back(((20.0 - 2 * step, each) for step, each in enumerate(likeness)), 20.0, float)
    assert (span.first_t_s, span.other_t_s) == (14.0, 12.0)


def test_walk_back_ends_where_likeness_falls_far_below_that_of_the_thing() -> None:
    likeness = [0.95, 0.96, 0.62, 0.61, 0.62, 0.62]
    span = walk_back(((20.0 - 2 * step, each) for step, each in enumerate(likeness)), 20.0, float)
    assert (span.first_t_s, span.other_t_s) == (18.0, 16.0)


def test_walk_back_goes_on_where_a_thing_was_never_much_alike() -> None:
    likeness = [0.7, 0.66, 0.62, 0.61, 0.3, 0.3, 0.3]
    span = walk_back(((20.0 - 2 * step, each) for step, each in enumerate(likeness)), 20.0, float)
    assert (span.first_t_s, span.other_t_s) == (14.0, 12.0)


def test_only_pictures_that_show_the_thing_are_learnt_on_the_walk_back() -> None:
    learnt: list[float] = []
    pictures = ((20.0 - 2 * step, each) for step, each in enumerate([1.0, 0.97, 0.65, 0.66, 0.97, 0.6, 0.6, 0.6]))
    walk_back(pictures, 20.0, float, learnt.append)
    assert learnt == [1.0, 0.97, 0.97]


class Drawn:
    """A past of drawn pictures with a key frame every two seconds."""

    def __init__(self, luma_at: Callable[[float], np.ndarray]) -> None:
        self._luma_at = luma_at

    def check(self, t_s: float) -> None:
        pass

    def key_times(self, from_t_s: float, to_t_s: float) -> list[float]:
        return [float(t_s) for t_s in range(0, 60, 2) if from_t_s <= t_s <= to_t_s]

    def key(self, t_s: float) -> np.ndarray:
        return self._luma_at(t_s)

    def at(self, t_s: float) -> np.ndarray:
        return self._luma_at(t_s)

    def group(self, from_t_s: float, to_t_s: float) -> Iterator[tuple[float, np.ndarray]]:
        return ((t_s, self._luma_at(t_s)) for t_s in np.arange(from_t_s - from_t_s % 2, to_t_s, 0.1))


@pytest.mark.parametrize(("knows_shape", "began"), [(True, 12.0), (False, 0.0)])
def test_street_that_is_alike_in_light_and_dark_only_is_not_taken_for_the_vehicle(
    *, knows_shape: bool, began: float
) -> None:
    lamp = 80 * np.exp(-(((np.arange(WH[1]) - 145) / 14) ** 2))[:, None]  # a band of light across the road
    street = (lamp + STREET * 0.4).astype(np.uint8)
    car = street.copy()
    car[120:170, 120:200] = lamp[120:170] + CAR * 0.5
    pixels, empty, edges = patch(car, PARKED), patch(street, PARKED), edges_of(car, PARKED)
    assert pixels is not None
    assert empty is not None
    assert 0.75 < correlation(levelled(pixels), levelled(empty)) < 0.8
    question = replace(ask(20.0), pixels=pixels, edges=edges if knows_shape else None)
    assert since_when_in(Drawn(lambda t_s: car if t_s >= 11.95 else street), question) == pytest.approx(began, abs=0.2)


@pytest.mark.parametrize(
    ("likeness", "began"),
    [
        ([0.1, 0.2, 0.5, 0.95, 0.97, 0.96, 0.97, 0.97], 3.0),
        ([0.1, 0.75, 0.8, 0.85, 0.96, 0.97, 0.97, 0.97], 4.0),
        ([0.1, 0.95, 0.3, 0.2, 0.96, 0.97, 0.97, 0.97], 4.0),
        ([0.1, 0.2, 0.96, 0.97, 0.97, 0.4, 0.97, 0.97, 0.97], 2.0),
        ([0.1, 0.2, 0.1, 0.2], None),
        ([], None),
    ],
)
def test_rest_begins_where_likeness_stays(likeness: list[float], began: float | None) -> None:
    assert rest_began([(float(t_s), each) for t_s, each in enumerate(likeness)], 0.97) == began


def test_no_more_pictures_are_decoded_than_it_takes_to_find_the_rest() -> None:
    series = iter([(0.0, 0.1), (1.0, 0.96), (2.0, 0.96), (3.0, 0.96), (4.0, 0.96)])
    assert rest_began(series, 0.97) == 1.0
    assert next(series) == (4.0, 0.96)
