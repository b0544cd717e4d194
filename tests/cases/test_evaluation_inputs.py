"""What people tell an evaluation: a file that is read whole, or refused with every wrong row named."""

import hashlib
from fractions import Fraction
from pathlib import Path

import pytest

from cases.errors import EvaluationInputsError
from cases.evaluation_inputs import check_numbers, load_inputs
from cases.grouping import By

GOOD = """
[[baseline]]
by = "unit"
group = "一中队"
month = "2026-11"
cases = 120.5

[[satisfaction]]
case = "SW202611020001"
answer = "mostly"

[[bonus]]
case = "SW202611030004"
points = 1.5
reason = "无主渣土，主动清运"
"""

BAD = """
[[baseline]]
by = "unit"
group = "一中队"
month = "2026-13"
cases = 0

[[satisfaction]]
case = "SW1"
answer = "happy"

[[satisfaction]]
case = "SW2"
answer = "mostly"

[[satisfaction]]
case = "SW2"
answer = "satisfied"

[[bonus]]
case = "SW3"
points = 2.5

[[score]]
x = 1
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "evaluation.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_every_row_is_read(tmp_path: Path) -> None:
    path = written(tmp_path, GOOD)

    inputs = load_inputs(path)

    assert inputs.baselines == {(By.UNIT, "一中队", "2026-11"): Fraction("120.5")}
    assert inputs.is_satisfied("SW202611020001", "")
    assert inputs.bonuses == {"SW202611030004": Fraction(3, 2)}
    assert inputs.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()


def test_without_a_file_nothing_was_told(tmp_path: Path) -> None:
    assert load_inputs(tmp_path / "evaluation.toml").numbers == frozenset()


def test_every_wrong_row_is_named(tmp_path: Path) -> None:
    with pytest.raises(EvaluationInputsError) as caught:
        load_inputs(written(tmp_path, BAD))

    assert [(problem.table, problem.row, problem.field, problem.cause) for problem in caught.value.problems] == [
        ("baseline", 1, "month", "string_pattern_mismatch"),
        ("baseline", 1, "cases", "greater_than"),
        ("satisfaction", 1, "answer", "literal_error"),
        ("satisfaction", 3, "case", "twice"),
        ("bonus", 1, "points", "less_than_equal"),
        ("bonus", 1, "reason", "missing"),
        ("score", 0, "", "extra_forbidden"),
    ]
    assert "bonus row 1: points: write a number of 2 or less" in str(caught.value)


@pytest.mark.parametrize("text", ["[[bonus]", "\udcff", "bonus = 3", "[bonus]\ncase = 'SW1'"])
def test_file_that_is_no_table_of_rows_is_refused_in_words(tmp_path: Path, text: str) -> None:
    path = tmp_path / "evaluation.toml"
    path.write_bytes(text.encode("utf-8", "surrogateescape"))

    with pytest.raises(EvaluationInputsError, match=r"not TOML|below \[\[bonus\]\]"):
        load_inputs(path)


def test_number_that_no_case_has_is_named(tmp_path: Path) -> None:
    path = written(tmp_path, GOOD)

    with pytest.raises(EvaluationInputsError, match="bonus: case: there is no case 'SW202611030004'") as caught:
        check_numbers(path, load_inputs(path), frozenset({"SW202611020001"}))

    assert len(caught.value.problems) == 1
