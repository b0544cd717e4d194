"""Second opinions on new cases: who is asked when, what holds a case back, and what does not."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from cases.deeds import Order
from cases.errors import DatabaseError
from cases.examining import EXAMINE, Examination, Verdict
from cases.posts import Doer
from cases.queries import CaseQuery
from cases.records import Case, case_id_of
from cases.states import Action
from cases.stills import encode_jpeg
from detectors.events import Event, Phase
from pipeline.evidence_keeper import Taken
from pipeline.examiners import ExaminerError, Subject
from tests.pipeline.desk import Desk, FakeKeeper, run, stop, try_again
from tests.pipeline.fakes import FakeAgenda, event, part

CASE_ID = case_id_of("gate-kerb-1")
LI = Doer("li")


class PhotographingKeeper(FakeKeeper):
    """A keeper whose panorama is a picture."""

    def opening(self, source: Event, case_label: str, code: str) -> Taken:
        taken = super().opening(source, case_label, code)
        jpeg = encode_jpeg(np.full((48, 64, 3), 90, np.uint8))
        return replace(taken, parts=(replace(part(), data=jpeg),))


class Says:
    """An examiner that says what the test tells it to."""

    def __init__(self, name: str, verdict: Verdict | Exception) -> None:
        self.name = name
        self.judges = True
        self.verdict = verdict
        self.asked: list[Subject] = []

    def examines(self, kind: str) -> bool:
        return kind == "parking"

    def examine(self, subject: Subject) -> Examination:
        self.asked.append(subject)
        if isinstance(self.verdict, Exception):
            raise self.verdict
        return Examination("whoever", self.verdict, "seen", 0.8, "as it seems", "card-m")


def desk_with(folder: Path, *examiners: Says) -> Desk:
    desk = Desk(folder, FakeAgenda())
    desk.keeper, desk.examiners = PhotographingKeeper(), examiners
    desk.start(FakeAgenda())
    return desk


def said(desk: Desk) -> list[tuple[str, str, str]]:
    rows = [row.detail for row in desk.cases.history(CASE_ID) if row.action == EXAMINE]
    return [(str(row["examiner"]), str(row["verdict"]), str(row["reason"])) for row in rows]


def case_of(desk: Desk) -> Case:
    return desk.cases.get(CASE_ID)


def raised(desk: Desk) -> None:
    desk.flow.on_event(event())
    run(desk)


def test_case_goes_on_the_ladder_once_all_have_spoken_and_none_doubts(tmp_path: Path) -> None:
    desk = desk_with(tmp_path, Says("model", Verdict.CONFIRMS), Says("reader", Verdict.UNSURE))
    raised(desk)
    assert said(desk) == [("model", "confirms", "seen"), ("reader", "unsure", "seen")]
    assert (case_of(desk).held_back, desk.ladders.begun) == (False, [CASE_ID])
    assert desk.told == ["examined", "examined"]


def test_case_does_not_wait_for_who_merely_reads(tmp_path: Path) -> None:
    begun_when_asked: list[list[str]] = []

    class Reads(Says):
        def examine(self, subject: Subject) -> Examination:
            begun_when_asked.append(list(desk.ladders.begun))
            return super().examine(subject)

    reader = Reads("plates", Verdict.CONFIRMS)
    reader.judges = False
    desk = desk_with(tmp_path, reader)
    raised(desk)
    assert begun_when_asked == [[CASE_ID]]
    assert (said(desk), desk.ladders.begun) == ([("plates", "confirms", "seen")], [CASE_ID])


def test_case_that_a_person_confirms_while_somebody_reads_is_put_on_the_ladder_once(tmp_path: Path) -> None:
    class Decides(Says):
        def examine(self, subject: Subject) -> Examination:
            desk.flow.decide(CASE_ID, Order(Action.CONFIRM), by=LI)
            return super().examine(subject)

    reader = Decides("plates", Verdict.CONFIRMS)
    reader.judges = False
    desk = desk_with(tmp_path, reader)
    raised(desk)
    run(desk)
    assert desk.ladders.begun == [CASE_ID]


def test_examiner_is_handed_the_panorama_at_full_size_and_the_box_in_it(tmp_path: Path) -> None:
    examiner = Says("model", Verdict.CONFIRMS)
    raised(desk_with(tmp_path, examiner))
    (picture,) = examiner.asked[0].pictures
    assert (picture.bgr.shape, picture.box) == ((48, 64, 3), event().box)


def test_doubt_of_one_holds_a_case_back_though_another_confirms_it(tmp_path: Path) -> None:
    desk = desk_with(tmp_path, Says("memory", Verdict.DOUBTS), Says("model", Verdict.CONFIRMS))
    raised(desk)
    assert (case_of(desk).held_back, desk.ladders.begun) == (True, [])
    assert [found.case_id for found in desk.cases.find(CaseQuery(held_back=True)).cases] == [CASE_ID]


def test_case_that_is_held_back_goes_on_the_ladder_once_a_person_confirms_it(tmp_path: Path) -> None:
    desk = desk_with(tmp_path, Says("memory", Verdict.DOUBTS))
    raised(desk)
    desk.flow.decide(CASE_ID, Order(Action.CONFIRM), by=LI)
    run(desk)
    assert (case_of(desk).held_back, desk.ladders.begun) == (False, [CASE_ID])
    assert desk.cases.find(CaseQuery(held_back=True)).cases == ()


def test_case_that_is_held_back_and_called_false_never_goes_on_the_ladder(tmp_path: Path) -> None:
    desk = desk_with(tmp_path, Says("memory", Verdict.DOUBTS))
    raised(desk)
    desk.flow.decide(CASE_ID, Order(Action.DISMISS, "not_an_offence"), by=LI)
    run(desk, 100)
    assert (case_of(desk).held_back, desk.ladders.begun) == (False, [])


@pytest.mark.parametrize(
    ("failure", "reason"),
    [(ExaminerError("unreachable", "nobody answers at 192.0.2.1"), "unreachable"), (ValueError("a fault"), "fault")],
)
def test_examiner_that_fails_is_told_and_holds_nothing_back(tmp_path: Path, failure: Exception, reason: str) -> None:
    examiner = Says("model", failure)
    desk = desk_with(tmp_path, examiner)
    raised(desk)
    assert said(desk) == [("model", "failed", reason)]
    assert (case_of(desk).held_back, desk.ladders.begun) == (False, [CASE_ID])
    assert [problem.facts["examiner"] for problem in desk.examining.problems()] == ["model"]


def test_failure_is_a_problem_until_the_examiner_judges_again(tmp_path: Path) -> None:
    examiner = Says("model", ExaminerError("unreachable", "nobody answers"))
    desk = desk_with(tmp_path, examiner)
    raised(desk)
    examiner.verdict = Verdict.CONFIRMS
    desk.flow.on_event(event(event_id="gate-kerb-2"))
    run(desk)
    assert desk.examining.problems() == ()


def test_case_waits_for_an_examiner_no_longer_than_the_limit(tmp_path: Path) -> None:
    desk = desk_with(tmp_path, Says("model", Verdict.DOUBTS))
    desk.examiners_hang = True
    raised(desk)
    run(desk, 59)
    assert (said(desk), desk.ladders.begun) == ([], [])
    run(desk, 2)
    assert said(desk) == [("model", "failed", "too_late")]
    assert (case_of(desk).held_back, desk.ladders.begun) == (False, [CASE_ID])


def test_restart_in_the_middle_asks_only_those_that_had_not_answered(tmp_path: Path) -> None:
    memory, model = Says("memory", Verdict.DOUBTS), Says("model", Verdict.CONFIRMS)
    desk = desk_with(tmp_path, memory)
    raised(desk)
    stop(desk)
    desk.examiners = (memory, model)
    desk.presence = "present"
    desk.start(FakeAgenda())
    desk.flow.resume([event()])
    run(desk, 10)
    assert said(desk) == [("memory", "doubts", "seen")]
    assert (len(memory.asked), len(model.asked), desk.ladders.begun) == (1, 0, [])
    desk.flow.decide(CASE_ID, Order(Action.CONFIRM), by=LI)
    run(desk)
    assert desk.ladders.begun == [CASE_ID]


def test_person_who_confirms_while_it_is_examined_is_not_waited_for(tmp_path: Path) -> None:
    desk = desk_with(tmp_path, Says("model", Verdict.DOUBTS))
    desk.examiners_hang = True
    raised(desk)
    desk.flow.decide(CASE_ID, Order(Action.CONFIRM), by=LI)
    run(desk)
    assert desk.ladders.begun == [CASE_ID]


def test_offence_that_ends_while_it_is_held_back_is_left_to_the_ladder_to_resolve(tmp_path: Path) -> None:
    desk = desk_with(tmp_path, Says("model", Verdict.DOUBTS))
    raised(desk)
    desk.flow.on_event(event(Phase.ENDED, t_s=1050.0))
    run(desk)
    assert (desk.ladders.begun, desk.ladders.begun_over) == ([], [CASE_ID])


def test_what_a_locked_database_refuses_is_written_later_and_then_the_case_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = desk_with(tmp_path, Says("model", Verdict.CONFIRMS))

    def locked(*_: object, **__: object) -> Case:
        raise DatabaseError("cases: the database is locked")

    with monkeypatch.context() as away:
        away.setattr(desk.cases, "note_examination", locked)
        desk.flow.on_event(event())
        with pytest.raises(DatabaseError):
            run(desk)
    assert desk.ladders.begun == []
    try_again(desk)
    run(desk)
    assert (said(desk), desk.ladders.begun) == ([("model", "confirms", "seen")], [CASE_ID])


def test_kind_that_an_examiner_cannot_judge_goes_on_without_it(tmp_path: Path) -> None:
    desk = desk_with(tmp_path, Says("model", Verdict.DOUBTS))
    desk.flow.on_event(replace(event(), kind="flyers"))
    run(desk)
    assert (said(desk), desk.ladders.begun) == ([], [CASE_ID])


def test_panorama_that_is_gone_fails_the_examination_and_holds_nothing_back(tmp_path: Path) -> None:
    desk = desk_with(tmp_path, Says("model", Verdict.DOUBTS))
    desk.keeper = FakeKeeper()  # its panorama is no picture
    desk.start(FakeAgenda())
    raised(desk)
    assert said(desk) == [("model", "failed", "no_picture")]
    assert desk.ladders.begun == [CASE_ID]


def test_history_keeps_the_score_the_words_and_who_was_asked(tmp_path: Path) -> None:
    desk = desk_with(tmp_path, Says("model", Verdict.CONFIRMS))
    raised(desk)
    (row,) = [row for row in desk.cases.history(CASE_ID) if row.action == EXAMINE]
    told = {key: row.detail[key] for key in ("score", "words", "asked", "facts")}
    assert told == {"score": 0.8, "words": "as it seems", "asked": "card-m", "facts": []}
