"""Runs ONNX models with OpenVINO on Intel and AMD processors, in float32 or, where the processor has it, bfloat16.

The model is compiled for one picture, because shapes that are fixed are compiled to faster code: once for all cores,
and once for a picture on each, which is how a batch runs that has one for each. The library is imported when an engine
is opened, because an installation that does not load (a container without its shared libraries) must not stop the
program.
"""

import io
from functools import partial
from types import ModuleType
from typing import Any

import numpy as np

from models.cards import ModelCard
from models.engines import check_input, run_in_batches
from models.errors import EngineUnavailableError, InferenceError, WeightsError, one_line
from models.lanes import Lanes, Layout, usable_cores
from models.outputs import joined, wanted_outputs
from vision.arrays import FloatArray, SizeWH

PRECISIONS = {"fp32": "f32", "bf16": "bf16"}
"""Our name of a precision → OpenVINO's."""


class OpenVinoEngine:
    """One ONNX model compiled by OpenVINO for the processor; see `Engine`."""

    name = "openvino"

    def __init__(
        self, card: ModelCard, weights: bytes, layout: Layout | None = None, *, precision: str = "fp32"
    ) -> None:
        """Compile the weights.

        Args:
            card: the card.
            weights: an ONNX file.
            layout: how the cores are shared out; the usual way if None.
            precision: `fp32` or `bf16`.

        Raises:
            EngineUnavailableError: OpenVINO does not load, or the processor has no bfloat16.
            WeightsError: the bytes are no ONNX model that OpenVINO can run.
            OutputMismatchError: the model does not take one picture of the card's size, or has other outputs.
        """
        cores = layout or Layout.usual()
        core = _openvino().Core()
        if precision == "bf16" and "BF16" not in core.get_property("CPU", "OPTIMIZATION_CAPABILITIES"):
            raise EngineUnavailableError("openvino-bf16 needs a processor with bfloat16 instructions; choose openvino")
        width, height = card.input_wh
        try:
            model = core.read_model(io.BytesIO(weights))
            fixed = check_input(card, [_shape(port) for port in model.inputs])
            self._outputs = wanted_outputs(card, [output.any_name for output in model.outputs])
            model.reshape({model.inputs[0].any_name: [fixed or 1, 3, height, width]})
            options = {"INFERENCE_PRECISION_HINT": PRECISIONS[precision]}
            compiled = partial(core.compile_model, model, "CPU")
            self._request = compiled(options | _together(cores)).create_infer_request()
            self._requests = [self._request]
            if cores.lanes > 1:
                apart = compiled(options | _apart(cores))
                self._requests = [apart.create_infer_request() for _ in range(cores.lanes)]
        except RuntimeError as err:
            raise WeightsError(f"{card.file} is not a model that OpenVINO can run: {one_line(err)}") from None
        self.precision = precision
        self._lanes = Lanes("openvino", cores.lanes)
        self._dtype = np.float16 if "f16" in str(model.inputs[0].get_element_type()) else np.float32
        self._fixed_batch = fixed or 1
        self._card_name, self._input_wh = card.name, card.input_wh

    @property
    def input_wh(self) -> SizeWH:
        """Width and height of the batches it takes."""
        return self._input_wh

    def infer(self, batch: FloatArray) -> FloatArray:
        """Run the model; see `Engine.infer`."""
        if self._lanes.count == 1 or len(batch) < self._lanes.count * self._fixed_batch:
            return run_in_batches(batch, self._fixed_batch, partial(self._run, self._request))

        def run_part(lane: int, rows: slice) -> FloatArray:
            return run_in_batches(batch[rows], self._fixed_batch, partial(self._run, self._requests[lane]))

        return np.concatenate(self._lanes.parts(len(batch), run_part))

    def close(self) -> None:
        """Let go of the compiled models."""
        self._lanes.close()
        del self._request, self._requests

    def _run(self, request: Any, batch: FloatArray) -> FloatArray:
        try:
            outputs = request.infer([np.ascontiguousarray(batch, self._dtype)])
        except RuntimeError as err:
            raise InferenceError(f"OpenVINO failed on model {self._card_name!r}: {one_line(err)}") from None
        return joined([outputs[place].copy() for place in self._outputs])  # copies: the request reuses its outputs


def _together(cores: Layout) -> dict[str, object]:
    """Return the options of a model that runs one picture at a time."""
    threads = {"INFERENCE_NUM_THREADS": cores.alone} if cores.alone < usable_cores() else {}
    return {"PERFORMANCE_HINT": "LATENCY", **threads}


def _apart(cores: Layout) -> dict[str, object]:
    """Return the options of a model that runs a picture in each lane."""
    return {"NUM_STREAMS": cores.lanes, "INFERENCE_NUM_THREADS": cores.lanes * cores.threads_a_lane}


def has_bf16() -> bool:
    """Return whether OpenVINO loads here and the processor computes in bfloat16."""
    try:
        return "BF16" in _openvino().Core().get_property("CPU", "OPTIMIZATION_CAPABILITIES")
    except (EngineUnavailableError, RuntimeError):
        return False


def _openvino() -> ModuleType:
    try:
        import openvino
    except (ImportError, OSError, RuntimeError) as err:
        raise EngineUnavailableError(
            f"OpenVINO does not load here ({one_line(err)}); reinstall it with: pip install openvino"
        ) from None
    return openvino


def _shape(port: Any) -> tuple[int | None, ...]:
    shape = port.get_partial_shape()
    if shape.rank.is_dynamic:
        return (None, None, None, None)
    return tuple(None if side.is_dynamic else side.get_length() for side in shape)
