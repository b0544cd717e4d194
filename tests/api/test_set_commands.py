"""The commands for sets as a person types them."""

import json
import re
import sys
from pathlib import Path

import pytest

from api.cli import main
from api.commands.set_making import opened_teacher
from datasets.label_sets import LabelSets
from datasets.sheets import read_sheet
from models.choice_memory import BENCHED, ChoiceMemory, EngineChoice
from models.shelf import bundled_card
from pipeline.settings import load_settings
from tests.datasets.pictures import put_clip, put_picture
from tests.models.tiny import ONE_CAR, TinyOnnx, write_model


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a small set of four cameras in it, in YOLO format."""
    monkeypatch.chdir(tmp_path)
    for number in range(8):
        put_picture(tmp_path / "made" / "images" / f"cam{number // 2}_{number}.jpg", number, (320, 240))
    labels = tmp_path / "made" / "labels"
    labels.mkdir()
    for number in range(8):
        (labels / f"cam{number // 2}_{number}.txt").write_text("0 0.5 0.5 0.25 0.5\n" if number % 2 else "")
    (tmp_path / "made" / "classes.txt").write_text("rickety car\n")
    return tmp_path


def typed(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    monkeypatch.setattr(sys, "argv", ["streetwarden", "data", *words])
    with pytest.raises(SystemExit) as ended:
        main()
    out, err = capsys.readouterr()
    return int(ended.value.code or 0), out, err


def test_set_is_converted_with_its_classes_and_cameras_said_for_good(
    made: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["convert", "made", "coco", "--to", "coco", "--map", "rickety car=car", "--camera", r"^(cam\d)"]
    status, out, _ = typed(monkeypatch, capsys, *words, "--licence", "CC0")
    assert (status, out) == (0, f"8 pictures written: {made / 'coco' / 'annotations.json'}\n")
    status, out, err = typed(monkeypatch, capsys, "show", "coco")
    assert status == 0
    facts = dict(re.split(r"\s{2,}", line, maxsplit=1) for line in out.splitlines())
    assert facts == {
        "set": "coco",
        "pictures": "8",
        "cameras": "4",
        "boxes": "car 4",
        "marked completely": "car",
        "licence": "CC0",
    }
    assert err == ""


def test_class_without_a_meaning_is_one_sentence(
    made: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    status, out, err = typed(monkeypatch, capsys, "show", "made")
    assert (status, out) == (1, "")
    assert err.startswith("streetwarden: set made speaks of classes without a meaning here: rickety car; say what each")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("convert", "made", "out", "--to", "mot", "--map", "rickety car"), "gives no class a meaning"),
        (("convert", "made", "out", "--to", "mot", "--map", "rickety car=lorry"), "there is no class 'lorry'"),
        (("convert", "made", "out", "--to", "mot", "--map", "*=car", "--camera", "("), "is no regular expression"),
        (("convert", "made", "out", "--to", "recording", "--map", "*=car"), "a recording"),
        (("convert", "made", "out", "--to", "sheets", "--map", "*=car"), "data label"),
        (("show", "material:toll_road_cctv"), "say where the material lies"),
    ],
)
def test_wrong_argument_is_a_wrong_use(
    made: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], told: str
) -> None:
    status, _, err = typed(monkeypatch, capsys, *words)
    assert status == 2
    assert told in " ".join(err.replace("│", " ").split())
    assert not (made / "out").exists()


def test_split_tells_what_went_where(
    made: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    typed(
        monkeypatch,
        capsys,
        "convert",
        "made",
        "own",
        "--to",
        "yolo",
        "--map",
        "*=car",
        "--camera",
        r"^(cam\d)",
        "--name",
        "own",
    )
    status, out, _ = typed(monkeypatch, capsys, "split", "own", "--out", "split", "--val", "0.25", "--test", "0.25")
    assert status == 0
    assert "own: train 4, val 2, test 2 pictures of 4 cameras" in out
    assert len(list((made / "split" / "images" / "test").iterdir())) == 2


def test_split_into_a_folder_that_is_there_is_refused(
    made: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    typed(monkeypatch, capsys, "convert", "made", "own", "--to", "yolo", "--map", "*=car")
    status, _, err = typed(monkeypatch, capsys, "split", "own", "--out", "made")
    assert status == 1
    assert "is there already" in err


def test_mix_without_a_teacher_says_why_nothing_can_be_used(
    made: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    typed(monkeypatch, capsys, "convert", "made", "own", "--to", "yolo", "--map", "*=car")
    status, _, err = typed(monkeypatch, capsys, "mix", "own", "--out", "mixed")
    assert status == 1
    assert "for train none is marked completely enough" in err


def test_mix_with_a_teacher_gives_a_set_to_train_on(
    made: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    typed(monkeypatch, capsys, "convert", "made", "own", "--to", "yolo", "--map", "*=car")
    words = ["mix", "own", "--out", "mixed", "--teacher", str(bundled_card()), "--engine", "onnxruntime"]
    status, out, _ = typed(monkeypatch, capsys, *words)
    assert status == 0
    assert "train with: streetwarden models train" in out
    told = json.loads((made / "mixed" / "mixture.json").read_text())
    assert sum(told["pictures"]["train"].values()) >= 5


def test_film_and_bare_pictures_are_labelled_for_a_person_to_correct(
    made: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    put_clip(made / "film.mp4", size_wh=(320, 240))
    put_picture(made / "bare" / "a.jpg", 5, (320, 240))
    engine = ("--engine", "onnxruntime")
    status, out, _ = typed(monkeypatch, capsys, "label", "film.mp4", "labelled", "--camera", "gate", *engine)
    assert status == 0
    assert "2 pictures labelled by street-nano" in out
    assert read_sheet(made / "labelled" / "sheets" / "film-00000.500.json").camera == "gate/gate"
    status, out, _ = typed(monkeypatch, capsys, "label", "bare", "again", *engine)
    assert (status, "1 pictures labelled" in out) == (0, True)
    status, out, _ = typed(monkeypatch, capsys, "convert", "labelled", "coco", "--to", "coco")
    assert (status, "2 pictures written" in out) == (0, True)


def test_film_is_labelled_into_the_folder_of_a_service_whose_page_is_told(
    made: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    put_clip(made / "film.mp4", size_wh=(320, 240))
    (made / "settings.toml").write_text('data = "data"\n[server]\nport = 8381\nhost = "0.0.0.0"\n')
    words = ("label", "film.mp4", "--config", "settings.toml", "--engine", "onnxruntime")
    status, out, _ = typed(monkeypatch, capsys, *words)
    assert (status, "correct them on the page: http://127.0.0.1:8381/#/labels/film" in out) == (0, True)
    assert LabelSets(load_settings(made / "settings.toml").labels_folder).names() == ("film",)
    status, out, _ = typed(monkeypatch, capsys, *words[:2], "东门 1", *words[2:])
    assert (status, "#/labels/%E4%B8%9C%E9%97%A8%201" in out) == (0, True)
    status, _, err = typed(monkeypatch, capsys, *words)
    assert (status, "is there already" in err) == (1, True)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ((), "name a folder to write"),
        (("../elsewhere", "--config", "settings.toml"), "is no name of a set"),
        ((".hidden", "--config", "settings.toml"), "is no name of a set"),
        (("a\tb", "--config", "settings.toml"), "is no name of a set"),
    ],
)
def test_place_to_label_into_that_makes_no_sense_is_a_wrong_use(
    made: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], told: str
) -> None:
    (made / "settings.toml").write_text('data = "data"\n')
    status, _, err = typed(monkeypatch, capsys, "label", "film.mp4", *words)
    assert status == 2
    assert told in " ".join(err.replace("│", " ").split())


def test_place_that_gives_a_set_no_name_asks_for_one(
    made: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (made / "settings.toml").write_text('data = "data"\n')
    status, _, err = typed(monkeypatch, capsys, "label", ".", "--config", "settings.toml")
    assert status == 2
    assert "'' is no name of a set" in " ".join(err.replace("│", " ").split())


def test_verdicts_of_an_installation_without_cases_are_refused(
    made: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (made / "settings.toml").write_text(f'data = "{made / "data"}"\n')
    (made / "data").mkdir()
    status, _, err = typed(monkeypatch, capsys, "verdicts", "out")
    assert status == 1
    assert "no case teaches anything yet" in err
    assert not (made / "out").exists()


def test_teacher_looks_at_the_size_that_a_bench_stored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cells = 4 * 4 + 2 * 2 + 1  # of 32x32
    card = write_model(tmp_path, TinyOnnx(ONE_CAR.offset[..., :cells], ONE_CAR.gain[..., :cells], side="side"))
    (tmp_path / "tiny.json").write_text(card.model_dump_json(), encoding="utf-8")
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    smaller = EngineChoice(engine="onnxruntime", reason=BENCHED, alone=1, lanes=1, input_wh=(32, 32))
    ChoiceMemory(tmp_path / ".cache" / "streetwarden").keep(card, smaller)
    with opened_teacher(tmp_path / "tiny.json", "auto", 0.1) as teacher:
        assert (teacher.input_wh, teacher.card.score_threshold) == ((32, 32), 0.1)
