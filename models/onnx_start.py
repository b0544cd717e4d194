"""Makes a checkpoint to train from out of a published ONNX file, of which only that form may be at hand.

An exported network has its batch normalisation folded into the convolutions, and may have its weights in 16 or 8 bits.
Both are undone as far as they can be: weights are float32 again, and the normalisation becomes one that changes
nothing, so the checkpoint gives what the ONNX file gives. It must be trained with its statistics held
(`TrainSettings.hold_statistics`): those of a batch would be others.

Belongs here: reading weights out of ONNX, and classes that the file does not know. Does not: training (training).
"""

import ast
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from models.class_names import class_rows
from models.errors import ExtraMissingError, WeightsError
from models.half_storage import HALF
from vision.arrays import FloatArray
from vision.classes import StreetClass

NEW_CLASS_STD = 0.01
"""Spread of the weights of a class that the file does not know; its bias says that it is rare."""

RARE_LOGIT = -7.0


def checkpoint_from_onnx(onnx_path: Path, architecture: str, class_names: Sequence[str], out: Path) -> Path:
    """Write a checkpoint of ultralytics' form and return its path.

    Rows of classes that the file knows under some name are kept; those of others start at random.

    Args:
        onnx_path: a YOLOv8 or YOLO11 as ultralytics exports it, float32, as `models.training` stores it, or int8 by
            ONNX Runtime's dynamic quantizer.
        architecture: name of the same network's definition, such as `yolov8n.yaml`.
        class_names: classes to train, by label of `StreetClass`.
        out: the checkpoint; its folder is made.

    Raises:
        ExtraMissingError: ultralytics, torch or onnx is not installed.
        WeightsError: the file cannot be read, names no classes, or is another network than the architecture.
    """
    try:
        import torch
        from ultralytics.nn.tasks import DetectionModel
    except ImportError as err:
        raise ExtraMissingError("training", err.name or "a library") from None
    exported, known = _opened(onnx_path)
    weights = exported_weights(exported)
    network = DetectionModel(architecture, nc=_class_width(weights) or len(known), verbose=False)
    _give_rows(network, len(known))
    _fill(network, weights, onnx_path, architecture)
    _choose_classes(network, known, class_names)
    out.parent.mkdir(parents=True, exist_ok=True)
    torch.save({"model": network, "epoch": -1, "train_args": {"task": "detect"}}, out)
    return out


def known_class_names(onnx_path: Path) -> tuple[str, ...]:
    """Return the names of a published file's classes, in the order of its outputs.

    Raises:
        ExtraMissingError: onnx is not installed.
        WeightsError: it cannot be read, or names no classes.
    """
    return _opened(onnx_path)[1]


def exported_weights(exported: Any) -> dict[str, FloatArray]:
    """Return weights and biases of an ONNX model by name, float32; those in 16 or 8 bits are turned back.

    Args:
        exported: an `onnx.ModelProto`.
    """
    from onnx import numpy_helper

    arrays = {i.name.removesuffix(HALF): numpy_helper.to_array(i) for i in exported.graph.initializer}
    weights = {name: a.astype(np.float32) for name, a in arrays.items() if name.endswith((".weight", ".bias"))}
    for name in [name.removesuffix("_quantized") for name in arrays if name.endswith(".weight_quantized")]:
        scale, zero = (_per_filter(arrays[f"{name}_{what}"]) for what in ("scale", "zero_point"))
        weights[name] = (arrays[f"{name}_quantized"].astype(np.float32) - zero) * scale
    return weights


def _opened(onnx_path: Path) -> tuple[Any, tuple[str, ...]]:
    """Return an `onnx.ModelProto` and the names of its classes."""
    try:
        import onnx
        from google.protobuf.message import DecodeError
    except ImportError as err:
        raise ExtraMissingError("training", err.name or "a library") from None
    try:
        exported = onnx.load(str(onnx_path))
        names = ast.literal_eval(dict((p.key, p.value) for p in exported.metadata_props)["names"])
        return exported, tuple(names.values())
    except OSError as err:
        raise WeightsError(f"{onnx_path} cannot be read: {err.strerror}") from None
    except (DecodeError, KeyError, ValueError, SyntaxError, AttributeError):
        raise WeightsError(f"{onnx_path} is no ONNX file of ultralytics that names its classes") from None


def _per_filter(values: Any) -> FloatArray:
    """Return one value for all filters, or one for each, in a shape that spreads over (filters, channels, h, w)."""
    array = np.asarray(values, np.float32)
    return array.reshape(-1, 1, 1, 1) if array.size > 1 else array.reshape(())


def _class_width(weights: Mapping[str, FloatArray]) -> int | None:
    """Return how many filters the class branches of the head have before their last layer, or None where unknown.

    Ultralytics takes at least as many as there are classes, so a network that once knew 80 is wider than its 11 tell.
    """
    last = [weight for name, weight in weights.items() if ".cv3.0." in name and name.endswith(".2.weight")]
    return last[0].shape[1] if last else None


def _give_rows(network: Any, count: int) -> None:
    """Put a fresh last layer with so many rows into each class branch of the head."""
    import torch

    for branch in network.model[-1].cv3:
        branch[-1] = torch.nn.Conv2d(branch[-1].in_channels, count, 1)


def _fill(network: Any, weights: Mapping[str, FloatArray], path: Path, architecture: str) -> None:
    """Put folded weights into a network whose convolutions have a normalisation behind them."""
    import torch

    state = network.state_dict()
    for name, module in network.named_modules():
        if not isinstance(module, torch.nn.Conv2d) or ".dfl" in name:
            continue
        weight, bias = weights.get(f"{name}.weight"), weights.get(f"{name}.bias")
        if weight is None or bias is None or tuple(weight.shape) != tuple(module.weight.shape):
            raise WeightsError(
                f"{path} is not a {architecture.removesuffix('.yaml')}: its {name} is missing or differs"
            )
        state[f"{name}.weight"] = torch.from_numpy(weight)
        if module.bias is not None:
            state[f"{name}.bias"] = torch.from_numpy(bias)
            continue
        norm = name.removesuffix(".conv") + ".bn"
        epsilon = network.get_submodule(norm).eps
        state[f"{norm}.weight"] = torch.ones(len(bias))
        state[f"{norm}.bias"] = torch.from_numpy(bias)
        state[f"{norm}.running_mean"] = torch.zeros(len(bias))
        state[f"{norm}.running_var"] = torch.full((len(bias),), 1.0 - epsilon)
    network.load_state_dict(state)


def _choose_classes(network: Any, known: Sequence[str], class_names: Sequence[str]) -> None:
    """Give the network our classes: rows of the first class that means one of ours, or new ones."""
    import torch

    meant = class_rows(known, {})
    wanted = [int(StreetClass[label.upper()]) for label in class_names]
    sources = [next((row for row, kind in enumerate(meant) if kind == value), None) for value in wanted]
    head = network.model[-1]
    generator = torch.Generator().manual_seed(0)
    olds = [branch[-1] for branch in head.cv3]
    _give_rows(network, len(wanted))
    for branch, old in zip(head.cv3, olds, strict=True):
        new = branch[-1]
        with torch.no_grad():
            for row, source in enumerate(sources):
                if source is None:
                    new.weight[row].normal_(0.0, NEW_CLASS_STD, generator=generator)
                    new.bias[row] = RARE_LOGIT
                else:
                    new.weight[row], new.bias[row] = old.weight[source], old.bias[source]
    head.nc, head.no = len(wanted), len(wanted) + head.reg_max * 4
    network.nc = network.yaml["nc"] = len(wanted)
    network.names = dict(enumerate(class_names))
