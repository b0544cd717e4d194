"""Weights between those that were trained and the published ones that they came from."""

from pathlib import Path
from typing import Any

import pytest

from models.blending import blended_checkpoint
from models.errors import WeightsError

pytestmark = [pytest.mark.train, pytest.mark.filterwarnings("ignore")]  # torch and ultralytics warn of themselves

CLASSES = ("person", "truck", "stall")


def network(classes: tuple[str, ...], seed: int) -> Any:
    """Return a YOLOv8n with random weights and a normalisation that changes nothing, as one from ONNX has it."""
    import torch
    from ultralytics.nn.tasks import DetectionModel

    torch.manual_seed(seed)
    made = DetectionModel("yolov8n.yaml", nc=len(classes), verbose=False)
    made.names = dict(enumerate(classes))
    for module in made.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.running_var.fill_(1.0 - module.eps)
            torch.nn.init.normal_(module.bias)  # the exporter would write equal ones once only
        if isinstance(module, torch.nn.Conv2d) and module.bias is not None:
            torch.nn.init.normal_(module.bias)
    return made


def saved(made: Any, path: Path) -> Path:
    import torch

    torch.save({"model": made, "train_args": {"task": "detect"}}, path)
    return path


def exported(made: Any, path: Path) -> Path:
    from ultralytics import YOLO

    return Path(YOLO(str(saved(made, path))).export(format="onnx", imgsz=64, verbose=False))


@pytest.fixture
def published(tmp_path: Path) -> Path:
    """The file of a network that knows trucks, persons and kites."""
    return exported(network(("truck", "person", "kite"), 5), tmp_path / "public.pt")


@pytest.mark.parametrize(("share", "person", "truck"), [(0.0, 2.0, 2.0), (0.25, 1.75, 1.25), (1.0, 1.0, -1.0)])
def test_known_classes_lie_between_and_new_ones_stay_as_they_were_trained(
    tmp_path: Path, share: float, person: float, truck: float
) -> None:
    import torch

    theirs, ours = network(("truck", "person", "kite"), 5), network(CLASSES, 6)
    with torch.no_grad():
        theirs.model[-1].cv3[0][-1].bias.copy_(torch.tensor([-1.0, 1.0, 9.0]))
        ours.model[-1].cv3[0][-1].bias.copy_(torch.tensor([2.0, 2.0, 3.0]))
    public, trained = exported(theirs, tmp_path / "public.pt"), saved(ours, tmp_path / "best.pt")

    out = blended_checkpoint(trained, public, share, "yolov8n.yaml", CLASSES, tmp_path / "blended.pt")

    between = torch.load(out, weights_only=False)["model"]
    assert between.model[-1].cv3[0][-1].bias.tolist() == pytest.approx([person, truck, 3.0], abs=1e-5)
    wanted = (1 - share) * ours.model[0].conv.weight + share * theirs.model[0].conv.weight
    torch.testing.assert_close(between.model[0].conv.weight, wanted, atol=2e-3, rtol=2e-3)
    assert sorted(path.name for path in tmp_path.glob("*.pt")) == ["best.pt", "blended.pt", "public.pt"]


def test_networks_of_different_widths_are_refused(tmp_path: Path, published: Path) -> None:
    from ultralytics.nn.tasks import DetectionModel

    other = saved(DetectionModel("yolov8s.yaml", nc=3, verbose=False), tmp_path / "other.pt")
    with pytest.raises(WeightsError, match=r"other\.pt and .*public\.onnx are not the same network"):
        blended_checkpoint(other, published, 0.5, "yolov8n.yaml", CLASSES, tmp_path / "blended.pt")
    assert not (tmp_path / "blended.pt").exists()
