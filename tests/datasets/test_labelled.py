"""The common form of labelled pictures: rows stay together, and what cannot be is refused."""

from dataclasses import replace

import numpy as np
import pytest

from datasets.labelled import Labels
from tests.datasets.pictures import labelled, same_labels
from vision.classes import StreetClass

BOXES = np.array([[0, 0, 1, 1], [2, 2, 3, 3]], np.float32)
CLASSES = np.array([0, 3], np.int64)


def test_columns_that_nobody_filled_are_those_of_a_person_who_followed_nothing() -> None:
    labels = Labels(BOXES, CLASSES)
    assert (labels.scores.tolist(), labels.object_ids.tolist(), labels.visible_ratios.tolist()) == (
        [1, 1],
        [0, 0],
        [1, 1],
    )


def test_rows_are_taken_together() -> None:
    labels = Labels(BOXES, CLASSES, np.array([0.5, 0.75], np.float32), np.array([7, 8], np.int64))
    found = labels.of_classes(frozenset({StreetClass.CAR}))
    assert (found.boxes.tolist(), found.scores.tolist(), found.object_ids.tolist()) == ([[2, 2, 3, 3]], [0.75], [8])
    assert same_labels(labels[labels.class_ids == 0].joined(found), labels)


def test_columns_of_different_length_are_refused() -> None:
    with pytest.raises(ValueError, match="rows differ"):
        Labels(BOXES, CLASSES[:1])


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"name": "../a"}, "cannot be the name"),
        ({"name": ""}, "cannot be the name"),
        ({"size_wh": (0, 9)}, "has no pixels"),
        ({"ignored": np.zeros(4, np.float32)}, "ignored"),
    ],
)
def test_picture_that_cannot_be_is_refused(fields: dict[str, object], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        replace(labelled("a"), **fields)  # type: ignore[arg-type]
