"""The door line: which side is the street, and how far before it things stand."""

import numpy as np
import pytest

from detectors.door_line import DoorLine
from detectors.errors import DoorLineError
from tests.detectors.stories import zone
from vision.ground_plane import GroundPlane
from vision.zones import Zone

SIZE_WH = (1000, 500)
PAVEMENT = Zone("shop", "shop", ((0.1, 0.5), (0.9, 0.5), (0.9, 1.0), (0.1, 1.0)))


def foot(x: float, y: float) -> tuple[float, float, float, float]:
    return x - 20, y - 30, x + 20, y


@pytest.mark.parametrize("points", [[(0.1, 0.6), (0.9, 0.6)], [(0.9, 0.6), (0.1, 0.6)]])
def test_street_side_is_that_of_the_zones_middle_whichever_end_was_drawn_first(points: list) -> None:  # type: ignore[type-arg]
    door = DoorLine(points, PAVEMENT)
    assert door.beyond_heights(foot(500, 400), SIZE_WH) == pytest.approx(0.2)
    assert door.beyond_heights(foot(500, 250), SIZE_WH) == pytest.approx(-0.1)


def test_distance_is_that_from_the_nearest_piece_of_a_line_with_corners() -> None:
    niche = DoorLine([(0.1, 0.6), (0.4, 0.6), (0.4, 0.4), (0.6, 0.4), (0.6, 0.6), (0.9, 0.6)], PAVEMENT)
    assert niche.beyond_heights(foot(500, 350), SIZE_WH) > 0
    assert niche.beyond_heights(foot(200, 280), SIZE_WH) < 0
    assert niche.beyond_heights(foot(410, 310), SIZE_WH) == pytest.approx(np.hypot(10, 10) / 500)


def test_distance_is_in_metres_where_the_ground_is_known() -> None:
    mirrored = GroundPlane(np.diag([-10.0, 5.0, 1.0]))
    door = DoorLine([(0.1, 0.6), (0.9, 0.6)], PAVEMENT)
    assert door.beyond_m(foot(500, 400), SIZE_WH, mirrored) == pytest.approx(1.0)
    assert door.beyond_m(foot(500, 250), SIZE_WH, mirrored) == pytest.approx(-0.5)


def test_line_above_the_horizon_has_no_metres() -> None:
    slanted = GroundPlane(np.array([[1.0, 0, 0], [0, 1.0, 0], [0, -1.0, 0.7]]))
    assert DoorLine([(0.1, 0.6), (0.9, 0.6)], PAVEMENT).beyond_m(foot(500, 400), SIZE_WH, slanted) is None


@pytest.mark.parametrize(
    ("points", "problem"),
    [
        ([(0.1, 0.6)], "at least two points"),
        ([(0.1, 0.6), (1.2, 0.6)], "leaves the picture"),
        ([(0.1, 0.6), (0.1, 0.6)], "two points on one spot"),
        ([(0.1, 0.75), (0.9, 0.75)], "halves zone 'shop'"),
    ],
)
def test_line_that_is_none_is_refused_in_words(points: list, problem: str) -> None:  # type: ignore[type-arg]
    with pytest.raises(DoorLineError, match=problem):
        DoorLine(points, PAVEMENT)


def test_zone_with_such_a_line_is_refused_before_it_is_in_force() -> None:
    with pytest.raises(ValueError, match="halves zone"):
        zone({"kind": "spillover", "door": [(0.1, 0.75), (0.9, 0.75)]}, PAVEMENT.polygon)
