"""From an event to a case: evidence at each stage, and what leaves no case."""

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from cases.evidence_errors import EvidenceWriteError
from cases.queries import CaseQuery
from cases.records import case_id_of
from detectors.events import Phase
from pipeline.agenda import Agenda
from pipeline.later_pictures import MOST_HELD_BACK
from tests.pipeline.desk import Desk, run, stop, try_again
from tests.pipeline.fakes import FakeAgenda, event


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path, FakeAgenda())


def test_offence_that_ends_before_its_limit_leaves_no_case_and_no_picture(desk: Desk) -> None:
    desk.flow.on_event(event(Phase.STARTED))
    desk.flow.on_event(event(Phase.ENDED))
    run(desk)
    assert (desk.keeper.kept, desk.keeper.forgotten) == (["gate-kerb-1"], ["gate-kerb-1"])
    assert desk.cases.of_event("gate-kerb-1") is None


def test_raised_event_becomes_a_case_with_its_evidence_and_goes_on_the_ladder(desk: Desk) -> None:
    desk.flow.on_event(event())
    run(desk)
    assert desk.file_names() == ["panorama-1.jpg"]
    assert desk.ladders.begun == [case_id_of("gate-kerb-1")]


def test_second_panorama_and_clip_follow_in_their_time(desk: Desk) -> None:
    desk.flow.on_event(event())
    run(desk, 30)
    assert desk.file_names() == ["panorama-1.jpg", "panorama-2.jpg", "clip.mp4"]


def test_new_case_is_opened_before_clips_that_wait(desk: Desk) -> None:
    seen: list[bool] = []

    def writes_a_clip() -> None:
        seen.append(desk.cases.of_event("gate-kerb-1") is not None)

    for number in range(20):
        desk.agenda.now(f"clip {number}", writes_a_clip)
    desk.flow.on_event(event())
    run(desk)
    assert seen == [True] * 20


def test_second_panorama_that_is_there_at_once_is_not_taken_again(desk: Desk) -> None:
    desk.keeper.has_second = True
    desk.flow.on_event(event())
    run(desk, 30)
    assert desk.file_names() == ["panorama-1.jpg", "clip.mp4"]


def test_end_of_the_offence_is_recorded_and_told_to_the_ladder(desk: Desk) -> None:
    desk.flow.on_event(event())
    run(desk)
    desk.flow.on_event(event(Phase.ENDED, t_s=1050.0))
    run(desk, 5)
    case = desk.cases.get(case_id_of("gate-kerb-1"))
    assert case.ended_at == event(Phase.ENDED, t_s=1050.0).captured_at
    assert desk.ladders.over == [case.case_id]


def test_event_without_any_picture_makes_no_case_and_says_so(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    desk.keeper.has_picture = False
    desk.flow.on_event(event())
    desk.flow.on_event(event(Phase.ENDED))
    run(desk, 10)
    assert desk.cases.of_event("gate-kerb-1") is None
    assert "no case can be made" in caplog.text


def test_offence_that_is_over_before_its_case_is_written_comes_to_the_ladder_as_over(desk: Desk) -> None:
    desk.flow.on_event(event())
    desk.flow.on_event(event(Phase.ENDED, t_s=1050.0))
    run(desk)
    assert (desk.ladders.begun, desk.ladders.begun_over) == ([], [case_id_of("gate-kerb-1")])


def test_pictures_that_a_full_disk_holds_back_are_those_of_the_moment(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_pack = desk.evidence.write_pack

    def full(*_: object, **__: object) -> None:
        raise EvidenceWriteError("evidence: the disk is full; make room there")

    monkeypatch.setattr(desk.evidence, "write_pack", full)
    desk.flow.on_event(event())
    with pytest.raises(EvidenceWriteError):
        run(desk)
    desk.keeper.has_picture = False  # the camera's ring has long gone on
    monkeypatch.setattr(desk.evidence, "write_pack", write_pack)
    try_again(desk)
    run(desk)
    assert desk.file_names() == ["panorama-1.jpg"]


def test_while_much_is_held_back_a_case_comes_without_its_clip(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    desk.flow.on_event(event())
    run(desk)
    desk.agenda.held_back = MOST_HELD_BACK
    run(desk, 30)
    assert desk.file_names() == ["panorama-1.jpg", "panorama-2.jpg"]
    assert "no clip" in caplog.text


def full(*_: object, **__: object) -> None:
    raise EvidenceWriteError("evidence: the disk is full; make room there")


def test_clip_and_second_panorama_of_a_case_that_is_held_back_are_of_their_time(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as disk:
        disk.setattr(desk.evidence, "write_pack", full)
        desk.flow.on_event(event())
        with pytest.raises(EvidenceWriteError):
            run(desk)
        run(desk, 30)
    desk.keeper.has_picture = False  # the camera's ring has long gone on
    try_again(desk)
    run(desk)
    assert desk.file_names() == ["panorama-1.jpg", "panorama-2.jpg", "clip.mp4"]


def test_stop_takes_the_clip_as_far_as_it_goes_and_says_so(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    desk.keeper.has_second = True
    desk.keeper.clip_lacks = ("clip_too_short",)
    desk.flow.on_event(event())
    run(desk)
    stop(desk)
    assert "clip.mp4" in desk.file_names()
    assert "clip_too_short" in desk.missing()
    assert "its clip ends early, as the program stops" in caplog.text


def stopped_before_the_second_panorama(desk: Desk) -> None:
    desk.keeper.gives_second = False
    desk.flow.on_event(event())
    run(desk)
    stop(desk)
    assert "no_second_panorama" in desk.missing()
    desk.start(FakeAgenda())
    desk.later.resume()


def test_second_panorama_that_a_stop_prevented_is_taken_when_the_offence_is_seen_again(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    stopped_before_the_second_panorama(desk)
    assert "it is taken after the restart" in caplog.text
    run(desk, 30)
    assert "panorama-2.jpg" not in desk.file_names()
    desk.presence = "present"
    run(desk, 10)
    assert desk.file_names() == ["panorama-1.jpg", "clip.mp4", "panorama-2.jpg"]
    assert not list((desk.folder / "later").glob("*.json"))


def test_second_panorama_is_given_up_when_the_offence_is_over(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    stopped_before_the_second_panorama(desk)
    desk.flow.on_event(event(Phase.ENDED, t_s=1050.0))
    run(desk, 10)
    desk.presence = "present"
    run(desk, 1000)
    assert "panorama-2.jpg" not in desk.file_names()
    assert "the offence was over before its time" in caplog.text
    assert not list((desk.folder / "later").glob("*.json"))


def test_second_panorama_is_given_up_when_nobody_sees_the_offence_again(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    stopped_before_the_second_panorama(desk)
    run(desk, 1000)
    assert "nobody saw the offence again" in caplog.text
    assert not list((desk.folder / "later").glob("*.json"))


def test_second_panorama_is_taken_once_a_camera_that_was_away_is_back(desk: Desk) -> None:
    desk.keeper.gives_second = False
    desk.flow.on_event(event())
    run(desk, 60)
    assert "panorama-2.jpg" not in desk.file_names()
    desk.presence = "present"
    run(desk, 10)
    assert "panorama-2.jpg" in desk.file_names()


def test_offence_that_is_over_too_soon_gets_no_second_panorama(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    desk.flow.on_event(event())
    desk.flow.on_event(event(Phase.ENDED, t_s=1004.0))
    desk.presence = "present"
    run(desk, 1000)
    assert "no_second_panorama" in desk.missing()
    assert "no second panorama" in caplog.text


@pytest.mark.parametrize("step", ["write_pack", "open_case"])
def test_case_that_cannot_be_opened_holds_neither_its_end_nor_its_pictures(
    desk: Desk, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise ValueError("no case can be this")

    monkeypatch.setattr(desk.evidence if step == "write_pack" else desk.cases, step, broken)
    desk.flow.on_event(event())
    with pytest.raises(ValueError, match="no case can be this"):
        run(desk)
    desk.keeper.forgotten.clear()
    desk.flow.on_event(event(Phase.ENDED, t_s=1050.0))
    run(desk, 30)
    assert desk.keeper.forgotten == ["gate-kerb-1"]
    assert sum(desk.cases.counts().values()) == 0


def test_case_that_a_stop_lost_is_made_once_its_offence_is_seen_again(desk: Desk) -> None:
    desk.flow.make_up([event(), event(Phase.STARTED, "gate-kerb-2")])
    run(desk, 30)
    assert sum(desk.cases.counts().values()) == 0
    desk.presence = "present"
    run(desk, 1)
    assert [case.event_id for case in desk.cases.find(CaseQuery()).cases] == ["gate-kerb-1"]


def test_event_of_before_the_start_that_has_its_case_gets_no_second_one(desk: Desk) -> None:
    desk.flow.on_event(event())
    run(desk)
    desk.presence = "present"
    desk.flow.make_up([event()])
    desk.flow.resume([event()])
    run(desk, 60)
    assert desk.file_names().count("panorama-1.jpg") == 1


def test_case_that_a_stop_lost_is_given_up_when_nobody_sees_its_offence(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    desk.flow.make_up([event()])
    run(desk, 1000)
    desk.presence = "present"
    run(desk, 1000)
    assert sum(desk.cases.counts().values()) == 0
    assert "nobody saw the offence again" in caplog.text


def test_same_event_twice_is_one_case(desk: Desk) -> None:
    desk.flow.on_event(event())
    desk.flow.on_event(event())
    run(desk, 30)
    assert sum(desk.cases.counts().values()) == 1


def test_case_that_a_full_disk_holds_back_is_written_once_there_is_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = [0.0]
    agenda = Agenda("cases-writer", clock=lambda: clock[0])
    desk = Desk(tmp_path, agenda)
    write_pack = desk.evidence.write_pack

    def full(*_: object, **__: object) -> None:
        raise EvidenceWriteError("evidence: the disk is full; make room there")

    monkeypatch.setattr(desk.evidence, "write_pack", full)
    agenda.start()
    desk.flow.on_event(event())
    wait_until(lambda: agenda.held_back == 1)
    assert "disk is full" in agenda.problem
    desk.flow.on_event(event(Phase.ENDED))  # it even ends before there is room
    monkeypatch.setattr(desk.evidence, "write_pack", write_pack)
    clock[0] = 3.0
    agenda.now("nudge", lambda: None)
    wait_until(lambda: desk.cases.of_event("gate-kerb-1") is not None)
    clock[0] = 8.0
    agenda.now("nudge", lambda: None)
    wait_until(lambda: desk.cases.get(case_id_of("gate-kerb-1")).ended_at is not None)
    agenda.stop()
    assert agenda.held_back == 0


def wait_until(condition: Callable[[], bool]) -> None:
    end_s = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < end_s
        time.sleep(0.01)
