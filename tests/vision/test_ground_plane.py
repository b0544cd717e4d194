"""The ground plane: metres from pixels, whatever the picture's size, and a unit from the width of cars."""

import numpy as np
import pytest

from tests.vision.roads import FOCAL_PX, HEIGHT_M, HORIZON_PX, MATRIX, ROAD, car_at
from tests.vision.streets import SIZE_WH
from vision.boxes import feet
from vision.ground_plane import CAR_WIDTH_M, LEAST_CARS, GroundPlane

SQUARE = [(0, 0), (3, 0), (3, 3), (0, 3)]


def boxes(*places_m: tuple[float, float]) -> np.ndarray[tuple[int, int], np.dtype[np.float32]]:
    return np.array([car_at(*place) for place in places_m], np.float32)


def test_things_lie_as_far_apart_as_they_were_put() -> None:
    feet_m = ROAD.feet_m(boxes((0, 40), (3, 44), (0, 200)), SIZE_WH)
    assert np.linalg.norm(feet_m[1] - feet_m[0]) == pytest.approx(5, abs=1e-3)
    assert np.linalg.norm(feet_m[2] - feet_m[0]) == pytest.approx(160, abs=0.01)


def test_smaller_picture_of_the_view_gives_the_same_metres() -> None:
    half = (SIZE_WH[0] // 2, SIZE_WH[1] // 2)
    there = boxes((2, 60), (-4, 90))
    assert np.allclose(ROAD.feet_m(there / 2, half), ROAD.feet_m(there, SIZE_WH), atol=1e-3)


def test_row_of_pixels_covers_the_more_ground_the_further_away_it_is() -> None:
    near_m, far_m = ROAD.px_m(boxes((0, 40), (0, 200)), SIZE_WH)
    assert near_m == pytest.approx(40**2 / (FOCAL_PX * HEIGHT_M), rel=0.02)
    assert far_m == pytest.approx(200**2 / (FOCAL_PX * HEIGHT_M), rel=0.03)


def test_points_above_the_horizon_lie_nowhere() -> None:
    points = np.array([[600, HORIZON_PX - 1], [600, HORIZON_PX], [600, HORIZON_PX + 1]], np.float32)
    assert np.isfinite(ROAD.metres(points, SIZE_WH)).all(axis=1).tolist() == [False, False, True]


def test_plane_in_other_units_is_scaled_by_the_width_of_cars() -> None:
    in_feet = GroundPlane.of_pixels(np.diag([3.28, 3.28, 1.0]) @ MATRIX, SIZE_WH)
    cars = boxes(*[(x, z) for x in (-4, 0, 4) for z in range(30, 130, 10)])
    left, right = (in_feet.scaled_by_cars(cars, SIZE_WH).metres(cars[:, side], SIZE_WH) for side in ([0, 3], [2, 3]))
    assert np.median(np.linalg.norm(right - left, axis=1)) == pytest.approx(CAR_WIDTH_M)


def test_few_cars_tell_no_unit() -> None:
    with pytest.raises(ValueError, match=str(LEAST_CARS)):
        ROAD.scaled_by_cars(boxes((0, 40), (0, 50)), SIZE_WH)


@pytest.mark.parametrize("matrix", [np.eye(2), np.zeros((3, 3)), np.full((3, 3), np.nan), np.diag([1.0, 1.0, 0.0])])
def test_matrix_that_maps_no_ground_is_refused(matrix: np.ndarray[tuple[int, int], np.dtype[np.float64]]) -> None:
    with pytest.raises(ValueError, match="matrix"):
        GroundPlane(matrix)


def test_four_marked_corners_tell_the_plane() -> None:
    metres = np.array([[0, 0], [7, 0], [7, 60], [0, 60]], np.float64)
    on_road = [(-3.5, 40), (3.5, 40), (3.5, 100), (-3.5, 100)]
    corners = np.array([feet(boxes(place))[0] for place in on_road], np.float32) / np.array(SIZE_WH, np.float32)
    plane = GroundPlane.of_corners(corners, metres)
    told, surveyed = (each.feet_m(boxes((0, 60), (3, 64), (-2, 150)), SIZE_WH) for each in (plane, ROAD))
    for a, b in ((0, 1), (1, 2), (0, 2)):
        wanted = np.linalg.norm(surveyed[a] - surveyed[b])
        assert np.linalg.norm(told[a] - told[b]) == pytest.approx(wanted, rel=0.01)


@pytest.mark.parametrize(
    ("corners", "metres", "why"),
    [
        ([(0.2, 0.9), (0.8, 0.4), (0.8, 0.9), (0.2, 0.4)], SQUARE, "in the picture"),
        ([(0.2, 0.9), (0.5, 0.9), (0.8, 0.9), (0.2, 0.4)], SQUARE, "in the picture"),
        ([(0.2, 0.9)] * 4, SQUARE, "in the picture"),
        ([(0.2, 0.9), (0.8, 0.9), (0.6, 0.4), (0.4, 0.4)], [(0, 0), (3, 3), (3, 0), (0, 3)], "on the ground"),
        ([(0.4, 0.5), (0.6, 0.5), (0.9, 0.1), (0.1, 0.1)], SQUARE, "above its horizon"),
    ],
    ids=["crossed", "on a line", "one point", "crossed on the ground", "ceiling"],
)
def test_corners_that_make_no_ground_are_refused(
    corners: list[tuple[float, float]], metres: list[tuple[float, float]], why: str
) -> None:
    with pytest.raises(ValueError, match=why):
        GroundPlane.of_corners(np.array(corners, np.float32), np.array(metres, np.float64))
