"""Frozen pictures are told, and living ones that hardly move are not."""

from itertools import cycle, islice, pairwise

import numpy as np
import pytest

from detectors.rules import SLOWEST_SCOUT_S
from streams.looking import EARLY_RATIO
from tests.vision.cameras import Sensor, encoded, with_clock
from tests.vision.pictures import street
from vision.arrays import Picture
from vision.freezing import FROZEN_S, UNKNOWN_FROZEN_S, FreezeWatch
from vision.perception import SAMPLE_STEP

FPS, GOP = 12, 24


def sampled(picture: Picture) -> Picture:
    return picture[::SAMPLE_STEP, ::SAMPLE_STEP]


def look_at(watch: FreezeWatch, pictures: list[Picture], step_s: float) -> list[bool]:
    return [watch.update(sampled(picture), step_s) for picture in pictures]


def living(count: int, sigma: float = 1.0, seed: int = 0) -> list[Picture]:
    sensor = Sensor(sigma, seed)
    return [sensor(street()) for _ in range(count)]


@pytest.mark.parametrize("step_s", [0.25, 1.0, 2.0, 4.0, 7.96, 8.0])
def test_picture_that_hangs_is_frozen_within_thirty_seconds(step_s: float) -> None:
    watch = FreezeWatch()
    assert not any(look_at(watch, living(round(120 / step_s)), step_s))
    hung = living(1, seed=9) * 200
    seconds = (look_at(watch, hung, step_s).index(True) + 1) * step_s
    assert FROZEN_S <= seconds <= 30


def steps_at_rest(key_s: float) -> list[float]:
    """Return the seconds between looks of a camera at rest, on key frames so far apart, as the key gear takes them."""
    looked_s, due_s = [0.0], SLOWEST_SCOUT_S
    for key in range(1, round(400 / key_s)):
        if key * key_s >= due_s - EARLY_RATIO * SLOWEST_SCOUT_S:
            looked_s.append(key * key_s)
            due_s = due_s + SLOWEST_SCOUT_S if due_s + SLOWEST_SCOUT_S > key * key_s else key * key_s + SLOWEST_SCOUT_S
    return [later - earlier for earlier, later in pairwise(looked_s)]


@pytest.mark.parametrize("key_s", [2.0, 2.5, 3.0, 3.3, 4.0, 5.0, 6.0, 7.0, 8.0, 10.0])
def test_camera_at_rest_that_hangs_is_told_within_thirty_seconds_whatever_its_key_frames(key_s: float) -> None:
    steps_s, alive, hung = steps_at_rest(key_s), living(18), living(1, seed=9)[0]
    for first in range(10, 18):  # just after each look of a round
        watch = FreezeWatch()
        assert not any(
            watch.update(sampled(picture), step_s) for picture, step_s in zip(alive[:first], steps_s, strict=False)
        )
        seen = [watch.update(sampled(hung), step_s) for step_s in steps_s[first : first + 6]]
        assert sum(steps_s[first : first + seen.index(True) + 1]) <= 30 + 1e-6


def test_picture_that_hangs_from_the_beginning_is_frozen_after_a_minute() -> None:
    watch = FreezeWatch()
    seconds = look_at(watch, living(1) * 90, 1.0).index(True)
    assert seconds == pytest.approx(UNKNOWN_FROZEN_S, abs=2)


def test_running_clock_in_a_picture_that_hangs_does_not_keep_it_alive() -> None:
    watch = FreezeWatch()
    look_at(watch, [with_clock(picture, second) for second, picture in enumerate(living(60))], 1.0)
    hung = living(1)[0]
    assert any(look_at(watch, [with_clock(hung, 60 + second) for second in range(25)], 1.0))


def test_key_frame_and_refined_pictures_in_turn_are_frozen() -> None:
    watch = FreezeWatch()
    look_at(watch, living(60), 1.0)
    assert any(look_at(watch, list(islice(cycle(living(2)), 30)), 1.0))


def test_clip_that_plays_in_a_loop_is_not_frozen() -> None:
    watch = FreezeWatch()
    assert not any(look_at(watch, list(islice(cycle(living(10)), 600)), 1.0))


def test_camera_with_rare_key_frames_and_nothing_between_them_is_judged_by_its_habit() -> None:
    watch = FreezeWatch()
    groups = [picture for picture in living(12) for _ in range(25)]
    looked = look_at(watch, list(islice(cycle(groups), 3000)), 1.0)
    assert not any(looked)


def test_camera_that_recovered_is_judged_as_before() -> None:
    watch = FreezeWatch()
    look_at(watch, living(60), 1.0)
    assert look_at(watch, living(1) * 600, 1.0)[-1]
    assert not any(look_at(watch, living(60, seed=1), 1.0))
    assert any(look_at(watch, living(1) * 25, 1.0))


def test_other_picture_size_begins_anew() -> None:
    watch = FreezeWatch()
    look_at(watch, living(60), 1.0)
    assert not any(look_at(watch, [np.ascontiguousarray(street()[:200, :300])] * 30, 1.0))


def test_small_picture_has_fewer_tiles_and_is_judged_alike() -> None:
    watch, sensor = FreezeWatch(), Sensor(1.0)
    small = np.ascontiguousarray(street()[:96, :128])
    assert not any(look_at(watch, [sensor(small) for _ in range(60)], 1.0))
    assert any(look_at(watch, [small] * 25, 1.0))


@pytest.mark.parametrize("crf", [28, 38])
@pytest.mark.parametrize("sigma", [0.1, 1.0])
def test_still_street_of_low_bit_rate_is_never_frozen_by_its_key_frames(crf: int, sigma: float) -> None:
    sensor = Sensor(sigma)
    stream = encoded((sensor(street()) for _ in range(20 * 4)), 4, 4, crf=crf)
    keys = [picture for is_key, picture in stream if is_key]
    watch = FreezeWatch()
    assert not any(look_at(watch, list(islice(cycle(keys), 900)), 4.0))


@pytest.mark.parametrize("hz", [0.5, 1.0, 4.0])
def test_sensor_that_hangs_behind_a_working_encoder_is_frozen(hz: float) -> None:
    sensor = Sensor(0.8)
    hung = sensor(street())
    pictures = [sensor(street()) for _ in range(8 * FPS)] + [hung] * (26 * FPS)
    stream = [picture for _, picture in encoded(pictures, FPS, GOP, crf=30)]
    watch = FreezeWatch()
    look_at(watch, list(islice(cycle(stream[: 8 * FPS : round(FPS / hz)]), round(60 * hz))), 1 / hz)
    assert any(look_at(watch, stream[8 * FPS :: round(FPS / hz)], 1 / hz))
