"""The evidence bar of a case in a real browser: blurred first, originals with a reason, a lock, a lead."""

import pytest

pytest.importorskip("playwright.sync_api", reason="playwright is not installed: pip install -e .[dev]")

from playwright.sync_api import Page, expect

from cases.states import Action
from tests.api.browser import LIMIT_MS, Visit
from tests.api.fake_system import FakeSystem

pytestmark = pytest.mark.e2e
expect.set_options(timeout=LIMIT_MS)


def opened(visit: Visit, name: str = "li") -> Page:
    visitor = visit(name)
    visitor.go("cases")
    visitor.page.get_by_role("button", name="办理中").click()
    visitor.page.locator(".case-row").first.click()
    return visitor.page


def ask(page: Page, words: str, reason: str) -> None:
    page.get_by_role("button", name=words).click()
    page.fill("#evidence-reason", reason)
    page.press("#evidence-reason", "Enter")


def filed(system: FakeSystem) -> str:
    case = system.raise_case("gate-1")
    system.act(case.case_id, Action.CONFIRM, actor="li", reason="")
    system.act(case.case_id, Action.FILE, actor="li", reason="")
    return case.case_id


def test_filed_case_is_blurred_until_a_reason_is_given(visit: Visit, system: FakeSystem) -> None:
    case_id = filed(system)
    page = opened(visit)
    bar = page.locator(".evidence-bar")
    expect(bar).to_contain_text("已遮挡")

    with page.expect_response(lambda answer: "/files/1/" in answer.url and answer.headers["x-evidence"] == "original"):
        ask(page, "查看原件", "申诉 12")

    expect(bar).to_contain_text("正在显示未遮挡的原件")
    assert system.cases.history(case_id)[-1].reason == "申诉 12"
    expect(page.locator(".timeline")).to_contain_text("查看原件")


def test_lock_is_set_and_lifted_with_a_reason_and_a_lead_is_called_one(visit: Visit, system: FakeSystem) -> None:
    filed(system)
    page = opened(visit)
    bar = page.locator(".evidence-bar")
    expect(bar).to_contain_text("仅作线索")
    expect(bar).to_contain_text("摄像机未登记审核")

    ask(page, "锁定证据", "行政复议")
    expect(bar).to_contain_text("证据由 li 锁定")
    ask(page, "解锁证据", "复议结束")
    expect(page.get_by_role("button", name="锁定证据", exact=True)).to_be_visible()


def test_viewer_is_told_and_offered_nothing(visit: Visit, system: FakeSystem) -> None:
    filed(system)
    bar = opened(visit, "wang").locator(".evidence-bar")

    expect(bar).to_contain_text("已遮挡")
    expect(bar.get_by_role("button")).to_have_count(0)
