"""Weights that are stored in half precision: the file is half as large, the model computes nearly the same."""

from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

from models.half_storage import store_half

FILTERS = 32


def convolution(path: Path, largest: float = 0.3) -> None:
    rng = np.random.default_rng(3)
    weight = rng.uniform(-0.3, 0.3, (FILTERS, 16, 3, 3)).astype(np.float32)
    weight[0, 0, 0, 0] = largest
    bias = rng.normal(0, 1, FILTERS).astype(np.float32)
    graph = helper.make_graph(
        [helper.make_node("Conv", ["x", "weight", "bias"], ["y"])],
        "one convolution",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 16, 8, 8])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, FILTERS, 6, 6])],
        [numpy_helper.from_array(weight, "weight"), numpy_helper.from_array(bias, "bias")],
    )
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9), str(path))


def answer(path: Path) -> np.ndarray:
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    return session.run(None, {"x": np.random.default_rng(4).normal(0, 1, (1, 16, 8, 8)).astype(np.float32)})[0]


def test_file_is_half_as_large_and_the_model_computes_nearly_the_same(tmp_path: Path) -> None:
    path = tmp_path / "model.onnx"
    convolution(path)
    before, size = answer(path), path.stat().st_size

    store_half(path)

    assert path.stat().st_size < 0.55 * size
    difference = np.abs(answer(path) - before).max()
    assert 0 < difference < 0.01
    assert [file.name for file in tmp_path.iterdir()] == ["model.onnx"]


def test_small_arrays_and_weights_beyond_half_precision_stay_as_they_are(tmp_path: Path) -> None:
    path = tmp_path / "model.onnx"
    convolution(path, largest=70_000.0)

    store_half(path)

    assert {tensor.data_type for tensor in onnx.load(str(path)).graph.initializer} == {TensorProto.FLOAT}
