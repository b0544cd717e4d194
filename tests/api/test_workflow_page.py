"""The way of a case in a real browser: each step by a key, what it needs asked for, lists by stage and inbox."""

import pytest

pytest.importorskip("playwright.sync_api", reason="playwright is not installed: pip install -e .[dev]")

from playwright.sync_api import Page, expect

from cases.people import Role
from cases.posts import Post
from cases.records import Case
from cases.states import CaseState
from tests.api.browser import LIMIT_MS, Visit
from tests.api.fake_system import PASSWORDS, FakeSystem

pytestmark = pytest.mark.e2e
expect.set_options(timeout=LIMIT_MS)


def step(page: Page, key: str, badge: str, *, said: str | None = None) -> None:
    """Press a key, answer the dialog that opens, and wait until the case has come so far."""
    page.keyboard.press(key)
    if said is not None:
        page.wait_for_selector("dialog")
        if said:
            page.keyboard.type(said)
        page.keyboard.press("Enter")
    expect(page.locator(".case-head .badge")).to_have_text(badge)


def dispatch(page: Page) -> None:
    step(page, "f", "已上报")
    step(page, "n", "待立案", said="")
    step(page, "n", "待派遣", said="")
    step(page, "n", "已派遣", said="cleaning-2")


def opened(visit: Visit, system: FakeSystem, name: str = "li") -> tuple[Page, Case]:
    case = system.raise_case("gate-1")
    visitor = visit(name)
    visitor.go("cases")
    expect(visitor.page.locator(".case-head")).to_contain_text(case.number)
    return visitor.page, case


def test_case_is_led_to_its_unit_by_keys_alone(visit: Visit, system: FakeSystem) -> None:
    page, case = opened(visit, system)

    dispatch(page)

    assert system.cases.get(case.case_id).handling.unit == "cleaning-2"
    expect(page.locator(".stage-place")).to_have_text("第 3/7 环节：任务派遣")
    expect(page.locator(".case-head .standing")).to_contain_text("单位：cleaning-2")
    expect(page.locator(".timeline")).to_contain_text("处置单位 cleaning-2")
    expect(page.locator(".actions").first).not_to_contain_text("开始处置")  # the unit's, not the centre's


def test_dispatch_without_a_unit_is_not_sent(visit: Visit, system: FakeSystem) -> None:
    page, case = opened(visit, system)
    for key, badge, said in (("f", "已上报", None), ("n", "待立案", ""), ("n", "待派遣", "")):
        step(page, key, badge, said=said)

    page.keyboard.press("n")
    page.wait_for_selector("dialog")
    page.keyboard.press("Enter")

    expect(page.locator("dialog")).to_be_visible()
    assert system.cases.get(case.case_id).state is CaseState.APPROVED


def test_dispatch_offers_the_known_units_and_says_what_is_wrong_with_another(visit: Visit, system: FakeSystem) -> None:
    for name, unit in (("qian", "cleaning-2"), ("sun", "parks-1")):
        system.people.create(name, "department-password", Role.OPERATOR, posts=[Post.DEPARTMENT], unit=unit)
    case = system.raise_case("gate-1")
    visitor = visit("li")
    visitor.go("cases")
    page = visitor.page
    expect(page.locator(".case-head")).to_contain_text(case.number)
    for key, badge, said in (("f", "已上报", None), ("n", "待立案", ""), ("n", "待派遣", "")):
        step(page, key, badge, said=said)

    page.keyboard.press("n")
    expect(page.locator("dialog datalist option")).to_have_count(2)
    page.keyboard.type("cleaning")
    page.keyboard.press("Enter")

    expect(page.get_by_text("没有单位“cleaning”，名称相近的有：cleaning-2")).to_be_visible()
    visitor.complaints.clear()  # of the refusal, which the console tells too
    assert system.cases.get(case.case_id).state is CaseState.APPROVED


def test_complaint_is_noted_and_the_citizens_answer_taken(visit: Visit, system: FakeSystem) -> None:
    page, case = opened(visit, system)
    step(page, "f", "已上报")
    page.locator(".actions .more summary").click()
    page.get_by_role("button", name="登记投诉").click()
    page.get_by_label("投诉来源").select_option("hotline")
    page.fill("#own-reason", "占了盲道")
    page.get_by_role("button", name="确定").click()
    expect(page.locator(".case-head .standing")).to_contain_text("群众投诉（热线）：尚未回访")

    page.locator(".actions .more summary").click()
    page.get_by_role("button", name="回访").click()
    page.get_by_label("回访结果").select_option("mostly")
    page.get_by_role("button", name="确定").click()

    expect(page.locator(".case-head .standing")).to_contain_text("群众投诉（热线）：基本满意")
    expect(page.locator(".timeline")).to_contain_text("投诉来源 热线")
    assert system.cases.get(case.case_id).handling.answer == "mostly"


def test_return_asks_why_and_the_list_shows_where_it_came_back_from(visit: Visit, system: FakeSystem) -> None:
    page, case = opened(visit, system)
    step(page, "f", "已上报")
    step(page, "n", "待立案", said="")

    page.keyboard.press("b")
    page.wait_for_selector("dialog")
    page.keyboard.press("1")

    expect(page.locator(".case-head .standing")).to_contain_text("由“待立案”退回")
    assert system.cases.history(case.case_id)[-1].reason == "not_ours"
    expect(page.locator(".actions").first).not_to_contain_text("受理N")


def test_unit_sees_its_inbox_and_finishes_its_work(visit: Visit, system: FakeSystem) -> None:
    page, case = opened(visit, system)
    dispatch(page)
    password = PASSWORDS["li"]
    system.people.create("qian", password, Role.OPERATOR, posts=[Post.DEPARTMENT, Post.HANDLER], unit="cleaning-2")
    visitor = visit("qian", password=password)
    visitor.go("cases")
    work = visitor.page
    work.get_by_role("button", name="待我办").click()
    expect(work.locator(".case-row")).to_have_count(1)
    expect(work.locator(".case-head")).to_contain_text(case.number)

    step(work, "n", "处置中", said="")
    work.keyboard.press("n")
    work.wait_for_selector("dialog")
    work.keyboard.press("1")
    expect(work.locator(".case-head .badge")).to_have_text("待反馈")
    work.keyboard.press("n")

    expect(work.locator(".case-head .badge")).to_have_text("待核查")
    assert system.cases.get(case.case_id).handling.handler == "qian"


def test_list_is_narrowed_by_the_stage_of_the_chosen_form(visit: Visit, system: FakeSystem) -> None:
    other = system.raise_case("gate-2", age_s=30)
    page, case = opened(visit, system)
    page.get_by_role("button", name="全部", exact=True).click()  # where a case stays in the list whatever is decided
    dispatch(page)

    page.get_by_label("环节划分").select_option("five")
    page.get_by_label("环节", exact=True).select_option(label="3：转办")
    expect(page.locator(".case-row")).to_have_count(1)
    expect(page.locator(".case-row")).to_have_attribute("data-case", case.case_id)
    expect(page.locator(".stage-place")).to_have_text("第 3/5 环节：转办")
    page.get_by_label("环节", exact=True).select_option(label="1：巡查")

    expect(page.locator(".case-row")).to_have_attribute("data-case", other.case_id)
