"""Average precision by pycocotools, on pictures whose answer is known by heart."""

import numpy as np
import pytest

from benchmarks.coco_scores import Judged, score
from vision.classes import StreetClass
from vision.detections import Detections

ONE = pytest.approx(1.0)
CAR, BUS, PERSON = StreetClass.CAR, StreetClass.BUS, StreetClass.PERSON
GROUPS = {"vehicle": frozenset({int(CAR), int(BUS)}), "person": frozenset({int(PERSON)})}
ALL = frozenset({int(CAR), int(BUS), int(PERSON)})
LEFT, RIGHT = (100, 100, 200, 180), (300, 100, 400, 180)
TINY = (500, 300, 512, 310)


def picture(
    marked: list[tuple[tuple[float, ...], int]],
    found: list[tuple[tuple[float, ...], float, int]],
    *,
    complete: frozenset[int] = ALL,
    ignored: tuple[tuple[float, ...], ...] = (),
    times: int = 1,
) -> Judged:
    return Judged(
        (640 * times, 480 * times),
        np.array([box for box, _ in marked], np.float32).reshape(-1, 4) * times,
        np.array([kind for _, kind in marked], np.int64),
        complete,
        Detections(
            np.array([box for box, _, _ in found], np.float32).reshape(-1, 4) * times,
            np.array([score for _, score, _ in found], np.float32),
            np.array([kind for _, _, kind in found], np.int64),
        ),
        np.array(ignored, np.float32).reshape(-1, 4) * times,
    )


def test_all_found_at_once_is_one() -> None:
    scores = score([picture([(LEFT, CAR), (RIGHT, PERSON)], [(LEFT, 0.9, CAR), (RIGHT, 0.8, PERSON)])], GROUPS, 0.5)
    for name in GROUPS:
        assert (scores[name].ap50["all"], scores[name].ap50_95, scores[name].f1) == (ONE, ONE, ONE)


def test_classes_of_a_group_count_as_one() -> None:
    scores = score([picture([(LEFT, CAR)], [(LEFT, 0.9, BUS)])], GROUPS, 0.5)
    assert scores["vehicle"].ap50["all"] == ONE


def test_half_found_is_half() -> None:
    scores = score([picture([(LEFT, CAR), (RIGHT, CAR)], [(LEFT, 0.9, CAR)])], GROUPS, 0.5)
    assert scores["vehicle"].ap50["all"] == pytest.approx(51 / 101)
    assert scores["vehicle"].recall["all"] == 0.5
    assert scores["vehicle"].f1 == pytest.approx(2 / 3)


@pytest.mark.parametrize(("complete", "wanted"), [(ALL, 0.5), (frozenset(), 1.0)], ids=["complete", "incomplete"])
def test_unmarked_thing_is_an_error_only_where_all_are_marked(complete: frozenset[int], wanted: float) -> None:
    scores = score([picture([(LEFT, CAR)], [(RIGHT, 0.9, CAR), (LEFT, 0.8, CAR)], complete=complete)], GROUPS, 0.5)
    assert scores["vehicle"].ap50["all"] == pytest.approx(wanted)


def test_detection_in_an_ignored_region_is_no_error() -> None:
    found = [(RIGHT, 0.9, CAR), (LEFT, 0.8, CAR)]
    scores = score([picture([(LEFT, CAR)], found, ignored=((290, 90, 410, 190),))], GROUPS, 0.5)
    assert scores["vehicle"].ap50["all"] == ONE
    assert scores["vehicle"].marked["all"] == 1
    assert scores["vehicle"].f1 == 1.0


@pytest.mark.parametrize("times", [1, 3], ids=["640 pixels", "1920 pixels"])
def test_size_is_that_at_640_pixels(times: int) -> None:
    scores = score([picture([(TINY, CAR), (LEFT, CAR)], [(LEFT, 0.9, CAR)], times=times)], GROUPS, 0.5)
    vehicle = scores["vehicle"]
    assert vehicle.marked == {"all": 2, "small": 1, "seen": 1, "medium": 1, "large": 0}
    assert (vehicle.recall["small"], vehicle.recall["medium"], vehicle.recall["large"]) == (0.0, 1.0, None)
    assert vehicle.ap50["medium"] == ONE


def test_what_was_nowhere_marked_has_no_figure() -> None:
    person = score([picture([(LEFT, CAR)], [(LEFT, 0.9, CAR)])], GROUPS, 0.5)["person"]
    assert (person.ap50["all"], person.ap50_95, person.recall["all"], person.f1) == (None, None, None, None)


def test_below_the_working_threshold_counts_for_average_precision_alone() -> None:
    vehicle = score([picture([(LEFT, CAR)], [(LEFT, 0.3, CAR)])], GROUPS, 0.5)["vehicle"]
    assert (vehicle.ap50["all"], vehicle.recall["all"], vehicle.f1) == (ONE, 0.0, 0.0)


def test_picture_without_anything_costs_nothing() -> None:
    empty = picture([], [])
    whole = picture([(LEFT, CAR)], [(LEFT, 0.9, CAR)])
    assert score([empty, whole, empty], GROUPS, 0.5)["vehicle"].ap50["all"] == ONE


def test_false_detection_on_an_empty_picture_costs() -> None:
    scores = score([picture([], [(LEFT, 0.95, CAR)]), picture([(LEFT, CAR)], [(LEFT, 0.9, CAR)])], GROUPS, 0.5)
    assert scores["vehicle"].ap50["all"] == pytest.approx(0.5)
