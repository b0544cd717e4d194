"""The accuracy benchmark judges on pictures that the bundled model was not trained on."""

from benchmarks.accuracy_data import DEFAULT_DATA, DRAWN
from models.cards import load_card
from models.shelf import bundled_card


def test_no_real_yardstick_is_among_what_the_bundled_model_was_trained_on() -> None:
    trained_on = load_card(bundled_card()).data
    assert "toll_road_cctv" in trained_on  # the card names its sets as the catalogue does
    assert [name for name in DEFAULT_DATA if name != DRAWN and name in trained_on] == []
