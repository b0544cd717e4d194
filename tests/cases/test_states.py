"""The state table, and that no sequence of actions leaves it."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cases.errors import BrokenHistoryError, CasesError, IllegalTransitionError, ReasonMissingError
from cases.replay import Replayed, replay
from cases.states import REASON_REQUIRED, Action, CaseState, next_state, possible_actions
from cases.store import CaseStore
from tests.cases.builders import NOON, new_case, pack_of, warning

LEGAL = {
    "candidate": "confirm warn file resolve dismiss",
    "confirmed": "warn file resolve dismiss",
    "warned": "confirm warn file resolve dismiss",
    "filed": "confirm warn dismiss close",
    "resolved": "close reopen",
    "dismissed": "reopen",
    "closed": "reopen",
}

STEPS = st.lists(
    st.one_of(
        st.tuples(st.sampled_from(Action), st.sampled_from(["", "because"])),
        st.sampled_from(["pack", "warning", "end"]),
    ),
    max_size=25,
)


@pytest.mark.parametrize("state", list(CaseState))
def test_exactly_the_meant_actions_are_possible(state: CaseState) -> None:
    assert " ".join(possible_actions(state)) == LEGAL[state]


@pytest.mark.parametrize("state", list(CaseState))
def test_every_other_action_is_refused_with_the_possible_ones(state: CaseState) -> None:
    for action in set(Action) - set(possible_actions(state)):
        with pytest.raises(IllegalTransitionError, match=f"a case that is {state} does not allow '{action}'") as caught:
            next_state(state, action)
        assert caught.value.possible == possible_actions(state)


def test_every_state_can_be_reached_and_left() -> None:
    reached = {next_state(state, action) for state in CaseState for action in possible_actions(state)}

    assert reached == set(CaseState) - {CaseState.CANDIDATE}
    assert all(possible_actions(state) for state in CaseState)


@given(st.lists(st.sampled_from(Action), max_size=60))
@settings(max_examples=500, deadline=None)
def test_what_was_filed_ends_closed_or_dismissed_or_reopened_but_is_never_just_resolved(actions: list[Action]) -> None:
    state = CaseState.CANDIDATE
    for action in actions:
        before = state
        if action in possible_actions(state):
            state = next_state(state, action)
        if before is CaseState.FILED:
            assert state in {CaseState.FILED, CaseState.CLOSED, CaseState.DISMISSED}


@pytest.fixture(scope="module")
def shared_store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CaseStore]:
    folder: Path = tmp_path_factory.mktemp("states")
    store = CaseStore(f"sqlite:///{folder}/cases.sqlite")
    yield store
    store.close()


opened = iter(range(1_000_000))


@given(steps=STEPS)
@settings(max_examples=60, deadline=None)
def test_replaying_the_history_rebuilds_the_stored_case_after_any_actions(shared_store: CaseStore, steps: list) -> None:
    event_id = f"event-{next(opened)}"
    case_id = shared_store.open_case(new_case(event_id), pack_of(event_id)).case_id
    packs = 1
    for minute, step in enumerate(steps):
        at = NOON + timedelta(minutes=minute)
        before = shared_store.get(case_id)
        if step == "pack":
            packs += 1
            shared_store.add_pack(case_id, pack_of(event_id, packs))
        elif step == "warning":
            shared_store.add_warning(case_id, warning())
        elif step == "end":
            shared_store.end_offence(case_id, at)
        else:
            action, reason = step
            is_possible = action.value in LEGAL[before.state].split()
            is_allowed = is_possible and (reason or action not in REASON_REQUIRED)
            try:
                shared_store.apply(case_id, action, actor="li", reason=reason, at=at)
            except (IllegalTransitionError, ReasonMissingError):
                assert not is_allowed
                assert shared_store.get(case_id) == before
            else:
                assert is_allowed

    case, history = shared_store.get(case_id), shared_store.history(case_id)

    assert replay(history) == Replayed.of_case(case)
    assert [row.seq for row in history] == list(range(1, len(history) + 1))


@pytest.mark.parametrize("lost", [0, 1, 2, 3])
def test_history_that_lost_a_row_is_noticed(shared_store: CaseStore, lost: int) -> None:
    event_id = f"lost-{lost}"
    case_id = shared_store.open_case(new_case(event_id), pack_of(event_id)).case_id
    for action in (Action.WARN, Action.FILE, Action.CLOSE):
        shared_store.apply(case_id, action, actor="li", reason="why", at=NOON)
    history = shared_store.history(case_id)

    with pytest.raises(CasesError) as caught:
        replay(history[:lost] + history[lost + 1 :])
    assert isinstance(caught.value, BrokenHistoryError | IllegalTransitionError)
