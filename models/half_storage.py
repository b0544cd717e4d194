"""Stores the weights of an ONNX model in half precision, which halves the file; it computes in single as before.

Engines turn the weights back when they open the model, so a run costs what it did.
"""

from pathlib import Path

HALF = ".half"
"""What the name of a weight that is stored so ends with."""

LEAST_VALUES = 256
"""Smaller arrays (biases, shapes, scales) stay as they are: nothing is saved."""


def store_half(path: Path) -> None:
    """Rewrite a float32 ONNX file in place; each weight becomes a float16 one and a node that casts it."""
    import numpy as np
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    exported = onnx.load(str(path))
    graph = exported.graph
    casts = []
    for tensor in graph.initializer:
        values = numpy_helper.to_array(tensor)
        if values.dtype != np.float32 or values.size < LEAST_VALUES or np.abs(values).max() > np.finfo(np.float16).max:
            continue
        name = tensor.name
        tensor.CopyFrom(numpy_helper.from_array(values.astype(np.float16), f"{name}{HALF}"))
        casts.append(helper.make_node("Cast", [f"{name}{HALF}"], [name], to=TensorProto.FLOAT))
    nodes = [*casts, *graph.node]
    del graph.node[:]
    graph.node.extend(nodes)
    part = path.with_suffix(".onnx.part")
    try:
        onnx.save(exported, str(part))
        part.rename(path)
    finally:
        part.unlink(missing_ok=True)
