"""Which parts of a picture are hidden, and that nothing is left of them."""

from collections.abc import Sequence

import numpy as np
import pytest

from cases.bystander_finder import COARSE_TILES, FINE_TILES, Tile, tiles_of
from cases.bystanders import head_regions, regions_to_hide
from cases.evidence_errors import BlurError
from cases.mosaic import MOVING_CELLS, STILL_CELLS, hide
from tests.cases.blurring import BrokenLooker, FakeLooker, Rows, detail, finder, noise
from vision.boxes import covered_ratio
from vision.classes import StreetClass
from vision.detections import Detections
from vision.frames import Frame

SIZE = (1280, 720)


def covers(regions: np.ndarray, part: tuple[float, float, float, float]) -> bool:
    return len(regions) > 0 and bool(covered_ratio(np.array([part], np.float32), regions).max() > 0.99)


def test_head_of_who_stands_is_hidden_and_the_legs_are_not() -> None:
    regions = regions_to_hide(Detections.of([((100, 100, 160, 280), 0.5, StreetClass.PERSON)]), SIZE).all

    assert covers(regions, (100, 95, 160, 145))
    assert not covers(regions, (100, 200, 160, 280))


def test_of_who_sits_or_is_cut_by_the_border_more_is_hidden() -> None:
    (upright, seated) = head_regions(np.array([[0, 0, 50, 100], [0, 0, 90, 100]], np.float32))

    assert seated[3] > upright[3]


@pytest.mark.parametrize("kind", [StreetClass.CAR, StreetClass.BUS, StreetClass.TRUCK, StreetClass.MOTORCYCLE])
def test_plate_of_a_vehicle_is_hidden(kind: StreetClass) -> None:
    regions = regions_to_hide(Detections.of([((100, 100, 300, 200), 0.5, kind)]), SIZE).all

    assert covers(regions, (150, 150, 250, 195))


def test_plate_of_the_offender_stays_and_those_of_others_go() -> None:
    offender, other = (100, 100, 300, 200), (600, 100, 800, 200)
    found = Detections.of([(offender, 0.9, StreetClass.CAR), (other, 0.9, StreetClass.CAR)])

    regions = regions_to_hide(found, SIZE, (110, 95, 305, 205)).all

    assert not covers(regions, (150, 150, 250, 195))
    assert covers(regions, (650, 150, 750, 195))


def test_offender_that_two_boxes_show_is_spared_whole() -> None:
    found = Detections.of([((100, 100, 300, 200), 0.9, StreetClass.CAR), ((102, 98, 301, 203), 0.4, StreetClass.TRUCK)])

    assert len(regions_to_hide(found, SIZE, (100, 100, 300, 200)).all) == 0


def test_driver_of_the_spared_vehicle_is_hidden_all_the_same() -> None:
    found = Detections.of(
        [((100, 100, 300, 200), 0.9, StreetClass.CAR), ((150, 110, 200, 160), 0.3, StreetClass.PERSON)]
    )

    assert covers(regions_to_hide(found, SIZE, (100, 100, 300, 200)).all, (150, 110, 200, 135))


def test_vehicle_elsewhere_is_not_taken_for_the_offender() -> None:
    found = Detections.of([((600, 100, 800, 200), 0.9, StreetClass.CAR)])

    assert covers(regions_to_hide(found, SIZE, (100, 100, 300, 200)).all, (650, 150, 750, 195))


def test_what_names_nobody_stays_to_be_seen() -> None:
    things = [((10, 10, 200, 200), 0.9, kind) for kind in (StreetClass.STALL, StreetClass.GOODS, StreetClass.BICYCLE)]

    assert len(regions_to_hide(Detections.of(things), SIZE).all) == 0


@pytest.mark.parametrize("cells", [STILL_CELLS, MOVING_CELLS])
def test_nothing_is_left_within_a_cell_and_all_outside_the_region(cells: int) -> None:
    bgr = noise()

    hidden = hide(bgr, np.array([[120, 60, 240, 180]], np.float32), cells=cells)

    side = 120 // cells
    for row in range(cells):
        for column in range(cells):
            cell = hidden[60 + row * side : 60 + (row + 1) * side, 120 + column * side : 120 + (column + 1) * side]
            assert cell.reshape(-1, 3).var(axis=0).max() == 0
    outside = np.ones(bgr.shape[:2], bool)
    outside[60:180, 120:240] = False
    assert (hidden[outside] == bgr[outside]).all()
    assert detail(bgr[60:180, 120:240]) > 50 * detail(hidden[60:180, 120:240])


def test_original_is_not_touched_and_regions_beyond_the_border_are_cut() -> None:
    bgr = noise()
    before = bgr.copy()

    hidden = hide(bgr, np.array([[-50, -50, 40, 30], [470, 310, 900, 900], [5000, 0, 6000, 10]], np.float32))

    assert (bgr == before).all()
    assert detail(hidden[:30, :40]) < 10
    assert detail(hidden[310:, 470:]) < 30


def test_large_picture_is_looked_at_in_tiles_that_overlap_and_cover_it() -> None:
    for inputs, most_wh in ((1.25, (640, 360)), (0.8, (410, 231))):
        tiles = list(tiles_of((1920, 1080), (512, 288), (inputs,)))

        assert tiles[0] == (0, 0, 1920, 1080)
        seen = np.zeros((1080, 1920), int)
        for x1, y1, x2, y2 in tiles[1:]:
            assert (x2 - x1, y2 - y1) <= most_wh
            seen[y1:y2, x1:x2] += 1
        assert seen.min() == 1
    assert len(list(tiles_of((512, 288), (512, 288), (1.25,)))) == 1
    assert len(list(tiles_of((1920, 1080), (512, 288), FINE_TILES))) > 2 * len(tiles_of_clip())


def tiles_of_clip() -> list[Tile]:
    return list(tiles_of((1920, 1080), (512, 288), COARSE_TILES))


def test_vehicle_that_fills_a_tile_counts_only_in_the_whole_picture_and_a_person_everywhere() -> None:
    class SeesTwoEverywhere(FakeLooker):
        input_wh = (480, 320)

        def detect(self, frames: Sequence[Frame]) -> list[Detections]:
            size_wh = frames[0].size_wh
            box = (0.0, 0.0, 0.9 * size_wh[0], 0.9 * size_wh[1])
            rows: Rows = [(box, 0.9, StreetClass.CAR), (box, 0.9, StreetClass.PERSON)]
            return [Detections.of(rows) for _ in frames]

    found = finder(looker=SeesTwoEverywhere([])).found(noise((960, 640)), COARSE_TILES)

    cars = found.boxes[found.class_ids == StreetClass.CAR]
    people = found.boxes[found.class_ids == StreetClass.PERSON]
    assert cars.tolist() == [[0, 0, 864, 576]]
    assert len(people) == 5
    assert people[-1].min() > 200


def test_small_head_is_hidden_some_pixels_further_than_its_box() -> None:
    (far,) = head_regions(np.array([[100, 100, 112, 130]], np.float32))

    assert far[0] <= 100 - 3 - 2
    assert far[3] >= 100 + 0.32 * 30 + 3


def test_scores_count_from_the_threshold_of_their_kind() -> None:
    rows = [((0, 0, 40, 100), 0.15, StreetClass.PERSON), ((100, 0, 200, 100), 0.15, StreetClass.CAR)]

    found = finder(rows).found(noise())

    assert found.class_ids.tolist() == [StreetClass.PERSON]


def test_model_that_fails_hides_nothing_by_saying_nothing() -> None:
    with pytest.raises(BlurError, match=r"no copy is made: the engine is gone"):
        finder(looker=BrokenLooker([])).regions(noise())
