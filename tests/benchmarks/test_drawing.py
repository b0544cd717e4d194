"""The drawing benchmark: a short run with its goals."""

from benchmarks.drawing import CONDITIONS, FPS, HEAVIEST, PLAIN, Plan, run, stretch_start_s
from datasets.camera_faults import aim_at, camera_named


def test_short_run_measures_its_conditions_and_names_its_goals() -> None:
    told: list[str] = []
    plan = Plan(scenes=(("flyers", 1),), rounds=1, frames=1, size_wh=(160, 90), conditions=(PLAIN, HEAVIEST))
    report = run(plan, told.append)

    assert [row["condition"] for row in report.samples] == [PLAIN.name, HEAVIEST.name]
    assert all(float(str(row["fps"])) > 0 for row in report.samples)
    assert len(told) == 2
    assert [goal.goal for goal in report.goals] == [">= 25", ">= 12", ">= 12"]


def test_full_run_has_the_plain_and_the_heaviest_condition() -> None:
    assert {PLAIN, HEAVIEST} <= set(CONDITIONS)
    assert len(set(CONDITIONS)) == len(CONDITIONS)


def test_full_run_has_a_queue_a_market_and_a_camera_that_turns() -> None:
    assert {"jam-at-light", "market-permitted"} <= {name for name, _ in Plan().scenes}
    assert "turning" in {condition.camera for condition in CONDITIONS}


def test_bundled_scenario_is_drawn_like_a_demonstration_scene() -> None:
    plan = Plan(scenes=(("market-permitted", 6),), rounds=1, frames=1, size_wh=(160, 90), conditions=(PLAIN, HEAVIEST))
    assert [row["scene"] for row in run(plan, lambda _: None).samples] == ["market-permitted"] * 2


def test_camera_that_turns_is_drawn_while_it_turns_out_and_back() -> None:
    faults = camera_named("turning")
    for number in range(2):
        start_s = stretch_start_s(faults, number)
        aims = [aim_at(faults, start_s + i / FPS).pan_deg for i in range(Plan().frames + 1)]
        assert len(set(aims)) > 4
        assert {aims[0], aims[-1]} == {0.0, faults.moves[0].pan_deg}
