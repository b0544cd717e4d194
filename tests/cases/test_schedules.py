"""Schedules: days, weekdays and hours in local time, also past midnight."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from cases.schedules import ALWAYS, Schedule

LOCAL = ZoneInfo("Asia/Shanghai")


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=LOCAL)


def test_nothing_said_means_always() -> None:
    assert ALWAYS.holds(datetime(2026, 1, 1, tzinfo=UTC), LOCAL)


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        ("2026-07-31T23:59", False),
        ("2026-08-01T00:00", True),
        ("2026-08-31T23:59", True),
        ("2026-09-01T00:00", False),
    ],
)
def test_first_and_last_day_are_included_in_local_time(moment: str, expected: bool) -> None:
    august = Schedule(first_day=date(2026, 8, 1), last_day=date(2026, 8, 31))

    assert august.holds(at(moment).astimezone(UTC), LOCAL) is expected


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        ("2026-08-07T17:59", False),
        ("2026-08-07T18:00", True),  # Friday
        ("2026-08-08T01:59", True),  # the night of Friday
        ("2026-08-08T02:00", False),
        ("2026-08-07T01:00", False),  # the night of Thursday
    ],
)
def test_night_belongs_to_the_day_on_which_it_began(moment: str, expected: bool) -> None:
    friday_night = Schedule.model_validate({"weekdays": [5], "hours": ["18:00-02:00"]})

    assert friday_night.holds(at(moment), LOCAL) is expected


@pytest.mark.parametrize(
    "raw",
    [
        {"hours": ["25:00-26:00"]},
        {"hours": ["8-9"]},
        {"hours": ["08:00-08:00"]},
        {"weekdays": [0]},
        {"weekdays": [8]},
        {"first_day": "2026-08-02", "last_day": "2026-08-01"},
        {"from": "2026-08-02"},
    ],
)
def test_impossible_schedule_is_refused(raw: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Schedule.model_validate(raw)


WEEKLY = st.builds(
    lambda weekdays, hours: Schedule.model_validate(
        {
            "weekdays": sorted(weekdays),
            "hours": [f"{begin:02}:00-{end:02}:00" for begin, end in hours if begin != end],
        }
    ),
    st.sets(st.integers(1, 7), max_size=3),
    st.lists(st.tuples(st.integers(0, 23), st.integers(0, 23)), max_size=2),
)


@given(WEEKLY, WEEKLY)
def test_covering_and_meeting_agree_with_every_half_hour_of_a_week(a: Schedule, b: Schedule) -> None:
    moments = [datetime(2026, 8, 3, tzinfo=LOCAL) + timedelta(minutes=30 * i) for i in range(7 * 48)]
    held = [(a.holds(moment, LOCAL), b.holds(moment, LOCAL)) for moment in moments]

    assert a.covers(b) is all(by_a or not by_b for by_a, by_b in held)
    assert a.meets(b) is any(by_a and by_b for by_a, by_b in held)


@pytest.mark.parametrize(
    ("first", "last", "covers", "meets"),
    [(1, 31, True, True), (5, 20, False, True), (11, 31, False, False), (None, 10, True, True), (5, None, False, True)],
)
def test_days_count_for_covering_and_meeting(first: int | None, last: int | None, covers: bool, meets: bool) -> None:
    def august(day: int | None) -> date | None:
        return date(2026, 8, day) if day else None

    early = Schedule(first_day=august(3), last_day=august(10))
    other = Schedule(first_day=august(first), last_day=august(last))

    assert (other.covers(early), other.meets(early)) == (covers, meets)


def test_schedules_that_share_no_minute_do_not_meet() -> None:
    day = Schedule.model_validate({"hours": ["08:00-18:00"]})
    night = Schedule.model_validate({"hours": ["18:00-08:00"]})

    assert not day.meets(night)
    assert ALWAYS.covers(day)
    assert not day.covers(ALWAYS)
