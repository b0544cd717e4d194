"""Runs ONNX models with ONNX Runtime on the processor; all other engines fall back to it.

All cores run a single picture; a batch that has one for each core is run by as many threads, a picture each. Another
`Layout` shares the cores out otherwise. The model is opened once for either way.
"""

import re
from functools import partial

import numpy as np
import onnxruntime as ort
from onnxruntime.capi import onnxruntime_pybind11_state as ort_errors

from models.cards import ModelCard
from models.engines import check_input, run_in_batches
from models.errors import InferenceError, OutputMismatchError, WeightsError, one_line
from models.lanes import Lanes, Layout, usable_cores
from models.outputs import joined, wanted_outputs
from vision.arrays import FloatArray, SizeWH

FATAL_ONLY = 4
"""Log level: ONNX Runtime would print to stderr what we raise anyway."""

PROVIDERS = ["CPUExecutionProvider"]

_PREAMBLE = re.compile(r"^\[ONNXRuntimeError\] : \d+ : \w+ : (?:/\S+\.(?:h|cc|cpp):\d+ .*?\) )?")

HINTS = (
    ("opset", "export it again with an older opset, as opset=17, or update onnxruntime"),
    ("ir version", "export it again with an older version of onnx, or update onnxruntime"),
    ("external", "its weights lie in a second file: save it as one"),
)
"""Word in ONNX Runtime's message to the way out."""

INPUT_TYPES = {"tensor(float)": np.float32, "tensor(float16)": np.float16}


class OnnxRuntimeEngine:
    """One ONNX model in one ONNX Runtime session; see `Engine`."""

    name = "onnxruntime"
    precision = "fp32"

    def __init__(self, card: ModelCard, weights: bytes, layout: Layout | None = None) -> None:
        """Open the weights.

        Args:
            card: the card.
            weights: an ONNX file.
            layout: how the cores are shared out; the usual way if None.

        Raises:
            WeightsError: the bytes are no ONNX model that this ONNX Runtime can run.
            OutputMismatchError: the model does not take one picture of the card's size, or has other outputs.
        """
        cores = layout or Layout.usual()
        try:
            self._session = ort.InferenceSession(weights, _options(cores.alone), providers=PROVIDERS)
            self._apart = self._session
            if cores.lanes > 1:
                options = _options(cores.threads_a_lane)
                self._apart = ort.InferenceSession(weights, options, providers=PROVIDERS)
        except ORT_ERRORS as err:
            said = _said(err)
            hint = next((f"; {hint}" for word, hint in HINTS if word in said.lower()), "")
            raise WeightsError(f"{card.file} is not a model that ONNX Runtime can run: {said}{hint}") from None
        inputs, outputs = self._session.get_inputs(), self._session.get_outputs()
        shapes = [tuple(side if isinstance(side, int) else None for side in one.shape) for one in inputs]
        self._fixed_batch = check_input(card, shapes)
        if inputs[0].type not in INPUT_TYPES:
            raise OutputMismatchError(
                f"model {card.name!r} ({card.file.name}) takes {inputs[0].type}; only float32 and float16 are run"
            )
        names = [output.name for output in outputs]
        self._output_names = [names[place] for place in wanted_outputs(card, names)]
        self._input_name, self._dtype = inputs[0].name, INPUT_TYPES[inputs[0].type]
        self._card_name, self._input_wh = card.name, card.input_wh
        self._lanes = Lanes("onnxruntime", cores.lanes)

    @property
    def input_wh(self) -> SizeWH:
        """Width and height of the batches it takes."""
        return self._input_wh

    def infer(self, batch: FloatArray) -> FloatArray:
        """Run the model; see `Engine.infer`."""
        if self._lanes.count == 1 or len(batch) < self._lanes.count * (self._fixed_batch or 1):
            return run_in_batches(batch, self._fixed_batch, partial(self._run, self._session))
        run = partial(self._run, self._apart)  # a session may be run from several threads at once
        parts = self._lanes.parts(len(batch), lambda _, rows: run_in_batches(batch[rows], self._fixed_batch or 1, run))
        return np.concatenate(parts)

    def close(self) -> None:
        """Let go of the sessions."""
        self._lanes.close()
        del self._session, self._apart

    def _run(self, session: ort.InferenceSession, batch: FloatArray) -> FloatArray:
        given = np.ascontiguousarray(batch, self._dtype)
        try:
            outputs = session.run(self._output_names, {self._input_name: given})
        except ORT_ERRORS as err:
            raise InferenceError(f"ONNX Runtime failed on model {self._card_name!r}: {_said(err)}") from None
        return joined(outputs)


def _said(err: Exception) -> str:
    """Return what ONNX Runtime says, without number and place in its source, which can take up all of a line."""
    return one_line(_PREAMBLE.sub("", " ".join(str(err).split())))


def _options(threads: int) -> ort.SessionOptions:
    """Return options for so many threads; where that is all cores, ONNX Runtime binds one to each."""
    options = ort.SessionOptions()
    options.intra_op_num_threads = 0 if threads >= usable_cores() else threads
    options.log_severity_level = FATAL_ONLY
    # Threads that spin while they wait take the cores from the decoders.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return options


ORT_ERRORS = (
    ort_errors.Fail,
    ort_errors.InvalidArgument,
    ort_errors.InvalidGraph,
    ort_errors.InvalidProtobuf,
    ort_errors.NoSuchFile,
    ort_errors.NotImplemented,
    ort_errors.RuntimeException,
    ValueError,
)
"""ONNX Runtime's errors have no common base below RuntimeError and Exception."""
