"""A stall has one box, whatever it consists of, and what looks alike is called alike."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from datasets.cast import CLASSES
from datasets.random_crowd import LOOSE
from datasets.random_streets import random_script
from datasets.scenario import Script
from datasets.scenario_file import load_scenario
from datasets.scenario_stalls import SETS
from datasets.scene import StreetScene
from tests.datasets.scripts import SIZE, script_with, standing
from vision.classes import StreetClass

STALL_ID = 90


def stall_of(*kinds: str) -> Script:
    """A script with one stall of several things, side by side."""
    parts = [standing(kind, 12.0 + 1.2 * i, 8.0, actor_id=i + 1) for i, kind in enumerate(kinds)]
    return script_with(*(replace(part, stall_id=STALL_ID) for part in parts))


@pytest.mark.parametrize("kinds", [("cart", "umbrella"), ("grill", "crates"), ("shoe_chair", "umbrella")])
def test_stall_that_is_one_by_itself_has_one_box_around_all_its_parts(kinds: tuple[str, str]) -> None:
    truth, alone = (StreetScene(script, SIZE).truth(1.0) for script in (stall_of(*kinds), stall_of(kinds[0])))
    rows = np.flatnonzero(truth.class_ids == StreetClass.STALL)
    assert len(rows) == 1
    assert (truth.boxes[rows[0], :2] <= truth.boxes[:, :2].min(axis=0) + 0.01).all()
    assert (truth.boxes[rows[0], 2:] >= truth.boxes[:, 2:].max(axis=0) - 0.01).all()
    assert np.ptp(truth.boxes[rows[0], ::2]) > np.ptp(alone.boxes[0, ::2]) + 2
    assert truth.object_ids[rows[0]] == alone.object_ids[0] == 10
    assert truth.ground[rows[0]].tolist() == [12.0, 8.0]


def test_stall_of_plain_things_has_a_box_beside_theirs() -> None:
    truth = StreetScene(stall_of("table", "goods"), SIZE).truth(1.0)
    assert sorted(truth.class_ids.tolist()) == sorted([StreetClass.TABLE, StreetClass.GOODS, StreetClass.STALL])
    assert truth.object_ids[truth.class_ids == StreetClass.STALL].tolist() == [STALL_ID * 10 + 9]


def test_dining_tables_are_a_stall_in_a_scenario_file_and_on_a_random_street(tmp_path: Path) -> None:
    path = tmp_path / "street.toml"
    path.write_text('title = "x"\nlayout = "main_street"\n[[stalls]]\nkind = "tables"\nat = [12, 11]\n')
    truth = StreetScene(load_scenario(path).script, SIZE).truth(5.0)
    assert (truth.class_ids == StreetClass.STALL).sum() == 1
    for seed in range(60):
        sets = [actor for actor in random_script(seed)[0].actors if actor.kind == "table_set"]
        assert all(actor.stall_id for actor in sets)


def test_nothing_that_lies_about_looks_like_a_whole_stall() -> None:
    whole = {things[0][0] for things in SETS.values() if len(things) == 1}
    assert not whole & set(LOOSE)
    assert "table_set" not in LOOSE
    assert not [kind for kind in LOOSE if CLASSES[kind] == StreetClass.STALL]
