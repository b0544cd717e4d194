"""How large things on a surface of known size are."""

import pytest

from vision.surface_scale import SurfaceScale
from vision.zones import Zone

FRAME_WH = (1000, 500)


def wall(*corners: tuple[float, float]) -> Zone:
    return Zone("wall", "wall", corners or ((0.1, 0.2), (0.7, 0.2), (0.7, 0.8), (0.1, 0.8)))


def test_a_wall_seen_from_straight_ahead_has_the_same_scale_everywhere() -> None:
    scale = SurfaceScale(wall(), FRAME_WH, (6.0, 3.0))
    assert scale.px_per_m() == pytest.approx((100.0, 100.0), rel=1e-3)
    assert scale.box_m((200.0, 150.0, 221.0, 180.0)) == pytest.approx((0.21, 0.3), abs=1e-3)


def test_a_wall_seen_from_the_side_counts_by_its_far_end() -> None:
    scale = SurfaceScale(wall((0.1, 0.1), (0.7, 0.3), (0.7, 0.7), (0.1, 0.9)), FRAME_WH, (6.0, 3.0))
    along, up = scale.px_per_m()
    assert along < 100.0
    assert up == pytest.approx(200 / 3, rel=0.02)  # its right border: 200 px for 3 m


def test_the_same_sheet_has_the_same_size_in_metres_near_and_far() -> None:
    scale = SurfaceScale(wall((0.1, 0.1), (0.7, 0.3), (0.7, 0.7), (0.1, 0.9)), FRAME_WH, (6.0, 3.0))
    _, near = scale.box_m((110.0, 200.0, 130.0, 260.0))
    _, far = scale.box_m((660.0, 235.0, 665.0, 265.0))
    assert near == pytest.approx(60 / (400 / 3), rel=0.1)
    assert far == pytest.approx(30 / (200 / 3), rel=0.15)


@pytest.mark.parametrize("size_m", [(0.0, 3.0), (3.0, -1.0)])
def test_a_surface_without_a_size_is_refused(size_m: tuple[float, float]) -> None:
    with pytest.raises(ValueError, match="in metres"):
        SurfaceScale(wall(), FRAME_WH, size_m)
