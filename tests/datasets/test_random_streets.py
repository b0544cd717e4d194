"""Streets for training hold every class often enough, near and far, from every height."""

import math
from collections import Counter

import numpy as np
import pytest

from datasets.cast import CLASSES, KINDS
from datasets.labelled import TRAINED_CLASSES
from datasets.random_streets import random_script
from datasets.scenario import Script
from datasets.scene import place_camera
from vision.classes import StreetClass

STREETS, NEAR_M = 150, 40.0
RARE = ("bus", "truck", "motorcycle", "tricycle", "bicycle", "table", "goods", "umbrella", "stall")


@pytest.fixture(scope="module")
def scripts() -> list[Script]:
    return [random_script(seed)[0] for seed in range(STREETS)]


def test_every_kind_is_on_some_street(scripts: list[Script]) -> None:
    found = {actor.kind for script in scripts for actor in script.actors}
    assert found == set(KINDS)


def test_every_rare_class_comes_at_least_once_in_four_views(scripts: list[Script]) -> None:
    counts: Counter[StreetClass] = Counter()
    for script in scripts:
        camera = place_camera(script.view, (640, 360))
        for actor in script.actors:
            motion = actor.path.at(10.0)
            if motion is None or not camera.may_see(motion.x, motion.y, 0.0):
                continue
            if math.dist((motion.x, motion.y), camera.position[:2]) < NEAR_M:
                counts[CLASSES[actor.kind]] += 1
    for name in RARE:
        assert counts[StreetClass[name.upper()]] >= 0.25 * STREETS, (name, counts)


def test_cameras_hang_low_and_high_and_some_look_down(scripts: list[Script]) -> None:
    heights = np.array([script.view.height_m for script in scripts])
    pitches = np.array([script.view.pitch_deg for script in scripts])
    fields = np.array([script.view.field_of_view_deg for script in scripts])
    assert heights.min() < 4.5
    assert heights.max() > 8
    assert 0.05 < (pitches > 40).mean() < 0.3
    assert 0.1 < (fields < 42).mean() < 0.4


def test_no_stall_has_more_than_one_number_and_no_actor_shares_one(scripts: list[Script]) -> None:
    for script in scripts:
        numbers = [actor.actor_id for actor in script.actors]
        assert len(numbers) == len(set(numbers))
        stalls = {actor.stall_id for actor in script.actors if actor.stall_id}
        assert not stalls & set(numbers)


def test_prints_of_every_kind_are_on_walls(scripts: list[Script]) -> None:
    kinds = {paper.kind for script in scripts for paper in script.papers}
    assert kinds == {"flyer", "sticker", "lettering", "poster", "notice", "enamel"}


def test_every_trained_class_is_the_class_of_some_kind() -> None:
    assert set(TRAINED_CLASSES) <= set(CLASSES.values())
