"""Copies of evidence: made once, of the untouched original, with a note that ties the two; never unblurred silently."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from cases.blurred_copies import NOTE_SUFFIX, parse_note
from cases.evidence import EvidenceStore
from cases.evidence_errors import BlurError, EvidenceAlteredError, EvidenceDeletedError, EvidenceMissingError
from cases.packs import PackPurpose, Part, PartRole, sha256_hex
from cases.records import Case, case_id_of
from cases.stills import close_up_box
from cases.store import CaseStore
from tests.cases.blurring import BrokenLooker, FakeLooker, Rows, copies, decoded, detail, finder, noise, noise_jpeg
from tests.cases.builders import KEY, NOON, facts, new_case
from vision.classes import StreetClass

HEAD = (slice(60, 95), slice(200, 240))
CAR = (100.0, 100.0, 300.0, 200.0)
PLATE = (slice(150, 195), slice(120, 280))
CARS: Rows = [(CAR, 0.9, StreetClass.CAR)]


@pytest.fixture
def evidence(tmp_path: Path) -> EvidenceStore:
    return EvidenceStore(tmp_path / "evidence", signer=KEY, clock=lambda: NOON)


def opened(store: CaseStore, evidence: EvidenceStore, *parts: Part, kind: str = "vending") -> Case:
    """Open a case with these files; its box is that of `CAR`."""
    new = new_case(kind=kind, box=CAR)
    return store.open_case(new, evidence.write_pack(case_id_of("event-1"), parts, facts(kind=kind)))


def panorama(name: str = "panorama-1.jpg", role: PartRole = PartRole.PANORAMA) -> Part:
    return Part(name, noise_jpeg(), role)


def test_copy_hides_the_head_and_its_note_ties_it_to_the_original(
    store: CaseStore, evidence: EvidenceStore, tmp_path: Path
) -> None:
    case = opened(store, evidence, panorama())
    original = evidence.path_of(case.files[0].path).read_bytes()

    copy = copies(tmp_path / "blurred", evidence).of(case, case.files[0])

    content = copy.path.read_bytes()
    assert detail(decoded(content)[HEAD]) < 0.1 * detail(decoded(original)[HEAD])
    assert detail(decoded(content)[200:, :]) > 0.5 * detail(decoded(original)[200:, :])
    assert parse_note(copy.path.with_name(copy.path.name + NOTE_SUFFIX).read_bytes()) == copy.note
    assert (copy.note.original_sha256, copy.note.sha256) == (sha256_hex(original), sha256_hex(content))
    assert (copy.note.found_by.model, copy.note.regions) == ("people", 1)
    assert evidence.path_of(case.files[0].path).read_bytes() == original
    assert evidence.verify(case.case_id, case.manifests).problems == ()


def test_copy_is_made_once_and_again_where_it_was_altered(
    store: CaseStore, evidence: EvidenceStore, tmp_path: Path
) -> None:
    case = opened(store, evidence, panorama())
    looker = FakeLooker([])
    desk = copies(tmp_path / "blurred", evidence, finder(looker=looker))
    first = desk.of(case, case.files[0])
    assert desk.of(case, case.files[0]) == first
    assert looker.looks == 1

    first.path.write_bytes(noise_jpeg((64, 64)))

    assert desk.of(case, case.files[0]) == first
    assert sha256_hex(first.path.read_bytes()) == first.note.sha256


def test_plate_of_the_parked_offender_is_spared_while_it_stands_there(
    store: CaseStore, evidence: EvidenceStore, tmp_path: Path
) -> None:
    case = opened(store, evidence, panorama(), kind="parking")
    later = evidence.write_pack(case.case_id, [panorama("later.jpg")], facts(purpose=PackPurpose.AFTER_WARNING))
    case = store.add_pack(case.case_id, later)
    desk = copies(tmp_path / "blurred", evidence, finder(CARS))

    first, after = (desk.of(case, file) for file in case.files)

    assert detail(decoded(first.path.read_bytes())[PLATE]) > 20
    assert detail(decoded(after.path.read_bytes())[PLATE]) < 10
    assert (first.note.spares_offender, after.note.spares_offender) == (True, False)


def test_no_plate_is_spared_where_the_case_is_about_no_vehicle(
    store: CaseStore, evidence: EvidenceStore, tmp_path: Path
) -> None:
    case = opened(store, evidence, panorama())

    copy = copies(tmp_path / "blurred", evidence, finder(CARS)).of(case, case.files[0])

    assert detail(decoded(copy.path.read_bytes())[PLATE]) < 10


def test_offender_in_a_close_up_is_where_the_close_up_shows_it(
    store: CaseStore, evidence: EvidenceStore, tmp_path: Path
) -> None:
    left, top, right, bottom = (round(side) for side in close_up_box(CAR, (480, 320)))
    crop = noise()[top:bottom, left:right]
    close_up = Part("close-up.jpg", noise_jpeg((crop.shape[1], crop.shape[0])), PartRole.CLOSE_UP)
    case = opened(store, evidence, panorama(), close_up, kind="parking")
    there = CAR[0] - left, CAR[1] - top, CAR[2] - left, CAR[3] - top

    copy = copies(tmp_path / "blurred", evidence, finder([(there, 0.9, StreetClass.CAR)])).of(case, case.files[1])

    assert copy.note.regions == 0


def test_who_is_hidden_behind_drawn_lines_is_found_on_the_untouched_panorama(
    store: CaseStore, evidence: EvidenceStore, tmp_path: Path
) -> None:
    class OnlyPanoramas(FakeLooker):
        def detect(self, frames):  # type: ignore[no-untyped-def]
            found = super().detect(frames)
            return found if frames[0].size_wh == (480, 320) else [each[np.zeros(len(each), bool)] for each in found]

    marked = Part("marked.jpg", noise_jpeg((480, 360)), PartRole.MARKED)
    case = opened(store, evidence, panorama(), marked)
    looker = OnlyPanoramas([((200, 60, 240, 180), 0.5, StreetClass.PERSON)])

    copy = copies(tmp_path / "blurred", evidence, finder(looker=looker)).of(case, case.files[1])

    assert detail(decoded(copy.path.read_bytes())[HEAD]) < 10


def test_model_that_fails_leaves_no_copy(store: CaseStore, evidence: EvidenceStore, tmp_path: Path) -> None:
    case = opened(store, evidence, panorama())
    desk = copies(tmp_path / "blurred", evidence, finder(looker=BrokenLooker([])))

    with pytest.raises(BlurError, match="the engine is gone"):
        desk.of(case, case.files[0])
    assert not (tmp_path / "blurred").exists()


def test_altered_missing_or_unknown_originals_have_no_copy(
    store: CaseStore, evidence: EvidenceStore, tmp_path: Path
) -> None:
    sound = Part("warning.wav", b"RIFF", PartRole.AUDIO)
    case = opened(store, evidence, panorama(), panorama("b.jpg"), Part("c.jpg", b"no picture"), sound)
    desk = copies(tmp_path / "blurred", evidence)
    evidence.path_of(case.files[0].path).write_bytes(noise_jpeg((64, 64)))
    evidence.path_of(case.files[1].path).unlink()

    with pytest.raises(EvidenceAlteredError, match=r"panorama-1\.jpg is not as it was written"):
        desk.of(case, case.files[0])
    with pytest.raises(EvidenceMissingError):
        desk.of(case, case.files[1])
    with pytest.raises(BlurError, match=r"panorama-1|c\.jpg is no picture|b\.jpg"):
        desk.of(replace(case, packs=(replace(case.packs[0], files=(case.files[2],)),)), case.files[2])
    with pytest.raises(BlurError, match=r"warning\.wav is neither"):
        desk.of(replace(case, packs=(replace(case.packs[0], files=(case.files[3],)),)), case.files[3])


def test_deleted_file_is_said_to_be_deleted(store: CaseStore, evidence: EvidenceStore, tmp_path: Path) -> None:
    case = opened(store, evidence, panorama())
    gone = replace(case, packs=(replace(case.packs[0], deleted_at=NOON, deletion_rule="dismissed"),))

    with pytest.raises(EvidenceDeletedError, match=r"deleted on 2026-11-21 by the rule 'dismissed'"):
        copies(tmp_path / "blurred", evidence).of(gone, case.files[0])


def test_copies_go_with_their_originals(store: CaseStore, evidence: EvidenceStore, tmp_path: Path) -> None:
    case = opened(store, evidence, panorama())
    desk = copies(tmp_path / "blurred", evidence)
    desk.of(case, case.files[0])

    desk.forget(case.case_id, 1)

    assert list((tmp_path / "blurred").rglob("*")) == []
