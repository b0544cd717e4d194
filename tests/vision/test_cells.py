"""Cells: what stands where, whatever the resolution."""

import numpy as np
import pytest

from vision.cells import GRID_WH, PLAIN_PX, cell_mask, cells_of, cells_under, may_be_missed
from vision.zones import Zone


def boxes(*rows: tuple[float, float, float, float]) -> np.ndarray:
    return np.array(rows, np.float32).reshape(-1, 4)


def test_thing_is_in_the_cell_under_its_feet() -> None:
    assert cells_under(boxes((0, 0, 80, 41)), (1280, 720)).tolist() == [GRID_WH[0] + 1]


def test_cell_is_the_same_at_another_resolution() -> None:
    large = cells_under(boxes((600, 300, 700, 400)), (1280, 720))
    assert cells_under(boxes((300, 150, 350, 200)), (640, 360)).tolist() == large.tolist()


def test_thing_that_reaches_out_of_the_picture_is_in_its_last_cell() -> None:
    assert cells_under(boxes((1200, 600, 1400, 800)), (1280, 720)).tolist() == [GRID_WH[0] * GRID_WH[1] - 1]


def test_look_that_was_clear_everywhere_misses_nothing() -> None:
    assert may_be_missed(boxes((0, 0, 10, 10)), (), (1280, 720)).tolist() == [False]


@pytest.mark.parametrize("size_wh", [(640, 360), (1280, 720)])
def test_small_thing_may_be_missed_where_a_look_was_too_coarse_and_a_large_one_is_not(size_wh: tuple[int, int]) -> None:
    side = PLAIN_PX * size_wh[0] / 640
    things = boxes(*((100, 200 - side * s, 100 + side * s, 200) for s in (0.9, 1.1)))
    cells = cells_under(things, size_wh)
    assert may_be_missed(things, cells.tolist(), size_wh).tolist() == [True, False]
    elsewhere = set(range(GRID_WH[0] * GRID_WH[1])) - set(cells.tolist())
    assert may_be_missed(things, elsewhere, size_wh).tolist() == [False, False]


def test_zone_takes_the_cells_that_it_touches() -> None:
    zone = Zone("z", "z", ((0.0, 0.0), (0.5, 0.0), (0.5, 0.5), (0.0, 0.5)))
    taken = cells_of(zone)
    assert taken[:9, :16].all()
    assert not taken[10:].any()
    assert not taken[:, 17:].any()


@pytest.mark.parametrize("cell", [0, 17, GRID_WH[0] * GRID_WH[1] - 1])
def test_mask_covers_just_the_cell(cell: int) -> None:
    mask = cell_mask([cell], (320, 180))
    assert np.count_nonzero(mask) == 10 * 10
    y, x = np.argwhere(mask)[0]
    assert cells_under(boxes((x, y, x + 1, y + 1)), (320, 180)).tolist() == [cell]
