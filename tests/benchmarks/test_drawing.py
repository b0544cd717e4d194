"""The drawing benchmark: a short run with its goals."""

from benchmarks.drawing import CONDITIONS, HEAVIEST, PLAIN, Plan, run


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
