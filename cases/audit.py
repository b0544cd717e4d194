"""Checks a case as a whole: each byte of its evidence against manifests and rows, its state against its history."""

from collections.abc import Iterator
from pathlib import Path

from cases.errors import BrokenHistoryError
from cases.evidence import EvidenceStore
from cases.packs import is_unfinished
from cases.records import Case, CaseQuery
from cases.replay import Replayed, replay
from cases.store import CaseStore

PAGE = 200
"""Cases asked for at once."""


def every_case(store: CaseStore) -> Iterator[Case]:
    """Yield all cases, newest first; one that is opened meanwhile may be left out, and none comes twice."""
    seen: set[str] = set()
    offset = 0
    while cases := store.find(CaseQuery(limit=PAGE, offset=offset)).cases:
        yield from (case for case in cases if case.case_id not in seen)
        seen.update(case.case_id for case in cases)
        offset += len(cases)


def audit_case(store: CaseStore, evidence: EvidenceStore, case: Case) -> tuple[str, ...]:
    """Return what does not fit about a case, a sentence each; empty when all is well. Nothing is altered.

    The service may be running: a pack that is being written, or a row that was added meanwhile, is no mistake.
    """
    found = evidence.verify(case.case_id, case.manifests)
    files = tuple(
        f"{problem.path}: {problem.kind.value.replace('_', ' ')}: {problem.detail}"
        for problem in found
        if not is_unfinished(Path(problem.path))
    )
    return (*files, *_history_problems(store, case))


def _history_problems(store: CaseStore, case: Case) -> Iterator[str]:
    before = Replayed.of_case(store.get(case.case_id))
    try:
        told = replay(store.history(case.case_id))
    except BrokenHistoryError as err:
        yield f"history: {err}"
        return
    if told not in (before, Replayed.of_case(store.get(case.case_id))):
        ends, stands = (f"{each.state}, revision {each.revision}" for each in (told, before))
        yield f"history: ends as {ends}, but the case is {stands}"
