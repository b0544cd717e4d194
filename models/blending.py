"""Averages the weights of a network with those of the published one that it came from, so that it forgets less of it.

A network that goes on from a published one on few pictures loses what these do not show: people seen close, cars of
other countries. The weights in between hold most of both (WiSE-FT: Wortsman and others, 2022, arXiv:2109.01903).

Belongs here: the average of two networks. Does not: reading weights out of ONNX (onnx_start), the recipe (training).
Needs the `train` extra, imported when it is used.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from models.class_names import class_rows
from models.errors import WeightsError
from models.onnx_start import checkpoint_from_onnx, known_class_names
from vision.classes import StreetClass


def blended_checkpoint(
    checkpoint: Path, published: Path, share: float, architecture: str, class_names: Sequence[str], out: Path
) -> Path:
    """Write a checkpoint whose weights lie between those of two networks, and return its path.

    Rows of classes that the published file does not know are taken from the checkpoint alone.

    Args:
        checkpoint: of ultralytics' form, trained with its statistics held.
        published: ONNX file of the same architecture, as `models.onnx_start` reads it.
        share: of the published weights, in [0, 1].
        architecture: name of the network's definition, such as `yolov8n.yaml`.
        class_names: classes of the checkpoint, by label of `StreetClass`.
        out: the blended checkpoint; its folder is made.

    Raises:
        ExtraMissingError: ultralytics, torch or onnx is not installed.
        WeightsError: the published file cannot be read, or the two are not the same network.
    """
    other = checkpoint_from_onnx(published, architecture, class_names, out.with_name(f"{out.stem}-published.pt"))
    import torch

    own = torch.load(checkpoint, map_location="cpu", weights_only=False)
    network = (own.get("ema") or own["model"]).float()
    theirs = torch.load(other, map_location="cpu", weights_only=False)["model"].state_dict()
    other.unlink()
    ours = network.state_dict()
    if {name: value.shape for name, value in ours.items()} != {name: value.shape for name, value in theirs.items()}:
        raise WeightsError(f"{checkpoint} and {published} are not the same network, so their weights have no average")
    new_rows = _unknown_rows(known_class_names(published), class_names)
    network.load_state_dict({name: _between(name, ours[name], theirs[name], share, new_rows) for name in ours})
    out.parent.mkdir(parents=True, exist_ok=True)
    torch.save({"model": network, "epoch": own.get("epoch", -1), "train_args": {"task": "detect"}}, out)
    return out


def _unknown_rows(known: Sequence[str], class_names: Sequence[str]) -> list[int]:
    meant = set(class_rows(known, {}).tolist())
    return [row for row, label in enumerate(class_names) if int(StreetClass[label.upper()]) not in meant]


def _between(name: str, ours: Any, theirs: Any, share: float, new_rows: Sequence[int]) -> Any:
    if not ours.dtype.is_floating_point:
        return ours
    between = ours.lerp(theirs, share)
    if ".cv3." in name and name.endswith((".2.weight", ".2.bias")):  # last layer of the class branches: a row a class
        between[new_rows] = ours[new_rows]
    return between
