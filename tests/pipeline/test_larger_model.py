"""What a larger model makes of a new case, at full resolution."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from cases.examining import Verdict
from detectors.events import Reason
from models.errors import InferenceError
from pipeline.examiners import ExaminerError, OpeningPicture, Subject
from pipeline.larger_model import LargerModel
from tests.pipeline.drawn_street import BLUE, RED, ColourLooker, street
from tests.pipeline.fakes import NOON, event, new_case
from vision.arrays import Picture
from vision.classes import VEHICLES, StreetClass
from vision.closer_look import Look
from vision.detections import Detections

KNOWS = frozenset(map(int, VEHICLES))


class Fails:
    def detect(self, frames: Sequence[Look]) -> list[Detections]:
        raise InferenceError("the run failed")


def subject(*pictures: Picture, label: str = "car") -> Subject:
    class Opened:
        number, class_label = "SW202611210001", label

    shown = tuple(OpeningPicture(bgr, RED, NOON) for bgr in pictures)
    return Subject(Opened(), event(), shown)  # type: ignore[arg-type]


def test_thing_that_is_there_confirms_a_case_with_its_score() -> None:
    said = LargerModel(ColourLooker(), "large", KNOWS).examine(subject(street()))
    assert (said.verdict, said.score, said.asked) == (Verdict.CONFIRMS, pytest.approx(0.9), "large")


def test_place_at_which_nothing_of_the_kind_stands_is_doubted() -> None:
    said = LargerModel(ColourLooker(), "large", KNOWS).examine(subject(street(red=None)))
    assert (said.verdict, said.reason, said.score) == (Verdict.DOUBTS, "not_found", None)


def test_thing_beside_the_place_confirms_nothing() -> None:
    assert BLUE[0] - RED[2] > 100
    said = LargerModel(ColourLooker(), "large", KNOWS).examine(subject(street(red=None, blue=-60)))
    assert said.verdict is Verdict.DOUBTS


def test_one_picture_that_shows_it_is_enough() -> None:
    said = LargerModel(ColourLooker(), "large", KNOWS).examine(subject(street(red=None), street()))
    assert said.verdict is Verdict.CONFIRMS


def test_class_that_the_model_does_not_know_is_neither_confirmed_nor_doubted() -> None:
    said = LargerModel(ColourLooker(), "large", KNOWS).examine(subject(street(), label="stall"))
    assert (said.verdict, said.reason) == (Verdict.UNSURE, "class_unknown")


@pytest.mark.parametrize(("things", "verdict"), [(1, Verdict.DOUBTS), (5, Verdict.CONFIRMS)])
def test_one_of_several_things_confirms_the_box_around_them_all(things: int, verdict: Verdict) -> None:
    one = subject(street())
    around = replace(one.pictures[0], box=(RED[0] - 5, RED[1] - 80, RED[2] + 200, RED[3] + 5))
    told = replace(event(), reasons=(Reason("things", things, ""),))
    said = LargerModel(ColourLooker(), "large", KNOWS).examine(replace(one, event=told, pictures=(around,)))
    assert said.verdict is verdict


def test_model_that_fails_says_nothing() -> None:
    with pytest.raises(ExaminerError, match="the run failed"):
        LargerModel(Fails(), "large", KNOWS).examine(subject(street()))


def test_flyers_are_not_judged() -> None:
    examiner = LargerModel(ColourLooker(), "large", KNOWS)
    assert [examiner.examines(kind) for kind in ("parking", "vending", "flyers")] == [True, True, False]


def test_picture_is_looked_at_as_it_was_taken() -> None:
    seen: list[Look] = []

    class Notes(ColourLooker):
        def detect(self, frames: Sequence[Look]) -> list[Detections]:
            seen.extend(frames)
            return super().detect(frames)

    large = np.repeat(np.repeat(street(), 3, axis=0), 3, axis=1)
    box = tuple(3 * side for side in RED)
    wanted = subject(large)
    wanted = replace(wanted, pictures=(OpeningPicture(large, box, NOON),))  # type: ignore[arg-type]
    LargerModel(Notes(), "large", KNOWS).examine(wanted)
    (frame,) = seen
    width, height = frame.size_wh
    assert RED[2] * 3 - RED[0] * 3 < width < large.shape[1]
    assert height <= large.shape[0]
    assert StreetClass.CAR in KNOWS
    assert new_case(event()).class_label == "car"
