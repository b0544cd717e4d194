"""Knows which days are worked: Monday to Friday, less the holidays, and the weekend days that make up for them (调休).

Holidays are announced a year at a time, so calendars are files, one for each year or for several; what comes along lies
in `cases/calendar_files`. A year that no file speaks of counts as if it had no holiday; `Calendar.knows` tells.
"""

import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import reduce
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from cases.errors import CalendarError

DEFAULT_CALENDARS = ("china_2026",)

MAX_CALENDAR_BYTES = 2**20
MAX_HOLIDAY_DAYS = 60
"""Longer than any holiday; a wrong year in `last` would close the city for ever."""

LOOK_AHEAD = timedelta(days=45)
"""A limit that is given now can end so far away; the next year's holidays are announced in November."""

_FOLDER = Path(__file__).parent / "calendar_files"
_SATURDAY = 5


@dataclass(frozen=True, slots=True)
class Calendar:
    """Which days are worked.

    Attributes:
        holidays: days off that would be worked by their weekday, and weekend days within a holiday.
        workdays: weekend days that are worked.
        years: those that the files speak of in full.
    """

    holidays: frozenset[date] = frozenset()
    workdays: frozenset[date] = frozenset()
    years: frozenset[int] = frozenset()

    def is_workday(self, day: date) -> bool:
        """Tell whether a day is worked."""
        if day in self.workdays:
            return True
        return day.weekday() < _SATURDAY and day not in self.holidays

    def knows(self, day: date) -> bool:
        """Tell whether a file speaks of the day's year; if none does, its holidays are missing here."""
        return day.year in self.years

    def unknown_years(self, today: date, ahead: timedelta = LOOK_AHEAD) -> tuple[int, ...]:
        """Return the years, of today and some days ahead, that no file speaks of."""
        return tuple(sorted({day.year for day in (today, today + ahead) if not self.knows(day)}))

    def also(self, other: "Calendar") -> "Calendar":
        """Return the calendar that knows what both know."""
        return Calendar(self.holidays | other.holidays, self.workdays | other.workdays, self.years | other.years)


class _Holiday(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    name_zh: str = Field(min_length=1, max_length=80)
    name_en: str = Field(default="", max_length=80)
    first: date
    last: date
    workdays: tuple[date, ...] = ()

    @model_validator(mode="after")
    def _is_in_order(self) -> "_Holiday":
        if not timedelta(0) <= self.last - self.first < timedelta(days=MAX_HOLIDAY_DAYS):
            raise ValueError(f"last ({self.last}) must lie 0 to {MAX_HOLIDAY_DAYS - 1} days after first ({self.first})")
        for day in self.workdays:
            if day.weekday() < _SATURDAY:
                raise ValueError(f"{day} is no weekend day, so it is worked anyway")
        return self

    @property
    def days(self) -> frozenset[date]:
        return frozenset(self.first + timedelta(days=n) for n in range((self.last - self.first).days + 1))


class _CalendarFile(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    name_zh: str = ""
    name_en: str = ""
    source: str = Field(min_length=1, description="where the days were announced")
    years: tuple[int, ...] = Field(min_length=1)
    holidays: tuple[_Holiday, ...]

    @model_validator(mode="after")
    def _days_fit(self) -> "_CalendarFile":
        mistakes = []
        off = [day for holiday in self.holidays for day in holiday.days]
        worked = [day for holiday in self.holidays for day in holiday.workdays]
        mistakes += [f"{day} is in two holidays" for day in sorted({day for day in off if off.count(day) > 1})]
        mistakes += [f"{day} is both off and worked" for day in sorted({*off} & {*worked})]
        mistakes += [f"{day} is in no year of years" for day in off + worked if day.year not in self.years]
        if mistakes:
            raise ValueError("; ".join(mistakes))
        return self


def bundled_calendars() -> tuple[str, ...]:
    """Return the names of the calendars that come along."""
    return tuple(sorted(path.stem for path in _FOLDER.glob("*.toml")))


def chosen_calendar(names_or_paths: Sequence[str] = DEFAULT_CALENDARS) -> Calendar:
    """Read the calendars that the settings choose, as one: names of those that come along, or paths of TOML files.

    Raises:
        CalendarError: one is not there, or not in order.
    """
    return reduce(Calendar.also, (_chosen(each) for each in names_or_paths), Calendar())


def load_calendar(path: Path) -> Calendar:
    """Read a calendar from a TOML file; `cases/calendar_files/china_2026.toml` is the example.

    Raises:
        CalendarError: it cannot be read, or an entry is wrong; it says which.
    """
    try:
        with path.open("rb") as file:
            content = file.read(MAX_CALENDAR_BYTES + 1)
        if len(content) > MAX_CALENDAR_BYTES:
            raise CalendarError(f"calendar {path}: it is larger than {MAX_CALENDAR_BYTES // 2**20} MB")
        read = _CalendarFile.model_validate(tomllib.loads(content.decode("utf-8-sig")))
    except OSError as err:
        raise CalendarError(f"calendar {path}: {err.strerror}") from err
    except ValidationError as err:
        raise CalendarError(f"calendar {path}: {'; '.join(_mistakes(err))}") from None
    except (ValueError, RecursionError) as err:  # not UTF-8, not TOML, or nested without end
        raise CalendarError(f"calendar {path}: {err}") from err
    holidays = frozenset(day for holiday in read.holidays for day in holiday.days)
    workdays = frozenset(day for holiday in read.holidays for day in holiday.workdays)
    return Calendar(holidays, workdays, frozenset(read.years))


def _chosen(name_or_path: str) -> Calendar:
    if any(mark in name_or_path for mark in "/\\."):
        return load_calendar(Path(name_or_path))
    if name_or_path not in bundled_calendars():
        raise CalendarError(
            f"there is no calendar {name_or_path!r}; choose one of {', '.join(bundled_calendars())}, or name a file: "
            "own.toml"
        )
    return load_calendar(_FOLDER / f"{name_or_path}.toml")


def _mistakes(err: ValidationError) -> Iterable[str]:
    for mistake in err.errors(include_url=False):
        yield f"{'.'.join(map(str, mistake['loc']))}: {mistake['msg']}".removeprefix(": ")
