"""Average precision is that of pycocotools, whatever is marked and found."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.coco_scores import Judged, score
from datasets.judging import average_precision, mean_ap50
from datasets.labelled import NO_CLASS, TRAINED_CLASSES, LabelledPicture, Labels, Origin
from vision.classes import StreetClass
from vision.detections import Detections

CAR, PERSON = StreetClass.CAR, StreetClass.PERSON
EVERY = frozenset(TRAINED_CLASSES)


def picture(
    rows: list[tuple[tuple[float, float, float, float], int]],
    ignored: list[list[float]],
    complete: frozenset[StreetClass],
) -> LabelledPicture:
    regions = np.array(ignored, np.float32).reshape(-1, 4)
    return LabelledPicture("one", Path("one.jpg"), (640, 640), "gate", Labels.of(rows), complete, Origin("s"), regions)


def marked(*boxes: tuple[float, float, float, float]) -> LabelledPicture:
    return picture([(box, CAR) for box in boxes], [], EVERY)


def found(*rows: tuple[tuple[float, float, float, float], float]) -> Detections:
    return Detections.of([(box, score, CAR) for box, score in rows])


BOX, OTHER = (0.0, 0.0, 100.0, 100.0), (200.0, 200.0, 300.0, 300.0)


def test_everything_found_and_nothing_else_is_one() -> None:
    assert average_precision([(marked(BOX, OTHER), found((BOX, 0.9), (OTHER, 0.8)))], CAR) == 1.0


def test_a_wrong_box_above_the_right_one_halves_the_precision() -> None:
    assert average_precision([(marked(BOX), found((OTHER, 0.9), (BOX, 0.8)))], CAR) == 0.5


def test_second_box_on_the_same_thing_is_wrong() -> None:
    doubled = found((BOX, 0.9), (BOX, 0.8), (OTHER, 0.7))
    assert average_precision([(marked(BOX, OTHER), doubled)], CAR) == pytest.approx((51 + 50 * 2 / 3) / 101)


def test_class_that_is_not_marked_has_no_figure_and_is_left_out_of_the_mean() -> None:
    looked = [(marked(BOX), found((BOX, 0.9)))]
    assert average_precision(looked, PERSON) is None
    assert mean_ap50(looked) == 1.0


def test_nothing_found_is_nought() -> None:
    assert average_precision([(marked(BOX), Detections.empty())], CAR) == 0.0


def test_pictures_without_a_mark_cannot_judge() -> None:
    with pytest.raises(ValueError, match="nothing is marked"):
        mean_ap50([(marked(), Detections.empty())])


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from([EVERY, frozenset({PERSON}), NO_CLASS]))
def test_figures_are_those_of_pycocotools(seed: int, complete: frozenset[StreetClass]) -> None:
    rng = np.random.default_rng(seed)
    looked = [_random(rng, complete) for _ in range(4)]
    judged = [
        Judged(
            one.size_wh, one.labels.boxes, one.labels.class_ids, frozenset(map(int, one.complete)), seen, one.ignored
        )
        for one, seen in looked
    ]
    groups = {"car": frozenset({int(CAR)}), "person": frozenset({int(PERSON)})}
    wanted = score(judged, groups, 0.5)
    for kind in (CAR, PERSON):
        assert average_precision(looked, kind) == pytest.approx(wanted[kind.label].ap50["all"], abs=1e-6)


def _random(rng: np.random.Generator, complete: frozenset[StreetClass]) -> tuple[LabelledPicture, Detections]:
    """Return a picture with some things, and boxes near some of them and elsewhere."""
    corners = rng.uniform(0, 500, (6, 2))
    boxes = np.column_stack([corners, corners + rng.uniform(20, 120, (6, 2))]).astype(np.float32)
    kinds = rng.choice([int(CAR), int(PERSON)], 6)
    near = np.repeat(boxes, 2, axis=0) + rng.normal(0, 8, (12, 4)).astype(np.float32)
    near[:, 2:] = np.maximum(near[:, 2:], near[:, :2] + 1)  # pycocotools ignores a box of less than no area
    scores = rng.uniform(0.02, 1, 12).astype(np.float32)
    seen = Detections(near, scores, np.repeat(kinds, 2))
    labels = Labels(boxes[:4], kinds[:4])
    one = LabelledPicture("one", Path("one.jpg"), (640, 640), "gate", labels, complete, Origin("s"), boxes[5:])
    return one, seen
