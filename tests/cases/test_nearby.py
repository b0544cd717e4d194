"""Cases near a place come from the database, with and without positions."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import event, text

from cases.coordinates import Position, distance_m
from cases.database import Database
from cases.kinship import judge
from cases.nearby import Around, around, cases_between, kin_candidates, sighting_of
from cases.place_settings import KinSettings
from cases.records import Case
from cases.spots import Kinship, Spot
from cases.states import Action
from cases.store import CaseStore
from tests.cases.builders import NOON, new_case, pack_of
from tests.cases.city import at_m

DAY = timedelta(days=1)


def opened(store: CaseStore, event_id: str, position: Position | None, **changes: Any) -> Case:
    new = new_case(event_id, spot=Spot(position, "G", "A", "140802", "人民路"), **changes)
    return store.open_case(new, pack_of(event_id))


def near(store: CaseStore, position: Position | None, radius_m: float = 50, **changes: Any) -> list[str]:
    where = {"camera_id": "gate-3", "zone_id": "kerb", "raised_from": NOON - DAY, "raised_until": NOON, **changes}
    return [each.number for each in around(store.database, Around(position, radius_m, **where))]


def test_place_comes_back_as_it_was_stored(store: CaseStore) -> None:
    case = opened(store, "e1", at_m(10, 20, 3.5))

    assert case.spot == Spot(at_m(10, 20, 3.5), "G", "A", "140802", "人民路")
    assert store.get(case.case_id).spot == case.spot


def test_cases_within_the_circle_are_found_and_those_in_the_corner_of_its_box_are_not(store: CaseStore) -> None:
    inside = opened(store, "e1", at_m(49, 0))
    opened(store, "e2", at_m(45, 45))
    opened(store, "e3", None)

    assert near(store, at_m(0, 0)) == [inside.number]


def test_code_time_and_false_alarms_narrow(store: CaseStore) -> None:
    good = opened(store, "e1", at_m(0, 0))
    opened(store, "e2", at_m(0, 0), code="0201")
    opened(store, "e3", at_m(0, 0), raised_at=NOON - 2 * DAY)
    false = opened(store, "e4", at_m(0, 0))
    store.apply(false.case_id, Action.DISMISS, actor="li", reason="no stall", at=NOON)

    assert near(store, at_m(0, 0), code="0406") == [good.number]


def test_without_a_position_the_zone_is_searched(store: CaseStore) -> None:
    here = opened(store, "e1", None)
    opened(store, "e2", None, zone_id="lane")
    opened(store, "e3", None, camera_id="gate-4")

    assert near(store, None) == [here.number]


def test_new_case_finds_its_kin(store: CaseStore) -> None:
    old = opened(store, "e1", at_m(0, 0))
    store.end_offence(old.case_id, NOON + timedelta(minutes=5))
    later = NOON + timedelta(hours=3)
    new = new_case("e2", started_at=later, raised_at=later, opened_at=later, spot=Spot(at_m(5, 0)))

    kin = kin_candidates(store.database, new, KinSettings())
    found = judge(sighting_of(new), kin, KinSettings())

    assert [each.case_id for each in kin] == [old.case_id]
    assert (found.kinship, found.why, found.kin) == (Kinship.SAME, "came_back", kin[0])


def test_case_of_its_own_view_is_found_although_its_position_is_elsewhere(store: CaseStore) -> None:
    old = opened(store, "e1", at_m(80, 0))
    new = new_case("e2", raised_at=NOON, spot=Spot(at_m(0, 0)))

    assert [each.case_id for each in kin_candidates(store.database, new, KinSettings())] == [old.case_id]


def test_cases_of_a_period_come_oldest_first_with_their_places(store: CaseStore) -> None:
    opened(store, "e1", at_m(0, 0), raised_at=NOON)
    opened(store, "e2", None, raised_at=NOON - DAY)
    opened(store, "e3", None, raised_at=NOON + DAY)

    cases = list(cases_between(store.database, NOON - DAY, NOON + DAY))

    assert [case.raised_at for case in cases] == [NOON - DAY, NOON]
    assert [case.spot.position for case in cases] == [None, at_m(0, 0)]
    assert cases[0].spot.grid == "G"


def test_places_are_found_by_the_index_of_cells(sqlite_database: Database) -> None:
    store = CaseStore(sqlite_database)
    asked: list[str] = []
    with store.database.reading() as session:
        engine = session.get_bind()
        event.listen(engine, "before_cursor_execute", lambda _c, _u, sql, *_: asked.append(sql))
        near(store, at_m(0, 0), code="0406")
        names = [f"'{value}'" for value in range(asked[-1].count("?"))]
        plan = session.execute(text("EXPLAIN QUERY PLAN " + asked[-1].replace("?", "{}").format(*names))).all()

    assert "ix_cases_cell_raised_at" in str(plan)


PLACES = st.lists(st.tuples(st.floats(-200, 200), st.floats(-200, 200)), max_size=8)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(PLACES, st.floats(1, 150))
def test_search_agrees_with_measuring_every_case(
    store: CaseStore, places: Sequence[tuple[float, float]], radius_m: float
) -> None:
    for x, y in places:
        opened(store, f"{x} {y}"[:100], at_m(x, y))
    where = Around(at_m(0, 0), radius_m, "", "", NOON - DAY, NOON)

    found = {each.case_id for each in around(store.database, where)}

    every = around(store.database, Around(at_m(0, 0), 10_000, "", "", NOON - DAY, NOON))
    assert found == {e.case_id for e in every if e.position and distance_m(e.position, at_m(0, 0)) <= radius_m}
