"""From a box in the picture to a place on earth, by a plane of the ground that has an anchor."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.anchoring import CORNER_ERROR_M, GroundAnchor
from cases.coordinates import Position, distance_m, gcj02_of
from cases.place_settings import AnchorSettings
from tests.cases.city import SOUTH, WEST, at_m
from vision.ground_plane import GroundPlane

SIZE = (1000, 1000)
LANE = [(0.0, 0.0), (7.0, 0.0), (7.0, 40.0), (0.0, 40.0)]
CORNERS = [(0.3, 0.9), (0.7, 0.9), (0.55, 0.35), (0.45, 0.35)]
PLANE = GroundPlane.of_corners(np.array(CORNERS, np.float32), np.array(LANE, np.float64))


def box_at(x: float, y: float) -> tuple[float, float, float, float]:
    """A box of 100 px whose bottom centre is there, in fractions."""
    return x * 1000 - 20, y * 1000 - 100, x * 1000 + 20, y * 1000


def anchor(bearing_deg: float = 0.0, **changes: object) -> GroundAnchor:
    settings = {"longitude": WEST, "latitude": SOUTH, "bearing_deg": bearing_deg, **changes}
    return GroundAnchor.of_bearing(AnchorSettings.model_validate(settings))


@pytest.mark.parametrize(
    ("bearing_deg", "east_m", "north_m"),
    [(0, 7, 40), (90, 40, -7), (180, -7, -40), (270, -40, 7)],
)
def test_bearing_says_where_the_second_axis_points(bearing_deg: float, east_m: float, north_m: float) -> None:
    place = anchor(bearing_deg).at((7, 40), 0)

    assert distance_m(place, at_m(east_m, north_m)) < 0.001


def test_bottom_centre_of_a_box_becomes_a_place() -> None:
    place = anchor().of_box(PLANE, box_at(0.3, 0.9), SIZE)

    assert place is not None
    assert distance_m(place, at_m(0, 0)) < 0.05


def test_place_does_not_depend_on_the_resolution() -> None:
    small = anchor().of_box(PLANE, (140.0, 400.0, 160.0, 450.0), (500, 500))
    large = anchor().of_box(PLANE, (280.0, 800.0, 320.0, 900.0), SIZE)

    assert small is not None
    assert large is not None
    assert distance_m(small, large) < 0.01


def test_error_grows_with_the_distance() -> None:
    near, far = (anchor().of_box(PLANE, box_at(0.5, y), SIZE) for y in (0.9, 0.36))

    assert near is not None
    assert far is not None
    assert 2.0 <= near.error_m < far.error_m < 20


def test_feet_above_or_near_the_horizon_are_no_place() -> None:
    assert [anchor().of_box(PLANE, box_at(0.5, y), SIZE) for y in (0.1, 0.169)] == [None, None]


@given(st.floats(0, 2 * math.pi), st.booleans(), st.floats(-1000, 1000), st.floats(-1000, 1000))
def test_corners_with_coordinates_tell_origin_and_axes(angle: float, mirrored: bool, east: float, north: float) -> None:
    def ground(x: float, y: float) -> Position:
        x = -x if mirrored else x
        return at_m(east + x * math.cos(angle) - y * math.sin(angle), north + x * math.sin(angle) + y * math.cos(angle))

    places = [(p.longitude, p.latitude) for p in (ground(x, y) for x, y in LANE)]

    found = GroundAnchor.of_corners(LANE, places, "WGS-84")

    assert distance_m(found.at((3, 20), 0), ground(3, 20)) < 0.05
    assert found.origin.error_m == pytest.approx(CORNER_ERROR_M, abs=0.05)


def test_corners_that_do_not_agree_are_refused_with_the_worst() -> None:
    places = [(p.longitude, p.latitude) for p in (at_m(0, 0), at_m(7, 0), at_m(7, 90), at_m(0, 40))]

    with pytest.raises(ValueError, match="corner 3 is off by"):
        GroundAnchor.of_corners(LANE, places, "WGS-84")


def test_corners_with_latitude_first_are_refused() -> None:
    places = [(p.latitude, p.longitude) for p in (at_m(0, 0), at_m(7, 0), at_m(7, 40), at_m(0, 40))]

    with pytest.raises(ValueError):
        GroundAnchor.of_corners(LANE, places, "WGS-84")


def test_anchor_from_a_chinese_web_map_is_shifted_back_and_less_sure() -> None:
    longitude, latitude = gcj02_of(WEST, SOUTH)

    shown = anchor(longitude=longitude, latitude=latitude, crs="GCJ-02")

    assert distance_m(shown.origin, at_m(0, 0)) < 0.01
    assert shown.origin.error_m > anchor().origin.error_m
