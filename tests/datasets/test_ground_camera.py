"""The drawn camera: from the ground to the picture and back."""

import math

import numpy as np
import pytest

from datasets.ground_camera import GroundCamera, focal_for


@pytest.fixture
def camera() -> GroundCamera:
    return GroundCamera((2.0, -3.0, 6.0), math.radians(50), math.radians(20), focal_for(1280, 62), (1280, 720))


def test_point_straight_ahead_lies_in_the_middle_of_the_picture(camera: GroundCamera) -> None:
    ahead = np.array([[math.cos(camera.yaw_rad) * math.cos(camera.pitch_rad), 0, -math.sin(camera.pitch_rad)]])
    ahead[0, 1] = math.sin(camera.yaw_rad) * math.cos(camera.pitch_rad)
    pixels, depths = camera.project(np.array(camera.position) + 10 * ahead)
    np.testing.assert_allclose(pixels, [[640, 360]], atol=1e-6)
    np.testing.assert_allclose(depths, [10])


def test_higher_point_is_drawn_higher(camera: GroundCamera) -> None:
    pixels, _ = camera.project(np.array([[12.0, 9.0, 0.0], [12.0, 9.0, 1.7]]))
    assert pixels[1, 1] < pixels[0, 1]


def test_point_to_the_right_of_the_view_is_drawn_to_the_right(camera: GroundCamera) -> None:
    pixels, _ = camera.project(np.array([[14.0, 7.0, 0.0], [10.0, 11.0, 0.0]]))
    assert pixels[0, 0] > pixels[1, 0]


def test_ground_point_survives_the_way_to_the_picture_and_back(camera: GroundCamera) -> None:
    ground = np.array([[10.0, 5.0], [25.0, 9.0], [8.0, 12.0]])
    pixels, _ = camera.project(np.hstack([ground, np.zeros((3, 1))]))
    np.testing.assert_allclose(camera.ground_at(pixels), ground, atol=1e-9)


def test_plane_homography_agrees_with_projection(camera: GroundCamera) -> None:
    homography = camera.plane_homography(np.array([5.0, 9.0, 3.0]), np.array([0.5, 0, 0]), np.array([0, 0, -0.5]))
    mapped = homography @ np.array([4.0, 2.0, 1.0])
    pixels, _ = camera.project(np.array([[7.0, 9.0, 2.0]]))
    np.testing.assert_allclose(mapped[:2] / mapped[2], pixels[0])


def test_thing_whose_middle_is_beside_the_picture_may_still_be_seen(camera: GroundCamera) -> None:
    assert camera.may_see(12.0, 9.0, 1.0)
    assert not camera.may_see(-60.0, 9.0, 3.0)


def test_camera_under_the_ground_is_refused() -> None:
    with pytest.raises(ValueError, match="above the ground"):
        GroundCamera((0, 0, -1), 0, 0, 100, (64, 64))
