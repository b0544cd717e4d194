"""Motion on the ground: what drives is at rest nowhere, what creeps is followed as one place."""

import json
from dataclasses import replace

import numpy as np
import pytest

from tests.vision.roads import ROAD, along, away, car_at
from tests.vision.streets import Box, Street, Thing, scenes
from tests.vision.test_places import all_places, only_place
from vision.classes import StreetClass
from vision.memory import SceneMemory
from vision.motion import CREEP_M_S
from vision.scenes import Place, PlaceState, Scene

JITTER = 0.02


def seen_on_road(
    *things: Thing, until_s: float = 40, hz: float = 5.0, memory: SceneMemory | None = None
) -> list[Scene]:
    street = Street(list(things), hz=hz, jitter=JITTER)
    return scenes(street.observations(until_s), memory or SceneMemory("gate", ROAD))


def test_far_car_that_drives_slowly_is_at_rest_in_the_picture_but_not_on_the_ground() -> None:
    far = Thing(away(240, speed_m_s=4.5))
    in_picture = scenes(Street([far], jitter=JITTER).observations(8), SceneMemory("gate"))
    assert all_places(in_picture)
    assert not all_places(seen_on_road(far, until_s=8))


@pytest.mark.parametrize("away_m", [30, 60, 120])
@pytest.mark.parametrize("hz", [1.0, 5.0])
def test_stopped_car_becomes_a_place_dated_back_to_its_stop(away_m: float, hz: float) -> None:
    car = Thing(along(lambda t_s: (2, away_m + 12 * max(0.0, 10 - t_s))))
    place = only_place(seen_on_road(car, hz=hz))[-1]
    assert place.state is PlaceState.STANDING
    assert abs(place.since_t_s - 10) <= 1 / hz + 1.5


@pytest.mark.parametrize("from_m", [40, 100])
def test_creeping_car_is_one_place_that_creeps_where_the_car_is(from_m: float) -> None:
    car = Thing(away(from_m, speed_m_s=1.5))
    places = only_place(seen_on_road(car))
    assert {place.state for place in places[:5]} == {PlaceState.CREEPING}
    assert places[-1].box[3] == pytest.approx(car_at(0, from_m + 1.5 * 40)[3], abs=3)


def test_creeping_car_that_stops_stands_from_then_on() -> None:
    car = Thing(along(lambda t_s: (0, 40 + 1.5 * min(t_s, 20))))
    place = only_place(seen_on_road(car, until_s=60))[-1]
    assert place.state is PlaceState.STANDING
    assert abs(place.since_t_s - 20) <= 3


def test_car_faster_than_creeping_is_no_place_at_any_distance() -> None:
    cars = [Thing(away(from_m, speed_m_s=CREEP_M_S + 2, x_m=x)) for from_m, x in [(20, -6), (40, 0), (80, 6)]]
    assert not all_places(seen_on_road(*cars, until_s=15))


def test_place_whose_car_drives_off_has_left() -> None:
    car = Thing(along(lambda t_s: (0, 40 + 1.5 * min(t_s, 10) + 10 * max(0.0, t_s - 10))))
    places = only_place(seen_on_road(car, until_s=20))
    assert places[-1].state is PlaceState.LEFT
    assert places[-1].seen_t_s <= 12


def test_creeping_car_that_a_bus_hides_goes_on_as_the_same_place() -> None:
    car = Thing(away(40, speed_m_s=1.5), hidden=((12, 16),))
    assert len(all_places(seen_on_road(car))) == 1


def test_car_of_which_the_lower_half_was_hidden_for_a_while_is_one_place() -> None:
    def path(t_s: float) -> Box:
        x1, y1, x2, y2 = car_at(0, 60)
        return (x1, y1, x2, y1 + 0.45 * (y2 - y1)) if 15 <= t_s < 21 else (x1, y1, x2, y2)

    assert len(all_places(seen_on_road(Thing(path)))) == 1


def test_box_drawn_around_two_cars_for_a_second_does_not_end_the_place_of_the_one_that_creeps() -> None:
    def path(t_s: float) -> Box | None:
        x1, y1, x2, y2 = car_at(0, 40 + 1.2 * t_s)
        return (x1, y1, x2 + 0.3 * (x2 - x1), y2 + 0.9 * (y2 - y1)) if 15 <= t_s < 16.2 else (x1, y1, x2, y2)

    assert len(all_places(seen_on_road(Thing(path), until_s=25))) == 1


def test_cars_that_follow_each_other_out_of_sight_are_no_place() -> None:
    def path(t_s: float) -> tuple[float, float] | None:
        return (0, 120 + 20 * (t_s % 2.6)) if t_s % 2.6 < 2 else None

    assert not all_places(seen_on_road(Thing(along(path), class_id=StreetClass.TRUCK)))


def test_walker_is_judged_in_the_picture_although_the_ground_is_known() -> None:
    walker = Thing(along(lambda t_s: (t_s - 5, 20)), class_id=StreetClass.PERSON)
    assert not all_places(seen_on_road(walker, until_s=15))


def test_queue_that_creeps_keeps_its_places() -> None:
    queue = [Thing(away(from_m, speed_m_s=1.0)) for from_m in (30, 37, 44, 51)]
    found = all_places(seen_on_road(*queue, until_s=25))
    assert len(found) == 4
    assert all(_way_m(places) > 15 for places in found.values())


def test_memory_cut_while_a_car_creeps_goes_on_exactly_as_before() -> None:
    street = list(Street([Thing(away(40, speed_m_s=1.5))], drop_ratio=0.3).observations(30))
    whole = [scene.places for scene in scenes(street, SceneMemory("gate", ROAD))]
    for cut in range(1, len(street), 13):
        memory, again = SceneMemory("gate", ROAD), SceneMemory("gate", ROAD)
        first = [scene.places for scene in scenes(street[:cut], memory)]
        again.restore(json.loads(json.dumps(memory.checkpoint())))
        assert first + [scene.places for scene in scenes(street[cut:], again)] == whole


def test_nothing_creeps_where_no_ground_is_known() -> None:
    car = Thing(away(40, speed_m_s=1.5))
    seen = scenes(Street([car], jitter=JITTER).observations(40), SceneMemory("gate"))
    assert PlaceState.CREEPING not in {place.state for scene in seen for place in scene.places}


def test_other_size_of_the_picture_gives_the_same_places() -> None:
    street = list(Street([Thing(away(40, speed_m_s=1.5))], jitter=JITTER).observations(20))
    half = [
        replace(seen, size_wh=(640, 360), detections=replace(seen.detections, boxes=seen.detections.boxes / 2))
        for seen in street
    ]
    large, small = (only_place(scenes(each, SceneMemory("gate", ROAD))) for each in (street, half))
    assert [place.state for place in large] == [place.state for place in small]


def _way_m(places: list[Place]) -> float:
    ends = ROAD.feet_m(np.array([places[0].box, places[-1].box], np.float32), (1280, 720))
    return float(np.linalg.norm(ends[1] - ends[0]))
