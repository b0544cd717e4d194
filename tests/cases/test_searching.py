"""Finding cases: the same text finds the same on both databases, deep pages lose nothing, counts stay in step."""

from collections import Counter
from contextlib import ExitStack
from datetime import timedelta

import pytest
from sqlalchemy import select, text, update

from cases import searching
from cases.dashboard import UnitCount, board
from cases.database import Database
from cases.inboxes import inbox_of
from cases.pages import Count
from cases.posts import Doer, Post
from cases.queries import MAX_OFFSET, CaseQuery
from cases.records import Case
from cases.searching import search
from cases.states import Action, CaseState
from cases.store import CaseStore
from cases.tables import CaseRow
from tests.cases.builders import NOON, new_case, pack_of, warning

PLACES = {
    "e0": {"camera_name": "解放路鑫菜市场东侧", "zone_name": "人行道", "code": "0406"},
    "e1": {"camera_name": "人民路中学门口", "zone_name": "消防通道", "code": "0496"},
    "e2": {"camera_name": "Gate B2 (北门)", "zone_name": "墙 100%", "code": "0201"},
}


@pytest.fixture
def places(store: CaseStore) -> None:
    for number, (event, place) in enumerate(PLACES.items()):
        store.open_case(new_case(event, raised_at=NOON + timedelta(minutes=number), **place), pack_of(event))


@pytest.mark.usefixtures("places")
@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("鑫", "e0"),
        ("路", "e1 e0"),
        ("放路", "e0"),
        ("路放", ""),
        ("中学门口", "e1"),
        ("中学口门", ""),
        ("门", "e2 e1"),
        ("b2", "e2"),
        ("B2", "e2"),
        ("gate b", "e2"),
        ("100%", "e2"),
        ("%", "e2"),
        ("_", ""),
        ("0496", "e1"),
        ("SW202611210002", "e1"),
        ("sw2026", "e2 e1 e0"),
        ("0003", "e2"),
        ("03", ""),
        ("  鑫  ", "e0"),
        ("道 鑫", ""),
        ("'; DROP TABLE cases; --", ""),
        ("\\", ""),
    ],
)
def test_text_is_found_wherever_it_stands_in_names_codes_and_numbers(
    store: CaseStore, words: str, expected: str
) -> None:
    query = CaseQuery(text=words)

    assert [case.event_id for case in store.find(query).cases] == expected.split()
    assert [line.event_id for line in store.lines(query).lines] == expected.split()
    assert store.lines(query).count.total == len(expected.split())


def test_line_says_the_same_as_the_whole_case_without_its_evidence(store: CaseStore) -> None:
    case = store.open_case(new_case(), pack_of())
    store.add_warning(case.case_id, warning())
    whole = store.add_warning(case.case_id, warning(level=2))

    (line,) = store.lines(CaseQuery()).lines

    assert line.warnings_count == whole.warnings_count == 2
    same = [name for name in line.__dataclass_fields__ if name != "warnings_count"]
    assert [getattr(line, name) for name in (*same, "place")] == [getattr(whole, name) for name in (*same, "place")]


@pytest.mark.parametrize("narrowed", [CaseQuery(limit=3), CaseQuery(limit=3, text="东门", kinds=("vending",))])
def test_pages_that_go_on_from_the_last_case_show_each_case_once_in_order(
    store: CaseStore, narrowed: CaseQuery
) -> None:
    for number in range(10):  # three at a time were raised in the same moment
        event = f"e{number}"
        store.open_case(new_case(event, raised_at=NOON + timedelta(minutes=number // 3)), pack_of(event))
    seen: list[Case] = []
    query = narrowed
    while cases := store.find(query).cases:
        seen += cases
        query = CaseQuery(limit=query.limit, text=query.text, kinds=query.kinds, after=cases[-1].place)

    assert seen == list(store.find(CaseQuery(limit=50)).cases)
    assert len(seen) == 10


def test_total_does_not_depend_on_the_page(store: CaseStore) -> None:
    for number in range(5):
        store.open_case(new_case(f"e{number}"), pack_of(f"e{number}"))
    first = store.find(CaseQuery(limit=2))

    later = store.find(CaseQuery(limit=2, after=first.cases[-1].place))

    assert (first.count, later.count) == (Count(5), Count(5))


def test_page_too_deep_to_be_skipped_to_is_refused() -> None:
    with pytest.raises(ValueError, match="offset"):
        CaseQuery(offset=MAX_OFFSET + 1)


def test_what_nobody_counts_further_says_so_and_states_are_counted_to_the_end(
    store: CaseStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(searching, "COUNTED_UP_TO", 3)
    monkeypatch.setattr(searching, "COUNTED_BY_TEXT", 2)
    for number in range(4):
        event = f"e{number}"
        store.open_case(new_case(event, raised_at=NOON + timedelta(minutes=number)), pack_of(event))

    found = store.lines(CaseQuery(kinds=("vending",), limit=1))
    by_state = store.lines(CaseQuery(states=(CaseState.CANDIDATE,), limit=1))
    by_text = store.lines(CaseQuery(text="东门", limit=3, offset=1))

    assert ([line.event_id for line in by_text.lines], by_text.count) == (["e2", "e1", "e0"], Count(2, is_more=True))
    assert found.count == Count(3, is_more=True)
    assert by_state.count == Count(4)


def test_word_that_nearly_every_case_holds_is_paged_like_any_other(
    store: CaseStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(searching, "COUNTED_BY_TEXT", 2)
    monkeypatch.setattr(searching, "PROBED", 4)
    for number in range(9):
        event = f"e{number}"
        name = "解放路" if number % 4 else "中山门"
        store.open_case(new_case(event, raised_at=NOON + timedelta(minutes=number), camera_name=name), pack_of(event))

    first = store.lines(CaseQuery(text="路", limit=2))
    rest = store.lines(CaseQuery(text="路", limit=9, after=first.lines[-1].place))

    assert first.count == rest.count == Count(2, is_more=True)
    assert [line.event_id for line in (*first.lines, *rest.lines)] == ["e7", "e6", "e5", "e3", "e2", "e1"]


def counted(database: Database) -> dict[str, int]:
    with database.reading() as session:
        return dict(Counter(session.scalars(select(CaseRow.state))))


def test_tallies_follow_every_way_in_which_cases_change(store: CaseStore, database: Database) -> None:
    for number in range(4):
        store.open_case(new_case(f"e{number}"), pack_of(f"e{number}"))
    cases = store.find(CaseQuery()).cases
    store.apply(cases[0].case_id, Action.CONFIRM, actor="li", reason="", at=NOON)
    store.apply(cases[1].case_id, Action.DISMISS, actor="li", reason="nothing there", at=NOON)
    store.apply(cases[1].case_id, Action.REOPEN, actor="li", reason="seen again", at=NOON)
    with database.writing() as session:  # by hand, many at once
        session.execute(text("UPDATE cases SET state = 'filed' WHERE state = 'candidate'"))

    counts = {state.value: count for state, count in store.counts().items() if count}

    assert counts == counted(database) == {"confirmed": 2, "filed": 2}


def test_change_that_is_taken_back_is_not_tallied(store: CaseStore, database: Database) -> None:
    store.open_case(new_case(), pack_of())

    def fail() -> None:
        with database.writing() as session:
            session.execute(text("UPDATE cases SET state = 'filed'"))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()

    assert store.counts()[CaseState.CANDIDATE] == 1


def test_board_counts_open_cases_of_units_and_those_that_are_late(store: CaseStore, database: Database) -> None:
    for number in range(5):
        store.open_case(new_case(f"e{number}"), pack_of(f"e{number}"))
    told = [("north", -1, "filed"), ("north", 1, "filed"), ("south", -1, "filed"), ("south", -1, "closed")]
    ids = [case.case_id for case in store.find(CaseQuery()).cases]
    with database.writing() as session:
        for case_id, (unit, hours, state) in zip(ids, told, strict=False):
            row = session.get_one(CaseRow, case_id)
            row.unit, row.due_at, row.state = unit, NOON + timedelta(hours=hours), state

    shown = board(database, NOON)

    assert shown.by_unit == {"": UnitCount(1, 0), "north": UnitCount(2, 1), "south": UnitCount(1, 1)}
    assert shown.overdue == 2
    assert shown.by_state[CaseState.CLOSED] == 1


def test_cases_of_units_are_found(store: CaseStore, database: Database) -> None:
    for number in range(3):
        store.open_case(new_case(f"e{number}"), pack_of(f"e{number}"))
    with database.writing() as session:
        session.execute(text("UPDATE cases SET unit = 'north' WHERE event_id = 'e1'"))

    assert [line.event_id for line in store.lines(CaseQuery(units=("north", "east"))).lines] == ["e1"]


def test_two_who_change_cases_at_once_do_not_wait_for_each_others_tally(postgresql_database: Database) -> None:
    store = CaseStore(postgresql_database)
    ids = [store.open_case(new_case(f"e{number}"), pack_of(f"e{number}")).case_id for number in range(3)]
    with ExitStack() as stack:
        slots = set()
        for case_id in ids:  # three, as two processes of the server may have the same slot
            session = stack.enter_context(postgresql_database.writing())
            slot = session.scalar(text("SELECT mod(pg_backend_pid(), 64)"))
            if slot not in slots:
                session.execute(text("SET LOCAL lock_timeout = '5s'"))
                session.execute(update(CaseRow).where(CaseRow.id == case_id).values(state="filed"))
                slots.add(slot)

    assert store.counts()[CaseState.FILED] == len(slots) >= 2


@pytest.mark.parametrize("post", [Post.DEPARTMENT, Post.SUPERVISOR, Post.ACCEPTOR])
def test_inbox_is_asked_for_without_an_empty_list_for_which_sqlite_reads_the_whole_table(
    sqlite_database: Database, post: Post
) -> None:
    query = CaseQuery(inbox=inbox_of(Doer("qian", frozenset({post}), "cleaning-2")))
    with sqlite_database.reading() as session:
        page = search(query, session).page.with_only_columns(CaseRow.id)
        asked = str(page.compile(session.connection(), compile_kwargs={"literal_binds": True}))

    assert "WHERE" in asked
    assert "1!=1" not in asked


def test_case_without_a_unit_waits_for_no_department(store: CaseStore) -> None:
    store.open_case(new_case(), pack_of())

    for unit in ("", "*", "cleaning-2"):
        inbox = inbox_of(Doer("qian", frozenset({Post.DEPARTMENT}), unit))
        assert store.lines(CaseQuery(inbox=inbox)).lines == ()
    assert len(store.lines(CaseQuery(inbox=inbox_of(Doer("li", frozenset({Post.VIDEO_SEAT}))))).lines) == 1
