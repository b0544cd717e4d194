"""What is too small for a look is not missed by it: places and tracks wait for a look that is fine enough."""

from dataclasses import replace

import numpy as np
import pytest

from tests.vision.streets import SIZE_WH, Street, Thing, at, box_at, observation, scenes, stay
from vision.cells import cells_under
from vision.classes import StreetClass
from vision.detections import Detections
from vision.memory import SceneMemory
from vision.observations import Observation, Proofs
from vision.scenes import PlaceState, Scene

FAR = box_at(600, 140, 40, 30)
CELL = int(cells_under(np.array([FAR], np.float32), SIZE_WH)[0])


def looks(until_s: float, *, gone_s: float, every: int, hz: float = 0.5, still: bool = False) -> list[Observation]:
    """Looks at a far car of which only every n-th is fine enough for it."""
    seen = []
    for index in range(round(until_s * hz)):
        t_s = index / hz
        is_fine = index % every == 0
        rows = [(FAR, 0.7, StreetClass.CAR.value)] if is_fine and t_s < gone_s else []
        one = observation(t_s, rows, unclear=() if is_fine else (CELL,))
        if still and rows:
            one = replace(one, detections=replace(one.detections, still_s=np.full(1, 1 / hz, np.float32)))
        seen.append(one)
    return seen


def places(seen: list[Scene]) -> list[tuple[float, PlaceState]]:
    return [(scene.t_s, place.state) for scene in seen for place in scene.places]


@pytest.mark.parametrize("every", [2, 3, 4])
def test_far_car_that_only_every_nth_look_can_see_becomes_one_place_and_stays_it(every: int) -> None:
    seen = scenes(looks(300, gone_s=400, every=every))
    assert {place.place_id for scene in seen for place in scene.places} == {1}
    assert {state for _, state in places(seen)} == {PlaceState.STANDING}
    assert seen[-1].places[0].since_t_s == 0


def test_pixels_at_rest_make_it_a_place_at_its_first_fine_look() -> None:
    assert places(scenes(looks(8, gone_s=400, every=2, still=True)[:3]))[0][0] <= 4


def test_same_looks_lose_it_where_nobody_says_that_they_are_coarse() -> None:
    blind = [replace(one, unclear=()) for one in looks(300, gone_s=400, every=4, still=True)]
    assert PlaceState.LEFT in {state for _, state in places(scenes(blind))}


@pytest.mark.parametrize("every", [2, 3])
def test_far_car_that_is_gone_has_left_after_a_few_fine_looks(every: int) -> None:
    seen = scenes(looks(400, gone_s=200, every=every))
    left = [t_s for t_s, state in places(seen) if state is PlaceState.LEFT]
    assert len(left) == 1
    assert 212 <= left[0] <= 200 + 4 * every * 2 + 12


def test_near_car_is_missed_by_a_look_that_is_coarse_elsewhere() -> None:
    near = list(Street([Thing(stay(600, 500, 5, 40))]).observations(60))
    seen = scenes([replace(one, unclear=(CELL,)) for one in near])
    assert seen[-1].places == scenes(near)[-1].places
    assert PlaceState.LEFT in {state for _, state in places(seen)}


def test_car_that_drives_far_away_makes_no_place_and_its_track_is_forgotten() -> None:
    memory = SceneMemory("gate")
    memory.update(observation(0, [(FAR, 0.7, StreetClass.CAR.value)]))
    for t_s in range(1, 240):
        scene = memory.update(observation(t_s, unclear=(CELL,)))
    assert scene.places == ()
    state = memory.checkpoint()
    assert isinstance(state, dict)
    assert state["tracker"]["tracks"] == []  # type: ignore[index, call-overload]


def test_memory_taken_up_from_a_checkpoint_goes_on_alike() -> None:
    seen = looks(200, gone_s=120, every=3)
    whole = scenes(seen)
    before, after = SceneMemory("gate"), SceneMemory("gate")
    first = scenes(seen[:20], before)
    after.restore(before.checkpoint())
    assert places(first + scenes(seen[20:], after)) == places(whole)


def test_look_that_could_not_see_it_may_find_it_all_the_same() -> None:
    memory = SceneMemory("gate")
    scenes(looks(20, gone_s=400, every=2), memory)
    found = Detections.of([(FAR, 0.5, StreetClass.CAR.value)])
    scene = memory.update(Observation("gate", 20.0, at(20), SIZE_WH, detections=found, unclear=(CELL,)))
    assert scene.places[0].seen_t_s == 20


def test_far_car_whose_pixels_changed_is_hidden_until_a_look_can_see_it() -> None:
    memory = SceneMemory("gate")
    scenes(looks(20, gone_s=400, every=2), memory)
    other = Proofs(np.array([1]), np.array([0.1], np.float32))
    states = [memory.update(observation(20.0 + k, proofs=other, unclear=(CELL,))).places[0].state for k in range(40)]
    assert set(states) == {PlaceState.HIDDEN}
    same = Proofs(np.array([1]), np.array([0.9], np.float32))
    assert memory.update(observation(61.0, proofs=same, unclear=(CELL,))).places[0].state is PlaceState.STANDING
