"""The contract of every inference engine, run against each of them and the fake."""

import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from models.cards import Family, ModelCard, read_weights
from models.choice import ENGINE_MAKERS
from models.engines import Engine
from models.errors import EngineUnavailableError, OutputMismatchError, WeightsError
from models.lanes import Layout
from models.openvino_engine import OpenVinoEngine, has_bf16
from tests.models.fakes import FakeEngine
from tests.models.tiny import ONE_CAR, SIDE, TinyOnnx, make_card, onnx_bytes, rf_detr_output, write_model

Maker = Callable[[ModelCard, bytes], Engine]

REAL = [
    pytest.param(ENGINE_MAKERS["onnxruntime"], id="onnxruntime"),
    pytest.param(ENGINE_MAKERS["openvino"], id="openvino"),
    pytest.param(partial(OpenVinoEngine, precision="bf16"), id="openvino-bf16", marks=pytest.mark.bf16),
]


def fake(card: ModelCard, weights: bytes, layout: Layout | None = None) -> Engine:
    return FakeEngine(card, ONE_CAR.offset, ONE_CAR.gain)


ALL = [*REAL, pytest.param(fake, id="fake")]


def pictures(*levels: float) -> np.ndarray:
    return np.stack([np.full((3, SIDE, SIDE), level, np.float32) for level in levels])


def opened(maker: Maker, folder: Path, tiny: TinyOnnx = ONE_CAR, **changes: object) -> Engine:
    card = write_model(folder, tiny, **changes)
    return maker(card, read_weights(card))


def with_batch(batch: int | str) -> TinyOnnx:
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
@pytest.mark.parametrize("layout", [Layout(1, 1), Layout(1, 2), Layout(2, 1), Layout(1, 3)])
@pytest.mark.parametrize("fixed", ["N", 2])
def test_cores_may_be_shared_out_in_any_way(maker: Maker, layout: Layout, fixed: int | str, tmp_path: Path) -> None:
    card = write_model(tmp_path, with_batch(fixed))
    engine = maker(card, read_weights(card), layout)
    levels = [0.25, 0.5, 1.0, 0.75, 0.125]
    np.testing.assert_allclose(engine.infer(pictures(*levels))[:, 5, 0], levels, atol=0.01)
    np.testing.assert_allclose(engine.infer(pictures(0.5))[:, 5, 0], [0.5], atol=0.01)
    engine.close()


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
    with pytest.raises(OutputMismatchError, match=r"3 outputs .*output0, output1, output2.*family yolov8 has one"):
        opened(maker, tmp_path, tiny)


@pytest.mark.parametrize("maker", REAL)
def test_outputs_of_a_family_are_joined_by_name_whatever_their_order(maker: Maker, tmp_path: Path) -> None:
    car = rf_detr_output([((0.5, 0.25, 0.5, 0.25), 1)])
    labels_first = [4, 5, 6, 0, 1, 2, 3]
    parts = ("labels", 3), ("dets", 4)
    turned = TinyOnnx(car.offset[..., labels_first], car.gain[..., labels_first], parts=parts)
    outputs = opened(maker, tmp_path, turned, family=Family.RF_DETR).infer(pictures(1.0))
    np.testing.assert_allclose(outputs, car.offset + car.gain, atol=0.05)


@pytest.mark.parametrize("maker", REAL)
def test_outputs_that_the_family_lacks_are_refused_by_their_names(maker: Maker, tmp_path: Path) -> None:
    with pytest.raises(OutputMismatchError, match=r"the outputs output0, but family rf_detr has dets and labels"):
        opened(maker, tmp_path, family=Family.RF_DETR)


@pytest.mark.parametrize("maker", REAL)
def test_outputs_of_another_family_are_recognised(maker: Maker, tmp_path: Path) -> None:
    with pytest.raises(OutputMismatchError, match=r'2 outputs \(dets, labels\).*looks like family = "rf_detr"'):
        opened(maker, tmp_path, rf_detr_output([]))


@pytest.mark.parametrize("maker", REAL)
def test_half_precision_outputs_come_out_as_float32(maker: Maker, tmp_path: Path) -> None:
    tiny = TinyOnnx(ONE_CAR.offset, ONE_CAR.gain, output_dtype=TensorProto.FLOAT16)
    outputs = opened(maker, tmp_path, tiny).infer(pictures(0.5))
    assert (str(outputs.dtype), outputs[0, 5, 0]) == ("float32", pytest.approx(0.5, abs=0.01))


@pytest.mark.parametrize("maker", REAL)
def test_model_without_an_input_is_refused(maker: Maker, tmp_path: Path) -> None:
    constant = helper.make_tensor("value", TensorProto.FLOAT, [1], [0.0])
    graph = helper.make_graph(
        [helper.make_node("Constant", [], ["output0"], value=constant)],
        "constant",
        [],
        [helper.make_tensor_value_info("output0", TensorProto.FLOAT, [1])],
    )
    weights = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9).SerializeToString()
    with pytest.raises(OutputMismatchError, match="takes 0 inputs, its card says"):
        maker(make_card(tmp_path / "constant.onnx", weights), weights)


def test_opset_that_this_runtime_does_not_know_is_refused_with_the_way_out(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match=r"tiny\.onnx is not .*Opset 9999 is under.*; export it .* older opset"):
        opened(ENGINE_MAKERS["onnxruntime"], tmp_path, TinyOnnx(ONE_CAR.offset, ONE_CAR.gain, opset=9999))


def test_weights_in_a_second_file_are_refused_with_the_way_out(tmp_path: Path) -> None:
    model = onnx.load_from_string(onnx_bytes(ONE_CAR))
    onnx.save(model, tmp_path / "parted.onnx", save_as_external_data=True, location="parted.data", size_threshold=0)
    weights = (tmp_path / "parted.onnx").read_bytes()
    with pytest.raises(WeightsError, match=r"parted\.onnx is not .*; its weights lie in a second file: save it as one"):
        ENGINE_MAKERS["onnxruntime"](make_card(tmp_path / "parted.onnx", weights), weights)


@pytest.mark.parametrize("maker", REAL)
def test_operator_of_a_foreign_domain_is_refused_by_name(maker: Maker, tmp_path: Path) -> None:
    graph = helper.make_graph(
        [helper.make_node("TheirOwnNms", ["images"], ["output0"], domain="com.example")],
        "foreign",
        [helper.make_tensor_value_info("images", TensorProto.FLOAT, [1, 3, SIDE, SIDE])],
        [helper.make_tensor_value_info("output0", TensorProto.FLOAT, [1, 300, 6])],
    )
    opsets = [helper.make_opsetid("", 18), helper.make_opsetid("com.example", 1)]
    weights = helper.make_model(graph, opset_imports=opsets, ir_version=9).SerializeToString()
    with pytest.raises(WeightsError, match=r"foreign\.onnx is not a model that .* can run: .*TheirOwnNms"):
        maker(make_card(tmp_path / "foreign.onnx", weights), weights)


@pytest.mark.parametrize("maker", REAL)
@pytest.mark.parametrize("weights", [b"", b"not a model at all", onnx_bytes(ONE_CAR)[:200], onnx_bytes(ONE_CAR)[:-30]])
def test_file_that_is_no_model_is_refused_by_name(maker: Maker, weights: bytes, tmp_path: Path) -> None:
    card = make_card(tmp_path / "notes.onnx", weights)
    with pytest.raises(WeightsError, match=r"notes\.onnx is not a model"):
        maker(card, weights)


def test_outputs_of_one_picture_for_a_whole_batch_are_refused_with_the_way_out(tmp_path: Path) -> None:
    weights = of_first_picture()
    engine = ENGINE_MAKERS["onnxruntime"](make_card(tmp_path / "first.onnx", weights), weights, Layout(1, 1))
    with pytest.raises(OutputMismatchError, match=r"gives \[1, 7, 84\] for 3 pictures at once; export it with a free"):
        engine.infer(pictures(0.25, 0.5, 1.0))


def of_first_picture() -> bytes:
    """Return a model that takes any batch and looks at its first picture only."""
    model = onnx.load_from_string(onnx_bytes(ONE_CAR))
    zero = numpy_helper.from_array(np.array([0], np.int64), "zero")
    model.graph.initializer.append(zero)
    last = next(node for node in model.graph.node if node.output[0] == "output0")
    last.output[0] = "every"
    model.graph.node.append(helper.make_node("Gather", ["every", "zero"], ["output0"], axis=0))
    model.graph.output[0].type.tensor_type.shape.dim[0].dim_param = "M"
    return model.SerializeToString()


def test_openvino_that_does_not_load_says_how_to_mend_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "openvino", None)  # the import then fails as that of a broken installation does
    with pytest.raises(EngineUnavailableError, match=r"OpenVINO does not load here .*pip install openvino"):
        opened(ENGINE_MAKERS["openvino"], tmp_path)


def test_processor_has_no_bfloat16_for_us_where_openvino_does_not_load(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "openvino", None)
    assert not has_bf16()
