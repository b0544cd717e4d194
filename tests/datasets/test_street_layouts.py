"""Layouts: each can be drawn by day and night, and the truth carries its ground plane and door lines."""

import itertools
from dataclasses import replace

import numpy as np
import pytest

from datasets.backdrop import paint_backdrop
from datasets.houses import houses
from datasets.light import LIGHTS
from datasets.scenario import Script
from datasets.scene import StreetScene, place_camera
from datasets.street import Wall
from datasets.street_layouts import LAYOUTS, Layout, layout

SIZE = (640, 360)


def empty(name: str, look: int = 1, light: str = "day") -> StreetScene:
    planned = layout(name, look)
    return StreetScene(Script(name, planned.street, planned.view, (), period_s=100.0), SIZE, light)


@pytest.mark.parametrize("name", LAYOUTS)
def test_layout_is_drawn_by_day_and_darker_by_night(name: str) -> None:
    day, night = (empty(name, light=light).picture(1.0) for light in ("day", "night"))
    assert day.std() > 15
    assert night.mean() < day.mean() * 0.9


@pytest.mark.parametrize("name", LAYOUTS)
def test_looks_differ_and_the_same_look_is_the_same(name: str) -> None:
    first, again, another = (empty(name, look).picture(1.0) for look in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert np.abs(first.astype(int) - another).mean() > 2


@pytest.mark.parametrize("name", LAYOUTS)
def test_lanes_lie_between_the_kerbs_and_apart(name: str) -> None:
    street = layout(name).street
    ys = sorted(lane.y for lane in street.lanes)
    assert ys[0] > 0.9
    assert ys[-1] < street.road_m - 0.9
    assert all(b - a > 2.5 for a, b in itertools.pairwise(ys))


@pytest.mark.parametrize("name", LAYOUTS)
def test_homography_of_the_truth_leads_from_metres_to_the_picture(name: str) -> None:
    scene = empty(name)
    ground = np.array([[8.0, scene.script.street.road_m], [14.0, 3.0]])
    pixels, _ = scene.camera.project(np.hstack([ground, np.zeros((2, 1))]))
    plane = scene.truth(1.0).plane
    np.testing.assert_allclose(plane.pixels(ground), pixels)


@pytest.mark.parametrize("name", ["market", "shops"])
def test_door_lines_stand_before_their_shops_in_metres_and_in_the_picture(name: str) -> None:
    scene = empty(name)
    street, plane = scene.script.street, scene.truth(1.0).plane
    assert len(plane.door_lines) == len(street.shops) > 5
    assert (plane.door_lines[:, 1] == street.front_y - street.door_line_m).all()
    in_view = plane.door_lines[(plane.door_lines[:, 0] > 5) & (plane.door_lines[:, 2] < 20)]
    pixels, depths = scene.camera.project(np.hstack([in_view.reshape(-1, 2), np.zeros((2 * len(in_view), 1))]))
    assert depths.min() > 0
    row = np.flatnonzero((plane.door_lines == in_view[0]).all(axis=1))[0]
    np.testing.assert_allclose(plane.door_lines_px()[row], pixels[:2].ravel())
    assert (pixels[:2] > 0).all()
    assert (pixels[:2] < SIZE).all()


def test_shops_stand_side_by_side_without_overlap() -> None:
    for name in ("market", "shops"):
        for look in range(5):
            shops = layout(name, look).street.shops
            assert all(a.right_x == pytest.approx(b.left_x, abs=0.11) for a, b in itertools.pairwise(shops))
            assert any(shop.is_open for shop in shops)


def test_open_and_shut_shops_look_different() -> None:
    street = layout("shops", 3).street
    assert {shop.is_open for shop in street.shops} == {True, False}


def test_underpass_is_dimmer_than_a_street_under_the_sky() -> None:
    assert empty("underpass").picture(1.0).mean() < empty("main_street").picture(1.0).mean() - 20


def test_median_has_a_railing_that_hides_what_is_behind_it() -> None:
    planned = layout("arterial")
    street = planned.street
    assert street.median is not None
    middle = sum(street.median) / 2
    props = paint_backdrop(street, place_camera(planned.view, SIZE), LIGHTS["day"]).props
    assert sum(prop.ground[1] == pytest.approx(middle) for prop in props) >= 5


def test_houses_leave_the_side_road_free() -> None:
    street = layout("junction").street
    assert street.side_road is not None
    left, right = street.side_road
    for x, front in houses(street, np.random.default_rng(3)):
        assert x + front.width_m <= left + 1e-6 or x >= right - 1e-6


class Patient(np.random.Generator):
    """Random numbers that end after so many: a row of houses takes a few."""

    def __init__(self) -> None:
        super().__init__(np.random.PCG64(3))
        self._left = 200

    def integers(self, *args: object, **kwargs: object) -> object:
        self._left -= 1
        assert self._left > 0, "houses without end"
        return super().integers(*args, **kwargs)  # type: ignore[call-overload]


def test_row_of_houses_ends_wherever_its_wall_ends() -> None:
    corners = np.random.default_rng(5).uniform(-20, 20, (400, 2))
    for left, right in np.sort(corners, axis=1).tolist():
        street = replace(
            layout("arterial").street, wall=Wall(left, right, 3.0), shops=(), side_road=None, fronts="mixed"
        )
        row = houses(street, Patient())
        assert [x for x, front in row if front.plain] == [left]
        assert row[-1][0] + row[-1][1].width_m >= street.to_x


@pytest.mark.parametrize("name", LAYOUTS)
def test_camera_of_a_layout_sees_the_middle_of_its_pavement(name: str) -> None:
    planned: Layout = layout(name)
    camera = place_camera(planned.view, SIZE)
    y = planned.street.road_m + planned.street.far_pavement_m / 2
    pixels, depths = camera.project(np.array([[x, y, 0.0] for x in (10.0, 14.0)]))
    assert (depths > 0).all()
    assert (pixels > 0).all()
    assert (pixels < SIZE).all()


def test_unknown_layout_is_named_with_the_choices() -> None:
    with pytest.raises(ValueError, match="'beach'; there are main_street, arterial"):
        layout("beach")
