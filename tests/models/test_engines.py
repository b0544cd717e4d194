"""The contract of every inference engine, run against each of them and the fake."""

import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from onnx import TensorProto

from models.cards import ModelCard, read_weights
from models.choice import ENGINE_MAKERS
from models.engines import Engine
from models.errors import EngineUnavailableError, OutputMismatchError, WeightsError
from models.openvino_engine import OpenVinoEngine, has_bf16
from tests.models.fakes import FakeEngine
from tests.models.tiny import ONE_CAR, SIDE, TinyOnnx, make_card, onnx_bytes, write_model

Maker = Callable[[ModelCard, bytes], Engine]

needs_bf16 = pytest.mark.skipif(not has_bf16(), reason="this processor has no bfloat16")

REAL = [
    pytest.param(ENGINE_MAKERS["onnxruntime"], id="onnxruntime"),
    pytest.param(ENGINE_MAKERS["openvino"], id="openvino"),
    pytest.param(partial(OpenVinoEngine, precision="bf16"), id="openvino-bf16", marks=needs_bf16),
]


def fake(card: ModelCard, weights: bytes) -> Engine:
    return FakeEngine(card, ONE_CAR.offset, ONE_CAR.gain)


ALL = [*REAL, pytest.param(fake, id="fake")]


def pictures(*levels: float) -> np.ndarray:
    return np.stack([np.full((3, SIDE, SIDE), level, np.float32) for level in levels])


def opened(maker: Maker, folder: Path, tiny: TinyOnnx = ONE_CAR, **changes: object) -> Engine:
    card = write_model(folder, tiny, **changes)
    return maker(card, read_weights(card))


def with_batch(batch: int) -> TinyOnnx:
    return TinyOnnx(ONE_CAR.offset, ONE_CAR.gain, batch=batch)


@pytest.mark.parametrize("maker", ALL)
def test_every_picture_of_a_batch_gets_its_own_row_in_order(maker: Maker, tmp_path: Path) -> None:
    outputs = opened(maker, tmp_path).infer(pictures(0.25, 0.5, 1.0))
    np.testing.assert_allclose(outputs[:, 5, 0], [0.25, 0.5, 1.0], atol=0.01)


@pytest.mark.parametrize("maker", ALL)
def test_output_is_float32_and_has_a_row_per_picture(maker: Maker, tmp_path: Path) -> None:
    outputs = opened(maker, tmp_path).infer(pictures(0.5, 0.5))
    assert (str(outputs.dtype), outputs.shape) == ("float32", (2, *ONE_CAR.offset.shape[1:]))


@pytest.mark.parametrize("maker", ALL)
def test_an_earlier_output_is_not_overwritten_by_the_next_run(maker: Maker, tmp_path: Path) -> None:
    engine = opened(maker, tmp_path)
    first = engine.infer(pictures(0.25))
    engine.infer(pictures(1.0))
    assert first[0, 5, 0] == pytest.approx(0.25, abs=0.01)


@pytest.mark.parametrize("maker", ALL)
def test_the_batch_that_was_given_is_not_changed(maker: Maker, tmp_path: Path) -> None:
    batch = pictures(0.5)
    opened(maker, tmp_path).infer(batch)
    np.testing.assert_array_equal(batch, pictures(0.5))


@pytest.mark.parametrize("maker", ALL)
def test_an_empty_batch_is_refused_by_name(maker: Maker, tmp_path: Path) -> None:
    engine = opened(maker, tmp_path)
    with pytest.raises(ValueError, match="empty batch"):
        engine.infer(np.zeros((0, 3, SIDE, SIDE), np.float32))


@pytest.mark.parametrize("maker", ALL)
def test_engine_says_which_size_it_takes(maker: Maker, tmp_path: Path) -> None:
    assert opened(maker, tmp_path).input_wh == (SIDE, SIDE)


@pytest.mark.parametrize("maker", REAL)
@pytest.mark.parametrize("fixed", [1, 2])
def test_model_of_fixed_batch_takes_batches_of_any_length(maker: Maker, fixed: int, tmp_path: Path) -> None:
    outputs = opened(maker, tmp_path, with_batch(fixed)).infer(pictures(0.25, 0.5, 1.0))
    np.testing.assert_allclose(outputs[:, 5, 0], [0.25, 0.5, 1.0], atol=0.01)


@pytest.mark.parametrize("maker", REAL)
def test_half_precision_inputs_are_given_what_they_want(maker: Maker, tmp_path: Path) -> None:
    tiny = TinyOnnx(ONE_CAR.offset, ONE_CAR.gain, dtype=TensorProto.FLOAT16)
    assert opened(maker, tmp_path, tiny).infer(pictures(0.5))[0, 5, 0] == pytest.approx(0.5, abs=0.01)


@pytest.mark.parametrize("maker", REAL)
def test_model_without_a_fixed_size_takes_that_of_its_card(maker: Maker, tmp_path: Path) -> None:
    tiny = TinyOnnx(ONE_CAR.offset, ONE_CAR.gain, side="side")
    engine = opened(maker, tmp_path, tiny, input_wh=(96, 32))
    assert engine.infer(np.full((1, 3, 32, 96), 0.5, np.float32))[0, 5, 0] == pytest.approx(0.5, abs=0.01)


@pytest.mark.parametrize("maker", REAL)
def test_card_of_another_size_than_the_model_is_refused_with_both_sizes(maker: Maker, tmp_path: Path) -> None:
    with pytest.raises(OutputMismatchError, match=r"takes \[N, 3, 64, 64\], its card says \[N, 3, 128, 128\]"):
        opened(maker, tmp_path, input_wh=(128, 128))


@pytest.mark.parametrize("maker", REAL)
def test_model_with_several_outputs_is_refused_by_their_names(maker: Maker, tmp_path: Path) -> None:
    tiny = TinyOnnx(ONE_CAR.offset, ONE_CAR.gain, output_count=3)
    with pytest.raises(OutputMismatchError, match=r"3 outputs .*output0, output1, output2"):
        opened(maker, tmp_path, tiny)


@pytest.mark.parametrize("maker", REAL)
@pytest.mark.parametrize("weights", [b"", b"not a model at all", onnx_bytes(ONE_CAR)[:200]])
def test_file_that_is_no_model_is_refused_by_name(maker: Maker, weights: bytes, tmp_path: Path) -> None:
    card = make_card(tmp_path / "notes.onnx", weights)
    with pytest.raises(WeightsError, match=r"notes\.onnx is not a model"):
        maker(card, weights)


def test_openvino_that_does_not_load_says_how_to_mend_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "openvino", None)  # the import then fails as that of a broken installation does
    with pytest.raises(EngineUnavailableError, match=r"OpenVINO does not load here .*pip install openvino"):
        opened(ENGINE_MAKERS["openvino"], tmp_path)


def test_processor_has_no_bfloat16_for_us_where_openvino_does_not_load(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "openvino", None)
    assert not has_bf16()
