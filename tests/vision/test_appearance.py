"""The same thing in other lights, and other things at its place, on drawn streets."""

import functools
import math

import cv2
import numpy as np
import pytest

from datasets.scenario import Actor, Journey, Script, View
from datasets.scene import StreetScene
from datasets.street import Lane, Street
from vision.appearance import OTHER_SHAPE, appearance_of, edges_of, resemblance, shape_likeness
from vision.arrays import Picture

SIZE_WH = (1280, 720)
BOXES = {
    "sedan": (438, 311, 696, 453),
    "suv": (434, 296, 701, 453),
    "cabinet": (531, 324, 614, 417),
    "food_cart": (496, 264, 651, 424),
}
"""Where a thing of a kind stands in the drawn picture, as the model would find it."""


def picture(kind: str, look: int, light: str) -> Picture:
    return drawn((kind, look), light)


def empty(light: str) -> Picture:
    return drawn(None, light)


@functools.cache
def drawn(thing: tuple[str, int] | None, light: str) -> Picture:
    lanes = Lane(1.9, 1, 8.0), Lane(5.1, -1, 8.5)
    street = Street(look=1001, road_m=9.6, far_pavement_m=4.6, lanes=lanes, clear_x=(6.0, 21.0))
    standing = Journey(0.0, 13.5, street.road_m - 1.2).stay(200, facing_rad=0.0).path()
    actors = () if thing is None else (Actor(1, *thing, standing),)
    script = Script("one", street, View(0.0, -4.5, 6.6, 40.0, 17.0, 62.0), actors)
    return StreetScene(script, SIZE_WH, light).picture(10.0)


def is_same(kept: tuple[str, int, str], now: tuple[str, int, str]) -> bool:
    box = BOXES[kept[0]]
    looks = appearance_of(picture(*kept), box)
    assert looks is not None
    found = resemblance(looks, picture(*now), box)
    assert found is not None
    return found.is_same


@pytest.mark.parametrize(
    ("kind", "light"),
    [*((kind, light) for kind in BOXES for light in ("overcast", "dusk")), ("sedan", "night"), ("cabinet", "night")],
)
def test_same_thing_is_known_again_in_another_light(kind: str, light: str) -> None:
    assert is_same((kind, 1, "day"), (kind, 1, light))


@pytest.mark.parametrize("light", ["day", "dusk", "night"])
def test_street_behind_a_car_that_left_is_surely_another_thing_and_the_car_in_another_light_is_not(light: str) -> None:
    box = BOXES["suv"]
    edges = edges_of(grey(picture("suv", 1, "day")), box)
    assert edges is not None
    there, gone = (shape_likeness(edges, grey(bgr), box) for bgr in (picture("suv", 1, light), empty(light)))
    assert there is not None
    assert gone is not None
    assert gone < OTHER_SHAPE < there


@pytest.mark.parametrize(
    "box", [(1270.0, 300.0, 1500.0, 500.0), (1300.0, 300.0, 1500.0, 500.0), (0.0, 715.0, 90.0, 900.0)]
)
def test_box_of_which_too_little_is_in_the_frame_is_not_compared(box: tuple[float, float, float, float]) -> None:
    luma = grey(picture("suv", 1, "day"))
    edges = edges_of(luma, BOXES["suv"])
    assert edges is not None
    assert shape_likeness(edges, luma, box) is None


def grey(bgr: Picture) -> Picture:
    return cv2.cvtColor(bgr, cv2.COLOR_BGR2GRAY)


@pytest.mark.parametrize(
    ("kept", "now"),
    [
        (("cabinet", 1), ("sedan", 1)),
        (("food_cart", 1), ("sedan", 1)),
        (("sedan", 1), ("suv", 1)),
        (("sedan", 1), ("sedan", 2)),  # one body, another paint
        (("suv", 1), ("sedan", 1)),
    ],
)
@pytest.mark.parametrize("light", ["day", "night"])
def test_another_thing_at_the_same_place_is_not_taken_for_it(
    kept: tuple[str, int], now: tuple[str, int], light: str
) -> None:
    assert not is_same((*kept, "day"), (*now, light))


def test_camera_that_shakes_by_some_pixels_shows_the_same_thing() -> None:
    looks = appearance_of(picture("sedan", 1, "day"), BOXES["sedan"])
    assert looks is not None
    shaken = np.roll(picture("sedan", 1, "day"), (4, -8), axis=(0, 1))
    found = resemblance(looks, shaken, BOXES["sedan"])
    assert found is not None
    assert found.is_same


@pytest.mark.parametrize("box", [(10.0, 10.0, 30.0, 30.0), (-50.0, -50.0, 10.0, 10.0), (1270.0, 700.0, 1290.0, 740.0)])
def test_box_that_is_too_small_or_outside_tells_nothing(box: tuple[float, float, float, float]) -> None:
    assert appearance_of(picture("sedan", 1, "day"), box) is None


def test_plain_ground_tells_nothing() -> None:
    assert appearance_of(np.full((100, 100, 3), 90, np.uint8), (10.0, 10.0, 90.0, 90.0)) is None


def test_resemblance_is_of_numbers_whatever_fills_the_picture() -> None:
    rng = np.random.default_rng(1)
    noise = rng.integers(0, 255, (64, 64, 3), dtype=np.uint8)
    looks = appearance_of(noise, (0.0, 0.0, 64.0, 64.0))
    assert looks is not None
    found = resemblance(looks, noise, (0.0, 0.0, 64.0, 64.0))
    assert found is not None
    assert math.isfinite(found.paint + found.level + found.shape)
