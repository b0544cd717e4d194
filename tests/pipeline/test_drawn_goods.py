"""Goods on drawn streets: watched as the service does, by a model that knows people and vehicles only, or goods too."""

from pathlib import Path

import pytest

from datasets.scenario_file import load_scenario, zones_of
from detectors.events import Event
from tests.detectors.stories import phases, value
from tests.pipeline.drawn_zone import events_of
from vision.classes import StreetClass

UNNAMED = frozenset({StreetClass.GOODS, StreetClass.TABLE, StreetClass.STALL, StreetClass.UMBRELLA})
"""What usual models do not know; it is then found as what was not in the background."""

STREET = """
title = "A pavement"
layout = "shops"
period = 240
[[zones]]
kind = "goods"
id = "pavement"
x = [5, 26]
y = [7.6, 11.7]
limit = 60
[[actors]]
kind = "person"
from = "west"
arrives = 20
stops_at = [24.0, 9.0]
stay = 3
leaves = "east"
"""

CRATES = """
[[stalls]]
kind = "crates"
at = [15.0, 9.6]
arrives = 40
stay = 130
vendor = false
"""

SELLING = """
[[stalls]]
kind = "crates"
at = [12.0, 9.6]
comes = "carried"
from = "west"
leaves = "west"
arrives = 30
stay = 130
"""

WAITING = """
[[actors]]
kind = "traveller"
from = "west"
arrives = 30
stops_at = [11.0, 9.5]
stay = 140
leaves = "east"
[[actors]]
kind = "tricycle"
from = "west"
arrives = 35
stops_at = [19.0, 8.6]
stay = 140
leaves = "east"
[[actors]]
kind = "planter"
stops_at = [6.2, 8.3]
"""


def told(folder: Path, story: str, without: frozenset[StreetClass], *, has_ground: bool = True) -> list[Event]:
    """Return what the pavement's zone tells of a story."""
    path = folder / "story.toml"
    path.write_text(STREET + story, encoding="utf-8")
    scenario = load_scenario(path)
    return events_of(scenario, zones_of(scenario), without, has_ground=has_ground)


@pytest.mark.parametrize("has_ground", [True, False])
@pytest.mark.parametrize("without", [frozenset(), UNNAMED], ids=["named", "unnamed"])
def test_crates_left_on_the_pavement_are_one_offence(
    tmp_path: Path, without: frozenset[StreetClass], has_ground: bool
) -> None:
    events = told(tmp_path, CRATES, without, has_ground=has_ground)
    assert phases(events) == ["started", "raised", "ended"]
    assert 38 <= events[0].started_t_s <= 52
    assert 98 <= events[1].t_s <= 125
    assert events[2].t_s >= 168
    assert value(events[1], "size") > 0.4


@pytest.mark.parametrize("without", [frozenset(), UNNAMED], ids=["named", "unnamed"])
def test_stall_with_its_vendor_and_who_waits_with_luggage_are_none(
    tmp_path: Path, without: frozenset[StreetClass]
) -> None:
    assert "raised" not in phases(told(tmp_path, SELLING, without))
    assert "raised" not in phases(told(tmp_path, WAITING, without))
