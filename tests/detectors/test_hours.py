"""Hours in force: times, days of the week, dates; all in the local time that the span names."""

from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import ValidationError

from detectors.hours import Hours, in_force

MONDAY, SATURDAY, SUNDAY = "2026-11-23", "2026-11-28", "2026-11-29"


def local(day: str, clock: str) -> datetime:
    """A moment by the wall clock in China."""
    return datetime.fromisoformat(f"{day}T{clock}:00+08:00").astimezone(UTC)


def span(begin: str = "07:00", end: str = "20:00", **more: Any) -> Hours:
    return Hours.model_validate({"begin": begin, "end": end, **more})


def test_span_without_days_holds_on_every_day() -> None:
    assert all(span().contain(local(day, "08:00")) for day in (MONDAY, SATURDAY, SUNDAY))
    assert not span().contain(local(MONDAY, "06:59"))


def test_span_holds_on_its_days_of_the_week_only() -> None:
    workdays = span(days=[1, 2, 3, 4, 5])
    assert [workdays.contain(local(day, "08:00")) for day in (MONDAY, SATURDAY, SUNDAY)] == [True, False, False]


def test_holiday_is_left_out_and_an_exchanged_workday_is_added() -> None:
    workdays = span(days=[1, 2, 3, 4, 5], off_dates=[MONDAY], on_dates=[SATURDAY])
    assert [workdays.contain(local(day, "08:00")) for day in (MONDAY, SATURDAY, SUNDAY)] == [False, True, False]


def test_dates_without_days_of_the_week_are_the_only_ones() -> None:
    festival = span(on_dates=[SUNDAY])
    assert [festival.contain(local(day, "08:00")) for day in (MONDAY, SATURDAY, SUNDAY)] == [False, False, True]


def test_night_belongs_to_the_day_on_which_it_begins() -> None:
    night = span("22:00", "06:00", days=[6])
    assert night.contain(local(SATURDAY, "23:00"))
    assert night.contain(local(SUNDAY, "05:00"))
    assert not night.contain(local(SATURDAY, "05:00"))
    assert not night.contain(local(SUNDAY, "23:00"))


def test_day_is_that_of_the_local_clock_not_of_utc() -> None:
    assert span("00:00", "02:00", days=[1]).contain(local(MONDAY, "01:00"))  # Sunday still in UTC


def test_several_spans_are_in_force_where_any_is() -> None:
    spans = [span("07:00", "09:00", days=[1]), span("17:00", "19:00")]
    assert [in_force(spans, local(SUNDAY, clock)) for clock in ("08:00", "18:00")] == [False, True]


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"days": [0]}, "greater than or equal to 1"),
        ({"days": [8]}, "less than or equal to 7"),
        ({"off_dates": ["2026-02-30"]}, "'2026-02-30' is no date; write it as 2026-10-01"),
        ({"on_dates": ["1. Oktober"]}, "is no date"),
    ],
)
def test_what_is_no_day_is_refused(wrong: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        span(**wrong)


def test_span_is_written_and_read_back_as_it_is() -> None:
    kept = span(days=[1, 7], on_dates=[SATURDAY], off_dates=[MONDAY])
    assert Hours.model_validate_json(kept.model_dump_json()) == kept
