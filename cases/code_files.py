"""Loads tables of codes: those that come along, and a city's own from CSV or XLSX; writes one out as CSV.

A file is loaded whole or not at all, and everything that is wrong with it is told at once. The tables that come along
lie in `cases/code_tables` and are files of the same form.
"""

import csv
import io
from collections.abc import Iterable, Mapping
from pathlib import Path

from cases.code_rows import COLUMNS, ItemsDraft
from cases.codes import COMPONENT_MARK, Category, CodeItem, CodeTable, Condition
from cases.errors import CodeTableError
from cases.table_cells import Sheet, UnreadableFileError, csv_sheet, read_bytes
from cases.table_faults import TableFault
from cases.wording import Language, Words, printable
from cases.workbooks import xlsx_sheets

DEFAULT_TABLE = "yuncheng_2026"

SHOWN_FAULTS = 100
"""Lines that an error's message has at most; `streetwarden codes check` tells all."""

KIND_NAMES = {
    "vending": ("占道经营", "无照经营游商"),
    "spillover": ("店外经营", "占道经营", "无照经营游商"),
    "parking": ("机动车乱停放", "机动车违停"),
    "flyers": ("非法小广告",),
}
"""Which event a detector's cases open with where a file does not say so: the first of these names that it has."""

_FOLDER = Path(__file__).parent / "code_tables"
_NO_LIMIT = "无"


def bundled_tables() -> tuple[str, ...]:
    """Return the names of the tables that come along."""
    return tuple(sorted(path.stem for path in _FOLDER.glob("*.csv")))


def bundled_table(name: str = DEFAULT_TABLE) -> CodeTable:
    """Read a table that comes along.

    Raises:
        CodeTableError: there is none of that name.
    """
    if name not in bundled_tables():
        raise CodeTableError(
            f"there is no code table {name!r}; choose one of {', '.join(bundled_tables())}, or name a file: own.csv"
        )
    return load_table(_FOLDER / f"{name}.csv")


def chosen_table(name_or_path: str, *, needs_kinds: bool = True) -> CodeTable:
    """Read the table that the settings choose: a name of one that comes along, or the path of a CSV or XLSX file.

    Args:
        name_or_path: a path is what has a dot or a slash in it.
        needs_kinds: see `load_table`.

    Raises:
        CodeTableError: there is none, or it is not in order; it says everything that is wrong.
    """
    is_path = any(mark in name_or_path for mark in "/\\.")
    return load_table(Path(name_or_path), needs_kinds=needs_kinds) if is_path else bundled_table(name_or_path)


def load_table(
    path: Path, *, components: Path | None = None, kinds: Mapping[str, str] | None = None, needs_kinds: bool = True
) -> CodeTable:
    """Read a table from a CSV or XLSX file.

    Args:
        path: the file; rows whose category is said by no column and no sheet's name are events.
        components: a second file, whose rows are components in the same way.
        kinds: items by the kind of event that they open cases for; goes before what the file says.
        needs_kinds: whether each detector must have an item; a service needs that, a look at a table does not.

    Raises:
        CodeTableError: it cannot be read, or rows are wrong; `faults` has every one.
    """
    draft = ItemsDraft()
    for file, category in ((path, Category.EVENT), (components, Category.COMPONENT)):
        if file is not None:
            _take(draft, file, category)
    if not draft.items and not draft.faults:
        draft.faults.append(TableFault("no_rows"))
    found = _kinds(draft, dict(kinds or {}))
    if needs_kinds and not draft.faults:
        draft.faults += [TableFault("kind_missing", {"kind": kind}) for kind in KIND_NAMES if kind not in found]
    if draft.faults:
        raise _refusal(path, draft.faults)
    return CodeTable(path.stem, draft.items, found)


def columns_left_aside(path: Path) -> tuple[str, ...]:
    """Return the headings of a readable file that mean nothing here, so that a person can see a misspelt one."""
    draft = ItemsDraft()
    _take(draft, path, Category.EVENT)
    return tuple(dict.fromkeys(draft.left_aside))


def table_text(table: CodeTable) -> str:
    """Return a table as CSV that `load_table` reads back as it is; a row per condition, in the order of the table."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for item in table.items.values():
        kinds = " ".join(sorted(kind for kind, code in table.kinds.items() if code == item.code))
        for condition in item.conditions:
            writer.writerow(_cells(item, condition, kinds if condition.number == 1 else ""))
    return text.getvalue()


def fault_line(fault: TableFault, language: Language, words: Words) -> str:
    """Return where a mistake is and what it is, in one line."""
    places = (("sheet", fault.sheet), ("row", fault.row), ("column", fault.column))
    where = [words.say("table", key, language, **{key: value}) for key, value in places if value]
    said = words.say("table", fault.said, language, **fault.facts)
    if language == "zh":
        return printable("".join(where) + ("：" if where else "") + said)
    return printable(", ".join(where) + (": " if where else "") + said)


def _take(draft: ItemsDraft, path: Path, category: Category) -> None:
    try:
        sheets = _sheets(path)
    except UnreadableFileError as err:
        draft.faults.append(err.fault)
        return
    for sheet in sheets:
        draft.take(sheet, category)


def _sheets(path: Path) -> Iterable[Sheet]:
    suffix = path.suffix.lower()
    if suffix not in (".csv", ".xlsx"):
        raise UnreadableFileError("suffix", suffix=suffix or path.name)
    content = read_bytes(path)
    return (csv_sheet(content),) if suffix == ".csv" else xlsx_sheets(content)


def _kinds(draft: ItemsDraft, told: dict[str, str]) -> dict[str, str]:
    for kind, code in told.items():
        if code not in draft.items or code.startswith(COMPONENT_MARK):
            draft.faults.append(TableFault("kind_unknown", {"kind": kind, "code": code}))
    found = draft.kinds | told
    by_name = {item.name_zh: item.code for item in draft.items.values() if item.category is Category.EVENT}
    for kind, names in KIND_NAMES.items():
        named = [by_name[name] for name in names if name in by_name]
        if kind not in found and named:
            found[kind] = named[0]
    return found


def _cells(item: CodeItem, condition: Condition, kind: str) -> tuple[str, ...]:
    digits = item.code.removeprefix(COMPONENT_MARK)
    return (
        *(item.category.value, digits[:2], item.class_zh, item.class_en),
        *(digits[2:], item.name_zh, item.name_en),
        *(condition.filing_zh, condition.filing_en, condition.closing_zh, condition.closing_en),
        condition.limit.words if condition.limit else _NO_LIMIT,
        *(condition.unit, condition.department),
        kind,
        "yes" if item.is_local_extension else "",
    )


def _refusal(path: Path, faults: list[TableFault]) -> CodeTableError:
    words = Words.load()
    lines = [fault_line(fault, "en", words) for fault in faults[:SHOWN_FAULTS]]
    more = len(faults) - len(lines)
    lines += [f"and {more} more; streetwarden codes check tells all"] if more else []
    told = lines[0] if len(lines) == 1 else "".join(f"\n  {line}" for line in lines)
    return CodeTableError(f"code table {path}: {told}", faults)
