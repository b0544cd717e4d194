"""Grids: a place finds its grid, and every mistake in a file is told where it is."""

import json
from pathlib import Path
from typing import Any

import pytest
from pyproj import Transformer

from cases.coordinates import gcj02_of
from cases.errors import CoordinatesError, PlaceFileError
from cases.grid_checks import check_cover
from cases.grids import GridMap, load_map, read_areas, read_grids
from cases.place_problems import told
from cases.wording import Words
from tests.cases.city import SIDE_M, at_m, city, code, feature, ring, written


def said(path: Path, **options: Any) -> list[str]:
    return [slip.said for slip in read_grids(path, **options).slips]


def sentences(path: Path, language: Any = "en", **options: Any) -> list[str]:
    return [told(Words.load(), slip, language) for slip in read_grids(path, **options).slips]


def test_place_lies_in_the_grid_that_holds_it(tmp_path: Path) -> None:
    city_map = load_map(written(tmp_path / "grids.geojson", city()), None)

    spot = city_map.spot(at_m(150, 50, 7.0), "人民路")

    assert (spot.grid, spot.district, spot.area, spot.address) == (code(1, 0), "140802", "", "人民路")
    assert spot.position == at_m(150, 50, 7.0)


def test_place_outside_of_every_grid_has_none(tmp_path: Path) -> None:
    city_map = load_map(written(tmp_path / "grids.geojson", city()), None)

    assert city_map.spot(at_m(-10, 50)).grid == ""
    assert city_map.border_m(at_m(-10, 50)) == 0


def test_place_on_a_border_belongs_to_one_grid_and_always_the_same(tmp_path: Path) -> None:
    for order in (city(2, 1), city(2, 1)[::-1]):
        city_map = load_map(written(tmp_path / "grids.geojson", order), None)
        assert city_map.spot(at_m(100, 50)).grid == code(0, 0)


def test_grids_of_a_part_of_the_map_are_bounded(tmp_path: Path) -> None:
    city_map = load_map(written(tmp_path / "grids.geojson", city(3, 3)), None)
    here, there = at_m(110, 110), at_m(190, 190)
    box = here.longitude, here.latitude, there.longitude, there.latitude

    assert [grid.code for grid in city_map.within(*box, 10)] == [code(1, 1)]
    assert len(city_map.within(110, 34, 112, 36, 5)) == 5


def test_border_is_told_in_metres(tmp_path: Path) -> None:
    city_map = load_map(written(tmp_path / "grids.geojson", city()), None)

    assert city_map.border_m(at_m(130, 50)) == pytest.approx(30, abs=0.1)


def test_hole_in_a_grid_does_not_belong_to_it(tmp_path: Path) -> None:
    yard = feature({"grid_code": "A"}, ring(0, 0), ring(40, 40, 20, 20))

    city_map = load_map(written(tmp_path / "grids.geojson", [yard]), None)

    assert city_map.grid_at(at_m(50, 50)) is None
    assert city_map.grid_at(at_m(20, 50)) is not None


def test_responsibility_grid_is_that_of_the_unit_grid_or_of_its_own_border(tmp_path: Path) -> None:
    grids = read_grids(written(tmp_path / "grids.geojson", city())).grids
    areas = [
        feature({"area_code": "Z1", "collector": "王", "unit_grids": [code(0, 0), code(1, 0)]}),
        feature({"area_code": "Z2"}, ring(150, 0, 250, 200)),
    ]
    read = read_areas(written(tmp_path / "areas.geojson", areas), grids)
    city_map = GridMap(grids, read.areas)

    assert read.slips == ()
    assert [city_map.spot(at_m(x, 50)).area for x in (50, 150, 250)] == ["Z1", "Z1", "Z2"]
    assert city_map.spot_of_grid(code(2, 0)).area == "Z2"


def test_responsibility_grid_that_names_a_wrong_or_taken_unit_grid_is_told(tmp_path: Path) -> None:
    grids = read_grids(written(tmp_path / "grids.geojson", city())).grids
    areas = [
        feature({"area_code": "Z1", "unit_grids": [code(0, 0)]}),
        feature({"area_code": "Z2", "unit_grids": [code(0, 0), "nowhere"]}),
        feature({"area_code": "Z3"}),
    ]

    slips = read_areas(written(tmp_path / "areas.geojson", areas), grids).slips

    assert [(slip.number, slip.said) for slip in slips] == [
        (3, "nothing_named"),
        (2, "grid_twice"),
        (2, "unknown_grid"),
    ]


@pytest.mark.parametrize("crs", ["EPSG:4547", "EPSG:4526"])
def test_grids_in_metres_of_a_gauss_krueger_zone_are_read(tmp_path: Path, crs: str) -> None:
    to_metres = Transformer.from_crs("EPSG:4326", crs, always_xy=True)
    corners = [list(to_metres.transform(x, y)) for x, y in ring(0, 0)]
    path = written(tmp_path / "grids.geojson", [feature({"grid_code": "A"}, corners)])

    [grid] = read_grids(path, crs=crs).grids

    assert grid.shape.bounds[:2] == pytest.approx((111.0, 35.0), abs=1e-9)


def test_system_of_coordinates_that_the_file_names_counts(tmp_path: Path) -> None:
    to_metres = Transformer.from_crs("EPSG:4326", "EPSG:4547", always_xy=True)
    corners = [list(to_metres.transform(x, y)) for x, y in ring(0, 0)]
    named = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::4547"}}
    path = written(tmp_path / "grids.geojson", [feature({"grid_code": "A"}, corners)], crs=named)

    assert said(path) == []
    assert said(path, crs="EPSG:4548") == ["other_crs"]


def test_grids_of_a_chinese_web_map_are_shifted_back(tmp_path: Path) -> None:
    shown = [list(gcj02_of(x, y)) for x, y in ring(0, 0)]
    path = written(tmp_path / "grids.geojson", [feature({"grid_code": "A"}, shown)])

    [grid] = read_grids(path, crs="GCJ-02").grids

    assert grid.shape.bounds[:2] == pytest.approx((111.0, 35.0), abs=1e-8)


OPEN = ring(0, 0)[:-1]
BOW_TIE = [ring(0, 0)[i] for i in (0, 2, 1, 3, 0)]
SWAPPED = [[y, x] for x, y in ring(0, 0)]
METRES = [[500000.0, 3876000.0], [500100.0, 3876000.0], [500100.0, 3876100.0], [500000.0, 3876000.0]]


@pytest.mark.parametrize(
    ("rings", "options", "expected"),
    [
        ([OPEN], {}, "unclosed"),
        ([BOW_TIE], {}, "crosses_itself"),
        ([SWAPPED], {}, "swapped"),
        ([METRES], {}, "metres_for_degrees"),
        ([ring(0, 0)], {"crs": "EPSG:4547"}, "degrees_for_metres"),
        ([[[y, x] for x, y in METRES]], {"crs": "EPSG:4547"}, "swapped_metres"),
        ([[[111, 35], [112, 36], [111, 35]]], {}, "few_corners"),
        ([[[111, 35], [112, 36], [113, 37], [111, 35]]], {}, "no_area"),
        ([[[111, 35], ["x", 36], [113, 37], [111, 35]]], {}, "no_corner"),
        ([[]], {}, "few_corners"),
        ([ring(0, 0), ring(300, 300)], {}, "not_valid"),
    ],
)
def test_wrong_geometry_is_told_with_its_feature_and_the_others_are_read(
    tmp_path: Path, rings: list[Any], options: dict[str, Any], expected: str
) -> None:
    good = feature({"grid_code": "A"}, METRES if options else ring(500, 0))
    path = written(tmp_path / "grids.geojson", [good, feature({"grid_code": "B"}, *rings)])

    read = read_grids(path, **options)

    assert [(slip.number, slip.name, slip.said) for slip in read.slips] == [(2, "B", expected)]
    assert [grid.code for grid in read.grids] == ["A"]


def test_mistakes_are_told_in_both_languages(tmp_path: Path) -> None:
    path = written(tmp_path / "grids.geojson", [feature({"grid_code": "B"}, OPEN)])

    [english], [chinese] = sentences(path), sentences(path, "zh")

    assert english.startswith("feature 1 B: a ring is not closed: its last corner 111.000000, 35.000901 lies 100.0 m")
    assert chinese.startswith("第 1 个要素 B：环未闭合")


def test_doubled_and_malformed_codes_are_told(tmp_path: Path) -> None:
    features = [feature({"grid_code": c}, ring(i * SIDE_M, 0)) for i, c in enumerate(("14080201", "14080201", "x"))]
    path = written(tmp_path / "grids.geojson", [*features, feature({"name": "无编码"}, ring(300, 0))])

    slips = read_grids(path, pattern=r"\d{8}").slips

    assert [(slip.number, slip.said) for slip in slips] == [(2, "doubled"), (3, "bad_code"), (4, "field")]


def test_feature_in_another_part_of_the_country_is_told(tmp_path: Path) -> None:
    stray = feature({"grid_code": "B"}, [[x + 10, y] for x, y in ring(0, 0)])
    path = written(tmp_path / "grids.geojson", [*city(), stray])

    assert [(slip.name, slip.said) for slip in read_grids(path).slips] == [("B", "far_away")]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"{", "no_json"),
        (b"\xff\xfe{}", "no_json"),
        (b"[" * 100_000, "no_json"),
        (b'"text"', "no_collection"),
        (b'{"type": "Feature"}', "no_collection"),
        (b'{"type": "FeatureCollection", "features": []}', "no_feature"),
        (b'{"type": "FeatureCollection", "features": [3]}', "no_feature_here"),
    ],
)
def test_file_that_is_no_geojson_is_told(tmp_path: Path, content: bytes, expected: str) -> None:
    (tmp_path / "grids.geojson").write_bytes(content)

    assert said(tmp_path / "grids.geojson") == [expected]


def test_service_refuses_broken_grids_with_a_line_per_mistake(tmp_path: Path) -> None:
    path = written(
        tmp_path / "grids.geojson", [feature({"grid_code": "A"}, OPEN), feature({"grid_code": "B"}, SWAPPED)]
    )

    with pytest.raises(PlaceFileError, match=r"(?s)cannot be used:\n  feature 1 A: .*\n  feature 2 B: .*exchanged"):
        load_map(path, None)


def test_file_that_is_not_there_and_unknown_system_are_errors(tmp_path: Path) -> None:
    with pytest.raises(PlaceFileError, match="No such file"):
        load_map(tmp_path / "grids.geojson", None)
    with pytest.raises(CoordinatesError):
        read_grids(written(tmp_path / "grids.geojson", city()), crs="BD-09")


def test_grids_without_gap_and_overlap_are_not_complained_of(tmp_path: Path) -> None:
    path = written(tmp_path / "grids.geojson", city(8, 8))

    assert check_cover(read_grids(path).grids) == ()


def test_overlap_is_told_once_with_its_size(tmp_path: Path) -> None:
    features = [*city(2, 1), feature({"grid_code": "C"}, ring(190, 0))]

    [note] = check_cover(read_grids(written(tmp_path / "grids.geojson", features)).grids)

    assert (note.said, note.name, note.is_note) == ("overlap", "C", True)
    assert float(note.facts["square_metres"]) == pytest.approx(1000, rel=0.01)


@pytest.mark.parametrize(
    ("missing", "expected"),
    [
        (feature({"grid_code": "slit"}, ring(203, 0)), 300),  # 3 m between two grids, open at both ends
        (None, 10_000),  # a whole grid is missing in the middle
    ],
)
def test_gap_between_grids_is_told_with_its_size(tmp_path: Path, missing: Any, expected: float) -> None:
    features = [*city(2, 1), missing] if missing else [f for f in city(3, 3) if json.dumps(f).count(code(1, 1)) == 0]

    notes = check_cover(read_grids(written(tmp_path / "grids.geojson", features)).grids)

    assert [note.said for note in notes] == ["gap"]
    assert float(notes[0].facts["square_metres"]) == pytest.approx(expected, rel=0.02)
