"""The commands that measure and train models, as a person types them."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from api.commands import yardsticks
from models import bench as measuring
from models.choice_memory import FILE_NAME, ChoiceMemory
from models.model import open_model
from models.shelf import bundled_card
from tests.e2e.test_cli import typed
from tests.models.tiny import write_model

Monkey = pytest.MonkeyPatch
Capture = pytest.CaptureFixture[str]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: Monkey) -> Path:
    """The folder where one stands, with settings, a tiny model, and no rests between the turns."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setattr(measuring, "REST_S", 0.0)
    monkeypatch.setattr(yardsticks, "DRAWN_PICTURES", 2)
    monkeypatch.setattr(yardsticks, "gettempdir", lambda: str(tmp_path / "temporary"))
    (tmp_path / "settings.toml").write_text('data = "kept"\n', encoding="utf-8")
    (tmp_path / "tiny.json").write_text(write_model(tmp_path).model_dump_json(), encoding="utf-8")
    return tmp_path


def labelled(folder: Path, rows: str) -> Path:
    """Write a set of one grey picture in YOLO format."""
    for name in ("images", "labels"):
        (folder / name).mkdir(parents=True)
    cv2.imwrite(str(folder / "images" / "one.jpg"), np.full((64, 64, 3), 200, np.uint8))
    (folder / "labels" / "one.txt").write_text(rows, encoding="utf-8")
    (folder / "data.yaml").write_text("train: images\nval: images\nnames: [person, car]\n", encoding="utf-8")
    return folder


def test_bench_shows_every_way_and_stores_what_the_service_then_takes(
    folder: Path, monkeypatch: Monkey, capsys: Capture
) -> None:
    words = ["models", "bench", "tiny.json", "--seconds", "1", "--json", "found.json", "--note", "alone"]
    status, out, err = typed(monkeypatch, capsys, *words)
    assert status == 0, err
    assert "pictures a second of tiny at 64x64: median (least to most)" in out
    assert f"stored in {Path('kept') / FILE_NAME}" in out
    opened = open_model(folder / "tiny.json", folder / "kept")
    assert opened.choice is not None
    assert (opened.choice.reason, "models bench" in opened.choice.told) == ("benched", True)
    told = json.loads((folder / "found.json").read_text(encoding="utf-8"))
    assert (told["note"], told["model"]["name"], told["choice"]["engine"]) == ("alone", "tiny", opened.choice.engine)
    assert all(row["pictures_per_s"] for row in told["ways"])
    opened.close()


def test_bench_without_a_name_takes_the_model_of_the_settings(
    folder: Path, monkeypatch: Monkey, capsys: Capture
) -> None:
    (folder / "settings.toml").write_text('data = "kept"\n[model]\ncard = "tiny.json"\nengine = "openvino"\n')
    status, out, err = typed(monkeypatch, capsys, "models", "bench", "--seconds", "1")
    assert (status, "pictures a second of tiny" in out) == (0, True), err
    assert 'settings.toml says engine = "openvino"; what is stored is taken with engine = "auto" only' in out


def test_drawn_pictures_of_another_version_of_the_drawing_do_not_judge(folder: Path, monkeypatch: Monkey) -> None:
    monkeypatch.setattr(yardsticks, "DRAWING_VERSION", 77)
    yardsticks.judge_by("drawn")(open_model(folder / "tiny.json", folder, "onnxruntime"))
    assert [path.name for path in (folder / "temporary").iterdir()] == ["streetwarden-bench-77-9-2"]


def test_labelled_pictures_of_ones_own_judge(folder: Path, monkeypatch: Monkey, capsys: Capture) -> None:
    own = labelled(folder / "own", "1 0.5 0.5 0.25 0.125\n")
    status, _out, err = typed(monkeypatch, capsys, "models", "bench", "tiny.json", "--seconds", "1", "--data", str(own))
    assert status == 0, err
    assert yardsticks.judge_by(str(own))(open_model(folder / "tiny.json", folder, "onnxruntime")) == 1.0


@pytest.mark.parametrize(
    ("words", "status", "sentence"),
    [
        (["yolo11n"], 1, "yolo11n is not here; fetch it with: streetwarden models pull yolo11n, or name its card"),
        (["yolo11x"], 1, "there is no model 'yolo11x' on the shelf; it has street-nano, "),
        (["gone.toml"], 1, "model card gone.toml cannot be read: No such file or directory"),
        (["tiny.json", "--data", "empty"], 2, "nothing is marked in empty whose class is known"),
        (["tiny.json", "--data", "gone"], 1, "there is no"),
        (["tiny.json", "--input", "huge"], 2, "--input"),
    ],
)
def test_what_cannot_be_measured_is_told_in_a_sentence(
    folder: Path, monkeypatch: Monkey, capsys: Capture, words: list[str], status: int, sentence: str
) -> None:
    labelled(folder / "empty", "")
    ended, _out, err = typed(monkeypatch, capsys, "models", "bench", *words)
    assert (ended, sentence in " ".join(err.replace("│", " ").split())) == (status, True), err


def test_choice_that_cannot_be_stored_is_told(folder: Path, monkeypatch: Monkey, capsys: Capture) -> None:
    (folder / "kept").write_text("in the way", encoding="utf-8")
    status, _out, err = typed(monkeypatch, capsys, "models", "bench", "tiny.json", "--seconds", "1")
    assert (status, "the choice cannot be stored in" in err) == (1, True), err


def test_half_written_choice_is_not_kept(folder: Path, monkeypatch: Monkey) -> None:
    model = open_model(bundled_card(), folder, "onnxruntime")
    assert model.choice is not None

    def fill(self: Path, target: Path) -> Path:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", fill)
    assert not ChoiceMemory(folder).keep(model.card, model.choice)
    assert list(folder.glob("*.part")) == []
    model.close()


@pytest.mark.parametrize(
    ("words", "status", "sentence"),
    [
        (["--device", "gpu"], 2, "--device"),
        (["--architecture", "resnet"], 2, "--architecture"),
        (["--start-from", "gone.pt"], 1, "there is no file gone.pt to start from"),
    ],
)
def test_training_that_cannot_start_is_told_in_a_sentence(
    folder: Path, monkeypatch: Monkey, capsys: Capture, words: list[str], status: int, sentence: str
) -> None:
    data = labelled(folder / "own", "1 0.5 0.5 0.25 0.125\n") / "data.yaml"
    ended, _out, err = typed(monkeypatch, capsys, "models", "train", str(data), "--out", "out", *words)
    assert (ended, sentence in " ".join(err.replace("│", " ").split())) == (status, True), err


def test_training_says_that_every_picture_shows_something(folder: Path, monkeypatch: Monkey, capsys: Capture) -> None:
    data = labelled(folder / "own", "1 0.5 0.5 0.25 0.125\n") / "data.yaml"
    words = ["models", "train", str(data), "--out", "out", "--start-from", "gone.pt"]
    assert "every picture shows something" in typed(monkeypatch, capsys, *words)[2]


def test_set_without_a_usable_picture_is_not_trained_on(folder: Path, monkeypatch: Monkey, capsys: Capture) -> None:
    own = labelled(folder / "own", "1 0.5 0.5 0.25 0.125\n")
    (own / "images" / "one.jpg").write_bytes(b"half a picture")
    status, _out, err = typed(monkeypatch, capsys, "models", "train", str(own / "data.yaml"), "--out", "out")
    assert (status, "holds no picture that can be used: pictures left out, as they cannot be read: 1" in err) == (
        1,
        True,
    )
