"""What a larger model makes of a new case, at full resolution."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from cases.examining import Verdict
from models.errors import InferenceError
from pipeline.closing_street import region_around
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
    assert (said.verdict, said.asked) == (Verdict.CONFIRMS, "large")
    assert said.score == pytest.approx(0.9)


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


class SmallThing:
    """Finds a bicycle that takes a quarter of the box's width, in the part of the picture that is looked at."""

    def detect(self, frames: Sequence[Look]) -> list[Detections]:
        left, top, _, _ = region_around(RED, (street().shape[1], street().shape[0]))
        box = (RED[0] - left, RED[1] - top, RED[0] - left + (RED[2] - RED[0]) / 4, RED[3] - top)
        return [Detections.of([(box, 0.8, int(StreetClass.BICYCLE))]) for _ in frames]


@pytest.mark.parametrize(("kind", "verdict"), [("disorder", Verdict.CONFIRMS), ("parking", Verdict.DOUBTS)])
def test_one_of_several_things_confirms_a_case_about_all_of_them(kind: str, verdict: Verdict) -> None:
    asked = subject(street(), label="bicycle")
    asked = replace(asked, event=replace(asked.event, kind=kind))
    said = LargerModel(SmallThing(), "large", frozenset({int(StreetClass.BICYCLE)})).examine(asked)
    assert said.verdict is verdict


def test_model_that_knows_tables_only_does_not_miss_goods() -> None:
    said = LargerModel(ColourLooker(), "large", frozenset({int(StreetClass.TABLE)})).examine(
        subject(street(), label="goods")
    )
    assert (said.verdict, said.reason) == (Verdict.UNSURE, "class_unknown")


def test_class_that_the_model_does_not_know_is_neither_confirmed_nor_doubted() -> None:
    said = LargerModel(ColourLooker(), "large", KNOWS).examine(subject(street(), label="stall"))
    assert (said.verdict, said.reason) == (Verdict.UNSURE, "class_unknown")


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
