"""Cells: what stands where, whatever the resolution."""

import numpy as np
import pytest

from vision.cells import GRID_WH, cell_mask, cells_of, cells_under, stand_in
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


def test_nothing_stands_in_no_cells() -> None:
    assert stand_in(boxes((0, 0, 10, 10)), (), (1280, 720)).tolist() == [False]


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
