"""A drawn scene is the same for the same seed and moment, and its truth fits its pixels."""

import hashlib

import numpy as np
import pytest

from datasets.cast import CARS, RIDDEN
from datasets.demo_scenes import demo_script
from datasets.facade_texture import Front, paint_front
from datasets.light import LIGHTS
from datasets.scene import StreetScene
from tests.datasets.scripts import SIZE, script_with, standing
from vision.classes import StreetClass

KINDS = ("sedan", "bus", "truck", "person", "bicycle", "scooter", "tricycle", "umbrella", "table", "goods", "cart")


@pytest.fixture(scope="module")
def bare() -> StreetScene:
    return StreetScene(script_with(), SIZE)


def test_same_moment_of_the_same_seed_has_the_same_pixels_and_truth() -> None:
    first, second = (StreetScene(demo_script("vending", 4), (320, 180)).render(40.0) for _ in range(2))
    assert hashlib.sha256(first[0].tobytes()).digest() == hashlib.sha256(second[0].tobytes()).digest()
    for field in ("boxes", "class_ids", "object_ids", "visible_ratios", "ground"):
        np.testing.assert_array_equal(getattr(first[1], field), getattr(second[1], field))


def test_moment_does_not_depend_on_what_was_drawn_before() -> None:
    scene = StreetScene(demo_script("vending", 4), (320, 180))
    first = scene.picture(40.0)
    scene.picture(77.0)
    np.testing.assert_array_equal(scene.picture(40.0), first)


def test_other_seed_gives_another_street() -> None:
    first, second = (StreetScene(demo_script("quiet", seed), (320, 180)).picture(5.0) for seed in (1, 2))
    assert np.mean(np.abs(first.astype(int) - second)) > 5


def test_scene_begins_again_after_its_period() -> None:
    scene = StreetScene(demo_script("parking", 1), (320, 180))
    before, after = scene.truth(20.0), scene.truth(320.0)
    np.testing.assert_allclose(after.boxes, before.boxes, atol=1e-3)
    np.testing.assert_array_equal(after.object_ids, before.object_ids)


def test_nothing_jumps_where_the_scene_begins_again() -> None:
    scene = StreetScene(demo_script("parking", 1), (640, 360))
    before, after = scene.truth(299.999), scene.truth(300.001)
    assert before.object_ids.tolist() == after.object_ids.tolist()
    np.testing.assert_allclose(after.boxes, before.boxes, atol=0.5)


@pytest.mark.parametrize("kind", KINDS)
def test_box_holds_every_pixel_that_a_thing_changes_but_its_shadow(kind: str, bare: StreetScene) -> None:
    scene = StreetScene(script_with(standing(kind, 13.0, 8.0)), SIZE)
    thing = scene._things(10.0)[0]
    with_it, without = bare._stage_at(10.0).backdrop.bgr.copy(), bare._stage_at(10.0).backdrop.bgr
    thing.sketch.paint(with_it)
    rows, columns = np.nonzero(np.any(with_it != without, axis=2))
    x1, y1, x2, y2 = scene.truth(10.0).boxes[0]
    assert columns.min() >= np.floor(x1) - 1
    assert rows.min() >= np.floor(y1) - 1
    assert columns.max() <= np.ceil(x2)
    assert rows.max() <= np.ceil(y2)
    assert columns.max() - columns.min() >= (x2 - x1) - 4
    assert rows.max() - rows.min() >= (y2 - y1) - 4


def test_thing_before_nothing_is_wholly_visible() -> None:
    truth = StreetScene(script_with(standing("sedan", 13.0, 8.0)), SIZE).truth(1.0)
    assert truth.visible_ratios.tolist() == pytest.approx([1.0], abs=0.01)


def test_person_behind_a_bus_is_hidden() -> None:
    script = script_with(standing("person", 12.0, 11.0, actor_id=1), standing("bus", 12.0, 8.0, actor_id=2))
    truth = StreetScene(script, SIZE).truth(1.0)
    person = truth.visible_ratios[truth.class_ids == StreetClass.PERSON]
    assert person.max(initial=0.0) < 0.3


def test_person_behind_the_near_end_of_a_bus_is_drawn_before_it() -> None:
    script = script_with(standing("person", 9.8, 9.9, actor_id=1), standing("bus", 13.5, 8.0, actor_id=2))
    things = StreetScene(script, SIZE)._things(1.0)
    assert [thing.class_id for thing in things] == [StreetClass.PERSON, StreetClass.BUS]


def test_thing_that_leaves_the_picture_is_cut_and_less_visible() -> None:
    whole = StreetScene(script_with(standing("bus", 13.0, 7.0)), SIZE).truth(1.0)
    cut = StreetScene(script_with(standing("bus", 0.5, 7.0)), SIZE).truth(1.0)
    assert cut.boxes[0, 0] == 0
    assert cut.visible_ratios[0] < whole.visible_ratios[0]


def test_rider_and_mount_are_both_labelled_while_they_ride_and_the_mount_alone_when_parked() -> None:
    from datasets.scenario import Actor, Journey

    ridden = Actor(1, "bicycle", 3, Journey(0, 20, 7).go(0, 7, 4.0).path())
    riding = StreetScene(script_with(ridden), SIZE).truth(2.0)
    parked = StreetScene(script_with(standing("bicycle", 12.0, 7.0)), SIZE).truth(2.0)
    assert sorted(riding.class_ids.tolist()) == [StreetClass.PERSON, StreetClass.BICYCLE]
    assert parked.class_ids.tolist() == [StreetClass.BICYCLE]


def test_place_in_metres_lies_under_the_box() -> None:
    scene = StreetScene(script_with(standing("person", 12.0, 9.5)), SIZE)
    truth = scene.truth(1.0)
    pixels, _ = scene.camera.project(np.hstack([truth.ground, np.zeros((1, 1))]))
    x1, _, x2, y2 = truth.boxes[0]
    assert x1 <= pixels[0, 0] <= x2
    assert pixels[0, 1] == pytest.approx(y2, abs=4)


@pytest.mark.parametrize("light", ["day", "overcast", "dusk", "night"])
def test_every_light_draws_every_kind(light: str) -> None:
    kinds = (*CARS, "bus", "truck", *RIDDEN, "person", "umbrella_holder", "umbrella", "cart", "ground_cloth", "pram")
    actors = [standing(kind, 6.0 + 2.5 * i, 6.0, actor_id=i + 1) for i, kind in enumerate(kinds)]
    bgr, truth = StreetScene(script_with(*actors), (320, 180), light).render(3.0)
    assert bgr.shape == (180, 320, 3)
    assert bgr.dtype == np.uint8
    assert len(truth) >= 8


def test_night_is_darker_than_day() -> None:
    day, night = (StreetScene(script_with(), (320, 180), light).picture(1.0).mean() for light in ("day", "night"))
    assert night < day / 2


def test_unknown_light_is_named_with_the_choices() -> None:
    with pytest.raises(ValueError, match="'noon'; there are day, overcast"):
        StreetScene(script_with(), SIZE, "noon")


@pytest.mark.parametrize("width_m", [0.6, 1.1, 8.0, 17.0])
def test_front_of_any_width_can_be_painted(width_m: float) -> None:
    for look in range(6):
        front = Front(width_m, 9.0, look)
        assert paint_front(front, LIGHTS["dusk"], 12.0).shape[1] >= 8
