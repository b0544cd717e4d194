"""The order of the capacity benchmark's trials, with trials that are made up."""

from pathlib import Path

import pytest

from benchmarks import capacity_run
from benchmarks.capacity_figures import Sample
from benchmarks.capacity_run import Plan, Run
from benchmarks.capacity_streets import STORIES
from benchmarks.capacity_trial import Equipment
from benchmarks.errors import SideFailedError

BEARS = {"ours": 8, "opencv": 2}


@pytest.fixture
def tried(monkeypatch):
    """Trials that pass up to what `BEARS` says; gives what was tried."""
    made: list[tuple[str, int]] = []

    def trial(_equipment, side, cameras, _on_tick):
        made.append((side, cameras))
        if side == "opencv" and cameras > 4:
            raise SideFailedError(side, "its process ended by itself")
        return side, cameras

    def sample(trial, number, _timed):
        side, cameras = trial
        passes = cameras <= BEARS[side]
        return Sample(number, side, cameras, passes, passes, passes, 1, 1, 1)

    monkeypatch.setattr(capacity_run, "run_trial", trial)
    monkeypatch.setattr(capacity_run, "make_sample", sample)
    return made


def run_of(**changes) -> Run:
    plan = Plan(**({"steps": (1, 2, 4, 8), "sides": ("ours", "opencv"), "rounds": 2, "scaling": ()} | changes))
    return Run(plan, Equipment(STORIES, {"kerb": Path()}, {}, "", 60.0, 105.0, 1400), "street-nano", ())


def test_sides_take_turns_and_each_climbs_as_far_as_it_bears(tried):
    run = run_of(rounds=1)

    run.go(lambda _text: None, lambda: None)

    assert tried[:4] == [("ours", 1), ("opencv", 1), ("ours", 2), ("opencv", 2)]
    assert run.found == {"ours": [8], "opencv": [2]}


def test_every_round_gives_a_number_for_each_side(tried):
    run = run_of()

    run.go(lambda _text: None, lambda: None)

    assert run.found == {"ours": [8, 8], "opencv": [2, 2]}


def test_the_cost_of_ours_is_measured_where_the_search_did_not_come(tried):
    run = run_of(rounds=1, scaling=(1, 50))

    run.go(lambda _text: None, lambda: None)

    assert tried[-1] == ("ours", 50)
    assert tried.count(("ours", 1)) == 1
    assert run.found["ours"] == [8]


def test_a_side_that_dies_is_noted_and_the_others_go_on(tried, monkeypatch):
    monkeypatch.setitem(BEARS, "opencv", 8)
    run = run_of(rounds=1)

    run.go(lambda _text: None, lambda: None)

    assert [s.cameras for s in run.samples if s.problem] == [8, 8]
    assert run.found == {"ours": [8], "opencv": [4]}


def test_a_report_can_be_made_after_every_trial(tried):
    run = run_of(rounds=1)
    lengths: list[int] = []

    run.go(lambda _text: None, lambda: lengths.append(len(run.report().samples)))

    assert lengths[:3] == [1, 2, 3]
