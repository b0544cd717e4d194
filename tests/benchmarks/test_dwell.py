"""Dwell: made-up stays are what they say, the hard one is told rightly, and figures are counted by hand's rule."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from benchmarks.dwell import app, goals, make_report, stay_of
from benchmarks.dwell_stays import HARD, Stay, Told, plain, random_stay, told_of
from benchmarks.report import Beginning
from pipeline.watch import GAP_AFTER_S


def test_hard_stay_of_five_minutes_is_one_event_told_within_three_seconds() -> None:
    told = told_of(HARD)
    assert told.events == 1
    assert told.dwell_error_s == pytest.approx(0, abs=3)
    assert told.began_error_s == pytest.approx(0, abs=3)


def test_stay_without_mishap_is_told_to_half_a_second() -> None:
    told = told_of(plain(random_stay(3)))
    assert (told.events, told.dwell_error_s, told.began_error_s) == (
        1,
        pytest.approx(0, abs=0.7),
        pytest.approx(0, abs=0.7),
    )


def test_vehicle_that_only_drives_by_is_no_event() -> None:
    assert told_of(Stay(stands_s=0.5)) == Told(0, None, None)


def test_stay_of_a_seed_is_the_same_and_another_seed_gives_another() -> None:
    assert random_stay(7) == random_stay(7) == stay_of("7")
    assert random_stay(7) != random_stay(8)
    assert stay_of("hard") == HARD


def test_mishaps_lie_within_the_stay_and_every_kind_occurs() -> None:
    stays = [random_stay(seed) for seed in range(200)]
    for stay in stays:
        for begin_s, end_s in [*stay.hidden, *([stay.away] if stay.away else [])]:
            assert 0 < begin_s < end_s < stay.stands_s + 1
        assert stay.away is None or stay.away[1] - stay.away[0] > GAP_AFTER_S
    for kind in ("hidden", "away", "restart_s", "renamed_s", "passers"):
        assert 10 < sum(bool(getattr(stay, kind)) for stay in stays) < 190


def test_time_without_the_camera_is_not_watched() -> None:
    assert Stay(100.0, away=(20.0, 50.0)).watched_s == 70.0


def test_stay_that_was_not_told_is_infinitely_wrong() -> None:
    told = [Told(1, 0.5, 0.1)] * 98 + [Told(1, -2.0, 0.3), Told(0, None, None)]
    assert [goal.met for goal in goals(Told(1, 1.0, 0.0), told)] == [True, True, True, True]
    lost = [Told(1, 0.5, 0.1)] * 97 + [Told(2, -4.0, 0.3), Told(0, None, None), Told(0, None, None)]
    assert [goal.met for goal in goals(Told(2, 3.5, 0.0), lost)] == [False, False, False, False]


def test_report_names_the_worst_stays_by_their_seeds() -> None:
    report = make_report(Told(1, 0.0, 0.0), [Told(1, 0.1, 0.0), Told(1, -2.0, 0.0)], range(40, 42), Beginning())
    assert [row["stay"] for row in report.samples] == ["hard", "41", "40"]
    assert report.summary["dwell_error_s"] == {"p50": 0.1, "p95": 2.0, "p99": 2.0, "p100": 2.0}  # type: ignore[index, call-overload]


def test_benchmark_writes_its_goals(tmp_path: Path) -> None:
    path = tmp_path / "dwell.json"
    done = CliRunner().invoke(app, ["--stays", "2", "--workers", "1", "--json", str(path)])
    assert done.exit_code == 0, done.output
    assert len(json.loads(path.read_text())["goals"]) == 4
