"""What follows from the times of a bench, with times that are written down."""

import pytest

from models.bench_choice import EngineFigures, Pace, SizeFigures, Way, best_size, chosen, objection
from models.choice_memory import EngineChoice
from models.lanes import Layout

FIRST = EngineFigures("onnxruntime", "fp32", 1.0)
SECOND = EngineFigures("openvino", "fp32", 1.0)
NARROW = EngineFigures("openvino-bf16", "bf16", 1.0)

Rates = dict[tuple[int, int], dict[int, float]]
EVEN: Rates = {(1, 1): {1: 5, 4: 5, 8: 5}, (2, 1): {1: 10, 4: 10, 8: 10}, (1, 2): {4: 10, 8: 10}}
"""Threads and lanes → batch → pictures a second."""


def paces(**engines: Rates) -> list[Pace]:
    return [
        Pace(Way(name.replace("_", "-"), threads, lanes, batch), (rate, rate, rate))
        for name, rates in engines.items()
        for (threads, lanes), by_batch in rates.items()
        for batch, rate in by_batch.items()
    ]


def times(factor: float, rates: Rates = EVEN) -> Rates:
    return {way: {batch: rate * factor for batch, rate in by_batch.items()} for way, by_batch in rates.items()}


def test_faster_engine_is_chosen_and_told_to_be_benched() -> None:
    choice = chosen(paces(onnxruntime=EVEN, openvino=times(2)), [FIRST, SECOND])
    assert (choice.engine, choice.reason, choice.ms_per_picture) == ("openvino", "benched", pytest.approx(50))


def test_engine_that_is_hardly_faster_is_not_worth_it() -> None:
    assert chosen(paces(onnxruntime=EVEN, openvino=times(1.03)), [FIRST, SECOND]).engine == "onnxruntime"


def test_lanes_are_taken_where_batches_gain_by_them() -> None:
    in_lanes = EVEN | {(1, 2): {4: 20, 8: 20}}
    assert chosen(paces(onnxruntime=in_lanes), [FIRST]).layout == Layout(2, 2)


def test_one_run_at_a_time_is_taken_where_lanes_lose() -> None:
    in_lanes = EVEN | {(1, 2): {4: 6, 8: 6}}
    assert chosen(paces(onnxruntime=in_lanes), [FIRST]).layout == Layout(2, 1)


def test_single_pictures_take_the_cores_that_suit_them() -> None:
    one_core = EVEN | {(1, 1): {1: 14, 4: 5, 8: 5}, (1, 2): {4: 20, 8: 20}}
    assert chosen(paces(onnxruntime=one_core), [FIRST]).layout == Layout(1, 2)


@pytest.mark.parametrize(("by_batch", "best"), [({4: 10, 8: 10.1}, 1), ({4: 15, 8: 15.5}, 4), ({4: 15, 8: 30}, 8)])
def test_smallest_batch_that_is_nearly_the_best_is_taken(by_batch: dict[int, float], best: int) -> None:
    assert chosen(paces(onnxruntime={(2, 1): {1: 10, **by_batch}}), [FIRST]).batch == best


def test_precision_that_loses_more_than_half_a_point_is_not_taken_however_fast() -> None:
    engines = [EngineFigures("onnxruntime", "fp32", 1.0, 0.640), EngineFigures("openvino-bf16", "bf16", 1.0, 0.634)]
    choice = chosen(paces(onnxruntime=EVEN, openvino_bf16=times(3)), engines)
    assert choice.engine == "onnxruntime"
    assert choice.candidates[1].problem == "AP50 0.634 instead of 0.640"
    assert choice.candidates[1].ms_per_picture == pytest.approx(100 / 3)


def test_precision_that_loses_less_is_taken() -> None:
    engines = [EngineFigures("onnxruntime", "fp32", 1.0, 0.640), EngineFigures("openvino-bf16", "bf16", 1.0, 0.636)]
    assert chosen(paces(onnxruntime=EVEN, openvino_bf16=times(3)), engines).engine == "openvino-bf16"


def test_engine_whose_boxes_differ_is_not_taken() -> None:
    differs = EngineFigures("openvino", "fp32", 0.8)
    assert chosen(paces(onnxruntime=EVEN, openvino=times(3)), [FIRST, differs]).engine == "onnxruntime"
    assert objection(differs, FIRST) == "only 80% of the boxes agree with onnxruntime"


def test_engine_that_does_not_open_is_told_with_its_reason() -> None:
    away = EngineFigures("openvino", problem="libtbb.so is missing", opens=False)
    choice = chosen(paces(onnxruntime=EVEN), [FIRST, away])
    assert [(one.engine, one.ms_per_picture, one.problem) for one in choice.candidates] == [
        ("onnxruntime", pytest.approx(100), ""),
        ("openvino", None, "libtbb.so is missing"),
    ]


def test_choice_outlives_being_written_and_read() -> None:
    choice = chosen(paces(onnxruntime=EVEN), [FIRST])
    assert EngineChoice.model_validate_json(choice.model_dump_json()) == choice


def test_fastest_size_that_sees_as_much_as_the_largest_is_taken() -> None:
    sizes = [SizeFigures((320, 192), 40, 0.5), SizeFigures((480, 288), 20, 0.598), SizeFigures((640, 384), 10, 0.6)]
    assert best_size(sizes).input_wh == (480, 288)
