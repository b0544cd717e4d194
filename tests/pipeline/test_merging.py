"""Cases that the program merges by itself, where the settings ask for that and nothing leaves a doubt."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from cases.deeds import Order
from cases.place_settings import KinSettings, PlaceSettings
from cases.posts import ANY_UNIT, Doer, Post
from cases.records import Case
from cases.spots import Kinship, Proposal
from cases.states import Action, CaseState
from cases.store import CaseStore
from pipeline.merging import SAME_OFFENCE, merged_if_sure
from pipeline.settings import Settings
from pipeline.system import System
from streams.opening import Openers
from tests.cases.builders import NOON, new_case, pack_of
from tests.e2e.sites import until
from vision.closer_look import Look
from vision.detections import Detections


class SeesNothing:
    def detect(self, frames: Sequence[Look]) -> list[Detections]:
        return [Detections.empty() for _ in frames]


ON = KinSettings(merge=("still_there", "two_cameras"))
LEADER = Doer("zhao", posts=frozenset({Post.SHIFT_LEADER, Post.VIDEO_SEAT}), unit=ANY_UNIT)


@pytest.fixture
def store(tmp_path: Path) -> CaseStore:
    return CaseStore(f"sqlite:///{tmp_path / 'cases.sqlite'}")


def pair(store: CaseStore, *, why: str = "two_cameras", sure: bool = True, kinship: Kinship = Kinship.SAME) -> Case:
    kin = store.open_case(new_case("event-1"), pack_of("event-1"))
    proposal = Proposal("", kinship, kin.case_id, sure, why, 1)
    return store.open_case(replace(new_case("event-2"), proposal=proposal), pack_of("event-2"))


def test_sure_kin_is_merged_and_the_history_says_by_whom_and_why(store: CaseStore) -> None:
    merged = merged_if_sure(store, pair(store), ON, NOON)

    assert (merged.state, merged.handling.parent_number) == (CaseState.MERGED, store.of_event("event-1").number)  # type: ignore[union-attr]
    row = store.history(merged.case_id)[-1]
    assert (row.action, row.actor, row.reason) == ("merge", "system", SAME_OFFENCE)


@pytest.mark.parametrize(
    ("settings", "changes"),
    [
        (KinSettings(), {}),  # off, as it comes
        (ON, {"sure": False}),
        (ON, {"why": "came_back"}),
        (ON, {"kinship": Kinship.RECURRENCE, "why": "still_there"}),
    ],
)
def test_what_is_not_asked_for_or_in_doubt_is_left_to_a_person(
    store: CaseStore, settings: KinSettings, changes: dict[str, object]
) -> None:
    case = pair(store, **changes)  # type: ignore[arg-type]
    assert merged_if_sure(store, case, settings, NOON) is case
    assert store.get(case.case_id).state is CaseState.CANDIDATE


def test_case_that_a_person_opened_again_stays_open(store: CaseStore) -> None:
    merged = merged_if_sure(store, pair(store), ON, NOON)
    opened = store.decide(merged.case_id, Order(Action.REOPEN, "two stalls"), by=LEADER, at=NOON)

    assert merged_if_sure(store, opened, ON, NOON) is opened


def test_kin_that_was_merged_itself_is_merged_into_by_nobody(store: CaseStore) -> None:
    first = store.open_case(new_case("event-0"), pack_of("event-0"))
    case = pair(store)
    kin = store.of_event("event-1")
    assert kin is not None
    store.decide(kin.case_id, Order(Action.MERGE, into=first.number), by=LEADER, at=NOON)

    assert merged_if_sure(store, case, ON, NOON).state is CaseState.CANDIDATE


def test_case_of_before_a_crash_is_merged_at_the_next_start(tmp_path: Path) -> None:
    places = PlaceSettings(same=ON)
    system = System(Settings(data=tmp_path, places=places), Openers(), model=SeesNothing())
    now = datetime.now(UTC)
    kin = system.cases.open_case(replace(new_case("event-1"), raised_at=now), pack_of("event-1"))
    proposal = Proposal("", Kinship.SAME, kin.case_id, True, "still_there", 1)
    case = system.cases.open_case(replace(new_case("event-2"), raised_at=now, proposal=proposal), pack_of("event-2"))
    system.start()
    try:
        until(lambda: system.cases.get(case.case_id).state is CaseState.MERGED, "the case is merged")
        assert system.cases.get(kin.case_id).state is CaseState.CANDIDATE
    finally:
        system.stop()
