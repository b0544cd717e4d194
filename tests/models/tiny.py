"""Makes ONNX models of a few operators whose output is known by heart, with their cards."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from models.cards import Family, ModelCard
from vision.arrays import FloatArray

SIDE = 64
CELLS = 84  # 8x8 + 4x4 + 2x2 cells at 64x64
NAMES = ("person", "car", "traffic light")


@dataclass(frozen=True)
class TinyOnnx:
    """What a tiny model looks like from outside; its output is `offset + gain * mean of the input`."""

    offset: FloatArray  # (1, ...) one picture's output
    gain: FloatArray
    batch: int | str = "N"
    side: int | str = SIDE
    dtype: int = TensorProto.FLOAT
    output_count: int = 1
    parts: tuple[tuple[str, int], ...] = ()  # name and width of each output that the last axis is parted into
    output_dtype: int = TensorProto.FLOAT
    opset: int = 18


def onnx_bytes(tiny: TinyOnnx) -> bytes:
    """Return a model that computes `offset + gain * mean(picture)` for every picture of the batch."""
    rank = tiny.offset.ndim
    axes = numpy_helper.from_array(np.array([1, 2, 3], np.int64), "axes")
    shape = numpy_helper.from_array(np.array([-1] + [1] * (rank - 1), np.int64), "shape")
    nodes = [
        helper.make_node("Cast", ["images"], ["wide"], to=TensorProto.FLOAT),
        helper.make_node("ReduceMean", ["wide", "axes"], ["mean"], keepdims=0),
        helper.make_node("Reshape", ["mean", "shape"], ["column"]),
        helper.make_node("Mul", ["column", "gain"], ["scaled"]),
        helper.make_node("Add", ["scaled", "offset"], ["whole"]),
        helper.make_node("Cast", ["whole"], ["output0"], to=tiny.output_dtype),
    ]
    *outer, width = tiny.offset.shape[1:]
    widths = {"output0": width}
    for extra in range(1, tiny.output_count):
        nodes.append(helper.make_node("Identity", ["output0"], [f"output{extra}"]))
        widths[f"output{extra}"] = width
    if tiny.parts:
        widths = dict(tiny.parts)
        nodes.append(helper.make_node("Split", ["output0", "widths"], list(widths), axis=rank - 1))
    graph = helper.make_graph(
        nodes,
        "tiny",
        [helper.make_tensor_value_info("images", tiny.dtype, [tiny.batch, 3, tiny.side, tiny.side])],
        [
            helper.make_tensor_value_info(name, tiny.output_dtype, [tiny.batch, *outer, width])
            for name, width in widths.items()
        ],
        [
            axes,
            shape,
            numpy_helper.from_array(np.array(list(widths.values()), np.int64), "widths"),
            numpy_helper.from_array(tiny.gain.astype(np.float32), "gain"),
            numpy_helper.from_array(tiny.offset.astype(np.float32), "offset"),
        ],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", tiny.opset)], ir_version=9)
    if tiny.opset <= onnx.defs.onnx_opset_version():
        onnx.checker.check_model(model)
    return model.SerializeToString()


def yolov8_output(rows: list[tuple[tuple[float, float, float, float], int]]) -> TinyOnnx:
    """Return a model of family yolov8 that scores each box (centre, size) of a class as the picture's mean."""
    offset = np.zeros((1, 4 + len(NAMES), CELLS), np.float32)
    gain = np.zeros_like(offset)
    for cell, (xywh, class_row) in enumerate(rows):
        offset[0, :4, cell] = xywh
        gain[0, 4 + class_row, cell] = 1
    return TinyOnnx(offset, gain)


def rf_detr_output(rows: list[tuple[tuple[float, float, float, float], int]], queries: int = 5) -> TinyOnnx:
    """Return a model of family rf_detr that is sure of boxes (centre, size as shares) in a white picture only."""
    offset = np.full((1, queries, 4 + len(NAMES)), -9, np.float32)
    offset[..., :4] = 0
    gain = np.zeros_like(offset)
    for query, (xywh, class_row) in enumerate(rows):
        offset[0, query, :4] = xywh
        gain[0, query, 4 + class_row] = 18
    return TinyOnnx(offset, gain, parts=(("dets", 4), ("labels", len(NAMES))))


ONE_CAR = yolov8_output([((32, 32, 16, 8), 1)])


def write_model(folder: Path, tiny: TinyOnnx = ONE_CAR, **changes: object) -> ModelCard:
    """Write a tiny model and return its card; `changes` replace fields of the card."""
    weights = onnx_bytes(tiny)
    path = folder / "tiny.onnx"
    path.write_bytes(weights)
    return make_card(path, weights, **changes)


def make_card(path: Path, weights: bytes, **changes: object) -> ModelCard:
    """Return a card of family yolov8 for some weights; `changes` replace its fields."""
    fields: dict[str, object] = {
        "name": "tiny",
        "file": path,
        "sha256": hashlib.sha256(weights).hexdigest(),
        "licence": "CC0-1.0",
        "family": Family.YOLOV8,
        "input_wh": (SIDE, SIDE),
        "class_names": NAMES,
    }
    return ModelCard.model_validate(fields | changes)
