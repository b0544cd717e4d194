"""What is visible of each thing: also in a crowd of more things than a byte can number."""

from dataclasses import dataclass

import numpy as np

from datasets.sketches import EMPTY, SHIFT, Pose, Sketch
from datasets.visibility import label
from vision.classes import StreetClass

SIZE_WH = (640, 360)


PLACE = Pose(0.0, 10.0)


@dataclass(frozen=True)
class Square:
    object_id: int
    sketch: Sketch
    class_id: StreetClass = StreetClass.PERSON
    stall_id: int = 0
    pose: Pose = PLACE


def square(number: int, x: int, y: int, side: int = 10) -> Square:
    corners = np.array([(x, y), (x + side - 1, y), (x + side - 1, y + side - 1), (x, y + side - 1)], np.int32) << SHIFT
    box = (float(x), float(y), float(x + side), float(y + side))
    return Square(number, Sketch((corners,), ((90.0, 90.0, 90.0),), box, EMPTY, EMPTY))


def visible(things: list[Square]) -> dict[int, float]:
    truth = label(things, [()] * len(things), (), (0.0, SIZE_WH))
    return dict(zip(truth.object_ids.tolist(), truth.visible_ratios.tolist(), strict=True))


def test_nearer_thing_hides_part_of_the_one_behind() -> None:
    assert visible([square(1, 100, 100), square(2, 105, 100)]) == {1: 0.5, 2: 1.0}


def test_every_thing_of_a_large_crowd_is_in_the_truth() -> None:
    crowd = [square(number, 12 * (number % 50), 12 * (number // 50)) for number in range(1000)]
    seen = visible(crowd)
    assert len(seen) == 1000
    assert set(seen.values()) == {1.0}


def test_thing_before_a_large_crowd_hides_what_is_behind_it() -> None:
    crowd = [square(number, 12 * (number % 50), 12 * (number // 50)) for number in range(300)]
    seen = visible([*crowd, square(999, 0, 0, side=200)])
    assert seen[0] == 0.0
    assert seen[299] == 1.0
