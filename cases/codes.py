"""Reads a city's table of codes: which item a detector's event is, what it is called, and how long handling may take.

Two numberings are in use side by side, and every city has limits of its own, so the table is a file. The ones that come
along lie in `cases/code_tables`; any file of the same form can take their place.
"""

import re
import tomllib
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from cases.errors import CodeTableError, UnknownCodeError

DEFAULT_TABLE = "yuncheng_2026"

_FOLDER = Path(__file__).parent / "code_tables"
_LIMIT = re.compile(r"(\d+)(紧急工作时|紧急工作日|自然日|工作时|小时|工作日|天)")


class LimitUnit(StrEnum):
    """How the time of a limit is counted."""

    URGENT_HOUR = "urgent_hour"  # continuous hours
    WORK_HOUR = "work_hour"  # hours within working time
    WORK_DAY = "work_day"  # working days of eight such hours
    NATURAL_DAY = "natural_day"  # continuous days


_UNITS = {
    "紧急工作时": LimitUnit.URGENT_HOUR,
    "工作时": LimitUnit.WORK_HOUR,
    "小时": LimitUnit.WORK_HOUR,
    "工作日": LimitUnit.WORK_DAY,
    "天": LimitUnit.WORK_DAY,
    "紧急工作日": LimitUnit.NATURAL_DAY,
    "自然日": LimitUnit.NATURAL_DAY,
}


@dataclass(frozen=True, slots=True)
class CodeItem:
    """One item of a table.

    Attributes:
        code: class and item, two digits each.
        name_zh, name_en: what it is called.
        limit: the handling limit in the table's own words.
        limit_count, limit_unit: the same for computing.
        is_local_extension: whether the city added it to the table.
    """

    code: str
    name_zh: str
    name_en: str
    limit: str
    limit_count: int
    limit_unit: LimitUnit
    is_local_extension: bool

    def name(self, language: str) -> str:
        """Return the name in `zh` or, for anything else, in English."""
        return self.name_zh if language == "zh" else self.name_en


@dataclass(frozen=True, slots=True)
class CodeTable:
    """A city's items, by code, and the item that each kind of event opens a case with."""

    name: str
    name_zh: str
    name_en: str
    items: dict[str, CodeItem]
    kinds: dict[str, str]

    def for_kind(self, kind: str) -> CodeItem:
        """Return the item that an event of this kind opens a case with.

        Raises:
            UnknownCodeError: the table names none for it.
        """
        if kind not in self.kinds:
            raise UnknownCodeError(f"code table {self.name} has no item for events of kind {kind!r}; add it to [kinds]")
        return self.item(self.kinds[kind])

    def item(self, code: str) -> CodeItem:
        """Return the item of a code.

        Raises:
            UnknownCodeError: the table has no such code.
        """
        if code not in self.items:
            raise UnknownCodeError(f"code table {self.name} has no item {code!r}")
        return self.items[code]


class _ItemEntry(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    name_zh: str = Field(min_length=1)
    name_en: str = Field(min_length=1)
    limit: str
    local_extension: bool = False


class _TableFile(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(min_length=1)
    name_zh: str
    name_en: str
    kinds: dict[str, str]
    items: dict[str, _ItemEntry]


def bundled_tables() -> tuple[str, ...]:
    """Return the names of the tables that come along."""
    return tuple(sorted(path.stem for path in _FOLDER.glob("*.toml")))


def bundled_table(name: str = DEFAULT_TABLE) -> CodeTable:
    """Read a table that comes along.

    Raises:
        CodeTableError: there is none of that name.
    """
    if name not in bundled_tables():
        raise CodeTableError(f"there is no code table {name!r}; choose one of {', '.join(bundled_tables())}")
    return load_table(_FOLDER / f"{name}.toml")


def load_table(path: Path) -> CodeTable:
    """Read a table from a TOML file.

    Raises:
        CodeTableError: the file cannot be read, or an entry is wrong; it says which.
    """
    try:
        content = _TableFile.model_validate(tomllib.loads(path.read_text("utf-8")))
    except OSError as err:
        raise CodeTableError(f"code table {path}: {err.strerror}") from err
    except ValidationError as err:
        first = err.errors(include_url=False)[0]
        raise CodeTableError(f"code table {path}: {'.'.join(map(str, first['loc']))}: {first['msg']}") from None
    except (ValueError, RecursionError) as err:  # not UTF-8, not TOML, or nested without end
        raise CodeTableError(f"code table {path}: {err}") from err
    items = {code: _item(path, code, entry) for code, entry in content.items.items()}
    for kind, code in content.kinds.items():
        if code not in items:
            raise CodeTableError(f"code table {path}: kinds.{kind} names item {code!r}, which the table does not have")
    return CodeTable(content.name, content.name_zh, content.name_en, items, content.kinds)


def _item(path: Path, code: str, entry: _ItemEntry) -> CodeItem:
    limit = _LIMIT.fullmatch(entry.limit)
    if not re.fullmatch(r"\d{4}", code) or limit is None:
        raise CodeTableError(
            f"code table {path}: items.{code}: a code has four digits, and a limit is a number with one of "
            f"{', '.join(_UNITS)}, not {entry.limit!r}"
        )
    return CodeItem(
        code, entry.name_zh, entry.name_en, entry.limit, int(limit[1]), _UNITS[limit[2]], entry.local_extension
    )
