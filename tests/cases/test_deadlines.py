"""Deadlines of codes, lights and reminders, and the clocks of the stages around handling."""

from datetime import UTC, datetime, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.case_numbers import BEIJING
from cases.code_files import bundled_table
from cases.code_settings import CodeSettings
from cases.deadlines import CodeDeadlines
from cases.errors import CalendarError, CodeTableError
from cases.lights import Light, Reminder, light, reminders
from cases.stage_clocks import Stage, StageClocks
from cases.working_time import WorkingTime

MONDAY = datetime(2026, 6, 1, 9, 0, tzinfo=BEIJING)
NOON = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)


class Deadlines(Protocol):
    """What the workflow asks for."""

    def due_at(self, code: str, condition: int | None, start: datetime, spent_s: float) -> datetime | None: ...

    def spent_s(self, code: str, condition: int | None, start: datetime, end: datetime) -> float: ...


@pytest.fixture(scope="module")
def deadlines() -> CodeDeadlines:
    return CodeSettings().deadlines(ZoneInfo("Asia/Shanghai"))


def test_workflow_can_use_them(deadlines: CodeDeadlines) -> None:
    asked: Deadlines = deadlines

    assert asked.due_at("0406", 1, MONDAY, 0.0) == MONDAY + timedelta(hours=2)
    assert asked.spent_s("0406", 1, MONDAY, MONDAY + timedelta(minutes=30)) == 1800


@pytest.mark.parametrize(
    ("code", "condition", "hours"),
    [
        ("0104", 1, 72),  # 3 work days
        ("0104", 2, 24),
        ("B0101", 1, 2),  # 2 hours around the clock
        ("B0101", 2, 6),  # 4 work hours, over noon
    ],
)
def test_condition_that_the_case_is_bound_to_decides(
    deadlines: CodeDeadlines, code: str, condition: int, hours: int
) -> None:
    assert deadlines.due_at(code, condition, MONDAY, 0.0) == MONDAY + timedelta(hours=hours)


def test_case_that_is_not_bound_yet_has_the_shortest_limit(deadlines: CodeDeadlines) -> None:
    assert deadlines.due_at("0104", None, MONDAY, 0.0) == deadlines.due_at("0104", 2, MONDAY, 0.0)
    assert deadlines.spent_s("0104", None, MONDAY, MONDAY + timedelta(hours=24)) == 8 * 3600


def test_code_without_a_limit_is_never_due_and_counts_all_time() -> None:
    old = CodeDeadlines(bundled_table("cjt214_2007"), WorkingTime())

    assert old.due_at("0107", 1, MONDAY, 0.0) is None
    assert old.due_at("0107", None, MONDAY, 0.0) is None
    assert old.yellow_at("0107", 1, MONDAY, 0.0) is None
    assert old.spent_s("0107", 1, MONDAY, MONDAY + timedelta(days=2)) == 2 * 86400
    assert old.spent_s("0107", 1, MONDAY, MONDAY - timedelta(days=2)) == 0


def test_case_of_an_older_table_has_no_limit_and_can_still_be_handled(deadlines: CodeDeadlines) -> None:
    assert deadlines.due_at("0777", None, MONDAY, 0.0) is None


def test_case_bound_to_a_condition_of_an_older_table_can_still_be_handled(deadlines: CodeDeadlines) -> None:
    assert deadlines.due_at("0104", 4, MONDAY, 0.0) == deadlines.due_at("0104", None, MONDAY, 0.0)
    assert deadlines.spent_s("0104", 4, MONDAY, MONDAY + timedelta(hours=24)) == 8 * 3600


def test_settings_that_name_nothing_say_so() -> None:
    with pytest.raises(CodeTableError, match="no code table 'beijing'"):
        CodeSettings(table="beijing").deadlines(BEIJING)
    with pytest.raises(CalendarError, match="no calendar 'china_1949'"):
        CodeSettings(calendars=("china_1949",)).deadlines(BEIJING)


@pytest.mark.parametrize(
    ("minutes", "shown"), [(-5, "green"), (0, "green"), (47, "green"), (48, "yellow"), (59, "yellow"), (60, "red")]
)
def test_light_turns_yellow_in_the_last_fifth_and_red_at_the_end(minutes: int, shown: str) -> None:
    assert light(NOON + timedelta(minutes=minutes), NOON, NOON + timedelta(hours=1)) is Light(shown)


def test_share_that_is_yellow_can_be_set() -> None:
    due = NOON + timedelta(hours=1)

    assert light(NOON, NOON, due, yellow_ratio=1.0) is Light.YELLOW
    assert light(due - timedelta(seconds=1), NOON, due, yellow_ratio=0.0) is Light.GREEN
    with pytest.raises(ValueError, match="from 0 to 1, not 2"):
        light(NOON, NOON, due, yellow_ratio=2)


def test_yellow_of_a_working_limit_is_counted_in_working_time(deadlines: CodeDeadlines) -> None:
    """A day that begins on Friday at 17:00 ends on Monday at 17:00; its last fifth is 1.6 h, not 14 h."""
    friday, saturday = MONDAY + timedelta(days=4, hours=8), MONDAY + timedelta(days=5)
    due = deadlines.due_at("0201", 1, friday, 0.0)
    yellow_at = deadlines.yellow_at("0201", 1, friday, 0.0)
    assert due is not None

    assert yellow_at == datetime(2026, 6, 8, 15, 24, tzinfo=BEIJING)
    for now, shown in ((saturday, Light.GREEN), (yellow_at, Light.YELLOW), (due, Light.RED)):
        assert light(now, friday, due, yellow_at=yellow_at) is shown


@given(st.lists(st.integers(-60, 200), min_size=1, max_size=30))
def test_each_reminder_is_said_once_whatever_the_clock_does(minutes: list[int]) -> None:
    said: list[Reminder] = []
    for minute in minutes:
        shown = light(NOON + timedelta(minutes=minute), NOON, NOON + timedelta(hours=1))
        said += reminders(shown, frozenset(said))

    assert len(said) == len(set(said))
    assert Reminder.OVERDUE not in said or said[-1] is Reminder.OVERDUE
    assert (Reminder.OVERDUE in said) == any(minute >= 60 for minute in minutes)


@pytest.mark.parametrize(
    ("state", "minutes"), [("filed", 15), ("approved", 15), ("verifying", 30), ("checking", 30), ("handling", None)]
)
def test_stages_around_handling_have_their_clocks(state: str, minutes: int | None) -> None:
    due = NOON + timedelta(minutes=minutes) if minutes else None

    assert CodeSettings().stage_clocks().due_at(state, NOON) == due


def test_stage_clocks_have_their_lengths_and_take_aware_times_only() -> None:
    clocks = StageClocks()

    assert [clocks.length_s(stage) for stage in Stage] == [900, 900, 1800, 1800]
    with pytest.raises(ValueError, match="aware"):
        clocks.due_at("filed", datetime(2026, 6, 1))
