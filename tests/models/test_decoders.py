"""Each family's raw output becomes candidates; the numbers are worked out by hand."""

from pathlib import Path

import numpy as np
import pytest

from models.candidates import Candidates
from models.cards import Family, ModelCard
from models.families import make_decoder
from tests.models.tiny import CELLS, NAMES, make_card


def card(family: Family) -> ModelCard:
    return make_card(Path("tiny.onnx"), b"", family=family)


def decoded(family: Family, output: np.ndarray, threshold: float = 0.5) -> Candidates:
    return make_decoder(card(family)).decode(output.astype(np.float32), threshold)


def yolov8_output() -> np.ndarray:
    return np.zeros((4 + len(NAMES), CELLS), np.float32)


def yolox_output() -> np.ndarray:
    return np.zeros((CELLS, 5 + len(NAMES)), np.float32)


def rf_detr_output() -> np.ndarray:
    output = np.full((300, 4 + len(NAMES)), -9, np.float32)
    output[:, :4] = 0
    return output


@pytest.mark.parametrize("family", list(Family))
def test_a_picture_of_nothing_gives_nothing(family: Family) -> None:
    shape = tuple(side or 300 for side in make_decoder(card(family)).expected())
    found = decoded(family, rf_detr_output() if family is Family.RF_DETR else np.zeros(shape))
    assert (found.boxes.shape, found.scores.shape, found.rows.shape) == ((0, 4), (0,), (0,))


def test_yolov8_centre_and_size_become_corners() -> None:
    output = yolov8_output()
    output[:, 7] = [32, 20, 16, 8, 0.1, 0.9, 0.2]
    found = decoded(Family.YOLOV8, output)
    assert (found.boxes.tolist(), found.rows.tolist()) == ([[24, 16, 40, 24]], [1])
    assert found.scores[0] == pytest.approx(0.9)


def test_yolov8_cell_below_the_threshold_is_dropped_and_at_it_stays() -> None:
    output = yolov8_output()
    output[4, :2] = [0.49, 0.5]
    assert len(decoded(Family.YOLOV8, output).scores) == 1


def test_yolov8_score_that_is_no_number_is_dropped() -> None:
    output = yolov8_output()
    output[4, 0] = np.nan
    assert len(decoded(Family.YOLOV8, output).scores) == 0


def test_yolox_offsets_and_logarithms_become_corners() -> None:
    # 64x64 has 8x8 cells of 8 px, then 4x4 of 16 px; row 64 + 6 is column 2, row 1 of the second grid.
    output = yolox_output()
    output[70] = [0.5, 0.25, np.log(2), np.log(1), 0.8, 0.0, 0.0, 0.9]
    found = decoded(Family.YOLOX, output)
    np.testing.assert_allclose(found.boxes, [[24, 12, 56, 28]], atol=1e-4)
    assert (found.scores[0], found.rows[0]) == (pytest.approx(0.72), 2)


def test_yolox_score_is_objectness_times_class() -> None:
    output = yolox_output()
    output[0, 4:6] = [0.7, 0.7]
    assert len(decoded(Family.YOLOX, output).scores) == 0


def test_yolox_size_beyond_reason_stays_finite() -> None:
    output = yolox_output()
    output[0, 2:6] = [1000, 1000, 1, 1]
    assert np.isfinite(decoded(Family.YOLOX, output).boxes).all()


def test_end2end_rows_are_taken_as_they_are() -> None:
    output = np.zeros((300, 6))
    output[0] = [1, 2, 30, 40, 0.9, 2]
    found = decoded(Family.YOLO_END2END, output)
    assert (found.boxes.tolist(), found.rows.tolist()) == ([[1, 2, 30, 40]], [2])


@pytest.mark.parametrize("row", [-1, len(NAMES), np.nan])
def test_end2end_class_that_the_card_does_not_name_is_dropped(row: float) -> None:
    output = np.zeros((300, 6))
    output[0] = [1, 2, 30, 40, 0.9, row]
    assert len(decoded(Family.YOLO_END2END, output).scores) == 0


def test_rf_detr_shares_of_the_picture_become_pixels_of_the_input() -> None:
    output = rf_detr_output()
    output[7] = [0.5, 0.25, 0.25, 0.125, -9, np.log(0.8 / 0.2), -1]
    found = decoded(Family.RF_DETR, output)
    np.testing.assert_allclose(found.boxes, [[24, 12, 40, 20]], atol=1e-4)
    assert (found.scores[0], found.rows.tolist()) == (pytest.approx(0.8), [1])


def test_rf_detr_query_that_scores_on_two_classes_is_one_thing_of_the_better() -> None:
    output = rf_detr_output()
    output[0] = [0.5, 0.5, 0.5, 0.5, 2, 3, -9]
    assert decoded(Family.RF_DETR, output).rows.tolist() == [1]


@pytest.mark.parametrize("logit", [np.nan, -np.inf])
def test_rf_detr_logit_that_is_no_number_is_dropped(logit: float) -> None:
    output = rf_detr_output()
    output[0, 4:] = logit
    assert len(decoded(Family.RF_DETR, output).scores) == 0


def test_rf_detr_logit_beyond_reason_is_a_score_of_one() -> None:
    output = rf_detr_output()
    output[0, 4] = 1e30
    assert decoded(Family.RF_DETR, output).scores.tolist() == [1]
