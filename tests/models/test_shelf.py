"""The model that comes with the program is the one its card speaks of and runs; the shelf says all of the others."""

import json
from pathlib import Path

import pytest
from pydantic import ValidationError

from models.bench_choice import MOST_LOST_AP50
from models.cards import load_card, read_weights
from models.class_names import class_rows, own_class_names
from models.errors import UnknownModelError
from models.model import open_model
from models.shelf import RemoteFile, bundled_card, load_shelf
from tests.models.fakes import grey_frame
from vision.classes import StreetClass

MAX_BYTES = 12_000_000

BENCHED = Path(__file__).parents[2] / "benchmarks" / "results" / "models_bench.json"


def test_bundled_weights_are_those_of_their_card_and_small() -> None:
    assert len(read_weights(load_card(bundled_card()))) <= MAX_BYTES


def test_bundled_card_answers_for_the_model() -> None:
    card = load_card(bundled_card())
    assert card.class_names == own_class_names()
    assert card.data
    assert card.licence
    assert card.recipe
    assert {"mAP50", "mAP50-95"} <= {row.metric for row in card.accuracy}


def test_precisions_that_the_bundled_card_names_were_judged_by_labelled_pictures() -> None:
    card, benched = load_card(bundled_card()), json.loads(BENCHED.read_text(encoding="utf-8"))
    assert (benched["model"]["sha256"], tuple(benched["model"]["input_wh"])) == (card.sha256, card.input_wh)
    ap50 = {row["precision"]: row["ap50"] for row in benched["engines"] if row["ap50"] is not None}
    assert set(card.judged_precisions) == set(ap50) - {"fp32"}
    assert all(ap50["fp32"] - ap50[name] <= MOST_LOST_AP50 for name in card.judged_precisions)


def test_bundled_model_sees_nothing_in_an_empty_picture(tmp_path: Path) -> None:
    model = open_model(bundled_card(), tmp_path, "onnxruntime")
    assert [len(found) for found in model.detect([grey_frame(114, (640, 360)), grey_frame(114, (352, 288))])] == [0, 0]


def test_every_model_of_the_shelf_is_pinned_or_says_that_it_is_not() -> None:
    entries = load_shelf().entries
    files = [file for entry in entries for file in (entry.weights, entry.checkpoint) if file is not None]
    assert [file.file for file in files if file.sha256 is None] == []
    assert len({file.file for file in files}) == len({file.sha256 for file in files}) == len(files)
    assert [entry.name for entry in entries if entry.weights and entry.weights.sha256 != entry.card.sha256] == []


def test_shelf_has_the_models_that_were_promised() -> None:
    licences = {entry.name: entry.card.licence for entry in load_shelf().entries}
    assert licences == {
        **{f"yolo{generation}{size}": "AGPL-3.0" for generation in (26, 11) for size in "nsm"},
        **{f"yolox-{size}": "Apache-2.0" for size in ("nano", "tiny", "s")},
        **{f"rf-detr-{size}": "Apache-2.0" for size in ("nano", "small")},
    }


def test_models_of_the_shelf_see_what_the_rules_need() -> None:
    for entry in load_shelf().entries:
        seen = set(class_rows(entry.card.class_names, entry.card.class_map).tolist())
        assert {StreetClass.PERSON, StreetClass.CAR, StreetClass.TRUCK, StreetClass.UMBRELLA} <= seen, entry.name


def test_outputs_of_rf_detr_are_named_by_cocos_own_numbers() -> None:
    names = load_shelf().entry("rf-detr-nano").card.class_names
    numbers = {"person": 1, "car": 3, "truck": 8, "stop sign": 13, "umbrella": 28, "dining table": 67, "toothbrush": 90}
    assert {name: names.index(name) for name in numbers} == numbers
    assert len(names) == 91


def test_recommended_model_runs_on_a_plain_installation() -> None:
    entry = load_shelf().entry("recommended")
    assert entry.weights is not None
    assert entry.weights.file.endswith(".onnx")
    assert load_shelf().reason


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("yolo-26s", "did you mean yolo26s"),
        ("YOLOX_Nano", "did you mean yolox-nano"),
        ("ssd", "it has yolo26n, yolo26s, yolo26m, yolo11n"),
    ],
)
def test_unknown_name_is_told_with_near_ones(name: str, hint: str) -> None:
    with pytest.raises(UnknownModelError, match=rf"there is no model '{name}' on the shelf; {hint}"):
        load_shelf().entry(name)


@pytest.mark.parametrize(
    "wrong",
    [
        {"url": "http://models.example/x.onnx"},
        {"file": "../x.onnx"},
        {"file": "x/y.onnx"},
        {"bytes": 0},
        {"sha256": "abc"},
    ],
)
def test_file_that_could_not_be_fetched_safely_is_refused(wrong: dict[str, object]) -> None:
    fields = {"file": "x.onnx", "url": "https://models.example/x.onnx", "bytes": 1, "sha256": "0" * 64}
    RemoteFile.model_validate(fields)
    with pytest.raises(ValidationError):
        RemoteFile.model_validate(fields | wrong)
