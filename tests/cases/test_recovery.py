"""What a start after a crash finds: no row without files, no file without row, nothing whole thrown away."""

import os
import random
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from cases.disk import Disk
from cases.evidence import EvidenceStore
from cases.packs import MANIFEST_NAME
from cases.queries import CaseQuery
from cases.records import case_id_of
from cases.recovery import recover
from cases.store import CaseStore
from tests.cases.builders import KEY, NOON, OPENING, facts, new_case, parts
from tests.cases.failing_disk import FailingDisk

STEPS = 34
"""More steps than opening a case takes; beyond the last one nothing is killed."""


@pytest.fixture
def evidence(tmp_path: Path) -> EvidenceStore:
    return EvidenceStore(tmp_path / "evidence", signer=KEY)


def open_case(store: CaseStore, evidence: EvidenceStore, event_id: str) -> str:
    case_id = case_id_of(event_id)
    pack = evidence.write_pack(case_id, parts(), facts(event_id=event_id))
    store.open_case(new_case(event_id), pack)
    return case_id


def assert_rows_and_files_agree(store: CaseStore, evidence: EvidenceStore) -> None:
    for case in store.find(CaseQuery(limit=500)).cases:
        assert evidence.verify(case.case_id, case.manifests).problems == ()
    on_disk = {(path.parent.name, int(path.name[-4:])) for path in evidence.root.glob("[0-9]*/*/*/*/pack-*")}
    assert on_disk == store.known_packs()
    assert not list(evidence.root.rglob(".pack-*"))


class NotedDisk(Disk):
    """Notes which folders' names were forced to the medium."""

    def __init__(self) -> None:
        self.synced: list[Path] = []

    def sync_folder(self, path: Path) -> None:
        self.synced.append(path)
        super().sync_folder(path)


def test_way_to_a_pack_is_on_the_medium_before_it_gets_its_row(store: CaseStore, evidence: EvidenceStore) -> None:
    """A kill may have come between the pack's name and its fsync; a power cut after the row would then lose it."""
    pack = evidence.write_pack(case_id_of("event-1"), parts(), facts(opening=OPENING))
    disk = NotedDisk()

    EvidenceStore(evidence.root, disk=disk).sweep(store.known_packs())

    way = (evidence.root / pack.folder).parents
    assert set(way[: way.index(evidence.root) + 1]) <= set(disk.synced)


def test_folder_of_a_day_that_a_kill_left_is_made_durable(store: CaseStore, evidence: EvidenceStore) -> None:
    (evidence.root / "2026" / "11" / "21").mkdir(parents=True)
    disk = NotedDisk()

    EvidenceStore(evidence.root, disk=disk).sweep(store.known_packs())

    assert {evidence.root, evidence.root / "2026", evidence.root / "2026" / "11"} <= set(disk.synced)


def test_quiet_start_finds_nothing_to_do(store: CaseStore, evidence: EvidenceStore) -> None:
    case_id = open_case(store, evidence, "event-1")

    recovered = recover(store, evidence)

    swept = recovered.swept
    assert (swept.removed, swept.orphaned, swept.without_row, swept.missing) == ((), (), (), ())
    assert [case.case_id for case in recovered.open_cases] == [case_id]


def test_start_without_any_folder_is_fine(store: CaseStore, evidence: EvidenceStore) -> None:
    assert recover(store, evidence).open_cases == ()


def test_unfinished_pack_is_removed_and_named(store: CaseStore, evidence: EvidenceStore) -> None:
    case_id = open_case(store, evidence, "event-1")
    folder = evidence.case_folder(case_id)
    assert folder is not None
    (folder / ".pack-0002.writing").mkdir()
    (folder / ".pack-0002.writing" / "panorama-1.jpg").write_bytes(b"half")

    swept = recover(store, evidence).swept

    assert swept.removed == (f"{folder.relative_to(evidence.root)}/.pack-0002.writing",)
    assert_rows_and_files_agree(store, evidence)


def test_case_with_a_name_longer_than_its_row_holds_is_opened_with_the_beginning_of_it(
    store: CaseStore, evidence: EvidenceStore
) -> None:
    changes = {"camera_name": "N" * 201, "zone_name": "Z" * 201, "opening": OPENING}
    evidence.write_pack(case_id_of("event-1"), parts(), facts(event_id="event-1", **changes))

    recover(store, evidence)

    case = store.get(case_id_of("event-1"))
    assert (case.camera_name, case.zone_name) == ("N" * 200, "Z" * 200)
    assert_rows_and_files_agree(store, evidence)


def test_first_pack_that_no_case_can_be_made_of_is_set_aside_and_does_not_stop_the_start(
    store: CaseStore, evidence: EvidenceStore
) -> None:
    case_id = case_id_of("event-1")
    evidence.write_pack(case_id, parts(), facts(event_id="event-1", camera_id="c" * 129, opening=OPENING))

    (place,) = recover(store, evidence).swept.orphaned

    assert place.startswith(f"orphans/{case_id}/")
    assert_rows_and_files_agree(store, evidence)


def test_whole_pack_of_an_unknown_case_is_set_aside_not_deleted(store: CaseStore, evidence: EvidenceStore) -> None:
    evidence.write_pack("case-without-row", parts(), facts())

    (place,) = recover(store, evidence).swept.orphaned

    assert place.startswith("orphans/case-without-row/")
    assert (evidence.root / place / "panorama-1.jpg").read_bytes() == b"panorama"
    assert_rows_and_files_agree(store, evidence)


def test_whole_pack_of_a_known_case_gets_its_row(store: CaseStore, evidence: EvidenceStore) -> None:
    case_id = open_case(store, evidence, "event-1")
    evidence.write_pack(case_id, parts(), facts())

    recover(store, evidence)

    assert [pack.number for pack in store.get(case_id).packs] == [1, 2]
    assert_rows_and_files_agree(store, evidence)


def test_case_that_had_its_first_pack_but_no_row_is_opened_from_the_manifest(
    store: CaseStore, evidence: EvidenceStore
) -> None:
    case_id = case_id_of("event-1")
    pack = evidence.write_pack(case_id, parts(), facts(opening=OPENING))

    (case,) = recover(store, evidence).open_cases

    meant = new_case(opened_at=pack.manifest.written_at)
    assert {
        name: getattr(case, name) for name in ("event_id", "kind", "code", "box", "score", "reasons", "started_at")
    } == {name: getattr(meant, name) for name in ("event_id", "kind", "code", "box", "score", "reasons", "started_at")}
    assert (case.case_id, case.raised_at, case.created_at) == (case_id, NOON, meant.opened_at)
    assert_rows_and_files_agree(store, evidence)


def test_lost_database_is_rebuilt_from_the_evidence(store: CaseStore, evidence: EvidenceStore) -> None:
    for event_id in ("event-1", "event-2"):
        for opening in (OPENING, None):
            evidence.write_pack(case_id_of(event_id), parts(), facts(event_id=event_id, opening=opening))

    recover(store, evidence)

    assert sorted(len(case.packs) for case in store.find(CaseQuery()).cases) == [2, 2]
    assert_rows_and_files_agree(store, evidence)


def test_first_pack_that_somebody_moved_to_another_case_opens_none(store: CaseStore, evidence: EvidenceStore) -> None:
    evidence.write_pack("another-case", parts(), facts(opening=OPENING))

    assert recover(store, evidence).open_cases == ()
    assert_rows_and_files_agree(store, evidence)


def test_pack_without_manifest_and_without_row_is_set_aside(store: CaseStore, evidence: EvidenceStore) -> None:
    case_id = open_case(store, evidence, "event-1")
    pack = evidence.write_pack(case_id, parts(), facts())
    (evidence.root / pack.folder / MANIFEST_NAME).unlink()

    assert len(recover(store, evidence).swept.orphaned) == 1
    assert_rows_and_files_agree(store, evidence)


def test_stray_file_is_set_aside_not_deleted(store: CaseStore, evidence: EvidenceStore) -> None:
    folder = evidence.case_folder(open_case(store, evidence, "event-1"))
    assert folder is not None
    (folder / "note.txt").write_text("from a person")

    (place,) = recover(store, evidence).swept.orphaned

    assert (evidence.root / place).read_text() == "from a person"


def test_row_whose_pack_is_gone_is_reported_and_kept(store: CaseStore, evidence: EvidenceStore) -> None:
    case_id = open_case(store, evidence, "event-1")
    folder = evidence.case_folder(case_id)
    assert folder is not None
    Disk().remove_tree(folder)

    assert recover(store, evidence).swept.missing == ((case_id, 1),)
    assert store.get(case_id).packs


def test_second_sweep_finds_nothing_left(store: CaseStore, evidence: EvidenceStore) -> None:
    evidence.write_pack("case-without-row", parts(), facts())
    recover(store, evidence)

    swept = recover(store, evidence).swept

    assert (swept.removed, swept.orphaned) == ((), ())


def run_and_die(folder: Path, *arguments: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "tests.cases.dying_writer", str(folder), *arguments]
    return subprocess.Popen(command, stdout=subprocess.PIPE, cwd=Path(__file__).parents[2])


def test_program_that_dies_at_any_step_of_opening_a_case_leaves_rows_and_files_that_agree(tmp_path: Path) -> None:
    """One child opens cases, each dying at a later step by `os._exit` in a fork of its own."""
    child = run_and_die(tmp_path, "each-step", str(STEPS))
    output, _ = child.communicate(timeout=120)
    assert child.returncode == 0
    survived = output.decode().split()

    store = CaseStore(f"sqlite:///{tmp_path}/cases.sqlite")
    evidence = EvidenceStore(tmp_path / "evidence", signer=KEY)
    assert recover(store, evidence).swept.orphaned == ()

    assert_rows_and_files_agree(store, evidence)
    assert 0 < len(survived) < STEPS
    assert {case.event_id for case in store.find(CaseQuery(limit=500)).cases} >= set(survived)
    for step in range(1, STEPS + 1):  # the event is reported again after the restart
        open_case(store, evidence, f"event-{step}")
    assert store.find(CaseQuery()).total == STEPS
    assert recover(store, evidence).swept.missing == ()
    assert_rows_and_files_agree(store, evidence)
    store.close()


def test_killed_program_loses_no_case_that_it_announced_and_doubles_none(tmp_path: Path) -> None:
    chance = random.Random(4)  # noqa: S311 - a moment, not a secret
    announced: list[str] = []
    for life in range(3):
        child = run_and_die(tmp_path, "until-killed", f"life-{life}")
        assert child.stdout is not None
        for _ in range(chance.randrange(3, 12)):
            announced.append(child.stdout.readline().decode().strip())
        os.kill(child.pid, signal.SIGKILL)
        announced += child.communicate(timeout=60)[0].decode().split()

    store = CaseStore(f"sqlite:///{tmp_path}/cases.sqlite")
    evidence = EvidenceStore(tmp_path / "evidence", signer=KEY)
    assert recover(store, evidence).swept.orphaned == ()

    assert_rows_and_files_agree(store, evidence)
    events = [case.event_id for case in store.find(CaseQuery(limit=500)).cases]
    assert len(events) == len(set(events))
    assert set(announced) <= set(events)
    numbers = sorted(int(case.number[-4:]) for case in store.find(CaseQuery(limit=500)).cases)
    assert numbers == list(range(1, len(numbers) + 1))
    store.close()


def test_sweep_says_when_the_disk_refuses(store: CaseStore, evidence: EvidenceStore) -> None:
    evidence.write_pack("case-without-row", parts(), facts())
    refusing = EvidenceStore(evidence.root, disk=FailingDisk(1, 30))

    with pytest.raises(OSError, match="Read-only"):
        recover(store, refusing)
