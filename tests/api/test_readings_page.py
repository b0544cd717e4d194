"""What was read, in a real browser: numbers with their cases, plates for who may see them, and A4 in words."""

import pytest

pytest.importorskip("playwright.sync_api", reason="playwright is not installed: pip install -e .[dev]")

from playwright.sync_api import Page, expect

from cases.readings import Reading, ReadingKind, Readings, text_reading
from tests.api.browser import LIMIT_MS, Visit
from tests.api.fake_system import FakeSystem

pytestmark = pytest.mark.e2e
expect.set_options(timeout=LIMIT_MS)

NUMBER = Reading(ReadingKind.MOBILE, "13812345678", "13812345678", 0.97)
PLATE = Reading(ReadingKind.PLATE, "晋M12345", "晋M12345", 0.6)


def opened(visit: Visit, path: str) -> Page:
    visitor = visit("li")
    visitor.page.goto(f"{visitor.address}/{path}")
    return visitor.page


def test_case_shows_what_was_read_how_surely_and_where_else(visit: Visit, system: FakeSystem) -> None:
    case, other = system.raise_case("gate-1"), system.raise_case("gate-1")
    kept = Readings(system.cases.database)
    kept.note(case.case_id, (NUMBER, PLATE, text_reading("专业疏通下水道", 0.95)))
    kept.note(other.case_id, (NUMBER,))
    page = opened(visit, f"#/cases/{case.case_id}")

    section = page.locator(".readings")
    expect(section.locator("[data-reading=mobile] strong")).to_have_text("13812345678")
    expect(section.locator("[data-reading=mobile] a")).to_have_text(other.number)
    expect(section.locator("[data-reading=plate] strong")).to_have_text("疑似 晋M12345（不确定）")
    expect(section).to_contain_text("专业疏通下水道")


def test_zone_page_says_whether_a4_is_seen_once_the_surface_has_a_size(visit: Visit, system: FakeSystem) -> None:
    page = opened(visit, "#/zones/gate-1")
    page.wait_for_selector("#zone-kind")
    page.select_option("#zone-kind", "flyers")
    page.click("#zone-save")
    expect(page.locator(".sheet")).to_have_attribute("data-sight", "unknown")

    page.fill("#rule-surface_width_m", "40")
    page.fill("#rule-surface_height_m", "20")
    page.click("#zone-save")
    expect(page.locator(".sheet")).to_have_attribute("data-sight", "too_small")

    page.fill("#rule-surface_width_m", "1.5")
    page.fill("#rule-surface_height_m", "1")
    page.click("#zone-save")
    expect(page.locator(".sheet")).to_contain_text("看得见 A4 纸")
