"""The page on which labels are corrected, in a real browser against a real server."""

import errno
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

pytest.importorskip("playwright.sync_api", reason="playwright is not installed: pip install -e .[dev]")

from playwright.sync_api import Browser, Page, expect

from api.app import create_app
from datasets.corrections import Delete
from datasets.label_desk import Edit, LabelDesk
from datasets.label_sets import LabelSets
from datasets.sheets import Sheet, SheetBox, read_sheet
from tests.api.browser import LIMIT_MS, Held, Visit, Visitor, intercept, until
from tests.api.fake_system import PASSWORDS, FakeSystem
from tests.api.serving import served
from tests.api.test_page import CUT_OFF
from tests.cases.failing_disk import FailingDisk
from tests.datasets.label_folders import BUS, CAR, NOON, PERSON, REGION, WIDE, put_set

pytestmark = pytest.mark.e2e
expect.set_options(timeout=LIMIT_MS)

Point = tuple[float, float]


@pytest.fixture
def folder(system: FakeSystem) -> Path:
    return put_set(system.settings.labels_folder)


def sheet_of(folder: Path, picture: str = "a") -> Sheet:
    return read_sheet(folder / "sheets" / f"{picture}.json")


def opened(visitor: Visitor, picture: str = "a") -> Page:
    """Open a picture by its address and wait until it is shown."""
    page = visitor.page
    page.goto(f"{visitor.address}/#/labels/gate/{picture}")
    wait_for(page, picture)
    return page


def wait_for(page: Page, picture: str) -> None:
    expect(page.locator(".label-bar h1")).to_have_text(picture)
    until(page, "document.querySelector('.label-stage img')?.naturalWidth > 0")


def standing(page: Page, count: int) -> None:
    expect(page.locator('.label-box[data-key^="b"]')).to_have_count(count)


def on_screen(page: Page, point: Point) -> Point:
    """Where a point of the picture is on the screen."""
    frame = page.locator(".label-stage img").bounding_box()
    assert frame is not None
    return frame["x"] + point[0] * frame["width"] / WIDE[0], frame["y"] + point[1] * frame["height"] / WIDE[1]


def drag(page: Page, begin: Point, end: Point) -> None:
    page.mouse.move(*on_screen(page, begin))
    page.mouse.down()
    page.mouse.move(*on_screen(page, end), steps=5)
    page.mouse.up()


def click(page: Page, point: Point) -> None:
    page.mouse.click(*on_screen(page, point))


def middle(box: Sequence[float]) -> Point:
    return (box[0] + box[2]) / 2, (box[1] + box[3]) / 2


def newest(folder: Path, picture: str = "a") -> SheetBox:
    return sheet_of(folder, picture).boxes[-1]


def test_picture_is_found_and_seen_to_with_the_keyboard_alone(visit: Visit, folder: Path) -> None:
    visitor = visit()
    visitor.go("labels")
    page = visitor.page
    expect(page.locator(".label-set")).to_contain_text("已完成 0/3")
    page.click(".label-set")
    page.click('[data-picture="a"]')
    wait_for(page, "a")
    standing(page, 3)
    page.keyboard.press("ArrowDown")  # the car
    page.keyboard.press("d")
    standing(page, 2)
    page.keyboard.press("7")  # the next one, the person, is a tricycle
    expect(page.locator(".label-about strong")).to_have_text("三轮车")
    page.keyboard.press("Enter")
    expect(page.locator(".label-box.sure")).to_have_count(2)
    page.keyboard.press("r")
    wait_for(page, "b")
    expect(page.locator(".label-bar")).to_contain_text("已完成 1/3")

    sheet = sheet_of(folder)
    assert [(box.state.value, box.class_name) for box in sheet.boxes] == [
        ("deleted", "car"), ("deleted", "person"), ("confirmed", "bus"), ("confirmed", "tricycle"),
    ]  # fmt: skip
    assert {box.by for box in sheet.boxes} == {"li"}
    assert len(sheet.complete) == 11


def test_box_is_drawn_moved_and_resized_with_the_mouse(visit: Visit, folder: Path) -> None:
    page = opened(visit())
    page.keyboard.press("n")
    page.keyboard.press("9")
    expect(page.locator(".label-about")).to_contain_text("摊位")
    drag(page, (20, 40), (80, 120))
    standing(page, 4)
    drawn = newest(folder)
    assert (drawn.class_name, drawn.box) == ("stall", pytest.approx((20, 40, 80, 120), abs=1.5))
    drag(page, (50, 80), (150, 60))
    expect(page.locator('[data-key="b5"]')).to_have_count(1)
    assert newest(folder).box == pytest.approx((120, 20, 180, 100), abs=2.5)
    page.locator(".label-handle.se").hover()
    page.mouse.down()
    page.mouse.move(*on_screen(page, (200, 150)), steps=5)
    page.mouse.up()
    expect(page.locator('[data-key="b6"]')).to_have_count(1)

    assert newest(folder).box == pytest.approx((120, 20, 200, 150), abs=2.5)
    assert [box.state.value for box in sheet_of(folder).boxes[3:]] == ["deleted", "deleted", "confirmed"]


def test_drawing_that_is_given_up_in_the_middle_draws_nothing(visit: Visit, folder: Path) -> None:
    page = opened(visit())
    page.keyboard.press("n")
    page.mouse.move(*on_screen(page, (20, 40)))
    page.mouse.down()
    page.mouse.move(*on_screen(page, (60, 90)), steps=3)
    page.keyboard.press("Escape")
    page.mouse.move(*on_screen(page, (80, 120)), steps=3)
    page.mouse.up()
    page.keyboard.press("Enter")
    expect(page.locator(".label-box.sure")).to_have_count(3)

    assert (len(sheet_of(folder).boxes), sheet_of(folder).ignored) == (3, (REGION,))


def test_box_stays_in_the_picture_however_far_it_is_dragged(visit: Visit, folder: Path) -> None:
    page = opened(visit())
    click(page, middle(CAR))
    drag(page, middle(CAR), (-300, 700))
    expect(page.locator('[data-key="b4"]')).to_have_count(1)

    x1, y1, x2, y2 = newest(folder).box
    assert (x1, y2) == (0, WIDE[1])
    assert (x2 - x1, y2 - y1) == pytest.approx((120, 80), abs=0.2)


def test_boxes_are_drawn_where_they_lie_at_any_zoom(visit: Visit, folder: Path) -> None:
    page = opened(visit())
    page.mouse.move(*on_screen(page, middle(BUS)))
    for _ in range(4):
        page.mouse.wheel(0, -120)
    until(page, "document.querySelector('.label-stage img').clientWidth > 2000")
    drawn = page.locator('[data-key="b3"]').bounding_box()
    assert drawn is not None
    (left, top), (right, bottom) = on_screen(page, BUS[:2]), on_screen(page, BUS[2:])
    assert (drawn["x"], drawn["y"]) == pytest.approx((left, top), abs=2)
    assert (drawn["width"], drawn["height"]) == pytest.approx((right - left, bottom - top), abs=4)
    drag(page, middle(BUS), (middle(BUS)[0] - 40, middle(BUS)[1]))  # nothing is chosen: the picture moves
    assert len(sheet_of(folder).boxes) == 3
    page.keyboard.press("f")
    until(
        page,
        "document.querySelector('.label-stage img').clientWidth <= document.querySelector('.label-stage').clientWidth",
    )


def test_doubtful_ones_are_dashed_and_a_class_can_be_hidden(visit: Visit, folder: Path) -> None:
    page = opened(visit())
    dashes = "key => getComputedStyle(document.querySelector(`[data-key=${key}]`)).strokeDasharray"
    assert [page.evaluate(dashes, key) == "none" for key in ("b1", "b2", "b3", "r0")] == [True, False, False, False]
    page.get_by_role("button", name="隐藏：行人").click()
    standing(page, 2)
    page.keyboard.press("Enter")
    expect(page.locator(".label-box.sure")).to_have_count(2)
    page.keyboard.press("r")
    wait_for(page, "b")

    assert [box.state.value for box in sheet_of(folder).boxes] == ["confirmed", "proposed", "confirmed"]
    assert "person" not in {kind.label for kind in sheet_of(folder).complete}


def test_class_that_is_hidden_is_shown_again_when_a_box_gets_it(visit: Visit, folder: Path) -> None:
    page = opened(visit())
    hide = page.get_by_role("button", name="隐藏：行人")
    hide.click()
    click(page, middle(CAR))
    page.keyboard.press("1")  # is a person
    expect(page.locator('[data-key="b4"]')).to_have_count(1)
    standing(page, 3)
    hide.click()
    standing(page, 1)
    page.keyboard.press("n")
    drag(page, (20, 40), (80, 120))
    expect(page.locator('[data-key="b5"]')).to_have_count(1)
    standing(page, 4)

    assert [box.class_name for box in sheet_of(folder).standing] == ["person", "bus", "person", "person"]


def test_what_was_done_is_taken_back_key_by_key(visit: Visit, folder: Path) -> None:
    page = opened(visit())
    click(page, middle(PERSON))
    page.keyboard.press("Delete")
    standing(page, 2)
    page.keyboard.press("r")
    wait_for(page, "b")
    page.keyboard.press("ArrowLeft")
    wait_for(page, "a")
    expect(page.locator(".label-side .notice.good")).to_contain_text("已完成：li")
    page.keyboard.press("z")
    expect(page.locator(".label-side .notice.good")).to_have_count(0)
    page.keyboard.press("z")
    standing(page, 3)

    assert [box.state.value for box in sheet_of(folder).boxes] == ["proposed"] * 3


def test_region_that_says_nothing_is_drawn_and_cleared(visit: Visit, folder: Path) -> None:
    page = opened(visit())
    click(page, middle(REGION))
    page.keyboard.press("d")
    expect(page.locator(".label-box.region")).to_have_count(0)
    page.keyboard.press("i")
    drag(page, (500, 250), (600, 340))
    expect(page.locator(".label-box.region")).to_have_count(1)

    (region,) = sheet_of(folder).ignored
    assert region == pytest.approx((500, 250, 600, 340), abs=1.5)


def test_state_is_there_after_a_reload(visit: Visit, folder: Path) -> None:
    page = opened(visit())
    click(page, middle(CAR))
    page.keyboard.press("c")
    expect(page.locator(".label-box.sure")).to_have_count(1)
    page.reload()
    wait_for(page, "a")

    expect(page.locator(".label-box.sure")).to_have_attribute("data-key", "b1")


def somebody_deletes_the_bus(system: FakeSystem) -> None:
    desk = LabelDesk(LabelSets(system.settings.labels_folder))
    desk.change("gate", "a", Edit(Delete(ids=(3,)), desk.open("gate", "a").revision, "wang", NOON))


def test_slower_one_sees_what_the_faster_one_did_and_decides_anew(
    browser: Browser, address: str, system: FakeSystem, folder: Path
) -> None:
    visitor = Visitor(browser, address)  # the refused request shows in the console, as it should
    visitor.sign_in("li", PASSWORDS["li"])
    page = opened(visitor)
    somebody_deletes_the_bus(system)
    click(page, middle(CAR))
    page.keyboard.press("d")

    expect(page.locator(".toast.bad")).to_have_text("他人刚改了这张图片，请核对后再操作")
    standing(page, 2)
    assert [box.state.value for box in sheet_of(folder).boxes] == ["proposed", "proposed", "deleted"]
    visitor.context.close()


def test_what_the_slower_one_drew_is_not_lost(browser: Browser, address: str, system: FakeSystem, folder: Path) -> None:
    visitor = Visitor(browser, address)  # the refused request shows in the console, as it should
    visitor.sign_in("li", PASSWORDS["li"])
    page = opened(visitor)
    somebody_deletes_the_bus(system)
    page.keyboard.press("n")
    drag(page, (20, 40), (80, 120))

    expect(page.locator(".toast")).to_contain_text("您画的已加在最新标注上")
    assert [box.state.value for box in sheet_of(folder).boxes] == ["proposed", "proposed", "deleted", "confirmed"]
    visitor.context.close()


def test_what_was_asked_for_before_a_refusal_is_not_done_to_what_nobody_has_looked_at(
    browser: Browser, address: str, system: FakeSystem, folder: Path
) -> None:
    visitor = Visitor(browser, address)  # the refused request shows in the console, as it should
    visitor.sign_in("li", PASSWORDS["li"])
    page = opened(visitor)
    changes = "**/api/labels/gate/pictures/a/changes?*"
    held = Held(page, changes)
    page.keyboard.press("Enter")
    held.wait()
    intercept(page, changes, lambda route: route.continue_())  # only the first is held
    page.keyboard.press("r")
    page.keyboard.press("n")
    drag(page, (20, 40), (80, 120))
    somebody_deletes_the_bus(system)
    held.let_go()
    expect(page.locator(".toast.bad")).to_have_text("他人刚改了这张图片，请核对后再操作")
    expect(page.locator('[data-key="b4"]')).to_have_count(1)  # what was drawn holds on any state

    assert [box.state.value for box in sheet_of(folder).boxes] == ["proposed", "proposed", "deleted", "confirmed"]
    assert not sheet_of(folder).is_reviewed
    visitor.context.close()


def test_keys_that_are_pressed_while_the_next_picture_comes_do_not_reach_it(visit: Visit, folder: Path) -> None:
    page = opened(visit())
    held = Held(page, "**/api/labels/gate/pictures/b?*")
    page.keyboard.press("r")
    held.wait()
    page.keyboard.press("d")
    page.keyboard.press("r")
    page.keyboard.press("Enter")
    held.let_go()
    wait_for(page, "b")
    page.keyboard.press("ArrowLeft")
    wait_for(page, "a")

    assert [box.state.value for box in sheet_of(folder, "b").boxes] == ["proposed"] * 3
    assert not sheet_of(folder, "b").is_reviewed


def test_full_disk_is_said_and_nothing_seems_done(browser: Browser, system: FakeSystem, folder: Path) -> None:
    app = create_app(system)
    full = LabelDesk(LabelSets(folder.parent), disk=FailingDisk(1, errno.ENOSPC))
    app.state.front = replace(app.state.front, labels=full)
    with served(app) as address:
        visitor = Visitor(browser, address)  # the refused request shows in the console, as it should
        visitor.sign_in("li", PASSWORDS["li"])
        page = opened(visitor)
        page.keyboard.press("Enter")
        expect(page.locator(".toast.bad")).to_have_text("标注无法写入，未保存：请检查磁盘空间和权限")
        expect(page.locator(".label-box.sure")).to_have_count(0)
        page.keyboard.press("Enter")
        expect(page.locator(".label-box.sure")).to_have_count(3)
        visitor.context.close()


def test_what_was_drawn_does_not_seem_kept_when_the_server_cannot_be_reached(
    browser: Browser, address: str, folder: Path
) -> None:
    visitor = Visitor(browser, address)  # the failed request shows in the console, as it should
    visitor.sign_in("li", PASSWORDS["li"])
    page = opened(visitor)
    visitor.context.set_offline(True)
    page.keyboard.press("n")
    drag(page, (20, 40), (80, 120))

    expect(page.locator(".toast.bad")).to_have_text("无法连接服务器")
    assert page.locator(".label-box.new").count() == 0
    visitor.context.close()


def test_damaged_sheet_is_named_and_leaves_a_way_back_to_its_set(browser: Browser, address: str, folder: Path) -> None:
    (folder / "sheets" / "a.json").write_text("{")
    visitor = Visitor(browser, address, "en-GB")  # the refused request shows in the console, as it should
    page = visitor.sign_in("li", PASSWORDS["li"])
    page.goto(f"{visitor.address}/#/labels/gate")
    expect(page.locator('[data-picture="a"] .badge')).to_have_text("Damaged")
    page.click('[data-picture="a"]')

    expect(page.locator(".toast.bad")).to_contain_text("The sheet of “a” is damaged and was left alone")
    expect(page.locator(".label-bar h1")).to_have_text("a")
    page.locator(".label-bar a").click()
    expect(page.locator(".label-picture")).to_have_count(3)
    visitor.context.close()


def test_pictures_are_narrowed_by_state_and_class(visit: Visit, folder: Path) -> None:
    page = opened(visit())
    page.keyboard.press("r")
    wait_for(page, "b")
    page.locator(".label-bar a").click()
    expect(page.locator(".label-picture")).to_have_count(2)
    page.get_by_role("button", name="已完成", exact=True).click()
    expect(page.locator(".label-picture")).to_have_count(1)
    expect(page.locator(".label-picture")).to_have_attribute("data-picture", "a")
    page.get_by_role("button", name="全部", exact=True).click()
    expect(page.locator(".label-picture")).to_have_count(3)
    page.select_option(".labels select", "tricycle")
    expect(page.locator(".labels .empty")).to_have_text("没有符合条件的图片")


def test_list_that_comes_after_a_newer_one_is_not_shown(visit: Visit, folder: Path) -> None:
    visitor = visit()
    visitor.go("labels")
    page = visitor.page
    page.click(".label-set")
    held = Held(page, "**/api/labels/gate/pictures?state=reviewed*")
    page.get_by_role("button", name="已完成", exact=True).click()
    held.wait()
    everything = page.get_by_role("button", name="全部", exact=True)
    everything.click()
    expect(everything).to_have_attribute("aria-pressed", "true")
    held.let_go()
    page.evaluate("fetch('/api/labels').then((answer) => answer.json()).then(() => true)")  # comes after it

    assert page.locator(".label-picture").count() == 3


def test_picture_stays_open_when_the_language_is_changed(visit: Visit, folder: Path) -> None:
    page = opened(visit(), "b")
    page.click(".language")
    wait_for(page, "b")
    expect(page.locator(".label-side")).to_contain_text("Nobody has seen to it yet")
    page.keyboard.press("Enter")
    expect(page.locator(".label-box.sure")).to_have_count(3)

    assert [box.state.value for box in sheet_of(folder, "b").boxes] == ["confirmed"] * 3


def test_box_is_drawn_with_a_finger(browser: Browser, address: str, folder: Path) -> None:
    visitor = Visitor(browser, address)
    visitor.context.close()
    visitor.context = browser.new_context(viewport={"width": 1024, "height": 768}, locale="zh-CN", has_touch=True)
    visitor.page = visitor.context.new_page()
    visitor.sign_in("li", PASSWORDS["li"])
    page = opened(visitor)
    page.get_by_role("button", name="画框").tap()
    finger = visitor.context.new_cdp_session(page)
    steps = [on_screen(page, point) for point in ((20, 240), (40, 255), (70, 270), (90, 280))]
    for kind, (x, y) in (("touchStart", steps[0]), *(("touchMove", step) for step in steps[1:])):
        finger.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": x, "y": y}]})
    finger.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    standing(page, 4)

    assert newest(folder).box == pytest.approx((20, 240, 90, 280), abs=2)
    visitor.context.close()


def test_who_only_watches_is_not_offered_labels(visit: Visit, folder: Path) -> None:
    page = visit("wang").page

    expect(page.locator('.bar [data-view="cases"]')).to_have_count(1)
    expect(page.locator('.bar [data-view="labels"]')).to_have_count(0)


def test_page_without_a_set_says_how_one_is_made(visit: Visit) -> None:
    visitor = visit(language="en-GB")
    visitor.go("labels")

    expect(visitor.page.locator(".labels .empty")).to_contain_text(
        "streetwarden data label FILM --config settings.toml"
    )


@pytest.mark.parametrize("language", ["zh-CN", "en-GB"])
@pytest.mark.parametrize("size", [(820, 1180), (1024, 768), (1280, 720), (1920, 1080)])
def test_nothing_is_cut_off_on_any_screen(visit: Visit, folder: Path, size: tuple[int, int], language: str) -> None:
    visitor = visit(language=language)
    page = visitor.page
    page.set_viewport_size({"width": size[0], "height": size[1]})
    visitor.go("labels")
    seen = {}
    for part, sign in (("sets", ".label-set"), ("set", ".label-picture"), ("editor", ".label-box")):
        expect(page.locator(sign).first).to_be_visible()
        seen[part] = page.evaluate(CUT_OFF)
        if part != "editor":
            page.locator(sign).first.click()

    assert seen == {"sets": [], "set": [], "editor": []}
    stage = page.locator(".label-stage").bounding_box()
    assert stage is not None
    assert stage["width"] >= 0.6 * size[0]
    assert stage["height"] >= 240
