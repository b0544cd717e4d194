"""What training says before it starts; a whole run takes the training extra and is made by hand."""

from importlib.util import find_spec
from pathlib import Path

import pytest

from models.errors import ExtraMissingError, TrainingError
from models.training import TrainProgress, TrainSettings, finish, train

without_extra = pytest.mark.skipif(find_spec("ultralytics") is not None, reason="the training extra is installed here")


def ignore(progress: TrainProgress) -> None:
    """Take a progress report and do nothing."""


def data_yaml(folder: Path) -> Path:
    path = folder / "data.yaml"
    path.write_text("train: images\nval: images\nnames: [person]\n", encoding="utf-8")
    return path


@without_extra
def test_training_without_the_extra_says_what_to_install(tmp_path: Path) -> None:
    with pytest.raises(ExtraMissingError, match=r"training needs .*pip install -e '\.\[train\]'"):
        train(data_yaml(tmp_path), tmp_path / "out", TrainSettings(), ignore)


def test_missing_pictures_are_named_before_anything_else(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match=r"no data description .*gone\.yaml"):
        train(tmp_path / "gone.yaml", tmp_path / "out", TrainSettings(), ignore)


@pytest.mark.train
def test_run_without_a_checkpoint_cannot_be_finished(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="holds no checkpoint yet"):
        finish(data_yaml(tmp_path), tmp_path / "out", TrainSettings())


@pytest.mark.parametrize(
    "wrong",
    [{"architecture": "yolo11n.pt"}, {"train_px": 500}, {"name": "../x"}, {"epochs": 0}, {"epoch": 3}],
)
def test_wrong_setting_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=next(iter(wrong))):
        TrainSettings.model_validate(wrong)
