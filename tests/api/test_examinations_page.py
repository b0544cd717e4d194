"""Second opinions on the case desk, in a real browser: what was said, and what is held back."""

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

pytest.importorskip("playwright.sync_api", reason="playwright is not installed: pip install -e .[dev]")

from playwright.sync_api import Page, expect

from cases.deeds import Order
from cases.examining import Examination, Fact, Verdict
from cases.posts import Doer
from cases.records import Case
from cases.states import Action
from tests.api.browser import LIMIT_MS, Visit
from tests.api.fake_system import FakeSystem

pytestmark = pytest.mark.e2e
expect.set_options(timeout=LIMIT_MS)

LIKE_FALSE = Examination(
    "memory",
    Verdict.DOUBTS,
    "like_false",
    0.94,
    took_s=0.03,
    facts=(Fact("case", "SW202611210007"), Fact("called_false_at", "2026-11-21T04:00:00+00:00"), Fact("paint", "0.02")),
)
CONFIRMED = Examination("model", Verdict.CONFIRMS, "found", 0.81, asked="street-large", took_s=0.4)
ANSWERED = Examination(
    "language_model",
    Verdict.UNSURE,
    "cannot_tell",
    0.4,
    "<b>光线太暗</b>",
    "vlm-7b @ https://models",
    3.2,
    (Fact("plate", "皖A12345", 0.9),),
)
FAILED = Examination("language_model", Verdict.FAILED, "unreachable", took_s=20.0)


def examined(system: FakeSystem, *said: Examination) -> Case:
    case = system.raise_case("gate-1")
    for each in said:
        case = system.cases.note_examination(case.case_id, each, datetime.now(UTC))
    return case


def opened(visit: Visit, case: Case, language: str = "zh-CN") -> Page:
    visitor = visit("li", language)
    visitor.page.goto(f"{visitor.address}/#/cases/{case.case_id}")
    expect(visitor.page.locator(".case-head")).to_contain_text(case.number)
    return visitor.page


def photograph(page: Page, name: str) -> None:
    if folder := os.environ.get("STREETWARDEN_PICTURES"):
        page.wait_for_load_state("networkidle")
        page.screenshot(path=Path(folder) / f"{name}.png")


def test_case_that_is_held_back_says_so_and_why(visit: Visit, system: FakeSystem) -> None:
    page = opened(visit, examined(system, LIKE_FALSE, CONFIRMED, ANSWERED))

    section = page.locator(".second-opinions")
    expect(section.locator(".notice")).to_contain_text("请人工判定")
    expect(section.locator(".doubts")).to_contain_text("与此处已判为误报的案件 SW202611210007 是同一物")
    expect(section.locator(".confirms")).to_contain_text("高精度模型 属实 · 在此位置找到同类目标")
    expect(section.locator(".unsure blockquote")).to_have_text("<b>光线太暗</b>")
    expect(section.locator(".unsure .reasons")).to_contain_text("皖A12345 (90%)")
    expect(page.locator(".case-head .badge.held")).to_have_text("存疑暂缓")
    expect(page.locator(".timeline .examine")).to_have_count(3)
    photograph(page, "second_opinion")


def test_failure_is_told_in_english_and_holds_nothing_back(visit: Visit, system: FakeSystem) -> None:
    page = opened(visit, examined(system, FAILED), "en-GB")

    expect(page.locator(".second-opinions .failed")).to_contain_text("It cannot be reached, or does not answer in time")
    expect(page.locator(".badge.held")).to_have_count(0)


def test_list_shows_what_is_held_back_alone_until_somebody_confirms_it(visit: Visit, system: FakeSystem) -> None:
    held = examined(system, LIKE_FALSE)
    examined(system, CONFIRMED)
    visitor = visit("li")
    visitor.page.goto(f"{visitor.address}/#/cases")
    visitor.page.get_by_role("button", name="存疑暂缓", exact=True).click()

    rows = visitor.page.locator(".case-row")
    expect(rows).to_have_count(1)
    expect(rows).to_contain_text(held.number)
    system.decide(held.case_id, Order(Action.CONFIRM), by=Doer("li"))
    expect(rows).to_have_count(0)


def test_case_about_which_nobody_was_asked_has_no_such_section(visit: Visit, system: FakeSystem) -> None:
    page = opened(visit, system.raise_case("gate-1"))
    expect(page.locator(".second-opinions")).to_have_count(0)


def test_case_that_a_reader_doubts_says_why_it_is_held_back(visit: Visit, system: FakeSystem) -> None:
    page = opened(visit, examined(system, Examination("posters", Verdict.DOUBTS, "lawful_notice", asked="reader")))

    expect(page.locator(".second-opinions .held")).to_contain_text("文字识读：合法公告")
    expect(page.locator(".examinations li")).to_have_count(0)
