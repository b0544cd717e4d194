"""The map of cases in a real browser: points in the colours of lights on the city's grids, nothing from elsewhere."""

import os
from datetime import timedelta
from pathlib import Path

import pytest

pytest.importorskip("playwright.sync_api", reason="playwright is not installed: pip install -e .[dev]")

from playwright.sync_api import Browser, Page, expect

from api.app import create_app
from pipeline.map_settings import MapSettings
from tests.api.browser import LIMIT_MS, Visit, Visitor, until
from tests.api.desk_town import dispatched, furnish, spotted
from tests.api.fake_system import PASSWORDS, FakeSystem
from tests.api.serving import served

pytestmark = pytest.mark.e2e
expect.set_options(timeout=LIMIT_MS)


@pytest.fixture
def town(system: FakeSystem) -> FakeSystem:
    furnish(system)
    return system


def photograph(page: Page, name: str) -> None:
    """Keep a picture where somebody asked for pictures to look at."""
    if folder := os.environ.get("STREETWARDEN_PICTURES"):
        page.wait_for_timeout(600)  # until the map has ended its movement
        page.screenshot(path=Path(folder) / f"{name}.png")


def opened(visitor: Visitor, every: str) -> Page:
    visitor.go("cases")
    page = visitor.page
    page.wait_for_selector(".case-head")
    page.locator(".desk-list .segment", has_text=every).click()
    page.keyboard.press("g")
    page.wait_for_selector(".case-point")
    return page


@pytest.mark.parametrize(("language", "every"), [("zh-CN", "全部"), ("en-GB", "All")])
def test_cases_of_the_filter_are_points_in_the_colour_of_their_light(
    visit: Visit, town: FakeSystem, language: str, every: str
) -> None:
    for name, minutes, east_m in (("late", 180, 40), ("soon", 110, 130), ("fresh", 5, 170)):
        dispatched(town, spotted(town, name, east_m), timedelta(minutes=minutes))
    waiting = spotted(town, "waiting", 260)
    visitor = visit(language=language)
    asked: list[str] = []
    visitor.page.on("request", lambda request: asked.append(request.url))

    page = opened(visitor, every)

    for light in ("red", "yellow", "green", "none"):
        expect(page.locator(f".case-point.{light}")).to_have_count(1)
    expect(page.locator(".grid-shape")).to_have_count(6)
    assert [url for url in asked if not url.startswith((visitor.address, "data:", "blob:"))] == []
    photograph(page, f"map-{language}")
    page.locator(".case-point.none").click()
    expect(page.locator(".case-head code")).to_have_text(waiting.number)


def test_map_follows_the_filter(visit: Visit, town: FakeSystem) -> None:
    dispatched(town, spotted(town, "late", 40), timedelta(hours=3))
    spotted(town, "waiting", 260)
    page = opened(visit(), "全部")
    expect(page.locator(".case-point")).to_have_count(2)

    page.locator(".segment", has=page.locator(".reminder.late")).click()

    expect(page.locator(".case-point")).to_have_count(1)
    expect(page.locator(".case-point.red")).to_be_visible()


def test_cases_at_one_place_are_one_point_that_lists_them(visit: Visit, town: FakeSystem) -> None:
    first, _ = spotted(town, "e1"), spotted(town, "e2", age_s=60)
    page = opened(visit(), "全部")
    expect(page.locator(".case-point")).to_have_count(1)

    page.locator(".case-point").click()
    expect(page.locator(".map-list li")).to_have_count(2)
    photograph(page, "map-list")
    page.locator(".map-list button", has_text=first.number).click()

    expect(page.locator(".case-head code")).to_have_text(first.number)


def test_case_without_a_place_is_counted_beside_the_map(visit: Visit, town: FakeSystem) -> None:
    spotted(town, "e1")
    town.raise_case("gate-1", age_s=30)
    page = opened(visit(), "全部")

    expect(page.locator(".map-note")).to_have_text("地图上 1 件 · 1 件没有位置")


def test_tiles_are_shown_where_the_settings_name_them(browser: Browser, town: FakeSystem) -> None:
    tiles = MapSettings(tiles="http://tiles.lan/{z}/{x}/{y}.png", attribution="<b>City</b>", gcj02=True)
    town.settings = town.settings.model_copy(update={"map": tiles})
    spotted(town, "e1")
    with served(create_app(town)) as address:
        visitor = Visitor(browser, address)
        blank = (Path(__file__).resolve().parents[2] / "api/web/favicon.svg").read_bytes()
        visitor.page.route("http://tiles.lan/**", lambda route: route.fulfill(body=blank, content_type="image/svg+xml"))
        visitor.sign_in("li", PASSWORDS["li"])
        page = opened(visitor, "全部")

        until(page, "() => [...document.querySelectorAll('img.leaflet-tile')].some((tile) => tile.naturalWidth > 0)")

        expect(page.locator(".map-note")).to_contain_text("<b>City</b>")
        visitor.context.close()
    assert visitor.complaints == []
