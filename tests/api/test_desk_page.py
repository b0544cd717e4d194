"""The case desk in a real browser: lights, going on by itself, taking back, pictures side by side, place, codes."""

import os
from datetime import timedelta
from pathlib import Path

import pytest

pytest.importorskip("playwright.sync_api", reason="playwright is not installed: pip install -e .[dev]")

from playwright.sync_api import APIResponse, Browser, Page, Request, Route, expect

from cases.people import Role
from cases.posts import Post
from cases.spots import Kinship, Proposal
from cases.states import CaseState
from tests.api.browser import LIMIT_MS, Visit, Visitor, intercept, until
from tests.api.desk_town import closed_with_a_picture, dispatched, furnish, spotted
from tests.api.fake_system import PASSWORDS, FakeSystem

pytestmark = pytest.mark.e2e
expect.set_options(timeout=LIMIT_MS)


@pytest.fixture
def town(system: FakeSystem) -> FakeSystem:
    furnish(system)
    return system


def photograph(page: Page, name: str) -> None:
    """Keep a picture where somebody asked for pictures to look at."""
    if folder := os.environ.get("STREETWARDEN_PICTURES"):
        page.screenshot(path=Path(folder) / f"{name}.png")


def desk(visit: Visit, *, language: str = "zh-CN") -> Page:
    visitor = visit(language=language)
    visitor.go("cases")
    visitor.page.wait_for_selector(".case-head")
    return visitor.page


def in_filter(page: Page, words: str) -> Page:
    page.locator(".desk-list .segment", has_text=words).click()
    expect(page.locator(".segment[aria-pressed=true]")).to_contain_text(words)
    return page


def number(page: Page) -> str:
    return page.locator(".case-head code").inner_text()


@pytest.mark.parametrize(("language", "late", "soon", "left"), [
    ("zh-CN", "超时", "将超时", "还剩"),
    ("en-GB", "Late", "Due soon", "left"),
])  # fmt: skip
def test_lights_and_reminders_are_shown_with_the_time_left(
    visit: Visit, town: FakeSystem, language: str, late: str, soon: str, left: str
) -> None:
    for name, minutes in (("late", 180), ("soon", 110), ("fresh", 5)):
        dispatched(town, spotted(town, name), timedelta(minutes=minutes))
    spotted(town, "waiting")
    page = desk(visit, language=language)

    expect(page.locator(".reminder.late")).to_have_text("1")
    expect(page.locator(".reminder.soon")).to_have_text("1")
    page.locator(".segment", has=page.locator(".reminder.soon")).click()

    expect(page.locator(".case-row")).to_have_count(1)
    expect(page.locator(".case-row .light")).to_have_class("light yellow")
    expect(page.locator(".case-row .standing")).to_contain_text(left)
    expect(page.locator(".case-head .light")).to_have_class("light yellow")
    page.locator(".segment", has_text=late if language == "zh-CN" else "Late").last.click()
    expect(page.locator(".case-row .light.red")).to_have_count(1)
    page.locator(".segment", has_text="全部" if language == "zh-CN" else "All").click()
    expect(page.locator(".case-row .light")).to_have_count(3)
    photograph(page, f"desk-lights-{language}")


@pytest.mark.parametrize(("language", "said"), [("zh-CN", "还剩工作时间"), ("en-GB", "of working time left")])
def test_limit_in_working_time_is_told_as_working_time(
    visit: Visit, town: FakeSystem, language: str, said: str
) -> None:
    dispatched(town, spotted(town, "e1", code="0201"), timedelta())
    visitor = visit(language=language)
    visitor.go("cases")
    visitor.page.locator(".desk-list .segment", has_text="全部" if language == "zh-CN" else "All").click()

    expect(visitor.page.locator(".case-row .standing")).to_contain_text(said)


def test_desk_goes_on_to_the_next_case_and_one_key_takes_the_decision_back(visit: Visit, system: FakeSystem) -> None:
    cases = [system.raise_case("gate-1", age_s=age) for age in (0, 10, 20)]
    page = desk(visit)
    expect(page.locator(".case-head code")).to_have_text(cases[0].number)
    page.keyboard.press("j")
    expect(page.locator(".case-head code")).to_have_text(cases[1].number)

    page.keyboard.press("x")
    page.wait_for_selector("dialog")
    page.keyboard.press("1")
    expect(page.locator(".case-head code")).to_have_text(cases[2].number)
    assert system.cases.get(cases[1].case_id).state is CaseState.DISMISSED
    page.keyboard.press("z")

    expect(page.locator(".case-head code")).to_have_text(cases[1].number)
    expect(page.locator(".case-head .badge")).to_have_text("已确认")
    assert system.cases.history(cases[1].case_id)[-1].reason == "by_mistake"


def test_desk_goes_on_also_where_the_next_list_is_there_before_the_answer(visit: Visit, system: FakeSystem) -> None:
    following = system.raise_case("gate-1", age_s=10)
    system.raise_case("gate-1")
    page = desk(visit)
    held: list[tuple[Route, APIResponse]] = []
    intercept(page, "**/actions", lambda route: held.append((route, route.fetch())))

    page.keyboard.press("f")
    expect(page.locator(".case-row")).to_have_count(1)  # by the message that the case was filed
    [(route, answer)] = held
    route.fulfill(response=answer)

    expect(page.locator(".case-head code")).to_have_text(following.number)


def test_what_cannot_be_taken_back_is_said(visit: Visit, system: FakeSystem) -> None:
    case = system.raise_case("gate-1")
    page = desk(visit)
    page.keyboard.press("f")
    expect(page.locator(".case-head .badge")).to_have_text("已上报")

    page.keyboard.press("z")

    expect(page.locator(".toast.bad")).to_have_text(f"{case.number}：“上报”不能撤销")
    page.keyboard.press("z")
    expect(page.locator(".toast").last).to_have_text("没有可撤销的操作")


def test_pictures_of_the_next_case_are_there_before_it_is(visit: Visit, system: FakeSystem) -> None:
    following = system.raise_case("gate-1", age_s=10)
    system.raise_case("gate-1")
    visitor = visit()
    page = visitor.page
    asked: list[str] = []

    def note(request: Request) -> None:
        if f"/{following.case_id}/files/" in request.url:
            asked.append(request.url)

    page.on("request", note)
    with page.expect_response(lambda answer: f"/{following.case_id}/files/1/marked.jpg" in answer.url):
        visitor.go("cases")
    until(page, "() => performance.getEntriesByType('resource').length > 0")
    before = sorted(asked)

    page.keyboard.press("j")
    expect(page.locator(".case-head code")).to_have_text(following.number)
    until(page, "() => [...document.querySelectorAll('.evidence img')].every((image) => image.naturalWidth > 0)")

    assert len(before) == 4
    assert sorted(asked) == before


@pytest.mark.parametrize("leave", ["#/zones", "#/wall"])
def test_pictures_that_nobody_looks_at_any_more_are_not_waited_for(
    visit: Visit, system: FakeSystem, leave: str
) -> None:
    case = system.raise_case("gate-1")
    visitor = visit()
    page, picture = visitor.page, f"/{case.case_id}/files/1/marked.jpg"
    intercept(page, "**/files/**", lambda _: None)  # as a copy that takes long to make
    with page.expect_request(lambda request: picture in request.url):
        visitor.go("cases")

    with page.expect_event("requestfailed", lambda request: picture in request.url):
        page.evaluate("(where) => { location.hash = where; }", leave)


@pytest.mark.parametrize("language", ["zh-CN", "en-GB"])
def test_two_panoramas_stand_side_by_side_with_their_times(visit: Visit, town: FakeSystem, language: str) -> None:
    spotted(town, "e1")
    page = desk(visit, language=language)

    page.keyboard.press("s")
    images = page.locator(".compare-frame img")
    expect(images).to_have_count(2)
    # Both at once: what is told of the place comes later, and moves them down.
    measured = "(all) => all.map((image) => image.getBoundingClientRect()).map((box) => [box.width, box.height, box.y])"
    left, right = images.evaluate_all(measured)
    assert left == right
    times = [text.split(" · ")[1] for text in page.locator(".compare-panes option:checked").all_inner_texts()]
    assert times[0] < times[1]
    photograph(page, f"desk-beside-{language}")

    page.keyboard.press("s")
    expect(page.locator(".evidence figure")).to_have_count(4)


def test_pictures_side_by_side_are_zoomed_and_moved_together(visit: Visit, town: FakeSystem) -> None:
    spotted(town, "e1")
    page = desk(visit)
    page.keyboard.press("s")
    frame = page.locator(".compare-frame").first
    box = frame.bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 4, box["y"] + box["height"] / 4

    page.mouse.move(x, y)
    page.mouse.wheel(0, -120)
    page.mouse.wheel(0, -120)
    page.mouse.down()
    page.mouse.move(x + 20, y + 10)
    page.mouse.up()

    styles = page.locator(".compare-frame img").evaluate_all("(images) => images.map((image) => image.style.transform)")
    assert styles[0] == styles[1]
    assert styles[0].startswith("scale(1.5625) translate(")
    page.keyboard.press("o")
    expect(page.locator(".compare-panes option:checked").last).to_contain_text("标注图")
    frame.dblclick()
    until(page, "() => document.querySelector('.compare-frame img').style.transform.startsWith('scale(1)')")


def test_before_and_after_are_compared_where_a_look_after_handling_is_there(visit: Visit, town: FakeSystem) -> None:
    closed_with_a_picture(town, spotted(town, "e1"))
    page = desk(visit)

    page.keyboard.press("s")

    expect(page.locator(".compare-bar [aria-pressed=true]")).to_have_text("处置前后")
    sources = page.locator(".compare-frame img").evaluate_all("(images) => images.map((image) => image.src)")
    assert ["panorama-2.jpg" in sources[0], "panorama-after.jpg" in sources[1]] == [True, True]


@pytest.mark.parametrize("language", ["zh-CN", "en-GB"])
def test_place_tells_what_was_there_and_merges_what_is_the_same(visit: Visit, town: FakeSystem, language: str) -> None:
    earlier = spotted(town, "e1", age_s=3600)
    dispatched(town, earlier, timedelta())
    proposal = Proposal("盐湖区城管局", Kinship.SAME, earlier.case_id, True, "still_there", 1)
    case = spotted(town, "e2", proposal=proposal)
    page = desk(visit, language=language)

    place = page.locator(".place")
    expect(place).to_contain_text("14080200100000")
    expect(page.locator(".place-notices")).to_contain_text("夜市-001")
    expect(place.locator(".earlier li")).to_have_count(1)
    expect(page.locator(".kin")).to_contain_text("仍在原处" if language == "zh-CN" else "it still stands there")
    photograph(page, f"desk-place-{language}")
    page.locator(".kin button").click()
    page.wait_for_selector("dialog")
    assert page.input_value("#order-into") == earlier.number
    page.keyboard.press("Enter")

    expect(page.locator(".case-head .badge")).to_have_text("已并案" if language == "zh-CN" else "Merged")
    assert town.cases.get(case.case_id).handling.parent_number == earlier.number


@pytest.mark.parametrize(("language", "limit"), [("zh-CN", "处置时限 2紧急工作时"), ("en-GB", "Limit 2 urgent hours")])
def test_condition_is_chosen_by_its_words_and_unit_is_proposed(
    visit: Visit, town: FakeSystem, language: str, limit: str
) -> None:
    case = spotted(town, "e1", east_m=230.0)  # where no permit and no control holds
    page = desk(visit, language=language)
    page.keyboard.press("f")
    until(page, "() => document.querySelector('.case-head .badge.filed')")
    page.keyboard.press("n")
    page.wait_for_selector("#order-condition")
    expect(page.locator(".condition-words")).to_contain_text("时限" if language == "zh-CN" else "limit")
    page.select_option("#order-condition", "1")
    expect(page.locator(".condition-words")).to_contain_text(limit)
    photograph(page, f"desk-condition-{language}")
    page.press("#order-condition", "Enter")
    until(page, "() => document.querySelector('.case-head .badge.accepted')")
    expect(page.locator(".condition")).to_contain_text(limit)
    page.keyboard.press("n")
    page.wait_for_selector("#order-condition")
    assert page.input_value("#order-condition") == "1"
    page.press("#order-condition", "Enter")
    until(page, "() => document.querySelector('.case-head .badge.approved')")
    page.keyboard.press("n")
    page.wait_for_selector("#order-unit")
    assert page.input_value("#order-unit") == "盐湖区城管局"
    page.keyboard.press("Enter")
    until(page, "() => document.querySelector('.case-head .badge.dispatched')")

    handling = town.cases.get(case.case_id).handling
    assert (handling.condition, handling.unit) == (1, "盐湖区城管局")


def test_filing_that_is_held_asks_for_the_reason(browser: Browser, address: str, town: FakeSystem) -> None:
    case = spotted(town, "e1")  # where a permit holds
    visitor = Visitor(browser, address)  # the refused request shows in the console
    visitor.sign_in("li", PASSWORDS["li"])
    visitor.go("cases")
    page = visitor.page
    page.wait_for_selector(".case-head")

    page.keyboard.press("f")
    page.wait_for_selector("dialog")
    expect(page.locator("dialog .notice")).to_contain_text("夜市-001")
    photograph(page, "desk-held")
    page.keyboard.type("值班长口头批准")
    page.keyboard.press("Enter")

    expect(page.locator(".case-head .badge")).to_have_text("已上报")
    assert town.cases.history(case.case_id)[-1].reason == "值班长口头批准"
    visitor.context.close()


@pytest.mark.parametrize("language", ["zh-CN", "en-GB"])
def test_board_tells_units_with_what_is_late(visit: Visit, town: FakeSystem, language: str) -> None:
    dispatched(town, spotted(town, "late"), timedelta(hours=3))
    spotted(town, "waiting")
    page = desk(visit, language=language)

    page.get_by_role("button", name="案件看板" if language == "zh-CN" else "Board").click()

    expect(page.locator(".board tbody tr").first).to_contain_text("盐湖区城管局")
    expect(page.locator(".board td.late").first).to_have_text("1")
    photograph(page, f"desk-board-{language}")
    page.locator(".case-row").first.click()
    expect(page.locator(".case-head")).to_be_visible()


def test_viewer_sees_the_place_and_cannot_merge(visit: Visit, town: FakeSystem) -> None:
    earlier = spotted(town, "e1", age_s=3600)
    spotted(town, "e2", proposal=Proposal("", Kinship.SAME, earlier.case_id, False, "came_back", 1))
    visitor = visit("wang")
    visitor.go("cases")

    expect(visitor.page.locator(".kin")).to_contain_text("离开后又回来")
    expect(visitor.page.locator(".kin button")).to_have_count(0)


def test_dispatcher_is_not_offered_what_is_not_his_work(visit: Visit, town: FakeSystem) -> None:
    earlier = spotted(town, "e1", age_s=3600)
    spotted(town, "e2", proposal=Proposal("", Kinship.SAME, earlier.case_id, False, "came_back", 1))
    town.people.create("sun", PASSWORDS["li"], Role.OPERATOR, posts=[Post.DISPATCHER])
    visitor = visit("sun", password=PASSWORDS["li"])
    visitor.go("cases")

    expect(visitor.page.locator(".kin")).to_be_visible()
    expect(visitor.page.locator(".kin button")).to_have_count(0)
