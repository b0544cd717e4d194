"""Working time: worked examples of each kind of limit, and what must hold for all of them."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.calendars import Calendar, chosen_calendar
from cases.case_numbers import BEIJING
from cases.limits import Limit, read_limit
from cases.working_time import DEFAULT_HOURS, WorkHours, WorkingTime, work_hours

CITY = WorkingTime(chosen_calendar())
BERLIN = WorkingTime(Calendar(), work_hours((("00:00", "04:00"), ("20:00", "24:00"))), ZoneInfo("Europe/Berlin"))
ZONES = {"city": CITY, "berlin": BERLIN}


def limit(text: str) -> Limit:
    found = read_limit(text)
    assert found is not None
    return found


def at(text: str) -> datetime:
    """Return a moment of Beijing, given as `2026-06-01 09:00`."""
    return datetime.fromisoformat(text).replace(tzinfo=BEIJING)


@pytest.mark.parametrize(
    ("start", "words", "due"),
    [
        # Monday 1 June 2026 is an ordinary workday.
        ("2026-06-01 09:00", "2紧急工作时", "2026-06-01 11:00"),
        ("2026-06-05 23:00", "2紧急工作时", "2026-06-06 01:00"),
        ("2026-06-01 09:00", "2小时", "2026-06-01 11:00"),
        ("2026-06-01 10:00", "2小时", "2026-06-01 12:00"),  # at the end of the morning, not at 14:00
        ("2026-06-01 11:00", "2小时", "2026-06-01 15:00"),
        ("2026-06-01 13:00", "2小时", "2026-06-01 16:00"),
        ("2026-06-01 17:00", "4小时", "2026-06-02 11:00"),
        ("2026-06-05 17:00", "2小时", "2026-06-08 09:00"),  # Friday to Monday
        ("2026-06-06 10:00", "2小时", "2026-06-08 10:00"),  # from a Saturday
        ("2026-06-01 09:00", "1天", "2026-06-02 09:00"),
        ("2026-06-01 08:00", "1天", "2026-06-01 18:00"),
        ("2026-06-01 07:00", "1天", "2026-06-01 18:00"),
        ("2026-06-01 18:00", "1天", "2026-06-02 18:00"),
        ("2026-06-01 09:00", "5天", "2026-06-08 09:00"),
        ("2026-06-05 20:00", "2紧急工作日", "2026-06-07 20:00"),
        ("2026-06-05 20:00", "1自然日", "2026-06-06 20:00"),
        # National Day: off 1 to 7 October; Sunday 20 September and Saturday 10 October are worked.
        ("2026-09-30 17:00", "2小时", "2026-10-08 09:00"),
        ("2026-10-09 17:00", "2小时", "2026-10-10 09:00"),
        ("2026-09-19 12:00", "1天", "2026-09-20 18:00"),
        ("2026-09-30 09:00", "2紧急工作时", "2026-09-30 11:00"),
        ("2026-10-01 09:00", "1紧急工作日", "2026-10-02 09:00"),
        # Spring Festival: Saturday 14 February is worked, 15 to 23 are off.
        ("2026-02-13 09:00", "3天", "2026-02-25 09:00"),
        ("2026-12-31 17:00", "1天", "2027-01-01 17:00"),  # no file speaks of 2027 yet: New Year counts as a Friday
        ("2026-06-01 09:00", "0.5天", "2026-06-01 15:00"),
    ],
)
def test_limit_is_due_when_the_rules_say(start: str, words: str, due: str) -> None:
    assert CITY.due_at(at(start), limit(words)) == at(due)
    assert CITY.spent_s(at(start), at(due), limit(words)) == CITY.length_s(limit(words))


def test_time_that_was_spent_before_a_pause_is_not_given_again() -> None:
    spent = CITY.spent_s(at("2026-06-01 09:00"), at("2026-06-01 15:00"), limit("1天"))

    assert spent == 4 * 3600
    assert CITY.due_at(at("2026-06-05 16:00"), limit("1天"), spent) == at("2026-06-08 10:00")


def test_nothing_left_is_due_at_once() -> None:
    for spent in (2 * 3600.0, 1e9):
        assert CITY.due_at(at("2026-06-06 10:00"), limit("2小时"), spent) == at("2026-06-06 10:00")


@pytest.mark.parametrize("words", ["2紧急工作时", "2小时", "1天", "1自然日"])
def test_clock_that_was_set_back_spends_nothing(words: str) -> None:
    assert CITY.spent_s(at("2026-06-01 10:00"), at("2026-06-01 09:00"), limit(words)) == 0


def test_working_day_of_a_city_is_as_long_as_its_hours() -> None:
    summer = WorkingTime(Calendar(), work_hours((("08:30", "12:00"), ("15:00", "18:00"))))

    assert summer.length_s(limit("1天")) == 6.5 * 3600
    assert summer.due_at(at("2026-06-01 08:30"), limit("1天")) == at("2026-06-01 18:00")
    assert summer.due_at(at("2026-06-01 11:00"), limit("2小时")) == at("2026-06-01 16:00")


def test_hours_are_wall_time_where_a_day_has_23_hours() -> None:
    """In Berlin clocks jump from 02:00 to 03:00 on Sunday 29 March 2026; it is made a workday here."""
    berlin = WorkingTime(
        Calendar(workdays=frozenset({date(2026, 3, 29)})), work_hours((("00:00", "04:00"),)), ZoneInfo("Europe/Berlin")
    )
    start = datetime(2026, 3, 28, 23, 0, tzinfo=UTC)  # local midnight

    assert berlin.spent_s(start, start + timedelta(hours=23), limit("9小时")) == 3 * 3600


def test_hour_that_comes_twice_counts_twice() -> None:
    """In Berlin 02:00 to 03:00 comes twice on 25 October 2026; both times are told in that zone."""
    zone = ZoneInfo("Europe/Berlin")
    start, end = datetime(2026, 10, 25, 1, 30, tzinfo=zone), datetime(2026, 10, 25, 3, 30, tzinfo=zone)

    assert BERLIN.spent_s(start, end, limit("5紧急工作时")) == 3 * 3600
    assert BERLIN.due_at(start, limit("3紧急工作时")) == end


@pytest.mark.parametrize(
    "pairs", [(), (("12:00", "08:00"),), (("08:00", "12:00"), ("11:00", "13:00")), (("9", "12:00"),)]
)
def test_hours_out_of_order_are_refused(pairs: tuple[tuple[str, str], ...]) -> None:
    with pytest.raises(ValueError, match="08:00"):
        work_hours(pairs)


def test_naive_times_are_refused() -> None:
    with pytest.raises(ValueError, match="aware"):
        CITY.due_at(datetime(2026, 6, 1), limit("1天"))
    with pytest.raises(ValueError, match="aware"):
        CITY.spent_s(at("2026-06-01 09:00"), datetime(2026, 6, 1), limit("1天"))


MOMENTS = st.datetimes(datetime(2025, 12, 1), datetime(2027, 2, 1)).map(lambda naive: naive.replace(tzinfo=UTC))
LIMITS = st.builds(
    lambda count, unit: limit(f"{count}{unit}"),
    st.sampled_from(["0.25", "0.5", "1", "2", "4", "7", "15"]),
    st.sampled_from(["紧急工作时", "小时", "天", "紧急工作日"]),
)
CITIES = st.sampled_from(sorted(ZONES)).map(lambda name: ZONES[name])


@given(CITIES, MOMENTS, LIMITS)
def test_what_is_spent_until_it_is_due_is_the_limit(city: WorkingTime, start: datetime, length: Limit) -> None:
    due = city.due_at(start, length)

    assert city.spent_s(start, due, length) == pytest.approx(city.length_s(length), abs=1e-6)
    assert city.spent_s(start, due - timedelta(microseconds=1), length) < city.length_s(length)  # the earliest moment


@given(CITIES, st.lists(MOMENTS, min_size=3, max_size=3), LIMITS)
def test_time_adds_up_over_any_moment_between(city: WorkingTime, moments: list[datetime], length: Limit) -> None:
    first, between, last = sorted(moments)
    parts = city.spent_s(first, between, length) + city.spent_s(between, last, length)

    assert parts == pytest.approx(city.spent_s(first, last, length), abs=1e-6)


@given(CITIES, MOMENTS, MOMENTS, LIMITS)
def test_starting_later_is_never_due_earlier(city: WorkingTime, one: datetime, other: datetime, length: Limit) -> None:
    earlier, later = sorted((one, other))

    assert city.due_at(earlier, length) <= city.due_at(later, length)
    assert 0 <= city.spent_s(earlier, later, length) <= (later - earlier).total_seconds()


@given(CITIES, MOMENTS, LIMITS, st.floats(0, 1), st.timedeltas(timedelta(0), timedelta(days=30)))
def test_pause_moves_the_end_by_what_was_left(
    city: WorkingTime, start: datetime, length: Limit, share: float, pause: timedelta
) -> None:
    """A case that is paused on its way and goes on later spends the limit in all, no more and no less."""
    paused = start + share * (city.due_at(start, length) - start)
    spent = city.spent_s(start, paused, length)
    resumed = paused + pause
    due = city.due_at(resumed, length, spent)

    assert spent + city.spent_s(resumed, due, length) == pytest.approx(city.length_s(length), abs=1e-5)
    assert due >= city.due_at(start, length)


def test_default_hours_are_eight() -> None:
    assert isinstance(CITY.hours, WorkHours)
    assert work_hours(DEFAULT_HOURS).day == timedelta(hours=8)
