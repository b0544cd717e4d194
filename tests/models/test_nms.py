"""Overlapping boxes of one object become one."""

from collections.abc import Sequence

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from models.nms import MAX_CANDIDATES, kept_by_nms
from vision.arrays import Boxes
from vision.boxes import iou_matrix

NEAR = [[0, 0, 100, 100], [4, 0, 104, 100]]


def kept(
    boxes: Sequence[Sequence[float]],
    scores: list[float],
    classes: list[int] | None = None,
    *,
    class_agnostic: bool = False,
) -> list[int]:
    return kept_by_nms(
        np.array(boxes, np.float32).reshape(-1, 4),
        np.array(scores, np.float32),
        np.array(classes or [0] * len(scores), np.int64),
        max_iou=0.5,
        class_agnostic=class_agnostic,
    ).tolist()


def test_of_two_boxes_on_one_object_the_better_scored_stays() -> None:
    assert kept(NEAR, [0.6, 0.9]) == [1]


def test_boxes_apart_both_stay_best_first() -> None:
    assert kept([[0, 0, 10, 10], [50, 0, 60, 10]], [0.6, 0.9]) == [1, 0]


def test_another_class_at_the_same_spot_stays() -> None:
    assert kept(NEAR, [0.6, 0.9], [0, 1]) == [1, 0]


def test_another_class_at_the_same_spot_goes_when_classes_do_not_count() -> None:
    assert kept(NEAR, [0.6, 0.9], [0, 1], class_agnostic=True) == [1]


def test_a_box_that_was_pushed_out_pushes_none_out_itself() -> None:
    chain = [[0, 0, 100, 10], [30, 0, 130, 10], [60, 0, 160, 10]]
    assert kept(chain, [0.9, 0.8, 0.7]) == [0, 2]


def test_of_equal_scores_the_earlier_row_stays() -> None:
    assert kept(NEAR, [0.5, 0.5]) == [0]


def test_nothing_in_nothing_out() -> None:
    assert kept([], []) == []


def test_more_boxes_than_are_compared_leave_the_best() -> None:
    count = MAX_CANDIDATES + 5
    boxes = [[20.0 * i, 0, 20.0 * i + 10, 10] for i in range(count)]
    scores = [1 - i / count for i in range(count)]
    assert kept(boxes, scores) == list(range(MAX_CANDIDATES))


def _boxes(corners: list[tuple[int, int, int, int]]) -> Boxes:
    return np.array([(x, y, x + w, y + h) for x, y, w, h in corners], np.float32).reshape(-1, 4)


@given(
    st.lists(
        st.tuples(st.integers(0, 50), st.integers(0, 50), st.integers(1, 40), st.integers(1, 40)),
        min_size=1,
        max_size=30,
    ),
    st.randoms(use_true_random=False),
)
def test_what_stays_overlaps_little_and_what_goes_overlaps_something_better(corners, random) -> None:  # type: ignore[no-untyped-def]
    boxes = _boxes(corners)
    scores = np.array([random.random() for _ in corners], np.float32)
    stays = kept_by_nms(boxes, scores, np.zeros(len(boxes), np.int64), max_iou=0.5, class_agnostic=True)
    overlaps = iou_matrix(boxes, boxes)
    among = overlaps[np.ix_(stays, stays)] - np.eye(len(stays))
    assert (among <= 0.5).all()
    for gone in set(range(len(boxes))) - set(stays.tolist()):
        assert any(overlaps[gone, row] > 0.5 and scores[row] >= scores[gone] for row in stays)
