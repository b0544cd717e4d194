"""Goods on drawn streets: watched as the service does, by a model that knows people and vehicles only, or goods too."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from datasets.scenario_file import load_scenario, zones_of
from datasets.scene import StreetScene
from datasets.truth import Truth
from detectors.events import Event
from pipeline.watch import CameraWatch
from tests.detectors.stories import phases, value
from vision.classes import StreetClass
from vision.detections import Detections
from vision.frames import Frame, Planes
from vision.ground_plane import GroundPlane

SIZE_WH = (640, 360)
BEGAN_AT = datetime(2026, 11, 21, 2, 0, tzinfo=UTC)
LEAST_SEEN = 0.4
"""Things that are hidden further are not found."""

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
    scene = StreetScene(scenario.script, SIZE_WH)
    plane = GroundPlane.of_pixels(np.linalg.inv(scene.truth(0.0).plane.homography).astype(np.float64), SIZE_WH)
    watch = CameraWatch("gate", zones_of(scenario), ground=plane if has_ground else None)
    events: list[Event] = []
    for t_s in range(0, int(scenario.script.period_s), 2):
        planes = Planes.from_bgr(scene.picture(float(t_s)))
        frame = Frame("gate", t_s, float(t_s), BEGAN_AT + timedelta(seconds=t_s), 0.0, planes)
        events += watch.take(watch.glance(frame), found(scene.truth(float(t_s)), without)).events
    return events


def found(truth: Truth, without: frozenset[StreetClass]) -> Detections:
    shown = (truth.visible_ratios >= LEAST_SEEN) & ~np.isin(truth.class_ids, list(without))
    return Detections(truth.boxes[shown], np.full(int(shown.sum()), 0.8, np.float32), truth.class_ids[shown])


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
