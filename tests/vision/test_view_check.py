"""Whether two pictures are of one view."""

import numpy as np
import pytest

from vision.arrays import Boxes, Picture
from vision.observations import ViewState
from vision.view_check import view_after

NOTHING: Boxes = np.zeros((0, 4), np.float32)


def street(seed: int = 3) -> Picture:
    """Return a picture full of edges."""
    rng = np.random.default_rng(seed)
    luma = np.full((360, 640), 110, np.uint8)
    for _ in range(60):
        x, y, w, h = rng.integers(0, 560), rng.integers(0, 300), rng.integers(20, 120), rng.integers(15, 90)
        luma[y : y + h, x : x + w] = rng.integers(50, 230)
    return luma


def test_same_street_is_the_same_view_in_another_size_and_a_little_brighter() -> None:
    before = street()
    after = np.clip(before[::2, ::2].astype(np.int16) * 11 // 10, 0, 255).astype(np.uint8)
    assert view_after(before, after, NOTHING) is ViewState.OK


@pytest.mark.parametrize(
    ("after", "state"),
    [
        (np.full((360, 640), 18, np.uint8), ViewState.DARK),
        (np.full((360, 640), 128, np.uint8), ViewState.BLOCKED),
        (np.roll(street(), 120, axis=1), ViewState.MOVED),
        (street(8), ViewState.MOVED),
    ],
)
def test_dark_covered_turned_or_another_street_is_told(after: Picture, state: ViewState) -> None:
    assert view_after(street(), after, NOTHING) is state


def test_thing_that_has_come_is_no_other_view() -> None:
    after = street().copy()
    after[100:260, 200:420] = 30
    assert view_after(street(), after, np.array([[200, 100, 420, 260]], np.float32)) is ViewState.OK
