"""The model that comes with the program is there, is the one its card speaks of, and runs."""

from pathlib import Path

from models.cards import load_card, read_weights
from models.class_names import own_class_names
from models.model import open_model
from models.shelf import bundled_card
from tests.models.fakes import grey_frame

MAX_BYTES = 12_000_000


def test_bundled_weights_are_those_of_their_card_and_small() -> None:
    assert len(read_weights(load_card(bundled_card()))) <= MAX_BYTES


def test_bundled_card_answers_for_the_model() -> None:
    card = load_card(bundled_card())
    assert card.class_names == own_class_names()
    assert card.data
    assert card.licence
    assert card.recipe
    assert {"mAP50", "mAP50-95"} <= {row.metric for row in card.accuracy}


def test_bundled_model_sees_nothing_in_an_empty_picture(tmp_path: Path) -> None:
    model = open_model(bundled_card(), tmp_path, "onnxruntime")
    assert [len(found) for found in model.detect([grey_frame(114, (640, 360)), grey_frame(114, (352, 288))])] == [0, 0]
