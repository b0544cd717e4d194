"""A service that dies without a word while it makes cases: what the next start makes of what lies on the disk."""

import errno
from pathlib import Path

import pytest

from cases.queries import CaseQuery
from cases.records import case_id_of
from cases.recovery import recover
from detectors.events import Phase
from tests.pipeline.desk import Desk, run
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
    desk.flow.resume([event()])
    desk.later.resume()


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
    assert "a crash now could double its case: the disk is full" in caplog.text


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
    def dies(*_: object) -> None:
        raise KeyboardInterrupt

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
    def dies(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as dying:
        dying.setattr(desk.evidence, "write_pack", dies)
        desk.flow.on_event(event())
        with pytest.raises(KeyboardInterrupt):
            run(desk)
    crash(desk)
    desk.keeper.seen_after_s = 500.0
    desk.presence = "present"
    run(desk, 60)
    assert clip_of(desk) == "to 1000"
    assert spooled(desk) == []


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
