"""One offence, one case: what is the same, what recurs, what is new, and why."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.kinship import NO_OFFENCE, Sighting, judge
from cases.place_history import busy_places, history_of
from cases.place_settings import KinChanges, KinSettings
from cases.spots import Kinship
from tests.cases.builders import NOON
from tests.cases.city import at_m

HOUR = timedelta(hours=1)
BOX = (100.0, 100.0, 200.0, 200.0)
ELSEWHERE = (500.0, 100.0, 600.0, 200.0)
SETTINGS = KinSettings()


def sighting(case_id: str = "old", **changes: Any) -> Sighting:
    base = Sighting(
        case_id=case_id,
        number=case_id.upper(),
        code="0406",
        kind="vending",
        state="filed",
        camera_id="gate-1",
        zone_id="kerb",
        position=at_m(0, 0, 3.0),
        box=BOX,
        class_label="stall",
        started_at=NOON,
        raised_at=NOON,
        ended_at=NOON + HOUR,
    )
    return replace(base, **changes)


def later(hours: float, **changes: Any) -> Sighting:
    at = NOON + hours * HOUR
    return sighting("new", **{"started_at": at, "raised_at": at, "ended_at": None, **changes})


def verdict(new: Sighting, *earlier: Sighting, settings: KinSettings = SETTINGS) -> tuple[Kinship, str, str]:
    found = judge(new, earlier, settings)
    return found.kinship, found.why, found.kin.case_id if found.kin else ""


def test_nothing_near_is_new() -> None:
    assert verdict(later(2)) == (Kinship.NEW, "nothing_near", "")
    assert verdict(later(2, camera_id="b", position=at_m(51, 0)), sighting()) == (Kinship.NEW, "nothing_near", "")


def test_thing_whose_track_was_lost_is_still_there() -> None:
    shifted = (110.0, 100.0, 210.0, 200.0)

    assert verdict(later(0.5, box=shifted), sighting()) == (Kinship.SAME, "still_there", "old")


def test_thing_that_two_cameras_see_is_one() -> None:
    other = later(0.5, camera_id="gate-2", zone_id="lane", position=at_m(30, 0, 3.0), box=ELSEWHERE)

    found = judge(other, [sighting()], SETTINGS)

    assert (found.kinship, found.why) == (Kinship.SAME, "two_cameras")
    assert found.distance_m == pytest.approx(30, abs=0.1)
    assert found.is_sure


def test_positions_whose_error_leaves_a_doubt_are_told_as_unsure() -> None:
    other = later(0.5, camera_id="gate-2", position=at_m(30, 0, 50.0), box=ELSEWHERE)

    assert not judge(other, [sighting()], SETTINGS).is_sure


def test_vendor_who_steps_aside_and_returns_within_a_day_is_the_same() -> None:
    assert verdict(later(24.9, position=at_m(20, 0), box=ELSEWHERE), sighting()) == (Kinship.SAME, "came_back", "old")


def test_return_after_more_than_a_day_is_a_recurrence() -> None:
    assert verdict(later(25.1), sighting()) == (Kinship.RECURRENCE, "long_ago", "old")


def test_return_after_the_case_was_closed_is_a_recurrence_that_is_back() -> None:
    for state in ("closed", "force_closed", "resolved"):
        assert verdict(later(2), sighting(state=state)) == (Kinship.RECURRENCE, "returned", "old")


def test_shop_that_puts_its_goods_out_again_is_back() -> None:
    shop = {"kind": "spillover", "code": "0405", "class_label": "goods"}
    assert verdict(later(2, **shop), sighting(state="resolved", **shop)) == (Kinship.RECURRENCE, "returned", "old")


def test_another_car_or_flyer_after_the_case_was_done_is_not_back() -> None:
    for kind in ("parking", "flyers"):
        found = verdict(later(2, kind=kind), sighting(state="resolved", kind=kind))
        assert found == (Kinship.RECURRENCE, "done", "old")


def test_case_that_was_closed_without_seeing_the_end_is_over_all_the_same() -> None:
    assert verdict(later(2), sighting(state="closed", ended_at=None)) == (Kinship.RECURRENCE, "done", "old")


def test_place_that_was_quiet_for_longer_than_is_looked_back_is_new() -> None:
    assert verdict(later(31 * 24 + 2), sighting()) == (Kinship.NEW, "nothing_near", "")


@pytest.mark.parametrize("state", sorted(NO_OFFENCE))
def test_case_where_nothing_was_is_nobodys_kin(state: str) -> None:
    assert verdict(later(0.5), sighting(state=state)) == (Kinship.NEW, "nothing_near", "")


def test_other_code_is_another_offence() -> None:
    assert verdict(later(0.5, code="0405"), sighting()) == (Kinship.NEW, "nothing_near", "")


def test_two_things_that_one_camera_sees_at_once_are_two() -> None:
    assert verdict(later(0.5, box=ELSEWHERE, position=at_m(8, 0)), sighting()) == (Kinship.NEW, "seen_at_once", "")


def test_things_that_look_different_are_two() -> None:
    other = later(5, class_label="tricycle", box=ELSEWHERE)

    assert verdict(other, sighting()) == (Kinship.NEW, "looks_different", "")


def test_flyers_of_one_wall_are_one() -> None:
    new = later(0.5, kind="flyers", box=ELSEWHERE, class_label="flyer")

    assert verdict(new, sighting(kind="flyers")) == (Kinship.SAME, "still_there", "old")


def test_car_that_parks_where_another_left_is_a_recurrence_and_not_the_same() -> None:
    assert verdict(later(2, kind="parking"), sighting(kind="parking")) == (Kinship.RECURRENCE, "another", "old")
    assert verdict(later(0.5, kind="parking"), sighting(kind="parking")) == (Kinship.SAME, "still_there", "old")


def test_limits_of_a_code_go_before_those_of_all() -> None:
    settings = KinSettings(codes={"0406": KinChanges(distance_m=10, hours=1)})
    aside = later(2.5, camera_id="b", position=at_m(20, 0))

    assert verdict(aside, sighting(), settings=settings) == (Kinship.NEW, "nothing_near", "")
    assert verdict(later(2.5), sighting(), settings=settings) == (Kinship.RECURRENCE, "long_ago", "old")


def test_what_a_code_leaves_out_is_that_of_its_kind_and_then_that_of_all() -> None:
    settings = KinSettings(distance_m=30, codes={"0201": KinChanges(hours=2)})

    limits = settings.limits("0201", "flyers")

    assert (limits.distance_m, limits.hours, limits.each, limits.returns) == (30, 2, False, True)


def test_without_positions_the_zone_of_the_camera_is_the_place() -> None:
    old = sighting(position=None)
    back = later(3, position=None, box=ELSEWHERE)

    assert verdict(back, old) == (Kinship.SAME, "came_back", "old")
    assert verdict(replace(back, zone_id="lane"), old) == (Kinship.NEW, "nothing_near", "")
    assert verdict(replace(back, camera_id="b"), old) == (Kinship.NEW, "nothing_near", "")


def test_closest_of_several_counts() -> None:
    closed = sighting("closed", state="closed", position=at_m(1, 0), box=ELSEWHERE)
    back = sighting("back", ended_at=NOON + HOUR / 2, position=at_m(1, 0), box=ELSEWHERE)
    there = sighting("there", ended_at=None)

    assert verdict(later(0.9), closed, back, there)[2] == "there"
    assert verdict(later(0.9), closed, back)[2] == "back"
    nearer = replace(back, case_id="nearer", position=at_m(0.5, 0))
    assert verdict(later(0.9), back, nearer)[2] == "nearer"


def test_case_is_not_its_own_kin_and_nothing_later_is() -> None:
    new = later(0.5)

    assert verdict(new, replace(new, number="x"), sighting(raised_at=NOON + HOUR)) == (Kinship.NEW, "nothing_near", "")


SOME = st.builds(
    lambda i, east, north, code, hours: sighting(
        f"c{i}", position=at_m(east, north), code=code, raised_at=NOON + hours * HOUR
    ),
    st.integers(0, 10**6),
    st.floats(-300, 300),
    st.floats(-300, 300),
    st.sampled_from(["0406", "0201"]),
    st.floats(0, 100),
)


@given(st.lists(SOME, max_size=30, unique_by=lambda each: each.case_id), st.randoms())
def test_each_case_lies_in_one_place_and_order_does_not_matter(cases: list[Sighting], random: Any) -> None:
    places = busy_places(cases, 50, least=1)
    random.shuffle(cases)

    assert sorted(each.case_id for place in places for each in place.cases) == sorted(each.case_id for each in cases)
    assert busy_places(cases, 50, least=1) == places


def test_places_with_several_cases_come_busiest_first() -> None:
    market = [sighting(f"m{i}", position=at_m(10 * i, 0)) for i in range(3)]
    corner = [sighting(f"c{i}", position=at_m(500, i)) for i in range(2)]
    lone = [sighting("lone", position=at_m(1000, 0)), sighting("unplaced", position=None)]

    places = busy_places([*lone, *corner, *market], 50)

    assert [place.count for place in places] == [3, 2]


def test_history_counts_codes_and_knows_first_and_last() -> None:
    cases = [sighting(f"c{i}", raised_at=NOON + i * HOUR, code="0406" if i else "0201") for i in range(3)]

    history = history_of(cases)

    assert (history.count, history.codes) == (3, (("0406", 2), ("0201", 1)))
    assert (history.first_at, history.last_at) == (NOON, NOON + 2 * HOUR)
    assert [each.case_id for each in history.newest] == ["c2", "c1", "c0"]
    assert history_of([]).last_at is None
