"""Tiles, shrunk pictures and mosaics: boxes move with their pixels, and what is lost on the way is grey."""

import cv2
import numpy as np
import pytest

from datasets.labelled import Labels, Origin
from datasets.reframing import CLOSE_FILL, Shown, closeup_windows, cut, greyed, mosaic, resized, tile_windows
from tests.datasets.pictures import labelled
from vision.arrays import Picture
from vision.classes import StreetClass

CAR = int(StreetClass.CAR)
RED = (0, 0, 255)


def shown(name: str = "a", box: tuple[int, int, int, int] = (40, 20, 60, 30), **fields: object) -> Shown:
    """Return a black picture of 200x100 with one red thing in its box."""
    bgr: Picture = np.zeros((100, 200, 3), np.uint8)
    x1, y1, x2, y2 = box
    bgr[y1:y2, x1:x2] = RED
    return Shown(bgr, labelled(name, [(box, CAR)], size_wh=(200, 100), **fields))


def red_box(bgr: Picture) -> list[int]:
    rows, columns = np.nonzero(cv2.inRange(bgr, (0, 0, 120), (90, 90, 255)))
    return [int(columns.min()), int(rows.min()), int(columns.max()) + 1, int(rows.max()) + 1]


def test_tile_holds_its_thing_where_its_pixels_are() -> None:
    tile = cut(shown(), (30, 10, 130, 60), "t")
    assert tile.picture.labels.boxes.tolist() == [[10, 10, 30, 20]] == [red_box(tile.bgr)]
    assert (tile.picture.name, tile.picture.size_wh) == ("t", (100, 50))


def test_rest_of_a_thing_at_the_edge_of_a_tile_is_a_region() -> None:
    tile = cut(shown(), (55, 10, 155, 60), "t")
    assert len(tile.picture.labels) == 0
    assert tile.picture.ignored.tolist() == [[0, 10, 5, 20]]


def test_thing_that_is_mostly_in_a_tile_stays() -> None:
    assert cut(shown(), (50, 10, 150, 60), "t").picture.labels.boxes.tolist() == [[0, 10, 10, 20]]


def test_window_outside_the_picture_is_refused() -> None:
    with pytest.raises(ValueError, match="does not lie in a picture of 200x100"):
        cut(shown(), (150, 0, 250, 50), "t")


def test_tiles_cover_the_whole_picture_with_overlap() -> None:
    covered = np.zeros((1080, 1920), int)
    windows = tile_windows((1920, 1080), (1280, 720))
    for x1, y1, x2, y2 in windows:
        covered[y1:y2, x1:x2] += 1
        assert (x2 - x1, y2 - y1) == (1280, 720)
    assert covered.min() >= 1
    assert len(windows) == 4
    assert tile_windows((640, 360), (1280, 720)) == [(0, 0, 640, 360)]


def test_close_view_holds_a_person_as_large_as_close_views_show_them() -> None:
    person, small, large = (300, 100, 340, 200), (20, 20, 40, 60), (500, 10, 700, 380)
    rows = [(box, int(StreetClass.PERSON)) for box in (person, small, large)]
    street = labelled("a", [*rows, ((100, 100, 200, 200), CAR)], size_wh=(800, 400))
    for seed in range(20):
        ((x1, y1, x2, y2),) = closeup_windows(street, np.random.default_rng(seed), most=3)
        assert 0 <= x1 <= person[0] < person[2] <= x2 <= 800
        assert 0 <= y1 <= person[1] < person[3] <= y2 <= 400
        assert CLOSE_FILL[0] - 0.01 <= 100 / (y2 - y1) <= CLOSE_FILL[1] + 0.02
    assert closeup_windows(street, np.random.default_rng(0), most=0) == []


def test_shrunk_thing_stays_on_its_pixels_until_it_is_a_speck() -> None:
    half = resized(shown(box=(40, 20, 80, 60)), (100, 50))
    assert half.picture.labels.boxes.tolist() == [[20, 10, 40, 30]] == [red_box(half.bgr)]
    speck = resized(shown(), (50, 25))
    assert len(speck.picture.labels) == 0
    assert speck.picture.ignored.tolist() == [[10, 5, 15, 7.5]]


def test_mosaic_puts_every_thing_into_its_cell() -> None:
    one = shown("a", (40, 20, 120, 80), complete=frozenset({StreetClass.CAR, StreetClass.BUS}))
    other = shown("b", (0, 0, 100, 100), complete=frozenset({StreetClass.CAR}), origin=Origin("other", "CC0"))
    found = mosaic([one, other], (200, 200), 2, "m")
    assert found.picture.labels.boxes.tolist() == [[20, 35, 60, 65], [100, 25, 150, 75]]
    assert red_box(found.bgr[:, :100]) == [20, 35, 60, 65]
    assert found.picture.complete == {StreetClass.CAR}
    assert (found.picture.origin.set_name, found.picture.origin.licence) == ("made+other", "CC0")
    assert found.bgr[150, 100].tolist() == [114, 114, 114]


def test_mosaic_needs_pictures_and_room() -> None:
    with pytest.raises(ValueError, match="0 pictures do not fit"):
        mosaic([], (200, 200), 2, "m")
    with pytest.raises(ValueError, match="5 pictures do not fit into 2 x 2"):
        mosaic([shown()] * 5, (200, 200), 2, "m")


def test_region_is_grey_but_for_what_is_marked_in_it() -> None:
    bgr = np.full((40, 40, 3), 7, np.uint8)
    out = greyed(bgr, np.array([[10, 10, 30, 50]], np.float32), np.array([[20, 20, 25, 25]], np.float32))
    assert out[15, 15].tolist() == out[39, 29].tolist() == [114, 114, 114]
    assert out[22, 22].tolist() == out[5, 5].tolist() == [7, 7, 7]
    assert (bgr == 7).all()


def test_pixels_and_size_must_agree() -> None:
    with pytest.raises(ValueError, match="is not"):
        Shown(np.zeros((10, 10, 3), np.uint8), labelled("a", labels=Labels.none()))
