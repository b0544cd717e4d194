"""A service that dies without a word while it makes cases: what the next start makes of what lies on the disk."""

import errno
import threading
from pathlib import Path

import pytest

from cases.evidence_errors import EvidenceWriteError
from cases.queries import CaseQuery
from cases.records import case_id_of
from cases.recovery import recover
from detectors.events import Phase
from pipeline.agenda import Agenda
from pipeline.case_flow import LOST_AGAIN_S
from tests.pipeline.desk import Desk, run, try_again
from tests.pipeline.fakes import FakeAgenda, event

CASE = case_id_of("gate-kerb-1")


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path, FakeAgenda())


def crash(desk: Desk) -> None:
    """Let all that was in memory be gone, and begin anew as a start does."""
    desk.ladders.begun.clear()
    desk.start(FakeAgenda())
    recover(desk.cases, desk.evidence)
    desk.flow.make_up([event()])
    desk.flow.resume([event()])
    desk.later.resume()


def dies(*_: object) -> None:
    raise KeyboardInterrupt


def crash_before_any_evidence(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Die when the event was raised and its clip begun, and nothing of its case is written."""
    with monkeypatch.context() as dying:
        dying.setattr(desk.evidence, "write_pack", dies)
        desk.flow.on_event(event())
        with pytest.raises(KeyboardInterrupt):
            run(desk)


def clip_of(desk: Desk) -> str:
    """Return what the fake clip says of its end; empty where there is none."""
    paths = [desk.evidence.path_of(file.path) for file in desk.cases.get(CASE).files if file.name == "clip.mp4"]
    return " and ".join(path.read_text() for path in paths)


def spooled(desk: Desk) -> list[str]:
    return [path.name for path in (desk.folder / "later" / "clips").iterdir()]


def test_what_stands_there_is_kept_before_anything_of_the_case_is_written(desk: Desk) -> None:
    desk.flow.on_event(event())
    run(desk)
    assert desk.watches_kept == [("gate", False)]


def test_state_that_cannot_be_kept_does_not_keep_the_case_from_being_made(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def full(_camera_id: str) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(desk, "keep_watch", full)
    desk.start(FakeAgenda())
    desk.flow.on_event(event())
    run(desk)
    assert desk.file_names() == ["panorama-1.jpg"]
    assert "a crash now could double or lose a case: the disk is full" in caplog.text


def test_end_is_kept_before_its_case_knows_and_told_to_it_by_the_next_start(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.flow.on_event(event())
    run(desk)
    over = event(Phase.ENDED, t_s=1100.0)
    with monkeypatch.context() as dying:
        dying.setattr(desk.cases, "end_offence", dies)
        desk.flow.on_event(over)
        with pytest.raises(KeyboardInterrupt):
            run(desk)
    assert desk.watches_kept == [("gate", False), ("gate", True)]
    for _ in range(2):
        desk.start(FakeAgenda())
        recover(desk.cases, desk.evidence)
        desk.flow.take_ends([over])
        assert desk.cases.get(CASE).ended_at == over.captured_at
    assert [row.action for row in desk.cases.history(CASE)].count("end") == 1


def test_end_of_a_case_that_was_held_back_until_it_was_over_is_kept_too(desk: Desk) -> None:
    desk.flow.on_event(event())
    desk.flow.on_event(event(Phase.ENDED, t_s=1100.0))
    run(desk)
    assert desk.cases.get(CASE).ended_at is not None
    assert [camera for camera, _ in desk.watches_kept] == ["gate", "gate"]


def test_clip_that_a_crash_cut_off_is_there_up_to_half_a_second_before(desk: Desk) -> None:
    desk.flow.on_event(event())
    desk.keeper.seen_after_s = 2.0
    run(desk, 2.0)
    desk.keeper.has_picture = False  # what the camera had sent is gone with the program
    crash(desk)
    run(desk)
    assert clip_of(desk) == "to 1002"
    assert "clip_too_short" in desk.missing()
    assert spooled(desk) == []


def test_clip_of_a_case_whose_row_the_crash_prevented_comes_with_it(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as dying:
        dying.setattr(desk.cases, "open_case", dies)
        desk.flow.on_event(event())
        with pytest.raises(KeyboardInterrupt):
            run(desk)
    crash(desk)
    run(desk)
    assert clip_of(desk) == "to 1000"


def test_clip_of_a_case_that_is_made_only_when_its_offence_is_seen_again_shows_the_first_time(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    crash_before_any_evidence(desk, monkeypatch)
    crash(desk)
    desk.keeper.seen_after_s = 500.0
    desk.presence = "present"
    run(desk, 60)
    assert clip_of(desk) == "to 1000"
    assert spooled(desk) == []


def test_clip_of_an_event_that_is_raised_anew_shows_that_time(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    crash_before_any_evidence(desk, monkeypatch)
    desk.start(FakeAgenda())
    desk.flow.on_event(event(t_s=1040.0))
    run(desk, 30)
    assert (clip_of(desk), spooled(desk)) == ("clip", [])


def test_clip_of_before_the_start_is_made_once_although_its_case_is_opened_meanwhile(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    crash_before_any_evidence(desk, monkeypatch)
    desk.start(FakeAgenda())
    desk.presence = "present"
    desk.flow.make_up([event()])
    desk.agenda.after(LOST_AGAIN_S, "clips and second panoramas", desk.later.resume)
    run(desk, 30)
    assert clip_of(desk) == "to 1000"


def test_clip_of_evidence_that_is_there_outlives_an_event_that_is_raised_anew(desk: Desk) -> None:
    desk.flow.on_event(event())
    run(desk)
    desk.start(FakeAgenda())
    desk.flow.on_event(event(t_s=1040.0))
    desk.agenda.now("clips and second panoramas", desk.later.resume)
    run(desk, 30)
    assert clip_of(desk) == "to 1000"
    assert desk.file_names().count("panorama-2.jpg") == 1


def test_clip_of_before_outlives_the_end_of_an_offence_whose_case_is_held_back(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise EvidenceWriteError("evidence: the disk is full; make room there")

    crash_before_any_evidence(desk, monkeypatch)
    desk.start(FakeAgenda())
    desk.presence = "present"
    desk.flow.make_up([event()])
    with monkeypatch.context() as holding:
        holding.setattr(desk.evidence, "write_pack", full)
        with pytest.raises(EvidenceWriteError):
            run(desk, 5)
    desk.flow.on_event(event(Phase.ENDED, t_s=1100.0))
    desk.flow.resume([])
    try_again(desk)
    run(desk, 30)
    assert clip_of(desk) == "to 1000"


def test_case_that_a_crash_lost_is_made_before_all_that_waits(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    crash_before_any_evidence(desk, monkeypatch)
    at_s, did, opened = [0.0], list[str](), threading.Event()
    agenda = Agenda("cases-writer", clock=lambda: at_s[0])

    def works() -> None:
        at_s[0] += 1.0
        did.append("clip")

    def opens(*_: object) -> None:
        did.append("case")
        opened.set()

    desk.start(agenda)
    desk.presence = "present"
    for number in range(20):
        agenda.now(f"clip {number}", works)
    agenda.now("cases of before", lambda: desk.flow.make_up([event()]), is_urgent=True)
    monkeypatch.setattr(desk.cases, "open_case", opens)
    agenda.start()
    assert opened.wait(30)
    agenda.stop()
    assert did.index("case") <= 2


def test_clip_is_written_down_no_longer_than_until_it_has_its_row(desk: Desk) -> None:
    desk.flow.on_event(event())
    run(desk)
    assert spooled(desk) == [f"{CASE}.packets"]
    run(desk, 30)
    assert (clip_of(desk), spooled(desk)) == ("clip", [])


def test_crash_between_the_clip_and_its_clearing_up_adds_no_second_one(desk: Desk) -> None:
    desk.flow.on_event(event())
    run(desk)
    [left] = [path.read_bytes() for path in (desk.folder / "later" / "clips").iterdir()]
    run(desk, 30)
    (desk.folder / "later" / "clips" / f"{CASE}.packets").write_bytes(left)
    crash(desk)
    run(desk)
    assert (clip_of(desk), spooled(desk)) == ("clip", [])


def test_clip_of_an_event_that_is_no_more_and_has_no_case_goes(desk: Desk) -> None:
    desk.later.plan(event(event_id="gate-kerb-7"), None)
    crash(desk)
    assert spooled(desk) == []


def test_disk_that_takes_nothing_of_a_clip_in_the_making_costs_no_clip(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("pipeline.clip_spool.begin_log", full)
    desk.flow.on_event(event())
    run(desk, 30)
    assert "a crash now would lose its clip: the disk is full" in caplog.text
    assert clip_of(desk) == "clip"


def test_case_that_a_crash_kept_from_the_ladder_is_put_there_when_its_offence_is_seen(desk: Desk) -> None:
    desk.flow.on_event(event())
    run(desk)
    crash(desk)
    run(desk, 30)
    assert desk.ladders.begun == []
    desk.presence = "present"
    run(desk, 10)
    assert desk.ladders.begun == [CASE]
    assert desk.cases.find(CaseQuery()).total == 1


def test_case_that_a_crash_kept_from_the_ladder_is_resolved_when_its_offence_ends(desk: Desk) -> None:
    desk.flow.on_event(event())
    run(desk)
    crash(desk)
    desk.flow.on_event(event(Phase.ENDED, t_s=1050.0))
    run(desk)
    assert desk.ladders.begun_over == [CASE]
