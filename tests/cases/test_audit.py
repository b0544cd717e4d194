"""A check of a case finds what was altered, and nothing where nothing was."""

from pathlib import Path

import pytest

from cases.audit import PAGE, audit_case, every_case
from cases.evidence import EvidenceStore
from cases.records import Case
from cases.states import Action
from cases.store import CaseStore
from tests.cases.builders import NOON, case_id_of, facts, new_case, pack_of, parts, warning


@pytest.fixture
def evidence(tmp_path: Path) -> EvidenceStore:
    return EvidenceStore(tmp_path / "evidence")


def whole_case(store: CaseStore, evidence: EvidenceStore) -> Case:
    """Open a case with two packs, a warning and two decisions."""
    case_id = case_id_of("event-1")
    store.open_case(new_case(), evidence.write_pack(case_id, parts(), facts()))
    store.add_pack(case_id, evidence.write_pack(case_id, parts(), facts()))
    store.add_warning(case_id, warning())
    store.apply(case_id, Action.CONFIRM, actor="li", reason="", at=NOON)
    return store.apply(case_id, Action.DISMISS, actor="li", reason="resident", at=NOON)


def test_whole_case_has_nothing_wrong(store: CaseStore, evidence: EvidenceStore) -> None:
    assert audit_case(store, evidence, whole_case(store, evidence)) == ()


def test_altered_and_missing_files_are_named(store: CaseStore, evidence: EvidenceStore) -> None:
    case = whole_case(store, evidence)
    folder = evidence.root / case.packs[0].folder
    (folder / "panorama-1.jpg").write_bytes(b"Panorama")
    (folder / "close-up.jpg").unlink()
    told = audit_case(store, evidence, case)
    assert [sentence.split(": ")[:2] for sentence in told] == [
        ["pack-0001/panorama-1.jpg", "changed"],
        ["pack-0001/close-up.jpg", "missing"],
    ]


def test_pack_that_is_being_written_is_no_mistake(store: CaseStore, evidence: EvidenceStore) -> None:
    case = whole_case(store, evidence)
    (evidence.root / case.packs[0].folder).with_name(".pack-0003.writing").mkdir()
    assert audit_case(store, evidence, case) == ()


def test_state_that_its_history_does_not_tell_is_named(store: CaseStore, evidence: EvidenceStore) -> None:
    case = whole_case(store, evidence)
    with store.database.writing() as session:
        session.connection().exec_driver_sql("UPDATE cases SET state = 'filed'")
    assert audit_case(store, evidence, case) == (
        "history: ends as dismissed, revision 3, but the case is filed, revision 3",
    )


def test_every_case_comes_once(store: CaseStore) -> None:
    events = [f"event-{number}" for number in range(PAGE + 3)]
    for event_id in events:
        store.open_case(new_case(event_id), pack_of(event_id))
    assert sorted(case.event_id for case in every_case(store)) == sorted(events)
