"""Whether a view sees a sheet of A4, and can read it."""

import pytest

from detectors.flyers import FlyerRule
from detectors.sheet_visibility import SheetSight, Sight, sheet_sight
from vision.zones import Zone

WALL = Zone("wall", "wall", ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)))


def rule(width_m: float | None = 6.0, height_m: float | None = 3.375, **changes: float) -> FlyerRule:
    return FlyerRule(surface_width_m=width_m, surface_height_m=height_m, **changes)


@pytest.mark.parametrize(("width_m", "height_m"), [(None, None), (6.0, None), (None, 3.0)])
def test_without_the_surfaces_size_nobody_can_tell(width_m: float | None, height_m: float | None) -> None:
    assert sheet_sight(WALL, rule(width_m, height_m), (1920, 1080)) == SheetSight(Sight.UNKNOWN)


@pytest.mark.parametrize(
    ("size_m", "sight"),
    [((80.0, 45.0), Sight.TOO_SMALL), ((7.4, 4.1625), Sight.SEEN), ((3.0, 1.6875), Sight.READ)],
)
def test_the_larger_the_surface_in_the_same_picture_the_less_is_seen(size_m: tuple[float, float], sight: Sight) -> None:
    seen = sheet_sight(WALL, rule(*size_m), (1920, 1080))
    assert seen.sight is sight
    assert seen.px_per_m == pytest.approx(1920 / size_m[0], rel=1e-3)
    assert seen.sheet_wh_px == pytest.approx((0.21 * 1920 / size_m[0], 0.297 * 1920 / size_m[0]), rel=1e-3)


def test_the_small_stream_decides_what_is_found_and_the_main_one_what_is_read() -> None:
    assert sheet_sight(WALL, rule(3.0, 1.6875), (640, 360), (1920, 1080)).sight is Sight.READ
    assert sheet_sight(WALL, rule(20.0, 11.25), (640, 360), (7680, 4320)).sight is Sight.TOO_SMALL


def test_a_rule_that_asks_for_more_than_a_sheet_has_does_not_see_it() -> None:
    assert sheet_sight(WALL, rule(min_side_px=80.0), (1920, 1080)).sight is Sight.TOO_SMALL
    assert sheet_sight(WALL, rule(min_area_ratio=0.01), (1920, 1080)).sight is Sight.TOO_SMALL
