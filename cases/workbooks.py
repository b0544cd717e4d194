"""Reads the cells of an XLSX file: as a stream, within limits, and with nothing computed, linked or run.

A workbook is a ZIP of XML, so it may unpack to any size, name cells far away or merge a billion of them. Sizes are
looked at before anything is unpacked, rows are taken one after the other and end at a limit, and XML entities are
refused (defusedxml, which openpyxl uses where it is installed).
"""

import io
import warnings
import zipfile
import zlib
from collections import defaultdict
from collections.abc import Iterator
from datetime import date, time, timedelta
from typing import Protocol, cast
from xml.etree.ElementTree import ParseError

import openpyxl
from defusedxml.ElementTree import iterparse
from openpyxl.utils.cell import range_boundaries

from cases.table_cells import MAX_COLUMNS, MAX_ROWS, Sheet, SheetDraft, UnreadableFileError

MAX_UNPACKED_BYTES = 8 * 2**20
"""Ten times what a city's whole table unpacks to; of nothing but empty cells it makes 600 MB of memory and 17 s."""

MAX_RATIO = 100
"""How much smaller the ZIP may make a file of more than `SMALL_BYTES`; XML of real tables shrinks to a tenth."""

SMALL_BYTES = 2**16

MAX_ENTRIES = 1000
MAX_MERGED_CELLS = MAX_ROWS * 8
"""A table has four columns that are merged down: class and item, code and name."""

_OLE = bytes.fromhex("d0cf11e0a1b11ae1")
"""How an .xls begins, and an .xlsx that has a password (MS-CFB 2.2)."""

_BROKEN = (
    *(zipfile.BadZipFile, zlib.error, ParseError, NotImplementedError, RuntimeError, EOFError, OSError),
    *(ValueError, LookupError, TypeError, AttributeError, ArithmeticError, RecursionError),
)
"""What the ZIP, XML and workbook readers raise on damaged files (tests/test_fuzz_user_files.py met them)."""


class _Streamed(Protocol):
    """What is used of openpyxl's ReadOnlyWorksheet; its type stubs describe another class."""

    title: str
    sheet_state: str
    _worksheet_path: str

    def reset_dimensions(self) -> None: ...

    def iter_rows(self, *, max_row: int, max_col: int) -> Iterator[tuple[object, ...]]: ...


def xlsx_sheets(content: bytes) -> tuple[Sheet, ...]:
    """Return the cells of every visible sheet that holds any.

    Cells that are merged down a column all have its value; cells merged across columns are a fault.

    Raises:
        UnreadableFileError: it is no workbook, unpacks to too much, or has too many rows.
    """
    if content.startswith(_OLE):
        raise UnreadableFileError("old_excel")
    try:
        archive = zipfile.ZipFile(io.BytesIO(content))
        _refuse_bomb(archive.infolist())
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of styles and validations that openpyxl does not know
            book = openpyxl.load_workbook(io.BytesIO(content), read_only=True, keep_links=False)
            sheets = [
                _sheet(archive, sheet)
                for sheet in cast("list[_Streamed]", book.worksheets)
                if sheet.sheet_state == "visible"
            ]
        book.close()
    except _BROKEN as err:
        raise UnreadableFileError("not_xlsx", why=type(err).__name__) from None
    return tuple(sheet for sheet in sheets if sheet.rows or sheet.faults)


def _refuse_bomb(entries: list[zipfile.ZipInfo]) -> None:
    """Look at what the ZIP says of its files; zipfile gives no more bytes than that out."""
    if len(entries) > MAX_ENTRIES or sum(entry.file_size for entry in entries) > MAX_UNPACKED_BYTES:
        raise UnreadableFileError("bomb", limit=MAX_UNPACKED_BYTES // 2**20)
    for entry in entries:
        if entry.file_size > max(SMALL_BYTES, MAX_RATIO * entry.compress_size):
            raise UnreadableFileError("ratio", part=entry.filename[:60], limit=MAX_RATIO)


def _sheet(archive: zipfile.ZipFile, sheet: _Streamed) -> Sheet:
    draft = SheetDraft(sheet.title)
    above = _merged_down(archive, sheet._worksheet_path, draft)  # no public name; rows come without their merges
    last: dict[int, str] = {}
    sheet.reset_dimensions()  # the size that the file claims may be anything
    for row, cells in enumerate(sheet.iter_rows(max_row=MAX_ROWS + 1, max_col=MAX_COLUMNS), 1):
        if row > MAX_ROWS:  # only where the file names a row from here on
            raise UnreadableFileError("too_many_rows", limit=MAX_ROWS).at(sheet.title, row)
        found = [_text(draft, row, column, cell) for column, cell in enumerate(cells, 1)]
        for column in above.get(row, ()):
            found[column - 1] = last.get(column, "")
        last = dict(enumerate(found, 1))
        if any(found):
            draft.rows.append((row, tuple(found)))
    return draft.done()


def _text(draft: SheetDraft, row: int, column: int, cell: object) -> str:
    value, kind = getattr(cell, "value", None), getattr(cell, "data_type", "n")
    if value is None:
        return ""
    if kind == "f" or (isinstance(value, str) and value.lstrip().startswith("=")):
        return draft.fault(row, column, "formula")
    if kind == "e":
        return draft.fault(row, column, "cell_error", value=str(value)[:20])
    if isinstance(value, bool | date | time | timedelta):
        return draft.fault(row, column, "not_text")
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    text = " ".join(str(value).split())
    return text if text.isprintable() else draft.fault(row, column, "control")


def _merged_down(archive: zipfile.ZipFile, path: str, draft: SheetDraft) -> dict[int, set[int]]:
    """Return the columns, by row, in which a cell is one with the cell above it."""
    above: dict[int, set[int]] = defaultdict(set)
    count = 0
    for reference in _merged_ranges(archive, path):
        left, top, right, bottom = range_boundaries(reference)
        if left is None or top is None or bottom is None or left != right:
            draft.fault(top or 1, left or 1, "merged", range=reference[:30])
            bottom = top
        count += 1 + (bottom or 0) - (top or 0)
        if count > MAX_MERGED_CELLS:
            raise UnreadableFileError("too_many_merged", limit=MAX_MERGED_CELLS).at(draft.name, top or 0)
        if left is not None and left <= MAX_COLUMNS:
            for row in range((top or 0) + 1, (bottom or 0) + 1):
                above[row].add(left)
    return above


def _merged_ranges(archive: zipfile.ZipFile, path: str) -> Iterator[str]:
    with archive.open(path.lstrip("/")) as file:
        for _, element in iterparse(file, forbid_dtd=True):
            if element.tag.endswith("}mergeCell"):
                yield element.get("ref", "")
            element.clear()
