"""Perception: what of a picture becomes a fact, in any light, with people passing."""

import numpy as np
import pytest

from tests.vision.pictures import WH, seen, street, with_box, with_flyer
from vision.arrays import Picture
from vision.cells import GRID_WH
from vision.classes import StreetClass
from vision.detections import Detections
from vision.frames import Frame
from vision.observations import Observation, SurfaceChange, ViewState
from vision.perception import Perception
from vision.scenes import Place, PlaceState
from vision.stillness import PART_PROOF
from vision.zones import Zone

WALL = Zone("wall", "wall", ((0.1, 0.1), (0.5, 0.1), (0.5, 0.6), (0.1, 0.6)))
KERB = Zone("kerb", "kerb", ((0.0, 0.4), (1.0, 0.4), (1.0, 1.0), (0.0, 1.0)))
BOX = (300, 200, 360, 250)
FAR = (300, 160, 330, 190)
FLYER = (150, 90, 182, 134)
NOBODY = Detections.empty()
LATER_ARRAYS = ("stillness/edges_ids", "stillness/edges")
"""Of a checkpoint; versions before did not write them."""


def place(
    state: PlaceState = PlaceState.STANDING,
    kind: StreetClass = StreetClass.CAR,
    *,
    seen_t_s: float = 0.0,
    box: tuple[int, int, int, int] = BOX,
) -> Place:
    x1, y1, x2, y2 = map(float, box)
    return Place(1, (x1, y1, x2, y2), kind.value, 0.8, 0.0, seen_t_s, 10.0, state)


def look(perception: Perception, frame: Frame, found: Detections | None, *places: Place) -> Observation:
    glance = perception.glance(frame, places)
    observation = perception.observe(glance, found)
    perception.remember(glance, places, np.array([each.box for each in places], np.float32).reshape(-1, 4))
    return observation


def proofs_of(first: Picture, then: Picture, kind: StreetClass = StreetClass.CAR, **light: float) -> list[float]:
    perception = Perception([], watch_unknown=[])
    look(perception, seen(first, 0), NOBODY, place(kind=kind))
    return look(perception, seen(then, 1, **light), None, place(kind=kind)).proofs.similarities.tolist()


def test_same_thing_in_other_light_is_proven() -> None:
    car = with_box(street(), BOX)
    assert proofs_of(car, car, gain=0.6, offset=25)[0] > 0.9


def test_thing_that_left_is_not_proven() -> None:
    assert proofs_of(with_box(street(), BOX), street())[0] < 0.4


def test_other_thing_in_the_same_place_is_not_proven() -> None:
    assert proofs_of(with_box(street(), BOX), with_box(street(), BOX, seed=5))[0] < 0.5


def test_thing_that_creeps_is_not_compared_until_it_stands_again() -> None:
    perception = Perception([], watch_unknown=[])
    look(perception, seen(with_box(street(), BOX), 0), NOBODY, place())
    creeping = look(perception, seen(street(), 1), None, place(PlaceState.CREEPING))
    look(perception, seen(with_box(street(), BOX, seed=3), 2), NOBODY, place(seen_t_s=2))
    again = look(perception, seen(with_box(street(), BOX, seed=3), 3), None, place())
    assert creeping.proofs.similarities.tolist() == []
    assert again.proofs.similarities.tolist()[0] > 0.9


def test_thing_that_moved_on_is_known_from_the_frame_in_which_it_was_seen() -> None:
    aside = (380, 200, 440, 250)
    perception = Perception([], watch_unknown=[])
    look(perception, seen(with_box(street(), BOX), 0), NOBODY, place())
    look(perception, seen(with_box(street(), aside), 2), NOBODY, place(seen_t_s=2, box=aside))
    gone = look(perception, seen(street(), 4), None, place(seen_t_s=2, box=aside))
    still_gone = look(perception, seen(street(), 6), None, place(seen_t_s=2, box=aside))
    assert [each.proofs.similarities.tolist()[0] < 0.5 for each in (gone, still_gone)] == [True, True]


def test_thing_half_hidden_by_another_is_proven() -> None:
    car = with_box(street(), BOX)
    bus_before_it = with_box(car, (280, 228, 460, 330), seed=7)
    assert proofs_of(car, bus_before_it)[0] >= 0.8


def test_table_that_was_carried_off_is_not_proven_by_the_street_that_showed_under_it() -> None:
    x1, y1, x2, y2 = BOX
    with_legs = with_box(street(), (x1, y1, x2, (y1 + y2) // 2))
    assert proofs_of(with_legs, street(), StreetClass.TABLE)[0] < 0.8


WALKER = (300, 200, 320, 250)


def wall_above_pavement() -> Picture:
    """Return a dark wall above a bright pavement."""
    slope = np.interp(np.arange(WH[1]), (190, 260), (40, 200))[:, None]
    return np.broadcast_to(slope, (WH[1], WH[0])).astype(np.uint8)


def with_walker() -> Picture:
    changed = wall_above_pavement()
    changed[204:246, 307:313] = 90
    return changed


def test_walker_who_went_on_is_not_proven_by_the_wall_above_the_pavement() -> None:
    perception = Perception([], watch_unknown=[])
    walker = place(kind=StreetClass.PERSON, box=WALKER)
    look(perception, seen(with_walker(), 0), NOBODY, walker)
    stands = look(perception, seen(with_walker(), 1), None, walker)
    has_gone = look(perception, seen(wall_above_pavement(), 2), None, walker)
    assert stands.proofs.similarities.tolist()[0] >= 0.8
    assert has_gone.proofs.similarities.tolist()[0] < 0.5


def test_walker_who_has_just_come_is_not_at_rest_before_the_wall_above_the_pavement() -> None:
    found = Detections.of([(tuple(map(float, WALKER)), 0.8, StreetClass.PERSON.value)])
    perception = Perception([], watch_unknown=[])
    look(perception, seen(wall_above_pavement(), 0), NOBODY)
    came = look(perception, seen(with_walker(), 1), found)
    stays = look(perception, seen(with_walker(), 2), found)
    assert [float(each.detections.still_s[0]) for each in (came, stays)] == [0.0, 1.0]


def kerb_in_the_sun() -> Picture:
    """Return a street with a bright kerb: strong edges that stay when a car before it goes."""
    luma = (0.3 * street()).astype(np.uint8)
    middle = (BOX[1] + BOX[3]) // 2
    luma[middle - 6 : middle + 6] += 120
    return luma


def before_the_kerb() -> Picture:
    """Return the same with a car that lets the edge through, as dark windows and a shadow do."""
    return (0.3 * kerb_in_the_sun() + 0.7 * with_box(kerb_in_the_sun(), BOX)).astype(np.uint8)


def proof_of(perception: Perception, luma: Picture, t_s: float, state: PlaceState) -> float:
    return float(look(perception, seen(luma, t_s, noise=1.0), None, place(state)).proofs.similarities[0])


def test_road_that_is_half_as_alike_is_no_proof_once_the_model_misses_the_car() -> None:
    perception = Perception([], watch_unknown=[])
    look(perception, seen(before_the_kerb(), 0, noise=1.0), NOBODY, place())
    left = proof_of(perception, kerb_in_the_sun(), 1, PlaceState.STANDING)
    missed = proof_of(perception, kerb_in_the_sun(), 2, PlaceState.HIDDEN)
    back = proof_of(perception, before_the_kerb(), 3, PlaceState.HIDDEN)
    assert 0.3 < left < 0.8
    assert missed == 0.0
    assert back >= 0.8


def test_shape_of_a_missed_car_is_known_over_a_restart_and_a_checkpoint_without_any_is_taken_up() -> None:
    perception, after, with_old_state = (Perception([], watch_unknown=[]) for _ in range(3))
    look(perception, seen(before_the_kerb(), 0, noise=1.0), NOBODY, place())
    kept = perception.checkpoint()
    after.restore(kept)
    with_old_state.restore({name: array for name, array in kept.items() if name not in LATER_ARRAYS})
    assert proof_of(after, kerb_in_the_sun(), 1, PlaceState.HIDDEN) == 0.0
    assert proof_of(with_old_state, kerb_in_the_sun(), 1, PlaceState.HIDDEN) > 0.3


def test_camera_that_sends_smaller_pictures_is_looked_at_on_and_proves_nothing_beside_them() -> None:
    perception = Perception([], watch_unknown=[])
    look(perception, seen(before_the_kerb(), 0, noise=1.0), NOBODY, place())
    smaller = np.ascontiguousarray(kerb_in_the_sun()[:, : BOX[0] - 2])
    assert len(look(perception, seen(smaller, 1), None, place(PlaceState.HIDDEN)).proofs.similarities) <= 1


def test_shapes_that_do_not_fit_their_places_are_refused() -> None:
    perception = Perception([], watch_unknown=[])
    look(perception, seen(before_the_kerb(), 0), NOBODY, place())
    kept = perception.checkpoint() | {"stillness/edges": np.zeros((2, 8, 8, 8), np.float32)}
    with pytest.raises(ValueError, match="shapes"):
        Perception([], watch_unknown=[]).restore(kept)


def test_car_that_is_hidden_in_part_is_proven_by_the_rest_of_it() -> None:
    perception = Perception([], watch_unknown=[])
    whole = with_box(street(), BOX)
    look(perception, seen(whole, 0, noise=1.0), NOBODY, place())
    half = whole.copy()
    half[BOX[1] - 4 : BOX[3] + 4, (BOX[0] + BOX[2]) // 2 : BOX[2] + 6] = 240
    half[BOX[1] - 4 : BOX[3] + 4 : 3, (BOX[0] + BOX[2]) // 2 : BOX[2] + 6] = 10
    assert proof_of(perception, half, 1, PlaceState.STANDING) == pytest.approx(PART_PROOF)


def test_smooth_van_in_a_slope_of_light_has_no_patch_that_could_tell_and_is_not_another_one_at_each_look() -> None:
    perception = Perception([], watch_unknown=[])
    across = np.linspace(40, 90, BOX[2] - BOX[0] + 20)[None, :]
    whole = street()
    whole[BOX[1] - 10 : BOX[3] + 10, BOX[0] - 10 : BOX[2] + 10] = across
    van = Detections.of([(BOX, 0.8, StreetClass.CAR)])
    looks = [look(perception, seen(whole, t_s, noise=1.0), van, place()) for t_s in range(4)]
    assert perception.known_as(1) is None
    assert [float(one.detections.likeness[0]) for one in looks[1:]] == [1.0, 1.0, 1.0]


def test_road_behind_a_car_that_drives_off_is_not_learnt_as_the_car() -> None:
    perception = Perception([], watch_unknown=[])
    picture = with_box(street(), (200, 200, 260, 250))
    glance = perception.glance(seen(picture, 0), [place()])
    perception.observe(glance, NOBODY)
    perception.remember(glance, [place()], np.array([(200, 200, 260, 250)], np.float32))
    assert perception.known_as(1) is None


def test_thing_that_left_is_not_proven_by_what_surrounds_it() -> None:
    for seed in range(20):
        empty = street(seed)
        assert proofs_of(with_box(empty, BOX, seed=seed + 50), empty)[0] < 0.8


def test_plain_patch_proves_nothing() -> None:
    flat = np.full((WH[1], WH[0]), 120, np.uint8)
    assert proofs_of(flat, flat) == []


def watch(
    perception: Perception, picture: Picture, from_s: int, until_s: int, found: Detections = NOBODY, **light: float
) -> list[Observation]:
    return [look(perception, seen(picture, t, **light), found) for t in range(from_s, until_s)]


def unknown_boxes(observations: list[Observation]) -> list[list[float]]:
    return [
        box.tolist()
        for seen_ in observations
        for box in seen_.detections.boxes[seen_.detections.class_ids == StreetClass.UNKNOWN]
    ]


def test_object_that_appears_and_stays_is_unknown_after_some_seconds() -> None:
    perception = Perception([], watch_unknown=[KERB])
    assert not unknown_boxes(watch(perception, street(), 0, 20))
    assert not unknown_boxes(watch(perception, with_box(street(), BOX), 20, 24))
    boxes = unknown_boxes(watch(perception, with_box(street(), BOX), 24, 45))
    assert len(boxes) >= 8
    assert np.abs(np.array(boxes[-1]) - BOX).max() <= 10


def test_brightness_step_and_slow_dusk_make_no_unknown_object() -> None:
    perception = Perception([], watch_unknown=[KERB])
    observations = watch(perception, street(), 0, 20)
    observations += watch(perception, street(), 20, 50, gain=1.25, offset=-8)
    for t_s in range(50, 110):
        observations += watch(perception, street(), t_s, t_s + 1, gain=1.25 - 0.01 * (t_s - 50), offset=-8)
    assert not unknown_boxes(observations)
    assert {seen_.view for seen_ in observations} == {ViewState.OK}


def test_object_is_still_found_after_a_brightness_step() -> None:
    perception = Perception([], watch_unknown=[KERB])
    watch(perception, street(), 0, 20)
    assert unknown_boxes(watch(perception, with_box(street(), BOX), 20, 45, gain=1.2, offset=-5))


def test_passer_by_is_no_unknown_object() -> None:
    perception = Perception([], watch_unknown=[KERB])
    observations = watch(perception, street(), 0, 20)
    for t_s in range(20, 60):
        x = 10 + (t_s - 20) * 14
        observations += watch(perception, with_box(street(), (x, 200, x + 30, 280)), t_s, t_s + 1)
    assert not unknown_boxes(observations)


def test_thing_that_the_model_knows_is_not_reported_twice() -> None:
    perception = Perception([], watch_unknown=[KERB])
    watch(perception, street(), 0, 20)
    known = Detections.of([(tuple(map(float, BOX)), 0.8, StreetClass.STALL.value)])  # type: ignore[list-item]
    assert not unknown_boxes(watch(perception, with_box(street(), BOX), 20, 50, known))


def test_far_unknown_object_stays_one_while_looks_are_too_coarse_for_it() -> None:
    perception, picture = Perception([], watch_unknown=[KERB]), with_box(street(), FAR)
    watch(perception, street(), 0, 20)
    assert unknown_boxes(watch(perception, picture, 20, 45))
    known = Place(1, tuple(map(float, FAR)), StreetClass.UNKNOWN.value, 0.8, 0.0, 0.0, 10.0, PlaceState.STANDING)  # type: ignore[arg-type]
    everywhere = tuple(range(GRID_WH[0] * GRID_WH[1]))
    for t_s in range(45, 120):
        coarse = perception.observe(perception.glance(seen(picture, t_s), [known]), NOBODY, everywhere)
    assert unknown_boxes([coarse])


def test_shadow_that_stays_is_no_unknown_object() -> None:
    perception = Perception([], watch_unknown=[KERB])
    watch(perception, street(), 0, 20)
    shadowed = street().astype(np.float32)
    shadowed[190:300, 200:330] *= 0.6
    assert not unknown_boxes(watch(perception, shadowed.astype(np.uint8), 20, 60))


def test_thing_that_was_taken_away_leaves_no_unknown_object() -> None:
    plain = np.full((WH[1], WH[0]), 110, np.uint8)
    plain[:100] = street()[:100]
    perception = Perception([], watch_unknown=[KERB])
    watch(perception, with_box(plain, BOX), 0, 30)
    assert len(unknown_boxes(watch(perception, plain, 30, 60))) == 0


def test_dark_crate_on_even_paving_is_no_shadow() -> None:
    rows = np.arange(WH[1])[:, None] // 12 % 2
    paving = np.broadcast_to(150 + 14 * rows, (WH[1], WH[0])).astype(np.uint8)
    perception = Perception([], watch_unknown=[KERB])
    watch(perception, paving, 0, 20)
    x1, y1, x2, y2 = (int(side) for side in BOX)
    crate = paving.copy()
    crate[y1:y2, x1:x2] = 60
    boxes = unknown_boxes(watch(perception, crate, 20, 45))
    assert len(boxes) >= 8
    assert np.abs(np.array(boxes[-1]) - BOX).max() <= 10


def test_object_that_is_taken_away_after_a_long_stay_is_not_seen_on() -> None:
    perception = Perception([], watch_unknown=[KERB])
    watch(perception, street(), 0, 20)
    assert unknown_boxes(watch(perception, with_box(street(), BOX), 20, 140))
    watch(perception, street(), 140, 150)
    assert not unknown_boxes(watch(perception, street(), 150, 170))


def test_object_outside_the_watched_zone_is_none() -> None:
    perception = Perception([], watch_unknown=[Zone("k", "k", ((0, 0.9), (1, 0.9), (1, 1), (0, 1)))])
    watch(perception, street(), 0, 20)
    assert not unknown_boxes(watch(perception, with_box(street(), (300, 60, 360, 110)), 20, 50))


def changes_of(observations: list[Observation]) -> list[SurfaceChange]:
    return [change for seen_ in observations for look in seen_.surfaces for change in look.changes]


def test_flyer_that_appears_is_a_rectangle_with_print() -> None:
    perception = Perception([WALL], watch_unknown=[])
    assert not changes_of(watch(perception, street(), 0, 20))
    change = changes_of(watch(perception, with_flyer(street(), FLYER), 20, 32))[-1]
    assert np.abs(np.array(change.frame_box) - FLYER).max() <= 4
    assert change.rectangularity_ratio > 0.8
    assert change.contrast > 0.1
    assert change.edge_ratio > 0.1


def test_light_that_changes_is_no_change_of_the_surface() -> None:
    perception = Perception([WALL], watch_unknown=[])
    watch(perception, street(), 0, 20)
    assert not changes_of(watch(perception, street(), 20, 40, gain=0.7, offset=10))


def test_shadow_on_the_surface_bears_no_print() -> None:
    perception = Perception([WALL], watch_unknown=[])
    watch(perception, street(), 0, 20)
    shadowed = street().astype(np.float32)
    shadowed[90:160, 120:200] *= 0.65
    changes = changes_of(watch(perception, shadowed.astype(np.uint8), 20, 40))
    assert all(change.edge_ratio < 0.04 for change in changes)


def test_passer_by_before_the_surface_is_no_change_and_is_said_to_hide_it() -> None:
    perception = Perception([WALL], watch_unknown=[])
    watch(perception, street(), 0, 20)
    person = (140, 60, 190, 220)
    found = Detections.of([(tuple(map(float, person)), 0.8, StreetClass.PERSON.value)])  # type: ignore[list-item]
    observations = watch(perception, with_box(street(), person), 20, 40, found)
    assert not changes_of(observations)
    look = observations[-1].surfaces[0]
    assert look.visible_ratio < 0.95
    assert len(look.hidden) == 1


def test_unseen_passer_by_is_left_out_by_the_median_of_visits() -> None:
    perception = Perception([WALL], watch_unknown=[])
    watch(perception, street(), 0, 20)
    observations = []
    for t_s in range(20, 40):
        x = 60 + (t_s - 20) * 60
        picture = with_box(street(), (x, 60, x + 40, 200)) if x < 600 else street()
        observations += watch(perception, picture, t_s, t_s + 1)
    assert not changes_of(observations)


def view_after(picture: Picture, looks: int = 16, noise: float = 2.0) -> ViewState:
    perception = Perception([], watch_unknown=[])
    watch(perception, street(), 0, 20)
    return watch(perception, picture, 20, 20 + looks, noise=noise)[-1].view


def test_view_states_are_told_apart() -> None:
    import cv2

    assert view_after(street()) is ViewState.OK
    assert view_after(np.full_like(street(), 18)) is ViewState.DARK
    assert view_after(np.full_like(street(), 120)) is ViewState.BLOCKED
    assert view_after(cv2.GaussianBlur(street(), (0, 0), 7)) is ViewState.DEFOCUSED
    assert view_after(street(seed=3)) is ViewState.MOVED
    assert view_after(np.roll(street(), 60, axis=1)) is ViewState.MOVED


def test_lorry_before_the_lens_for_a_second_is_no_blocked_view() -> None:
    assert view_after(np.full_like(street(), 120), looks=1) is ViewState.OK


def test_picture_that_hangs_is_a_frozen_view() -> None:
    perception = Perception([], watch_unknown=[])
    watch(perception, street(), 0, 60)
    observations = watch(perception, street(), 60, 90, noise=0)
    assert observations[10].view is ViewState.OK
    assert observations[-1].view is ViewState.FROZEN


def test_view_recovers() -> None:
    perception = Perception([], watch_unknown=[])
    watch(perception, street(), 0, 20)
    watch(perception, np.full_like(street(), 120), 20, 30)
    assert watch(perception, street(), 30, 34)[-1].view is ViewState.OK


def test_view_that_cannot_be_judged_teaches_nothing() -> None:
    perception = Perception([WALL], watch_unknown=[KERB])
    watch(perception, street(), 0, 20)
    blocked = watch(perception, np.full_like(street(), 120), 20, 60)
    assert not changes_of(blocked)
    assert not unknown_boxes(blocked)
    later = watch(perception, street(), 60, 75)
    assert not changes_of(later)
    assert not unknown_boxes(later)


@pytest.mark.parametrize("cut", [12, 33])
def test_perception_put_aside_and_taken_up_sees_the_same(cut: int) -> None:
    def pictures() -> list[tuple[int, Picture]]:
        return [(t, street() if t < 20 else with_flyer(with_box(street(), BOX), FLYER)) for t in range(45)]

    whole = Perception([WALL], watch_unknown=[KERB])
    parts = Perception([WALL], watch_unknown=[KERB])
    for t_s, picture in pictures():
        expected = look(whole, seen(picture, t_s), NOBODY)
        if t_s == cut:
            arrays = parts.checkpoint()
            parts = Perception([WALL], watch_unknown=[KERB])
            parts.restore(arrays)
        found = look(parts, seen(picture, t_s), NOBODY)
        if t_s > cut + 8:
            assert len(changes_of([found])) == len(changes_of([expected]))
            assert len(found.detections) == len(expected.detections)


def test_reference_of_a_surface_drawn_anew_is_left_aside() -> None:
    perception = Perception([WALL], watch_unknown=[])
    watch(perception, street(), 0, 20)
    moved = Zone("wall", "wall", ((0.5, 0.1), (0.9, 0.1), (0.9, 0.6), (0.5, 0.6)), version=2)
    again = Perception([moved], watch_unknown=[])
    again.restore(perception.checkpoint())
    assert not changes_of(watch(again, street(), 20, 40))


def test_checkpoint_of_something_else_is_refused() -> None:
    with pytest.raises(ValueError, match="stillness"):
        Perception([], watch_unknown=[]).restore({"x/y": np.zeros(1)})
