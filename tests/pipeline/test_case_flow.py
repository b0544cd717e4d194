"""From an event to a case: evidence at each stage, and what leaves no case."""

import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest

from broadcast.ladder import Presence
from cases.code_files import bundled_table
from cases.errors import EvidenceWriteError
from cases.evidence import EvidenceStore
from cases.packs import PackPurpose, Part, PartRole
from cases.records import Case, CaseQuery, case_id_of
from cases.store import CaseStore
from detectors.events import Event, Phase
from pipeline.agenda import Agenda
from pipeline.case_flow import CaseFlow, FlowParts
from pipeline.evidence_keeper import Taken
from pipeline.hub import Hub
from pipeline.kept_stills import Moment, Still
from pipeline.later_pictures import MOST_HELD_BACK, LaterParts, LaterPictures
from pipeline.settings import EvidenceSettings
from streams.errors import NotInRingError
from tests.pipeline.fakes import NOON, FakeAgenda, city, event, facts, part


class FakeKeeper:
    """Takes pictures without a camera; what the camera could give is for the test to say."""

    def __init__(self) -> None:
        self.kept: list[str] = []
        self.forgotten: list[str] = []
        self.has_picture = True
        self.has_second = False
        self.gives_second = True
        self.clip_lacks: tuple[str, ...] = ()

    def keep_first(self, source: Event) -> None:
        self.kept.append(source.event_id)

    def forget_first(self, source: Event) -> None:
        self.forgotten.append(source.event_id)

    def opening(self, source: Event, _case_label: str, _code: str) -> Taken:
        self._look()
        lone = None if self.has_second else Still(b"first", source.t_s, NOON, 0.1, (1280, 720))
        missing = () if self.has_second else ("no_second_panorama",)
        return Taken((part(),), facts(source, PackPurpose.OPENING, *missing), lone)

    def gap_s(self, _source: Event) -> float:
        return 10.0

    def second(self, source: Event, first: Moment, end_t_s: float | None) -> Taken:
        if not self.gives_second or (end_t_s is not None and end_t_s < first.t_s + 10):
            raise NotInRingError("camera gate was away")
        return self.late_second(source, NOON)

    def late_second(self, source: Event, _first_at: datetime) -> Taken:
        self._look()
        return Taken((part("panorama-2.jpg"),), facts(source, PackPurpose.PERSISTENCE), None)

    def clip(self, source: Event) -> Taken:
        self._look()
        clip = Part("clip.mp4", b"clip", PartRole.CLIP)
        return Taken((clip,), facts(source, PackPurpose.CLIP, *self.clip_lacks), None)

    def _look(self) -> None:
        if not self.has_picture:
            raise NotInRingError("camera gate: the ring is empty")


class FakeLadders:
    def __init__(self) -> None:
        self.begun: list[str] = []
        self.begun_over: list[str] = []
        self.over: list[str] = []

    def begin(self, case: Case, _source: Event) -> None:
        (self.begun if case.ended_at is None else self.begun_over).append(case.case_id)

    def ended(self, case_id: str) -> None:
        self.over.append(case_id)


class Desk:
    def __init__(self, folder: Path, agenda: FakeAgenda | Agenda, cases: CaseStore | None = None) -> None:
        self.folder = folder
        self.keeper, self.ladders = FakeKeeper(), FakeLadders()
        self.cases = cases or CaseStore(f"sqlite:///{folder / 'cases.sqlite'}")
        self.evidence = EvidenceStore(folder / "evidence")
        self.presence: Presence = "unknown"
        self.start(agenda)

    def start(self, agenda: FakeAgenda | Agenda) -> None:
        """Begin, or begin anew after a stop, on what lies in the folder."""
        self.agenda = agenda
        settings = EvidenceSettings()
        later_parts = LaterParts(
            self.cases,
            self.evidence,
            self.keeper,  # type: ignore[arg-type]
            agenda,  # type: ignore[arg-type]
            lambda _case: self.presence,
            lambda _case, _change: None,
        )
        self.later = LaterPictures(later_parts, settings, self.folder / "later")
        parts = FlowParts(
            self.cases,
            self.evidence,
            self.keeper,  # type: ignore[arg-type]
            bundled_table(),
            self.later,
            Hub(),
            self.ladders,  # type: ignore[arg-type]
            city(self.folder, self.cases),
            lambda _camera_id, _event_id: self.presence == "present",
        )
        self.flow = CaseFlow(parts, agenda)  # type: ignore[arg-type]

    def file_names(self) -> list[str]:
        return [file.name for file in self.cases.get(case_id_of("gate-kerb-1")).files]

    def missing(self) -> tuple[str, ...]:
        return self.cases.get(case_id_of("gate-kerb-1")).incomplete


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path, FakeAgenda())


def run(desk: Desk, seconds: float = 0.0) -> None:
    assert isinstance(desk.agenda, FakeAgenda)
    desk.agenda.run(seconds)


def try_again(desk: Desk) -> None:
    assert isinstance(desk.agenda, FakeAgenda)
    desk.agenda.try_again()


def stop(desk: Desk) -> None:
    assert isinstance(desk.agenda, FakeAgenda)
    desk.agenda.stop()


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
    assert not list((desk.folder / "later").iterdir())


def test_second_panorama_is_given_up_when_the_offence_is_over(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    stopped_before_the_second_panorama(desk)
    desk.flow.on_event(event(Phase.ENDED, t_s=1050.0))
    run(desk, 10)
    desk.presence = "present"
    run(desk, 1000)
    assert "panorama-2.jpg" not in desk.file_names()
    assert "the offence was over before its time" in caplog.text
    assert not list((desk.folder / "later").iterdir())


def test_second_panorama_is_given_up_when_nobody_sees_the_offence_again(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    stopped_before_the_second_panorama(desk)
    run(desk, 1000)
    assert "nobody saw the offence again" in caplog.text
    assert not list((desk.folder / "later").iterdir())


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
    desk.flow.resume([event(), event(Phase.STARTED, "gate-kerb-2")])
    run(desk, 30)
    assert sum(desk.cases.counts().values()) == 0
    desk.presence = "present"
    run(desk, 10)
    assert [case.event_id for case in desk.cases.find(CaseQuery()).cases] == ["gate-kerb-1"]


def test_event_of_before_the_start_that_has_its_case_gets_no_second_one(desk: Desk) -> None:
    desk.flow.on_event(event())
    run(desk)
    desk.presence = "present"
    desk.flow.resume([event()])
    run(desk, 60)
    assert desk.file_names().count("panorama-1.jpg") == 1


def test_case_that_a_stop_lost_is_given_up_when_nobody_sees_its_offence(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    desk.flow.resume([event()])
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
