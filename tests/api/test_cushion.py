"""How far behind the newest picture the page plays: the page's own module, asked in a real browser."""

import pytest

pytest.importorskip("playwright.sync_api", reason="playwright is not installed: pip install -e .[dev]")

from playwright.sync_api import Page

from tests.api.browser import Visit

pytestmark = pytest.mark.e2e

RUN = """
async ([looks, stalls, tends]) => {
  const { Cushion } = await import("/web/cushion.js");
  const cushion = new Cushion();
  for (const [ahead, gap] of looks) cushion.looked(ahead, gap);
  for (let i = 0; i < stalls; i += 1) {
    cushion.stalled();
    for (const [ahead, gap] of looks) cushion.looked(ahead, gap);
  }
  const speeds = tends.map((behind) => cushion.tend(behind));
  return { length: cushion.length, speeds };
}
"""


@pytest.fixture
def page(visit: Visit) -> Page:
    return visit("wang").page


def run(page: Page, looks=(), stalls=0, tends=()):
    return page.evaluate(RUN, [[list(look) for look in looks], stalls, list(tends)])


def test_looks_that_come_early_bring_the_picture_nearer(page: Page) -> None:
    assert run(page, looks=[(0.8, 0.25)] * 40)["length"] < 0.4


def test_looks_that_come_late_push_the_picture_back(page: Page) -> None:
    assert run(page, looks=[(0.1, 0.25)] * 6)["length"] > 0.8


def test_rare_looks_are_waited_for_no_longer_than_the_most(page: Page) -> None:
    assert run(page, looks=[(0.0, 6.0)] * 100)["length"] == pytest.approx(1.2)


def test_a_stop_of_the_video_keeps_the_cushion_long_although_looks_come_early(page: Page) -> None:
    calm = run(page, looks=[(0.8, 0.25)] * 60)["length"]
    shaken = run(page, looks=[(0.8, 0.25)] * 60, stalls=1)["length"]

    assert shaken == pytest.approx(calm + 0.15, abs=0.01)


def test_video_far_behind_is_played_faster_and_video_too_near_slower(page: Page) -> None:
    assert run(page, tends=[2.0, 0.6, 0.1])["speeds"] == [pytest.approx(1.1), 1, pytest.approx(0.9)]
