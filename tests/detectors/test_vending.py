"""Vending: a stall-like thing that stays and is attended; neither alone."""

from dataclasses import replace

import numpy as np
import pytest

from detectors.events import Event
from tests.detectors.stories import judged, phases, value, zone
from tests.vision.streets import Box, Street, Thing, box_at
from vision.cells import GRID_WH
from vision.classes import StreetClass
from vision.detections import Detections
from vision.ground_plane import GroundPlane

STALL, PERSON = StreetClass.STALL.value, StreetClass.PERSON.value
RULE = {"kind": "vending", "limit_s": 30}
METRES = GroundPlane(np.diag([12.8, 7.2, 1.0]))
"""A ground seen from straight above, a hundred pixels to the metre."""


def stall(x: float = 600, from_s: float = 5, until_s: float = 90, kind: StreetClass = StreetClass.STALL) -> Thing:
    return Thing(lambda t: box_at(x, 500, 130, 90) if from_s <= t < until_s else None, class_id=kind.value)


def person(x: float = 690, from_s: float = 5, until_s: float = 90) -> Thing:
    return Thing(lambda t: box_at(x + 6 * (t % 2), 505, 45, 120) if from_s <= t < until_s else None, class_id=PERSON)


def walker(y: float, from_s: float) -> Thing:
    def path(t_s: float) -> Box | None:
        x = 90 * (t_s - from_s)
        return box_at(x, y, 45, 120) if 0 <= x < 1280 else None

    return Thing(path, class_id=PERSON)


@pytest.mark.parametrize("kind", [StreetClass.STALL, StreetClass.TABLE, StreetClass.TRICYCLE, StreetClass.UNKNOWN])
@pytest.mark.parametrize("hz", [1.0, 5.0])
def test_attended_stall_beyond_the_limit_is_one_offence(hz: float, kind: StreetClass) -> None:
    events = judged(zone(RULE), Street([stall(kind=kind), person()], hz=hz).observations(120))
    assert phases(events) == ["started", "raised", "ended"]
    assert 35 <= events[1].t_s <= 45


def test_things_between_which_another_is_put_later_are_one_stall() -> None:
    apart = [stall(x=600), stall(x=900, from_s=8)]
    both = judged(zone(RULE), Street([*apart, person(), person(x=810)], hz=2).observations(80))
    assert phases(both).count("raised") == 2
    joined = [*apart, stall(x=750, from_s=14), person(), person(x=810)]
    events = judged(zone(RULE), Street(joined, hz=2).observations(120))
    assert phases(events).count("raised") == 1
    assert sorted(phases(events)) == ["ended", "ended", "raised", "started", "started"]


def test_stall_without_anybody_is_none() -> None:
    assert "raised" not in phases(judged(zone(RULE), Street([stall()], hz=2).observations(80)))


def test_person_standing_alone_is_none() -> None:
    assert not judged(zone(RULE), Street([person()], hz=2).observations(80))


def test_stall_that_people_only_pass_is_none() -> None:
    crowd = [walker(510 + 4 * (k % 3), from_s=4.0 * k) for k in range(25)]
    assert "raised" not in phases(judged(zone(RULE), Street([stall(), *crowd], hz=2).observations(90)))


def test_attendant_on_the_other_side_of_the_street_does_not_count() -> None:
    assert "raised" not in phases(judged(zone(RULE), Street([stall(), person(x=1000)], hz=2).observations(80)))


def test_umbrella_held_by_a_walker_is_none() -> None:
    def over(t_s: float) -> Box | None:
        return box_at(90 * t_s, 400, 90, 40) if 90 * t_s < 1280 else None

    umbrella = Thing(over, class_id=StreetClass.UMBRELLA.value)
    assert not judged(zone({**RULE, "limit_s": 5}), Street([umbrella, walker(500, 0)], hz=5).observations(20))


def test_umbrella_held_by_somebody_who_waits_is_none() -> None:
    held = Thing(lambda _: box_at(690, 410, 85, 40), class_id=StreetClass.UMBRELLA.value)
    assert "raised" not in phases(judged(zone(RULE), Street([held, person()], hz=2).observations(80)))


def test_wide_parasol_with_somebody_under_it_is_an_offence() -> None:
    parasol = Thing(lambda t: box_at(680, 420, 200, 60) if t < 90 else None, class_id=StreetClass.UMBRELLA.value)
    assert "raised" in phases(judged(zone(RULE), Street([parasol, person()], hz=2).observations(80)))


def test_things_close_to_each_other_are_one_stall_with_one_event() -> None:
    parts = [stall(600), stall(760, kind=StreetClass.TABLE), stall(880, from_s=20, kind=StreetClass.GOODS), person(690)]
    events = judged(zone(RULE), Street(parts, hz=2).observations(130))
    assert phases(events) == ["started", "raised", "ended"]


def test_two_stalls_far_apart_are_two_offences() -> None:
    street = Street([stall(300), person(390), stall(1000), person(1090)], hz=2)
    assert phases(judged(zone(RULE), street.observations(70))).count("raised") == 2


def test_vendor_who_steps_away_shortly_is_still_attending() -> None:
    street = Street([stall(), person(until_s=20), person(from_s=28)], hz=2)
    assert "raised" in phases(judged(zone(RULE), street.observations(80)))


def test_rule_cut_at_any_moment_gives_the_same_events() -> None:
    seen = list(Street([stall(), person(until_s=40), walker(520, 20)], hz=2, drop_ratio=0.3).observations(110))
    whole = judged(zone(RULE), seen)
    assert "raised" in phases(whole)
    for cut in range(1, len(seen), 9):
        assert judged(zone(RULE), seen, [cut]) == whole


def test_stall_outside_the_zone_is_none() -> None:
    left = ((0.0, 0.0), (0.3, 0.0), (0.3, 1.0), (0.0, 1.0))
    assert not judged(zone(RULE, left), Street([stall(), person()], hz=2).observations(60))


def test_far_stall_of_which_every_other_look_sees_nothing_is_one_offence_all_the_same() -> None:
    seen = list(Street([stall(), person()], hz=1).observations(120))
    coarse = {"detections": Detections.empty(), "unclear": tuple(range(GRID_WH[0] * GRID_WH[1]))}
    seen[1::2] = [replace(one, **coarse) for one in seen[1::2]]  # type: ignore[arg-type]
    events = judged(zone(RULE), seen)
    assert phases(events) == ["started", "raised", "ended"]
    assert 35 <= events[1].t_s <= 50


def test_look_that_sees_nobody_clearly_for_long_does_not_make_up_for_it_by_one_that_does() -> None:
    seen = list(Street([stall(), person()], hz=1).observations(90))
    coarse = {"detections": Detections.empty(), "unclear": tuple(range(GRID_WH[0] * GRID_WH[1]))}
    seen[8:] = [one if index % 40 == 0 else replace(one, **coarse) for index, one in enumerate(seen[8:], 1)]  # type: ignore[arg-type]
    assert "raised" not in phases(judged(zone(RULE), seen))


def told(events: list[Event], phase: str) -> Event:
    return next(event for event in events if event.phase.value == phase)


def test_goods_around_and_customers_are_told_and_weigh() -> None:
    seller, buyers = person(x=690), [person(x=480 + 40 * i, from_s=15 + 3 * i) for i in range(2)]
    around = [stall(x=760, kind=StreetClass.GOODS), stall(x=880, kind=StreetClass.TABLE)]
    alone = told(judged(zone(RULE), Street([stall(), seller], hz=2).observations(80)), "raised")
    busy = told(judged(zone(RULE), Street([stall(), *around, seller, *buyers], hz=2).observations(80)), "raised")
    assert (value(alone, "things"), value(alone, "customers")) == (1, 0)
    assert (value(busy, "things"), value(busy, "customers")) == (3, 2)
    assert 0 < value(alone, "evidence") < value(busy, "evidence") <= 1


def test_passers_by_are_no_customers() -> None:
    crowd = [walker(510, from_s=8 + 6.0 * k) for k in range(8)]
    events = judged(zone(RULE), Street([stall(), person(), *crowd], hz=2).observations(80))
    assert value(told(events, "raised"), "customers") == 0


def test_size_is_told_in_metres_where_the_ground_is_known() -> None:
    events = judged(zone(RULE), Street([stall(), person()], hz=2).observations(80), ground=METRES)
    assert value(told(events, "raised"), "size") == pytest.approx((1.3 * 0.9) ** 0.5, abs=0.05)
    unknown = judged(zone(RULE), Street([stall(), person()], hz=2).observations(80))
    assert "size" not in {reason.key for reason in told(unknown, "raised").reasons}


@pytest.mark.parametrize(("low_m", "high_m", "is_raised"), [(0.6, 6.0, True), (1.5, 6.0, False), (0.1, 0.8, False)])
def test_unknown_object_of_another_size_in_metres_is_no_stall(low_m: float, high_m: float, is_raised: bool) -> None:
    rule = {**RULE, "min_unknown_size_m": low_m, "max_unknown_size_m": high_m}
    thing = stall(kind=StreetClass.UNKNOWN)
    events = judged(zone(rule), Street([thing, person()], hz=2).observations(80), ground=METRES)
    assert ("raised" in phases(events)) is is_raised


def test_vendor_who_sets_up_again_within_the_zone_has_returned() -> None:
    first = [stall(x=300, until_s=60), person(x=390, until_s=60)]
    again = [stall(x=900, from_s=100, until_s=160), person(x=990, from_s=100, until_s=160)]
    events = judged(zone(RULE), Street([*first, *again], hz=2).observations(180))
    raised = [event for event in events if event.phase.value == "raised"]
    assert [{"returned", "away"} <= {reason.key for reason in event.reasons} for event in raised] == [False, True]
    assert value(raised[1], "returned") == 1
    assert 20 <= value(raised[1], "away") <= 50


def test_other_wares_much_later_or_far_away_have_not_returned() -> None:
    first = [stall(x=300, until_s=60), person(x=390, until_s=60)]
    span = {"from_s": 100, "until_s": 160}
    table = [stall(x=900, kind=StreetClass.TABLE, **span), person(x=990, **span)]
    same = [stall(x=900, **span), person(x=990, **span)]
    far = GroundPlane(np.diag([200.0, 112.5, 1.0]))
    for again, rule, ground in ((table, {}, None), (same, {"return_s": 10}, None), (same, {}, far)):
        seen = Street([*first, *again], hz=2).observations(180)
        raised = [e for e in judged(zone({**RULE, **rule}), seen, ground=ground) if e.phase.value == "raised"]
        assert len(raised) == 2
        assert "returned" not in {reason.key for reason in raised[1].reasons}


@pytest.mark.parametrize("width", [60, 90])
def test_pram_luggage_or_parked_tricycle_without_anybody_is_none(width: float) -> None:
    things = [
        Thing(lambda t: box_at(300, 500, width, 70) if t > 5 else None, class_id=kind.value)
        for kind in (StreetClass.UNKNOWN, StreetClass.TRICYCLE)
    ]
    assert "raised" not in phases(judged(zone(RULE), Street(things, hz=2).observations(80)))


def test_luggage_beside_somebody_who_waits_is_none() -> None:
    case = Thing(lambda t: box_at(640, 500, 36, 34) if t > 5 else None, class_id=StreetClass.UNKNOWN.value)
    assert "raised" not in phases(judged(zone(RULE), Street([case, person()], hz=2).observations(80)))
