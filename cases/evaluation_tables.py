"""Writes an evaluation as CSV and as XLSX, in Chinese or English.

A name from outside never becomes a formula of a spreadsheet: CSV puts an apostrophe before what would be one, as
spreadsheets do; XLSX says of each text that it is one.

Source of the guard: OWASP, CSV Injection.
"""

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from typing import NamedTuple

from openpyxl import Workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE, Cell, MergedCell
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter

from cases.evaluation import Evaluation, GroupEvaluation
from cases.grouping import NOT_ASSIGNED, By
from cases.indicators import Indicator, rounded
from cases.statistic_keys import StatisticKey
from cases.wording import Language, Words

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")
"""What a spreadsheet takes for the beginning of a formula."""

BOM = "\N{ZERO WIDTH NO-BREAK SPACE}"
"""Without it, Excel reads a CSV in the machine's old code page, and Chinese becomes noise."""

POINTS_ONLY = (Indicator.SUPERVISION, Indicator.INITIATIVE)
WIDE = 24
NARROW = 13


class Kind(StrEnum):
    """What stands in a column, with the number format of XLSX."""

    TEXT = "@"
    COUNT = "0"
    POINTS = "0.00"
    SHARE = "0.00%"


Value = str | int | Decimal | None


class Column(NamedTuple):
    """One column."""

    head: str
    kind: Kind


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table ready to be written."""

    columns: tuple[Column, ...]
    rows: tuple[tuple[Value, ...], ...]


def sheet_of(evaluation: Evaluation, words: Words, language: Language) -> Sheet:
    """Return the table of an evaluation: a row for each group and one for all; shares are fractions of 1."""

    def say(key: str, **facts: str) -> str:
        return words.say("evaluation", key, language, **facts)

    columns = [Column(say(evaluation.question.by), Kind.TEXT), Column(say("score"), Kind.POINTS)]
    columns.append(Column(say("grade"), Kind.TEXT))
    for indicator in Indicator:
        if indicator not in POINTS_ONLY:
            columns.append(Column(say(indicator), Kind.SHARE))
        columns.append(Column(say("points_of", name=say(indicator)), Kind.POINTS))
    columns += [Column(say("smart_rate"), Kind.SHARE), Column(say("warning_success"), Kind.SHARE)]
    columns.append(Column(say("baseline"), Kind.POINTS))
    columns += [Column(words.say("statistic", key, language), Kind.COUNT) for key in StatisticKey]
    names = [group_name(each.group, evaluation.question.by, words, language) for each in evaluation.groups]
    named = [*zip(names, evaluation.groups, strict=True), (say("total"), evaluation.total)]
    return Sheet(tuple(columns), tuple(tuple(_row(name, each, words, language)) for name, each in named))


def group_name(group: str, by: By, words: Words, language: Language) -> str:
    """Return what a group is called: a post with its name in words."""
    if group == NOT_ASSIGNED:
        return words.say("evaluation", "not_assigned", language)
    if by is not By.POST:
        return group
    post, _, name = group.partition(":")
    return f"{words.say('post', post, language)} {name}"


def as_csv(sheet: Sheet) -> bytes:
    """Return a table as CSV (RFC 4180, UTF-8 with a byte order mark); shares in percent with two decimals."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(_plain(column.head) for column in sheet.columns)
    for row in sheet.rows:
        writer.writerow(_csv_cell(value, column.kind) for value, column in zip(row, sheet.columns, strict=True))
    return (BOM + text.getvalue()).encode("utf-8")


def as_xlsx(sheet: Sheet, title: str, notes: Sequence[tuple[str, str]]) -> bytes:
    """Return a table as XLSX with real numbers, and a second page of notes (name, text).

    Args:
        sheet: the table.
        title: of the first page, at most 31 characters.
        notes: what a reader must know: days, moment, definitions.
    """
    book = Workbook()
    book.remove(book.worksheets[0])
    page, about = book.create_sheet(title), book.create_sheet("notes")
    page.freeze_panes = "B2"
    for place, column in enumerate(sheet.columns, start=1):
        page.column_dimensions[get_column_letter(place)].width = WIDE if column.kind is Kind.TEXT else NARROW
        _write(page.cell(1, place), column.head, Kind.TEXT, is_head=True)
        for line, row in enumerate(sheet.rows, start=2):
            _write(page.cell(line, place), row[place - 1], column.kind)
    about.column_dimensions["A"].width, about.column_dimensions["B"].width = WIDE, 5 * WIDE
    for line, (name, text) in enumerate(notes, start=1):
        _write(about.cell(line, 1), name, Kind.TEXT, is_head=True)
        _write(about.cell(line, 2), text, Kind.TEXT)
    raw = io.BytesIO()
    book.save(raw)
    return raw.getvalue()


def notes_of(evaluation: Evaluation, words: Words, language: Language) -> list[tuple[str, str]]:
    """Return what must stand beside the table: which days, which moment, whose inputs, and what each number means."""

    def say(key: str, **facts: str | int) -> str:
        return words.say("evaluation", key, language, **facts)

    question = evaluation.question
    local = question.as_of.astimezone(question.period.zone)
    return [
        (say("period"), f"{question.period.first} – {question.period.last}"),
        (say("as_of"), f"{local:%Y-%m-%d %H:%M:%S %z}"),
        (say("inputs"), evaluation.inputs_sha256 or say("no_inputs")),
        (say("standing"), say("provisional", count=evaluation.still_open) if evaluation.still_open else say("final")),
        (say("formula"), say("formula_text")),
        (say("empty"), say("empty_text")),
        (say("grade"), say("grade_text")),
    ]


def _row(name: str, each: GroupEvaluation, words: Words, language: Language) -> Iterator[Value]:
    marks = each.marks
    yield name
    yield marks.score if marks else None
    yield words.say("evaluation", marks.grade, language) if marks else None
    for place, indicator in enumerate(Indicator):
        mark = marks.marks[place] if marks else None
        if indicator not in POINTS_ONLY:
            yield _share(mark.rate if mark else None)
        yield rounded(mark.points) if mark else None
    yield _share(each.smart_rate)
    yield _share(each.warning_success)
    yield None if each.counts.baseline is None else rounded(each.counts.baseline)
    yield from (each.count(key) for key in StatisticKey)


def _share(rate: Fraction | None) -> Decimal | None:
    return None if rate is None else rounded(rate, 4)


def _plain(text: str) -> str:
    return "'" + text if text.startswith(FORMULA_STARTS) else text


def _csv_cell(value: Value, kind: Kind) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return _plain(value)
    return f"{value * 100:.2f}" if kind is Kind.SHARE else str(value)


def _write(cell: Cell | MergedCell, value: Value, kind: Kind, *, is_head: bool = False) -> None:
    if isinstance(value, str):
        cell.value = ILLEGAL_CHARACTERS_RE.sub("\N{REPLACEMENT CHARACTER}", value)
        cell.data_type = "s"  # openpyxl would take "=..." for a formula
        cell.alignment = Alignment(wrap_text=True, vertical="top")
    elif value is not None:
        cell.value = float(value)
        cell.number_format = kind.value
    if is_head:
        cell.font = Font(bold=True)
