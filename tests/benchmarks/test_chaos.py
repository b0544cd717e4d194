"""The chaos benchmark: which rows it runs, and what it makes of what was seen."""

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.chaos import QUICK_ROWS, TWICE, goals, measurements, pooled_ratio
from benchmarks.chaos_rows import Counts, Kept, RowResult
from benchmarks.report import CHECKOUT
from tests.simulator.table import TABLE

LIMIT_S = 300.0


def counts(wall_s: float, came: int, *, missing: int = 0) -> Counts:
    """Return counts of which a half is of cameras watched in full."""
    kept = Kept(sent=came // 2 + missing, came=came // 2, missing=missing)
    return Counts(wall_s=wall_s, full=kept, quiet=kept, faulty=1, reconnects=0, cpu_s=0.8)


DURING = counts(4.0, 396, missing=2)
STOPPED = RowResult(
    fault="half-open connection",
    gear="full",
    outcome="stops",
    transport="tcp",
    noticed_s=4.1,
    noticed="a sentence",
    said="rtsp://gate sends no more packets",
    delivered_ratio=0.02,
    recovery_s=1.5,
    reconnects=1,
    corrupt=0,
    healthy_ratio=0.99,
    healthy_quiet_ratio=0.99,
    healthy_rate_ratio=0.99,
    healthy_longest_pause_s=0.2,
    healthy_reconnects=0,
    clean=counts(2.0, 200),
    during=DURING,
)
FLOWING = replace(
    STOPPED, fault="packet loss of 2 %", outcome="flows", noticed_s=None, noticed="nothing to notice", recovery_s=0.1
)


def met(*results: RowResult) -> list[bool]:
    return [goal.met for goal in goals(list(results))]


def test_run_in_which_all_is_well_meets_every_goal() -> None:
    assert all(met(STOPPED, FLOWING))


@pytest.mark.parametrize(
    ("change", "missed"),
    [
        ({"healthy_ratio": 0.96}, 0),
        ({"healthy_quiet_ratio": 0.96}, 1),
        ({"during": counts(4.0, 100)}, 2),
        ({"healthy_reconnects": 1}, 3),
        ({"noticed": "nothing to notice"}, 4),
        ({"noticed_s": 5.2}, 5),
        ({"recovery_s": None}, 6),
        ({"recovery_s": 8.5}, 8),
    ],
)
def test_each_goal_is_missed_by_its_own_fault(change: dict[str, object], missed: int) -> None:
    assert met(replace(STOPPED, **change), FLOWING, FLOWING, FLOWING).index(False) == missed


def test_pooled_ratio_compares_all_faults_with_all_clean_windows() -> None:
    assert pooled_ratio([STOPPED, replace(STOPPED, during=counts(4.0, 404))]) == pytest.approx(1.0)


def test_camera_that_is_given_up_need_not_come_back() -> None:
    assert all(met(STOPPED, replace(STOPPED, fault="403", outcome="gives up", recovery_s=None)))


def test_quick_faults_stand_in_the_table() -> None:
    assert set(QUICK_ROWS) <= {row.name for row in TABLE}
    assert len({row.name for row in TABLE}) == len(TABLE)


def test_what_a_network_does_is_also_measured_on_a_quiet_camera() -> None:
    gears = [(row.name, gear) for row, gear in measurements(TABLE)]
    assert ("half-open connection", "quiet") in gears
    assert len(gears) == len(TABLE) + len(TWICE)


@pytest.mark.e2e
def test_one_fault_is_measured_and_written(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "benchmarks.chaos", "--only", "redirect to a file", "--healthy", "2"]
    files = ["--json", str(tmp_path / "chaos.json"), "--plot", str(tmp_path / "chaos.png")]

    subprocess.run([*command, *files], cwd=CHECKOUT, check=True, timeout=LIMIT_S, capture_output=True)

    report = json.loads((tmp_path / "chaos.json").read_text(encoding="utf-8"))
    (sample,) = report["samples"]
    assert "sends us on to no RTSP address" in sample["said"]
    assert sample["recovery_s"] is not None
    assert (sample["healthy_ratio"], sample["healthy_quiet_ratio"]) == (1.0, 1.0)
    assert {goal["name"] for goal in report["goals"]} >= {"reconnects of healthy cameras"}
    assert (tmp_path / "chaos.png").stat().st_size > 5000
