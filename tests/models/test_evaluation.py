"""Average precision and recall, against curves worked out by hand."""

import numpy as np
import pytest

from models.evaluation import Marked, mean_average_precision, score_as_one, score_classes
from vision.classes import VEHICLES, StreetClass
from vision.detections import Detections

CAR, TRUCK, PERSON = StreetClass.CAR, StreetClass.TRUCK, StreetClass.PERSON
HERE, THERE = (0.0, 0.0, 10.0, 10.0), (50.0, 0.0, 60.0, 10.0)
NOWHERE = (200.0, 0.0, 210.0, 10.0)


def marked(*rows: tuple[tuple[float, float, float, float], int]) -> Marked:
    boxes = np.array([box for box, _ in rows], np.float32).reshape(-1, 4)
    return Marked(boxes, np.array([kind for _, kind in rows], np.int64))


def test_everything_found_and_nothing_else_is_one() -> None:
    score = score_classes([(Detections.of([(HERE, 0.9, CAR)]), marked((HERE, CAR)))])[0]
    assert (score.average_precision, score.recall, score.precision) == (1.0, 1.0, 1.0)


def test_a_worse_scored_false_box_costs_precision_but_no_average_precision() -> None:
    found = Detections.of([(HERE, 0.9, CAR), (NOWHERE, 0.5, CAR)])
    score = score_classes([(found, marked((HERE, CAR)))])[0]
    assert (score.average_precision, score.precision) == (1.0, 0.5)


def test_a_better_scored_false_box_halves_the_curve() -> None:
    found = Detections.of([(HERE, 0.5, CAR), (NOWHERE, 0.9, CAR)])
    assert score_classes([(found, marked((HERE, CAR)))])[0].average_precision == pytest.approx(0.5)


def test_curve_of_two_found_with_a_false_one_between() -> None:
    found = Detections.of([(HERE, 0.9, CAR), (NOWHERE, 0.8, CAR), (THERE, 0.7, CAR)])
    score = score_classes([(found, marked((HERE, CAR), (THERE, CAR)))])[0]
    assert score.average_precision == pytest.approx((1 + 2 / 3) / 2)


def test_second_box_on_the_same_thing_is_false() -> None:
    found = Detections.of([(HERE, 0.9, CAR), (HERE, 0.8, CAR)])
    score = score_classes([(found, marked((HERE, CAR)))])[0]
    assert (score.found, score.false) == (1, 1)


def test_scores_of_several_frames_are_ranked_together() -> None:
    first = (Detections.of([(NOWHERE, 0.9, CAR)]), marked())
    second = (Detections.of([(HERE, 0.5, CAR)]), marked((HERE, CAR)))
    assert score_classes([first, second])[0].average_precision == pytest.approx(0.5)


def test_right_place_of_another_class_is_not_found() -> None:
    scores = score_classes([(Detections.of([(HERE, 0.9, TRUCK)]), marked((HERE, CAR)))])
    assert [(one.class_id, one.recall) for one in scores] == [(CAR, 0.0)]


def test_right_place_of_another_vehicle_is_found_where_vehicles_are_one() -> None:
    pair = (Detections.of([(HERE, 0.9, TRUCK), (THERE, 0.9, PERSON)]), marked((HERE, CAR)))
    score = score_as_one([pair], VEHICLES)
    assert (score.recall, score.false) == (1.0, 0)


def test_nothing_marked_and_nothing_found_gives_no_scores() -> None:
    assert score_classes([(Detections.empty(), marked())]) == ()
    assert mean_average_precision(()) == 0.0


def test_mean_is_over_classes_that_were_marked() -> None:
    found = Detections.of([(HERE, 0.9, CAR)])
    scores = score_classes([(found, marked((HERE, CAR), (THERE, PERSON)))])
    assert mean_average_precision(scores) == pytest.approx(0.5)
