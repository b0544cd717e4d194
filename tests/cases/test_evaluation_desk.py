"""The desk: answers from a database and a file, and does not work the same out twice."""

from datetime import date, timedelta
from pathlib import Path

import pytest

from cases.case_numbers import BEIJING
from cases.errors import EvaluationInputsError, PeriodError
from cases.evaluation_desk import KEPT, EvaluationDesk
from cases.grouping import By
from cases.states import Action
from cases.statistic_keys import StatisticKey
from cases.store import CaseStore
from tests.cases.builders import NOON, new_case, pack_of

FIRST, LAST, AS_OF = date(2026, 11, 1), date(2026, 11, 30), NOON + timedelta(days=1)


@pytest.fixture
def inputs(tmp_path: Path) -> Path:
    return tmp_path / "evaluation.toml"


@pytest.fixture
def desk(store: CaseStore, inputs: Path) -> EvaluationDesk:
    case = store.open_case(new_case(), pack_of())
    for action in (Action.FILE, Action.CLOSE):
        store.apply(case.case_id, action, actor="li", reason="done", at=NOON + timedelta(minutes=5))
    return EvaluationDesk(store.database, inputs, BEIJING)


def test_filed_case_is_counted(desk: EvaluationDesk) -> None:
    made = desk.evaluate(FIRST, LAST, By.UNIT, AS_OF)

    assert made.total.count(StatisticKey.REGISTERED) == 1
    assert made.inputs_sha256 == ""


def test_same_question_about_the_same_moment_is_worked_out_once(desk: EvaluationDesk) -> None:
    made = desk.evaluate(FIRST, LAST, By.UNIT, AS_OF)

    assert desk.evaluate(FIRST, LAST, By.UNIT, AS_OF) is made
    for place in range(KEPT):
        desk.evaluate(FIRST, LAST, By.UNIT, AS_OF + timedelta(seconds=1 + place))
    assert desk.evaluate(FIRST, LAST, By.UNIT, AS_OF) is not made


def test_inputs_that_were_changed_count_at_once(desk: EvaluationDesk, inputs: Path, store: CaseStore) -> None:
    desk.evaluate(FIRST, LAST, By.UNIT, AS_OF)
    number = store.of_event("event-1").number  # type: ignore[union-attr]
    inputs.write_text(f'[[bonus]]\ncase = "{number}"\npoints = 2\nreason = "x"\n', encoding="utf-8")

    made = desk.evaluate(FIRST, LAST, By.UNIT, AS_OF)

    assert made.total.count(StatisticKey.INITIATIVE) == 1
    assert made.inputs_sha256


def test_inputs_that_name_no_case_are_refused(desk: EvaluationDesk, inputs: Path) -> None:
    inputs.write_text('[[satisfaction]]\ncase = "SW0"\nanswer = "mostly"\n', encoding="utf-8")

    with pytest.raises(EvaluationInputsError, match="there is no case 'SW0'"):
        desk.evaluate(FIRST, LAST, By.UNIT, AS_OF)


@pytest.mark.parametrize(
    ("first", "last"), [(LAST, FIRST), (date(2020, 1, 1), LAST), (date(1, 1, 1), date(1, 1, 2)), (date.max, date.max)]
)
def test_days_that_make_no_period_are_refused(desk: EvaluationDesk, first: date, last: date) -> None:
    with pytest.raises(PeriodError):
        desk.evaluate(first, last, By.UNIT, AS_OF)
