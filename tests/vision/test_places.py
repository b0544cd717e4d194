"""Places: their clocks run by watched seconds, and nothing short of leaving resets them."""

import json
from dataclasses import replace

import numpy as np
import pytest

from tests.vision.streets import Box, Street, Thing, at, box_at, drive, observation, scenes, stay
from vision.classes import StreetClass
from vision.memory import SceneMemory
from vision.observations import Dated, Proofs, ViewState
from vision.scenes import Place, PlaceState, Scene

CAR, TRUCK, PERSON = StreetClass.CAR.value, StreetClass.TRUCK.value, StreetClass.PERSON.value


def all_places(seen: list[Scene]) -> dict[int, list[Place]]:
    found: dict[int, list[Place]] = {}
    for scene in seen:
        for place in scene.places:
            found.setdefault(place.place_id, []).append(place)
    return found


def only_place(seen: list[Scene]) -> list[Place]:
    found = all_places(seen)
    assert len(found) == 1, {key: (p[0].since_t_s, p[-1].dwell_s) for key, p in found.items()}
    return next(iter(found.values()))


@pytest.mark.parametrize("hz", [0.2, 0.5, 1.0, 5.0, 25.0])
def test_stopped_car_becomes_a_place_dated_back_to_its_stop_at_any_look_rate(hz: float) -> None:
    street = Street([Thing(stay(600, 500, arrive_s=10, leave_s=60))], hz=hz)
    place = only_place(scenes(street.observations(59)))[-1]
    assert place.state is PlaceState.STANDING
    assert abs(place.since_t_s - 10) <= 1 / hz + 0.5


@pytest.mark.parametrize("hz", [1.0, 5.0, 25.0])
def test_moving_cars_make_no_place(hz: float) -> None:
    cars = [Thing(drive(400 + 60 * (k % 3), from_s=1.7 * k, speed=120 + 15 * k)) for k in range(12)]
    assert not all_places(scenes(Street(cars, hz=hz).observations(30)))


@pytest.mark.parametrize("speed_px_s", [6, 10, 20])
def test_creeping_car_never_dwells_for_long(speed_px_s: float) -> None:
    creeper = Thing(lambda t_s: box_at(200 + speed_px_s * t_s, 500))
    found = all_places(scenes(Street([creeper], hz=5).observations(80)))
    longest = max((places[-1].dwell_s for places in found.values()), default=0)
    assert longest <= 0.5 * 92 / speed_px_s + 2


def test_creeping_car_is_followed_as_one_place_whose_rest_begins_anew() -> None:
    creeper = Thing(lambda t_s: box_at(200 + 3 * t_s, 500))
    places = only_place(scenes(Street([creeper], hz=5).observations(80)))
    assert places[-1].since_t_s > places[0].since_t_s + 40
    assert abs(places[-1].box[0] - box_at(200 + 3 * 80, 500)[0]) < 20


def test_car_that_rolls_on_faster_than_its_box_follows_is_one_place() -> None:
    def path(t_s: float) -> Box:
        return box_at(300 + 18 * (min(max(t_s, 20), 30) - 20), 500)

    places = only_place(scenes(Street([Thing(path)], hz=5).observations(60)))
    assert abs(places[-1].since_t_s - 30) <= 2
    assert abs(places[-1].box[0] - path(60)[0]) < 10


@pytest.mark.parametrize("looks", [1, 2])
def test_few_boxes_around_two_cars_do_not_begin_the_rest_anew(looks: int) -> None:
    street = Street([Thing(stay(600, 500, 5, 200))], hz=4)
    seen = list(street.observations(40))
    for index in range(120, 120 + looks):
        seen[index] = observation(seen[index].t_s, [((480.0, 420.0, 660.0, 500.0), 0.8, CAR)])
    place = only_place(scenes(seen))[-1]
    assert abs(place.since_t_s - 5) <= 1


def test_small_car_that_a_large_one_hid_is_no_part_of_it_once_that_creeps_on() -> None:
    def path(t_s: float) -> Box:
        return box_at(600 + 22 * (min(max(t_s, 20), 34) - 20), 520, 150, 130)

    van, car = Thing(path, class_id=TRUCK), Thing(lambda _: box_at(590, 505, 70, 60), hidden=((0, 21),))
    found = all_places(scenes(Street([van, car]).observations(60)))
    assert {places[-1].class_id for places in found.values() if places[-1].state is PlaceState.STANDING} == {CAR, TRUCK}
    assert abs(found[1][-1].box[0] - path(60)[0]) < 10


def test_passing_bus_hides_a_car_without_resetting_its_clock() -> None:
    car = Thing(stay(600, 500, 5, 80), hidden=((30, 36),))
    bus = Thing(lambda t_s: box_at(600, 560, 400, 200) if 30 <= t_s < 36 else None, class_id=StreetClass.BUS)
    places = all_places(scenes(Street([car, bus]).observations(60)))
    longest = max(places.values(), key=lambda p: p[-1].dwell_s)
    assert abs(longest[-1].dwell_s - 55) <= 1


def test_unexplained_misses_of_eight_seconds_keep_the_clock_running() -> None:
    street = Street([Thing(stay(600, 500, 5, 80), hidden=((20, 28), (40, 48)))])
    places = only_place(scenes(street.observations(70)))
    assert PlaceState.HIDDEN in {place.state for place in places}
    assert abs(places[-1].dwell_s - 65) <= 1


def test_name_flicker_between_car_and_truck_is_one_place_of_the_commoner_name() -> None:
    place = only_place(scenes(Street([Thing(stay(600, 500, 5, 80), flicker_to=TRUCK)]).observations(70)))[-1]
    assert place.class_id == CAR


def test_gap_freezes_the_clock_and_keeps_the_place() -> None:
    street = Street([Thing(stay(600, 500, 5, 200))], gaps=((40, 70),))
    place = only_place(scenes(street.observations(90)))[-1]
    assert abs(place.dwell_s - 55) <= 1


def test_view_that_cannot_be_judged_freezes_the_clock() -> None:
    memory = SceneMemory("gate")
    seen = scenes(Street([Thing(stay(600, 500, 5, 200))]).observations(30), memory)
    seen += [memory.update(observation(30 + k, view=ViewState.DARK)) for k in range(1, 20)]
    assert seen[-1].places[0].state is PlaceState.STANDING
    assert abs(seen[-1].places[0].dwell_s - 25) <= 1


def test_departure_ends_the_place_as_of_the_last_sight() -> None:
    places = only_place(scenes(Street([Thing(stay(600, 500, 5, 40))]).observations(60)))
    assert places[-1].state is PlaceState.LEFT
    assert abs(places[-1].seen_t_s - 40) <= 1
    assert abs(places[-1].dwell_s - 35) <= 1


def test_departure_that_was_watched_is_known_within_five_seconds() -> None:
    seen = scenes(Street([Thing(stay(600, 500, 5, 40))]).observations(60))
    left_at = next(scene.t_s for scene in seen if any(p.state is PlaceState.LEFT for p in scene.places))
    assert left_at <= 45


def test_place_that_left_is_in_exactly_one_scene() -> None:
    places = only_place(scenes(Street([Thing(stay(600, 500, 5, 40))]).observations(80)))
    assert [place.state for place in places].count(PlaceState.LEFT) == 1


def test_second_car_in_the_same_spot_is_a_second_place() -> None:
    cars = [Thing(stay(600, 500, 5, 40)), Thing(stay(606, 500, 46, 90))]
    found = all_places(scenes(Street(cars).observations(80)))
    assert len(found) == 2
    assert abs(found[2][-1].since_t_s - 46) <= 1


def test_one_of_another_size_that_took_the_spot_unseen_is_a_second_place() -> None:
    things = [Thing(lambda t: box_at(600, 500) if t < 30 else None)]
    things.append(Thing(lambda t: box_at(600, 510, 190, 110) if t >= 36 else None, class_id=TRUCK))
    found = all_places(scenes(Street(things, hz=1).observations(70)))
    assert [places[0].since_t_s for places in found.values()] == [0, 36]


def test_car_already_there_at_the_start_counts_from_the_first_look() -> None:
    place = only_place(scenes(Street([Thing(lambda _: box_at(600, 500))]).observations(30)))[-1]
    assert place.since_t_s == 0


def test_two_names_for_one_car_in_the_same_look_are_one_place() -> None:
    twice = [Thing(lambda _: box_at(600, 500)), Thing(lambda _: box_at(602, 501), class_id=TRUCK, score=0.5)]
    assert len(all_places(scenes(Street(twice).observations(20)))) == 1


def test_far_car_whose_box_takes_in_what_stands_behind_it_now_and_then_is_one_place() -> None:
    def path(t_s: float) -> Box:
        return box_at(600, 300, 13, 24 if t_s > 10 and t_s % 5 > 1.6 else 13)

    assert len(all_places(scenes(Street([Thing(path, miss_ratio=0.2)]).observations(40)))) == 1


def test_two_boxes_with_the_same_feet_in_one_look_are_one_place() -> None:
    twice = [Thing(lambda _: box_at(600, 300, 13, 13)), Thing(lambda _: box_at(601, 300, 14, 25), class_id=TRUCK)]
    assert len(all_places(scenes(Street(twice).observations(20)))) == 1


def test_cars_parked_in_a_row_are_a_place_each() -> None:
    row = [Thing(lambda _, x=x: box_at(x, 500)) for x in (300, 400, 500, 600)]
    assert len(all_places(scenes(Street(row).observations(20)))) == 4


def test_person_before_a_car_is_not_taken_for_the_car() -> None:
    things = [Thing(stay(600, 500, 2, 90)), Thing(lambda _: box_at(610, 505, 40, 100), class_id=PERSON)]
    found = all_places(scenes(Street(things).observations(20)))
    assert {places[-1].class_id for places in found.values()} == {CAR, PERSON}


def test_high_proofs_keep_a_thing_alive_that_the_model_misses() -> None:
    memory = SceneMemory("gate")
    scenes(Street([Thing(stay(600, 500, 2, 90))]).observations(20), memory)
    for k in range(1, 40):
        scene = memory.update(observation(20 + k, proofs=proof(0.95)))
    assert scene.places[0].state is PlaceState.STANDING
    assert scene.places[0].seen_t_s == 59


def test_low_proofs_end_an_empty_place_sooner() -> None:
    memory = SceneMemory("gate")
    scenes(Street([Thing(stay(600, 500, 2, 90))]).observations(20), memory)
    left = [memory.update(observation(20 + k, proofs=proof(0.1))).places for k in range(1, 6)]
    assert any(place.state is PlaceState.LEFT for places in left for place in places)


BUS = (box_at(600, 560, 400, 200), 0.8, StreetClass.BUS.value)
CAR_THERE = (box_at(600, 500), 0.8, CAR)


@pytest.mark.parametrize(("bus_for_s", "is_gone"), [(1, True), (5, False)])
def test_low_proofs_count_once_what_stood_before_a_place_has_gone(bus_for_s: int, *, is_gone: bool) -> None:
    memory = SceneMemory("gate")
    scenes(Street([Thing(stay(600, 500, 2, 90))]).observations(20), memory)
    rows = [[BUS] if k <= bus_for_s else [] for k in range(1, 6)]
    later = [memory.update(observation(20 + k, row, proofs=proof(0.1))) for k, row in enumerate(rows, 1)]
    assert any(place.state is PlaceState.LEFT for scene in later for place in scene.places) == is_gone


@pytest.mark.parametrize("alike", [0.5, 0.95])
def test_next_car_at_a_place_that_two_looks_saw_empty_is_a_second_place_however_alike(alike: float) -> None:
    memory = SceneMemory("gate")
    list(scenes(Street([Thing(stay(600, 500, 2, 20))], hz=0.5).observations(20), memory))
    empty = [memory.update(observation(t_s, proofs=proof(0.1))) for t_s in (22, 24)]
    later = [memory.update(observation(t_s, [CAR_THERE], proofs=proof(alike))) for t_s in (26, 28, 30)]
    left = [place.place_id for scene in (*empty, *later) for place in scene.places if place.state is PlaceState.LEFT]
    assert left == [1]
    assert [(place.place_id, place.since_t_s) for place in later[-1].places] == [(2, 26)]


def test_next_car_at_a_place_is_not_dated_back_to_before_the_one_that_left() -> None:
    memory = SceneMemory("gate")
    list(scenes(Street([Thing(stay(600, 500, 2, 20))], hz=0.5).observations(20), memory))
    for t_s in (22, 24):
        memory.update(observation(t_s, proofs=proof(0.1)))
    for t_s in (26, 28, 30):
        memory.update(observation(t_s, [CAR_THERE]))
    again = SceneMemory("gate")
    again.restore(json.loads(json.dumps(memory.checkpoint())))
    for each in (memory, again):
        scene = each.update(observation(32, [CAR_THERE], dated=(Dated(2, 4.0),)))
        assert [(place.place_id, place.since_t_s) for place in scene.places] == [(2, 24)]


def test_car_that_comes_to_a_place_seen_empty_does_not_hide_the_one_that_left() -> None:
    memory = SceneMemory("gate")
    list(scenes(Street([Thing(stay(600, 500, 2, 20))], hz=2).observations(20), memory))
    for t_s in (20.5, 21):
        memory.update(observation(t_s, proofs=proof(0.1)))
    van = (box_at(640, 530, 140, 100), 0.8, CAR)  # it covers most of the place from the next look on
    coming = [memory.update(observation(21.5 + k / 2, [van], proofs=proof(0.2))) for k in range(5)]
    assert any(place.state is PlaceState.LEFT for scene in coming for place in scene.places)


@pytest.mark.parametrize("every", [1, 2, 3])
def test_car_that_was_dazzled_is_one_place_though_the_model_finds_it_now_and_then_only(every: int) -> None:
    memory = SceneMemory("gate")
    list(scenes(Street([Thing(stay(600, 500, 2, 90))], hz=2).observations(20), memory))
    for t_s in (20.5, 21):
        memory.update(observation(t_s, proofs=proof(0.1)))
    rows = [[CAR_THERE] if k % every == every - 1 else [] for k in range(40)]
    later = [memory.update(observation(21.5 + k / 2, row, proofs=proof(0.95))) for k, row in enumerate(rows)]
    assert {place.place_id for scene in later for place in scene.places} == {1}
    assert not any(place.state is PlaceState.LEFT for scene in later for place in scene.places)


def test_car_that_a_lamp_dazzles_for_two_looks_is_the_same_once_its_pixels_are_back() -> None:
    memory = SceneMemory("gate")
    list(scenes(Street([Thing(stay(600, 500, 2, 90))], hz=2).observations(20), memory))
    for t_s in (20.5, 21):
        memory.update(observation(t_s, proofs=proof(0.1)))
    later = [memory.update(observation(21.5 + k / 2, [CAR_THERE], proofs=proof(0.95))) for k in range(6)]
    assert [(place.place_id, place.state) for place in later[-1].places] == [(1, PlaceState.STANDING)]


def test_what_is_seen_again_with_other_pixels_at_both_looks_is_another() -> None:
    memory = SceneMemory("gate")
    list(scenes(Street([Thing(stay(600, 500, 2, 20))], hz=0.5).observations(20), memory))
    memory.update(observation(26, [BUS], proofs=proof(0.4)))
    later = [memory.update(observation(t_s, [CAR_THERE], proofs=proof(0.0))) for t_s in (28, 30, 32)]
    assert [place.state for place in later[0].places] == [PlaceState.HIDDEN]
    assert [place.place_id for place in later[-1].places if place.state is PlaceState.STANDING] == [2]


def test_small_car_that_stands_behind_a_bus_gets_a_place_of_its_own_once_the_bus_has_left() -> None:
    memory = SceneMemory("gate")
    bus, car = (box_at(600, 560, 400, 200), 0.8, StreetClass.BUS.value), (box_at(560, 540, 180, 100), 0.8, CAR)
    for t_s in range(0, 12, 2):
        memory.update(observation(t_s, [bus]))
    later = [memory.update(observation(t_s, [car], proofs=proof(0.0))) for t_s in range(12, 24, 2)]
    standing = [place for place in later[-1].places if place.state is PlaceState.STANDING]
    assert [(place.class_id, place.since_t_s <= 16) for place in standing] == [(CAR, True)]


def test_who_stands_for_two_looks_is_not_proven_to_stand_by_the_street_around() -> None:
    memory = SceneMemory("gate")
    for t_s, row in ((0.0, []), (4.0, [(box_at(600, 500, 16, 60), 0.8, PERSON)]), (8.0, [])):
        seen = observation(t_s, row)
        still = np.full(len(row), 4.0, np.float32)
        memory.update(replace(seen, detections=replace(seen.detections, still_s=still)))
    assert memory.places == ()


def test_cars_that_pass_one_spot_in_a_row_are_no_place() -> None:
    memory = SceneMemory("gate")
    scenes(Street([Thing(stay(600, 500, 2, 90))]).observations(20), memory)
    unlike = [replace(seen, proofs=proof(0.5)) for seen in Street([Thing(stay(600, 500, 2, 90))]).observations(26)]
    later = [memory.update(seen) for seen in unlike if seen.t_s > 20]
    assert any(place.state is PlaceState.LEFT for scene in later for place in scene.places)


def test_thing_that_a_shadow_crosses_for_two_looks_stays_one_place() -> None:
    memory = SceneMemory("gate")
    scenes(Street([Thing(stay(600, 500, 2, 90))]).observations(20), memory)
    street = [seen for seen in Street([Thing(stay(600, 500, 2, 90))]).observations(40) if seen.t_s > 20]
    likeness = [0.5, 0.5] + [0.95] * len(street)
    later = [memory.update(replace(s, proofs=proof(p))) for s, p in zip(street, likeness, strict=False)]
    assert {place.state for scene in later for place in scene.places} == {PlaceState.STANDING}


def test_looks_without_a_model_neither_age_nor_end_a_place() -> None:
    memory = SceneMemory("gate")
    scenes(Street([Thing(stay(600, 500, 2, 90))]).observations(20), memory)
    for k in range(1, 40):
        scene = memory.update(observation(20 + k, looked=False))
    assert [place.state for place in scene.places] == [PlaceState.STANDING]


def test_memory_cut_at_any_look_goes_on_exactly_as_before() -> None:
    seen = list(Street([Thing(stay(600, 500, 5, 40)), Thing(drive(450, 20))], drop_ratio=0.3).observations(60))
    whole = [scene.places for scene in scenes(seen)]
    for cut in range(1, len(seen), 17):
        memory = SceneMemory("gate")
        first = [scene.places for scene in scenes(seen[:cut], memory)]
        again = SceneMemory("gate")
        again.restore(json.loads(json.dumps(memory.checkpoint())))
        assert first + [scene.places for scene in scenes(seen[cut:], again)] == whole


def test_memory_refuses_the_state_of_another_camera() -> None:
    with pytest.raises(ValueError, match="'gate'"):
        SceneMemory("yard").restore(SceneMemory("gate").checkpoint())


def test_memory_refuses_time_that_runs_back() -> None:
    memory = SceneMemory("gate")
    memory.update(observation(5))
    with pytest.raises(ValueError, match="runs back"):
        memory.update(observation(4))


def test_scene_keeps_the_times_of_its_observation() -> None:
    scene = SceneMemory("gate").update(observation(5))
    assert (scene.t_s, scene.captured_at, scene.size_wh) == (5, at(5), (1280, 720))


def proof(similarity: float) -> Proofs:
    return Proofs(np.array([1]), np.array([similarity], np.float32))
