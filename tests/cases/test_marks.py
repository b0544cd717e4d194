"""Locks, releases, leave to see originals: by whom, why, until when; and the gate before penal use."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from cases.completeness import Shortfall
from cases.devices import DeviceEntry
from cases.errors import ReasonMissingError, UnknownCaseError
from cases.evidence_errors import LockError, NotReleasableError
from cases.marks import MarkKind, Marks
from cases.noting import EvidenceDeed
from cases.packs import PackFile, PackPurpose, PartRole
from cases.records import Case
from cases.releases import hindrances, release
from cases.replay import Replayed, replay
from cases.states import Action
from cases.store import CaseStore
from tests.cases.builders import NOON, new_case, pack_of

WHY = EvidenceDeed("li", NOON, "appeal 12")
ROLES = (PartRole.PANORAMA, PartRole.PANORAMA, PartRole.CLOSE_UP, PartRole.CLIP)


def device(**changes: Any) -> DeviceEntry:
    entry: dict[str, Any] = {
        "approval": "审核〔2026〕12号",
        "standard": "GA/T 832-2014",
        "published_at": "notice 12",
        "sign": "sign.jpg",
        "legal_basis": "第三十条",
        "valid_from": date(2026, 1, 1),
        "valid_until": date(2026, 12, 31),
    }
    return DeviceEntry(**(entry | changes))


@pytest.fixture
def marks(store: CaseStore) -> Marks:
    return Marks(store.database)


@pytest.fixture
def case(store: CaseStore) -> Case:
    """A whole case that a person has confirmed."""
    pack = pack_of()
    files = tuple(PackFile(f"{number}.jpg", role, "ab" * 32, 8) for number, role in enumerate(ROLES))
    whole = replace(pack, manifest=replace(pack.manifest, files=files))
    case = store.open_case(new_case(), whole)
    return store.apply(case.case_id, Action.CONFIRM, actor="li", reason="", at=NOON)


def test_lock_holds_until_somebody_lifts_it_and_both_stand_in_the_history(
    store: CaseStore, marks: Marks, case: Case
) -> None:
    marks.lock(case.case_id, WHY)
    assert marks.current(case.case_id, MarkKind.LOCK) is not None

    lifted = marks.unlock(case.case_id, EvidenceDeed("zhang", NOON + timedelta(days=900), "appeal over"))

    assert marks.current(case.case_id, MarkKind.LOCK) is None
    assert (lifted.set_by, lifted.lifted_by, lifted.lift_reason) == ("li", "zhang", "appeal over")
    history = store.history(case.case_id)
    assert [(row.action, row.actor, row.reason) for row in history[-2:]] == [
        ("lock", "li", "appeal 12"),
        ("unlock", "zhang", "appeal over"),
    ]
    assert replay(history) == Replayed.of_case(store.get(case.case_id))


@pytest.mark.parametrize("actor", ["system", "", "  "])
def test_only_a_named_person_locks_unlocks_and_releases(marks: Marks, case: Case, actor: str) -> None:
    deed = replace(WHY, actor=actor)

    with pytest.raises(LockError, match="named person"):
        marks.lock(case.case_id, deed)
    with pytest.raises(LockError, match="named person"):
        marks.unlock(case.case_id, deed)
    with pytest.raises(NotReleasableError, match="named reviewer"):
        release(marks, case, device(), deed)


def test_nothing_is_set_without_a_reason(marks: Marks, case: Case) -> None:
    silent = replace(WHY, reason=" ")

    with pytest.raises(ReasonMissingError):
        marks.lock(case.case_id, silent)
    with pytest.raises(ReasonMissingError):
        marks.grant_view(case.case_id, "s", silent, 30)
    with pytest.raises(ReasonMissingError):
        release(marks, case, device(), silent)
    assert marks.current(case.case_id, MarkKind.LOCK) is None


def test_second_lock_and_lifting_what_is_not_there_are_said(marks: Marks, case: Case) -> None:
    with pytest.raises(LockError, match="no lock that could be lifted"):
        marks.unlock(case.case_id, WHY)
    marks.lock(case.case_id, WHY)
    with pytest.raises(LockError, match="locked already"):
        marks.lock(case.case_id, WHY)
    with pytest.raises(UnknownCaseError):
        marks.lock("nobody", WHY)


def test_leave_to_see_originals_is_of_one_person_one_sign_in_one_case_and_ends(
    store: CaseStore, marks: Marks, case: Case
) -> None:
    other = store.open_case(new_case("event-2"), pack_of("event-2"))
    marks.grant_view(case.case_id, "session-1", WHY, 30)

    def may(case_id: str = case.case_id, person: str = "li", session: str = "session-1", minutes: float = 29) -> bool:
        return marks.may_view(case_id, person, session, NOON + timedelta(minutes=minutes)) is not None

    assert may()
    assert not may(minutes=30)
    assert not may(person="wang")
    assert not may(session="session-2")
    assert not may(case_id=other.case_id)
    row = store.history(case.case_id)[-1]
    assert (row.action, row.actor, row.reason) == ("view", "li", "appeal 12")


def test_whole_confirmed_case_of_a_registered_camera_is_released_in_the_reviewers_name(
    store: CaseStore, marks: Marks, case: Case
) -> None:
    mark = release(marks, case, device(), WHY)

    assert (mark.set_by, mark.reason) == ("li", "appeal 12")
    assert mark.detail["device"] == device().told()
    assert mark.detail["manifests"] == {"1": case.packs[0].manifest_sha256}
    assert store.history(case.case_id)[-1].action == "release"
    with pytest.raises(NotReleasableError, match="released already"):
        release(marks, case, device(), WHY)
    marks.lift(case.case_id, MarkKind.RELEASE, WHY)
    assert marks.current(case.case_id, MarkKind.RELEASE) is None
    assert store.history(case.case_id)[-1].action == "withdraw_release"


@pytest.mark.parametrize("shortfall", list(Shortfall))
def test_case_that_lacks_anything_stays_a_lead(marks: Marks, case: Case, shortfall: Shortfall) -> None:
    roles = {Shortfall.NO_PANORAMA: ROLES[2:], Shortfall.NO_SECOND_PANORAMA: ROLES[1:]}
    roles |= {Shortfall.NO_CLOSE_UP: (*ROLES[:2], ROLES[3]), Shortfall.NO_CLIP: ROLES[:3]}
    files = tuple(file for file in case.files if file.role in roles.get(shortfall, ROLES))
    files = files[1:] if shortfall is Shortfall.NO_SECOND_PANORAMA else files
    lacking = replace(case, packs=(replace(case.packs[0], files=files, incomplete=(shortfall.value,)),))

    with pytest.raises(NotReleasableError, match=shortfall.value) as refused:
        release(marks, lacking, device(), WHY)
    assert refused.value.hindrances == ("incomplete",)


def test_everything_in_the_way_is_said_at_once(store: CaseStore, marks: Marks) -> None:
    candidate = store.open_case(new_case("event-3"), pack_of("event-3"))

    found = hindrances(candidate, None)

    assert found == ("state", "nobody_reviewed", "incomplete", "no_device")
    with pytest.raises(NotReleasableError, match="not in the device register"):
        release(marks, candidate, None, WHY)


def test_dismissed_or_partly_deleted_case_is_not_released(store: CaseStore, case: Case) -> None:
    dismissed = store.apply(case.case_id, Action.DISMISS, actor="li", reason="wrong", at=NOON)
    gone = replace(case, packs=(replace(case.packs[0], deleted_at=NOON),))

    assert hindrances(dismissed, device()) == ("state",)
    assert hindrances(gone, device()) == ("deleted",)


@pytest.mark.parametrize(
    ("first", "last", "found"),
    [
        (date(2026, 11, 21), date(2026, 11, 21), ()),
        (date(2026, 11, 22), date(2026, 12, 31), ("calibration",)),
        (date(2026, 1, 1), date(2026, 11, 20), ("calibration",)),
    ],
)
def test_calibration_must_hold_on_the_day_of_the_pictures(
    case: Case, first: date, last: date, found: tuple[str, ...]
) -> None:
    assert hindrances(case, device(valid_from=first, valid_until=last)) == found


def test_register_entry_that_ends_before_it_begins_is_refused() -> None:
    with pytest.raises(ValueError, match="lies before valid_from"):
        device(valid_until=date(2025, 1, 1))


def test_record_of_a_deletion_asks_for_no_calibration_of_its_own(case: Case) -> None:
    late = replace(case.packs[0], number=2, purpose=PackPurpose.DELETION, captured_at=NOON + timedelta(days=900))

    assert hindrances(replace(case, packs=(*case.packs, late)), device()) == ()
