"""What the settings file says about codes, calendars, lights and case numbers; section `[codes]`."""

from datetime import tzinfo
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, model_validator

from cases.calendars import DEFAULT_CALENDARS, chosen_calendar
from cases.case_numbers import PREFIX, TEMPLATE, Numbering
from cases.code_files import DEFAULT_TABLE, chosen_table
from cases.deadlines import CodeDeadlines
from cases.lights import YELLOW_RATIO
from cases.stage_clocks import StageClocks
from cases.working_time import DEFAULT_HOURS, WorkingTime, work_hours

HOURS_DESCRIPTION = "local hours in which work limits count; together they are one 工作日"


class CodeSettings(BaseModel):
    """Which table, calendars and numbers a city uses."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    table: str = Field(default=DEFAULT_TABLE, description="a table that comes along, or a CSV or XLSX file")
    calendars: tuple[str, ...] = Field(
        default=DEFAULT_CALENDARS, description="calendars that come along, or TOML files; together they are one"
    )
    work_hours: tuple[tuple[str, str], ...] = Field(default=DEFAULT_HOURS, description=HOURS_DESCRIPTION)
    yellow_ratio: float = Field(default=YELLOW_RATIO, ge=0, le=1, description="last share of a limit that is yellow")
    accept_s: float = Field(default=900.0, gt=0, description="seconds to accept or refuse a reported case")
    dispatch_s: float = Field(default=900.0, gt=0, description="seconds to dispatch a filed case")
    verify_s: float = Field(default=1800.0, gt=0, description="seconds to look before a case is accepted")
    check_s: float = Field(default=1800.0, gt=0, description="seconds to look whether a case was handled")
    number_template: str = Field(default=TEMPLATE, description="how case numbers look")
    number_prefix: str = Field(default=PREFIX, description="what {prefix} stands for")
    former_numbers: tuple[str, ...] = Field(
        default=(), description="earlier templates with their prefix written out, so that gaps are still found"
    )

    @model_validator(mode="after")
    def _fits(self) -> "CodeSettings":
        work_hours(self.work_hours)
        self.numbering()
        return self

    def numbering(self) -> Numbering:
        """Return how case numbers look."""
        return Numbering(self.number_template, self.number_prefix, self.former_numbers)

    def stage_clocks(self) -> StageClocks:
        """Return how long the stages around handling may take."""
        return StageClocks(self.accept_s, self.dispatch_s, self.verify_s, self.check_s)

    def deadlines(self, local: tzinfo) -> CodeDeadlines:
        """Read table and calendars, and return when handling is due in a city of that time zone.

        Raises:
            CodeTableError, CalendarError: one cannot be read; it says what is wrong.
        """
        time = WorkingTime(chosen_calendar(self.calendars), work_hours(self.work_hours), local)
        return CodeDeadlines(chosen_table(self.table), time, self.yellow_ratio)

    def rooted(self, folder: Path) -> "CodeSettings":
        """Return the settings with relative paths counted from `folder`; names of what comes along stay."""
        calendars = tuple(_rooted(each, folder) for each in self.calendars)
        return self.model_copy(update={"table": _rooted(self.table, folder), "calendars": calendars})


def _rooted(name_or_path: str, folder: Path) -> str:
    return str(folder / name_or_path) if any(mark in name_or_path for mark in "/\\.") else name_or_path
