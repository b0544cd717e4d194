"""What comes to a watched surface is told; what goes from it is not."""

import numpy as np
import pytest

from vision.arrays import Picture
from vision.observations import SurfaceChange
from vision.surfaces import Surface
from vision.zones import Zone

WH = (320, 240)
WALL = Zone("wall", "wall", ((0.1, 0.1), (0.9, 0.1), (0.9, 0.9), (0.1, 0.9)))
NOBODY = np.zeros((0, 4), np.float32)
PAPER = slice(90, 130), slice(120, 150)


def plaster() -> Picture:
    return np.full((WH[1], WH[0]), 120, np.uint8)


def bricks() -> Picture:
    rows, columns = np.mgrid[0 : WH[1], 0 : WH[0]]
    joints = (rows % 16 < 2) | ((columns + 16 * (rows // 16 % 2)) % 32 < 2)
    return np.where(joints, 165, 110).astype(np.uint8)


def with_paper(wall: Picture) -> Picture:
    papered = wall.copy()
    papered[PAPER] = 220
    papered[95:125:5, 124:146] = 60  # print
    return papered


def changes_after(surface: Surface, picture: Picture, visits: int = 12) -> tuple[SurfaceChange, ...]:
    """Return what differs at the last of some visits, one a second, with a little noise."""
    noise = np.random.default_rng(visits)
    changes: tuple[SurfaceChange, ...] = ()
    for _ in range(visits):
        noisy = np.clip(picture + noise.normal(0, 2, picture.shape), 0, 255).astype(np.uint8)
        look = surface.visit(noisy, NOBODY, 1.0)
        changes = look.changes if look else ()
    return changes


@pytest.mark.parametrize("wall", [plaster(), bricks()], ids=["plaster", "bricks"])
def test_paper_that_comes_is_a_change(wall: Picture) -> None:
    surface = Surface(WALL, WH)
    assert not changes_after(surface, wall)
    assert len(changes_after(surface, with_paper(wall))) == 1


def test_paper_that_hung_before_anybody_watched_and_goes_is_none() -> None:
    surface = Surface(WALL, WH)
    assert not changes_after(surface, with_paper(plaster()))
    assert not changes_after(surface, plaster())


def test_paper_at_a_spot_from_which_another_was_taken_is_a_change() -> None:
    surface = Surface(WALL, WH)
    changes_after(surface, with_paper(plaster()))
    changes_after(surface, plaster())
    assert len(changes_after(surface, with_paper(plaster()))) == 1


def test_paper_on_paper_is_a_change() -> None:
    surface = Surface(WALL, WH)
    changes_after(surface, with_paper(plaster()))
    other = plaster()
    other[80:120, 130:165] = 30
    other[85:115:5, 134:160] = 200
    assert changes_after(surface, other)
