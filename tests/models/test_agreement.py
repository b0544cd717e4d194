"""An engine may stand in for another only where it sees the same."""

from pathlib import Path

import numpy as np
import pytest

from models.agreement import compare_engines, drawn_batch
from models.cards import ModelCard
from models.families import make_decoder
from tests.models.fakes import FakeEngine
from tests.models.tiny import TinyOnnx, make_card, yolov8_output

CARS = yolov8_output([((16 + 8 * row, 32, 16, 8), 1) for row in range(5)])


def card() -> ModelCard:
    return make_card(Path("tiny.onnx"), b"")


def agreed_ratio(other: TinyOnnx) -> float:
    subject = card()
    reference = FakeEngine(subject, CARS.offset, CARS.gain)
    return compare_engines(
        subject, make_decoder(subject), reference, FakeEngine(subject, other.offset, other.gain)
    ).agreed_ratio


def moved(pixels: float, cells: int = 5) -> TinyOnnx:
    offset = CARS.offset.copy()
    offset[0, 0, :cells] += pixels
    return TinyOnnx(offset, CARS.gain)


def test_the_same_outputs_agree_wholly() -> None:
    assert agreed_ratio(CARS) == 1.0


def test_boxes_moved_by_a_rounding_error_agree() -> None:
    assert agreed_ratio(moved(0.2)) == 1.0


def test_boxes_moved_by_a_quarter_of_their_width_do_not_agree() -> None:
    assert agreed_ratio(moved(4)) == 0.0


def test_ratio_tells_how_many_boxes_moved() -> None:
    assert agreed_ratio(moved(4, cells=1)) == pytest.approx(4 / 5)


def test_scores_that_differ_do_not_agree() -> None:
    assert agreed_ratio(TinyOnnx(CARS.offset, CARS.gain * 0.7)) == 0.0


def test_boxes_without_a_size_are_not_compared() -> None:
    subject = card()
    nothing = yolov8_output([])
    engine = FakeEngine(subject, nothing.offset, nothing.gain)
    agreement = compare_engines(subject, make_decoder(subject), engine, engine)
    assert (agreement.compared, agreement.holds) == (0, True)


def test_drawn_picture_is_the_same_each_time_and_another_for_another_seed() -> None:
    first = drawn_batch(card(), 1)
    np.testing.assert_array_equal(first, drawn_batch(card(), 1))
    assert (first != drawn_batch(card(), 2)).any()
