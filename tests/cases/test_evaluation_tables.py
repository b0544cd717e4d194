"""Evaluations as CSV and XLSX: the numbers, both languages, and names that would like to be formulas."""

import csv
import io
import tomllib
from datetime import date
from fractions import Fraction

import pytest
from openpyxl import load_workbook

from cases.case_facts import POSTS
from cases.case_numbers import BEIJING
from cases.evaluation import Evaluation, Question, evaluate
from cases.evaluation_inputs import EvaluationInputs
from cases.evaluation_tables import FORMULA_STARTS, as_csv, as_xlsx, group_name, notes_of, sheet_of
from cases.grouping import By
from cases.indicators import Grade, Indicator
from cases.periods import Period
from cases.statistic_keys import StatisticKey
from cases.wording import WORDS_FILE, Language, Words
from tests.cases.courses import at, earlier, quick

WORDS = Words.load()


def evaluation(*units: str) -> Evaluation:
    facts = [quick(f"A{place}", unit, "11-02").facts() for place, unit in enumerate(units)]
    facts += earlier(units[0], m08=3, m09=3, m10=3)
    question = Question(Period(date(2026, 11, 1), date(2026, 11, 30), BEIJING), By.UNIT, at("12-05 00:00"))
    return evaluate(facts, question, EvaluationInputs(bonuses={"A0": Fraction("0.5")}))


def csv_rows(made: Evaluation, language: Language = "zh") -> list[dict[str, str]]:
    text = as_csv(sheet_of(made, WORDS, language)).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_csv_holds_every_figure_of_a_group_and_of_all() -> None:
    first, total = csv_rows(evaluation("一中队"))

    assert first["处置单位"] == "一中队"
    assert (first["综合得分"], first["等次"]) == ("110.50", "优秀")
    assert (first["发案率"], first["发案率得分"], first["基准值"]) == ("33.33", "25.00", "3.00")
    assert (first["处置率"], first["主动处理加分得分"], first["接收案卷数"]) == ("100.00", "0.50", "1")
    assert first["群众满意率"] == ""
    assert total["处置单位"] == "合计"


def test_csv_begins_with_the_mark_by_which_excel_knows_utf_8() -> None:
    assert as_csv(sheet_of(evaluation("一中队"), WORDS, "zh")).startswith(b"\xef\xbb\xbf")


def test_english_table_has_english_heads() -> None:
    assert csv_rows(evaluation("Unit 1"), "en")[0]["grade"] == "excellent"


@pytest.mark.parametrize("language", ["zh", "en"])
def test_no_two_columns_have_the_same_head(language: Language) -> None:
    heads = [column.head for column in sheet_of(evaluation("一中队"), WORDS, language).columns]

    assert len(heads) == len(set(heads))


@pytest.mark.parametrize("start", FORMULA_STARTS)
def test_name_that_would_be_a_formula_is_text_in_both_forms(start: str) -> None:
    name = f"{start}HYPERLINK(1)"
    made = evaluation(name)
    sheet = sheet_of(made, WORDS, "zh")

    assert csv_rows(made)[0]["处置单位"] == f"'{name}"
    page = load_workbook(io.BytesIO(as_xlsx(sheet, "t", notes_of(made, WORDS, "zh")))).worksheets[0]
    assert page["A2"].data_type == "s"


def test_name_with_commas_quotes_and_lines_comes_back_whole() -> None:
    assert csv_rows(evaluation('a,"b"\nc'))[0]["处置单位"] == 'a,"b"\nc'


def test_xlsx_holds_numbers_that_can_be_reckoned_with() -> None:
    made = evaluation("一中队", "二\x01中队")
    sheet = sheet_of(made, WORDS, "zh")

    book = load_workbook(io.BytesIO(as_xlsx(sheet, "评价", notes_of(made, WORDS, "zh"))))

    page, notes = book.worksheets
    heads = [cell.value for cell in page[1]]
    row = {str(head): cell for head, cell in zip(heads, page[2], strict=True)}
    assert (row["综合得分"].value, row["处置率"].value, row["处置率"].number_format) == (110.5, 1, "0.00%")
    assert page["A3"].value == "二\N{REPLACEMENT CHARACTER}中队"
    assert {str(cell[0].value): cell[1].value for cell in notes.iter_rows()}["状态"] == "全部结案"


def test_post_is_named_in_words() -> None:
    assert group_name("acceptor:王敏", By.POST, WORDS, "zh") == "受理员 王敏"
    assert group_name("", By.UNIT, WORDS, "en") == "assigned to nobody"


def test_every_value_has_words() -> None:
    table = tomllib.loads(WORDS_FILE.read_text("utf-8"))

    assert table["statistic"].keys() == set(StatisticKey)
    assert {*Indicator, *Grade, *By} <= table["evaluation"].keys()
    assert set(POSTS.values()) <= table["post"].keys()
