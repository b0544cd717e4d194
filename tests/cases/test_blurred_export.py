"""What is handed out by default: copies in which bystanders are hidden, a lead until it is released."""

import json
import re
import shutil
import subprocess
import zipfile
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from pydantic import JsonValue

from cases.blurred_copies import NOTE_SUFFIX
from cases.code_files import bundled_table
from cases.deeds import Order
from cases.evidence import EvidenceStore
from cases.evidence_errors import BlurError
from cases.export import ExportDesk, ExportRequest, export_case
from cases.export_check import check_export
from cases.export_form import ExportNote, note_bytes, parse_note
from cases.marks import Marks
from cases.noting import EvidenceDeed
from cases.packs import Part, PartRole
from cases.posts import Doer
from cases.problems import ProblemKind
from cases.records import Case, case_id_of
from cases.retention import RetentionDays
from cases.retention_job import RetentionJob, RetentionParts
from cases.states import Action
from cases.store import CaseStore
from cases.timekeeping import URGE
from cases.wording import Words
from tests.cases.blurring import BrokenLooker, copies, decoded, detail, finder, noise_jpeg
from tests.cases.builders import KEY, NOON, TRUST, facts, new_case, pack_of

HEAD = (slice(60, 95), slice(200, 240))


@pytest.fixture
def desk(store: CaseStore, tmp_path: Path) -> ExportDesk:
    evidence = EvidenceStore(tmp_path / "evidence", signer=KEY, clock=lambda: NOON)
    words, zone = Words.load(), ZoneInfo("Asia/Shanghai")
    made = copies(tmp_path / "blurred", evidence)
    return ExportDesk(store, evidence, KEY, TRUST, bundled_table(), words, zone, "streetwarden 9", made)


@pytest.fixture
def case(desk: ExportDesk) -> Case:
    case_id = case_id_of("event-1")
    first = [Part("panorama-1.jpg", noise_jpeg(), PartRole.PANORAMA)]
    desk.cases.open_case(new_case(), desk.evidence.write_pack(case_id, first, facts()))
    later = [Part("panorama-2.jpg", noise_jpeg((320, 240)), PartRole.PANORAMA)]
    return desk.cases.add_pack(case_id, desk.evidence.write_pack(case_id, later, facts()))


def request(target: Path, *, originals: bool = False) -> ExportRequest:
    return ExportRequest("li", "court", NOON + timedelta(days=1), target, wants_originals=originals)


def names(path: Path) -> list[str]:
    with zipfile.ZipFile(path) as archive:
        return [name.split("/", 1)[1] for name in archive.namelist()]


def read(path: Path, name: str) -> bytes:
    with zipfile.ZipFile(path) as archive:
        return archive.read(f"{path.stem}/{name}")


def test_export_holds_copies_and_notes_in_place_of_pictures(desk: ExportDesk, case: Case, tmp_path: Path) -> None:
    path = export_case(desk, case, request(tmp_path)).path

    assert [name for name in names(path) if name.startswith(("evidence", "blurred"))] == [
        "blurred/pack-0001/panorama-1.jpg",
        "blurred/pack-0001/panorama-1.jpg.note",
        "evidence/pack-0001/manifest.json",
        "evidence/pack-0001/manifest.sig",
        "blurred/pack-0002/panorama-2.jpg",
        "blurred/pack-0002/panorama-2.jpg.note",
        "evidence/pack-0002/manifest.json",
        "evidence/pack-0002/manifest.sig",
    ]
    assert detail(decoded(read(path, "blurred/pack-0001/panorama-1.jpg"))[HEAD]) < 10
    assert parse_note(read(path, "export.json")).is_blurred


def test_blurred_export_verifies_and_counts_what_is_withheld(desk: ExportDesk, case: Case, tmp_path: Path) -> None:
    path = export_case(desk, case, request(tmp_path)).path

    checked = check_export(path, TRUST)

    assert (checked.problems, checked.withheld, checked.deleted) == ((), 2, 0)


def typed_steps(path: Path, folder: Path) -> str:
    """Type the steps of VERIFY.txt in an unpacked ZIP, each of which must succeed, and return what they say."""
    subprocess.run(["unzip", "-q", str(path), "-d", str(folder)], check=True)
    lines = (folder / path.stem / "VERIFY.txt").read_text("utf-8").splitlines()
    steps = [line.strip() for line in lines if re.match(r" {4}\S", line)][2:]
    told = [
        subprocess.run(["bash", "-c", step], cwd=folder / path.stem, capture_output=True, text=True) for step in steps
    ]
    assert [each.returncode for each in told] == [0] * len(steps)
    return "".join(each.stdout for each in told)


def test_steps_of_verify_txt_succeed_on_a_blurred_export(desk: ExportDesk, case: Case, tmp_path: Path) -> None:
    said = typed_steps(export_case(desk, case, request(tmp_path)).path, tmp_path / "out")

    assert "FAILED" not in said
    assert "blurred/pack-0002/panorama-2.jpg: OK" in said


def altered(path: Path, change: Callable[[Path], None]) -> Path:
    """Unpack a ZIP, change what is in it, and pack it again as it was, with fitting sums but the old signature."""
    folder = path.parent / "unpacked"
    with zipfile.ZipFile(path) as archive:
        order = archive.namelist()
        archive.extractall(folder)
    change(folder / path.stem)
    again = path.with_name("again.zip")
    with zipfile.ZipFile(again, "w", zipfile.ZIP_STORED) as archive:
        for name in order:
            if (folder / name).is_file():
                archive.write(folder / name, name)
    shutil.rmtree(folder)
    return again


def test_copy_of_something_else_stands_for_no_original(desk: ExportDesk, case: Case, tmp_path: Path) -> None:
    path = export_case(desk, case, request(tmp_path)).path

    def swap(folder: Path) -> None:
        shutil.copy(folder / "blurred/pack-0002/panorama-2.jpg", folder / "blurred/pack-0001/panorama-1.jpg")

    problems = check_export(altered(path, swap), TRUST).problems

    said = {(problem.kind, problem.path) for problem in problems}
    assert (ProblemKind.CHANGED, f"blurred/pack-0001/panorama-1.jpg{NOTE_SUFFIX}") in said
    assert (ProblemKind.MISSING, "evidence/pack-0001/panorama-1.jpg") in said


def test_export_of_originals_without_its_pictures_is_not_excused(desk: ExportDesk, case: Case, tmp_path: Path) -> None:
    path = export_case(desk, case, request(tmp_path, originals=True)).path

    problems = check_export(altered(path, lambda top: (top / "evidence/pack-0001/panorama-1.jpg").unlink()), TRUST)

    assert (ProblemKind.MISSING, "evidence/pack-0001/panorama-1.jpg") in {(p.kind, p.path) for p in problems.problems}


def test_originals_are_handed_out_on_request_and_the_history_says_so(
    desk: ExportDesk, case: Case, tmp_path: Path
) -> None:
    path = export_case(desk, case, request(tmp_path, originals=True)).path

    assert "evidence/pack-0001/panorama-1.jpg" in names(path)
    assert not [name for name in names(path) if name.startswith("blurred/")]
    assert not parse_note(read(path, "export.json")).is_blurred
    assert [row.action for row in desk.cases.history(case.case_id)][-2:] == ["view", "export"]
    assert check_export(path, TRUST).problems == ()


def test_nothing_is_handed_out_where_bystanders_cannot_be_hidden(desk: ExportDesk, case: Case, tmp_path: Path) -> None:
    broken = copies(tmp_path / "other", desk.evidence, finder(looker=BrokenLooker([])))

    for made in (broken, None):
        with pytest.raises(BlurError):
            export_case(replace(desk, copies=made), case, request(tmp_path / "case.zip"))
    assert not (tmp_path / "case.zip").exists()
    assert [row.action for row in desk.cases.history(case.case_id)] == ["open", "add_pack", "add_pack"]


def sheet_of(desk: ExportDesk, case: Case, target: Path) -> tuple[str, ExportNote]:
    path = export_case(desk, case, request(target)).path
    return read(path, "sheet.html").decode(), parse_note(read(path, "export.json"))


def test_sheet_says_lead_only_until_a_reviewer_releases_the_case(desk: ExportDesk, case: Case, tmp_path: Path) -> None:
    before, note = sheet_of(desk, case, tmp_path)
    assert "仅作线索" in before
    assert not note.is_released
    device: dict[str, JsonValue] = {"device": {"approval": "审核12号"}}
    Marks(desk.cases.database).release(case.case_id, EvidenceDeed("zhao", NOON, "第三十条"), device)

    (tmp_path / "released").mkdir()
    after, note = sheet_of(desk, case, tmp_path / "released")

    assert "仅作线索" not in after
    assert all(word in after for word in ("zhao", "第三十条", "审核12号"))
    assert note.is_released


def test_sheet_shows_the_copies_and_tells_that_they_are_blurred(desk: ExportDesk, case: Case, tmp_path: Path) -> None:
    sheet, _ = sheet_of(desk, case, tmp_path)

    assert 'src="blurred/pack-0001/panorama-1.jpg"' in sheet
    assert "heads and plates of bystanders are hidden" in sheet
    assert "untouched originals" not in sheet


def test_case_whose_evidence_was_deleted_by_rule_is_handed_out_with_the_proof(
    desk: ExportDesk, case: Case, tmp_path: Path
) -> None:
    assert desk.copies is not None
    late = NOON + timedelta(days=60)
    parts = RetentionParts(desk.cases, desk.evidence, desk.copies, RetentionDays(), lambda: late, TRUST, "9")
    RetentionJob(parts).run()

    path = export_case(desk, desk.cases.get(case.case_id), request(tmp_path)).path

    assert "evidence/pack-0003/deletion.json" in names(path)
    checked = check_export(path, TRUST)
    assert (checked.problems, checked.deleted, checked.withheld) == ((), 2, 0)
    assert "deleted by a rule of retention" in read(path, "sheet.html").decode()
    said = typed_steps(path, tmp_path / "out")
    assert "evidence/pack-0003/deletion.json: OK" in said
    assert "FAILED" not in said


def test_note_of_the_first_layout_is_still_read_byte_by_byte() -> None:
    note = ExportNote("c", "SW1", NOON, "li", "court", (), "ab", "9", format="streetwarden-export/1")

    content = note_bytes(note)

    assert "is_released" not in json.loads(content)
    assert note_bytes(parse_note(content)) == content


def test_sheet_names_the_unit_and_the_case_that_it_was_merged_into(
    desk: ExportDesk, case: Case, tmp_path: Path
) -> None:
    other = desk.cases.open_case(new_case("event-2"), pack_of("event-2"))
    do = {"by": Doer("li"), "at": NOON}
    desk.cases.decide(case.case_id, Order(Action.MERGE, "surely the same offence", into=other.number), **do)
    merged, _ = sheet_of(desk, desk.cases.get(case.case_id), tmp_path)

    assert f"<td>{other.number}</td>" in merged
    assert "并入案件" in merged
    assert "尚无" in merged


def test_sheet_says_what_the_program_wrote_in_both_languages(desk: ExportDesk, case: Case, tmp_path: Path) -> None:
    for order in (Order(Action.FILE), Order(Action.ACCEPT), Order(Action.APPROVE)):
        desk.cases.decide(case.case_id, order, by=Doer("li"), at=NOON)
    desk.cases.decide(case.case_id, Order(Action.DISPATCH, unit="二中队"), by=Doer("li"), at=NOON)
    desk.cases.decide(case.case_id, URGE, by=Doer("system"), at=NOON)
    desk.cases.decide(case.case_id, Order(Action.SEND_BACK, "not_ours"), by=Doer("qian"), at=NOON)

    sheet, _ = sheet_of(desk, desk.cases.get(case.case_id), tmp_path)

    assert "<td>二中队</td>" in sheet
    assert '处置时限已过 <span class="en">Its time is up</span>' in sheet
    assert '非本单位职责 <span class="en">Not our work</span>' in sheet
    assert "not_ours" not in sheet
