"""The outbox: what is queued for whom, in which order it is handed out, and what becomes of it."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.event import listen

from cases.case_event import CaseEvent
from cases.database import Database
from cases.errors import IllegalTransitionError, UnknownTargetError
from cases.marks import Marks
from cases.noting import EvidenceDeed
from cases.outbox import LetterState, Outbox, Outcome
from cases.records import case_id_of
from cases.states import Action
from cases.store import CaseStore
from cases.tables import OutboxRow
from tests.cases.builders import NOON, new_case, pack_of, warning

LATER = NOON + timedelta(hours=1)


@pytest.fixture
def outbox(database: Database) -> Outbox:
    return Outbox(database)


def opened(store: CaseStore, event_id: str = "event-1") -> str:
    """Open a case and return its number."""
    return store.open_case(new_case(event_id), pack_of(event_id)).number


def due(outbox: Outbox, target: str = "city") -> list[tuple[str, int]]:
    return [(letter.event.case.number, letter.event.change.seq) for letter in outbox.due(target, LATER, 100)]


def deliver(outbox: Outbox, target: str = "city") -> None:
    letters = outbox.due(target, LATER, 100)
    outbox.settle([Outcome(letter.number, LetterState.DELIVERED) for letter in letters], LATER)


def told_to(outbox: Outbox, target: str = "city") -> list[CaseEvent]:
    """Deliver everything that waits, and return it in the order in which it was handed out."""
    told = []
    while letters := outbox.due(target, LATER, 100):
        told.extend(letter.event for letter in letters)
        deliver(outbox, target)
    return told


def test_nothing_is_queued_where_nobody_is_to_be_told(store: CaseStore, outbox: Outbox) -> None:
    opened(store)
    outbox.set_targets({"city": "events"})

    assert due(outbox) == []


def test_every_change_of_a_case_is_queued_with_the_case_as_it_stood(store: CaseStore, outbox: Outbox) -> None:
    outbox.set_targets({"city": "events"})
    opened(store)
    case_id = case_id_of("event-1")
    store.add_warning(case_id, warning())
    store.apply(case_id, Action.WARN, actor="system", reason="", at=NOON)
    store.end_offence(case_id, NOON)

    told = told_to(outbox)

    assert [event.change.seq for event in told] == [row.seq for row in store.history(case_id)]
    assert [event.change.action for event in told] == [row.action for row in store.history(case_id)]
    assert [event.case.state for event in told] == ["candidate", "candidate", "candidate", "warned", "warned"]
    assert [event.case.ended_at for event in told] == [None] * 4 + [NOON]


def test_who_looked_at_originals_and_why_leaves_with_no_letter(store: CaseStore, outbox: Outbox) -> None:
    outbox.set_targets({"city": "events", "board": "posted"})
    opened(store)
    case_id, marks = case_id_of("event-1"), Marks(store.database)
    deed = EvidenceDeed("li", NOON, "his neighbour asked")
    marks.grant_view(case_id, "session", deed, 10.0)
    marks.note_originals(case_id, deed)
    marks.lock(case_id, deed)
    marks.unlock(case_id, deed)
    store.note_export(case_id, NOON, actor="li", reason="court", sha256="ab" * 32)
    store.apply(case_id, Action.CONFIRM, actor="li", reason="", at=NOON)

    told = told_to(outbox)

    assert [(event.change.action, event.change.seq) for event in told] == [("open", 1), ("add_pack", 2), ("confirm", 8)]
    assert told_to(outbox, "board") == []


def test_letter_names_the_change_that_was_told_before_it_whatever_stayed_inside(
    store: CaseStore, outbox: Outbox
) -> None:
    opened(store)  # nobody is told of these two; who is told from now on sees that something was before
    outbox.set_targets({"city": "events"})
    case_id = case_id_of("event-1")
    Marks(store.database).lock(case_id, EvidenceDeed("li", NOON, "appeal"))
    store.apply(case_id, Action.CONFIRM, actor="li", reason="", at=NOON)
    store.apply(case_id, Action.FILE, actor="li", reason="", at=NOON)
    opened(store, "event-2")

    told = [(event.case.case_id, event.change.after_seq, event.change.seq) for event in told_to(outbox)]

    other = case_id_of("event-2")
    assert sorted(told) == sorted([(case_id, 2, 4), (case_id, 4, 5), (other, 0, 1), (other, 1, 2)])


def test_letter_of_before_the_change_told_before_was_named_still_goes(store: CaseStore, outbox: Outbox) -> None:
    outbox.set_targets({"city": "events"})
    opened(store)
    with store.database.writing() as session:
        for row in session.scalars(select(OutboxRow)).all():
            change = {key: value for key, value in row.event["change"].items() if key != "after_seq"}
            row.event = {**row.event, "id": f"{row.case_id}-{row.seq}", "change": change}

    told = told_to(outbox)

    assert [(event.id[-2:], event.change.seq, event.change.after_seq) for event in told] == [
        ("-1", 1, None),
        ("-2", 2, None),
    ]


def test_letter_keeps_its_id_over_all_tries_and_shares_it_with_no_other_change(
    store: CaseStore, outbox: Outbox
) -> None:
    outbox.set_targets({"city": "events"})
    opened(store)
    first = outbox.due("city", LATER, 1)[0]
    outbox.settle([Outcome(first.number, LetterState.WAITING, "down", LATER)], LATER)

    told = told_to(outbox)

    assert told[0].id == first.event.id
    assert len({event.id for event in told}) == len(told) == 2


def test_change_that_is_refused_is_not_queued(store: CaseStore, outbox: Outbox) -> None:
    outbox.set_targets({"city": "events"})
    opened(store)
    with pytest.raises(IllegalTransitionError):
        store.apply(case_id_of("event-1"), Action.REOPEN, actor="li", reason="x", at=NOON)

    assert outbox.standings()[0].waiting == 2


def test_each_receiver_has_its_own_queue_with_what_it_wants(store: CaseStore, outbox: Outbox) -> None:
    outbox.set_targets({"city": "events", "district": "forms", "viid": "images"})
    opened(store)
    case_id = case_id_of("event-1")
    store.apply(case_id, Action.FILE, actor="li", reason="", at=NOON)
    store.apply(case_id, Action.CLOSE, actor="li", reason="已清理", at=NOON)
    deliver(outbox, "city")

    standings = {each.target: each.waiting for each in outbox.standings()}
    assert standings == {"city": 3, "district": 2, "viid": 1}


def test_only_the_first_waiting_letter_of_a_case_is_handed_out(store: CaseStore, outbox: Outbox) -> None:
    outbox.set_targets({"city": "events"})
    one, two = opened(store, "event-1"), opened(store, "event-2")

    assert due(outbox) == [(one, 1), (two, 1)]
    deliver(outbox)
    assert due(outbox) == [(one, 2), (two, 2)]


def test_letter_that_waits_holds_back_the_later_ones_of_its_case_only(store: CaseStore, outbox: Outbox) -> None:
    outbox.set_targets({"city": "events"})
    opened(store, "event-1")
    two = opened(store, "event-2")
    first, _ = outbox.due("city", LATER, 100)
    outbox.settle([Outcome(first.number, LetterState.WAITING, "down", LATER + timedelta(minutes=5))], LATER)

    assert due(outbox) == [(two, 1)]
    assert outbox.next_try_at("city") == NOON + timedelta(seconds=1)
    deliver(outbox)
    deliver(outbox)
    assert due(outbox) == []
    assert outbox.next_try_at("city") == LATER + timedelta(minutes=5)


def test_receiver_that_the_settings_name_no_more_keeps_what_waits_and_gets_nothing_new(
    store: CaseStore, outbox: Outbox
) -> None:
    outbox.set_targets({"city": "events"})
    opened(store, "event-1")
    outbox.set_targets({"district": "forms"})
    opened(store, "event-2")

    city = outbox.standings()[0]
    assert (city.target, city.is_active, city.waiting) == ("city", False, 2)
    assert city.oldest_at == NOON + timedelta(seconds=1)


def test_wish_of_a_receiver_can_change(store: CaseStore, outbox: Outbox) -> None:
    outbox.set_targets({"city": "events"})
    outbox.set_targets({"city": "forms"})
    opened(store)

    assert due(outbox) == []


def test_receiver_that_nobody_named_is_told_with_those_that_are_known(outbox: Outbox) -> None:
    with pytest.raises(UnknownTargetError, match="none was ever named"):
        outbox.resend("city", LATER)
    outbox.set_targets({"district": "events", "city": "events"})
    with pytest.raises(UnknownTargetError, match="known are city, district"):
        outbox.letters("cty", [LetterState.DEAD])


def test_resend_of_one_case_leaves_the_others_dead(store: CaseStore, outbox: Outbox) -> None:
    outbox.set_targets({"city": "events"})
    one = opened(store, "event-1")
    opened(store, "event-2")
    letters = outbox.due("city", LATER, 100)
    outbox.settle([Outcome(letter.number, LetterState.DEAD, "no") for letter in letters], LATER)

    assert outbox.resend("city", LATER, case_number=one) == 2  # the dead one and the one that waited behind it
    assert (outbox.standings()[0].dead, (one, 1) in due(outbox)) == (1, True)


def test_delivered_letters_are_never_sent_again(store: CaseStore, outbox: Outbox) -> None:
    outbox.set_targets({"city": "events"})
    opened(store)
    deliver(outbox)
    deliver(outbox)

    assert outbox.resend("city", LATER) == 0


def test_only_old_delivered_letters_are_forgotten(store: CaseStore, outbox: Outbox) -> None:
    outbox.set_targets({"city": "events"})
    opened(store)
    deliver(outbox)

    assert outbox.forget_delivered("city", LATER) == 0
    assert outbox.forget_delivered("city", LATER + timedelta(seconds=1)) == 1
    assert outbox.standings()[0].waiting == 1


def test_next_letter_is_found_by_an_index_however_many_wait(sqlite_database: Database) -> None:
    database, outbox = sqlite_database, Outbox(sqlite_database)
    asked: list[tuple[str, tuple[object, ...]]] = []
    with database.reading() as session:
        listen(session.get_bind(), "before_cursor_execute", lambda *given: asked.append((given[2], given[3])))
    outbox.due("city", LATER, 2)
    statement, values = next(each for each in asked if "EXISTS" in each[0])

    with database.reading() as session:
        plan = session.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values).fetchall()

    steps = [row[3] for row in plan]
    assert [step for step in steps if step.startswith("SCAN") or "TEMP B-TREE" in step] == []
    assert any("ix_outbox_target_state_id" in step for step in steps)
