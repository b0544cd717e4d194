"""Figures of the throughput benchmark, worked out from counts."""

import pytest

from benchmarks.measuring import ProcessUse, Window
from benchmarks.sides import CameraCounts, SideName
from benchmarks.throughput_figures import (
    DEFINITIONS,
    Sample,
    added_mb_per_camera,
    cpu_ratios,
    disturbance,
    goals,
    make_sample,
    summary,
)


def counts(looked: int, **changes: object) -> CameraCounts:
    fields: dict[str, object] = {
        "delivered": 250,
        "passed_over": 240,
        "decoded": 10,
        "looked": looked,
        "inferred": looked,
        "dropped": {"stale": 10 - looked},
        "waiting": 0,
    }
    return CameraCounts.model_validate(fields | changes)


NOTHING = counts(0, delivered=0, passed_over=0, decoded=0, dropped={})


def window(cpu_s: float = 2.0, rss_mb: float = 100.0) -> Window:
    server = ProcessUse(0.5, 1, 1, 1)
    return Window(10.0, {"side": ProcessUse(cpu_s, int(rss_mb * 1e6), int(rss_mb * 1e6), 5), "server": server}, 1.0)


def sample(side: SideName, number: int = 0, *, cameras: int = 2, cpu_s: float = 2.0, rss_mb: float = 100.0) -> Sample:
    return make_sample((side, number), [[NOTHING] * cameras, [counts(10)] * cameras], window(cpu_s, rss_mb), 2.0)


def test_rates_are_per_camera_and_second() -> None:
    made = make_sample(("ours", 0), [[NOTHING, NOTHING], [counts(10), counts(6)]], window(), 2.0)

    assert (made.delivered_fps, made.looked_hz, made.dropped_fps) == (25.0, 0.8, 0.2)


def test_only_what_happened_in_the_window_is_counted() -> None:
    made = make_sample(("ours", 0), [[counts(10)], [counts(10, delivered=300, passed_over=290)]], window(), 2.0)

    assert (made.delivered_fps, made.looked_hz) == (5.0, 0.0)


def test_worst_camera_is_told_beside_the_mean() -> None:
    made = make_sample(("ours", 0), [[NOTHING, NOTHING], [counts(10), counts(10, delivered=50)]], window(), 2.0)

    assert (made.delivered_fps, made.delivered_fps_worst) == (15.0, 5.0)


def test_frames_that_vanished_are_found() -> None:
    made = make_sample(("ours", 0), [[NOTHING], [counts(6, dropped={"stale": 1})]], window(), 2.0)

    assert made.unaccounted == 3


def test_cost_is_told_per_camera_second_and_per_look() -> None:
    made = sample("ours", cameras=2, cpu_s=2.0)

    assert (made.cpu_s_per_camera_s, made.cpu_ms_per_look, made.cores_used) == (0.1, 100.0, 0.2)


def test_side_that_never_looked_has_no_cost_per_look() -> None:
    assert make_sample(("ours", 0), [[NOTHING], [NOTHING]], window(), 2.0).cpu_ms_per_look is None


def test_ratio_compares_windows_of_the_same_round() -> None:
    samples = [sample("ours", 0, cpu_s=1.0), sample("ours", 1, cpu_s=4.0)]
    samples += [sample("opencv", 1, cpu_s=8.0), sample("opencv", 0, cpu_s=4.0)]

    assert cpu_ratios(samples, "opencv", 2) == [0.25, 0.5]


def test_memory_of_one_more_camera_is_the_slope() -> None:
    samples = [sample("ours", cameras=n, rss_mb=100 + 3 * n) for n in (1, 4, 8)]

    assert added_mb_per_camera(samples, "ours") == pytest.approx(3.0)


def test_memory_of_one_more_camera_is_unknown_from_a_single_number_of_cameras() -> None:
    assert added_mb_per_camera([sample("ours")], "ours") is None


def test_goal_is_judged_against_the_best_peer() -> None:
    samples = [sample("ours", cpu_s=2.0), sample("load_streams_paced", cpu_s=1.0), sample("opencv_paced", cpu_s=8.0)]

    goal = next(goal for goal in goals(samples, 1.0, 25) if "paced to" in goal.name)

    assert (goal.value, goal.met) == (2.0, False)


def test_peer_that_does_not_look_as_often_as_it_is_paced_is_not_compared() -> None:
    samples = [sample("ours", cpu_s=1.0), sample("load_streams_paced", cpu_s=8.0)]

    goal = next(goal for goal in goals(samples, 4.0, 25) if "paced to" in goal.name)

    assert (goal.value, goal.met) == (None, False)


def test_peers_that_did_not_run_set_no_goal() -> None:
    assert not [goal for goal in goals([sample("ours"), sample("opencv")], 1.0, 25) if "paced to" in goal.name]


def ours_wanting(wanted_hz: float, looked: int, *, inferred: int = 0, key_interval_s: float = 2.0) -> Sample:
    seen = [[counts(0, wanted_hz=wanted_hz)], [counts(looked, wanted_hz=wanted_hz, inferred=inferred)]]
    return make_sample(("ours", 0), seen, window(), key_interval_s)


def looks_goal(*samples: Sample) -> tuple[float | None, bool]:
    return next((goal.value, goal.met) for goal in goals(samples, 1.0, 25) if "its rules want" in goal.name)


def test_fewer_looks_than_our_rules_want_miss_the_goal() -> None:
    assert looks_goal(ours_wanting(0.4, 2)) == (0.5, False)


def test_glance_is_a_look() -> None:
    assert looks_goal(ours_wanting(0.4, 4, inferred=0)) == (1.0, True)


def test_rule_that_would_look_more_often_than_key_frames_come_is_served_by_each_of_them() -> None:
    assert looks_goal(ours_wanting(2.0, 5)) == (1.0, True)


def test_key_frames_that_come_rarely_serve_no_close_look() -> None:
    assert looks_goal(ours_wanting(2.0, 5, key_interval_s=5.0)) == (0.25, False)


def test_pace_that_changes_within_the_window_counts_for_as_long_as_it_holds() -> None:
    wanted = [counts(0, wanted_hz=hz) for hz in (0.4, 0.2, 0.2)]
    made = make_sample(("ours", 0), [*([one] for one in wanted), [counts(2, wanted_hz=0.0)]], window(), 2.0)

    assert looks_goal(made) == (1.0, True)


def test_looks_of_all_rounds_are_taken_together() -> None:
    assert looks_goal(ours_wanting(0.1, 0), ours_wanting(0.1, 2)) == (1.0, True)


def test_window_in_which_we_looked_too_rarely_is_not_compared() -> None:
    samples = [ours_wanting(0.4, 2), sample("load_streams_paced", cameras=1)]

    goal = next(goal for goal in goals(samples, 1.0, 25) if "paced to" in goal.name)

    assert (goal.value, goal.met) == (None, False)


def test_look_that_fell_just_outside_the_window_does_not_keep_it_from_being_compared() -> None:
    samples = [ours_wanting(0.2, 1), sample("load_streams_paced", cameras=1)]

    goal = next(goal for goal in goals(samples, 1.0, 25) if "paced to" in goal.name)

    assert goal.value == 1.0


def test_run_beside_busy_neighbours_says_so() -> None:
    busy = Window(10.0, window().uses, 12.0)

    notes = disturbance([make_sample(("ours", 0), [[NOTHING], [counts(10)]], busy, 2.0)])

    assert "1.20 cores" in notes[0]


def test_run_on_a_quiet_machine_needs_no_note() -> None:
    assert disturbance([sample("ours")]) == []


def test_every_figure_of_a_sample_is_defined() -> None:
    told = set(sample("ours").to_json()) - {"round", "side", "cameras", "wall_s"}

    assert told <= set(DEFINITIONS)


def test_summary_holds_spread_by_cameras_and_side() -> None:
    found = summary([sample("ours", 0, cpu_s=1.0), sample("ours", 1, cpu_s=3.0), sample("opencv", 0)])

    assert found["by_cameras"]["2"]["sides"]["ours"]["cpu_s_per_camera_s"]["median"] == 0.1  # type: ignore[call-overload,index]
