"""Checks cases as a whole: each byte of evidence against manifests, signatures and rows, states against histories.

The service may be running meanwhile: a pack that is being written, or a row that was added just now, is no mistake.
"""

from collections.abc import Iterator
from pathlib import Path

from cases.errors import BrokenHistoryError, UnknownCaseError
from cases.evidence import EvidenceStore
from cases.keyring import ANNOUNCED, check_announcements
from cases.packs import folder_name, is_unfinished_name
from cases.problems import Checked, Findings, Problem, ProblemKind
from cases.queries import CaseQuery
from cases.records import Case
from cases.replay import Replayed, replay
from cases.store import CaseStore
from cases.sweeping import ORPHANS
from cases.trust import Trust

PAGE = 200
"""Cases asked for at once."""

DAY_DEPTH = 3
"""Folders from the evidence root down to those of cases: year, month, day."""


def every_case(store: CaseStore) -> Iterator[Case]:
    """Yield all cases, newest first; those opened meanwhile may be left out, and none comes twice."""
    after = None
    while cases := store.find(CaseQuery(limit=PAGE, after=after)).cases:
        yield from cases
        after = cases[-1].place


def check_case(store: CaseStore, evidence: EvidenceStore, case: Case, trust: Trust | None = None) -> Checked:
    """Say what does not fit about a case, paths relative to its folder. Nothing is altered.

    Args:
        store: where its row and history are.
        evidence: where its files are.
        case: as the store has it.
        trust: whose signatures count; see `EvidenceStore.verify`.
    """
    checked = evidence.verify(case.case_id, case.manifests, trust=trust)
    return checked + Checked((*_packs_without_row(store, evidence, case), *_history_problems(store, case)))


def check_surroundings(store: CaseStore, evidence: EvidenceStore, trust: Trust) -> Checked:
    """Say what does not fit beside the cases: folders without a case, numbers without a row, unknown keys."""
    found = Findings()
    for path in _stray(store, evidence):
        found.add(ProblemKind.EXTRA, path.relative_to(evidence.root).as_posix(), "no_case")
    for number in store.missing_numbers():
        found.add(ProblemKind.MISSING, number, "number_without_case")
    return found.checked() + Checked(check_announcements(evidence.root, trust))


def _stray(store: CaseStore, evidence: EvidenceStore) -> Iterator[Path]:
    """Yield what lies in the evidence folder and belongs to no case."""
    if not evidence.root.is_dir():
        return
    known = {case_id for case_id, _ in store.known_packs()}
    for path in _below(evidence.root, DAY_DEPTH):
        if path.name in known and path.is_dir() and not path.is_symlink():
            known.remove(path.name)  # a second folder of the same case is none of its own
        elif not _is_new(store, evidence, path):
            yield path


def _below(folder: Path, depth: int) -> Iterator[Path]:
    """Yield what lies so deep, and whatever is no folder on the way there."""
    for path in sorted(folder.iterdir()):
        if depth == DAY_DEPTH and path.name in (ANNOUNCED, ORPHANS):
            continue
        if depth and path.is_dir() and not path.is_symlink() and path.name.isdecimal():
            yield from _below(path, depth - 1)
        else:
            yield path


def _is_new(store: CaseStore, evidence: EvidenceStore, path: Path) -> bool:
    """Say whether a folder is one of a case whose first pack or row was written while we looked."""
    if path.is_dir() and not path.is_symlink() and all(is_unfinished_name(child.name) for child in path.iterdir()):
        return True
    try:
        return store.get(path.name).case_id == path.name and path == evidence.case_folder(path.name)
    except (UnknownCaseError, ValueError):
        return False


def _packs_without_row(store: CaseStore, evidence: EvidenceStore, case: Case) -> Iterator[Problem]:
    there = {pack.number for pack in evidence.packs(case.case_id)}
    if unknown := there - case.manifests.keys():
        for number in sorted(unknown - store.get(case.case_id).manifests.keys()):
            yield Problem(ProblemKind.EXTRA, folder_name(number), "no_row")


def _history_problems(store: CaseStore, case: Case) -> Iterator[Problem]:
    before = Replayed.of_case(store.get(case.case_id))
    try:
        told = replay(store.history(case.case_id))
    except BrokenHistoryError as err:
        yield Problem(ProblemKind.BROKEN_HISTORY, "history", "history_broken", {"why": str(err)})
        return
    if told not in (before, Replayed.of_case(store.get(case.case_id))):
        ends, stands = (f"{each.state}, revision {each.revision}" for each in (told.standing, before.standing))
        yield Problem(ProblemKind.BROKEN_HISTORY, "history", "history_differs", {"ends": ends, "stands": stands})
