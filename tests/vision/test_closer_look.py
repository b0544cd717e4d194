"""Closer looks: pixels lie where the sheet says, boxes come back exactly, and whole things go before cut ones."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.vision.streets import at
from vision.classes import StreetClass
from vision.closer_look import CloserLook, Pane, Sheet, SheetFit, merged
from vision.detections import Detections
from vision.frames import LETTERBOX_GREY, Frame, Planes

SIZE_WH = (1280, 720)
LEFT, RIGHT = Pane((0, 160, 640, 360), (0, 0)), Pane((640, 160, 1280, 360), (0, 200))
SHEET = Sheet(8, (LEFT, RIGHT), frozenset({1, 2}))
CAR, BUS, PERSON = StreetClass.CAR.value, StreetClass.BUS.value, StreetClass.PERSON.value


def frame() -> Frame:
    rng = np.random.default_rng(5)
    return Frame("gate", 0, 0.0, at(0), 0.0, Planes.from_bgr(rng.integers(0, 255, (720, 1280, 3), np.uint8)))


def back(*rows: tuple[float, float, float, float], sheet: Sheet = SHEET) -> list[list[float]]:
    return SheetFit(sheet, SIZE_WH).to_source(np.array(rows, np.float32).reshape(-1, 4)).tolist()


def found(*rows: tuple[tuple[float, float, float, float], float, int]) -> Detections:
    return Detections.of(list(rows))


def test_panes_show_their_regions_pixel_for_pixel_and_the_rest_is_grey() -> None:
    shown = frame()
    canvas, _ = CloserLook(shown, SHEET).letterboxed((640, 640))
    assert np.array_equal(canvas[:200], shown.bgr()[160:360, :640])
    assert np.array_equal(canvas[200:400], shown.bgr()[160:360, 640:])
    assert (canvas[400:] == LETTERBOX_GREY).all()


def test_pane_that_is_scaled_down_is_the_region_made_smaller() -> None:
    shown = frame()
    canvas, _ = CloserLook(shown, Sheet(4, (LEFT,), frozenset({1}))).letterboxed((640, 640))
    assert np.array_equal(canvas[:100, :320], shown.crop_bgr((0, 160, 640, 360), (320, 100)))
    assert (canvas[100:] == LETTERBOX_GREY).all()


def test_sheet_for_a_larger_input_is_refused() -> None:
    with pytest.raises(ValueError, match="320x320"):
        CloserLook(frame(), SHEET).letterboxed((320, 320))


def test_boxes_come_back_to_where_they_are_in_the_picture() -> None:
    assert back((10, 20, 50, 60), (300, 220, 330, 250)) == [[10, 180, 50, 220], [940, 180, 970, 210]]


@settings(max_examples=60, deadline=None)
@given(
    st.integers(1, 8),
    st.integers(0, 60),
    st.integers(0, 30),
    st.tuples(st.integers(0, 9), st.integers(0, 9)),
    st.integers(4, 30),
)
def test_way_there_and_back_is_exact_at_every_scale(
    eighths: int, column: int, row: int, at_xy: tuple[int, int], side: int
) -> None:
    pane = Pane((8 * column, 8 * row, 8 * column + 640, 8 * row + 320), at_xy)
    x, y = 8.0 * (column + 20), 8.0 * (row + 10)
    scale = eighths / 8
    laid = [(value - 8 * corner) * scale + at for value, corner, at in zip((x, y), (column, row), at_xy, strict=True)]
    box = (*laid, laid[0] + side * scale, laid[1] + side * scale)
    assert back(box, sheet=Sheet(eighths, (pane,), frozenset({0}))) == [[x, y, x + side, y + side]]


@pytest.mark.parametrize(
    "cut", [(600, 20, 640, 60), (10, 0, 50, 60), (300, 160, 330, 200), (0, 220, 30, 250), (100, 180, 140, 215)]
)
def test_box_that_a_panes_border_cuts_comes_back_empty(cut: tuple[float, float, float, float]) -> None:
    [[x1, y1, x2, y2]] = back(cut)
    assert (x2 - x1) * (y2 - y1) == 0


@pytest.mark.parametrize("kept", [(0, 20, 40, 60), (610, 220, 640, 250)])
def test_box_at_the_pictures_own_border_is_whole(kept: tuple[float, float, float, float]) -> None:
    [[x1, y1, x2, y2]] = back(kept)
    assert (x2 - x1) * (y2 - y1) > 0


def test_what_is_seen_on_the_grey_comes_back_empty() -> None:
    assert back((100, 500, 140, 540)) == [[0, 0, 0, 0]]


def test_closer_box_of_one_thing_stays_with_the_higher_score() -> None:
    one = merged(found(((100, 100, 130, 120), 0.9, CAR)), found(((103, 102, 129, 121), 0.4, CAR)))
    assert one.boxes.tolist() == [[103, 102, 129, 121]]
    assert one.scores.tolist() == pytest.approx([0.9])


def test_name_flicker_between_the_looks_is_one_thing() -> None:
    one = merged(found(((100, 100, 130, 120), 0.5, BUS)), found(((101, 100, 130, 121), 0.6, CAR)))
    assert one.class_ids.tolist() == [CAR]


def test_person_before_a_car_stays_beside_it() -> None:
    both = merged(found(((100, 100, 130, 120), 0.5, CAR)), found(((105, 100, 128, 120), 0.6, PERSON)))
    assert sorted(both.class_ids.tolist()) == [PERSON, CAR]


def test_large_thing_of_the_whole_look_does_not_give_way_to_a_small_one_in_it() -> None:
    both = merged(found(((0, 0, 400, 300), 0.5, BUS)), found(((300, 250, 330, 270), 0.6, CAR)))
    assert len(both) == 2


def test_what_only_one_look_found_stays_and_the_best_come_first() -> None:
    both = merged(found(((0, 0, 40, 30), 0.5, CAR)), found(((300, 250, 330, 270), 0.6, CAR)))
    assert both.scores.tolist() == pytest.approx([0.6, 0.5])
    assert len(merged(Detections.empty(), both)) == len(merged(both, Detections.empty())) == 2
