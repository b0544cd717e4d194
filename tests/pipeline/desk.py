"""The flow from event to case with real stores, and with a camera, ladders and time that a test moves by hand."""

from collections.abc import Callable, Collection
from datetime import datetime
from pathlib import Path

from broadcast.ladder import Presence
from cases.code_files import bundled_table
from cases.evidence import EvidenceStore
from cases.packs import PackPurpose, Part, PartRole
from cases.records import Case, case_id_of
from cases.store import CaseStore
from detectors.events import Event
from pipeline.agenda import Agenda
from pipeline.case_flow import CaseFlow, FlowParts
from pipeline.evidence_keeper import Taken
from pipeline.examiners import Examiner
from pipeline.examining import Examining, ExaminingParts
from pipeline.hub import Hub
from pipeline.kept_stills import Moment, Still
from pipeline.later_pictures import LaterParts, LaterPictures
from pipeline.settings import EvidenceSettings
from streams.errors import NotInRingError
from streams.packets import TICK, Segment, StreamFormat
from tests.pipeline.fakes import NOON, FakeAgenda, city, facts, part
from tests.streams.helpers import fake_packet

FORMAT = StreamFormat("h264", b"", (64, 48), TICK, 25.0)


class FakeKeeper:
    """Takes pictures without a camera; what the camera could give is for the test to say."""

    def __init__(self) -> None:
        self.kept: list[str] = []
        self.forgotten: list[str] = []
        self.has_picture = True
        self.has_second = False
        self.gives_second = True
        self.clip_lacks: tuple[str, ...] = ()
        self.seen_after_s = 0.0

    def keep_first(self, source: Event) -> None:
        self.kept.append(source.event_id)

    def forget_first(self, source: Event) -> None:
        self.forgotten.append(source.event_id)

    def keep_only(self, event_ids: Collection[str]) -> None:
        self.kept = [event_id for event_id in self.kept if event_id in event_ids]

    def clip_segment(self, source: Event) -> Segment:
        self._look()
        seen_s = range(int(source.t_s) - 10, int(source.t_s + self.seen_after_s) + 1)
        return Segment("gate", FORMAT, tuple(fake_packet(float(at_s), is_key=True) for at_s in seen_s))

    def clip_of(self, source: Event, segment: Segment) -> Taken:
        clip = Part("clip.mp4", f"to {segment.span()[1]:.0f}".encode(), PartRole.CLIP)
        return Taken((clip,), facts(source, PackPurpose.CLIP, "clip_too_short"), None)

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
    """Notes who is put on the ladder."""

    def __init__(self) -> None:
        self.begun: list[str] = []
        self.begun_over: list[str] = []
        self.over: list[str] = []

    def begin(self, case: Case, _source: Event) -> None:
        (self.begun if case.ended_at is None else self.begun_over).append(case.case_id)

    def lacks(self, case: Case) -> bool:
        return case.case_id not in (*self.begun, *self.begun_over)

    def ended(self, case_id: str) -> None:
        self.over.append(case_id)


class _ExaminerDesk:
    """Puts what an examiner is asked on the agenda of all, or nowhere where the test says that examiners hang."""

    def __init__(self, desk: "Desk") -> None:
        self._desk = desk

    def now(self, name: str, run: Callable[[], None]) -> None:
        if not self._desk.examiners_hang:
            self._desk.agenda.now(name, run)


class Desk:
    """The flow from event to case on real stores."""

    def __init__(self, folder: Path, agenda: FakeAgenda | Agenda, cases: CaseStore | None = None) -> None:
        self.folder = folder
        self.keeper: FakeKeeper = FakeKeeper()
        self.ladders = FakeLadders()
        self.cases = cases or CaseStore(f"sqlite:///{folder / 'cases.sqlite'}")
        self.evidence = EvidenceStore(folder / "evidence")
        self.presence: Presence = "unknown"
        self.examiners: tuple[Examiner, ...] = ()
        self.examiners_hang = False
        self.told: list[str] = []
        self.watches_kept: list[tuple[str, bool]] = []  # camera, and whether evidence was there by then
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
            agenda,  # type: ignore[arg-type]
            lambda _case: self.presence,
            lambda _case, _change: None,
        )
        self.later = LaterPictures(later_parts, settings, self.folder / "later")
        exam_parts = ExaminingParts(self.cases, self.evidence, agenda, self.ladders, self.on_change)  # type: ignore[arg-type]
        self.examining = Examining(exam_parts, self.examiners, wait_s=60.0, desk=lambda _name: _ExaminerDesk(self))  # type: ignore[arg-type, return-value]
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
            self.keep_watch,
            self.examining,
        )
        self.flow = CaseFlow(parts, agenda)  # type: ignore[arg-type]

    def keep_watch(self, camera_id: str) -> None:
        self.watches_kept.append((camera_id, self.evidence.case_folder(case_id_of("gate-kerb-1")) is not None))

    def on_change(self, _case: Case, change: str) -> None:
        self.told.append(change)

    def file_names(self) -> list[str]:
        return [file.name for file in self.cases.get(case_id_of("gate-kerb-1")).files]

    def missing(self) -> tuple[str, ...]:
        return self.cases.get(case_id_of("gate-kerb-1")).incomplete


def run(desk: Desk, seconds: float = 0.0) -> None:
    assert isinstance(desk.agenda, FakeAgenda)
    desk.agenda.run(seconds)


def try_again(desk: Desk) -> None:
    assert isinstance(desk.agenda, FakeAgenda)
    desk.agenda.try_again()


def stop(desk: Desk) -> None:
    assert isinstance(desk.agenda, FakeAgenda)
    desk.agenda.stop()
