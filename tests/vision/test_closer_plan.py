"""Plans of closer looks: where things are small, whole, within the picture, and never more than is allowed."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vision.cells import GRID_WH
from vision.closer_look import Sheet
from vision.closer_plan import ABOVE, ASIDE, LEAST_PX, MOST_SHEETS, SMALL_PX, WORTH, plan_closer_looks

HD, SQUARE = (1280, 720), (640, 640)


def sizes(px: float, rows: slice = slice(None), columns: slice = slice(None)) -> np.ndarray:
    found = np.full((GRID_WH[1], GRID_WH[0]), np.inf, np.float32)
    found[rows, columns] = px
    return found


def overlap(one: tuple[int, ...], other: tuple[int, ...]) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def placed(sheet: Sheet) -> list[tuple[int, int, int, int]]:
    laid = [(pane.at_xy, sheet.size_of(pane)) for pane in sheet.panes]
    return [(x, y, x + width, y + height) for (x, y), (width, height) in laid]


@pytest.mark.parametrize("px", [2 * SMALL_PX, 200.0, LEAST_PX - 1, np.inf])
def test_nothing_is_planned_where_things_are_large_or_too_small_for_any_look(px: float) -> None:
    assert plan_closer_looks(HD, SQUARE, sizes(px)) == ()


def test_nothing_is_planned_where_the_model_sees_the_picture_at_full_resolution() -> None:
    assert plan_closer_looks((640, 360), SQUARE, sizes(12)) == ()


def test_band_of_small_things_all_across_the_picture_fits_into_one_look() -> None:
    [sheet] = plan_closer_looks(HD, SQUARE, sizes(30, slice(3, 6)))
    assert sheet.cells == frozenset(range(3 * GRID_WH[0], 6 * GRID_WH[0]))
    assert (sheet.eighths, max(pane.region[2] for pane in sheet.panes)) == (8, 1280)


def test_small_corner_is_looked_at_pixel_for_pixel() -> None:
    [sheet] = plan_closer_looks(HD, SQUARE, sizes(20, slice(4, 6), slice(0, 5)))
    assert sheet.eighths == 8
    [pane] = sheet.panes
    assert pane.region[0] == 0
    assert pane.region[2] <= 5 * 40 + 40


def test_larger_pictures_are_shown_no_larger_than_small_things_need() -> None:
    [sheet] = plan_closer_looks((3840, 2160), SQUARE, sizes(100, slice(4, 5), slice(0, 3)))
    assert sheet.eighths == 3


def test_what_stands_in_a_cell_is_seen_whole() -> None:
    for sheet in plan_closer_looks(HD, SQUARE, sizes(40, slice(2, 12))):
        for cell in sheet.cells:
            x, y = cell % GRID_WH[0] * 40 + 20, cell // GRID_WH[0] * 40 + 40
            low = max(0, x - 40 * ASIDE), max(0, y - 40 * ABOVE)
            high = min(1280, x + 40 * ASIDE), min(720, y)
            assert any(
                p.region[0] <= low[0] and p.region[1] <= low[1] and p.region[2] >= high[0] and p.region[3] >= high[1]
                for p in sheet.panes
            )


PICTURES = st.tuples(st.integers(64, 4096), st.integers(64, 2304))
INPUTS = st.tuples(st.integers(2, 40), st.integers(2, 40)).map(lambda side: (32 * side[0], 32 * side[1]))
ROWS = st.lists(st.one_of(st.just(np.inf), st.floats(1, 500)), min_size=GRID_WH[1], max_size=GRID_WH[1])


@settings(max_examples=150, deadline=None)
@given(PICTURES, INPUTS, ROWS, st.integers(0, 31), st.integers(1, 32))
def test_any_plan_stays_in_the_picture_in_the_input_and_within_its_limit(
    size_wh: tuple[int, int], input_wh: tuple[int, int], rows: list[float], first: int, across: int
) -> None:
    wanted = np.full((GRID_WH[1], GRID_WH[0]), np.inf, np.float32)
    wanted[:, first : first + across] = np.array(rows, np.float32)[:, None]
    sheets = plan_closer_looks(size_wh, input_wh, wanted)
    assert len(sheets) <= MOST_SHEETS
    for sheet in sheets:
        assert sheet.eighths / 8 >= WORTH * min(input_wh[0] / size_wh[0], input_wh[1] / size_wh[1])
        assert sheet.cells
        assert all(np.isfinite(wanted.reshape(-1)[cell]) for cell in sheet.cells)
        for pane in sheet.panes:
            x1, y1, x2, y2 = pane.region
            assert 0 <= x1 < x2 <= size_wh[0]
            assert 0 <= y1 < y2 <= size_wh[1]
        laid = placed(sheet)
        assert all(0 <= x1 < x2 <= input_wh[0] and 0 <= y1 < y2 <= input_wh[1] for x1, y1, x2, y2 in laid)
        assert not any(overlap(one, other) for one, other in combinations(laid, 2))
    served = [cell for sheet in sheets for cell in sheet.cells]
    assert len(served) == len(set(served))
