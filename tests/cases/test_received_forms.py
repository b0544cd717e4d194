"""Forms from others: kept once, acknowledged again, refused with other content, never altered."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import select

from cases.database import Database
from cases.errors import AppendOnlyError, OtherContentError
from cases.exchange_forms import ExchangeForm, TaskDispatch
from cases.received_forms import FormInbox
from cases.tables import ReceivedFormRow
from tests.cases.builders import NOON


def form(**changes: object) -> ExchangeForm:
    told = {
        "case_number": "SW202611210001",
        "sequence": 9,
        "issued_at": NOON,
        "issued_by": "指挥中心",
        "note": "",
        "code": "0406",
        "place": "东门",
        "unit": "市容大队",
        "due_at": "",
    }
    return TaskDispatch.model_validate({**told, **changes})


@pytest.fixture
def inbox(database: Database) -> FormInbox:
    return FormInbox(database)


def test_form_is_kept_as_it_came(inbox: FormInbox) -> None:
    kept, was_there = inbox.receive("city", form(), NOON)

    assert (kept.sender, kept.form, kept.sequence, kept.is_accepted, was_there) == (
        "city",
        "task_dispatch",
        9,
        True,
        False,
    )
    assert inbox.of_case("SW202611210001") == (kept,)
    assert kept.content == form().model_dump(mode="json")


def test_same_form_again_is_acknowledged_with_the_first_and_kept_once(inbox: FormInbox) -> None:
    first, _ = inbox.receive("city", form(), NOON)

    again, was_there = inbox.receive("city", form(), NOON + timedelta(days=1))

    assert (again, was_there) == (first, True)
    assert len(inbox.of_case("SW202611210001")) == 1


def test_other_content_under_the_same_number_is_refused_and_kept_beside_the_first(inbox: FormInbox) -> None:
    first, _ = inbox.receive("city", form(), NOON)
    for _ in range(2):  # sent again, it is refused again, and kept once
        with pytest.raises(OtherContentError, match="task_dispatch 9 of case SW202611210001"):
            inbox.receive("city", form(unit="环卫处"), NOON)

    accepted, refused = inbox.of_case("SW202611210001")
    assert accepted == first
    assert (refused.is_accepted, refused.content["unit"]) == (False, "环卫处")
    assert inbox.receive("city", form(), NOON) == (first, True)


@pytest.mark.parametrize("changes", [{"sequence": 10}, {"case_number": "SW202611210002"}])
def test_another_sequence_or_case_is_another_form(inbox: FormInbox, changes: dict[str, object]) -> None:
    inbox.receive("city", form(), NOON)
    _, was_there = inbox.receive("city", form(**changes), NOON)
    assert not was_there


def test_two_districts_may_number_their_cases_alike(inbox: FormInbox) -> None:
    inbox.receive("hanbin", form(), NOON)
    _, was_there = inbox.receive("pingli", form(unit="环卫处"), NOON)

    assert not was_there
    assert [each.sender for each in inbox.of_case("SW202611210001")] == ["hanbin", "pingli"]


def test_same_form_from_many_threads_at_once_is_kept_once(inbox: FormInbox) -> None:
    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(lambda _: inbox.receive("city", form(), NOON), range(24)))

    assert sum(not was_there for _, was_there in answers) == 1
    assert len(inbox.of_case("SW202611210001")) == 1


def test_nobody_alters_or_removes_a_form(inbox: FormInbox, database: Database) -> None:
    inbox.receive("city", form(), NOON)

    def alter() -> None:
        with database.writing() as session:
            session.scalars(select(ReceivedFormRow)).one().sender = "nobody"

    def remove() -> None:
        with database.writing() as session:
            session.delete(session.scalars(select(ReceivedFormRow)).one())

    for attempt in (alter, remove):
        with pytest.raises(AppendOnlyError, match="received_forms is only ever added to"):
            attempt()
