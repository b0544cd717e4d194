"""Reports: spread, goals and the JSON that every benchmark writes."""

import itertools
import json
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.report import Beginning, Report, at_least, at_most, commit_of, spread, write_report


def make_report(**changes: object) -> Report:
    fields: dict[str, object] = {
        "name": "nothing",
        "settings": {"cameras": [1]},
        "definitions": {"speed": "how fast"},
        "samples": [{"speed": 1.5}],
        "summary": {"speed": {"median": 1.5}},
        "goals": [at_most("cost", 1.0, 0.5), at_least("speed", 2.0, None)],
        "notes": ["a note"],
        "began": Beginning("2026-11-21T12:00:00+00:00", (0.5, 0.4, 0.3)),
    }
    return Report(**(fields | changes))  # type: ignore[arg-type]


def test_spread_of_five_values_has_their_median_and_quartiles() -> None:
    some = spread([5.0, 1.0, 4.0, 2.0, 3.0])

    assert (some.minimum, some.lower_quartile, some.median, some.upper_quartile, some.maximum) == (1, 2, 3, 4, 5)


def test_spread_of_one_value_is_that_value() -> None:
    assert spread([2.5]).lower_quartile == spread([2.5]).maximum == 2.5


def test_spread_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="no samples"):
        spread([])


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=20))
def test_spread_is_ordered(values: list[float]) -> None:
    some = spread(values)

    ordered = [some.minimum, some.lower_quartile, some.median, some.upper_quartile, some.maximum]
    assert all(early <= late + 1e-6 for early, late in itertools.pairwise(ordered))


@pytest.mark.parametrize(("value", "is_met"), [(0.2, True), (0.21, False), (None, False)])
def test_upper_goal_is_met_up_to_its_limit(value: float | None, is_met: bool) -> None:
    assert at_most("cost", 0.2, value).met is is_met


@pytest.mark.parametrize(("value", "is_met"), [(10.0, True), (9.9, False), (None, False)])
def test_lower_goal_is_met_from_its_limit(value: float | None, is_met: bool) -> None:
    assert at_least("gain", 10.0, value).met is is_met


def test_goal_names_its_limit_in_words() -> None:
    assert (at_most("cost", 0.2, 0.1).goal, at_least("gain", 10.0, 9.0).goal) == ("<= 0.2", ">= 10")


def test_written_report_holds_all_that_a_figure_is_judged_by(tmp_path: Path) -> None:
    write_report(tmp_path / "deep" / "result.json", make_report())

    written = json.loads((tmp_path / "deep" / "result.json").read_text(encoding="utf-8"))
    wanted = {"benchmark", "command", "commit", "machine", "load_average_before", "settings", "definitions", "notes"}
    assert wanted | {"samples", "summary", "goals", "began_at", "ended_at"} == set(written)


def test_written_goal_has_name_goal_value_and_met(tmp_path: Path) -> None:
    write_report(tmp_path / "result.json", make_report())

    goals = json.loads((tmp_path / "result.json").read_text(encoding="utf-8"))["goals"]
    assert goals[1] == {"name": "speed", "goal": ">= 2", "value": None, "met": False}


def test_figure_that_is_no_number_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="JSON compliant"):
        write_report(tmp_path / "result.json", make_report(samples=[{"speed": float("nan")}]))


def test_machine_is_described_by_cores_and_library_versions(tmp_path: Path) -> None:
    write_report(tmp_path / "result.json", make_report())

    machine = json.loads((tmp_path / "result.json").read_text(encoding="utf-8"))["machine"]
    assert machine["cores"] >= 1
    assert machine["libraries"]["numpy"] != "absent"


def test_commit_of_a_folder_without_git_is_empty(tmp_path: Path) -> None:
    assert commit_of(tmp_path) == ""


def test_commit_of_changed_files_says_so(tmp_path: Path) -> None:
    def git(*arguments: str) -> None:
        who = ("-c", "user.name=t", "-c", "user.email=t@localhost")
        subprocess.run(["git", "-C", str(tmp_path), *who, *arguments], check=True, capture_output=True)

    git("init", "-q")
    (tmp_path / "a").write_text("1", encoding="utf-8")
    git("add", "a")
    git("commit", "-q", "-m", "first")
    clean = commit_of(tmp_path)
    (tmp_path / "a").write_text("2", encoding="utf-8")

    assert (len(clean), commit_of(tmp_path)) == (40, f"{clean}+changes")
