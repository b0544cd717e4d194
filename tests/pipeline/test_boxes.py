"""What is drawn over the live picture: boxes as fractions, and which of them."""

from dataclasses import replace

import numpy as np

from pipeline.boxes import boxes_message
from tests.pipeline.fakes import NOON, event
from vision.observations import ViewState
from vision.scenes import Place, PlaceState, Scene, Tracks

CAR = (10.0, 10.0, 60.0, 40.0)


def scene(places: tuple[Place, ...] = (), boxes: tuple[tuple[float, ...], ...] = ()) -> Scene:
    count = len(boxes)
    tracks = Tracks(
        np.arange(count, dtype=np.int64),
        np.array(boxes, np.float32).reshape(-1, 4),
        np.full(count, 0.5, np.float32),
        np.full(count, 3, np.int64),
        np.ones(count, np.float32),
    )
    return Scene("gate", 1000.0, NOON, (100, 50), 0.0, ViewState.OK, True, tracks, places, ())


def place(state: PlaceState = PlaceState.STANDING) -> Place:
    return Place(7, CAR, 3, 0.9, 900.0, 1000.0, 100.0, state)


def test_boxes_are_fractions_of_the_picture() -> None:
    [row] = boxes_message(scene((place(),)), ()).rows
    assert row.box == (0.1, 0.2, 0.6, 0.8)


def test_track_of_a_standing_thing_is_not_drawn_beside_its_place() -> None:
    rows = boxes_message(scene((place(),), (CAR, (80.0, 10.0, 95.0, 40.0))), ()).rows
    assert [(row.place_id, row.track_id) for row in rows] == [(7, None), (None, 1)]


def test_place_that_has_left_is_not_drawn() -> None:
    assert boxes_message(scene((place(PlaceState.LEFT),)), ()).rows == ()


def test_place_that_was_missed_is_marked_as_hidden() -> None:
    [row] = boxes_message(scene((place(PlaceState.HIDDEN),)), ()).rows
    assert row.is_hidden


def test_offence_marks_the_place_it_stands_on() -> None:
    [row] = boxes_message(scene((place(),)), (event(),)).rows
    assert (row.is_offence, row.place_id) == (True, 7)


def test_offence_on_no_place_is_drawn_by_itself() -> None:
    flyer = replace(event(), kind="flyers", box=(70.0, 5.0, 80.0, 20.0))
    rows = boxes_message(scene((place(),)), (flyer,)).rows
    assert [(row.label, row.is_offence, row.dwell_s) for row in rows[1:]] == [("flyers", True, 100.0)]
