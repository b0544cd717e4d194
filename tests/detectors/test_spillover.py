"""Spillover: goods that stay beyond a shop's door line; nobody need attend them."""

from datetime import timedelta

import numpy as np
import pytest

from detectors.events import Event
from detectors.spillover import REACH_HEIGHTS
from tests.detectors.stories import judged, phases, value, zone
from tests.vision.streets import BEGAN_AT, Box, Street, Thing, box_at
from vision.classes import StreetClass
from vision.ground_plane import GroundPlane

PERSON = StreetClass.PERSON.value
DOOR = [(0.1, 0.6), (0.9, 0.6)]
RULE = {"kind": "spillover", "limit_s": 60, "door": DOOR}
BEFORE_THE_DOOR = ((0.1, 0.5), (0.9, 0.5), (0.9, 1.0), (0.1, 1.0))
METRES = GroundPlane(np.diag([12.8, 7.2, 1.0]))
"""A ground seen from straight above, a hundred pixels to the metre."""


def thing(
    kind: StreetClass, x: float = 600, y: float = 520, span_s: tuple[float, float] = (40, 200), size: Box | None = None
) -> Thing:
    width, height = (110.0, 70.0) if size is None else (size[2] - size[0], size[3] - size[1])
    return Thing(lambda t: box_at(x, y, width, height) if span_s[0] <= t < span_s[1] else None, class_id=kind.value)


def person(x: float = 690, span_s: tuple[float, float] = (40, 200)) -> Thing:
    return Thing(
        lambda t: box_at(x + 4 * (t % 2), 525, 45, 120) if span_s[0] <= t < span_s[1] else None, class_id=PERSON
    )


def told(*things: Thing, until_s: float = 240, ground: GroundPlane | None = None, **rule: object) -> list[Event]:
    settings = zone({**RULE, **rule}, BEFORE_THE_DOOR)
    return judged(settings, Street(list(things), hz=1).observations(until_s), ground=ground)


@pytest.mark.parametrize("kind", [StreetClass.GOODS, StreetClass.TABLE, StreetClass.STALL, StreetClass.UNKNOWN])
def test_goods_that_stay_beyond_the_line_are_an_offence_though_nobody_attends_them(kind: StreetClass) -> None:
    events = told(thing(kind))
    assert phases(events) == ["started", "raised", "ended"]
    assert 98 <= events[1].t_s <= 108
    assert events[1].kind == "spillover"


def test_goods_behind_the_line_are_the_shops_own_matter() -> None:
    assert not told(thing(StreetClass.GOODS, y=400))


def test_goods_that_are_taken_in_before_the_limit_are_none() -> None:
    assert "raised" not in phases(told(thing(StreetClass.GOODS, span_s=(40, 90))))


def test_all_that_one_shop_has_put_out_is_one_offence() -> None:
    events = told(thing(StreetClass.GOODS, x=250), thing(StreetClass.TABLE, x=1000, span_s=(60, 220)))
    assert phases(events) == ["started", "raised", "ended"]
    assert value(events[1], "things") == 2
    assert events[2].t_s > 215


def test_what_stood_there_when_the_zone_was_learned_is_street_furniture() -> None:
    bench = Thing(lambda _: box_at(600, 520, 110, 70), StreetClass.TABLE.value, hidden=((80.0, 200.0),))
    assert not told(bench, until_s=400)


def test_goods_beside_furniture_are_an_offence() -> None:
    bench = Thing(lambda _: box_at(600, 520, 110, 70), StreetClass.TABLE.value)
    events = told(bench, thing(StreetClass.GOODS, x=720))
    assert phases(events) == ["started", "raised", "ended"]
    assert value(events[1], "things") == 1


def test_people_and_vehicles_at_rest_are_no_goods() -> None:
    kinds = (StreetClass.CAR, StreetClass.TRICYCLE, StreetClass.MOTORCYCLE, StreetClass.BICYCLE, StreetClass.PERSON)
    assert not told(*(thing(kind, x=200 + 200 * i) for i, kind in enumerate(kinds)))


def test_pram_or_luggage_that_somebody_stays_with_is_none() -> None:
    assert "raised" not in phases(told(thing(StreetClass.UNKNOWN), person(x=680)))


def test_goods_beside_which_somebody_stands_are_an_offence_all_the_same() -> None:
    assert "raised" in phases(told(thing(StreetClass.GOODS), person(x=680)))


def test_small_unknown_thing_beside_a_person_is_luggage() -> None:
    assert not told(thing(StreetClass.UNKNOWN, size=(0, 0, 36, 30)), person(x=640))


def test_upright_unknown_thing_is_a_person_whom_the_model_does_not_see() -> None:
    assert not told(thing(StreetClass.UNKNOWN, size=(0, 0, 45, 120)))


def test_umbrella_held_in_the_rain_is_none() -> None:
    held = Thing(lambda t: box_at(690, 420, 80, 35) if t > 40 else None, class_id=StreetClass.UMBRELLA.value)
    assert not told(held, person(span_s=(40, 240)))


def test_goods_count_in_business_hours_only() -> None:
    opens = BEGAN_AT + timedelta(seconds=120, hours=8)
    hours = [{"begin": f"{opens:%H:%M}", "end": "24:00"}]
    events = told(thing(StreetClass.GOODS, span_s=(50, 300)), until_s=320, hours=hours)
    assert phases(events) == ["started", "raised", "ended"]
    assert events[0].started_t_s == pytest.approx(120, abs=1)
    assert events[1].t_s == pytest.approx(180, abs=3)


def test_goods_outside_business_hours_are_none() -> None:
    assert not told(thing(StreetClass.GOODS), hours=[{"begin": "02:00", "end": "03:00"}])


def test_how_far_it_spills_over_is_told_in_metres_where_the_ground_is_known() -> None:
    raised = told(thing(StreetClass.GOODS, y=582), ground=METRES)[1]
    beyond = next(reason for reason in raised.reasons if reason.key == "beyond")
    assert beyond.unit == "m"
    assert beyond.value == pytest.approx(1.5, abs=0.05)
    assert value(raised, "size") == pytest.approx((1.1 * 0.7) ** 0.5, abs=0.05)


def test_how_far_it_spills_over_is_told_in_heights_of_the_picture_elsewhere() -> None:
    raised = told(thing(StreetClass.GOODS, y=504))[1]
    beyond = next(reason for reason in raised.reasons if reason.key == "beyond_picture")
    assert beyond.unit == "ratio"
    assert beyond.value == pytest.approx(0.1, abs=0.005)


def test_what_stands_on_the_threshold_is_tolerated() -> None:
    assert not told(thing(StreetClass.GOODS, y=452), ground=METRES)
    assert "raised" in phases(told(thing(StreetClass.GOODS, y=475), ground=METRES))


def test_unknown_thing_that_is_too_small_or_too_large_in_metres_is_none() -> None:
    assert not told(thing(StreetClass.UNKNOWN, size=(0, 0, 50, 40)), ground=METRES)
    assert not told(thing(StreetClass.UNKNOWN, size=(0, 0, 900, 500), y=700), ground=METRES)


def test_without_a_door_line_the_whole_zone_lies_before_the_door() -> None:
    assert "raised" in phases(told(thing(StreetClass.GOODS, y=400), door=[]))


def test_goods_that_are_put_out_again_have_returned() -> None:
    again = [thing(StreetClass.GOODS, span_s=(40, 140)), thing(StreetClass.GOODS, x=800, span_s=(200, 320))]
    raised = [event for event in told(*again, until_s=340) if event.phase.value == "raised"]
    assert "returned" not in {reason.key for reason in raised[0].reasons}
    assert value(raised[1], "returned") == 1
    assert value(raised[1], "away") == pytest.approx(55, abs=15)


def test_more_evidence_weighs_more() -> None:
    few = told(thing(StreetClass.GOODS))[1]
    many = told(*(thing(StreetClass.GOODS, x=300 + 200 * i, y=600) for i in range(4)))[1]
    assert 0 < value(few, "evidence") < value(many, "evidence") <= 1


def test_rule_cut_at_any_moment_gives_the_same_events() -> None:
    bench = Thing(lambda _: box_at(300, 520, 110, 70), StreetClass.TABLE.value)
    things = [bench, thing(StreetClass.GOODS), person(x=680), thing(StreetClass.UNKNOWN, x=900, span_s=(90, 190))]
    seen = list(Street(things, hz=1, drop_ratio=0.2).observations(230))
    settings = zone(RULE, BEFORE_THE_DOOR)
    whole = judged(settings, seen)
    assert "raised" in phases(whole)
    for cut in range(1, len(seen), 13):
        assert judged(settings, seen, [cut]) == whole


def test_reach_is_an_arms_length() -> None:
    far = person(x=600 + 55 + 120 * (REACH_HEIGHTS + 0.3))
    assert "raised" in phases(told(thing(StreetClass.UNKNOWN), far))
