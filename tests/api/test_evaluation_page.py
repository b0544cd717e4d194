"""The evaluation board in a real browser: figures, the cases behind them, both languages."""

import os
from pathlib import Path

import pytest

pytest.importorskip("playwright.sync_api", reason="playwright is not installed: pip install -e .[dev]")

from playwright.sync_api import Page, expect

from cases.evaluation_inputs import INPUTS_FILE
from tests.api.browser import LIMIT_MS, Visit, Visitor
from tests.api.fake_system import FakeSystem
from tests.cases.courses import Course, quick, write

pytestmark = pytest.mark.e2e
expect.set_options(timeout=LIMIT_MS)

UNITS = ("城管一中队", "城管二中队", "市政环卫所")


@pytest.fixture
def evaluated(system: FakeSystem) -> FakeSystem:
    """Three units: one does all in time, one is late, one leaves everything."""
    for place in range(4):
        write(system.cases, quick(f"A{place}", UNITS[0], f"11-{place + 2:02d}"))
        day = f"11-{place + 2:02d}"
        late = Course(f"B{place}", f"{day} 09:00").filed(f"{day} 09:10")
        late.dispatched(f"{day} 09:20", UNITS[1], f"{day} 11:20")
        write(system.cases, late.handed_back(f"{day} {10 + place}:30").closed(f"{day} 15:00"))
    for place in range(2):
        left = Course(f"C{place}", "11-10 09:00").filed("11-10 09:10")
        write(system.cases, left.dispatched("11-10 09:20", UNITS[2], "11-10 13:20"))
    return system


def november(visitor: Visitor) -> Page:
    """Open the board and choose November 2026."""
    visitor.go("evaluation")
    page = visitor.page
    page.fill("#evaluation-from", "2026-11-01")
    page.dispatch_event("#evaluation-from", "change")
    page.fill("#evaluation-to", "2026-11-30")
    page.dispatch_event("#evaluation-to", "change")
    expect(page.locator(".evaluation-table tbody tr")).to_have_count(4)
    return page


def photograph(page: Page, name: str) -> None:
    """Keep a picture where somebody asked for pictures to look at."""
    if folder := os.environ.get("STREETWARDEN_PICTURES"):
        page.screenshot(path=Path(folder) / f"{name}.png")


def test_board_ranks_the_units_with_score_grade_and_bars(visit: Visit, evaluated: FakeSystem) -> None:
    page = november(visit())

    names = page.locator(".evaluation-table tbody th")
    expect(names).to_have_text([UNITS[0], UNITS[1], UNITS[2], "合计"])
    expect(page.locator(".evaluation-table .grade").first).to_have_text("优秀")
    expect(page.locator(".score-row")).to_have_count(3)
    expect(page.locator(".score-row").first.locator("rect.handling")).to_have_attribute("width", "15")
    photograph(page, "evaluation-zh")


def test_number_opens_the_cases_behind_it_and_each_leads_to_its_case(visit: Visit, evaluated: FakeSystem) -> None:
    page = november(visit())

    row = page.locator(".evaluation-table tbody tr", has_text=UNITS[1])
    row.locator("[data-indicator=timely_handling] [data-key=on_time_handle]").click()

    expect(page.locator(".dialog h2")).to_have_text(f"{UNITS[1]} · 按时处置数")
    expect(page.locator(".counted tbody tr")).to_have_count(1)
    photograph(page, "evaluation-cases")
    case = evaluated.cases.of_event("B0")
    assert case is not None
    link = page.locator(".counted tbody a")
    expect(link).to_have_text(case.number)
    expect(link).to_have_attribute("href", f"#/cases/{case.case_id}")


def test_board_speaks_english(visit: Visit, evaluated: FakeSystem) -> None:
    page = november(visit(language="en-GB"))

    expect(page.locator(".evaluation-table tbody th").last).to_have_text("All together")
    expect(page.locator(".evaluation h1")).to_have_text("Evaluation")
    photograph(page, "evaluation-en")


def test_posts_are_shown_by_name(visit: Visit, evaluated: FakeSystem) -> None:
    page = november_by_post(visit())

    expect(page.locator(".evaluation-table tbody th", has_text="受理员 wang")).to_have_count(1)
    photograph(page, "evaluation-posts")


def november_by_post(visitor: Visitor) -> Page:
    page = november(visitor)
    page.get_by_role("button", name="岗位", exact=True).click()
    expect(page.locator(".evaluation-table tbody tr")).to_have_count(8)
    return page


def test_table_is_downloaded_as_it_is_shown(visit: Visit, evaluated: FakeSystem) -> None:
    page = november(visit())

    with page.expect_download() as download:
        page.get_by_role("link", name="导出 XLSX 表").click()

    assert download.value.suggested_filename == "evaluation-unit-2026-11-01-2026-11-30.xlsx"


def test_wrong_row_of_the_inputs_is_said_in_the_language_of_the_page(
    evaluated: FakeSystem, browser: object, address: str
) -> None:
    (evaluated.settings.data / INPUTS_FILE).write_text('[[bonus]]\ncase = "A0"\npoints = 9\nreason = "x"\n', "utf-8")
    visitor = Visitor(browser, address)  # type: ignore[arg-type]  # the refused request shows in the console
    visitor.sign_in("li", "operator-password")
    visitor.go("evaluation")

    expect(visitor.page.locator(".evaluation .notice")).to_have_text(
        "评价录入文件 evaluation.toml：主动处理 第 1 行 points：不能大于 2（共 1 处错误）"
    )
    visitor.context.close()


def test_days_without_a_case_say_so(visit: Visit, system: FakeSystem) -> None:
    visitor = visit()
    visitor.go("evaluation")

    expect(visitor.page.locator(".evaluation .empty")).to_have_text("该时段内没有案件")
