"""What training says before it starts; a whole run takes the training extra and is made by hand."""

import errno
import os
import sys
from importlib.util import find_spec
from pathlib import Path
from types import SimpleNamespace

import pytest

from datasets.training_set import TrainingSetSettings, write_training_set
from models import training
from models.cards import load_card
from models.checkpoints import keeping_trainer
from models.choice import check_card
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


def test_missing_start_is_named_before_anything_else(tmp_path: Path) -> None:
    settings = TrainSettings(start_from=tmp_path / "gone.pt")
    with pytest.raises(TrainingError, match=r"no file .*gone\.pt to start from"):
        train(data_yaml(tmp_path), tmp_path / "out", settings, ignore)


def test_missing_file_to_blend_with_is_named_before_anything_else(tmp_path: Path) -> None:
    start = tmp_path / "start.pt"
    start.touch()
    settings = TrainSettings(start_from=start, blend_with=tmp_path / "gone.onnx", hold_statistics=True)
    with pytest.raises(TrainingError, match=r"no file .*gone\.onnx to blend with"):
        train(data_yaml(tmp_path), tmp_path / "out", settings, ignore)


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"blend_with": "public.onnx", "hold_statistics": True}, "blend_with needs start_from"),
        ({"blend_with": "public.onnx", "start_from": "start.pt"}, "blend_with needs start_from and hold_statistics"),
        ({"frozen_layers": 10}, "frozen_layers needs start_from"),
    ],
)
def test_weights_that_are_not_related_have_no_average(fields: dict[str, object], reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        TrainSettings.model_validate(fields)


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_full_disk_ends_training_with_a_sentence_and_the_way_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    def fill(*_: object) -> None:
        raise OSError(number, os.strerror(number), str(tmp_path / "last.pt.part"))

    monkeypatch.setattr(training, "load_ultralytics", lambda: None)
    monkeypatch.setattr(training, "_fresh", fill)
    with pytest.raises(
        TrainingError, match=r"the disk of .*last\.pt\.part is full; make room and give the same command"
    ):
        train(data_yaml(tmp_path), tmp_path / "out", TrainSettings(), ignore)


class Saver:
    """Saves as the trainer of ultralytics does: the last state always, the best one only when there is a better."""

    def __init__(self, folder: Path) -> None:
        self.last, self.best = folder / "last.pt", folder / "best.pt"
        self.is_better = False

    def save_model(self) -> None:
        self.last.write_bytes(b"a later state")
        if self.is_better:
            self.best.write_bytes(b"a better state")


@pytest.fixture
def saver(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Saver:
    """Our trainer, made of one that only saves; its folder holds a good state and half of what was to replace it."""
    monkeypatch.setitem(sys.modules, "ultralytics.models.yolo.detect", SimpleNamespace(DetectionTrainer=Saver))
    (tmp_path / "best.pt").write_bytes(b"a good state")
    (tmp_path / "best.pt.part").write_bytes(b"a be")
    made: Saver = keeping_trainer()(tmp_path)
    return made


def test_half_checkpoint_of_a_run_that_was_killed_does_not_replace_a_good_one(saver: Saver, tmp_path: Path) -> None:
    saver.save_model()
    left = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert left == {"last.pt": b"a later state", "best.pt": b"a good state"}


def test_checkpoint_is_on_the_medium_before_it_replaces_another(
    saver: Saver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_descriptor: int) -> None:
        raise OSError(errno.EIO, "the disk fails")

    monkeypatch.setattr(os, "fsync", fail)
    saver.is_better = True
    with pytest.raises(OSError, match="the disk fails"):
        saver.save_model()
    assert (tmp_path / "best.pt").read_bytes() == b"a good state"
    assert list(tmp_path.glob("*.part")) == []


@pytest.mark.train
def test_gpu_that_is_not_there_is_refused_with_what_there_is(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match=r"there is no cuda:77: torch sees .*; train with device cpu"):
        train(data_yaml(tmp_path), tmp_path / "out", TrainSettings(device="cuda:77"), ignore)


SMALL = TrainSettings(name="small", epochs=3, train_px=64, input_wh=(64, 64), batch=4, workers=0, mosaic=False)


@pytest.mark.train
@pytest.mark.filterwarnings("default")  # torch warns of its own exporter
def test_run_that_a_full_disk_ended_goes_on_after_the_last_whole_checkpoint(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn = TrainingSetSettings(train_pictures=8, val_pictures=4, size_wh=(64, 64))
    data, write, epochs = write_training_set(tmp_path / "drawn", drawn), Path.write_bytes, []

    def write_or_fill(path: Path, content: bytes) -> int:
        if path.name != "last.pt.part" or len(epochs) < 2:
            return write(path, content)
        write(path, content[: len(content) // 2])
        raise OSError(errno.ENOSPC, "No space left on device", str(path))

    monkeypatch.setattr(Path, "write_bytes", write_or_fill)
    with pytest.raises(TrainingError, match="is full"):
        train(data, tmp_path / "out", SMALL, lambda step: epochs.append(step.epoch))
    monkeypatch.undo()
    assert [path.name for path in (tmp_path / "out" / "run" / "weights").glob("last*")] == ["last.pt"]
    resumed: list[int] = []
    card = load_card(train(data, tmp_path / "out", SMALL, lambda step: resumed.append(step.epoch)))
    assert (resumed[0] > 1, card.name) == (True, "small")
    check_card(card)


@pytest.mark.train
@pytest.mark.filterwarnings("default")  # torch warns of its own exporter
def test_training_in_bfloat16_keeps_weights_in_float32_and_gives_a_model(tmp_path: Path) -> None:
    import torch

    drawn = TrainingSetSettings(train_pictures=8, val_pictures=4, size_wh=(64, 64))
    data, kinds = write_training_set(tmp_path / "drawn", drawn), set()
    convolve = torch.nn.functional.conv2d

    def watched(*args: object, **kwargs: object) -> object:
        result = convolve(*args, **kwargs)  # type: ignore[arg-type]
        kinds.add(result.dtype)
        return result

    torch.nn.functional.conv2d = watched  # type: ignore[assignment]
    try:
        card = load_card(train(data, tmp_path / "out", SMALL.model_copy(update={"bf16": True, "epochs": 1}), ignore))
    finally:
        torch.nn.functional.conv2d = convolve
    check_card(card)
    assert torch.bfloat16 in kinds
    assert card.recipe["bf16"] == "True"


@pytest.mark.train
def test_damaged_checkpoint_is_named_with_the_way_out(tmp_path: Path) -> None:
    last = tmp_path / "out" / "run" / "weights" / "last.pt"
    last.parent.mkdir(parents=True)
    last.write_bytes(b"half of a")
    with pytest.raises(TrainingError, match=r"checkpoint .*last\.pt is damaged .*remove it"):
        train(data_yaml(tmp_path), tmp_path / "out", TrainSettings(), ignore)


@pytest.mark.train
def test_run_without_a_checkpoint_cannot_be_finished(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="holds no checkpoint yet"):
        finish(data_yaml(tmp_path), tmp_path / "out", TrainSettings())


@pytest.mark.parametrize(
    "wrong",
    [
        {"device": "gpu"},
        {"architecture": "yolo11n.pt"},
        {"train_px": 500},
        {"name": "../x"},
        {"epochs": 0},
        {"epoch": 3},
    ],
)
def test_wrong_setting_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=next(iter(wrong))):
        TrainSettings.model_validate(wrong)
