"""What a stronger model adds to people's labels: only what they left open, and only where it is sure."""

import numpy as np
import pytest

from datasets.labelled import Labels
from datasets.merging import FillSettings, filled, merge
from tests.datasets.pictures import labelled
from vision.classes import StreetClass

PERSON, MOTORCYCLE, CAR, BUS, TRUCK, STALL, UNKNOWN = (
    int(kind)
    for kind in (
        StreetClass.PERSON,
        StreetClass.MOTORCYCLE,
        StreetClass.CAR,
        StreetClass.BUS,
        StreetClass.TRUCK,
        StreetClass.STALL,
        StreetClass.UNKNOWN,
    )
)
PEOPLE_AND_CARS = frozenset({StreetClass.PERSON, StreetClass.CAR, StreetClass.TRUCK, StreetClass.BUS})


def seen(*rows: tuple[tuple[float, float, float, float], int, float]) -> Labels:
    labels = Labels.of([(box, kind) for box, kind, _ in rows])
    return Labels(labels.boxes, labels.class_ids, np.array([score for *_, score in rows], np.float32))


def test_unmarked_person_is_added_with_its_score() -> None:
    merged = merge(
        Labels.of([((0, 0, 20, 20), CAR)]), seen(((30, 0, 36, 20), PERSON, 0.75)), for_classes=PEOPLE_AND_CARS
    )
    assert merged.class_ids.tolist() == [CAR, PERSON]
    assert merged.scores.tolist() == [1.0, 0.75]


def test_marked_thing_is_not_added_again_under_a_name_that_a_model_mixes_up() -> None:
    merged = merge(Labels.of([((0, 0, 20, 20), CAR)]), seen(((1, 0, 20, 20), TRUCK, 0.9)), for_classes=PEOPLE_AND_CARS)
    assert merged.class_ids.tolist() == [CAR]


def test_part_of_a_marked_bus_is_not_added() -> None:
    merged = merge(Labels.of([((0, 0, 60, 20), BUS)]), seen(((0, 0, 28, 19), BUS, 0.9)), for_classes=PEOPLE_AND_CARS)
    assert merged.class_ids.tolist() == [BUS]


def test_person_before_a_marked_bus_is_added() -> None:
    merged = merge(Labels.of([((0, 0, 60, 20), BUS)]), seen(((4, 4, 9, 20), PERSON, 0.9)), for_classes=PEOPLE_AND_CARS)
    assert merged.class_ids.tolist() == [BUS, PERSON]


def test_only_classes_that_were_asked_for_are_added() -> None:
    merged = merge(Labels.none(), seen(((0, 0, 9, 9), STALL, 0.9)), for_classes=PEOPLE_AND_CARS)
    assert len(merged) == 0


def test_nameless_thing_keeps_its_box_and_takes_the_models_class() -> None:
    marked = Labels.of([((0, 0, 20, 20), UNKNOWN), ((30, 0, 40, 20), UNKNOWN)])
    merged = merge(marked, seen(((1, 1, 20, 20), BUS, 0.6)), for_classes=PEOPLE_AND_CARS)
    assert merged.class_ids.tolist() == [BUS, UNKNOWN]
    assert merged.boxes.tolist() == marked.boxes.tolist()
    assert merged.scores.tolist() == [pytest.approx(0.6), 1.0]


def test_rider_does_not_name_his_vehicle() -> None:
    merged = merge(
        Labels.of([((0, 0, 20, 40), UNKNOWN)]), seen(((1, 0, 19, 38), PERSON, 0.9)), for_classes=PEOPLE_AND_CARS
    )
    assert UNKNOWN in merged.class_ids.tolist()


def test_doubtful_boxes_become_regions_and_what_lies_below_is_nothing() -> None:
    teacher = seen(((0, 0, 9, 9), PERSON, 0.9), ((20, 0, 29, 9), PERSON, 0.3), ((40, 0, 49, 9), PERSON, 0.1))
    found = filled(labelled("a", complete=frozenset()), teacher, FillSettings(frozenset({StreetClass.PERSON})))
    assert found.labels.boxes.tolist() == [[0, 0, 9, 9]]
    assert found.ignored.tolist() == [[20, 0, 29, 9]]
    assert found.complete == {StreetClass.PERSON}


def test_nothing_is_added_to_a_class_that_is_complete_already() -> None:
    picture = labelled("a", complete=frozenset({StreetClass.PERSON}))
    found = filled(picture, seen(((0, 0, 9, 9), PERSON, 0.9), ((20, 0, 29, 9), PERSON, 0.3)), FillSettings())
    assert (len(found.labels), len(found.ignored)) == (0, 0)


def test_scores_that_do_not_rise_are_refused() -> None:
    with pytest.raises(ValueError, match="must rise"):
        FillSettings(sure_score=0.2, doubtful_score=0.5)
