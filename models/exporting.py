"""Turns a publisher's checkpoint into ONNX weights that run, with their card: for another input size, or at all.

A checkpoint is a pickle and can run any code when it is opened. One of the shelf is opened only after its pinned digest
was checked; any other only because a person named its file. Both libraries are imported when they are needed.
"""

import pickle
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import onnxruntime as ort

from models.cards import Family, ModelCard, card_for_weights
from models.choice import check_card
from models.errors import ExportError, ExtraMissingError, one_line
from models.fetching import Fetched, make_folder, put_card, put_in_place
from models.shelf import ShelfEntry
from models.training import load_ultralytics
from vision.arrays import SizeWH

USUAL_INPUT_WH = (640, 640)
"""What ultralytics trains at."""

DEVICE = "cpu"
WHAT = "exporting a checkpoint"


@dataclass(frozen=True, slots=True)
class _Exported:
    """What a library wrote.

    Attributes:
        path: ONNX weights in a temporary folder.
        class_names: in the order of the outputs; empty where the library does not say.
        is_end2end: whether the model gives one box per object by itself.
    """

    path: Path
    class_names: tuple[str, ...] = ()
    is_end2end: bool = False


def export_entry(entry: ShelfEntry, checkpoint: Fetched, folder: Path, input_wh: SizeWH | None = None) -> Path:
    """Export a checkpoint of the shelf and return the path of the card.

    Args:
        entry: what the card says.
        checkpoint: its file, checked.
        folder: receives weights and card.
        input_wh: width and height in pixels; those of the entry if None.

    Raises:
        ExportError: no digest was pinned, or the library failed.
        ExtraMissingError: the library is not installed.
        ModelError: what it wrote does not run.
    """
    if not checkpoint.is_pinned:
        raise ExportError(
            f"no digest is pinned for {checkpoint.path.name}, and it could run any code when it is opened; if you "
            f"trust it, name the file: streetwarden models export {checkpoint.path}"
        )
    size = input_wh or entry.card.input_wh
    is_usual = entry.weights is None and size == entry.card.input_wh
    name = entry.name if is_usual else f"{entry.name}-{size[0]}x{size[1]}"

    def export(work: Path) -> _Exported:
        if entry.exporter == "rfdetr":
            return _by_rfdetr(entry.name, checkpoint.path, work, size)
        return _by_ultralytics(checkpoint.path, work, size)

    return _exported(export, entry.card.model_copy(update={"name": name, "input_wh": size}), folder)


def export_file(checkpoint: Path, folder: Path, input_wh: SizeWH | None, licence: str) -> Path:
    """Export a checkpoint that a person named, of a model that ultralytics trained, and return the path of the card.

    Raises:
        ExportError: there is no such file, or it is no detection model of ultralytics.
        ExtraMissingError: ultralytics is not installed.
        ModelError: what it wrote does not run, or sees nothing that the rules know.
    """
    if not checkpoint.is_file():
        raise ExportError(f"there is no checkpoint {checkpoint}; name a file, or a model of: streetwarden models list")
    size = input_wh or USUAL_INPUT_WH
    suffix = f"-{size[0]}x{size[1]}" if input_wh else ""
    fields: dict[str, object] = {"name": f"{checkpoint.stem}{suffix}", "licence": licence, "input_wh": size}
    return _exported(lambda work: _by_ultralytics(checkpoint, work, size), fields, folder)


def check_exporter(entry: ShelfEntry) -> None:
    """Look whether the library that exports an entry's checkpoint is installed, before that is fetched.

    Raises:
        ExportError: it is not.
        ExtraMissingError: it is not, and comes with the `train` extra.
    """
    if entry.exporter == "ultralytics" and find_spec("ultralytics") is None:
        raise ExtraMissingError(WHAT, "ultralytics")
    if entry.exporter == "rfdetr" and find_spec("rfdetr") is None:
        raise ExportError(_without_rfdetr("rfdetr"))


def _without_rfdetr(missing: str) -> str:
    return (
        f"exporting RF-DETR needs its publisher's library, and {missing} is not installed; install it with: "
        "pip install 'rfdetr[onnx]' (Apache-2.0)"
    )


def _exported(export: Callable[[Path], _Exported], told: ModelCard | dict[str, object], folder: Path) -> Path:
    """Export in a folder of its own, run the result once, and put it and its card in place."""
    try:
        make_folder(folder)
        with tempfile.TemporaryDirectory(dir=folder, prefix=".export-") as work:
            made = export(Path(work))
            fields = dict(told) if isinstance(told, ModelCard) else told | _fields_of(made)
            card = card_for_weights(made.path, **{key: value for key, value in fields.items() if key not in PER_FILE})
            check_card(card)
            weights = folder / f"{card.name}.onnx"
            with made.path.open("rb+") as file:
                put_in_place(file, made.path, weights)
        return put_card(card.model_copy(update={"file": weights}), folder / f"{card.name}.toml")
    except OSError as err:
        raise ExportError(f"{folder} cannot take the weights: {err.strerror}; name another folder by --into") from None


def _fields_of(made: _Exported) -> dict[str, object]:
    return {"class_names": made.class_names, "family": Family.YOLO_END2END if made.is_end2end else Family.YOLOV8}


def _by_ultralytics(checkpoint: Path, work: Path, size: SizeWH) -> _Exported:
    yolo = load_ultralytics(WHAT)
    # It writes beside the checkpoint, where the publisher's own ONNX file may lie under that name.
    copied = shutil.copy(checkpoint, work / checkpoint.name)
    try:
        network: Any = yolo(str(copied), task="detect")
        # nms=False asks for the head that needs none, where there is one; since 8.4 it is not taken by itself.
        exported = network.export(format="onnx", dynamic=True, imgsz=[size[1], size[0]], device=DEVICE, nms=False)
        told = ort.InferenceSession(exported, providers=["CPUExecutionProvider"]).get_modelmeta().custom_metadata_map
        return _Exported(Path(exported), tuple(network.names.values()), told.get("end2end") == "True")
    except UNREADABLE as err:
        raise ExportError(f"{checkpoint} cannot be exported by ultralytics: {one_line(err)}") from None


def _by_rfdetr(name: str, checkpoint: Path, work: Path, size: SizeWH) -> _Exported:
    try:
        import rfdetr
    except ImportError as err:
        raise ExportError(_without_rfdetr(err.name or "a part of it")) from None
    made_by: dict[str, Any] = {"rf-detr-nano": rfdetr.RFDETRNano, "rf-detr-small": rfdetr.RFDETRSmall}
    try:
        network = made_by[name](pretrain_weights=str(checkpoint), device=DEVICE)
        network.export(output_dir=str(work), shape=(size[1], size[0]), verbose=False)
    except UNREADABLE as err:
        raise ExportError(f"{checkpoint} cannot be exported by rfdetr: {one_line(err)}") from None
    written = sorted(work.glob("*.onnx"))
    if len(written) != 1:
        raise ExportError(
            f"rfdetr wrote {len(written)} ONNX files for {name}, not one; update it: pip install -U rfdetr"
        )
    return _Exported(written[0])


PER_FILE = ("file", "sha256", "judged_precisions")
"""Fields of a card that speak of the weights and not of how they are used."""

UNREADABLE = (
    pickle.UnpicklingError,
    AssertionError,
    AttributeError,
    EOFError,
    ImportError,
    KeyError,
    RuntimeError,
    TypeError,
    ValueError,
)
"""What opening and tracing a checkpoint raises; the libraries have no errors of their own for it."""
