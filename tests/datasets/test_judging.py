"""Which detections are judged: what a set leaves unmarked is no mistake of a model's."""

import numpy as np

from datasets.judging import judged
from models.evaluation import score_classes
from tests.datasets.pictures import labelled
from vision.classes import StreetClass
from vision.detections import Detections

PERSON, CAR, UNKNOWN = int(StreetClass.PERSON), int(StreetClass.CAR), int(StreetClass.UNKNOWN)
CAR_BOX = (0.0, 0.0, 20.0, 20.0)
FOUND = Detections.of(
    [(CAR_BOX, 0.9, CAR), ((40, 0, 60, 20), 0.8, CAR), ((40, 0, 60, 20), 0.7, PERSON), ((0, 30, 9, 48), 0.6, PERSON)]
)


def test_detection_of_a_class_that_is_not_complete_counts_only_where_it_is_right() -> None:
    picture = labelled("a", [(CAR_BOX, CAR)], complete=frozenset())
    counted, marked = judged(FOUND, picture)
    assert counted.scores.tolist() == [np.float32(0.9)]
    (score,) = score_classes([(counted, marked)])
    assert (score.recall, score.precision) == (1.0, 1.0)


def test_detection_of_a_complete_class_counts_also_where_it_is_wrong() -> None:
    counted, _ = judged(FOUND, labelled("a", [(CAR_BOX, CAR)], complete=frozenset({StreetClass.CAR})))
    assert counted.class_ids.tolist() == [CAR, CAR]


def test_detection_in_a_dead_region_or_on_a_nameless_thing_does_not_count() -> None:
    ignored = np.array([[38, 0, 64, 20]], np.float32)
    picture = labelled("a", [(CAR_BOX, CAR), ((0, 28, 10, 48), UNKNOWN)], ignored=ignored)
    counted, marked = judged(FOUND, picture)
    assert counted.class_ids.tolist() == [CAR]
    assert marked.class_ids.tolist() == [CAR]


def test_frame_without_anything_is_judged() -> None:
    counted, marked = judged(Detections.empty(), labelled("a"))
    assert (len(counted), len(marked.boxes)) == (0, 0)
    counted, _ = judged(FOUND, labelled("a"))
    assert len(counted) == 4
