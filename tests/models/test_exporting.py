"""A checkpoint becomes weights that run; needs the training extra. The tests of the commands use a stand-in."""

from pathlib import Path

import pytest

from models.cards import Family, load_card
from models.choice import check_card
from models.errors import ExportError
from models.exporting import export_file
from models.shelf import load_shelf

pytestmark = [pytest.mark.train, pytest.mark.filterwarnings("ignore")]  # torch warns of its own exporter


@pytest.mark.parametrize(
    ("architecture", "family"), [("yolo11n.yaml", Family.YOLOV8), ("yolo26n.yaml", Family.YOLO_END2END)]
)
def test_checkpoint_with_random_weights_is_exported_for_its_size(
    tmp_path: Path, architecture: str, family: Family
) -> None:
    from ultralytics import YOLO

    network = YOLO(architecture, task="detect")
    network.model.names = dict(enumerate(load_shelf().entry("yolo11n").card.class_names))
    network.save(tmp_path / "new.pt")
    card = load_card(export_file(tmp_path / "new.pt", tmp_path / "out", (96, 64), "CC0-1.0"))
    assert (card.name, card.family, card.input_wh) == ("new-96x64", family, (96, 64))
    check_card(card, "openvino")


def test_file_that_is_no_checkpoint_is_named(tmp_path: Path) -> None:
    (tmp_path / "notes.pt").write_bytes(b"no pickle")
    with pytest.raises(ExportError, match=r"notes\.pt cannot be exported by ultralytics"):
        export_file(tmp_path / "notes.pt", tmp_path / "out", None, "CC0-1.0")
