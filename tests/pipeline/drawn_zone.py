"""Watches zones of a drawn street as the service does, by a model that knows all but some classes and never errs.

What no model knows is found against the long-term background.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import numpy as np

from datasets.scenario_file import Scenario
from datasets.scene import StreetScene
from datasets.truth import Truth
from detectors.catalog import ZoneSettings
from detectors.events import Event
from pipeline.watch import CameraWatch
from vision.classes import StreetClass
from vision.detections import Detections
from vision.frames import Frame, Planes
from vision.ground_plane import GroundPlane

SIZE_WH = (640, 360)
BEGAN_AT = datetime(2026, 11, 21, 2, 0, tzinfo=UTC)
LOOK_EVERY_S = 2
LEAST_SEEN = 0.4
"""Things that are hidden further are not found."""


def events_of(
    scenario: Scenario, zones: Sequence[ZoneSettings], without: frozenset[StreetClass], *, has_ground: bool = True
) -> list[Event]:
    """Return what zones tell of a street from its beginning to its end."""
    scene = StreetScene(scenario.script, SIZE_WH)
    plane = GroundPlane.of_pixels(np.linalg.inv(scene.truth(0.0).plane.homography).astype(np.float64), SIZE_WH)
    watch = CameraWatch("gate", zones, ground=plane if has_ground else None)
    events: list[Event] = []
    for t_s in range(0, int(scenario.script.period_s), LOOK_EVERY_S):
        planes = Planes.from_bgr(scene.picture(float(t_s)))
        frame = Frame("gate", t_s, float(t_s), BEGAN_AT + timedelta(seconds=t_s), 0.0, planes)
        events += watch.take(watch.glance(frame), _found(scene.truth(float(t_s)), without)).events
    return events


def _found(truth: Truth, without: frozenset[StreetClass]) -> Detections:
    shown = (truth.visible_ratios >= LEAST_SEEN) & ~np.isin(truth.class_ids, list(without))
    return Detections(truth.boxes[shown], np.full(int(shown.sum()), 0.8, np.float32), truth.class_ids[shown])
