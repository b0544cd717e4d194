"""How long evidence of which cases is kept: by state, from when, and never what is in work."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from cases.records import AuditRow, Case
from cases.retention import LEAST_DAYS, RetentionDays, Rule, due, rule_of, state_since
from cases.states import ENDED, Action, CaseState
from cases.store import CaseStore
from tests.cases.builders import NOON, new_case, pack_of

DAYS = RetentionDays(unconfirmed=30, dismissed=40, resolved=50, closed=100)


@pytest.fixture
def case(store: CaseStore) -> Case:
    return store.open_case(new_case(), pack_of())


def later(days: float) -> datetime:
    return NOON + timedelta(seconds=1, days=days)


def test_candidate_that_nobody_judged_is_kept_for_its_days_and_no_longer(store: CaseStore, case: Case) -> None:
    history = store.history(case.case_id)

    assert due(case, history, DAYS, later(29.99)) is None
    found = due(case, history, DAYS, later(30))
    assert found is not None
    assert (found.rule, found.days, found.since, found.packs) == (Rule.UNCONFIRMED, 30, later(0), case.packs)


def test_days_count_from_the_last_picture(store: CaseStore, case: Case) -> None:
    pack = pack_of(number=2)
    pack = replace(pack, manifest=replace(pack.manifest, written_at=later(10)))
    case = store.add_pack(case.case_id, pack)
    history = store.history(case.case_id)

    assert due(case, history, DAYS, later(39.9)) is None
    assert due(case, history, DAYS, later(40)) is not None


@pytest.mark.parametrize(
    ("actions", "rule", "days"),
    [
        ([Action.DISMISS], Rule.DISMISSED, 40),
        ([Action.RESOLVE], Rule.RESOLVED, 50),
        ([Action.FILE, Action.CLOSE], Rule.CLOSED, 100),
        ([Action.WARN], Rule.UNCONFIRMED, 30),
    ],
)
def test_days_count_from_when_the_state_began(
    store: CaseStore, case: Case, actions: list[Action], rule: Rule, days: int
) -> None:
    for action in actions:
        case = store.apply(case.case_id, action, actor="system", reason="x", at=later(200))
    history = store.history(case.case_id)

    assert due(case, history, DAYS, later(200 + days - 0.1)) is None
    found = due(case, history, DAYS, later(200 + days))
    assert found is not None
    assert found.rule is rule


def test_looking_at_a_case_keeps_it_no_longer(store: CaseStore, case: Case) -> None:
    store.note_export(case.case_id, later(20), actor="li", reason="court", sha256="ab")

    assert state_since(store.get(case.case_id), store.history(case.case_id)) == later(0)


@pytest.mark.parametrize("actions", [[Action.CONFIRM], [Action.FILE], [Action.WARN, Action.CONFIRM]])
def test_what_is_in_work_is_never_due(store: CaseStore, case: Case, actions: list[Action]) -> None:
    for action in actions:
        case = store.apply(case.case_id, action, actor="li", reason="x", at=NOON)

    assert due(case, store.history(case.case_id), DAYS, later(10_000)) is None


def test_every_state_that_a_rule_reaches_is_over_or_was_never_confirmed(store: CaseStore, case: Case) -> None:
    reached = {state for state in CaseState if rule_of(replace(case, state=state)) is not None}

    over = {CaseState.DISMISSED, CaseState.RESOLVED, CaseState.NOT_ACCEPTED, CaseState.MERGED, *ENDED}
    assert reached <= {CaseState.CANDIDATE, CaseState.WARNED} | over


@pytest.mark.parametrize("rule", list(Rule))
def test_fewer_days_than_the_law_asks_are_refused(rule: Rule) -> None:
    with pytest.raises(ValueError, match="30 days"):
        RetentionDays(**{rule.value: LEAST_DAYS - 1})


def test_what_was_deleted_before_is_not_due_again(store: CaseStore, case: Case) -> None:
    gone = replace(case, packs=(replace(case.packs[0], deleted_at=NOON),))
    history: tuple[AuditRow, ...] = store.history(case.case_id)

    assert due(gone, history, DAYS, later(1000)) is None
