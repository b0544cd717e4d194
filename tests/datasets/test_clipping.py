"""The part of a polygon in the street that a camera sees."""

import math

import numpy as np
import pytest

from datasets.clipping import seen_outline
from datasets.ground_camera import GroundCamera, focal_for

WIDTH, HEIGHT = 1280, 720


@pytest.fixture
def camera() -> GroundCamera:
    return GroundCamera((0.0, -4.0, 6.0), math.radians(90), math.radians(20), focal_for(WIDTH, 62), (WIDTH, HEIGHT))


def ground(*places: tuple[float, float]) -> np.ndarray:
    return np.array([(x, y, 0.0) for x, y in places])


def test_polygon_that_is_wholly_seen_keeps_its_very_corners(camera: GroundCamera) -> None:
    corners = ground((-3, 9), (3, 9), (3, 14), (-3, 14))
    np.testing.assert_array_equal(seen_outline(camera, corners), camera.project(corners)[0])


def test_edge_that_leaves_the_picture_keeps_its_direction(camera: GroundCamera) -> None:
    outline = seen_outline(camera, ground((0, 9), (60, 9), (60, 14), (0, 14)))
    (row,) = {round(float(y), 6) for y in camera.project(ground((0, 9), (60, 9)))[0][:, 1]}
    np.testing.assert_allclose(outline[:, 0].max(), WIDTH)
    np.testing.assert_allclose(sorted(outline[:, 1])[-2:], row)


def test_polygon_that_reaches_behind_the_camera_is_seen_to_the_lower_border(camera: GroundCamera) -> None:
    outline = seen_outline(camera, ground((-1, -40), (1, -40), (1, 12), (-1, 12)))
    np.testing.assert_allclose(outline[:, 1].max(), HEIGHT)
    assert len(outline) == 4
    at_border = outline[outline[:, 1] > HEIGHT - 1e-6]
    np.testing.assert_allclose(np.abs(camera.ground_at(at_border)[:, 0]), 1.0)


def test_nothing_is_left_of_a_polygon_behind_the_camera_or_beside_the_picture(camera: GroundCamera) -> None:
    assert seen_outline(camera, ground((-3, -30), (3, -30), (3, -20), (-3, -20))).shape == (0, 2)
    assert seen_outline(camera, ground((50, 9), (60, 9), (60, 14), (50, 14))).shape == (0, 2)


def test_polygon_around_the_whole_picture_is_the_picture(camera: GroundCamera) -> None:
    outline = seen_outline(camera, np.array([(-500, 50, -500), (500, 50, -500), (500, 50, 500), (-500, 50, 500.0)]))
    corners = {(round(float(x)), round(float(y))) for x, y in outline}
    assert corners == {(0, 0), (WIDTH, 0), (WIDTH, HEIGHT), (0, HEIGHT)}
