"""Workbooks: what Excel writes is read, and what was made to hurt is refused quickly."""

import csv
import io
import zipfile
from collections.abc import Callable
from datetime import date
from pathlib import Path

import openpyxl
import pytest
from openpyxl.worksheet.worksheet import Worksheet

from cases.code_files import bundled_table, fault_line, load_table, table_text
from cases.codes import Category, CodeTable
from cases.errors import CodeTableError
from cases.table_cells import MAX_ROWS
from cases.wording import Words
from cases.workbooks import MAX_UNPACKED_BYTES

HEAD = ("大类代码", "大类名称", "小类代码", "小类名称", "立案条件", "结案条件", "处置时限")
ROWS = (
    ("04", "街面秩序", "06", "占道经营", "占路摆摊", "已取缔", "2紧急工作时"),
    ("04", "街面秩序", "10", "机动车乱停放", "停在人行道", "已驶离", "4小时"),
    ("04", "街面秩序", "10", "机动车乱停放", "停在盲道", "已驶离", "2小时"),
    ("02", "宣传广告", "01", "非法小广告", "张贴小广告", "已清除", "1天"),
)
NOT_TEXT = "is a date or a truth value; format the cell as text and type it again"


def saved(folder: Path, change: Callable[[Worksheet], object] = lambda _: None) -> Path:
    """Save the rows as a workbook, after a change of its sheet."""
    book = openpyxl.Workbook()
    sheet = book.active
    assert isinstance(sheet, Worksheet)
    for row in (HEAD, *ROWS):
        sheet.append(row)
    change(sheet)
    book.save(folder / "own.xlsx")
    return folder / "own.xlsx"


def repacked(path: Path, change: Callable[[str], str]) -> Path:
    """Write the workbook again with its first sheet's XML changed."""
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    sheet = "xl/worksheets/sheet1.xml"
    parts[sheet] = change(parts[sheet].decode()).encode()
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return path


def faults(path: Path) -> list[str]:
    with pytest.raises(CodeTableError) as caught:
        load_table(path)
    return [fault_line(fault, "en", Words.load()) for fault in caught.value.faults]


def test_whole_table_of_2026_is_the_same_from_a_workbook(tmp_path: Path) -> None:
    table = bundled_table()
    book = openpyxl.Workbook()
    for row in csv.reader(table_text(table).splitlines()):
        book.worksheets[0].append(row)
    book.save(tmp_path / "yuncheng_2026.xlsx")

    assert load_table(tmp_path / "yuncheng_2026.xlsx") == table


def test_numbers_that_were_text_and_cells_merged_down_are_understood(tmp_path: Path) -> None:
    def change(sheet: Worksheet) -> None:
        for cell in ("A2", "A3", "A4"):
            sheet[cell] = 4
        sheet["C2"], sheet["C5"] = 6.0, 1
        for column in "ABCD":
            sheet.merge_cells(f"{column}3:{column}4")

    table = load_table(saved(tmp_path, change))

    assert list(table.items) == ["0406", "0410", "0201"]
    assert len(table.item("0410").conditions) == 2


def test_sheets_are_events_and_components_by_their_names(tmp_path: Path) -> None:
    book = openpyxl.load_workbook(saved(tmp_path))
    book.worksheets[0].title = "事件"
    components = book.create_sheet("部件")
    components.append(HEAD)
    components.append(("01", "公用设施", "01", "上水井盖", "缺失", "恢复", "2紧急工作时"))
    hidden = book.create_sheet("下拉列表")
    hidden.append(("是", "否"))
    hidden.sheet_state = "hidden"
    book.create_sheet("空白")
    book.save(tmp_path / "own.xlsx")

    table: CodeTable = load_table(tmp_path / "own.xlsx")

    assert [item.code for item in table.of(Category.COMPONENT)] == ["B0101"]
    assert len(table.of(Category.EVENT)) == 3


def test_what_a_cell_should_not_hold_is_told_with_its_place(tmp_path: Path) -> None:
    def change(sheet: Worksheet) -> None:
        sheet["G2"] = '=CONCAT("1","天")'
        sheet["C3"] = date(2026, 4, 10)
        sheet["F4"] = True
        sheet["E5"] = "#REF!"
        sheet.merge_cells("E3:F3")

    assert sorted(faults(saved(tmp_path, change))) == [
        "sheet 'Sheet', row 2, column '处置时限': holds a formula; paste its value instead",
        f"sheet 'Sheet', row 3, column '小类代码': {NOT_TEXT}",
        "sheet 'Sheet', row 3, column '立案条件': cells E3:F3 are merged across columns; unmerge them",
        "sheet 'Sheet', row 3, column '结案条件': is empty",
        f"sheet 'Sheet', row 4, column '结案条件': {NOT_TEXT}",
        "sheet 'Sheet', row 5, column '立案条件': holds Excel's error #REF!",
    ]


def test_title_merged_over_the_table_is_no_fault(tmp_path: Path) -> None:
    def change(sheet: Worksheet) -> None:
        sheet.insert_rows(1)
        sheet["A1"] = "本市立结案标准"
        sheet.merge_cells("A1:G1")

    assert len(load_table(saved(tmp_path, change)).items) == 3


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("</sheetData>", '<row r="1048576"><c r="XFD1048576"/></row></sheetData>', "has more than 5000 rows"),
        ("</sheetData>", '<row r="999999999"><c r="A999999999"/></row></sheetData>', "has more than 5000 rows"),
        (
            "</sheetData>",
            '</sheetData><mergeCells><mergeCell ref="A1:A1048576"/></mergeCells>',
            "has more than 40000 merged cells",
        ),
        (
            "</sheetData>",
            '</sheetData><mergeCells><mergeCell ref="A2:XFD1048576"/></mergeCells>',
            "cells A2:XFD1048576 are merged across columns",
        ),
        ("<sheetData>", "<sheetData><row", "is no whole .xlsx"),
        ("<worksheet", '<!DOCTYPE x [<!ENTITY a "b">]><worksheet', "is no whole .xlsx"),
    ],
)
def test_sheet_that_was_made_to_hurt_is_refused(tmp_path: Path, old: str, new: str, said: str) -> None:
    path = repacked(saved(tmp_path), lambda xml: xml.replace(old, new, 1))

    assert any(said in line for line in faults(path))


def test_size_that_the_sheet_claims_is_not_believed(tmp_path: Path) -> None:
    path = repacked(saved(tmp_path), lambda xml: xml.replace('ref="A1:G5"', 'ref="A1:XFD1048576"'))

    assert len(load_table(path).items) == 3


def test_zip_that_unpacks_to_too_much_is_not_unpacked(tmp_path: Path) -> None:
    path = saved(tmp_path)
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/padding.xml", b" " * (MAX_UNPACKED_BYTES + 1))

    assert path.stat().st_size < MAX_UNPACKED_BYTES / 100
    assert faults(path) == ["unpacks to more than 8 MB and was not opened"]


def test_sheet_that_is_packed_too_well_for_a_table_is_not_unpacked(tmp_path: Path) -> None:
    path = repacked(saved(tmp_path), lambda xml: xml.replace("</row>", "<c/>" * 200_000 + "</row>", 1))

    [said] = faults(path)
    assert said.startswith("holds xl/worksheets/sheet1.xml, packed more than 100 times smaller")


def test_file_that_is_no_workbook_says_what_it_is(tmp_path: Path) -> None:
    path = tmp_path / "own.xlsx"
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("hello.txt", "hello")
    whole = saved(tmp_path).read_bytes()

    said = []
    for content in (b"", b"PK", packed.getvalue(), whole[:-30], bytes.fromhex("d0cf11e0a1b11ae1") + b"x" * 600):
        path.write_bytes(content)
        said += [line.split(":")[0] for line in faults(path)]

    assert said == ["is no whole .xlsx"] * 4 + ["is an old .xls or has a password; save it as .xlsx without one"]


def test_rows_up_to_the_limit_are_read(tmp_path: Path) -> None:
    def change(sheet: Worksheet) -> None:
        for number in range(MAX_ROWS - len(ROWS) - 1):
            sheet.append(("04", "街面秩序", "06", "占道经营", f"占路 {number}", "已取缔", "1天"))

    assert len(load_table(saved(tmp_path, change)).item("0406").conditions) == MAX_ROWS - len(ROWS)
