"""Sizes by row: learned from what is found near, right for what is far, and kept over a restart."""

import numpy as np
import pytest

from vision.cells import GRID_WH
from vision.classes import StreetClass
from vision.detections import Detections
from vision.ground_scale import LEAST_KEPT, SIZES_M, USUAL_SLOPE, GroundScale

SIZE_WH = (1280, 720)
ROWS = (np.arange(GRID_WH[1]) + 0.5) / GRID_WH[1] * SIZE_WH[1]
HORIZON_PX, CAMERA_M = 90.0, 5.0
TRUE_PX = np.maximum(0, (ROWS - HORIZON_PX) / CAMERA_M)


def thing(foot_y: float, class_id: StreetClass = StreetClass.CAR, x: float = 500.0) -> Detections:
    side = SIZES_M[class_id] * (foot_y - HORIZON_PX) / CAMERA_M
    return Detections.of([((x, foot_y - side, x + side, foot_y), 0.8, class_id.value)])


def learned(*feet_y: float) -> GroundScale:
    scale = GroundScale()
    for foot_y in feet_y:
        for number, jitter in enumerate(np.linspace(-4, 4, LEAST_KEPT)):
            scale.learn(thing(foot_y + float(jitter), x=20.0 + 300 * number), SIZE_WH)
    return scale


def test_sizes_found_near_tell_those_far_away() -> None:
    np.testing.assert_allclose(learned(330, 450, 570).px_per_metre(SIZE_WH), TRUE_PX, atol=3)


def test_nothing_stands_above_the_horizon() -> None:
    assert learned(330, 450, 570).px_per_metre(SIZE_WH)[0] == 0


def test_resolution_does_not_matter() -> None:
    scale = learned(330, 450, 570)
    np.testing.assert_allclose(scale.px_per_metre((640, 360)), scale.px_per_metre(SIZE_WH) / 2, rtol=1e-5)


def test_usual_camera_is_assumed_before_anything_was_found() -> None:
    np.testing.assert_allclose(GroundScale().px_per_metre(SIZE_WH), ROWS * USUAL_SLOPE, rtol=1e-5)


def test_things_at_one_distance_set_the_scale_there() -> None:
    row = 11
    there = learned(float(ROWS[row])).px_per_metre(SIZE_WH)[row]
    assert there == pytest.approx(TRUE_PX[row], rel=0.1)


def test_few_wrong_boxes_change_little() -> None:
    scale = learned(330, 450, 570)
    scale.learn(Detections.of([((100.0, 300.0, 400.0, 330.0), 0.9, StreetClass.PERSON.value)]), SIZE_WH)
    np.testing.assert_allclose(scale.px_per_metre(SIZE_WH), TRUE_PX, atol=6)


def test_things_that_the_picture_cuts_and_things_of_no_usual_size_teach_nothing() -> None:
    scale = GroundScale()
    for _ in range(LEAST_KEPT):
        scale.learn(thing(450, x=0.0), SIZE_WH)
        scale.learn(Detections.of([((100.0, 300.0, 400.0, 330.0), 0.9, StreetClass.STALL.value)]), SIZE_WH)
    np.testing.assert_allclose(scale.px_per_metre(SIZE_WH), ROWS * USUAL_SLOPE, rtol=1e-5)


def test_picture_in_which_far_things_are_larger_is_no_street() -> None:
    scale = GroundScale()
    for foot_y, side in ((330.0, 200.0), (600.0, 60.0)):
        for x in 210.0 * np.arange(LEAST_KEPT) + 20:
            scale.learn(Detections.of([((float(x), foot_y - side, float(x) + side, foot_y), 0.8, 3)]), SIZE_WH)
    np.testing.assert_allclose(scale.px_per_metre(SIZE_WH), ROWS * USUAL_SLOPE, rtol=1e-5)


def test_thing_that_stands_for_hours_counts_once() -> None:
    scale, lorry = learned(330, 450, 570), Detections.of([((100.0, 300.0, 700.0, 450.0), 0.9, StreetClass.CAR.value)])
    for _ in range(200):
        scale.learn(lorry, SIZE_WH)
    np.testing.assert_allclose(scale.px_per_metre(SIZE_WH), TRUE_PX, atol=6)


def test_what_was_learned_comes_back() -> None:
    scale, again = learned(330, 450, 570), GroundScale()
    again.restore(scale.checkpoint())
    assert np.array_equal(again.px_per_metre(SIZE_WH), scale.px_per_metre(SIZE_WH))


def test_arrays_of_another_shape_are_refused() -> None:
    with pytest.raises(ValueError, match="another kind"):
        GroundScale().restore({"sizes": np.zeros((3, 3)), "counts": np.zeros(3)})
