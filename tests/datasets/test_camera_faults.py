"""What drawn cameras do to their pictures, and that truth follows what moves them."""

from dataclasses import replace

import cv2
import numpy as np
import pytest

from datasets.barrel import bent
from datasets.camera_faults import (
    CAMERAS,
    FAULTLESS,
    CameraFaults,
    PtzMove,
    aim_at,
    camera_named,
    gain_at,
    random_camera,
    shake_at,
)
from datasets.demo_scenes import demo_script
from datasets.light import LIGHTS
from datasets.low_rate import through_h264
from datasets.scene import StreetScene, place_camera
from datasets.truth import GroundPlane
from tests.datasets.scripts import SIZE, VIEW, script_with, standing
from vision.arrays import Picture

SMALL = (320, 180)
CAR = standing("sedan", 13.0, 8.0)


def scene_with(faults: CameraFaults, *, light: str = "day") -> StreetScene:
    return StreetScene(replace(script_with(CAR), faults=faults), SIZE, light)


def drawn_box(scene: StreetScene, t_s: float) -> list[float]:
    """The box around what the car changes in the picture: shown alone, white on black, through the scene's lens."""
    alone = np.zeros((SIZE[1], SIZE[0], 3), np.uint8)
    thing = scene._things(t_s)[0]
    replace(thing.sketch, colours=((255.0, 255.0, 255.0),) * len(thing.sketch.colours)).paint(alone)
    assert scene._lens is not None
    rows, columns = np.nonzero(scene._lens.show(alone, t_s)[..., 0] > 100)
    return [columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]


@pytest.mark.parametrize("name", [name for name in CAMERAS if name != "plain"])
def test_every_camera_gives_the_same_pixels_again(name: str) -> None:
    script = replace(script_with(CAR), faults=CAMERAS[name])
    first, second = (StreetScene(script, SMALL, "night") for _ in range(2))
    second.picture(77.0)
    np.testing.assert_array_equal(first.picture(35.0), second.picture(35.0))
    if name != "narrow":
        plain = StreetScene(script_with(CAR), SMALL, "night")
        assert (first.picture(35.0) != plain.picture(35.0)).any()


def test_other_street_has_dirt_elsewhere() -> None:
    covers = [StreetScene(replace(demo_script("quiet", s), faults=CAMERAS["dirty"]), SMALL)._lens for s in (1, 2)]
    assert (covers[0]._cover != covers[1]._cover).any()  # type: ignore[union-attr]


def test_shaking_moves_the_box_with_the_picture() -> None:
    scene = scene_with(CameraFaults(shake_px=6.0))
    still = scene_with(FAULTLESS).truth(0.0).boxes[0]
    seen = []
    for t_s in (1.0, 2.2, 3.7):
        box = scene.truth(t_s).boxes[0]
        np.testing.assert_allclose(drawn_box(scene, t_s), box, atol=1.6)
        np.testing.assert_allclose(box - still, np.tile(scene.shift_px(t_s), 2), atol=1e-3)
        seen.append(scene.shift_px(t_s))
    assert len(set(seen)) == 3


def test_barrel_bends_the_box_with_the_picture() -> None:
    scene = scene_with(CameraFaults(barrel_ratio=0.08))
    np.testing.assert_allclose(drawn_box(scene, 1.0), scene.truth(1.0).boxes[0], atol=2.0)
    assert np.abs(scene.truth(1.0).boxes - scene_with(FAULTLESS).truth(1.0).boxes).max() > 1.0


def test_barrel_draws_corners_inwards_and_leaves_the_middle() -> None:
    moved = bent(np.array([[0.0, 0.0], [320.0, 180.0]]), SIZE, 0.1)
    np.testing.assert_allclose(moved, [[32.0, 18.0], [320.0, 180.0]])


def test_ground_plane_of_the_truth_follows_shaking_and_barrel() -> None:
    scene = scene_with(CameraFaults(shake_px=6.0, barrel_ratio=0.08))
    straight = np.array([[60.0, 320.0], [580.0, 310.0], [320.0, 240.0]])
    places = scene.truth(2.2).plane.pixels(scene.camera.ground_at(straight))
    assert scene._lens is not None
    for (x, y), place in zip(straight.astype(int), places, strict=True):
        dot = np.zeros((SIZE[1], SIZE[0], 3), np.uint8)
        dot[y - 3 : y + 4, x - 3 : x + 4] = 255
        rows, columns = np.nonzero(scene._lens.show(dot, 2.2)[..., 0] > 100)
        np.testing.assert_allclose([columns.mean(), rows.mean()], place, atol=1.2)


def test_ground_plane_of_a_plain_camera_is_the_projection() -> None:
    plane = scene_with(FAULTLESS).truth(2.2).plane
    np.testing.assert_array_equal(plane.homography, place_camera(VIEW, SIZE).ground_homography())
    assert plane.barrel_ratio == 0.0


def test_what_is_far_outside_the_picture_is_not_bent_back_into_it() -> None:
    far = np.array([[320.0 + share * 367.0, 180.0] for share in (1.0, 1.8, 2.5, 4.0, 9.0)])
    xs = bent(far, SIZE, 0.1)[:, 0]
    assert (np.diff(xs) > 0).all()
    assert xs[0] > SIZE[0]


def test_plane_that_is_bent_about_no_picture_is_refused() -> None:
    with pytest.raises(ValueError, match="a picture that has a size"):
        GroundPlane(barrel_ratio=0.03)


def test_edge_of_a_thing_that_leaves_the_picture_stays_on_its_border() -> None:
    script = replace(script_with(standing("bus", 0.5, 7.0)), faults=CameraFaults(shake_px=6.0))
    assert StreetScene(script, SIZE).truth(2.2).boxes[0, 0] == 0.0


def test_turning_away_shows_what_is_there_and_truth_says_so() -> None:
    move = PtzMove(10.0, 20.0, pan_deg=9.0, tilt_deg=2.0, zoom=1.2)
    scene = scene_with(CameraFaults(moves=(move,)))
    home, away, back = (scene.truth(t_s) for t_s in (5.0, 15.0, 25.0))
    np.testing.assert_array_equal(home.boxes, back.boxes)
    view = scene.view_at(15.0)
    assert (view.yaw_deg, view.pitch_deg) == pytest.approx((59.0, 20.0))
    turned = StreetScene(replace(script_with(CAR), view=view), SIZE)
    np.testing.assert_array_equal(away.boxes, turned.truth(15.0).boxes)
    np.testing.assert_array_equal(away.ground, home.ground)
    assert np.abs(away.boxes - home.boxes).max() > 20
    pixels, _ = place_camera(view, SIZE).project(np.array([[*away.ground[0], 0.7]]))
    assert away.boxes[0, 0] < pixels[0, 0] < away.boxes[0, 2]
    difference = np.abs(scene.picture(15.0).astype(int) - turned.picture(15.0))
    assert difference.max() <= 1


def test_camera_is_smeared_and_between_both_views_while_it_turns() -> None:
    move = PtzMove(10.0, 20.0, pan_deg=9.0)
    scene = scene_with(CameraFaults(moves=(move,)))
    half_way = scene.view_at(10.2)
    assert half_way.yaw_deg == pytest.approx(54.5)
    sharp = StreetScene(replace(script_with(CAR), view=half_way), SIZE).picture(10.2)
    assert _sharpness(scene.picture(10.2)) < 0.75 * _sharpness(sharp)


def _sharpness(bgr: Picture) -> float:
    return float(np.abs(np.diff(cv2.blur(bgr, (1, 3)).astype(int), axis=1)).mean())


def test_move_without_time_for_both_ways_is_refused() -> None:
    with pytest.raises(ValueError, match="time for both ways"):
        PtzMove(10.0, 10.5, 5.0)


def test_aim_is_at_the_preset_outside_the_move() -> None:
    faults = CameraFaults(moves=(PtzMove(10.0, 20.0, 9.0),))
    assert [aim_at(faults, t_s).pan_deg for t_s in (9.9, 15.0, 20.1)] == [0.0, 9.0, 0.0]


def test_shaking_stays_near_its_figure_and_lorries_add_to_it() -> None:
    shakes = np.array([shake_at(CameraFaults(shake_px=1.0), t / 12, 7) for t in range(12 * 60)])
    assert 0.5 < shakes[:, 0].std() < 1.5
    assert np.abs(shakes).max() > 2 * shakes.std()


def test_exposure_steps_and_hunts_within_bounds() -> None:
    gains = np.array(
        [gain_at(CameraFaults(exposure_steps_ratio=0.3, hunting_ratio=0.05), t / 4, 3) for t in range(800)]
    )
    assert gains.min() > 0.6
    assert gains.max() < 1.4
    assert gains.std() > 0.03
    assert np.abs(np.diff(gains)).max() < 0.2


def test_dark_corners_and_dirt_hide_but_leave_the_truth_alone() -> None:
    scene, plain = scene_with(CAMERAS["dirty"]), scene_with(FAULTLESS)
    np.testing.assert_array_equal(scene.truth(1.0).boxes, plain.truth(1.0).boxes)
    assert scene.picture(1.0)[:20, :20].mean() < plain.picture(1.0)[:20, :20].mean()


def test_drops_change_some_places_only() -> None:
    scene, plain = scene_with(CameraFaults(drops=10)), scene_with(FAULTLESS)
    changed = (np.abs(scene.picture(1.0).astype(int) - plain.picture(1.0)) > 6).any(axis=2).mean()
    assert 0.0005 < changed < 0.3


def test_drop_is_elsewhere_after_its_life() -> None:
    scene = scene_with(CameraFaults(drops=10))
    early, late = (scene._lens.show(scene._stage_at(0.0).backdrop.bgr.copy(), t) for t in (1.0, 90.0))  # type: ignore[union-attr]
    assert (early != late).any()


def test_long_exposure_smears_what_moves_and_nothing_else() -> None:
    script = demo_script("parking", 2)
    blurred = StreetScene(replace(script, faults=CameraFaults(shutter_s=0.08)), (640, 360))
    sharp = StreetScene(script, (640, 360))
    thing = max(blurred._things(24.0), key=lambda thing: np.hypot(*thing.way_px))
    assert np.hypot(*thing.way_px) > 5
    differs = (blurred.picture(24.0) != sharp.picture(24.0)).any(axis=2)
    assert differs.any()
    assert differs.mean() < 0.5


def test_more_noise_is_louder() -> None:
    def loudness(faults: CameraFaults) -> float:
        scene = StreetScene(replace(script_with(), faults=faults), SMALL, "night")
        return float((scene.picture(1.0).astype(int) - scene.picture(1.5)).std())

    assert loudness(CameraFaults(noise_gain=2.0)) > 1.5 * loudness(FAULTLESS)


def test_low_bit_rate_sends_fewer_bytes_and_a_worse_picture() -> None:
    scene = StreetScene(demo_script("parking", 2), (640, 360))
    pictures = [scene.picture(20.0 + i / 12) for i in range(6)]
    rich, poor = (through_h264(pictures, rate) for rate in (3_000_000, 120_000))
    assert len(rich.pictures) == len(poor.pictures) == 6
    assert poor.sent_bytes < 0.3 * rich.sent_bytes
    worse, better = (_error(got.pictures[-1], pictures[-1]) for got in (poor, rich))
    assert worse > better
    np.testing.assert_array_equal(through_h264(pictures, 120_000).pictures[-1], poor.pictures[-1])


def _error(a: Picture, b: Picture) -> float:
    return float(np.abs(a.astype(int) - b).mean())


def test_pictures_with_odd_sides_cannot_go_through_h264() -> None:
    with pytest.raises(ValueError, match="even sides"):
        through_h264([np.zeros((91, 160, 3), np.uint8)], 1e5)
    with pytest.raises(ValueError, match="even sides"):
        through_h264([], 1e5)


def test_unknown_camera_is_named_with_the_choices() -> None:
    with pytest.raises(ValueError, match="no camera is called 'new'; there are plain, old"):
        camera_named("new")


@pytest.mark.parametrize("wrong", [{"dirt_ratio": 2.0}, {"barrel_ratio": 0.5}, {"shake_px": -1.0}])
def test_impossible_camera_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="camera"):
        CameraFaults(**wrong)  # type: ignore[arg-type]


def test_random_camera_is_the_same_for_the_same_seed_and_noisier_by_night() -> None:
    def cameras(light: str) -> list[CameraFaults]:
        return [random_camera(np.random.default_rng(i), LIGHTS[light], is_raining=True) for i in range(60)]

    assert cameras("day") == cameras("day")
    day, night = (np.mean([c.noise_gain for c in cameras(light)]) for light in ("day", "night"))
    assert night > day
    assert any(c.drops for c in cameras("day"))
