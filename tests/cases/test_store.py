"""What the case store promises: one case per event, numbers without gaps, every change in the history."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta, timezone

import pytest
from sqlalchemy import select
from sqlalchemy.exc import StatementError

from cases.database import Database
from cases.errors import AppendOnlyError, IllegalTransitionError, ReasonMissingError, StaleEditError, UnknownCaseError
from cases.packs import PackPurpose
from cases.queries import CaseQuery
from cases.records import case_id_of
from cases.states import Action, CaseState
from cases.store import CaseStore
from cases.tables import AuditTableRow, CaseRow
from tests.cases.builders import NOON, REASONS, new_case, pack_of, warning

LATER = NOON + timedelta(minutes=5)


def opened(store: CaseStore, event_id: str = "event-1") -> str:
    return store.open_case(new_case(event_id), pack_of(event_id)).case_id


def test_opened_case_comes_back_as_it_was_handed_in(store: CaseStore) -> None:
    case_id = opened(store)

    case = store.get(case_id)

    assert case.state is CaseState.CANDIDATE
    assert (case.started_at, case.raised_at) == (NOON - timedelta(seconds=300), NOON)
    assert (case.box, case.reasons, case.camera_name) == ((100.0, 120.5, 220.0, 300.0), REASONS, "东门")


def test_times_come_back_aware_and_in_utc(store: CaseStore) -> None:
    beijing = timezone(timedelta(hours=8))
    case = store.open_case(new_case(raised_at=NOON.astimezone(beijing)), pack_of())

    raised_at = store.get(case.case_id).raised_at

    assert raised_at == NOON
    assert raised_at.utcoffset() == timedelta(0)


def test_naive_time_is_refused(store: CaseStore) -> None:
    case_id = opened(store)

    with pytest.raises(ValueError, match="aware"):
        store.apply(case_id, Action.CONFIRM, actor="li", reason="", at=NOON.replace(tzinfo=None))


def test_second_opening_for_an_event_returns_the_first_case(store: CaseStore) -> None:
    first = store.open_case(new_case(), pack_of())

    second = store.open_case(new_case(score=0.1), pack_of())

    assert second == first


def test_second_opening_with_another_pack_keeps_that_pack(store: CaseStore) -> None:
    opened(store)

    case = store.open_case(new_case(), pack_of(number=2))

    assert [pack.number for pack in case.packs] == [1, 2]


def test_pack_of_another_case_is_refused(store: CaseStore) -> None:
    with pytest.raises(ValueError, match="handed over for case"):
        store.open_case(new_case("event-1"), pack_of("event-2"))


def test_files_of_a_case_are_named_relative_to_the_evidence_root(store: CaseStore) -> None:
    case_id = opened(store)

    (file,) = store.get(case_id).files

    assert file.path == f"2026/11/21/{case_id}/pack-0001/panorama-1.jpg"


def test_recording_a_pack_twice_changes_nothing(store: CaseStore) -> None:
    case_id = opened(store)
    once = store.add_pack(case_id, pack_of(number=2, purpose=PackPurpose.CLIP))

    twice = store.add_pack(case_id, pack_of(number=2, purpose=PackPurpose.CLIP))

    assert twice == once
    assert len(store.history(case_id)) == 3


def test_what_is_missing_from_a_pack_is_kept_with_it(store: CaseStore) -> None:
    case = store.open_case(new_case(), pack_of(incomplete=("second_panorama_missing",)))

    assert store.get(case.case_id).packs[0].incomplete == ("second_panorama_missing",)


def test_warning_is_kept_with_its_receipt(store: CaseStore) -> None:
    case_id = opened(store)

    store.add_warning(case_id, warning(ok=False, detail="the horn refused"), actor="li")

    assert store.get(case_id).warnings == (warning(ok=False, detail="the horn refused"),)
    assert store.get(case_id).state is CaseState.CANDIDATE


def test_numbers_of_a_day_count_from_one_without_gap(store: CaseStore) -> None:
    numbers = [store.open_case(new_case(f"e{i}"), pack_of(f"e{i}")).number for i in range(3)]

    assert numbers == ["SW202611210001", "SW202611210002", "SW202611210003"]


def test_number_begins_anew_with_the_local_day(store: CaseStore) -> None:
    before_midnight = NOON.replace(hour=15, minute=59)
    store.open_case(new_case("e1", opened_at=before_midnight), pack_of("e1"))

    case = store.open_case(new_case("e2", opened_at=before_midnight + timedelta(minutes=1)), pack_of("e2"))

    assert case.number == "SW202611220001"


def test_failed_opening_gives_its_number_back(store: CaseStore) -> None:
    opened(store, "e1")
    with pytest.raises((StatementError, TypeError)):  # what cannot be stored fails after the number was taken
        store.open_case(new_case("e2"), pack_of("e2", incomplete=(object(),)))

    assert store.open_case(new_case("e3"), pack_of("e3")).number == "SW202611210002"


def test_eight_threads_open_each_event_once_with_distinct_numbers_without_gap(store: CaseStore) -> None:
    events = [f"event-{i % 30}" for i in range(120)]  # each event is reported four times
    start = threading.Barrier(8, timeout=60)

    def open_some(first: int) -> None:
        start.wait()
        for event_id in events[first::8]:
            store.open_case(new_case(event_id), pack_of(event_id))

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(open_some, range(8)))

    page = store.find(CaseQuery(limit=500))
    assert page.total == 30
    assert sorted(case.number for case in page.cases) == [f"SW20261121{i:04d}" for i in range(1, 31)]


def test_action_leads_on_and_is_written_down(store: CaseStore) -> None:
    case_id = opened(store)

    case = store.apply(case_id, Action.DISMISS, actor="li", reason="a sculpture", at=LATER)

    last = store.history(case_id)[-1]
    assert (case.state, case.revision, case.updated_at) == (CaseState.DISMISSED, 2, LATER)
    assert (last.actor, last.action, last.from_state, last.to_state, last.reason, last.at) == (
        "li",
        "dismiss",
        CaseState.CANDIDATE,
        CaseState.DISMISSED,
        "a sculpture",
        LATER,
    )


def test_confirming_records_the_reviewer_also_on_a_filed_case(store: CaseStore) -> None:
    case_id = opened(store)
    store.apply(case_id, Action.FILE, actor="system", reason="", at=NOON)

    case = store.apply(case_id, Action.CONFIRM, actor="li", reason="", at=LATER)

    assert (case.state, case.reviewed_by, case.reviewed_at) == (CaseState.FILED, "li", LATER)


def test_illegal_action_changes_nothing_and_names_the_possible_ones(store: CaseStore) -> None:
    case_id = opened(store)
    before = store.get(case_id), store.history(case_id)

    with pytest.raises(IllegalTransitionError, match="possible now: confirm, warn, file, resolve, dismiss"):
        store.apply(case_id, Action.CLOSE, actor="li", reason="over", at=LATER)

    assert (store.get(case_id), store.history(case_id)) == before


def test_action_that_must_say_why_is_refused_without_a_reason(store: CaseStore) -> None:
    case_id = opened(store)

    with pytest.raises(ReasonMissingError, match="'dismiss' needs a reason"):
        store.apply(case_id, Action.DISMISS, actor="li", reason="  ", at=LATER)

    assert store.get(case_id).state is CaseState.CANDIDATE


def test_decision_on_an_older_revision_is_refused(store: CaseStore) -> None:
    case_id = opened(store)
    seen = store.get(case_id).revision
    store.apply(case_id, Action.CONFIRM, actor="li", reason="", at=LATER, expected_revision=seen)

    with pytest.raises(StaleEditError, match="you saw revision 1, it is at 2"):
        store.apply(case_id, Action.DISMISS, actor="wang", reason="no", at=LATER, expected_revision=seen)


def test_evidence_that_arrives_meanwhile_makes_no_decision_stale(store: CaseStore) -> None:
    case_id = opened(store)
    seen = store.get(case_id).revision
    store.add_pack(case_id, pack_of(number=2))
    store.add_warning(case_id, warning())

    case = store.apply(case_id, Action.CONFIRM, actor="li", reason="", at=LATER, expected_revision=seen)

    assert case.state is CaseState.CONFIRMED


def test_of_two_simultaneous_decisions_on_one_revision_exactly_one_stands(store: CaseStore) -> None:
    case_id = opened(store)
    start = threading.Barrier(2, timeout=60)

    def decide(action: Action) -> bool:
        start.wait()
        try:
            store.apply(case_id, action, actor="x", reason="y", at=LATER, expected_revision=1)
        except StaleEditError:
            return False
        return True

    with ThreadPoolExecutor(2) as threads:
        stood = list(threads.map(decide, [Action.CONFIRM, Action.DISMISS]))

    assert sorted(stood) == [False, True]
    assert store.get(case_id).revision == 2


def test_end_of_the_offence_is_kept_from_the_first_time(store: CaseStore) -> None:
    case_id = opened(store)
    store.end_offence(case_id, LATER)

    store.end_offence(case_id, LATER + timedelta(hours=1))

    assert store.get(case_id).ended_at == LATER
    assert [row.action for row in store.history(case_id)] == ["open", "add_pack", "end"]


@pytest.mark.parametrize("ask", ["get", "history"])
def test_unknown_case_is_said_so(store: CaseStore, ask: str) -> None:
    with pytest.raises(UnknownCaseError, match="no case 'x'"):
        getattr(store, ask)("x")


def test_case_is_found_by_its_event(store: CaseStore) -> None:
    case_id = opened(store)

    found = store.of_event("event-1")

    assert found is not None
    assert found.case_id == case_id == case_id_of("event-1")
    assert store.of_event("event-2") is None


def many(store: CaseStore) -> None:
    for i in range(6):
        kind = "parking" if i % 2 else "vending"
        new = new_case(f"e{i}", kind=kind, camera_id=f"c{i % 3}", raised_at=NOON + timedelta(minutes=i))
        store.open_case(new, pack_of(f"e{i}"))
    store.apply(case_id_of("e5"), Action.FILE, actor="li", reason="", at=LATER)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        (CaseQuery(), "e5 e4 e3 e2 e1 e0"),
        (CaseQuery(limit=2, offset=1), "e4 e3"),
        (CaseQuery(states=(CaseState.FILED,)), "e5"),
        (CaseQuery(kinds=("vending",)), "e4 e2 e0"),
        (CaseQuery(camera_ids=("c0", "c1")), "e4 e3 e1 e0"),
        (CaseQuery(raised_from=NOON + timedelta(minutes=2), raised_before=NOON + timedelta(minutes=4)), "e3 e2"),
        (CaseQuery(text="sw202611210003"), "e2"),
        (CaseQuery(text="东门"), "e5 e4 e3 e2 e1 e0"),
        (CaseQuery(text="100%"), ""),
    ],
)
def test_query_finds_exactly_what_it_asks_for_newest_first(store: CaseStore, query: CaseQuery, expected: str) -> None:
    many(store)

    page = store.find(query)

    assert " ".join(case.event_id for case in page.cases) == expected


def test_page_says_how_many_there_are_in_all(store: CaseStore) -> None:
    many(store)

    assert store.find(CaseQuery(kinds=("vending",), limit=1)).total == 3


def test_counts_name_every_state(store: CaseStore) -> None:
    many(store)

    counts = store.counts()

    assert set(counts) == set(CaseState)
    assert (counts[CaseState.CANDIDATE], counts[CaseState.FILED], counts[CaseState.CLOSED]) == (5, 1, 0)


def test_cases_for_the_ladder_are_those_not_yet_handed_on_oldest_first(store: CaseStore) -> None:
    many(store)
    store.apply(case_id_of("e1"), Action.WARN, actor="system", reason="", at=LATER)

    assert [case.event_id for case in store.open_for_ladder()] == ["e0", "e1", "e2", "e3", "e4"]


def test_cases_raised_long_ago_can_be_left_out_of_the_ladder(store: CaseStore) -> None:
    many(store)

    found = store.open_for_ladder(raised_from=NOON + timedelta(minutes=3))

    assert [case.event_id for case in found] == ["e3", "e4"]


def test_history_can_neither_be_altered_nor_removed(store: CaseStore, database: Database) -> None:
    case_id = opened(store)
    before = store.history(case_id)

    def first_row_changed(how: str) -> None:
        with database.writing() as session:
            row = session.scalars(select(AuditTableRow)).first()
            assert row is not None
            if how == "alter":
                row.actor = "nobody"
            else:
                session.delete(row)

    for how in ("alter", "remove"):
        with pytest.raises(AppendOnlyError):
            first_row_changed(how)
    assert store.history(case_id) == before


def test_transaction_that_fails_leaves_nothing(store: CaseStore, database: Database) -> None:
    case_id = opened(store)

    def change_and_fail() -> None:
        with database.writing() as session:
            row = session.get(CaseRow, case_id)
            assert row is not None
            row.state = "closed"
            session.flush()
            raise RuntimeError("power cut")

    with pytest.raises(RuntimeError):
        change_and_fail()
    assert store.get(case_id).state is CaseState.CANDIDATE
