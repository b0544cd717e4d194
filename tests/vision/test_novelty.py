"""Novelty: what comes to rest or goes is news once, what moves on is none."""

import cv2
import numpy as np
import pytest

from tests.vision.pictures import WH, seen, street, with_box
from vision.arrays import Picture
from vision.cells import GRID_WH, cells_under
from vision.frames import resized
from vision.novelty import SIZE_WH, Novelty
from vision.zones import Zone

KERB = Zone("kerb", "kerb", ((0.0, 0.4), (1.0, 0.4), (1.0, 1.0), (0.0, 1.0)))
BOX = (300, 200, 360, 250)


class Street:
    """A street that a model has judged, seen by a camera."""

    def __init__(self, picture: Picture) -> None:
        self.novelty = Novelty([KERB])
        self._now_s = 0.0
        self.first = self.shows(picture)
        self.novelty.judged()

    def shows(self, picture: Picture, **light: float) -> bool:
        self._now_s += 4.0
        return self.novelty.look(resized(seen(picture, self._now_s, **light).luma(), SIZE_WH))


@pytest.fixture
def empty() -> Street:
    return Street(street())


def test_first_look_is_news(empty: Street) -> None:
    assert empty.first


def test_quiet_street_is_no_news(empty: Street) -> None:
    assert not any(empty.shows(street()) for _ in range(20))


def test_thing_that_came_to_rest_is_news_at_the_second_look(empty: Street) -> None:
    assert [empty.shows(with_box(street(), BOX)) for _ in range(2)] == [False, True]


def test_thing_at_rest_is_no_news_once_the_model_has_judged_it(empty: Street) -> None:
    for _ in range(2):
        empty.shows(with_box(street(), BOX))
    empty.novelty.judged()
    assert not any(empty.shows(with_box(street(), BOX)) for _ in range(10))


def test_thing_that_went_is_news() -> None:
    parked = Street(with_box(street(), BOX))
    assert [parked.shows(street()) for _ in range(2)] == [False, True]


def test_flowing_traffic_is_hardly_ever_news_and_neither_is_the_street_behind_it(empty: Street) -> None:
    rng = np.random.default_rng(1)
    news = 0
    for _ in range(60):
        x, shade = int(rng.integers(0, WH[0] - 60)), int(rng.integers(1000))
        news += empty.shows(with_box(street(), (x, 200, x + 60, 250), seed=shade))
        empty.novelty.judged()
    assert news <= 5  # two cars of one colour at one spot
    assert not any(empty.shows(street()) for _ in range(3))


def test_far_small_car_is_news(empty: Street) -> None:
    far = with_box(street(), (300, 170, 326, 188))
    assert [empty.shows(far) for _ in range(2)] == [False, True]


def test_what_stops_outside_the_zones_is_no_news(empty: Street) -> None:
    assert not any(empty.shows(with_box(street(), (300, 20, 360, 70))) for _ in range(3))


def test_slow_light_is_news_at_most_now_and_then(empty: Street) -> None:
    news = 0
    for step in range(60):
        if empty.shows(street(), gain=1 - step / 200):
            empty.novelty.judged()
            news += 1
    assert news <= 6


def test_camera_without_zones_has_no_news() -> None:
    novelty = Novelty([])
    luma = cv2.resize(street(), SIZE_WH)
    assert not any(novelty.look(luma) for _ in range(3))


def test_news_where_the_model_looked_too_coarsely_remains_news_until_it_looks_closely(empty: Street) -> None:
    far = with_box(street(), (300, 170, 326, 188))
    cells = set(cells_under(np.array([[300, 170, 326, 188]], np.float32), WH).tolist())
    cells |= {cell - GRID_WH[0] for cell in cells} | {cell + 1 for cell in cells}
    for _ in range(2):
        empty.shows(far)
    empty.novelty.judged(cells)
    assert empty.shows(far)
    empty.novelty.judged()
    assert not empty.shows(far)


def test_what_was_there_at_the_start_is_news_where_the_first_look_was_too_coarse() -> None:
    novelty = Novelty([KERB])
    luma = resized(seen(street(), 1.0).luma(), SIZE_WH)
    novelty.look(luma)
    novelty.judged([9 * GRID_WH[0] + 5])
    assert novelty.look(luma)
    novelty.judged()
    assert not novelty.look(luma)
