"""Facts that are read from the histories of cases that ran at random through the workflow are those of their rows."""

import random
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest

from cases.case_facts import GRANTED, CaseFacts, Opening, facts_of
from cases.database import Database
from cases.deeds import Order
from cases.handling import Answer, Complaint, Supervision
from cases.posts import Doer
from cases.records import Case
from cases.states import RULES, Action, Detail, rule_of
from cases.store import CaseStore
from cases.workflow import possible_for
from tests.cases.builders import NOON, new_case, pack_of

STEPS = 60
UNITS = ("unit-1", "unit-2")
SELDOM = {Action.DISMISS, Action.DECLINE, Action.REOPEN, Action.FORCE_CLOSE, Action.RESOLVE, Action.SEND_BACK}


class FourHours:
    """Deadlines of four hours round the clock; the ninth condition has none."""

    def due_at(self, code: str, condition: int | None, start: datetime, spent_s: float) -> datetime | None:
        return None if condition == 9 else start + timedelta(hours=4, seconds=-spent_s)

    def spent_s(self, code: str, condition: int | None, start: datetime, end: datetime) -> float:
        return (end - start).total_seconds()


def order_of(action: Action, at: datetime, dice: random.Random) -> Order:
    """Return an order with all details that its action needs."""
    needed = (*rule_of(action).needs, *rule_of(action).takes)
    return Order(
        action,
        reason="because" if action in RULES else "",
        unit=dice.choice(UNITS) if Detail.UNIT in needed else "",
        until=at + timedelta(days=3) if Detail.UNTIL in needed else None,
        condition=dice.choice((None, 1, 9)) if Detail.CONDITION in needed else None,
        kind=dice.choice(list(Supervision)) if Detail.KIND in needed else None,
        complaint=dice.choice(list(Complaint)) if Detail.COMPLAINT in needed else None,
        answer=dice.choice(list(Answer)) if Detail.ANSWER in needed else None,
    )


def run(store: CaseStore, event_id: str, dice: random.Random) -> Iterator[tuple[Case, datetime]]:
    """Lead a case through the workflow at random; yields it after each step with the time."""
    case, at = store.open_case(new_case(event_id), pack_of(event_id)), NOON
    for step in range(STEPS):
        at += timedelta(minutes=dice.randint(1, 90))
        doer = Doer(f"person-{step % 5}")
        possible = [each for each in possible_for(case.standing, doer, at) if each is not Action.MERGE]
        usual = [each for each in possible if each not in SELDOM] or possible
        action = dice.choice(possible if dice.random() < 0.15 else usual)
        case = store.decide(case.case_id, order_of(action, at, dice), by=doer, at=at)
        yield case, at


def told(facts: CaseFacts) -> dict[str, object]:
    """What facts say that a row says too."""
    names = ("state", "unit", "closed_at", "was_late", "reworks", "handled_at", "source", "answer")
    return {name: getattr(facts, name) for name in names} | {
        "exempt": facts.appeal == GRANTED,
        "suspended": facts.suspensions > 0,
    }


def stored(case: Case, at: datetime) -> dict[str, object]:
    """The same by the row; closing by force ends the handling too."""
    handling = case.handling
    is_forced = case.state == "force_closed" and handling.handled_at is None
    return {
        "state": case.state,
        "unit": handling.unit,
        "closed_at": handling.closed_at,
        "was_late": handling.is_overdue(at),
        "reworks": handling.rework_count,
        "handled_at": handling.closed_at if is_forced else handling.handled_at,
        "exempt": handling.exempt,
        "suspended": handling.suspended_at is not None,
        "source": handling.complaint or "video",
        "answer": handling.answer,
    }


@pytest.mark.parametrize("seed", range(12))
def test_facts_of_the_log_are_those_of_the_row_after_every_step(database: Database, seed: int) -> None:
    store = CaseStore(database, deadlines=FourHours())
    seen = set()
    for case, at in run(store, f"event-{seed}", random.Random(seed)):  # noqa: S311 - no secret
        facts = facts_of(Opening.of(case), store.history(case.case_id), at)

        assert told(facts) == stored(case, at)
        seen.add(case.state)
    assert len(seen) > 5
