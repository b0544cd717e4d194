"""Every kind of actor: what it is called, how large it is, and that its box fits what is drawn."""

import math

import numpy as np
import pytest

from datasets.cast import CARS, CLASSES, KINDS, PEOPLE, Cast
from datasets.draw_people import SEATS, make_person
from datasets.scenario import Actor, Journey, Motion
from datasets.scene import StreetScene
from datasets.shapes import Shape
from tests.datasets.scripts import SIZE, script_with, standing
from vision.classes import StreetClass

SIZES_M = {
    "panel_van": ((5.0, 6.3), (1.9, 2.3), (2.1, 2.6)),
    "midi_bus": ((8.2, 9.2), (2.1, 2.5), (2.5, 2.9)),
    "motorbike": ((1.7, 2.4), (0.5, 0.9), (1.0, 1.3)),
    "delivery_bike": ((1.5, 2.1), (0.5, 0.9), (1.2, 1.5)),
    "loaded_tricycle": ((2.4, 3.6), (0.9, 1.3), (1.0, 2.4)),
    "parcel_tricycle": ((2.4, 3.0), (1.0, 1.4), (1.5, 1.9)),
    "food_cart": ((1.6, 3.2), (0.9, 1.6), (2.1, 2.6)),
    "grill": ((1.4, 2.6), (0.3, 0.8), (0.8, 1.4)),
    "shoe_chair": ((0.9, 1.3), (0.6, 1.4), (1.2, 1.5)),
    "baskets": ((0.8, 2.0), (0.4, 1.6), (0.3, 0.6)),
    "crates": ((0.9, 2.0), (0.3, 1.2), (0.3, 1.6)),
    "clothes_rack": ((1.3, 2.2), (0.4, 0.8), (1.4, 1.9)),
    "stool": ((0.3, 0.6), (0.3, 0.6), (0.4, 0.6)),
    "low_stool": ((0.3, 0.6), (0.3, 0.6), (0.2, 0.35)),
    "suitcase": ((0.25, 0.6), (0.4, 0.6), (0.8, 1.2)),
    "wheelie_bin": ((0.6, 0.9), (0.5, 0.8), (0.9, 1.1)),
    "banner": ((3.5, 6.8), (0.0, 0.2), (1.6, 2.6)),
}
"""Kind to the least and the greatest length, width and height, metres."""


def extent(shape: Shape) -> np.ndarray:
    """(3,) length, width and height of a shape above the ground, metres."""
    reach = np.repeat(shape.radii.reshape(-1, 1), 3, axis=1)
    ends = shape.ends.reshape(-1, 3)
    corners = np.concatenate([shape.points, ends - reach, ends + reach])
    high = corners.max(axis=0)
    return np.array([*(high - corners.min(axis=0))[:2], high[2]])


def parts(kind: str, look: int, action: str = "parked") -> list[tuple[StreetClass, Shape]]:
    """What is drawn for a kind that stands."""
    actor = Actor(1, kind, look, Journey(0, 0, 0).stay(1).path(), action)
    made = Cast(lamps_on=False, wardrobe={}).parts(actor, Motion(0, 0, 0, 0), 0.0)
    return [(class_id, shape) for class_id, shape, _ in made]


@pytest.mark.parametrize("kind", SIZES_M)
def test_kind_has_the_size_that_it_has_in_the_world(kind: str) -> None:
    for look in range(12):
        size = extent(parts(kind, look)[0][1])
        for metres, (low, high) in zip(size, SIZES_M[kind], strict=True):
            assert low <= metres <= high, (look, size)


@pytest.mark.parametrize("kind", KINDS)
def test_kind_has_a_class_and_is_drawn_in_several_looks(kind: str) -> None:
    assert kind in CLASSES
    looks = [np.concatenate([parts(kind, look)[0][1].colours.ravel()]) for look in range(8)]
    assert any(len(a) != len(looks[0]) or not np.array_equal(a, looks[0]) for a in looks[1:])


@pytest.mark.parametrize(
    "kind", sorted(set(KINDS) - set(CARS) - {"umbrella_holder", "person", "tricycle", "ground_cloth"})
)
def test_box_holds_every_pixel_of_a_kind_but_its_shadow(kind: str) -> None:
    script = script_with(standing(kind, 13.0, 7.0))
    drawn = StreetScene(script, SIZE)._things(10.0)
    dark, bright = (np.full((SIZE[1], SIZE[0], 3), tone, np.uint8) for tone in (0, 255))
    for thing in drawn:
        thing.sketch.paint(dark)
        thing.sketch.paint(bright)
    rows, columns = np.nonzero(np.any((dark != 0) | (bright != 255), axis=2))
    boxes = np.array([thing.sketch.box for thing in drawn])
    assert columns.min() >= np.floor(boxes[:, 0].min()) - 1
    assert rows.min() >= np.floor(boxes[:, 1].min()) - 1
    assert columns.max() <= np.ceil(boxes[:, 2].max()) + 1
    assert rows.max() <= np.ceil(boxes[:, 3].max()) + 1


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("van", StreetClass.CAR),
        ("panel_van", StreetClass.TRUCK),
        ("midi_bus", StreetClass.BUS),
        ("delivery_bike", StreetClass.MOTORCYCLE),
        ("loaded_tricycle", StreetClass.TRICYCLE),
        ("shoe_chair", StreetClass.STALL),
        ("baskets", StreetClass.GOODS),
        ("wheelie_bin", StreetClass.UNKNOWN),
    ],
)
def test_kind_is_labelled_as_coco_would(kind: str, expected: StreetClass) -> None:
    assert Cast.class_of(kind) is expected


def test_load_of_a_tricycle_is_part_of_it_and_no_goods() -> None:
    assert [class_id for class_id, _ in parts("loaded_tricycle", 1)] == [StreetClass.TRICYCLE]


def test_porter_carries_goods_and_a_traveller_nothing_that_is_labelled() -> None:
    assert [class_id for class_id, _ in parts("porter", 1, "stand")] == [StreetClass.PERSON, StreetClass.GOODS]
    assert [class_id for class_id, _ in parts("traveller", 1, "stand")] == [StreetClass.PERSON, StreetClass.UNKNOWN]


def test_stools_around_a_table_stand_apart_from_it() -> None:
    actor = Actor(1, "table_set", 2, Journey(0, 5, 5).stay(1).path())
    made = Cast(lamps_on=False, wardrobe={}).parts(actor, Motion(5, 5, math.pi / 2, 0), 0.0)
    assert made[0][0] is StreetClass.TABLE
    assert all(math.dist((pose.x, pose.y), (5, 5)) > 0.5 for _, _, pose in made[1:])


@pytest.mark.parametrize("action", SEATS)
def test_who_sits_is_lower_than_who_stands_and_has_feet_on_the_ground(action: str) -> None:
    for look in range(6):
        seated, upright = (make_person(look, doing, 0.0) for doing in (action, "stand"))
        assert extent(seated)[2] < extent(upright)[2] - 0.1
        assert seated.ends[..., 2].min() < 0.1


def test_children_are_shorter_than_grown_people() -> None:
    heights = {
        role: [extent(make_person(look, "stand", 0.0, role))[2] for look in range(20)] for role in ("adult", "child")
    }
    assert max(heights["child"]) < min(heights["adult"])


def test_person_keeps_the_object_id_when_sitting_down() -> None:
    story = Journey(0, 9, 9.5).go(12, 9.5, 1.2).stay(20).path()
    scene = StreetScene(script_with(Actor(1, "person", 3, story, "sit")), SIZE)
    walking, sitting = scene.truth(1.0), scene.truth(10.0)
    assert walking.object_ids.tolist() == sitting.object_ids.tolist()
    tall = [float(truth.boxes[0, 3] - truth.boxes[0, 1]) for truth in (walking, sitting)]
    assert tall[1] < tall[0] * 0.85


def test_every_person_of_a_kind_is_labelled_person() -> None:
    for kind in PEOPLE:
        truth = StreetScene(script_with(standing(kind, 12.0, 9.5)), SIZE).truth(1.0)
        assert StreetClass.PERSON in truth.class_ids


def test_unknown_kind_is_named_with_the_choices() -> None:
    with pytest.raises(ValueError, match="'rocket'; there are sedan"):
        Cast.class_of("rocket")
