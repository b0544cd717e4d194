"""What a look after dispatch comes to, when it is due, and that it is recorded once."""

from dataclasses import replace
from datetime import datetime, timedelta
from itertools import product
from pathlib import Path

import pytest

from cases.closing import LOOK, LOOK_DELAYED, ClosingFacts, ClosingLook, ClosingProposal, Cues, Delay, Finding, weigh
from cases.closing_due import due_at, due_looks
from cases.closing_settings import ClosingSettings
from cases.deeds import Order
from cases.evidence import EvidenceStore
from cases.packs import Pack, PackPurpose, canonical_json, parse_manifest
from cases.posts import Doer
from cases.queries import CaseQuery
from cases.records import Case
from cases.recovery import recover
from cases.replay import Replayed, replay
from cases.states import Action
from cases.store import CaseStore
from detectors.events import Reason
from tests.cases.builders import NOON, OPENING, facts, new_case, pack_of, parts

SETTINGS = ClosingSettings(codes={"0406": 3600.0})
HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("cues", "finding"),
    [
        (Cues("empty", 0.9, 0.0, 0.05), Finding.GONE),
        (Cues("empty", 0.9, 0.0, 0.5), Finding.GONE),
        (Cues("empty", None, None, 0.1), Finding.GONE),  # paper: no model knows it
        (Cues("unknown", 0.9, 0.0, 0.1), Finding.GONE),
        (Cues("standing", 0.9, 0.8, 0.95), Finding.STILL_THERE),
        (Cues("standing", None, None, 0.9), Finding.STILL_THERE),
        (Cues("unknown", 0.9, 0.8, 0.9), Finding.STILL_THERE),
        (Cues("unknown", 0.9, 0.8, 0.1), Finding.UNCLEAR),  # another one stands there now
        (Cues("empty", 0.9, 0.8, 0.5), Finding.UNCLEAR),
        (Cues("standing", 0.9, 0.0, 0.5), Finding.UNCLEAR),
        (Cues("empty"), Finding.UNCLEAR),  # one cue alone says nothing
        (Cues("empty", 0.0, 0.0, 0.5), Finding.UNCLEAR),  # the model never saw it there
    ],
)
def test_two_cues_must_agree_and_none_contradict(cues: Cues, finding: Finding) -> None:
    assert weigh(cues).finding is finding


def test_contradiction_is_never_decided_and_only_what_is_clear_is_proposed() -> None:
    scores, likenesses = (None, 0.0, 0.7), (None, 0.1, 0.5, 0.9)
    for watched, before, now, alike in product(("standing", "empty", "unknown"), scores, scores, likenesses):
        weighed = weigh(Cues(watched, before, now, alike))  # type: ignore[arg-type]
        if weighed.finding is Finding.GONE:
            assert watched != "standing"
            assert not (before and now)
            assert alike is None or alike < 0.8
        if weighed.finding is Finding.STILL_THERE:
            assert watched != "empty"
            assert not (before and now == 0.0)
            assert alike is None or alike > 0.3
        assert (weighed.proposal is ClosingProposal.NONE) == (weighed.finding is Finding.UNCLEAR)


def test_measurements_are_told_with_the_finding() -> None:
    told = {each.key: each.value for each in weigh(Cues("empty", 0.91, 0.0, 0.123456)).measures}
    assert told == {"place_empty": 1.0, "model_before": 0.91, "model_now": 0.0, "pixels_alike": 0.123}


def test_look_is_due_after_the_wait_of_its_code() -> None:
    never = ClosingLook()
    assert due_at(never, "0406", NOON, SETTINGS) == NOON + HOUR
    assert due_at(never, "0505", NOON, SETTINGS) == NOON + 2 * HOUR


@pytest.mark.parametrize(
    ("look", "due"),
    [
        (ClosingLook("gone", "close", NOON + HOUR, 1, NOON), None),
        (ClosingLook("still_there", "supervise", NOON + HOUR, 1, NOON), NOON + 3 * HOUR),
        (ClosingLook("unclear", "", NOON + HOUR, 1, NOON), NOON + 3 * HOUR),
        (ClosingLook("still_there", "supervise", NOON + HOUR, 6, NOON), None),
        (ClosingLook(round_at=NOON, delay="view_dark", tried_at=NOON + HOUR), NOON + HOUR + timedelta(minutes=10)),
        (ClosingLook("gone", "close", NOON - HOUR, 1, NOON - 2 * HOUR), NOON + HOUR),  # sent to be done again since
    ],
)
def test_next_look_follows_from_the_last_one(look: ClosingLook, due: datetime | None) -> None:
    assert due_at(look, "0406", NOON, SETTINGS) == due


def dispatched(store: CaseStore, event_id: str = "event-1", at: datetime = NOON) -> Case:
    case = store.open_case(new_case(event_id), pack_of(event_id))
    for action, unit in (("file", ""), ("accept", ""), ("approve", ""), ("dispatch", "cleaning-2")):
        case = store.decide(case.case_id, Order(Action(action), unit=unit), by=Doer("system"), at=at)
    return case


def look_of(case: Case, number: int = 2, finding: str = "gone", proposal: str = "close") -> Pack:
    assert case.handling.dispatched_at is not None
    measures = (Reason("place_empty", 1.0, ""),)
    told = ClosingFacts(finding, proposal, case.handling.dispatched_at, "ab" * 32, measures)
    at = case.handling.dispatched_at + HOUR
    return pack_of(case.event_id, number, purpose=PackPurpose.CLOSING, captured_at=at, closing=told)


def test_due_cases_are_told_by_their_rows_and_what_waits_longest_comes_first(store: CaseStore) -> None:
    late, early = dispatched(store, "event-2", NOON + HOUR / 2), dispatched(store)
    store.open_case(new_case("event-3"), pack_of("event-3"))

    assert due_looks(store.database, SETTINGS, NOON + HOUR - timedelta(seconds=1)) == ()
    assert due_looks(store.database, SETTINGS, NOON + 2 * HOUR) == (early.case_id, late.case_id)
    assert due_looks(store.database, SETTINGS.model_copy(update={"looks": False}), NOON + 2 * HOUR) == ()


def test_look_is_recorded_with_its_pack_once_and_found_by_its_proposal(store: CaseStore) -> None:
    case = dispatched(store)
    pack = look_of(case)
    for _ in range(2):
        looked = store.add_pack(case.case_id, pack)

    assert (looked.closing.finding, looked.closing.proposal, looked.closing.looks) == ("gone", "close", 1)
    rows = [row for row in store.history(case.case_id) if row.action == LOOK]
    assert [(row.detail["finding"], row.detail["pack"]) for row in rows] == [("gone", 2)]
    assert [c.case_id for c in store.find(CaseQuery(proposals=(ClosingProposal.CLOSE,))).cases] == [case.case_id]
    assert store.find(CaseQuery(proposals=(ClosingProposal.SUPERVISE,))).cases == ()
    assert due_looks(store.database, SETTINGS, NOON + 9 * HOUR) == ()
    assert replay(store.history(case.case_id)) == Replayed.of_case(looked)


def test_proposal_of_before_a_rework_counts_no_more_and_a_new_look_is_due(store: CaseStore) -> None:
    case = dispatched(store)
    store.add_pack(case.case_id, look_of(case))
    for action in (Action.START, Action.REPORT, Action.FEED_BACK, Action.REWORK):
        later = NOON + 2 * HOUR
        store.decide(
            case.case_id, Order(action, "done" if action is not Action.START else ""), by=Doer("system"), at=later
        )

    assert store.get(case.case_id).closing == ClosingLook()
    assert store.find(CaseQuery(proposals=(ClosingProposal.CLOSE,))).cases == ()
    assert due_looks(store.database, SETTINGS, NOON + 3 * HOUR) == (case.case_id,)


def test_delay_is_said_once_per_cause_and_keeps_what_was_proposed(store: CaseStore) -> None:
    case = dispatched(store)
    store.add_pack(case.case_id, look_of(case, finding="still_there", proposal="supervise"))
    for minutes, delay in enumerate((Delay.CAMERA_AWAY, Delay.CAMERA_AWAY, Delay.VIEW_DARK)):
        delayed = store.note_delay(case.case_id, delay, NOON, NOON + 3 * HOUR + timedelta(minutes=minutes))

    told = [row.detail["delay"] for row in store.history(case.case_id) if row.action == LOOK_DELAYED]
    assert told == ["camera_away", "view_dark"]
    assert (delayed.closing.proposal, delayed.closing.delay) == ("supervise", "view_dark")
    assert due_looks(store.database, SETTINGS, NOON + 3 * HOUR + timedelta(minutes=11)) == ()
    assert due_looks(store.database, SETTINGS, NOON + 3 * HOUR + timedelta(minutes=12)) == (case.case_id,)


def test_pack_that_a_crash_left_without_its_row_is_not_looked_for_again(store: CaseStore, tmp_path: Path) -> None:
    opening, evidence = facts(opening=OPENING), EvidenceStore(tmp_path / "evidence")
    case_id = new_case().case_id
    store.open_case(new_case(), evidence.write_pack(case_id, parts(), opening))
    for action, unit in (("file", ""), ("accept", ""), ("approve", ""), ("dispatch", "cleaning-2")):
        case = store.decide(case_id, Order(Action(action), unit=unit), by=Doer("system"), at=NOON)
    told = look_of(case).manifest.facts
    evidence.write_pack(case_id, parts(), replace(told, event_id=opening.event_id))  # and then the power goes

    assert due_looks(store.database, SETTINGS, NOON + 2 * HOUR) == (case_id,)
    recover(store, evidence)

    assert due_looks(store.database, SETTINGS, NOON + 2 * HOUR) == ()
    assert [row.action for row in store.history(case_id)].count(LOOK) == 1
    assert evidence.verify(case_id, store.get(case_id).manifests).problems == ()


def test_manifests_of_other_packs_are_what_they_were_before_there_were_looks() -> None:
    manifest = pack_of().manifest
    assert b"closing" not in canonical_json(manifest)
    look = replace(manifest, facts=replace(manifest.facts, closing=ClosingFacts("gone", "close", NOON, "ab" * 32, ())))
    assert parse_manifest(canonical_json(look)) == look
