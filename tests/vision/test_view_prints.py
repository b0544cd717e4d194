"""A turning camera's views are told apart in another light, too, and a picture between them is of none."""

from dataclasses import replace
from functools import cache

import cv2
import numpy as np
import pytest

from datasets.camera_faults import CameraFaults, PtzMove
from datasets.demo_scenes import demo_script
from datasets.scene import StreetScene
from vision.arrays import Picture
from vision.view_prints import Thumb, ViewPrints

HOME_S, OTHER_S = 20.0, 36.0
"""Moments at which the drawn camera looks at its preset, and elsewhere."""


@cache
def drawn(scene: str, t_s: float, pan_deg: float = 24.0, zoom: float = 1.0, light: str = "day") -> Thumb:
    move = PtzMove(30.0, 42.0, pan_deg, 0.0, zoom)
    script = replace(demo_script(scene, 2), faults=CameraFaults(moves=(move,)))
    return Thumb.of(cv2.cvtColor(StreetScene(script, (640, 360), light).picture(t_s), cv2.COLOR_BGR2GRAY))


def learned(scene: str) -> ViewPrints:
    prints = ViewPrints(("kerb", "wall"))
    prints.learn("kerb", drawn(scene, HOME_S))
    prints.learn("wall", drawn(scene, OTHER_S))
    return prints


def noise(seed: int) -> Picture:
    return np.random.default_rng(seed).integers(60, 200, (360, 640), np.uint8)


@pytest.mark.parametrize("scene", ["parking", "vending", "flyers"])
def test_view_learned_by_day_is_recognised_at_dusk_and_never_taken_for_another_by_night(scene: str) -> None:
    prints = learned(scene)
    dusk, night = (
        [prints.seen_in(drawn(scene, t_s, light=light)) for t_s in (HOME_S + 3, OTHER_S + 2)]
        for light in ("dusk", "night")
    )
    assert dusk == ["kerb", "wall"]
    assert night[0] in ("kerb", None)
    assert night[1] in ("wall", None)


@pytest.mark.parametrize(("pan_deg", "zoom"), [(3.0, 1.0), (-12.0, 1.0), (0.0, 1.3)])
def test_picture_three_degrees_or_a_step_of_zoom_away_is_of_no_view(pan_deg: float, zoom: float) -> None:
    for scene in ("parking", "flyers"):
        prints = ViewPrints(("kerb",))
        prints.learn("kerb", drawn(scene, HOME_S))
        assert prints.seen_in(drawn(scene, OTHER_S, pan_deg, zoom)) is None


def test_nothing_is_recognised_before_it_was_learned() -> None:
    assert ViewPrints(("kerb",)).seen_in(drawn("parking", HOME_S)) is None


def test_black_picture_is_of_no_view_and_known_to_be_dark() -> None:
    black = Thumb.of(np.full((360, 640), 16, np.uint8))
    assert learned("parking").seen_in(black) is None
    assert black.is_dark
    assert not drawn("parking", HOME_S, light="night").is_dark


def test_covered_lens_is_told_from_another_view() -> None:
    grey = Thumb.of((120 + noise(1) // 40).astype(np.uint8))
    assert grey.is_covered(drawn("parking", HOME_S))
    assert not drawn("parking", OTHER_S).is_covered(drawn("parking", HOME_S))


def test_print_follows_the_light_but_not_at_once() -> None:
    prints = learned("parking")
    night = drawn("parking", HOME_S, light="night")
    before = prints.lately("kerb")
    for _ in range(40):
        prints.follow("kerb", night, 60.0)
    after = prints.lately("kerb")
    assert before is not None
    assert after is not None
    assert abs(after.luma - night.luma).mean() < 0.1 * abs(before.luma - night.luma).mean()
    assert prints.seen_in(drawn("parking", HOME_S + 3)) == "kerb"


def test_prints_come_back_from_their_checkpoint_without_views_that_are_no_more() -> None:
    again = ViewPrints(("kerb", "roof"))
    again.restore(learned("parking").checkpoint())
    assert again.known == {"kerb"}
    assert again.seen_in(drawn("parking", HOME_S + 3)) == "kerb"
