import time
from collections.abc import Callable
from pathlib import Path

import pytest

from cases.codes import bundled_table
from cases.errors import EvidenceWriteError
from cases.evidence import EvidenceStore
from cases.records import Case, case_id_of
from cases.store import CaseStore
from detectors.events import Event, Phase
from pipeline.agenda import Agenda
from pipeline.case_flow import MOST_HELD_BACK, CaseFlow, FlowParts
from pipeline.evidence_keeper import Place, Still, Taken
from pipeline.hub import Hub
from pipeline.settings import EvidenceSettings
from streams.errors import NotInRingError
from tests.pipeline.fakes import NOON, FakeAgenda, event, facts, part
from vision.zones import Zone

PLACE = Place("Gate", "Market street", Zone("kerb", "Kerb", ((0, 0), (1, 0), (1, 1))), "0499 parking")


class FakeKeeper:
    """Takes pictures without a camera; `has_picture` and `has_second` say what the camera could give."""

    def __init__(self) -> None:
        self.kept: list[str] = []
        self.forgotten: list[str] = []
        self.has_picture = True
        self.has_second = False

    def keep_first(self, source: Event) -> None:
        self.kept.append(source.event_id)

    def forget_first(self, source: Event) -> None:
        self.forgotten.append(source.event_id)

    def opening(self, source: Event, _case_label: str, _code: str) -> Taken:
        if not self.has_picture:
            raise NotInRingError("camera gate: the ring is empty")
        lone = None if self.has_second else Still(b"first", 900.0, NOON, 0.1, (1280, 720))
        return Taken((part(),), facts(source), lone)

    def second(self, source: Event, _first: Still) -> Taken:
        return Taken((part("panorama-2.jpg"),), facts(source), None)

    def clip(self, source: Event) -> Taken:
        return Taken((part("clip.mp4"),), facts(source), None)


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
    def __init__(self, folder: Path, agenda: FakeAgenda | Agenda) -> None:
        self.agenda = agenda
        self.keeper, self.ladders = FakeKeeper(), FakeLadders()
        self.cases = CaseStore(f"sqlite:///{folder / 'cases.sqlite'}")
        self.evidence = EvidenceStore(folder / "evidence")
        parts = FlowParts(
            self.cases,
            self.evidence,
            self.keeper,  # type: ignore[arg-type]
            bundled_table(),
            lambda _event: PLACE,
            Hub(),
            self.ladders,  # type: ignore[arg-type]
        )
        self.flow = CaseFlow(parts, EvidenceSettings(), agenda)  # type: ignore[arg-type]

    def file_names(self) -> list[str]:
        return [file.name for file in self.cases.get(case_id_of("gate-kerb-1")).files]


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path, FakeAgenda())


def run(desk: Desk, seconds: float = 0.0) -> None:
    assert isinstance(desk.agenda, FakeAgenda)
    desk.agenda.run(seconds)


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
    desk.agenda.try_again()
    run(desk)
    assert desk.file_names() == ["panorama-1.jpg"]


def test_while_much_is_held_back_a_case_comes_without_its_clip(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    desk.flow.on_event(event())
    run(desk)
    desk.agenda.held_back = MOST_HELD_BACK
    run(desk, 30)
    assert desk.file_names() == ["panorama-1.jpg"]
    assert "no clip" in caplog.text


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
