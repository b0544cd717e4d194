"""What operators called false, and what comes to the same place later."""

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from cases.deeds import Order
from cases.evidence import EvidenceStore
from cases.examining import Examination, Verdict
from cases.records import Case
from cases.states import Action
from cases.stills import encode_jpeg
from cases.store import CaseStore
from pipeline.examiners import ExaminerError, Subject, opening_pictures
from pipeline.false_alarms import FalseAlarms
from tests.pipeline.drawn_street import BLUE, RED, street
from tests.pipeline.fakes import event, facts, new_case, part
from vision.arrays import Picture

FALSE = Order(Action.DISMISS, "not_an_offence")


class Memory:
    """The memory of one camera, with cases that are opened by drawn pictures."""

    def __init__(self, folder: Path, most: int = 64) -> None:
        self.folder = folder
        self.cases = CaseStore(f"sqlite:///{folder / 'cases.sqlite'}")
        self.evidence = EvidenceStore(folder / "evidence")
        self.most = most
        self._number = 0
        self.start()

    def start(self) -> None:
        self.memory = FalseAlarms(self.folder / "false_alarms", self.evidence, self.most)

    def case(self, bgr: Picture, box: tuple[float, float, float, float] = RED, **changed: str) -> Case:
        self._number += 1
        source = replace(event(event_id=f"event-{self._number}"), box=box, **changed)  # type: ignore[arg-type]
        panorama = replace(part(), data=encode_jpeg(bgr))
        pack = self.evidence.write_pack(new_case(source).case_id, [panorama], facts(source))
        return self.cases.open_case(new_case(source), pack)

    def said(self, case: Case) -> Examination | None:
        source = replace(event(event_id=case.event_id), kind=case.kind)
        return self.memory.examine(Subject(case, source, opening_pictures(self.evidence, case)))

    def verdict(self, case: Case) -> Verdict | None:
        said = self.said(case)
        return said.verdict if said else None


@pytest.fixture
def memory(tmp_path: Path) -> Memory:
    return Memory(tmp_path)


def other_thing() -> Picture:
    """Return the street with a stack of crates where the red car stood."""
    bgr = street(red=None)
    x1, y1, x2, y2 = (round(side) for side in RED)
    for row, top in enumerate(range(y1, y2, 18)):
        for left in range(x1 + 9 * (row % 2), x2 - 20, 24):
            cv2.rectangle(bgr, (left, top), (left + 20, top + 15), (40, 90, 60 + 40 * (row % 3)), -1)
    return bgr


def in_the_evening(bgr: Picture) -> Picture:
    return np.clip(bgr.astype(np.float32) * (0.42, 0.5, 0.6) + 4, 0, 255).astype(np.uint8)


def test_camera_at_which_nothing_was_called_false_has_nothing_to_say(memory: Memory) -> None:
    assert memory.said(memory.case(street())) is None


def test_what_was_called_false_is_doubted_when_it_comes_again_with_the_number_of_the_case(memory: Memory) -> None:
    false = memory.case(street())
    memory.memory.learn(false, FALSE)
    said = memory.said(memory.case(street(seed=3)))
    assert said is not None
    assert (said.verdict, said.reason) == (Verdict.DOUBTS, "like_false")
    assert said.facts[0].value == false.number


def test_same_thing_in_the_evening_is_doubted(memory: Memory) -> None:
    memory.memory.learn(memory.case(street()), FALSE)
    assert memory.verdict(memory.case(in_the_evening(street()))) is Verdict.DOUBTS


def test_another_thing_at_its_place_is_not_doubted(memory: Memory) -> None:
    memory.memory.learn(memory.case(other_thing()), FALSE)
    said = memory.said(memory.case(street()))
    assert said is not None
    assert (said.verdict, said.reason) == (Verdict.UNSURE, "other_than_false")


def test_car_of_another_colour_at_its_place_is_not_doubted(memory: Memory) -> None:
    bgr = street()
    x1, y1, x2, y2 = (round(side) for side in RED)
    blue = bgr.copy()
    blue[y1:y2, x1:x2] = blue[y1:y2, x1:x2, ::-1]
    memory.memory.learn(memory.case(bgr), FALSE)
    assert memory.verdict(memory.case(blue)) is Verdict.UNSURE


def test_same_thing_at_another_place_is_not_compared(memory: Memory) -> None:
    memory.memory.learn(memory.case(street()), FALSE)
    assert memory.verdict(memory.case(street(), BLUE)) is None


def test_same_place_of_another_kind_or_camera_is_not_compared(memory: Memory) -> None:
    memory.memory.learn(memory.case(street()), FALSE)
    assert memory.verdict(memory.case(street(), kind="vending")) is None
    assert memory.verdict(memory.case(street(), camera_id="yard")) is None


@pytest.mark.parametrize("reason", ["permitted", "waiting", "duplicate"])
def test_true_alarm_that_is_let_go_is_not_remembered(memory: Memory, reason: str) -> None:
    memory.memory.learn(memory.case(street()), Order(Action.DISMISS, reason))
    assert memory.verdict(memory.case(street())) is None


def test_memory_outlives_a_restart(memory: Memory) -> None:
    memory.memory.learn(memory.case(street()), FALSE)
    memory.start()
    assert memory.verdict(memory.case(street())) is Verdict.DOUBTS


def test_case_that_is_reopened_is_forgotten(memory: Memory) -> None:
    false = memory.case(street())
    memory.memory.learn(false, FALSE)
    memory.memory.learn(false, Order(Action.REOPEN, "by_mistake"))
    assert memory.verdict(memory.case(street())) is None


def test_camera_that_was_removed_is_forgotten_and_no_other(memory: Memory) -> None:
    here, there = memory.case(street()), memory.case(street(), camera_id="other")
    for case in (here, there):
        memory.memory.learn(case, FALSE)
    memory.memory.forget(here.camera_id)
    memory.memory.forget("never-known")
    assert memory.said(memory.case(street())) is None
    assert memory.verdict(memory.case(street(), camera_id="other")) is Verdict.DOUBTS


def test_oldest_goes_first_when_a_camera_has_too_many(tmp_path: Path) -> None:
    memory = Memory(tmp_path, most=2)
    memory.memory.learn(memory.case(street()), FALSE)
    for _ in range(2):
        memory.memory.learn(memory.case(street(), BLUE), FALSE)
    assert memory.verdict(memory.case(street())) is None
    assert memory.verdict(memory.case(street(), BLUE)) is Verdict.DOUBTS


def test_damaged_memory_says_so_and_is_not_overwritten(memory: Memory) -> None:
    memory.memory.learn(memory.case(street()), FALSE)
    (path,) = (memory.folder / "false_alarms").iterdir()
    path.write_bytes(b"[{")
    with pytest.raises(ExaminerError, match="remove it"):
        memory.said(memory.case(street()))
    with pytest.raises(ExaminerError, match="remove it"):
        memory.memory.learn(memory.case(street()), FALSE)
    assert path.read_bytes() == b"[{"
