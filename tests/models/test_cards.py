"""Model cards: read, written, checked against the weights they speak of."""

import hashlib
import json
from pathlib import Path

import pytest

from models.cards import Family, Measurement, card_for_weights, card_toml, load_card, read_weights
from models.errors import CardError, WeightsError, WeightsHashError
from tests.models.tiny import write_model

CARD = """
name = "small"
file = "small.onnx"
sha256 = "{sha256}"
licence = "MIT"
family = "yolov8"
input_wh = [640, 384]
class_names = ["person", "car"]
"""
HASH = hashlib.sha256(b"weights").hexdigest()


def written(folder: Path, text: str = CARD, name: str = "small.toml") -> Path:
    path = folder / name
    path.write_text(text.replace("{sha256}", HASH), encoding="utf-8")
    return path


def test_weights_are_looked_for_beside_the_card(tmp_path: Path) -> None:
    assert load_card(written(tmp_path)).file == tmp_path / "small.onnx"


def test_weights_are_looked_for_in_another_folder_when_one_is_given(tmp_path: Path) -> None:
    elsewhere = tmp_path / "weights"
    assert load_card(written(tmp_path), weights_folder=elsewhere).file == elsewhere / "small.onnx"


def test_json_card_says_the_same_as_toml(tmp_path: Path) -> None:
    in_toml = load_card(written(tmp_path))
    fields = in_toml.model_dump(mode="json") | {"file": "small.onnx"}
    assert load_card(written(tmp_path, json.dumps(fields), "small.json")) == in_toml


def test_written_card_reads_back_as_it_was(tmp_path: Path) -> None:
    weights = tmp_path / "new.onnx"
    weights.write_bytes(b"weights")
    card = card_for_weights(
        weights,
        name="new",
        licence='AGPL-3.0 "or later"',
        family=Family.YOLO_END2END,
        input_wh=(640, 384),
        class_names=("person", "three wheeler"),
        class_map={"three wheeler": "tricycle"},
        judged_precisions=("bf16",),
        description="Zeile eins\n第二行",
        recipe={"epochs": "3"},
        accuracy=(Measurement(metric="mAP50", value=0.5, data="ten pictures"),),
    )
    path = written(tmp_path, card_toml(card), "new.toml")
    assert load_card(path) == card


def test_missing_card_is_named(tmp_path: Path) -> None:
    with pytest.raises(CardError, match=r"model card .*gone\.toml cannot be read: No such file"):
        load_card(tmp_path / "gone.toml")


def test_card_that_is_not_toml_is_named_with_the_line(tmp_path: Path) -> None:
    with pytest.raises(CardError, match=r"small\.toml is not valid TOML: .*line 2"):
        load_card(written(tmp_path, "name = 'x'\nnonsense\n"))


def test_misspelt_key_is_named(tmp_path: Path) -> None:
    with pytest.raises(CardError, match=r"small\.toml: score_treshold: there is no such key"):
        load_card(written(tmp_path, "score_treshold = 0.5\n" + CARD))


def test_missing_key_is_named(tmp_path: Path) -> None:
    with pytest.raises(CardError, match=r"licence: it is missing"):
        load_card(written(tmp_path, CARD.replace('licence = "MIT"', "")))


def test_input_size_that_no_grid_fits_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CardError, match=r"input_wh\.1: .*multiple of 32"):
        load_card(written(tmp_path, CARD.replace("384", "360")))


def test_unknown_family_is_refused_with_those_that_exist(tmp_path: Path) -> None:
    with pytest.raises(CardError, match="'yolov8', 'yolo_end2end', 'yolox' or 'rf_detr'"):
        load_card(written(tmp_path, CARD.replace("yolov8", "ssd")))


def test_card_whose_classes_no_rule_knows_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CardError, match=r"none of its classes .* class_map"):
        load_card(written(tmp_path, CARD.replace('["person", "car"]', '["cat", "dog"]')))


def test_class_map_to_a_thing_that_does_not_exist_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CardError, match=r"'car' into 'vehicle'; possible are person, bicycle"):
        load_card(written(tmp_path, CARD + '[class_map]\ncar = "vehicle"\n'))


def test_class_map_of_a_class_the_model_lacks_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CardError, match=r"class_map names \['boat'\]"):
        load_card(written(tmp_path, CARD + '[class_map]\nboat = "car"\n'))


def test_weights_with_the_hash_of_the_card_are_read(tmp_path: Path) -> None:
    (tmp_path / "small.onnx").write_bytes(b"weights")
    assert read_weights(load_card(written(tmp_path))) == b"weights"


def test_other_weights_than_those_of_the_card_are_refused_with_both_hashes(tmp_path: Path) -> None:
    (tmp_path / "small.onnx").write_bytes(b"other")
    other = hashlib.sha256(b"other").hexdigest()
    with pytest.raises(WeightsHashError, match=rf"small\.onnx .*sha256 {HASH}, the file has {other}"):
        read_weights(load_card(written(tmp_path)))


def test_missing_weights_are_named(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match=r"'small' are missing: there is no file .*small\.onnx"):
        read_weights(load_card(written(tmp_path)))


def test_weights_that_are_a_folder_are_refused(tmp_path: Path) -> None:
    (tmp_path / "small.onnx").mkdir()
    with pytest.raises(WeightsError, match=r"cannot be read from .*: Is a directory"):
        read_weights(load_card(written(tmp_path)))


def test_card_for_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match=r"new\.onnx cannot be read: No such file"):
        card_for_weights(tmp_path / "new.onnx", name="new")


def test_cards_cannot_be_changed(tmp_path: Path) -> None:
    card = write_model(tmp_path)
    with pytest.raises(ValueError, match="frozen"):
        card.name = "other"


def test_precision_that_no_engine_computes_in_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CardError, match=r"judged_precisions\.0: .*bf16"):
        load_card(written(tmp_path, 'judged_precisions = ["int4"]\n' + CARD))


def test_spread_of_zero_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CardError, match=r"std\.1: write a number above 0"):
        load_card(written(tmp_path, "std = [1.0, 0.0, 1.0]\n" + CARD))
