"""Scenarios end to end: a drawn camera, the noise of a detector, the service's watch, the peers' rule, the report."""

import json
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from benchmarks.scenarios import app
from benchmarks.scenarios_camera import FPS, DrawnCamera
from benchmarks.scenarios_eye import watch
from benchmarks.scenarios_noise import NoisyTruth
from benchmarks.scenarios_run import finder, run_trial, tasks_of
from benchmarks.scenarios_trials import Trial, make_trial
from detectors.rules import OFTEN_S, Pace
from streams.errors import NotInRingError
from vision.classes import StreetClass
from vision.closer_look import CloserLook
from vision.detections import Detections

SLOW, OFTEN = Pace(1 / 8, 10.0, 1 / 30), Pace(2.0, OFTEN_S, 1 / 30)


@cache
def plain_trial(kind: str = "parking", negative: int = 0) -> Trial:
    """The first scenario before a plain camera by day."""
    trials = (make_trial(kind, seed) for seed in range(negative, 400, 2))
    return next(
        t
        for t in trials
        if (t.conditions.light, t.conditions.weather, t.conditions.camera) == ("day", "clear", "plain")
    )


@cache
def camera() -> DrawnCamera:
    return DrawnCamera(plain_trial())


def test_key_frames_are_offered_where_they_come_often_enough() -> None:
    every_s = plain_trial().conditions.key_every_s
    first_s = camera().next_t_s(-1.0, SLOW)
    assert camera().next_t_s(first_s, SLOW) == pytest.approx(first_s + every_s, abs=0.002)


def test_all_pictures_are_offered_where_key_frames_are_too_rare() -> None:
    first_s = camera().first_t_s
    steady = Pace.steady(12.0)
    assert camera().next_t_s(first_s, steady) == pytest.approx(first_s + 1 / FPS, abs=0.002)


def test_a_moment_always_shows_the_same_pixels() -> None:
    again = DrawnCamera(plain_trial())
    assert np.array_equal(camera().frame(4.0).luma(), again.frame(4.0).luma())
    assert not np.array_equal(camera().frame(4.0).luma(), camera().frame(8.0).luma())


def test_past_holds_what_the_ring_holds_and_not_the_future() -> None:
    own = DrawnCamera(plain_trial())
    own.frame(100.0)
    times = own.key_times(float("-inf"), float("inf"))
    assert 40.0 <= min(times) <= 44.0
    assert max(times) <= 100.0
    with pytest.raises(NotInRingError):
        own.at(30.0)
    with pytest.raises(NotInRingError):
        own.at(101.0)


def noisy(seed: int = 1, under: tuple[str, str] = ("day", "clear")) -> NoisyTruth:
    return NoisyTruth(seed, camera().truth, under, (0.0, -4.5))


def test_noise_follows_from_the_seed() -> None:
    one, same, other = (noisy(seed).found(60.0) for seed in (1, 1, 2))
    assert np.array_equal(one.boxes, same.boxes)
    assert one.boxes.shape != other.boxes.shape or not np.array_equal(one.boxes, other.boxes)


def test_noise_invents_nothing_and_jitters_a_little() -> None:
    truth = camera().truth(60.0)
    for box in noisy().found(60.0).boxes:
        overlap = np.minimum(truth.boxes[:, 2:], box[2:]) - np.maximum(truth.boxes[:, :2], box[:2])
        shared = np.clip(overlap, 0, None).prod(axis=1)
        assert shared.max() >= 0.6 * (box[2:] - box[:2]).prod()


def test_darkness_and_fog_cost_detections() -> None:
    moments = np.arange(20.0, 60.0, 2.0)
    clear, poor = (
        sum(len(noisy(3, under).found(float(t_s))) for t_s in moments) for under in (("day", "clear"), ("night", "fog"))
    )
    assert poor < clear


def test_parked_car_is_found_by_ours_with_truth_as_detector() -> None:
    outcome = run_trial(plain_trial(), None)
    assert outcome.ours.counts[0] == len(plain_trial().expected)
    assert outcome.ours.counts[2] == 0
    assert outcome.looks > outcome.inferred > 0
    assert outcome.drawn < 40 * FPS


def test_finder_looks_at_each_moment_once() -> None:
    find = finder(plain_trial(), camera(), None)
    assert find(50.0) is find(50.0)
    assert StreetClass.UNKNOWN not in find(50.0).class_ids


def test_small_things_are_looked_at_closely_where_that_is_asked_for() -> None:
    trial = plain_trial("vending")
    closer_at: list[float] = []

    def find(t_s: float, closer: CloserLook | None = None) -> Detections:
        if closer is not None:
            closer_at.append(t_s)
            assert closer.size_wh == (1280, 720)
        return truth(t_s)

    truth = finder(trial, DrawnCamera(trial), None)
    watch(DrawnCamera(trial), trial.zones, find)
    assert not closer_at
    watch(DrawnCamera(trial), trial.zones, find, input_wh=(640, 640))
    assert closer_at


def test_tasks_hold_every_seed_once() -> None:
    tasks = tasks_of("parking", range(12), None, None, None)
    assert [seed for task in tasks for seed in task.seeds] == list(range(12))


def test_report_has_goals_tables_and_a_row_for_each_scenario(tmp_path: Path) -> None:
    path = tmp_path / "scenarios.json"
    asked = ["--kind", "parking", "--model", "truth", "--seeds", "tuning", "--count", "2", "--json", str(path)]
    done = CliRunner().invoke(app, asked)
    assert done.exit_code == 0, done.output
    told = json.loads(path.read_text())
    assert [row["seed"] for row in told["samples"]] == [0, 1]
    assert [goal["name"] for goal in told["goals"]] == ["parking: f1", "parking: false alarms per camera-day"]
    assert all(goal["applies"] is False for goal in told["goals"])
    assert set(told["summary"]["parking"]["by"]) >= {"story", "light", "weather", "density", "height", "compression"}
    assert told["summary"]["parking"]["peer"]["scenarios"] == 2


def test_kind_that_does_not_exist_is_an_error_in_one_sentence() -> None:
    done = CliRunner().invoke(app, ["--kind", "litter", "--model", "truth", "--quick"])
    assert done.exit_code == 1
    assert "there are no scenarios of kind 'litter'" in " ".join(done.output.split())
