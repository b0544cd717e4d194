"""Goods: what lies in a zone and nobody attends; neither luggage, nor litter, nor what a vehicle carries."""

from dataclasses import replace

import numpy as np
import pytest

from tests.detectors.stories import judged, phases, value, zone
from tests.vision.streets import BEGAN_AT, SIZE_WH, Box, Street, Thing, box_at, stay
from vision.cells import GRID_WH
from vision.classes import StreetClass
from vision.detections import Detections
from vision.ground_plane import GroundPlane

PERSON = StreetClass.PERSON.value
RULE = {"kind": "goods", "limit_s": 40}
LEVEL = GroundPlane.of_pixels(np.diag([0.01, 0.01, 1.0]), SIZE_WH)
"""Ground as seen from straight above: 100 px are a metre."""


def pile(
    x: float = 600,
    from_s: float = 10,
    until_s: float = 100,
    kind: StreetClass = StreetClass.UNKNOWN,
    size: tuple[float, float] = (90, 60),
) -> Thing:
    return Thing(lambda t: box_at(x, 500, *size) if from_s <= t < until_s else None, class_id=kind.value)


def person(x: float = 690, from_s: float = 5, until_s: float = 120) -> Thing:
    return Thing(lambda t: box_at(x + 6 * (t % 2), 505, 45, 120) if from_s <= t < until_s else None, class_id=PERSON)


def walker(from_s: float = 0, y: float = 540) -> Thing:
    def path(t_s: float) -> Box | None:
        x = 90 * (t_s - from_s) + 40
        return box_at(x, y, 45, 120) if 40 <= x < 1200 else None

    return Thing(path, class_id=PERSON)


@pytest.mark.parametrize("kind", [StreetClass.UNKNOWN, StreetClass.GOODS, StreetClass.TABLE, StreetClass.STALL])
@pytest.mark.parametrize("hz", [1.0, 4.0])
def test_thing_that_nobody_attends_beyond_the_limit_is_one_offence(hz: float, kind: StreetClass) -> None:
    events = judged(zone(RULE), Street([walker(), pile(kind=kind)], hz=hz).observations(140))
    assert phases(events) == ["started", "raised", "ended"]
    assert 50 <= events[1].t_s <= 58
    assert value(events[1], "unattended") >= 40
    assert value(events[1], "things") == 1


def test_thing_that_is_taken_away_before_the_limit_raises_nothing() -> None:
    events = judged(zone(RULE), Street([walker(), pile(until_s=40)], hz=2).observations(100))
    assert phases(events) == ["started", "ended"]


def test_luggage_of_somebody_who_waits_is_none() -> None:
    assert not judged(zone(RULE), Street([walker(), pile(), person()], hz=2).observations(120))


def test_thing_whose_owner_walks_off_is_counted_from_then() -> None:
    street = Street([walker(), pile(until_s=160), person(until_s=50)], hz=2)
    events = judged(zone(RULE), street.observations(180))
    assert phases(events) == ["started", "raised", "ended"]
    assert 88 <= events[1].t_s <= 110


def test_stall_with_its_vendor_is_left_to_the_vending_rule() -> None:
    street = Street([walker(), pile(kind=StreetClass.STALL, size=(130, 90)), person()], hz=2)
    assert "raised" in phases(judged(zone({"kind": "vending", "limit_s": 40}), street.observations(120)))
    assert not judged(zone(RULE), street.observations(120))


def test_passers_by_do_not_attend() -> None:
    crowd = [walker(4.0 * k, 510 + 4 * (k % 3)) for k in range(25)]
    assert "raised" in phases(judged(zone(RULE), Street([pile(), *crowd], hz=2).observations(100)))


def test_things_close_to_each_other_are_one_pile() -> None:
    parts = [pile(600), pile(710, from_s=14), pile(820, from_s=20, kind=StreetClass.GOODS)]
    events = judged(zone(RULE), Street([walker(), *parts], hz=2).observations(140))
    assert phases(events) == ["started", "raised", "ended"]
    assert value(events[1], "things") == 3


def test_two_piles_far_apart_are_two_offences() -> None:
    events = judged(zone(RULE), Street([walker(), pile(300), pile(1000)], hz=2).observations(80))
    assert phases(events).count("raised") == 2


def test_small_litter_is_none() -> None:
    assert not judged(zone(RULE), Street([walker(), pile(size=(24, 20))], hz=2).observations(80))


def test_size_of_something_unknown_is_judged_only_once_people_or_ground_tell_it() -> None:
    alone = Street([pile()], hz=2)
    assert not judged(zone(RULE), alone.observations(80))
    (_, raised, *_) = judged(zone(RULE), alone.observations(80), ground=LEVEL)
    assert value(raised, "size") == pytest.approx(0.73, abs=0.03)
    assert not judged(zone({**RULE, "min_size_m": 1.0}), alone.observations(80), ground=LEVEL)
    assert not judged(zone({**RULE, "max_size_m": 0.7}), alone.observations(80), ground=LEVEL)


def test_size_by_people_is_that_of_a_person_of_a_metre_seventy() -> None:
    (_, raised, *_) = judged(zone(RULE), Street([walker(), pile()], hz=2).observations(80))
    assert value(raised, "size") == pytest.approx(1.7 * (90 * 60) ** 0.5 / 120, abs=0.05)


def test_upright_unknown_thing_is_a_person_whom_the_model_misses() -> None:
    assert not judged(zone(RULE), Street([walker(), pile(size=(50, 120))], hz=2).observations(80))


@pytest.mark.parametrize("kind", [StreetClass.TRICYCLE, StreetClass.CAR, StreetClass.BICYCLE])
def test_load_of_a_parked_vehicle_is_no_pile(kind: StreetClass) -> None:
    vehicle = Thing(lambda t: box_at(600, 510, 180, 110), class_id=kind.value)
    assert not judged(zone(RULE), Street([walker(), vehicle, pile()], hz=2).observations(80))


def test_parked_vehicle_is_no_pile() -> None:
    car = Thing(lambda t: box_at(600, 510, 220, 110))
    assert not judged(zone(RULE), Street([walker(), car], hz=2).observations(80))


def test_thing_outside_the_zone_is_none() -> None:
    left = ((0.0, 0.0), (0.3, 0.0), (0.3, 1.0), (0.0, 1.0))
    assert not judged(zone(RULE, left), Street([walker(), pile()], hz=2).observations(80))


def test_clock_is_held_outside_the_hours_in_force() -> None:
    later = {"begin": "08:01", "end": "20:00", "utc_offset_h": 0}  # hand-made streets begin at 08:00
    assert BEGAN_AT.hour == 8
    events = judged(zone({**RULE, "hours": [later]}), Street([walker(), pile(until_s=130)], hz=2).observations(140))
    assert 98 <= events[1].t_s <= 110


def test_gap_in_the_stream_counts_neither_as_attended_nor_as_unattended() -> None:
    street = Street([walker(), pile(until_s=160)], hz=2, gaps=((20, 60),))
    events = judged(zone(RULE), street.observations(180))
    assert phases(events) == ["started", "raised", "ended"]
    assert 88 <= events[1].t_s <= 105


def test_pile_that_a_bus_hides_for_a_while_stays_one_offence() -> None:
    bus = Thing(stay(600, 560, 30, 44, width=420, height=260), class_id=StreetClass.BUS.value)
    hidden = replace(pile(until_s=160), hidden=((28.5, 45.5),))
    events = judged(zone(RULE), Street([walker(), hidden, bus], hz=2).observations(180))
    assert phases(events) == ["started", "raised", "ended"]


def test_rule_cut_at_any_moment_gives_the_same_events() -> None:
    seen = list(Street([walker(), pile(), person(until_s=30), walker(20)], hz=2, drop_ratio=0.3).observations(120))
    whole = judged(zone(RULE), seen)
    assert "raised" in phases(whole)
    for cut in range(1, len(seen), 9):
        assert judged(zone(RULE), seen, [cut]) == whole


def test_looks_too_coarse_to_see_it_do_not_count_as_unattended() -> None:
    seen = list(Street([walker(), pile()], hz=1).observations(80))
    coarse = {"detections": Detections.empty(), "unclear": tuple(range(GRID_WH[0] * GRID_WH[1]))}
    seen[16:] = [one if index % 30 == 0 else replace(one, **coarse) for index, one in enumerate(seen[16:], 1)]  # type: ignore[arg-type]
    assert "raised" not in phases(judged(zone(RULE), seen))
