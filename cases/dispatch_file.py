"""Reads dispatch rules from CSV or TOML, with every mistake and its line.

A CSV file has a header with these columns, in English or Chinese and in any order; only the unit must be there:

    unit,code,grid,area,district,first_day,last_day,weekdays,hours,note
    处置单位,代码,单元网格,责任网格,区划,起始日期,截止日期,星期,时段,备注

A TOML file has an entry `[[rules]]` with the same keys for each. Several weekdays or hours in a CSV cell are divided by
spaces or semicolons.
"""

import csv
import io
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import tzinfo
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, ConfigDict, Field, ValidationError, model_validator

from cases.dispatching import DispatchTable, Rule
from cases.errors import PlaceFileError
from cases.place_problems import At, Slip, Unit, refuse
from cases.schedules import Schedule
from cases.spots import MAX_DISTRICT_LENGTH, MAX_GRID_LENGTH, MAX_UNIT_LENGTH

CHINESE_COLUMNS = {
    "处置单位": "unit",
    "代码": "code",
    "单元网格": "grid",
    "责任网格": "area",
    "区划": "district",
    "起始日期": "first_day",
    "截止日期": "last_day",
    "星期": "weekdays",
    "时段": "hours",
    "备注": "note",
}

MAX_BYTES = 16 * 2**20
"""A hundred thousand rules; a city has some hundreds."""

GridCode = Annotated[str, Field(max_length=MAX_GRID_LENGTH)]


def _checked_code(code: str) -> str:
    if not re.fullmatch(r"[0-9]{2}|[0-9]{4}", code):
        raise ValueError('a code has four digits and a class two, as "0406" and "04"; spreadsheets drop a leading zero')
    return code


ItemCode = Annotated[str, AfterValidator(_checked_code)]
"""A code of the city's table, or the two digits of a class."""


class RuleEntry(Schedule):
    """One rule as it stands in a file."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    unit: str = Field(min_length=1, max_length=MAX_UNIT_LENGTH, description="who is responsible")
    code: ItemCode = Field(default="", description="a code, or the two digits of a class")
    grid: GridCode = Field(default="", description="code of a unit grid")
    area: GridCode = Field(default="", description="code of a responsibility grid")
    district: str = Field(default="", max_length=MAX_DISTRICT_LENGTH, description="code of a district")
    note: str = Field(default="", max_length=500, description="for people")

    @model_validator(mode="after")
    def _names_one_place(self) -> "RuleEntry":
        named = [name for name in ("grid", "area", "district") if getattr(self, name)]
        if len(named) > 1:
            raise ValueError(f"name one place only: {' or '.join(named)}")
        return self

    def rule(self, number: int) -> Rule:
        """Return it as the table uses it."""
        place = next((name for name in ("grid", "area", "district") if getattr(self, name)), "")
        when = Schedule(
            first_day=self.first_day, last_day=self.last_day, weekdays=self.weekdays, hours=tuple(self.hours)
        )
        return Rule(number, self.unit, place, getattr(self, place) if place else "", self.code, when)


@dataclass(frozen=True, slots=True)
class RulesRead:
    """The rules of a file that can be used, and what is wrong with the others."""

    rules: tuple[Rule, ...]
    slips: tuple[Slip, ...]


def read_rules(path: Path) -> RulesRead:
    """Read dispatch rules; a name that ends in `.csv` means CSV, any other TOML.

    Raises:
        PlaceFileError: the file cannot be read at all.
    """
    text = text_of(path)
    is_csv = path.suffix.lower() == ".csv"
    if text is None:
        return RulesRead((), (At(Unit.FILE).slip("no_table", why="neither UTF-8 nor GB 18030"),))
    try:
        rows = list(_csv_rows(text) if is_csv else _toml_entries(text))
    except (csv.Error, ValueError, RecursionError) as err:
        return RulesRead((), (At(Unit.FILE).slip("no_table" if is_csv else "no_toml", why=str(err)),))
    rules: list[Rule] = []
    slips: list[Slip] = []
    for at, raw in rows:
        try:
            rules.append(RuleEntry.model_validate(raw).rule(at.number))
        except ValidationError as err:
            slips += at.slips(err)
    return RulesRead(tuple(rules), tuple(slips))


def load_rules(path: Path, local: tzinfo) -> DispatchTable:
    """Read dispatch rules for the service.

    Raises:
        PlaceFileError: the file cannot be used; the message has a line per mistake.
    """
    read = read_rules(path)
    refuse(path, read.slips)
    return DispatchTable(read.rules, local)


def text_of(path: Path) -> str | None:
    """Return a file's text, in UTF-8 or as Chinese spreadsheets write it; None where it is neither.

    Raises:
        PlaceFileError: the file cannot be read, or is far too large.
    """
    try:
        if path.stat().st_size > MAX_BYTES:
            raise PlaceFileError(f"{path} is larger than {MAX_BYTES // 2**20} MiB")
        raw = path.read_bytes()
    except OSError as err:
        raise PlaceFileError(f"{path} cannot be read: {err.strerror}") from None
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return None


def _csv_rows(text: str) -> Iterator[tuple[At, dict[str, Any]]]:
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    header: list[str] = []
    for cells in reader:
        values = [cell.strip() for cell in cells]
        if not any(values) or values[0].startswith("#"):
            continue
        if not header:
            header = [CHINESE_COLUMNS.get(name, name) for name in values]
            _check_header(header)
            continue
        extra = {"": "more cells than the header"} if len(values) > len(header) else {}
        row = {name: value for name, value in zip(header, values, strict=False) if value}
        yield At(Unit.ROW, reader.line_num, row.get("unit", "")[:40]), _with_lists(row) | extra


def _check_header(header: list[str]) -> None:
    doubled = {name for name in header if header.count(name) > 1}
    if doubled or "unit" not in header:
        raise ValueError(f"the header must name unit (处置单位), and each column once: {', '.join(header)[:200]}")


def _with_lists(row: Mapping[str, str]) -> dict[str, Any]:
    listed = {name: re.split(r"[\s;；、]+", row[name]) for name in ("weekdays", "hours") if name in row}
    return {**row, **listed}


def _toml_entries(text: str) -> Iterator[tuple[At, dict[str, Any]]]:
    content = tomllib.loads(text)
    entries = content.get("rules")
    if not isinstance(entries, list) or len(content) != 1:
        raise ValueError("it should hold entries [[rules]] and nothing else")
    for number, raw in enumerate(entries, start=1):
        entry = raw if isinstance(raw, dict) else {}
        yield At(Unit.ENTRY, number, str(entry.get("unit", ""))[:40]), entry
