"""Calendars: the year that comes along, and a city's own."""

from datetime import date, timedelta
from pathlib import Path

import pytest

from cases.calendars import Calendar, bundled_calendars, chosen_calendar, load_calendar
from cases.errors import CalendarError

GOOD = """
source = "notice of the city"
years = [2027]
[[holidays]]
name_zh = "假"
first = 2027-01-01
last = 2027-01-03
workdays = [2027-01-09]
"""


def days_of_2026() -> list[date]:
    return [date(2026, 1, 1) + timedelta(days=n) for n in range(365)]


def test_holidays_and_exchanged_workdays_of_2026_are_those_announced() -> None:
    calendar = chosen_calendar()
    weekdays_off = [d for d in days_of_2026() if d.weekday() < 5 and not calendar.is_workday(d)]
    weekends_worked = [d for d in days_of_2026() if d.weekday() >= 5 and calendar.is_workday(d)]

    assert f"{len(weekdays_off)} {len(weekends_worked)}" == "19 6"
    assert [f"{d:%m-%d}" for d in weekends_worked] == ["01-04", "02-14", "02-28", "05-09", "09-20", "10-10"]
    assert [f"{d:%m-%d}" for d in weekdays_off if d.month == 2] == [
        *("02-16", "02-17", "02-18", "02-19", "02-20", "02-23"),
    ]
    assert not calendar.is_workday(date(2026, 10, 7))
    assert calendar.is_workday(date(2026, 10, 8))


def test_year_that_no_file_speaks_of_is_told_apart() -> None:
    calendar = chosen_calendar()

    assert calendar.knows(date(2026, 12, 31))
    assert not calendar.knows(date(2027, 1, 1))
    assert calendar.is_workday(date(2027, 1, 1))
    assert calendar.unknown_years(date(2026, 11, 1)) == ()
    assert calendar.unknown_years(date(2026, 12, 1)) == (2027,)
    assert Calendar().unknown_years(date(2026, 12, 1)) == (2026, 2027)


def test_own_year_is_added_to_those_that_come_along(tmp_path: Path) -> None:
    (tmp_path / "2027.toml").write_text(GOOD, "utf-8")
    calendar = chosen_calendar(("china_2026", str(tmp_path / "2027.toml")))

    assert not calendar.is_workday(date(2027, 1, 1))
    assert calendar.is_workday(date(2027, 1, 9))
    assert not calendar.is_workday(date(2026, 10, 1))
    assert calendar.years == {2026, 2027}


def test_no_calendar_is_monday_to_friday() -> None:
    assert [d for d in range(1, 8) if Calendar().is_workday(date(2026, 6, d))] == [1, 2, 3, 4, 5]


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("last = 2027-01-03", "last = 2026-12-31", r"holidays\.0: .*must lie 0 to 59 days after"),
        ("last = 2027-01-03", "last = 2028-01-03", r"holidays\.0: .*must lie 0 to 59 days after"),
        ("2027-01-09", "2027-01-04", "2027-01-04 is no weekend day"),
        ("2027-01-09", "2027-01-02", "2027-01-02 is both off and worked"),
        ("years = [2027]", "years = [2026]", "2027-01-01 is in no year of years"),
        ('source = "notice of the city"', "", "source: Field required"),
        ("first = 2027-01-01", 'first = "soon"', r"holidays\.0\.first"),
        ("[[holidays]]", "[[holidays]", "calendar"),
        (
            "years = [2027]",
            'years = [2027]\n[[holidays]]\nname_zh = "又"\nfirst = 2027-01-03\nlast = 2027-01-03',
            "2027-01-03 is in two holidays",
        ),
    ],
)
def test_broken_calendar_names_file_and_entry(tmp_path: Path, old: str, new: str, words: str) -> None:
    path = tmp_path / "own.toml"
    path.write_text(GOOD.replace(old, new), "utf-8")

    with pytest.raises(CalendarError, match=words) as caught:
        load_calendar(path)

    assert str(path) in str(caught.value)


def test_missing_and_unknown_calendars_are_named(tmp_path: Path) -> None:
    assert bundled_calendars() == ("china_2026",)
    with pytest.raises(CalendarError, match="No such file"):
        chosen_calendar((str(tmp_path / "gone.toml"),))
    with pytest.raises(CalendarError, match="choose one of china_2026"):
        chosen_calendar(("china_2025",))
