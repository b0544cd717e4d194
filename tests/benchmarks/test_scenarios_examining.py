"""Flyers of drawn scenarios are examined as the service does: dirt is held back, a poster is not."""

from dataclasses import replace

import pytest

from benchmarks.scenarios_camera import DrawnCamera
from benchmarks.scenarios_examining import held_back
from benchmarks.scenarios_trials import make_trial
from detectors.events import Event, Phase
from tests.pipeline.fakes import event

POSTER_SEED, STAINS_SEED = 4, 53
LATE_S = 140.0
"""By then everything that appears has appeared."""


def raised(camera: DrawnCamera) -> Event:
    x1, y1, x2, y2 = camera.truth(LATE_S).papers[0].tolist()
    told = replace(event(Phase.RAISED, t_s=LATE_S), kind="flyers", box=(x1, y1, x2, y2), size_wh=camera.size_wh)
    return replace(told, event_id="wall-1")


@pytest.mark.parametrize(
    ("seed", "story", "is_held_back"), [(POSTER_SEED, "poster", False), (STAINS_SEED, "stains", True)]
)
def test_dirt_is_held_back_and_a_poster_is_reported(seed: int, story: str, is_held_back: bool) -> None:
    trial = make_trial("flyers", seed)
    assert trial.story == story
    camera = DrawnCamera(trial)
    assert held_back([raised(camera)], camera) == ({"wall-1"} if is_held_back else set())


def test_what_is_no_flyer_is_not_examined() -> None:
    trial = make_trial("parking", 0)
    assert held_back([event(Phase.RAISED)], DrawnCamera(trial)) == frozenset()
