"""What is missing for whole evidence is said, at the borders of the standard as well."""

from datetime import timedelta

import pytest

from cases.completeness import Shortfall, Shot, shortfalls, total_clock_error_s
from tests.cases.builders import NOON

CAMERA_WH = (1920, 1080)


def shot(
    after_s: float = 0.0,
    clock_error_s: float | None = 0.2,
    size_wh: tuple[int, int] = (1920, 1080),
    camera_wh: tuple[int, int] = CAMERA_WH,
) -> Shot:
    return Shot(NOON + timedelta(seconds=after_s), clock_error_s, size_wh, camera_wh)


@pytest.mark.parametrize(
    ("shots", "missing"),
    [
        ([shot(), shot(10.0)], []),
        ([shot(10.0), shot()], []),
        ([shot(size_wh=(1280, 720)), shot(10.0, size_wh=(720, 1280))], []),
        ([shot(clock_error_s=1.0), shot(12.0)], []),
        ([], [Shortfall.NO_PANORAMA]),
        ([shot()], [Shortfall.NO_SECOND_PANORAMA]),
        ([shot(), shot(9.999)], [Shortfall.PANORAMAS_TOO_CLOSE]),
        ([shot(), shot(20.0, size_wh=(1279, 720))], [Shortfall.PICTURE_TOO_SMALL]),
        ([shot(), shot(20.0, size_wh=(1280, 719))], [Shortfall.PICTURE_TOO_SMALL]),
        ([shot(), shot(20.0, size_wh=(640, 480), camera_wh=(640, 480))], [Shortfall.CAMERA_TOO_SMALL]),
        ([shot(), shot(20.0, size_wh=(640, 480), camera_wh=(0, 0))], [Shortfall.CAMERA_TOO_SMALL]),
        ([shot(), shot(20.0, size_wh=(640, 480), camera_wh=(1280, 720))], [Shortfall.PICTURE_TOO_SMALL]),
        ([shot(), shot(20.0, clock_error_s=1.001)], [Shortfall.CLOCK_ERROR_TOO_LARGE]),
        ([shot(), shot(20.0, clock_error_s=None)], [Shortfall.CLOCK_ERROR_UNKNOWN]),
    ],
)
def test_panoramas_are_judged_at_the_borders_of_the_standard(shots: list[Shot], missing: list[Shortfall]) -> None:
    assert list(shortfalls(shots, has_close_up=True, has_clip=True)) == missing


def test_zone_may_ask_for_more_between_panoramas_and_never_for_less() -> None:
    def gap_of(min_gap_s: float, seconds: float) -> tuple[Shortfall, ...]:
        return shortfalls([shot(), shot(seconds)], has_close_up=True, has_clip=True, min_gap_s=min_gap_s)

    assert gap_of(300, 299.9) == (Shortfall.PANORAMAS_TOO_CLOSE,)
    assert gap_of(300, 300) == ()
    assert gap_of(1, 9.9) == (Shortfall.PANORAMAS_TOO_CLOSE,)


def test_clock_error_is_that_of_the_picture_and_of_this_machine_together() -> None:
    assert total_clock_error_s(0.7, 0.4) == pytest.approx(1.1)
    assert total_clock_error_s(0.7, None) is None


def test_everything_that_is_missing_is_said_at_once() -> None:
    found = shortfalls([shot(size_wh=(640, 480))], has_close_up=False, has_clip=False)

    assert found == (
        Shortfall.NO_SECOND_PANORAMA,
        Shortfall.PICTURE_TOO_SMALL,
        Shortfall.NO_CLOSE_UP,
        Shortfall.NO_CLIP,
    )
