"""The page on which zones are drawn, in a real browser against a real server."""

import pytest

pytest.importorskip("playwright.sync_api", reason="playwright is not installed: pip install -e .[dev]")

from playwright.sync_api import Browser, Page, expect

from pipeline.views import ViewOfCamera
from tests.api.browser import LIMIT_MS, Held, Visit, Visitor, intercept, until
from tests.api.fake_system import PARKING_ZONE, PASSWORDS, FakeSystem, jpeg

pytestmark = pytest.mark.e2e
expect.set_options(timeout=LIMIT_MS)


def test_zone_is_drawn_and_saved(visit: Visit, system: FakeSystem) -> None:
    visitor = visit()
    visitor.go("zones")
    page = visitor.page
    until(page, "document.querySelector('.polygon-editor img')?.naturalWidth > 0")
    page.get_by_role("button", name="画新区域").click()
    editor = page.locator(".polygon-editor")
    frame = editor.bounding_box()
    assert frame is not None
    for x, y in ((0.1, 0.6), (0.4, 0.6), (0.4, 0.9), (0.1, 0.9)):
        editor.click(position={"x": x * frame["width"], "y": y * frame["height"]})
    page.keyboard.press("Enter")
    page.fill("#zone-name", "市场口")
    page.select_option("#zone-kind", "vending")
    page.fill("#rule-limit_s", "45")
    page.click("#zone-save")
    expect(page.locator(".toast.good")).to_have_text("区域已保存并生效")

    saved = system.zones("gate-1")[-1]
    assert (saved.name, saved.rule.kind, saved.rule.limit_s) == ("市场口", "vending", 45)
    assert [pytest.approx(corner, abs=0.01) for corner in ((0.1, 0.6), (0.4, 0.6), (0.4, 0.9), (0.1, 0.9))] == list(
        saved.polygon
    )


def test_door_line_of_a_shop_is_drawn_moved_and_removed(visit: Visit, system: FakeSystem) -> None:
    visitor = visit()
    visitor.go("zones")
    page = visitor.page
    until(page, "document.querySelector('.polygon-editor img')?.naturalWidth > 0")
    page.select_option("#zone-kind", "spillover")
    expect(page.locator("label[for=zone-name]")).to_have_text("店名")
    page.click("#draw-door")
    editor = page.locator(".polygon-editor")
    frame = editor.bounding_box()
    assert frame is not None
    (left, top), (right, bottom) = (
        tuple(map(f, zip(*system.zones("gate-1")[0].polygon, strict=True))) for f in (min, max)
    )
    y = top + 0.1 * (bottom - top)
    for x in (left, right):
        editor.click(position={"x": x * frame["width"], "y": y * frame["height"]})
    page.keyboard.press("Enter")
    expect(page.locator(".polygons polyline.door")).to_have_count(2)
    page.locator("[data-corner='door-1']").focus()
    page.keyboard.press("ArrowUp")
    page.click("#zone-save")
    expect(page.locator(".toast.good")).to_have_count(1)
    rule = system.zones("gate-1")[0].rule
    assert rule.kind == "spillover"
    assert rule.door == (pytest.approx((left, y), abs=0.01), pytest.approx((right, y - 0.005), abs=0.01))

    page.get_by_role("button", name="去掉门线").click()
    page.click("#zone-save")
    expect(page.locator(".toast.good")).to_have_count(2)
    assert system.zones("gate-1")[0].rule.door == ()


def test_door_line_that_tells_no_street_side_is_refused_in_words(
    browser: Browser, address: str, system: FakeSystem
) -> None:
    visitor = Visitor(browser, address)  # the refused request shows in the console, as it should
    page = visitor.sign_in("li", PASSWORDS["li"])
    visitor.go("zones")
    until(page, "document.querySelector('.polygon-editor img')?.naturalWidth > 0")
    page.select_option("#zone-kind", "spillover")
    page.click("#draw-door")
    editor = page.locator(".polygon-editor")
    frame = editor.bounding_box()
    assert frame is not None
    corners = system.zones("gate-1")[0].polygon
    middle = [sum(axis) / len(corners) for axis in zip(*corners, strict=True)]
    for x in (middle[0] - 0.1, middle[0] + 0.1):
        editor.click(position={"x": x * frame["width"], "y": middle[1] * frame["height"]})
    page.keyboard.press("Enter")
    page.click("#zone-save")
    expect(page.locator(".zone-side .form-problem")).to_contain_text("不能把区域平分")
    visitor.context.close()


def test_corner_is_moved_by_mouse_and_by_keyboard(visit: Visit, system: FakeSystem) -> None:
    visitor = visit()
    visitor.go("zones")
    page = visitor.page
    until(page, "document.querySelector('.polygon-editor img')?.naturalWidth > 0")
    frame = page.locator(".polygon-editor").bounding_box()
    assert frame is not None
    page.locator(".handle").first.hover()
    page.mouse.down()
    page.mouse.move(frame["x"] + 0.3 * frame["width"], frame["y"] + 0.4 * frame["height"], steps=4)
    page.mouse.up()
    page.locator(".handle").first.focus()
    page.keyboard.press("ArrowRight")
    page.click("#zone-save")
    expect(page.locator(".toast.good")).to_have_count(1)

    assert system.zones("gate-1")[0].polygon[0] == pytest.approx((0.305, 0.4), abs=0.005)


def test_zone_that_the_server_refuses_is_named_on_the_page(browser: Browser, address: str) -> None:
    visitor = Visitor(browser, address)  # the refused request shows in the console, as it should
    page = visitor.sign_in("li", PASSWORDS["li"])
    visitor.go("zones")
    page.fill("#rule-limit_s", "0")
    page.click("#zone-save")

    expect(page.locator(".zone-side .form-problem")).to_have_text("区域“北侧路缘”：时限（秒）：不能小于 1")
    visitor.context.close()


def test_hours_of_a_rule_are_set_on_the_page(visit: Visit, system: FakeSystem) -> None:
    visitor = visit()
    visitor.go("zones")
    page = visitor.page
    expect(page.locator(".hours")).to_contain_text("全天生效")
    page.click("#hours-add")
    page.fill(".hours [name=begin]", "21：30")
    page.fill(".hours [name=end]", "6:00")
    page.click("#zone-save")
    expect(page.locator(".toast.good")).to_have_count(1)

    (hours,) = system.zones("gate-1")[0].rule.hours
    assert (hours.begin, hours.end, hours.utc_offset_h) == ("21:30", "06:00", 8)
    page.get_by_role("button", name="删除时段").click()
    page.click("#zone-save")
    expect(page.locator(".toast.good")).to_have_count(2)
    assert system.zones("gate-1")[0].rule.hours == ()


def test_days_and_holidays_of_a_rule_are_set_on_the_page(visit: Visit, system: FakeSystem) -> None:
    visitor = visit()
    visitor.go("zones")
    page = visitor.page
    page.click("#hours-add")
    page.locator(".hours-days summary").click()
    for day in ("周一", "周五"):
        page.locator(".days-row").get_by_label(day).check()
    page.fill(".hours [name=off_dates]", "2026-10-01，2026-10-02")
    page.fill(".hours [name=on_dates]", "2026-10-10")
    page.click("#zone-save")
    expect(page.locator(".toast.good")).to_have_count(1)

    (hours,) = system.zones("gate-1")[0].rule.hours
    assert hours.days == (1, 5)
    assert [day.isoformat() for day in (*hours.off_dates, *hours.on_dates)] == [
        "2026-10-01",
        "2026-10-02",
        "2026-10-10",
    ]


def test_rule_against_goods_is_set_on_the_page(visit: Visit, system: FakeSystem) -> None:
    visitor = visit()
    visitor.go("zones")
    page = visitor.page
    page.select_option("#zone-kind", label="乱堆物堆料")
    page.locator("details summary", has_text="更多参数").click()
    page.get_by_label("最小物品（米）").fill("0.8")
    page.click("#zone-save")
    expect(page.locator(".toast.good")).to_have_count(1)

    rule = system.zones("gate-1")[0].rule
    assert (rule.kind, rule.limit_s, rule.min_size_m) == ("goods", 600, 0.8)


def test_fire_lane_is_chosen_with_its_short_limit(visit: Visit, system: FakeSystem) -> None:
    visitor = visit()
    visitor.go("zones")
    page = visitor.page
    page.select_option("#rule-offence", label="占用消防通道")
    expect(page.locator("#rule-limit_s")).to_have_value("60")
    page.click("#zone-save")
    expect(page.locator(".toast.good")).to_have_count(1)

    rule = system.zones("gate-1")[0].rule
    assert (rule.offence, rule.limit_s) == ("fire_lane", 60)


@pytest.mark.parametrize(
    ("language", "sentence"),
    [
        ("zh-CN", "区域“北侧路缘”：结束时间：应为 07:30 这样的时间，最晚 24:00"),
        ("en-GB", "Zone “北侧路缘”: End: must be a time like 07:30, at most 24:00"),
    ],
)
def test_hours_that_are_no_time_are_refused_in_words(
    browser: Browser, address: str, language: str, sentence: str
) -> None:
    visitor = Visitor(browser, address, language)  # the refused request shows in the console, as it should
    page = visitor.sign_in("li", PASSWORDS["li"])
    visitor.go("zones")
    page.click("#hours-add")
    page.fill(".hours [name=end]", "25:00")
    expect(page.locator(".hours [name=end]")).to_have_attribute("aria-invalid", "true")
    page.click("#zone-save")

    expect(page.locator(".zone-side .form-problem")).to_have_text(sentence)
    visitor.context.close()


ZONES_OF_ONE = "**/api/cameras/gate-1/zones"
ZONES_OF_TWO = "**/api/cameras/gate-2/zones"


@pytest.fixture
def apart(system: FakeSystem) -> FakeSystem:
    """Two cameras whose zones can be told from one another."""
    system.zones_of["gate-2"] = (PARKING_ZONE.model_copy(update={"id": "gate", "name": "南门入口"}),)
    return system


def open_zones_of_one(visitor: Visitor) -> Page:
    page = visitor.page
    intercept(page, "**/still.jpg*", lambda route: route.fulfill(body=jpeg(1.0), content_type="image/jpeg"))
    visitor.go("zones")
    expect(page.locator(".zone-row")).to_have_text(["北侧路缘违章停车 · 第 1 版"])
    return page


def test_zones_that_cannot_be_fetched_are_not_those_of_the_camera_before(
    browser: Browser, address: str, apart: FakeSystem
) -> None:
    visitor = Visitor(browser, address)  # the failed request shows in the console, as it should
    visitor.sign_in("li", PASSWORDS["li"])
    page = open_zones_of_one(visitor)
    refusal = {"error": {"code": "database", "message": "the database does not answer"}}
    intercept(page, ZONES_OF_TWO, lambda route: route.fulfill(status=503, json=refusal))
    page.select_option("#zone-camera", "gate-2")

    expect(page.locator(".zone-side .form-problem")).to_contain_text("数据库暂不可用，系统正在重试")
    expect(page.locator(".zone-row")).to_have_count(0)
    expect(page.locator("#zone-save")).to_be_disabled()
    page.unroute(ZONES_OF_TWO)
    page.get_by_role("button", name="重试").click()
    expect(page.locator(".zone-row")).to_contain_text("南门入口")
    expect(page.locator("#zone-save")).to_be_enabled()
    assert [complaint for complaint in visitor.complaints if complaint.startswith("page error")] == []
    visitor.context.close()


def test_zones_that_answer_late_do_not_replace_those_of_another_camera(visit: Visit, apart: FakeSystem) -> None:
    page = open_zones_of_one(visit())
    held = Held(page, ZONES_OF_TWO)
    page.select_option("#zone-camera", "gate-2")
    expect(page.locator("#zone-save")).to_be_disabled()
    page.select_option("#zone-camera", "gate-1")
    expect(page.locator("#zone-save")).to_be_enabled()
    held.let_go()
    page.fill("#rule-limit_s", "77")
    page.click("#zone-save")
    expect(page.locator(".toast.good")).to_have_count(1)

    assert [(zone.id, zone.rule.limit_s) for zone in apart.zones("gate-1")] == [("kerb", 77)]


def test_answer_to_a_save_stays_with_its_camera(visit: Visit, apart: FakeSystem) -> None:
    page = open_zones_of_one(visit())
    held = Held(page, ZONES_OF_ONE)
    page.fill("#rule-limit_s", "77")
    page.click("#zone-save")
    page.select_option("#zone-camera", "gate-2")
    expect(page.locator(".zone-row")).to_contain_text("南门入口")
    held.let_go()
    expect(page.locator(".toast.good")).to_have_count(1)

    expect(page.locator(".zone-row")).to_contain_text("南门入口")
    assert apart.zones("gate-1")[0].rule.limit_s == 77


def test_drawing_ends_with_the_choice_of_another_camera(visit: Visit, apart: FakeSystem) -> None:
    page = open_zones_of_one(visit())
    page.get_by_role("button", name="画新区域").click()
    for x, y in ((40, 40), (90, 40), (90, 90)):
        page.locator(".polygon-editor").click(position={"x": x, "y": y})
    page.select_option("#zone-camera", "gate-2")
    expect(page.locator(".zone-row")).to_contain_text("南门入口")
    page.keyboard.press("Enter")

    expect(page.locator(".zone-row")).to_have_count(1)


def test_new_hours_are_in_the_sites_own_time(visit: Visit, system: FakeSystem) -> None:
    system.settings = system.settings.model_copy(update={"timezone": "Asia/Kolkata"})
    visitor = visit()
    visitor.go("zones")
    page = visitor.page
    page.click("#hours-add")
    page.click("#zone-save")
    expect(page.locator(".toast.good")).to_have_count(1)

    assert [span.utc_offset_h for span in system.zones("gate-1")[0].rule.hours] == [5.5]


VIEWS = (
    ViewOfCamera("kerb", "路缘", is_known=True, is_here=True, seen_at=None, every_s=None),
    ViewOfCamera("wall", "围墙", is_known=False, is_here=False, seen_at=None, every_s=3600.0),
)


def test_zones_are_drawn_in_the_view_that_is_chosen_and_only_those_of_it_are_shown(
    visit: Visit, system: FakeSystem
) -> None:
    system.views.of["gate-1"] = VIEWS
    visitor = visit()
    visitor.go("zones")
    page = visitor.page
    until(page, "document.querySelector('.polygon-editor img')?.naturalWidth > 0")
    expect(page.locator(".view-bar .here")).to_have_text("当前画面：路缘")
    expect(page.locator(".zone-row")).to_have_count(1)
    page.select_option("#zone-view", "wall")
    expect(page.locator(".zone-row")).to_have_count(0)
    expect(page.locator(".view-bar strong.odd")).to_be_visible()
    page.get_by_role("button", name="画新区域").click()
    editor = page.locator(".polygon-editor")
    frame = editor.bounding_box()
    assert frame is not None
    for x, y in ((0.1, 0.6), (0.4, 0.6), (0.4, 0.9)):
        editor.click(position={"x": x * frame["width"], "y": y * frame["height"]})
    page.keyboard.press("Enter")
    page.click("#zone-save")
    expect(page.locator(".toast.good")).to_have_count(1)

    assert [(zone.id, zone.view) for zone in system.zones("gate-1")] == [("kerb", ""), ("zone-2", "wall")]


def test_person_says_which_view_the_camera_shows(visit: Visit, system: FakeSystem) -> None:
    system.views.of["gate-1"] = VIEWS
    visitor = visit()
    visitor.go("zones")
    page = visitor.page
    expect(page.locator("#zone-view option").nth(1)).to_have_text("围墙（未认领）")
    page.select_option("#zone-view", "wall")
    page.click("#zone-this-view")
    expect(page.locator(".view-bar .here")).to_have_text("当前画面：围墙")
    assert system.views.told == [("gate-1", "wall", "li")]


def test_health_says_when_each_view_was_last_seen_and_that_a_tour_is_late(visit: Visit, system: FakeSystem) -> None:
    system.views.of["gate-1"] = VIEWS
    visitor = visit()
    visitor.go("health")
    cell = visitor.page.locator("tr", has_text="围墙").first
    expect(cell).to_contain_text("围墙 · 尚未看到")
    expect(visitor.page.locator(".notice", has_text="逾期未巡看")).to_have_count(1)
