"""Reads the cells of a CSV or XLSX file that anybody may have made, without trusting a byte of it.

Text is all that comes out. What a cell should not hold (a formula, a date, Excel's error) becomes a fault with its row,
so that a reader can tell everything at once; a file that cannot be read at all is an error.

Belongs here: files, encodings, workbooks, merged cells. Does not: what the columns mean (code_rows).
"""

import csv
import io
from dataclasses import dataclass, field, replace
from pathlib import Path

from cases.table_faults import TableFault

MAX_FILE_BYTES = 8 * 2**20
"""The whole table of a city with 500 conditions is a hundredth of that."""

MAX_ROWS = 5000
"""Ten times as many conditions as the largest table at hand."""

MAX_COLUMNS = 64
MAX_CELL_LENGTH = 500
"""Characters; the longest condition at hand has 200."""

HEAD_ROWS = 10
"""Rows at the top that may hold a title, comments or nothing before the headings."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """The cells of one sheet.

    Attributes:
        name: as the workbook says; empty for CSV.
        rows: number (from 1, as Excel shows it) and cells without spaces around them; empty rows are left out.
        faults: what single cells should not hold; the column in them counts from 1 and is no heading yet.
    """

    name: str
    rows: tuple[tuple[int, tuple[str, ...]], ...]
    faults: tuple[tuple[int, TableFault], ...] = ()


@dataclass(slots=True)
class SheetDraft:
    """A sheet while it is read."""

    name: str
    rows: list[tuple[int, tuple[str, ...]]] = field(default_factory=list)
    faults: list[tuple[int, TableFault]] = field(default_factory=list)

    def fault(self, row: int, column: int, said: str, /, **facts: str | int) -> str:
        """Note what is wrong with a cell, and return what stands for its content."""
        self.faults.append((column, TableFault(said, facts, self.name, row)))
        return ""

    def done(self) -> Sheet:
        """Return the sheet."""
        return Sheet(self.name, tuple(self.rows), tuple(self.faults))


class UnreadableFileError(Exception):
    """A file of which no cell can be read; `fault` says why. It does not leave this package."""

    def __init__(self, said: str, /, **facts: str | int) -> None:
        self.fault = TableFault(said, facts)
        super().__init__(said)

    def at(self, sheet: str, row: int) -> "UnreadableFileError":
        """Say where."""
        self.fault = replace(self.fault, sheet=sheet, row=row)
        return self


def read_bytes(path: Path) -> bytes:
    """Return a file's content.

    Raises:
        UnreadableFileError: it is no plain file, too large, or refused.
    """
    try:
        if not path.is_file():
            path.stat()  # says what is wrong where there is nothing at all
            raise UnreadableFileError("not_a_file")
        with path.open("rb") as file:
            content = file.read(MAX_FILE_BYTES + 1)
    except OSError as err:
        raise UnreadableFileError("refused", why=err.strerror or type(err).__name__) from None
    except ValueError as err:  # a NUL in the name
        raise UnreadableFileError("refused", why=str(err)) from None
    if len(content) > MAX_FILE_BYTES:
        raise UnreadableFileError("too_big", limit=MAX_FILE_BYTES // 2**20)
    return content


def csv_sheet(content: bytes) -> Sheet:
    """Return the cells of a CSV file in UTF-8 or GB18030, with commas, semicolons or tabs between.

    Raises:
        UnreadableFileError: it is neither, or no whole CSV.
    """
    text = _decoded(content)
    draft = SheetDraft("")
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text), strict=True)
    number = 0
    try:
        for cells in lines:
            number, first = lines.line_num, number + 1
            if len(draft.rows) >= MAX_ROWS:
                raise UnreadableFileError("too_many_rows", limit=MAX_ROWS)
            if not cells or (first <= HEAD_ROWS and cells[0].startswith("#")):
                continue
            checked = [_checked(draft, first, at, cell) for at, cell in enumerate(cells[:MAX_COLUMNS], 1)]
            if any(checked):
                draft.rows.append((first, tuple(checked)))
    except csv.Error as err:
        raise UnreadableFileError("not_csv", why=str(err)).at("", number + 1) from None
    return draft.done()


def _checked(draft: SheetDraft, row: int, column: int, cell: str) -> str:
    cell = " ".join(cell.split())
    if not cell.isprintable():
        return draft.fault(row, column, "control")
    return draft.fault(row, column, "formula") if cell.startswith("=") else cell


def _decoded(content: bytes) -> str:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:  # UTF-16 and files that are no text often pass for GB18030
            return text
    raise UnreadableFileError("encoding")


def _delimiter(text: str) -> str:
    for line in text.splitlines()[:HEAD_ROWS]:
        if line and not line.startswith(("#", '"#')):
            return max(",;\t", key=line.count)
    return ","
