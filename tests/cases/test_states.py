"""The table of steps: what the page tells people is what the code does, and every state is reached and left."""

from datetime import timedelta
from itertools import pairwise

import pytest

from cases.errors import BrokenHistoryError, IllegalTransitionError
from cases.inboxes import WAITING, inbox_of
from cases.posts import CENTRE_POSTS, Doer, Post
from cases.replay import Replayed, replay
from cases.stages import STAGE_NAMES, Form, stage_of, states_of
from cases.states import (
    OPEN_STATES,
    REASON_REQUIRED,
    STEPS,
    TABLE,
    Action,
    CaseState,
    next_state,
    possible_actions,
    rule_of,
)
from cases.store import CaseStore
from tests.cases.builders import NOON, new_case, pack_of
from tests.cases.workflow_page import told_stages, told_steps

TOLD = told_steps()


def test_code_knows_exactly_the_steps_that_the_page_tells() -> None:
    assert {(state.value, action.value) for state, action in STEPS} == TOLD.keys()


@pytest.mark.parametrize("step", TABLE, ids=lambda step: f"{step.action}-{step.before[0]}")
def test_step_leads_where_the_page_says_and_is_the_work_of_whom_it_names(step: object) -> None:
    assert isinstance(step, type(TABLE[0]))
    for before in step.before:
        told, rule = TOLD[before, step.action], rule_of(step.action)
        reason = {"reason"} if rule.needs_reason else set()
        assert told.after == (step.after or before)
        assert told.posts == set(step.posts)
        assert (told.needs, told.may) == ({*reason, *rule.needs}, set(rule.takes))


def test_no_state_has_two_steps_of_one_action() -> None:
    assert len(STEPS) == sum(len(step.before) for step in TABLE)


@pytest.mark.parametrize("state", list(CaseState))
def test_every_other_action_is_refused_with_the_possible_ones(state: CaseState) -> None:
    for action in set(Action) - set(possible_actions(state)):
        with pytest.raises(IllegalTransitionError, match=f"a case that is {state} does not allow '{action}'") as caught:
            next_state(state, action)
        assert caught.value.possible == possible_actions(state)


def test_every_state_can_be_reached_and_left() -> None:
    reached = {next_state(state, action) for state in CaseState for action in possible_actions(state)}

    assert reached == set(CaseState) - {CaseState.CANDIDATE}
    assert all(set(TOLD[state, action].after for action in possible_actions(state)) - {state} for state in CaseState)


def test_whatever_gives_a_case_back_or_takes_it_out_of_sight_must_say_why() -> None:
    back_or_away = "dismiss decline send_back reject rework force_close close reopen refuse_extension refuse_appeal"

    assert set(back_or_away.split()) <= REASON_REQUIRED


def test_what_is_in_the_workflow_is_never_just_resolved() -> None:
    assert all(Action.RESOLVE not in possible_actions(state) for state in OPEN_STATES)


def test_stages_are_those_that_the_page_tells() -> None:
    told = {state: tuple(str(stage_of(state, form) or "-") for form in Form) for state in CaseState}

    assert told == told_stages()


@pytest.mark.parametrize("form", list(Form))
def test_every_stage_has_a_name_in_both_languages_and_a_state(form: Form) -> None:
    for number, (chinese, english) in enumerate(STAGE_NAMES[form], start=1):
        assert chinese
        assert english
        assert states_of(number, form)


@pytest.mark.parametrize("form", list(Form))
def test_the_usual_way_goes_through_the_stages_without_a_jump_back(form: Form) -> None:
    way = "candidate confirmed filed accepted approved dispatched handling handled checking checked closed"
    stages = [stage_of(CaseState(state), form) or 0 for state in way.split()]

    assert all(after - before in (0, 1) for before, after in pairwise(stages))
    assert stages[-1] == len(STAGE_NAMES[form])


def test_every_open_state_waits_for_a_post_that_can_lead_it_on_but_what_was_put_off() -> None:
    for state in OPEN_STATES:
        waiting = {post for post, states in WAITING.items() if state in states}
        leads_on = {post for step in TABLE if state in step.before and step.after for post in step.posts}
        assert (waiting and waiting <= leads_on) or state is CaseState.SUSPENDED


def test_inbox_of_a_worker_holds_what_his_unit_has_and_nothing_of_the_centre() -> None:
    inbox = inbox_of(Doer("wang", frozenset({Post.HANDLER}), "cleaning-2"))

    assert (inbox.states, inbox.unit_states) == ((), (CaseState.DISPATCHED, CaseState.HANDLING))


def test_inbox_of_the_whole_centre_holds_everything_that_waits_there() -> None:
    inbox = inbox_of(Doer("li", frozenset(CENTRE_POSTS)))

    assert len(inbox.states) == 9
    assert inbox.unit_states == ()


@pytest.mark.parametrize("lost", [0, 1, 2, 3])
def test_history_that_lost_a_row_is_noticed(store: CaseStore, lost: int) -> None:
    case_id = store.open_case(new_case(), pack_of()).case_id
    for action in (Action.WARN, Action.FILE, Action.CLOSE):
        store.apply(case_id, action, actor="li", reason="why", at=NOON)
    history = store.history(case_id)

    with pytest.raises(BrokenHistoryError):
        replay(history[:lost] + history[lost + 1 :])


def test_history_of_the_first_version_still_rebuilds_its_case(store: CaseStore) -> None:
    """What was filed could be closed at once; its rows hold a revision and nothing else."""
    case_id = store.open_case(new_case(), pack_of()).case_id
    for minute, action in enumerate((Action.CONFIRM, Action.WARN, Action.FILE, Action.CLOSE, Action.REOPEN)):
        store.apply(case_id, action, actor="li", reason="why", at=NOON + timedelta(minutes=minute))

    history = store.history(case_id)

    assert [row.detail for row in history[2:]] == [{"revision": number} for number in range(2, 7)]
    assert replay(history) == Replayed.of_case(store.get(case_id))
