"""Spillover on drawn streets: watched as the service does, with their ground and door lines, by a model without fault.

What no model knows, such as luggage, is found against the long-term background.
"""

from pathlib import Path

import numpy as np

from datasets.scenario_file import load_scenario, scenario_path, zones_of
from datasets.scene import StreetScene
from detectors.catalog import ZoneSettings
from detectors.events import Event
from tests.detectors.stories import phases
from tests.pipeline.drawn_zone import SIZE_WH, events_of
from vision.classes import StreetClass

WAITING = """
title = "Nobody sells"
layout = "shops"
period = 220
[[zones]]
kind = "spillover"
x = [5, 26]
y = [7.6, 11.7]
limit = 60
[[actors]]
kind = "traveller"
from = "west"
arrives = 50
stops_at = [9.0, 9.5]
stay = 120
leaves = "east"
[[actors]]
kind = "umbrella_holder"
from = "east"
arrives = 52
stops_at = [13.0, 9.8]
stay = 130
leaves = "west"
[[actors]]
kind = "pram"
stops_at = [17.0, 9.5]
[[actors]]
kind = "person"
from = "west"
arrives = 55
stops_at = [17.9, 9.5]
stay = 110
leaves = "east"
[[actors]]
kind = "tricycle"
from = "west"
arrives = 60
stops_at = [21.5, 8.6]
stay = 120
leaves = "east"
[[actors]]
kind = "planter"
stops_at = [6.2, 8.3]
[[actors]]
kind = "wheelie_bin"
count = 2
stops_at = [24.0, 8.2]
"""


def told(name: str, without: frozenset[StreetClass] = frozenset(), **rule: object) -> list[Event]:
    """Return what a street's zone tells, watched as the service does, by a model that knows all but some classes."""
    scenario = load_scenario(scenario_path(name))
    (zone,) = zones_of(scenario)
    settings = zone.model_dump() | {"rule": {"kind": "spillover", "limit_s": 60, **rule}}
    return events_of(scenario, [ZoneSettings.model_validate(settings)], without)


def test_tables_beyond_the_door_line_are_one_offence_and_the_neighbours_crates_behind_theirs_none() -> None:
    events = told("shop-beyond-door")
    assert phases(events) == ["started", "raised", "ended"]
    assert 50 <= events[0].started_t_s <= 56
    assert 110 <= events[1].t_s <= 118
    assert events[2].t_s >= 208


def test_goods_that_no_model_knows_are_found_as_what_was_not_there_before() -> None:
    events = told("shop-beyond-door", frozenset({StreetClass.TABLE, StreetClass.GOODS, StreetClass.STALL}))
    raised = [event for event in events if event.phase.value == "raised"]
    assert [event.class_id for event in raised] == [StreetClass.UNKNOWN]
    assert 108 <= raised[0].t_s <= 140


def test_who_waits_and_what_is_parked_before_a_shop_are_none(tmp_path: Path) -> None:
    path = tmp_path / "waiting.toml"
    path.write_text(WAITING, encoding="utf-8")
    assert "raised" not in phases(told(str(path)))
    assert "raised" not in phases(told(str(path), frozenset({StreetClass.UMBRELLA})))


def test_door_line_leaves_out_what_stands_behind_it() -> None:
    scenario = load_scenario(scenario_path("shop-beyond-door"))
    truth = StreetScene(scenario.script, SIZE_WH).truth(100.0)
    lines = truth.plane.door_lines_px() / (*SIZE_WH, *SIZE_WH)
    restaurant = max(lines, key=lambda line: -abs((line[0] + line[2]) / 2 - 0.5))
    x1, y1, x2, y2 = np.clip(restaurant, 0, 1)
    events = told("shop-beyond-door", door=((x1, y1), (x2, y2)))
    raised = next(event for event in events if event.phase.value == "raised")
    beyond = next(reason for reason in raised.reasons if reason.key == "beyond")
    assert beyond.unit == "m"
    assert 0.5 <= beyond.value <= 4.0
