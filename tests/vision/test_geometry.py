"""Boxes and zones: overlap, cover, feet, and who stands where."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vision.arrays import Boxes
from vision.boxes import areas, clipped, covered_ratio, feet, iou_matrix, same_feet
from vision.detections import Detections
from vision.zones import Zone

SIDE = st.floats(0, 500, width=32)


@st.composite
def boxes(draw: st.DrawFn) -> Boxes:
    rows = draw(st.lists(st.tuples(SIDE, SIDE, SIDE, SIDE), min_size=1, max_size=6))
    return np.array([(x, y, x + w, y + h) for x, y, w, h in rows], np.float32)


@given(boxes(), boxes())
def test_overlap_is_symmetric_and_within_zero_and_one(one: Boxes, other: Boxes) -> None:
    found = iou_matrix(one, other)
    assert found.shape == (len(one), len(other))
    assert ((found >= 0) & (found <= 1.00001)).all()
    assert np.allclose(found, iou_matrix(other, one).T)


def test_overlap_of_a_box_with_itself_is_one_and_of_apart_ones_zero() -> None:
    two = np.array([[0, 0, 10, 10], [20, 20, 30, 30]], np.float32)
    assert np.array_equal(iou_matrix(two, two), np.eye(2, dtype=np.float32))


def test_box_turned_inside_out_has_no_area_and_no_overlap() -> None:
    turned = np.array([[10, 10, 0, 0]], np.float32)
    assert areas(turned).tolist() == [0]
    assert iou_matrix(turned, turned).tolist() == [[0]]


def test_cover_is_a_share_of_the_first_box() -> None:
    small, large = np.array([[0, 0, 10, 10]], np.float32), np.array([[5, 0, 105, 100]], np.float32)
    assert covered_ratio(small, large)[0, 0] == 0.5


def test_feet_are_the_bottom_centre() -> None:
    assert feet(np.array([[10, 20, 30, 60]], np.float32)).tolist() == [[20, 60]]


def test_boxes_stand_on_the_same_ground_whatever_their_heights() -> None:
    low, high, beside = [100, 80, 113, 93], [101, 68, 115, 93], [114, 80, 127, 93]
    boxes_ = np.array([low, high, beside], np.float32)
    assert same_feet(boxes_, boxes_).tolist() == [[True, True, False], [True, True, False], [False, False, True]]


def test_box_outside_the_frame_becomes_empty() -> None:
    assert areas(clipped(np.array([[700, 10, 800, 50]], np.float32), (640, 360))).tolist() == [0]


def test_detections_with_rows_that_differ_are_refused() -> None:
    with pytest.raises(ValueError, match="rows differ"):
        Detections(np.zeros((2, 4), np.float32), np.zeros(1, np.float32), np.zeros(2, np.int64))


TRIANGLE = Zone("t", "t", ((0.0, 0.0), (1.0, 0.0), (0.0, 1.0)))


def test_zone_holds_the_same_street_at_any_resolution() -> None:
    for size_wh in ((100, 100), (1920, 1080)):
        points = np.array([[0.2, 0.2], [0.9, 0.9]], np.float32) * np.array(size_wh, np.float32)
        assert TRIANGLE.contains(points, size_wh).tolist() == [True, False]


def test_border_belongs_to_the_zone() -> None:
    assert TRIANGLE.contains(np.array([[0, 50]], np.float32), (100, 100)).tolist() == [True]


def test_zone_judges_by_the_foot() -> None:
    above_and_in = np.array([[10, 60, 30, 95], [10, 5, 30, 40]], np.float32)
    assert TRIANGLE.contains_feet(above_and_in, (100, 100)).tolist() == [False, True]


@pytest.mark.parametrize(
    ("polygon", "said"),
    [
        (((0.1, 0.1), (0.9, 0.1)), "2 corners"),
        (((0.1, 0.1), (0.9, 0.1), (1.5, 0.9)), "leaves the picture"),
        (((0.1, 0.1), (0.5, 0.5), (0.9, 0.9)), "no area"),
    ],
)
def test_polygon_that_is_no_zone_is_refused(polygon: tuple[tuple[float, float], ...], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        Zone("z", "z", polygon)
