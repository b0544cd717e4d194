"""A check of a case finds what was altered, and nothing where nothing was."""

from pathlib import Path

import pytest

from cases.audit import PAGE, check_case, check_surroundings, every_case
from cases.evidence import EvidenceStore
from cases.records import Case
from cases.states import Action
from cases.store import CaseStore
from cases.wording import Words
from tests.cases.builders import KEY, NOON, TRUST, case_id_of, facts, new_case, pack_of, parts, warning


@pytest.fixture
def evidence(tmp_path: Path) -> EvidenceStore:
    return EvidenceStore(tmp_path / "evidence", signer=KEY)


def told(store: CaseStore, evidence: EvidenceStore, case: Case) -> list[tuple[str, str]]:
    """Kind and path of what is wrong with a case."""
    return [(problem.kind.value, problem.path) for problem in check_case(store, evidence, case).problems]


def whole_case(store: CaseStore, evidence: EvidenceStore) -> Case:
    """Open a case with two packs, a warning and two decisions."""
    case_id = case_id_of("event-1")
    store.open_case(new_case(), evidence.write_pack(case_id, parts(), facts()))
    store.add_pack(case_id, evidence.write_pack(case_id, parts(), facts()))
    store.add_warning(case_id, warning())
    store.apply(case_id, Action.CONFIRM, actor="li", reason="", at=NOON)
    return store.apply(case_id, Action.DISMISS, actor="li", reason="resident", at=NOON)


def test_whole_case_has_nothing_wrong(store: CaseStore, evidence: EvidenceStore) -> None:
    assert told(store, evidence, whole_case(store, evidence)) == []


def test_altered_and_missing_files_are_named(store: CaseStore, evidence: EvidenceStore) -> None:
    case = whole_case(store, evidence)
    folder = evidence.root / case.packs[0].folder
    (folder / "panorama-1.jpg").write_bytes(b"Panorama")
    (folder / "close-up.jpg").unlink()
    assert told(store, evidence, case) == [
        ("changed", "pack-0001/panorama-1.jpg"),
        ("missing", "pack-0001/close-up.jpg"),
    ]


def test_pack_that_is_being_written_is_no_mistake(store: CaseStore, evidence: EvidenceStore) -> None:
    case = whole_case(store, evidence)
    (evidence.root / case.packs[0].folder).with_name(".pack-0003.writing").mkdir()
    assert told(store, evidence, case) == []


def test_state_that_its_history_does_not_tell_is_named(store: CaseStore, evidence: EvidenceStore) -> None:
    case = whole_case(store, evidence)
    with store.database.writing() as session:
        session.connection().exec_driver_sql("UPDATE cases SET state = 'filed'")
    (problem,) = check_case(store, evidence, case).problems
    assert Words.load().problem(problem, "en") == (
        "history: broken history: ends as dismissed, revision 3, but the case is filed, revision 3"
    )


def test_every_case_comes_once(store: CaseStore) -> None:
    events = [f"event-{number}" for number in range(PAGE + 3)]
    for event_id in events:
        store.open_case(new_case(event_id), pack_of(event_id))
    assert sorted(case.event_id for case in every_case(store)) == sorted(events)


def test_pack_whose_row_was_removed_is_named(store: CaseStore, evidence: EvidenceStore) -> None:
    case = whole_case(store, evidence)
    evidence.write_pack(case.case_id, parts(), facts())
    assert told(store, evidence, case) == [("extra", "pack-0003")]


def test_row_that_was_added_while_we_looked_is_no_mistake(store: CaseStore, evidence: EvidenceStore) -> None:
    before = whole_case(store, evidence)
    store.add_pack(before.case_id, evidence.write_pack(before.case_id, parts(), facts()))
    assert told(store, evidence, before) == []


def beside(store: CaseStore, evidence: EvidenceStore) -> list[tuple[str, str]]:
    return [(problem.kind.value, problem.path) for problem in check_surroundings(store, evidence, TRUST).problems]


def test_nothing_is_wrong_beside_whole_cases(store: CaseStore, evidence: EvidenceStore) -> None:
    assert beside(store, evidence) == []
    whole_case(store, evidence)
    (evidence.root / "orphans" / "case").mkdir(parents=True)
    assert beside(store, evidence) == []


def test_whatever_belongs_to_no_case_is_named(store: CaseStore, evidence: EvidenceStore) -> None:
    case = whole_case(store, evidence)
    day = (evidence.root / case.packs[0].folder).parent.parent
    evidence.write_pack("case-without-row", parts(), facts())
    (day / "note.txt").write_text("x", "utf-8")
    (evidence.root / "2020").symlink_to(day)
    (evidence.root / "1999" / "01" / "01" / case.case_id).mkdir(parents=True)
    (evidence.root / "1999" / "01" / "01" / case.case_id / "pack-0001").mkdir()
    names = {path.rsplit("/", 1)[-1] for kind, path in beside(store, evidence) if kind == "extra"}
    assert {"case-without-row", "note.txt", "2020"} <= names
    assert len(beside(store, evidence)) == 4


def test_case_folder_in_which_the_first_pack_is_being_written_is_no_mistake(
    store: CaseStore, evidence: EvidenceStore
) -> None:
    (evidence.root / "2026" / "11" / "21" / "new-case" / ".pack-0001.writing").mkdir(parents=True)
    assert beside(store, evidence) == []


def test_case_that_was_removed_from_rows_and_disk_leaves_a_gap_in_the_numbers(
    store: CaseStore, evidence: EvidenceStore
) -> None:
    numbers = [store.open_case(new_case(event), pack_of(event)).number for event in ("event-1", "event-2", "event-3")]
    with store.database.writing() as session:
        for table in ("files", "packs", "audit"):
            session.connection().exec_driver_sql(f"DELETE FROM {table}")  # noqa: S608 - names of our own
        session.connection().exec_driver_sql(f"DELETE FROM cases WHERE number = '{numbers[1]}'")  # noqa: S608
    assert beside(store, evidence) == [("missing", numbers[1])]
