"""Coordinates: every usual source ends as WGS-84, and distances are metres."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyproj import Geod

from cases.coordinates import Position, SourceCrs, box_around, cell_of, cells_of, distance_m, gcj02_of, wgs84_of_gcj02
from cases.errors import CoordinatesError

YUNCHENG = Position(111.0070, 35.0264)
GEOD = Geod(ellps="WGS84")


@pytest.mark.parametrize(
    ("longitude", "latitude", "shown_longitude", "shown_latitude"),
    [
        (121.5272106, 31.1774276, 121.531541859215, 31.17530398364597),  # Shanghai
        (113.912316, 22.543847, 113.9171764808363, 22.540796131694766),  # Shenzhen
        (116.377817, 39.911954, 116.38404722455657, 39.91334545536069),  # Beijing
    ],
)
def test_gcj02_shows_places_where_the_published_formula_puts_them(
    longitude: float, latitude: float, shown_longitude: float, shown_latitude: float
) -> None:
    x, y = gcj02_of(longitude, latitude)

    assert distance_m(Position(x, y), Position(shown_longitude, shown_latitude)) < 0.05


def test_place_outside_of_china_is_not_shifted() -> None:
    assert gcj02_of(2.3522, 48.8566) == (2.3522, 48.8566)


@given(st.floats(75, 135), st.floats(4, 54))
def test_place_comes_back_from_gcj02(longitude: float, latitude: float) -> None:
    x, y = wgs84_of_gcj02(*gcj02_of(longitude, latitude))

    assert distance_m(Position(longitude, latitude), Position(x, y)) < 0.001


@pytest.mark.parametrize("name", ["WGS-84", "wgs84", "CGCS2000", "EPSG:4326", "EPSG:4490", "OGC:CRS84"])
def test_degrees_of_wgs84_and_cgcs2000_are_taken_as_they_are(name: str) -> None:
    assert SourceCrs(name).wgs84(111.007, 35.0264) == pytest.approx((111.007, 35.0264), abs=1e-9)


def test_names_of_old_geojson_files_are_understood() -> None:
    assert SourceCrs("urn:ogc:def:crs:OGC:1.3:CRS84").name == "WGS-84"
    assert SourceCrs("urn:ogc:def:crs:EPSG::4547").name == "EPSG:4547"


def test_metres_of_a_gauss_krueger_zone_become_degrees() -> None:
    longitude, latitude = SourceCrs("EPSG:4547").wgs84(500000, 3876000)  # on the middle meridian, 114 E

    assert longitude == pytest.approx(114.0, abs=1e-9)
    # The arc of a meridian up to that latitude, by an independent way: a geodesic from the equator.
    assert GEOD.line_length([114, 114], [0, latitude]) == pytest.approx(3876000, abs=0.01)


def test_metres_outside_of_the_zone_are_refused() -> None:
    with pytest.raises(CoordinatesError, match="no place within EPSG:4547"):
        SourceCrs("EPSG:4547").wgs84(1e12, 1e12)


@pytest.mark.parametrize("name", ["EPSG:999999", "BD-09", ""])
def test_unknown_system_is_named(name: str) -> None:
    with pytest.raises(CoordinatesError, match="no system of coordinates"):
        SourceCrs(name)


@given(st.floats(100, 120), st.floats(20, 45), st.floats(-0.05, 0.05), st.floats(-0.05, 0.05))
def test_distance_agrees_with_the_geodesic(longitude: float, latitude: float, east: float, north: float) -> None:
    other = Position(longitude + east, latitude + north)
    _, _, exact = GEOD.inv(longitude, latitude, other.longitude, other.latitude)

    assert distance_m(Position(longitude, latitude), other) == pytest.approx(exact, rel=1e-4, abs=0.001)


@given(st.floats(0, 2 * math.pi), st.floats(0, 1))
def test_box_holds_the_whole_circle(angle: float, share: float) -> None:
    west, south, east, north = box_around(YUNCHENG, 50)
    longitude, latitude, _ = GEOD.fwd(YUNCHENG.longitude, YUNCHENG.latitude, math.degrees(angle), 49.9 * share)

    assert west <= longitude <= east
    assert south <= latitude <= north


@given(st.floats(-179, 179), st.floats(-89, 89), st.floats(-0.99, 0.99), st.floats(-0.99, 0.99), st.floats(1, 1000))
def test_every_place_of_a_box_lies_in_one_of_its_cells(x: float, y: float, right: float, up: float, r: float) -> None:
    west, south, east, north = box_around(Position(x, y), r)
    inside = (west + east) / 2 + right * (east - west) / 2, (south + north) / 2 + up * (north - south) / 2

    assert cell_of(*inside) in cells_of(west, south, east, north)


@pytest.mark.parametrize(("longitude", "latitude", "error_m"), [(181, 0, 0), (0, 91, 0), (math.nan, 0, 0), (0, 0, -1)])
def test_numbers_that_are_no_place_are_refused(longitude: float, latitude: float, error_m: float) -> None:
    with pytest.raises(CoordinatesError):
        Position(longitude, latitude, error_m)
