"""Class names of any model become the things that rules speak of."""

import pytest

from models.class_names import DROPPED, IGNORED, class_rows, own_class_names, street_class
from vision.classes import StreetClass


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("person", StreetClass.PERSON),
        ("motorbike", StreetClass.MOTORCYCLE),
        ("dining table", StreetClass.TABLE),
        ("diningtable", StreetClass.TABLE),
        ("Truck", StreetClass.TRUCK),
        ("auto_rickshaw", StreetClass.TRICYCLE),
        ("awning-tricycle", StreetClass.TRICYCLE),
        (" Umbrella ", StreetClass.UMBRELLA),
    ],
)
def test_name_means_a_street_class_however_it_is_written(name: str, kind: StreetClass) -> None:
    assert street_class(name) is kind


@pytest.mark.parametrize("name", ["traffic light", "bike", "unknown", "", "carpet"])
def test_name_without_a_clear_meaning_is_no_street_class(name: str) -> None:
    assert street_class(name) is None


def test_rows_follow_the_order_of_the_models_classes() -> None:
    rows = class_rows(("car", "traffic light", "person"), {})
    assert rows.tolist() == [StreetClass.CAR, DROPPED, StreetClass.PERSON]


def test_map_of_the_card_goes_before_the_table() -> None:
    rows = class_rows(("bike", "car"), {"bike": "motorcycle", "car": IGNORED})
    assert rows.tolist() == [StreetClass.MOTORCYCLE, DROPPED]


def test_our_own_classes_map_to_themselves_in_order() -> None:
    names = own_class_names()
    assert class_rows(names, {}).tolist() == [int(kind) for kind in StreetClass if kind is not StreetClass.UNKNOWN]
