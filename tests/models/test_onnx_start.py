"""Starting a training from a published ONNX file."""

from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import helper, numpy_helper

from models.cards import load_card
from models.class_names import own_class_names
from models.errors import WeightsError
from models.onnx_start import checkpoint_from_onnx, exported_weights
from models.shelf import bundled_card
from models.training import TrainSettings

THEIR_WARNINGS = pytest.mark.filterwarnings("ignore")
"""torch and ultralytics warn of themselves when they export."""

QUANTIZED = np.array([[128, 130], [120, 255]], np.uint8).reshape(2, 2, 1, 1)


def model_with(**arrays: np.ndarray) -> onnx.ModelProto:
    tensors = [numpy_helper.from_array(array, name.replace("__", ".")) for name, array in arrays.items()]
    return helper.make_model(helper.make_graph([], "weights only", [], [], tensors))


@pytest.mark.parametrize(
    ("scale", "zero", "wanted"),
    [
        (np.float32(0.5), np.uint8(128), [[0, 1], [-4, 63.5]]),
        (np.array([0.5, 2.0], np.float32), np.array([128, 120], np.uint8), [[0, 1], [0, 270]]),
    ],
    ids=["one scale", "a scale for each filter"],
)
def test_weights_in_eight_bits_are_scaled_back(scale: np.ndarray, zero: np.ndarray, wanted: list[list[float]]) -> None:
    exported = model_with(
        a__weight_quantized=QUANTIZED,
        a__weight_scale=np.asarray(scale),
        a__weight_zero_point=np.asarray(zero),
        a__bias=np.array([1.5, 2.5], np.float32),
    )
    weights = exported_weights(exported)
    assert sorted(weights) == ["a.bias", "a.weight"]
    np.testing.assert_allclose(weights["a.weight"].reshape(2, 2), wanted)
    np.testing.assert_allclose(weights["a.bias"], [1.5, 2.5])


def test_bundled_model_gives_weights_to_start_from() -> None:
    weights = exported_weights(onnx.load(str(load_card(bundled_card()).file)))
    kernels = [name for name in weights if name.endswith(".weight")]
    assert [name for name in kernels if name.removesuffix("weight") + "bias" not in weights] == [
        "model.22.dfl.conv.weight"
    ]
    assert len(kernels) == 64
    assert {array.dtype for array in weights.values()} == {np.dtype(np.float32)}


def test_start_from_onnx_without_held_statistics_is_refused() -> None:
    with pytest.raises(ValueError, match="hold_statistics must be set"):
        TrainSettings(start_from=Path("yolov8n.onnx"))


@pytest.mark.train
@pytest.mark.parametrize("content", [b"", b"not onnx", model_with().SerializeToString()], ids=["empty", "text", "bare"])
def test_file_that_names_no_classes_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "start.onnx"
    path.write_bytes(content)
    with pytest.raises(WeightsError, match=r"start\.onnx is no ONNX file of ultralytics"):
        checkpoint_from_onnx(path, "yolov8n.yaml", own_class_names(), tmp_path / "start.pt")


@pytest.mark.train
@THEIR_WARNINGS
def test_checkpoint_gives_what_the_exported_network_gives(tmp_path: Path) -> None:
    import torch
    from ultralytics import YOLO
    from ultralytics.nn.tasks import DetectionModel

    torch.manual_seed(5)
    network = DetectionModel("yolov8n.yaml", nc=3, verbose=False)
    network.names = {0: "truck", 1: "person", 2: "kite"}
    for module in network.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.running_mean.normal_(0, 0.1)
            module.running_var.uniform_(0.5, 2.0)
        if isinstance(module, torch.nn.Conv2d) and module.bias is not None:
            torch.nn.init.normal_(module.bias)  # the exporter would write equal ones once only
    torch.save({"model": network, "train_args": {"task": "detect"}}, tmp_path / "public.pt")
    exported = Path(YOLO(str(tmp_path / "public.pt")).export(format="onnx", imgsz=64, verbose=False))

    start = checkpoint_from_onnx(exported, "yolov8n.yaml", ("person", "stall", "truck"), tmp_path / "start.pt")

    ours, theirs = (torch.load(path, weights_only=False)["model"].eval() for path in (start, tmp_path / "public.pt"))
    picture = torch.rand(1, 3, 64, 64)
    with torch.no_grad():
        given, wanted = ours(picture)[0][0], theirs(picture)[0][0]
    torch.testing.assert_close(given[[0, 1, 2, 3, 4, 6]], wanted[[0, 1, 2, 3, 5, 4]], atol=2e-3, rtol=2e-3)
    assert float(given[5].max()) < 0.01


@pytest.mark.train
@THEIR_WARNINGS
def test_bundled_model_can_be_trained_on(tmp_path: Path) -> None:
    import torch

    card = load_card(bundled_card())
    start = checkpoint_from_onnx(card.file, "yolov8n.yaml", own_class_names(), tmp_path / "start.pt")
    network = torch.load(start, weights_only=False)["model"]
    last = exported_weights(onnx.load(str(card.file)))["model.22.cv3.0.2.weight"]
    np.testing.assert_allclose(network.model[-1].cv3[0][-1].weight.detach().numpy(), last)


@pytest.mark.train
@THEIR_WARNINGS
def test_other_architecture_is_named(tmp_path: Path) -> None:
    from ultralytics import YOLO

    exported = Path(YOLO("yolov8n.yaml").export(format="onnx", imgsz=64, verbose=False))
    try:
        with pytest.raises(WeightsError, match="is not a yolo11n: its model"):
            checkpoint_from_onnx(exported, "yolo11n.yaml", own_class_names(), tmp_path / "start.pt")
    finally:
        exported.unlink()
