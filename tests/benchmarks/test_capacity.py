"""Streets, phases and figures of the capacity benchmark; no stream, no model."""

import json

import pytest

from benchmarks.capacity_clips import CAMERA
from benchmarks.capacity_figures import (
    Sample,
    added_mb_per_camera,
    failed_sample,
    goals,
    level_of,
    make_sample,
    summary,
)
from benchmarks.capacity_scoring import LEAD_S, Watched, expected
from benchmarks.capacity_sides import CameraState, CameraTask, Found, WatchTask, ZoneTask, task_from_json, task_to_json
from benchmarks.capacity_streets import LIMITS_S, PERIOD_S, STORIES, script_of, spots_of, story, zones_of
from benchmarks.capacity_trial import START_S, Trial, deeds_of, plan_cameras
from benchmarks.measuring import ProcessUse, Window

KINDS = {"parking", "vending", "flyers"}


@pytest.mark.parametrize("told", STORIES, ids=lambda told: told.name)
def test_every_street_has_a_zone_of_each_kind(told):
    assert {zone.rule.kind for zone in zones_of(told)} == KINDS


@pytest.mark.parametrize("told", STORIES, ids=lambda told: told.name)
def test_every_offence_outlasts_its_limit_and_is_over_before_the_street_begins_again(told):
    for offence in script_of(told).offences:
        assert offence.ended_s - offence.started_s > LIMITS_S[offence.kind] + 10
        assert offence.ended_s < PERIOD_S


@pytest.mark.parametrize("told", STORIES, ids=lambda told: told.name)
def test_every_offence_is_in_the_picture(told):
    script = script_of(told)

    spots = spots_of(script)

    assert len(spots) == len(script.offences)
    assert all(0.02 < x < 0.98 and 0.02 < y < 0.98 for x, y in spots)


def test_no_offence_begins_at_a_key_frame():
    begins_s = [offence.started_s % CAMERA.key_interval_s for told in STORIES for offence in script_of(told).offences]

    assert all(0.2 < begin_s < CAMERA.key_interval_s - 0.2 for begin_s in begins_s)


def test_the_streets_hold_every_kind_and_one_is_quiet():
    assert {offence.kind for told in STORIES for offence in script_of(told).offences} == KINDS
    assert script_of(story("quiet")).offences == ()


def test_an_unknown_street_is_refused_by_name():
    with pytest.raises(ValueError, match="nowhere"):
        story("nowhere")


@pytest.mark.parametrize("count", [1, 100])
@pytest.mark.parametrize("ready_s", [0.1, START_S])
def test_every_camera_with_a_violation_shows_one_that_counts(count, ready_s):
    watch_s = 105.0
    deeds = {told.name: deeds_of(told) for told in STORIES}
    for camera in plan_cameras(STORIES, count, watch_s):
        begins_s = camera.first_unit / CAMERA.fps
        watched = Watched(0, deeds[camera.clip], PERIOD_S, begins_s + ready_s, begins_s + ready_s + watch_s)
        assert bool(expected(watched, LIMITS_S)) == (camera.clip != "quiet")


def test_cameras_begin_at_key_frames_and_are_spread():
    cameras = plan_cameras(STORIES, 60, 105.0)

    assert all(camera.first_unit % 50 == 0 for camera in cameras)
    assert len({round(camera.delay_s, 1) for camera in cameras}) > 15


def test_a_stretch_too_short_for_a_violation_is_refused():
    with pytest.raises(ValueError, match="too short"):
        plan_cameras(STORIES, 4, 40.0)


def test_a_task_survives_json():
    zone = ZoneTask("parking", ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0)), 30.0)
    camera = CameraTask("rtsp://127.0.0.1/1", "kerb", 50, (zone,))
    task = WatchTask(
        "ours", (camera,), 25, 3000, (1920, 1080), "card", "", "weights", (384, 224), 0.2, "openvino", "/scratch"
    )

    assert task_from_json(json.loads(json.dumps(task_to_json(task)))) == task


def trial(
    found: tuple[Found, ...], *, delivered: int = 2500, reconnects: int = 0, late_s: float = 0.0, lag_s: float = 0.0
) -> Trial:
    """A hundred seconds of one camera that shows the street with the parked car."""
    begins_s = story("kerb").stops[0].stands_s - LEAD_S - 1 + late_s
    before = CameraState(100, 10, begins_s, 0)
    after = CameraState(100 + delivered, 110, begins_s + 100.0 - lag_s, 0, reconnects, 30_000_000)
    window = Window(100.0, {"side": ProcessUse(50.0, 1, 1, 9), "server": ProcessUse(1.0, 1, 1, 9)}, 2.0)
    return Trial("ours", (story("kerb"),), (before,), (after,), found, window, 230_000_000, 4.0, -0.1)


def parked(error_s: float = 0.2) -> Found:
    (x, y), begins_s = spots_of(script_of(story("kerb")))[0], story("kerb").stops[0].stands_s
    return Found(0, "parking", begins_s + error_s, begins_s + 31.0, (x - 0.1, y - 0.1, x + 0.1, y + 0.1))


TIMED = ("parking", "vending")


def test_a_trial_with_everything_found_and_right_reaches_every_level():
    sample = make_sample(trial((parked(),)), 0, TIMED)

    assert (sample.keeps_up, sample.found_all, sample.right_all) == (True, True, True)
    assert sample.errors_s == {"parking": (0.2,)}
    assert sample.beyond_ring_mb == pytest.approx(200.0)
    assert sample.cores_used == pytest.approx(0.5)


def test_a_beginning_that_is_wrong_by_more_than_a_second_is_found_but_not_right():
    sample = make_sample(trial((parked(1.5),)), 0, TIMED)

    assert (sample.found_all, sample.right_all) == (True, False)


def test_a_kind_that_is_not_timed_may_begin_at_any_time():
    assert make_sample(trial((parked(1.5),)), 0, ()).right_all


def test_a_missed_violation_is_named():
    sample = make_sample(trial(()), 0, TIMED)

    assert (sample.keeps_up, sample.found_all) == (True, False)
    assert sample.missed == ("camera 1 (kerb): parking at 24.6 s",)


def test_a_scout_that_looks_every_six_seconds_keeps_up():
    assert make_sample(trial((parked(),), lag_s=6.0), 0, TIMED).keeps_up


def test_a_side_that_was_ready_too_late_for_any_violation_has_not_found_all():
    sample = make_sample(trial((), late_s=20.0), 0, TIMED)

    assert (sample.expected, sample.keeps_up, sample.found_all) == (0, True, False)


@pytest.mark.parametrize("fault", [{"delivered": 2400}, {"reconnects": 1}, {"lag_s": 11.0}])
def test_a_starved_late_or_lost_camera_does_not_keep_up_whatever_was_found(fault):
    sample = make_sample(trial((parked(),), **fault), 0, TIMED)

    assert (sample.keeps_up, sample.found_all, sample.right_all) == (False, False, False)


def test_a_report_about_nothing_is_noted_and_fails_no_trial():
    sample = make_sample(trial((parked(), Found(0, "vending", 10.0, 50.0, (0.1, 0.1, 0.2, 0.2)))), 0, TIMED)

    assert sample.right_all
    assert "vending at 10.0 s" in sample.false_reports[0]


def row(side: str, cameras: int, mb: float) -> Sample:
    return Sample(0, side, cameras, True, True, True, 1, 1, 1, beyond_ring_mb=mb)


def test_goals_compare_our_number_with_that_of_the_best_peer():
    samples = [row("ours", 1, 200.0), row("ours", 101, 500.0), row("opencv", 8, 300.0)]
    found = {"ours": [100, 125, 100], "opencv": [8, 8, 10], "vidgear": [4, 4, 4]}

    cameras, ratio, memory = goals(samples, found)

    assert (cameras.value, cameras.met) == (100, True)
    assert (ratio.value, ratio.met) == (12.5, True)
    assert (memory.value, memory.met) == (3.0, True)


def test_goals_are_missed_where_nothing_was_measured():
    assert not any(goal.met for goal in goals([], {"ours": []}))


def test_memory_per_camera_leaves_out_trials_that_died():
    samples = [row("ours", 1, 200.0), row("ours", 11, 230.0), failed_sample(("ours", 21, 0), "died")]

    assert added_mb_per_camera(samples, "ours") == 3.0


def test_a_summary_and_its_samples_are_json():
    samples = [row("ours", 1, 200.0), failed_sample(("opencv", 4, 0), "died")]

    json.dumps([sample.to_json() for sample in samples])
    json.dumps(summary(samples, {"ours": [1], "opencv": [0]}))


def test_ours_climbs_by_what_is_right_and_a_peer_by_what_keeps_up():
    assert (level_of("ours"), level_of("opencv")) == ("right_all", "keeps_up")
