"""Small things are counted once, by size and kind; ratios compare the same round; tiles cover the picture."""

from datetime import UTC, datetime
from types import MappingProxyType

import numpy as np
import pytest

from benchmarks.small_things_data import Marked, SmallSet, groups_of, spread_over
from benchmarks.small_things_figures import Count, Result, Timing, cost_ratios, goals, summary
from benchmarks.small_things_looks import WAYS, in_turn, tiles_of
from vision.classes import StreetClass
from vision.closer_look import Pane, Sheet
from vision.detections import Detections
from vision.frames import Frame, Planes

HD = (1280, 720)
CAR, PERSON, TRUCK, STALL = (int(StreetClass[name]) for name in ("CAR", "PERSON", "TRUCK", "STALL"))
SMALL, LARGE, TINY = (100.0, 100.0, 130.0, 130.0), (300.0, 300.0, 400.0, 400.0), (10.0, 10.0, 18.0, 18.0)


def things(*rows: tuple[tuple[float, float, float, float], int]) -> Detections:
    return Detections.of([(box, 0.8, class_id) for box, class_id in rows])


def picture() -> Marked:
    planes = Planes.from_bgr(np.zeros((72, 128, 3), np.uint8))
    return Marked("one", Frame("one", 0, 0.0, datetime(2026, 1, 1, tzinfo=UTC), 0.0, planes), None, None)


def some(*, is_half: bool = False, is_complete: bool = True, pictures: int = 1) -> SmallSet:
    return SmallSet("some", (picture(),) * pictures, (), 1.0, is_half, is_complete, "made by hand")


def counted(found: Detections, marks: Detections, data: SmallSet) -> tuple[int, int, int]:
    count = Count()
    count.add(found, marks, HD, data)
    return count.marked, count.found, count.false


def test_only_small_things_count_and_neither_do_those_too_small_to_be_marked() -> None:
    marks = things((SMALL, CAR), (LARGE, CAR), (TINY, CAR))
    assert counted(marks, marks, some()) == (1, 1, 0)


def test_kinds_of_vehicles_are_one_and_people_are_another() -> None:
    assert counted(things((SMALL, TRUCK)), things((SMALL, CAR)), some()) == (1, 1, 0)
    assert counted(things((SMALL, PERSON)), things((SMALL, CAR)), some()) == (1, 0, 1)


def test_one_box_finds_one_thing_and_what_finds_none_is_false() -> None:
    doubled = things((SMALL, CAR), ((101.0, 100.0, 131.0, 130.0), CAR))
    assert counted(doubled, things((SMALL, CAR)), some()) == (1, 1, 1)
    assert counted(things((SMALL, CAR)), things((SMALL, CAR), ((101.0, 100.0, 131.0, 130.0), CAR)), some())[:2] == (
        2,
        1,
    )


def test_nothing_is_false_where_not_everything_is_marked() -> None:
    assert counted(things((SMALL, CAR)), things(), some(is_complete=False)) == (0, 0, 0)


def test_at_half_scale_a_thing_may_be_twice_as_large() -> None:
    twice = things(((100.0, 100.0, 180.0, 180.0), CAR))
    assert counted(twice, twice, some())[0] == 0
    assert counted(twice, twice, some(is_half=True))[0] == 1


def test_vehicle_of_an_unknown_kind_is_a_vehicle_and_a_stall_is_not_judged() -> None:
    ids = np.array([CAR, int(StreetClass.UNKNOWN), PERSON, STALL])
    assert groups_of(ids).tolist() == [0, 0, 1, -1]


@pytest.mark.parametrize(("closer", "is_met"), [(40, True), (38, False)])
def test_goal_of_recall_is_judged_by_the_ratio(closer: int, is_met: bool) -> None:
    counts = {way: Count(60, closer if way == "closer" else 30) for way in WAYS}
    [goal] = goals([Result("m", some(), MappingProxyType(counts), [1])], [])
    assert (goal.met, goal.value) == (is_met, pytest.approx(closer / 30, abs=1e-4))


def test_set_with_few_small_things_tells_no_ratio() -> None:
    counts = {way: Count(20, 10) for way in WAYS}
    assert goals([Result("m", some(), MappingProxyType(counts), [1])], []) == []


def test_costs_are_compared_round_by_round_and_judged_by_their_middle() -> None:
    timings = [Timing("m", n, way, ms * (n + 1), 0.0) for n in range(3) for way, ms in (("closer", 50), ("fine", 100))]  # type: ignore[arg-type]
    timings += [Timing("m", n, "whole", 25.0 * (n + 1), 0.0) for n in range(3)]
    assert cost_ratios(timings, "m", "closer", "fine") == [0.5, 0.5, 0.5]
    [goal] = goals([], timings)
    assert (goal.met, goal.value) == (True, 0.5)
    assert summary([], timings)["times"]["m"]["closer_to_whole"]["median"] == 2  # type: ignore[index, call-overload]


def test_tiles_cover_the_picture_pixel_for_pixel() -> None:
    covered = np.zeros((720, 1280), bool)
    tiles = tiles_of(HD, (640, 640))
    for sheet in tiles:
        x1, y1, x2, y2 = sheet.panes[0].region
        assert (x2 - x1, y2 - y1) == (640, 640)
        covered[y1:y2, x1:x2] = True
    assert (len(tiles), covered.all()) == (4, True)


def test_sheets_take_turns_and_a_round_shows_all() -> None:
    one, two = (Sheet(8, (Pane((0, 0, 8, 8), (0, 0)),), frozenset({n})) for n in range(2))
    assert [list(in_turn("closer", (one, two), turn)) for turn in range(3)] == [[one], [two], [one]]
    assert list(in_turn("round", (one, two), 1)) == [one, two]
    assert list(in_turn("whole", (one, two), 1)) == list(in_turn("closer", (), 1)) == []


def test_few_pictures_are_spread_over_a_set() -> None:
    pictures = [picture() for _ in range(9)]
    assert spread_over(pictures, 3) == [pictures[0], pictures[4], pictures[8]]
    assert len(spread_over(pictures, 20)) == 9
