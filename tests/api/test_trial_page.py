"""Zones are tried on a recording on the page, in a real browser against a real server."""

from datetime import UTC, datetime, timedelta

import pytest

pytest.importorskip("playwright.sync_api", reason="playwright is not installed: pip install -e .[dev]")

from playwright.sync_api import Page, expect

from pipeline import trials as trials_module
from tests.api.browser import LIMIT_MS, Held, Visit, intercept, until
from tests.api.fake_system import FakeSystem, jpeg
from tests.pipeline.recorded import LEFT, TWO_STOPS, observations, record, zone

pytestmark = pytest.mark.e2e
expect.set_options(timeout=LIMIT_MS)


@pytest.fixture
def recorded(system: FakeSystem) -> FakeSystem:
    """Half an hour ago 400 s of gate-1 were recorded: two cars stopped, both were raised in the zone `kerb`."""
    at = datetime.now(UTC) - timedelta(minutes=30)
    kerb = zone(limit_s=60)
    system.zones_of["gate-1"] = (kerb,)
    record(system.settings.data / "recordings", [kerb], observations(TWO_STOPS, 400, "gate-1", at))
    return system


def open_zones(visit: Visit, language: str = "zh-CN") -> Page:
    visitor = visit(language=language)
    still = jpeg(1.0)
    intercept(visitor.page, "**/still.jpg*", lambda route: route.fulfill(body=still, content_type="image/jpeg"))
    visitor.go("zones")
    until(visitor.page, "document.querySelector('.polygon-editor img')?.naturalWidth > 0")
    return visitor.page


def test_unsaved_limit_is_tried_and_nothing_is_saved(visit: Visit, recorded: FakeSystem) -> None:
    page = open_zones(visit)
    expect(page.locator(".trial")).to_contain_text("保留 2 天")
    page.fill("#rule-limit_s", "120")
    page.click("#trial-begin")

    expect(page.locator(".trial-zone .counts-words")).to_have_text("会报 1 起，当时报了 2 起")
    expect(page.locator(".trial-row .badge")).to_have_text(["不再报", "照报"])
    expect(page.locator(".trial-strip .stint.same")).to_have_count(2)
    expect(page.locator(".trial-strip .stint.gone")).to_have_count(1)
    expect(page.locator(".trial-row").nth(1)).to_contain_text("允许 2分0秒")
    assert recorded.zones("gate-1")[0].rule.limit_s == 60
    expect(page.locator(".unsaved")).to_be_visible()


def test_box_of_what_is_clicked_is_shown_on_the_picture(visit: Visit, recorded: FakeSystem) -> None:
    page = open_zones(visit)
    page.click("#trial-begin")
    page.locator(".trial-row").nth(1).click()
    mark = page.locator(".polygons .mark")
    expect(mark).to_have_count(1)
    expect(page.locator(".trial-row").nth(1)).to_have_attribute("aria-current", "true")
    assert float(mark.get_attribute("x") or 0) == pytest.approx(840 / 1280, abs=0.02)

    page.locator(".trial-strip .stint.same").first.click()
    expect(page.locator(".trial-row").nth(0)).to_have_attribute("aria-current", "true")
    assert float(mark.get_attribute("x") or 0) == pytest.approx(340 / 1280, abs=0.02)
    page.select_option("#zone-camera", "gate-2")
    expect(mark).to_have_count(0)
    expect(page.locator(".trial-zone")).to_have_count(0)


def test_what_cannot_be_tried_is_said_in_the_readers_language(visit: Visit, recorded: FakeSystem) -> None:
    recorded.zones_of["gate-1"] = (zone("wall", LEFT, kind="flyers"), zone("stalls", kind="vending"))
    page = open_zones(visit, "en-GB")
    page.click("#trial-begin")
    wall, stalls, former = (page.locator(f"[data-zone={zone_id}]") for zone_id in ("wall", "stalls", "kerb"))

    expect(wall.locator(".caveat")).to_contain_text("flyers cannot be tried")
    expect(stalls.locator(".caveat")).to_contain_text("looked for in 0% of it only")
    expect(former.locator(".caveat")).to_contain_text("is not among those that are tried")
    expect(former.locator(".trial-row .badge")).to_have_text(["then", "then"])


def test_trial_is_given_up_and_an_empty_span_is_said(
    visit: Visit, recorded: FakeSystem, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trials_module, "COMMAND", ("sleep", "600"))
    page = open_zones(visit)
    page.click("#trial-begin")
    expect(page.locator("#trial-begin")).to_be_disabled()
    page.click("#trial-cancel")
    expect(page.locator(".trial-state")).to_have_text("已取消")
    expect(page.locator("#trial-begin")).to_be_enabled()
    page.select_option("#zone-camera", "gate-2")
    expect(page.locator(".trial")).to_contain_text("这台摄像机还没有监看记录")


def test_nothing_is_tried_before_the_zones_of_the_camera_are_there(visit: Visit, recorded: FakeSystem) -> None:
    page = open_zones(visit)
    held = Held(page, "**/api/cameras/gate-2/zones")
    page.select_option("#zone-camera", "gate-2")
    held.wait()
    expect(page.locator("#trial-begin")).to_be_disabled()
    held.let_go()
    expect(page.locator("#trial-begin")).to_be_enabled()
