"""Random actions by random people: what the page allows is done, nothing else is, and the history rebuilds the case.

`STREETWARDEN_ACTIONS=100000 python -m pytest tests/cases/test_workflow_property.py` tries as many actions; 20,000 are
the default. One in twenty of them goes through a database.
"""

import json
import os
import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cases.deeds import Deed, Order
from cases.errors import CasesError
from cases.handling import Answer, Complaint, Standing, Supervision
from cases.handling_clock import timed
from cases.posts import CENTRE_POSTS, Doer, Post
from cases.records import ADD_PACK, OPEN, AuditRow
from cases.replay import Replayed, replay
from cases.states import Action, CaseState
from cases.store import CaseStore
from cases.workflow import apply, possible_for
from tests.cases.builders import new_case, pack_of
from tests.cases.workflow_model import NO_LIMIT, Model, TenHourDays

ACTIONS = int(os.environ.get("STREETWARDEN_ACTIONS", "20000"))
"""How many actions are tried in all."""

LENGTH = 50
"""Actions tried on one case."""

START = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)
DEADLINES = TenHourDays()
CODE = "0406"
PARENT = "SW202611210001"

PEOPLE = (
    Doer("system"),
    Doer("centre", frozenset(CENTRE_POSTS)),
    Doer("admin", frozenset(Post), "*"),
    *(Doer(post.value, frozenset({post})) for post in CENTRE_POSTS),
    *(Doer(f"{post}-{unit}", frozenset({post}), unit) for post in (Post.DEPARTMENT, Post.HANDLER) for unit in "ab"),
    Doer("viewer", frozenset()),
)


ONWARD = ("file", "accept", "approve", "dispatch", "start", "report", "feed_back", "pass_check", "close")
ASKING = ("ask_extension", "endorse_extension", "grant_extension", "appeal", "endorse_appeal", "grant_appeal")
FAVOURED: tuple[tuple[str, ...], ...] = (ONWARD, ASKING, ())
"""A third of the steps go on the usual way and a third decide what is asked for, as nothing else comes to its end."""


@dataclass(frozen=True)
class Try:
    """What a step tries: numbers that are read modulo what there is to choose from."""

    is_wild: bool
    pick: int
    who: int
    said: int
    wait_min: int


SEEDS = st.integers(0, 2**32 - 1)


def tries(seed: int) -> Iterator[Try]:
    """Yield what is tried on one case; hypothesis draws the seed, as its own lists come back to the same few steps."""
    drawn = random.Random(seed)  # noqa: S311 - nothing secret
    for _ in range(LENGTH):
        yield Try(
            is_wild=drawn.random() < 0.25,
            pick=drawn.randrange(1000),
            who=drawn.randrange(len(PEOPLE)),
            said=drawn.getrandbits(10),
            wait_min=drawn.choice((0, 1, 7, 20, 60, 180, 600, -5)),
        )


def wanted(step: Try, model: Model, at: datetime) -> tuple[Order, Doer]:
    """Return what a step tries: mostly what somebody may do, with what it needs; else anything by anybody."""
    legal = [(action, doer) for doer in PEOPLE[step.who :] + PEOPLE[: step.who] for action in model.legal(doer, at)]
    if step.is_wild or not legal:
        return said(tuple(Action)[step.pick % len(Action)], step.said, at), PEOPLE[step.who]
    actions = sorted({action for action, _ in legal})
    favoured = [action for action in actions if action in FAVOURED[step.pick % len(FAVOURED)]] or actions
    action = favoured[step.pick // len(FAVOURED) % len(favoured)]
    doer = next(doer for possible, doer in legal if possible == action)
    return said(Action(action), step.said | 0b11, at), doer


def said(action: Action, bits: int, at: datetime) -> Order:
    """Return an order; the lowest two bits say whether its reason and its details are there, the others which."""
    needs: dict[Action, dict[str, Any]] = {
        Action.DISPATCH: {"unit": "ab"[bits >> 2 & 1]},
        Action.SUSPEND: {"until": at + timedelta(days=(1, 30, 366, 367 if bits & 64 else 2)[bits >> 2 & 3])},
        Action.MERGE: {"into": PARENT},
        Action.TAKE_COMPLAINT: {"complaint": tuple(Complaint)[bits >> 2 & 1]},
        Action.TAKE_ANSWER: {"answer": tuple(Answer)[(bits >> 2) % 3]},
        Action.SUPERVISE: {"kind": tuple(Supervision)[(bits >> 2) % 3]},
    }
    details = dict(needs.get(action, {}) if bits & 2 else {})
    if action is Action.START and bits & 8:
        details["handler"] = "worker"
    if bits & 16 and (action in (Action.ACCEPT, Action.APPROVE, Action.DISPATCH) or bits & 0b111100000 == 0b111100000):
        details["condition"] = (1, 2, NO_LIMIT)[(bits >> 5) % 3]
    return Order(action, "because" if bits & 1 else ("", "  ")[bits >> 5 & 1], **details)


def facts_of(model: Model) -> tuple[object, ...]:
    return (
        model.state, model.condition, model.unit, model.handler, model.parent, model.came_back_from, model.reworks,
        model.extensions, model.extension, model.appeal, model.first_reviewer, model.late, model.exempt, model.until,
        model.started, model.due, model.spent_s, model.urged, model.staged, model.accepting_s,
        model.complaint, model.answer,
    )  # fmt: skip


def facts_in(standing: Standing) -> tuple[object, ...]:
    h = standing.handling
    return (
        standing.state, h.condition, h.unit, h.handler, h.parent_number, h.returned_from or "", h.rework_count,
        h.extensions, h.extension, h.appeal, h.appeal_first, h.overdue, h.exempt, h.suspended_until,
        h.running_since, h.due_at, h.spent_s, set(h.supervision), h.stage_since, h.stage_spent_s,
        h.complaint, h.answer,
    )  # fmt: skip


class InMemory:
    """A case and its history without a database, through the functions that the store uses."""

    def __init__(self) -> None:
        self.standing = Standing()
        opened = AuditRow("x", 1, START, "system", OPEN, None, CaseState.CANDIDATE, "", {})
        self.history = [opened]

    def decide(self, order: Order, doer: Doer, at: datetime) -> None:
        deed = timed(DEADLINES, CODE, self.standing, Deed(order, doer, at))
        after = apply(self.standing, deed)
        detail = json.loads(json.dumps(deed.detail(after.revision)))
        told = (at, doer.name, order.action.value, self.standing.state, after.state, order.reason)
        self.history.append(AuditRow("x", len(self.history) + 1, *told, detail))
        self.standing = after

    def check(self) -> None:
        assert replay(self.history) == Replayed(self.standing, None, 0, 0)


class Stored:
    """A case in a database."""

    def __init__(self, store: CaseStore, number: int) -> None:
        event_id = f"event-{number}"
        self.store = store
        case = store.open_case(new_case(event_id, opened_at=START), pack_of(event_id))
        self.case_id, self.standing = case.case_id, case.standing

    def decide(self, order: Order, doer: Doer, at: datetime) -> None:
        self.standing = self.store.decide(self.case_id, order, by=doer, at=at).standing

    def check(self) -> None:
        case, history = self.store.get(self.case_id), self.store.history(self.case_id)
        assert case.standing == self.standing
        assert replay(history) == Replayed.of_case(case)
        assert [row.seq for row in history] == list(range(1, len(history) + 1))
        assert [row.action for row in history[:2]] == [OPEN, ADD_PACK]


def refusal_of(case: InMemory | Stored, order: Order, doer: Doer, at: datetime) -> CasesError | None:
    """Have something done and return what refuses it."""
    try:
        case.decide(order, doer, at)
    except CasesError as err:
        return err
    return None


def walk(case: InMemory | Stored, seed: int, seen: Counter[str]) -> None:
    """Try one step after the other on a case and on the model of it."""
    model, at = Model(), START
    for step in tries(seed):
        at += timedelta(minutes=step.wait_min)
        order, doer = wanted(step, model, at)
        before = case.standing
        if isinstance(case, InMemory):
            assert sorted(possible_for(before, doer, at)) == sorted(model.legal(doer, at))
        is_allowed = model.allows(order, doer, at)
        refusal = refusal_of(case, order, doer, at)
        assert (refusal is None) is is_allowed, f"{order} by {doer.name} in {model.state}: {refusal or 'done'}"
        if refusal is None:
            model.do(order, doer, at)
            assert facts_in(case.standing) == facts_of(model)
        else:
            assert case.standing == before
        seen[type(refusal).__name__ if refusal else order.action.value] += 1
    seen["tried"] += LENGTH
    case.check()


def test_random_people_do_exactly_what_the_page_allows_and_the_history_rebuilds_every_case() -> None:
    seen: Counter[str] = Counter()

    @given(SEEDS)
    @settings(max_examples=max(1, ACTIONS * 19 // 20 // LENGTH), deadline=None)
    def walks(seed: int) -> None:
        walk(InMemory(), seed, seen)

    walks()

    assert seen["tried"] >= ACTIONS * 19 // 20
    assert set(Action) <= seen.keys(), "an action was never done"
    refusals = ("IllegalTransition", "ReasonMissing", "ActionDetail", "ActionBlocked", "PostMissing", "ForeignUnit")
    assert {f"{kind}Error" for kind in refusals} <= seen.keys()


@pytest.fixture(scope="module")
def shared_store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CaseStore]:
    folder: Path = tmp_path_factory.mktemp("workflow")
    store = CaseStore(f"sqlite:///{folder}/cases.sqlite", deadlines=DEADLINES)
    parent = store.open_case(new_case("parent", opened_at=START), pack_of("parent"))
    assert parent.number == PARENT
    yield store
    store.close()


def test_random_people_change_a_stored_case_exactly_so_and_its_history_rebuilds_the_row(
    shared_store: CaseStore,
) -> None:
    seen: Counter[str] = Counter()
    numbers = iter(range(1_000_000))

    @given(SEEDS)
    @settings(max_examples=max(1, ACTIONS // 20 // LENGTH), deadline=None)
    def walks(seed: int) -> None:
        walk(Stored(shared_store, next(numbers)), seed, seen)

    walks()

    assert seen["tried"] >= ACTIONS // 20
