"""The ladder on real cases: warned, filed, resolved, held and gone on with."""

import errno
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from broadcast.ladder import Ladder
from broadcast.receipts import Receipt
from broadcast.settings import LadderSettings
from cases.errors import DatabaseError
from cases.evidence import EvidenceStore
from cases.permits import Control, Findings, Permit, Region
from cases.records import Case, CaseWarning
from cases.schedules import ALWAYS
from cases.spots import Kinship, Proposal
from cases.states import Action, CaseState
from cases.store import CaseStore
from pipeline.ladder_runner import LadderRunner, RunnerParts
from tests.pipeline.fakes import NOON, FakeAgenda, event, facts, new_case, part, receipt

WAIT_S = 60.0
PERMIT = Permit("夜市-001", "李", frozenset({"0499"}), Region(), ALWAYS)
CONTROL = Control("庙会", "值班长", "", frozenset(), Region(), ALWAYS)


class Street:
    """One case on the ladder, with a horn and an offender that the test moves."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.agenda = FakeAgenda()
        self.cases = CaseStore(f"sqlite:///{folder / 'cases.sqlite'}")
        self.presence = "present"
        self.refusal = ""
        self.findings = Findings()
        self.answer = receipt()
        self.said: list[int] = []
        self.answers = True
        self.receipts: list[Callable[[Receipt], None]] = []
        self.stills = 0
        self.runner = self.new_runner()
        pack = EvidenceStore(folder / "evidence").write_pack(new_case(event()).case_id, [part()], facts(event()))
        self.case = self.cases.open_case(new_case(event()), pack)

    def new_runner(self) -> LadderRunner:
        def speak(case: Case, level: int, on_receipt: Callable[[Receipt], None]) -> None:
            self.said.append(level)
            if not self.answers:
                self.receipts.append(on_receipt)
                return
            if self.answer.ok:
                self.cases.apply(case.case_id, Action.WARN, actor="system", reason="", at=NOON)
            on_receipt(self.answer)

        def look_back(_event: object, _case_id: str) -> None:
            self.stills += 1

        parts = RunnerParts(
            ladder=Ladder(LadderSettings(wait_s=WAIT_S)),
            cases=self.cases,
            agenda=self.agenda,  # type: ignore[arg-type]
            presence=lambda _case: self.presence,  # type: ignore[arg-type, return-value]
            refusal=lambda _case: self.refusal,
            speak=speak,
            look_back=look_back,
            findings=lambda _case: self.findings,
            on_change=lambda _case, _change: None,
        )
        return LadderRunner(parts, self.folder / "ladders", clock=self.agenda.clock)

    @property
    def state(self) -> CaseState:
        return self.cases.get(self.case.case_id).state

    @property
    def last_reason(self) -> str:
        return self.cases.history(self.case.case_id)[-1].reason


@pytest.fixture
def street(tmp_path: Path) -> Street:
    return Street(tmp_path)


def test_offender_who_stays_is_warned_twice_and_filed(street: Street) -> None:
    street.runner.begin(street.case, event())
    street.agenda.run(2 * WAIT_S + 1)
    assert (street.said, street.state, street.stills) == ([1, 2], CaseState.FILED, 2)
    assert street.last_reason == "still there after 2 warnings"


def test_what_is_permitted_is_neither_spoken_to_nor_filed(street: Street) -> None:
    street.findings = Findings(permits=(PERMIT,))
    street.runner.begin(street.case, event())
    street.agenda.run(3 * WAIT_S)
    assert (street.said, street.state) == ([], CaseState.CANDIDATE)


def test_permit_that_a_new_start_has_read_ends_the_ladder_without_a_word(street: Street) -> None:
    street.answers = False
    street.runner.begin(street.case, event())
    street.agenda.run(1)
    street.said.clear()
    street.findings = Findings(permits=(PERMIT,))
    again = street.new_runner()
    again.resume([street.cases.get(street.case.case_id)])
    street.agenda.run(3 * WAIT_S)
    assert (street.said, street.state) == ([], CaseState.CANDIDATE)
    assert list((street.folder / "ladders").iterdir()) == []


def test_who_had_left_by_the_start_is_not_warned_any_more(street: Street) -> None:
    street.answers = False
    street.runner.begin(street.case, event())
    street.agenda.run(1)
    street.said.clear()
    street.presence = "gone"
    again = street.new_runner()
    again.resume([street.cases.get(street.case.case_id)])
    street.agenda.run(WAIT_S)
    assert (street.said, street.state, street.last_reason) == ([], CaseState.RESOLVED, "left before any warning")


@pytest.mark.parametrize(
    ("why", "was_warned", "said"),
    [
        ("came_back", True, [2]),
        ("returned", True, [2]),
        ("returned", False, [1, 2]),
        ("still_there", True, [1, 2]),
        ("another", True, [1, 2]),
    ],
)
def test_who_was_warned_and_came_back_hears_the_stronger_warning_first(
    street: Street, why: str, was_warned: bool, said: list[int]
) -> None:
    if was_warned:
        warning = CaseWarning(
            horn_id="h",
            phrase="vending.1",
            level=1,
            text="收摊",
            started_at=NOON,
            duration_s=3.0,
            ok=True,
            detail="",
            codec="pcm_s16le",
            bytes_sent=1000,
            audio_sha256="ab",
            file="",
        )
        street.cases.add_warning(street.case.case_id, warning)
    back = event(event_id="gate-kerb-2")
    new = replace(new_case(back), proposal=Proposal("", Kinship.RECURRENCE, street.case.case_id, why=why))
    pack = EvidenceStore(street.folder / "evidence").write_pack(new.case_id, [part()], facts(back))
    case = street.cases.open_case(new, pack)
    street.runner.begin(case, back)
    street.agenda.run(3 * WAIT_S)
    assert street.said == said
    assert street.cases.get(case.case_id).state is CaseState.FILED


def test_what_is_under_control_is_warned_but_left_to_a_person_to_file(street: Street) -> None:
    street.findings = Findings(controls=(CONTROL,))
    street.runner.begin(street.case, event())
    street.agenda.run(3 * WAIT_S)
    assert (street.said, street.state) == ([1, 2], CaseState.WARNED)
    assert list((street.folder / "ladders").iterdir()) == []


def test_offender_who_leaves_after_the_first_warning_is_resolved(street: Street) -> None:
    street.runner.begin(street.case, event())
    street.agenda.run(10)
    street.presence = "gone"
    street.runner.ended(street.case.case_id)
    street.agenda.run(1)
    assert (street.said, street.state) == ([1], CaseState.RESOLVED)
    assert street.last_reason == "left after the warning"


def test_camera_that_is_away_neither_files_nor_resolves(street: Street) -> None:
    street.runner.begin(street.case, event())
    street.agenda.run(10)
    street.presence = "unknown"
    street.agenda.run(5 * WAIT_S)
    assert (street.said, street.state) == ([1], CaseState.WARNED)


def test_ladder_goes_on_when_the_camera_is_back(street: Street) -> None:
    street.runner.begin(street.case, event())
    street.presence = "unknown"
    street.agenda.run(3 * WAIT_S)
    street.presence = "present"
    street.agenda.run(10)
    assert street.said == [1, 2]


def test_quiet_hours_file_without_a_word_and_say_why(street: Street) -> None:
    street.refusal = "quiet hours until 07:00"
    street.runner.begin(street.case, event())
    street.agenda.run(1)
    assert (street.said, street.state, street.last_reason) == ([], CaseState.FILED, "quiet hours until 07:00")


def test_horn_that_fails_does_not_stop_the_ladder(street: Street) -> None:
    street.answer = receipt(ok=False, detail="horn is away")
    street.runner.begin(street.case, event())
    street.agenda.run(10)
    assert (street.state, street.last_reason) == (CaseState.FILED, "horn is away")


def test_case_that_a_person_dismissed_is_left_alone(street: Street) -> None:
    street.runner.begin(street.case, event())
    street.agenda.run(10)
    street.cases.apply(street.case.case_id, Action.DISMISS, actor="li", reason="a stall of the fair", at=NOON)
    street.agenda.run(5 * WAIT_S)
    assert (street.said, street.state) == ([1], CaseState.DISMISSED)


def test_restart_goes_on_where_the_ladder_stood(street: Street) -> None:
    street.runner.begin(street.case, event())
    street.agenda.run(WAIT_S / 2)
    restart(street)
    street.agenda.run(WAIT_S / 2)
    assert street.said == [1, 2]
    street.agenda.run(WAIT_S + 1)
    assert street.state is CaseState.FILED


def test_warning_that_a_stop_cuts_off_is_said_again_after_the_restart(street: Street) -> None:
    street.answers = False
    street.runner.begin(street.case, event())
    street.runner.pause()
    street.receipts[0](receipt(ok=False, detail="the program stopped"))
    street.agenda.run(1)
    assert (street.said, street.state) == ([1], CaseState.CANDIDATE)
    restart(street)
    assert street.said == [1, 1]


def test_warning_that_was_said_whole_while_the_program_stops_is_not_said_again(street: Street) -> None:
    street.answers = False
    street.runner.begin(street.case, event())
    street.runner.pause()
    street.receipts[0](receipt())
    street.agenda.run(1)
    restart(street)
    assert street.said == [1]


def test_case_that_is_opened_while_the_program_stops_is_warned_after_the_restart(street: Street) -> None:
    street.runner.pause()
    street.runner.begin(street.case, event())
    street.agenda.run(1)
    assert street.said == []
    restart(street)
    assert street.said == [1]


def restart(street: Street) -> None:
    street.agenda._jobs.clear()
    street.runner = street.new_runner()
    street.runner.resume(street.cases.open_for_ladder())
    street.agenda.run(1)


def test_offence_that_is_over_before_its_ladder_is_resolved_without_a_word(street: Street) -> None:
    street.presence = "gone"
    street.runner.begin(street.case, event())
    assert (street.said, street.state, street.last_reason) == ([], CaseState.RESOLVED, "left before any warning")


def test_disk_that_takes_no_step_does_not_silence_the_warning(
    street: Street, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("pipeline.whole_files.os.fsync", full)
    street.runner.begin(street.case, event())
    street.agenda.run(2 * WAIT_S + 1)
    assert (street.said, street.state) == ([1, 2], CaseState.FILED)
    assert "the disk is full" in caplog.text


def test_filing_that_the_database_refuses_for_a_while_is_done_once_it_takes_it(
    street: Street, monkeypatch: pytest.MonkeyPatch
) -> None:
    street.refusal = "quiet hours until 07:00"
    apply = street.cases.apply

    def full(*_: object, **__: object) -> None:
        raise DatabaseError("database: database or disk is full")

    monkeypatch.setattr(street.cases, "apply", full)
    street.runner.begin(street.case, event())
    with pytest.raises(DatabaseError):
        street.agenda.run(1)
    monkeypatch.setattr(street.cases, "apply", apply)
    street.agenda.try_again()
    street.agenda.run(1)
    assert street.state is CaseState.FILED


def test_case_whose_step_is_lost_stays_with_the_operator(street: Street) -> None:
    street.runner.resume(street.cases.open_for_ladder())
    street.agenda.run(5 * WAIT_S)
    assert (street.said, street.state) == ([], CaseState.CANDIDATE)


def test_case_whose_step_is_lost_begins_anew_when_somebody_sees_its_offence(street: Street) -> None:
    street.runner.resume(street.cases.open_for_ladder())
    assert street.runner.lacks(street.case)
    street.runner.begin(street.case, event())
    street.agenda.run(1)
    assert (len(street.said), street.runner.lacks(street.case)) == (1, False)


def test_case_whose_step_is_lost_and_whose_offence_is_over_is_resolved(street: Street) -> None:
    street.presence = "gone"
    street.runner.resume(street.cases.open_for_ladder())
    assert (street.said, street.state) == ([], CaseState.RESOLVED)
