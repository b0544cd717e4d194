"""Operators' decisions become training rows: only what was judged, only what nobody can be recognised in."""

import errno
import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from cases.bystander_finder import BystanderFinder
from cases.database import Database, open_database
from cases.evidence import EvidenceStore
from cases.packs import OpeningFacts, PackPurpose, Part, PartRole
from cases.records import Case, case_id_of
from cases.states import Action
from cases.stills import close_up_jpeg, original_jpeg
from cases.store import SYSTEM, CaseStore
from datasets.errors import SetEmptyError, SetWriteError
from datasets.findings import Finding, FindingKind
from datasets.picture_files import read_bgr
from datasets.reading import SetFacts
from datasets.verdict_folder import VERDICTS_NAME, write_verdicts
from datasets.verdicts import Lesson, VerdictRow, verdict_rows
from datasets.yolo import read_yolo
from streams.recorded import UNKNOWN_START
from tests.cases.blurring import FACTS
from tests.cases.builders import facts, new_case
from tests.cases.failing_disk import FailingDisk
from tests.datasets.pictures import noise
from vision.arrays import SizeWH
from vision.classes import StreetClass
from vision.detections import Detections
from vision.frames import Frame, Planes

NOON = datetime(2026, 11, 21, 4, 0, tzinfo=UTC)
FRAME: SizeWH = (1280, 720)
BOX = (401.5, 300.25, 480.0, 420.0)
PERSON_BOX = (500.0, 250.0, 560.0, 430.0)
Decide = Callable[..., Case]


class SeesAPerson:
    """Sees one person in whole frames, and nobody in close-ups."""

    input_wh: SizeWH = FRAME

    def detect(self, frames: Sequence[Frame]) -> list[Detections]:
        row = (PERSON_BOX, 0.4, int(StreetClass.PERSON))
        return [Detections.of([row] if frame.size_wh == FRAME else []) for frame in frames]


FINDER = BystanderFinder(SeesAPerson(), FACTS)


def frame(seed: int) -> Frame:
    bgr = noise(seed, FRAME)
    bgr[250:430, 500:560] = np.random.default_rng(seed).integers(0, 256, (180, 60, 3), dtype=np.uint8)
    return Frame("gate-3", 0, 0.0, UNKNOWN_START, 0.0, Planes.from_bgr(bgr))


@pytest.fixture
def store(tmp_path: Path) -> CaseStore:
    database: Database = open_database(f"sqlite:///{tmp_path}/cases.sqlite")
    return CaseStore(database)


@pytest.fixture
def evidence(tmp_path: Path) -> EvidenceStore:
    return EvidenceStore(tmp_path / "evidence")


@pytest.fixture
def decide(store: CaseStore, evidence: EvidenceStore) -> Decide:
    """Open a case and take decisions about it, each an action with its reason."""

    def make(
        event_id: str,
        *decisions: tuple[Action, str],
        kind: str = "vending",
        label: str = "stall",
        panoramas: int = 2,
        actor: str = "wang",
    ) -> Case:
        opening = OpeningFacts("0406", BOX, label, 0.8, NOON - timedelta(seconds=300), NOON)
        parts = [Part(f"panorama-{i + 1}.jpg", original_jpeg(frame(i)), PartRole.PANORAMA) for i in range(panoramas)]
        parts.append(Part("close-up.jpg", close_up_jpeg(frame(1), BOX), PartRole.CLOSE_UP))
        pack_facts = facts(event_id=event_id, kind=kind, purpose=PackPurpose.OPENING, opening=opening)
        pack = evidence.write_pack(case_id_of(event_id), parts, pack_facts)
        case = store.open_case(new_case(event_id, kind=kind, box=BOX, class_label=label), pack)
        for number, (action, reason) in enumerate(decisions):
            at = NOON + timedelta(minutes=number)
            case = store.apply(case.case_id, action, actor=actor, reason=reason, at=at)
        return case

    return make


def rows_of(store: CaseStore, evidence: EvidenceStore) -> tuple[list[VerdictRow], list[Finding]]:
    findings: list[Finding] = []
    return list(verdict_rows(store, evidence, FINDER, findings)), findings


def test_confirmed_thing_is_marked_in_the_second_panorama(
    store: CaseStore, evidence: EvidenceStore, decide: Decide
) -> None:
    case = decide("e1", (Action.CONFIRM, ""))
    (row,), _ = rows_of(store, evidence)
    assert row.verdict.lesson is Lesson.THING
    assert row.picture.name == f"{case.case_id[:20]}-panorama-2"
    assert row.picture.labels.boxes.tolist() == [list(BOX)]
    assert row.picture.labels.class_ids.tolist() == [StreetClass.STALL]
    assert (row.picture.complete, row.picture.camera) == (frozenset(), "verdicts/gate-3")


def test_thing_is_marked_in_the_close_up_where_there_is_one_panorama(
    store: CaseStore, evidence: EvidenceStore, decide: Decide
) -> None:
    """The only panorama may be of minutes before."""
    decide("e1", (Action.CONFIRM, ""), panoramas=1)
    (row,), _ = rows_of(store, evidence)
    x1, y1, x2, y2 = row.picture.labels.boxes[0]
    close_up, whole = read_bgr(row.picture.source), frame(1).bgr()
    inner = slice(int(y1) + 4, int(y2) - 4), slice(int(x1) + 4, int(x2) - 4)
    same = whole[int(BOX[1]) + 4 : int(BOX[1]) + 4 + close_up[inner].shape[0]]
    same = same[:, int(BOX[0]) + 4 : int(BOX[0]) + 4 + close_up[inner].shape[1]]
    assert np.abs(close_up[inner].astype(int) - same).mean() < 8
    assert (x2 - x1, y2 - y1) == (BOX[2] - BOX[0], BOX[3] - BOX[1])


@pytest.mark.parametrize(
    ("reason", "kind", "label", "lesson"),
    [
        ("light_or_weather", "vending", "stall", Lesson.NOTHING),
        ("light_or_weather", "parking", "car", Lesson.NOTHING),
        ("not_an_offence", "vending", "stall", Lesson.NOTHING),
        ("not_an_offence", "vending", "unknown", Lesson.NOTHING),
        ("a heap of snow", "vending", "stall", Lesson.NOTHING),
        ("not_an_offence", "flyers", "unknown", Lesson.NOTHING),
        ("not_an_offence", "parking", "car", None),
        ("not_an_offence", "vending", "umbrella", None),
        ("permitted", "vending", "stall", None),
        ("waiting", "parking", "car", None),
        ("duplicate", "vending", "stall", None),
    ],
)
def test_dismissal_teaches_only_what_it_answers_for(
    store: CaseStore, evidence: EvidenceStore, decide: Decide, reason: str, kind: str, label: str, lesson: Lesson | None
) -> None:
    decide("e1", (Action.DISMISS, reason), kind=kind, label=label)
    rows, findings = rows_of(store, evidence)
    assert [row.verdict.lesson for row in rows] == ([lesson] if lesson else [])
    assert [finding.kind for finding in findings] == ([] if lesson else [FindingKind.NO_VERDICT])


def test_false_case_is_a_close_up_in_which_its_class_is_complete(
    store: CaseStore, evidence: EvidenceStore, decide: Decide
) -> None:
    decide("e1", (Action.DISMISS, "light_or_weather"))
    (row,), _ = rows_of(store, evidence)
    assert row.picture.name.endswith("-close-up")
    assert len(row.picture.labels) == len(row.picture.ignored) == 0
    assert row.picture.complete == {StreetClass.STALL}


def test_around_what_is_no_car_the_picture_says_nothing(
    store: CaseStore, evidence: EvidenceStore, decide: Decide
) -> None:
    decide("e1", (Action.DISMISS, "light_or_weather"), kind="parking", label="car")
    (row,), _ = rows_of(store, evidence)
    covered = np.zeros(row.picture.size_wh[::-1], bool)
    for x1, y1, x2, y2 in row.picture.ignored.astype(int).tolist():
        covered[y1:y2, x1:x2] = True
    assert not covered[row.picture.size_wh[1] // 2, row.picture.size_wh[0] // 2]
    assert 0.5 < covered.mean() < 0.95


def test_last_decision_counts(store: CaseStore, evidence: EvidenceStore, decide: Decide) -> None:
    decide("e1", (Action.CONFIRM, ""), (Action.DISMISS, "light_or_weather"))
    decide("e2", (Action.DISMISS, "not_an_offence"), (Action.REOPEN, "by_mistake"))
    rows, _ = rows_of(store, evidence)
    assert {row.case_id: row.verdict.lesson for row in rows} == {
        case_id_of("e1"): Lesson.NOTHING,
        case_id_of("e2"): Lesson.THING,
    }


def test_what_the_program_did_by_itself_is_no_verdict(
    store: CaseStore, evidence: EvidenceStore, decide: Decide
) -> None:
    decide("e1", (Action.FILE, ""), actor=SYSTEM)
    decide("e2", (Action.DISMISS, "gone"), actor=SYSTEM)
    rows, findings = rows_of(store, evidence)
    assert (rows, len(findings)) == ([], 2)


def test_person_in_a_panorama_cannot_be_recognised(store: CaseStore, evidence: EvidenceStore, decide: Decide) -> None:
    case = decide("e1", (Action.CONFIRM, ""))
    (row,), _ = rows_of(store, evidence)
    head = slice(252, 288), slice(502, 558)
    original = read_bgr(evidence.path_of(next(file.path for file in case.files if file.name == "panorama-2.jpg")))
    shown = read_bgr(row.picture.source)
    assert np.abs(np.diff(original[head].astype(int), axis=1)).mean() > 30
    assert np.abs(np.diff(shown[head].astype(int), axis=1)).mean() < 10
    assert row.blurred == ("heads", "plates")


def test_evidence_that_was_altered_or_is_gone_is_left_out(
    store: CaseStore, evidence: EvidenceStore, decide: Decide
) -> None:
    altered, gone = decide("e1", (Action.CONFIRM, "")), decide("e2", (Action.CONFIRM, ""))
    path = evidence.path_of(next(file.path for file in altered.files if file.name == "panorama-2.jpg"))
    path.chmod(0o600)
    path.write_bytes(path.read_bytes() + b"\0")
    evidence.path_of(next(file.path for file in gone.files if file.name == "panorama-2.jpg")).unlink()
    rows, findings = rows_of(store, evidence)
    assert rows == []
    assert [finding.kind for finding in findings] == [FindingKind.LOST_EVIDENCE] * 2
    assert any("is not as it was written" in finding.place for finding in findings)


def test_written_verdicts_are_a_set_with_hard_negatives_and_papers_beside_it(
    store: CaseStore, evidence: EvidenceStore, decide: Decide, tmp_path: Path
) -> None:
    decide("e1", (Action.CONFIRM, ""))
    decide("e2", (Action.DISMISS, "light_or_weather"))
    decide("e3", (Action.CONFIRM, ""), kind="flyers", label="unknown")
    decide("e4", (Action.DISMISS, "a lawful notice"), kind="flyers", label="unknown")
    assert write_verdicts(tmp_path / "set", verdict_rows(store, evidence, FINDER, [])) == 4
    read = read_yolo(tmp_path / "set", SetFacts("verdicts"))
    assert sorted(len(picture.labels) for picture in read.pictures) == [0, 1]
    assert [len(list((tmp_path / "set" / "flyers" / half).iterdir())) for half in ("confirmed", "false")] == [1, 1]
    lines = [json.loads(line) for line in (tmp_path / "set" / VERDICTS_NAME).read_text().splitlines()]
    assert {(line["kind"], line["lesson"], line["class_name"]) for line in lines} == {
        ("vending", "thing", "stall"),
        ("vending", "nothing", "stall"),
        ("flyers", "thing", None),
        ("flyers", "nothing", None),
    }
    told = (tmp_path / "set" / VERDICTS_NAME).read_text()
    assert all(word not in told for word in ("wang", "东门", "lawful notice"))
    assert all((tmp_path / "set" / line["picture"]).is_file() for line in lines)


def test_set_without_a_verdict_is_refused_and_a_full_disk_leaves_none(
    store: CaseStore, evidence: EvidenceStore, decide: Decide, tmp_path: Path
) -> None:
    decide("e1")
    with pytest.raises(SetEmptyError, match="confirm or dismiss some"):
        write_verdicts(tmp_path / "set", verdict_rows(store, evidence, FINDER, []))
    decide("e2", (Action.CONFIRM, ""))
    with pytest.raises(SetWriteError, match="the disk is full"):
        write_verdicts(tmp_path / "set", verdict_rows(store, evidence, FINDER, []), disk=FailingDisk(6, errno.ENOSPC))
    assert not (tmp_path / "set").exists()
    assert not list(tmp_path.glob(".set*"))
