"""The posted cases: what the camera saw unsolved, the latest first, with its newest picture, and how often urged."""

from dataclasses import replace
from datetime import datetime, timedelta

from cases.closing import ClosingFacts
from cases.deeds import Order
from cases.handling import Supervision
from cases.packs import PackFile, PackPurpose, PartRole
from cases.posted import posted_board
from cases.posts import Doer
from cases.records import Case, case_id_of
from cases.states import Action
from cases.store import CaseStore
from cases.tables import CaseRow, PackRow
from tests.cases.builders import NOON, new_case, pack_of

WAY = (Order(Action.FILE), Order(Action.ACCEPT), Order(Action.APPROVE), Order(Action.DISPATCH, unit="二中队"))


def posted(store: CaseStore, event_id: str, due_at: datetime | None, *, proposal: str = "supervise") -> Case:
    """Open, dispatch and look at a case again, twice."""
    case_id = case_id_of(event_id)
    store.open_case(new_case(event_id), pack_of(event_id))
    for order in WAY:
        store.decide(case_id, order, by=Doer("li"), at=NOON)
    told = ClosingFacts("still_there" if proposal == "supervise" else "gone", proposal, NOON, "ab" * 32, ())
    files = tuple(
        PackFile(name, role, "ab" * 32, 8)
        for name, role in (("closing.jpg", PartRole.PANORAMA), ("close-up.jpg", PartRole.CLOSE_UP))
    )
    for number in (2, 3):
        pack = pack_of(event_id, number, purpose=PackPurpose.CLOSING, closing=told)
        store.add_pack(case_id, replace(pack, manifest=replace(pack.manifest, files=files)))
    with store.database.writing() as session:
        session.get_one(CaseRow, case_id).due_at = due_at
    return store.get(case_id)


def test_unsolved_cases_stand_there_with_the_picture_of_the_newest_look_the_latest_first(store: CaseStore) -> None:
    later = posted(store, "e1", NOON + timedelta(hours=3))
    without = posted(store, "e2", None)
    first = posted(store, "e3", NOON + timedelta(hours=1))
    posted(store, "e4", NOON, proposal="close")

    board = posted_board(store)

    assert [each.case.case_id for each in board.cases] == [each.case_id for each in (first, later, without)]
    assert [(each.picture.pack, each.picture.name) for each in board.cases if each.picture] == [(3, "close-up.jpg")] * 3
    assert board.total == 3


def test_urging_is_counted_with_the_time_of_the_last(store: CaseStore) -> None:
    case = posted(store, "e1", None)
    assert posted_board(store).cases[0].urged is None
    urge = Order(Action.SUPERVISE, "camera_still_there", kind=Supervision.IMPORTANT)
    for minutes in (10, 20):
        store.decide(case.case_id, urge, by=Doer("li"), at=NOON + timedelta(minutes=minutes))

    urged = posted_board(store).cases[0].urged

    assert urged is not None
    assert (urged.count, urged.last_at) == (2, NOON + timedelta(minutes=20))


def test_case_whose_pictures_were_deleted_has_none_and_stays_on_the_board(store: CaseStore) -> None:
    posted(store, "e1", None)
    with store.database.writing() as session:
        for row in session.query(PackRow).all():
            row.deleted_at = NOON

    assert [each.picture for each in posted_board(store).cases] == [None]


def test_case_that_its_unit_handed_back_and_got_anew_is_posted_no_more(store: CaseStore) -> None:
    case = posted(store, "e1", None)
    store.decide(case.case_id, Order(Action.SEND_BACK, "not_ours"), by=Doer("qian"), at=NOON)
    again = NOON + timedelta(minutes=5)
    store.decide(case.case_id, Order(Action.DISPATCH, unit="三中队"), by=Doer("li"), at=again)

    assert posted_board(store).cases == ()
