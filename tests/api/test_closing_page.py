"""What the camera saw after dispatch, in a real browser: before and after side by side, and the two steps."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

pytest.importorskip("playwright.sync_api", reason="playwright is not installed: pip install -e .[dev]")

from playwright.sync_api import Page, expect

from cases.closing import ClosingFacts, Cues, Delay, weigh
from cases.deeds import Order
from cases.packs import PackFacts, PackPurpose, Part, PartRole
from cases.posts import Doer
from cases.records import Case
from cases.states import Action, CaseState
from cases.stills import encode_jpeg
from cases.tables import CaseRow
from tests.api.browser import LIMIT_MS, Visit
from tests.api.fake_system import FakeSystem, jpeg
from tests.api.film import PARKED_BOX, SIZE_WH, draw

pytestmark = pytest.mark.e2e
expect.set_options(timeout=LIMIT_MS)

ROAD_BGR = (62, 60, 58)
GONE, STILL = Cues("empty", 0.91, 0.0, 0.07), Cues("standing", 0.91, 0.88, 0.96)
TO_CHECKING = (Action.START, Action.REPORT, Action.FEED_BACK)


def dispatched(system: FakeSystem, *more: Action) -> Case:
    case = system.raise_case("gate-1")
    steps = [(Action.FILE, ""), (Action.ACCEPT, ""), (Action.APPROVE, ""), (Action.DISPATCH, "cleaning-2")]
    for action, unit in (*steps, *((action, "") for action in more)):
        reason = "cleared" if action is Action.REPORT else ""
        case = system.decide(case.case_id, Order(action, reason, unit=unit), by=Doer("system"))
    return case


def look(system: FakeSystem, case: Case, cues: Cues) -> Case:
    """Record a look with its pictures, as the pipeline does."""
    weighed = weigh(cues)
    assert case.handling.dispatched_at is not None
    told = (weighed.finding.value, weighed.proposal.value, case.handling.dispatched_at, "ab" * 32)
    now = datetime.now(UTC)
    facts = PackFacts(
        case.event_id, case.kind, PackPurpose.CLOSING, case.camera_id, case.camera_name, "kerb", "北侧路缘", 1,
        now.timestamp(), now, 0.04, None, case.reasons, closing=ClosingFacts(*told, weighed.measures),
    )  # fmt: skip
    whole, part = seen_now(is_gone=cues.watched == "empty")
    parts = [
        Part("closing.jpg", whole, PartRole.PANORAMA),
        Part("closing-close-up.jpg", part, PartRole.CLOSE_UP),
        Part("before-after.jpg", jpeg(9.0, mark=True), PartRole.MARKED),
    ]
    return system.cases.add_pack(case.case_id, system.evidence.write_pack(case.case_id, parts, facts))


def seen_now(*, is_gone: bool) -> tuple[bytes, bytes]:
    """Return the street as it is now, and the place of the parked car."""
    bgr = draw(3.0)
    x1, y1, x2, y2 = (round(v * s) for v, s in zip(PARKED_BOX, (*SIZE_WH, *SIZE_WH), strict=True))
    if is_gone:
        bgr[y1 : y2 + 4, x1 - 2 : x2 + 2] = ROAD_BGR
    return encode_jpeg(bgr), encode_jpeg(bgr[y1 - 20 : y2 + 20, x1 - 30 : x2 + 30])


def photograph(page: Page, name: str) -> None:
    """Keep a picture where somebody asked for pictures to look at."""
    if folder := os.environ.get("STREETWARDEN_PICTURES"):
        page.wait_for_load_state("networkidle")
        page.screenshot(path=Path(folder) / f"{name}.png")


def opened(visit: Visit, case: Case, language: str = "zh-CN") -> Page:
    visitor = visit("li", language)
    visitor.page.goto(f"{visitor.address}/#/cases/{case.case_id}")
    expect(visitor.page.locator(".case-head")).to_contain_text(case.number)
    return visitor.page


def test_before_and_after_stand_side_by_side_with_what_was_measured(visit: Visit, system: FakeSystem) -> None:
    page = opened(visit, look(system, dispatched(system), GONE))

    closing = page.locator(".closing")
    expect(closing.locator(".verdict")).to_contain_text("已不在")
    expect(closing.locator(".verdict")).to_contain_text("建议：结案")
    expect(closing.locator(".before-after img")).to_have_count(2)
    boxes = [closing.locator("figure").nth(i).bounding_box() for i in range(2)]
    assert boxes[0] is not None
    assert boxes[1] is not None
    assert boxes[0]["y"] == boxes[1]["y"]
    assert boxes[0]["x"] < boxes[1]["x"]
    expect(closing).to_contain_text("监看记录：原处已空")
    expect(closing).to_contain_text("该处像素相似度 7%")
    expect(closing).to_contain_text("处置单位尚未反馈")
    expect(page.locator(".timeline .look")).to_contain_text("已不在")


def test_proposal_to_close_is_followed_by_two_usual_steps(visit: Visit, system: FakeSystem) -> None:
    case = dispatched(system, *TO_CHECKING)
    system.raise_case("gate-1", age_s=40)
    case = look(system, case, GONE)
    page = opened(visit, case)
    closing = page.locator(".closing")
    photograph(page, "closing")
    closing.get_by_role("button", name="核查通过").click()
    expect(page.locator(".case-head .badge")).to_have_text("待结案")
    closing.get_by_role("button", name="结案").click()
    page.wait_for_selector("dialog")
    page.keyboard.press("Enter")  # the reason that is filled in has the focus

    expect(page.locator(".case-head .badge")).to_have_text("已结案")
    rows = system.cases.history(case.case_id)[-2:]
    assert [(row.action, row.reason, row.actor) for row in rows] == [
        ("pass_check", "camera_gone", "li"),
        ("close", "camera_gone", "li"),
    ]


def test_unsolved_case_is_posted_and_urged_in_one_step(visit: Visit, system: FakeSystem) -> None:
    case = look(system, dispatched(system), STILL)
    other = dispatched(system)
    page = opened(visit, other)
    page.get_by_role("button", name="挂网督办").click()
    expect(page.locator(".case-row")).to_have_count(1)
    expect(page.locator(".case-row")).to_have_attribute("data-case", case.case_id)
    expect(page.locator(".case-row .proposed")).to_have_text("建议：挂网督办")

    page.locator(".closing").get_by_role("button", name="督办").click()
    page.wait_for_selector("dialog")
    page.keyboard.press("1")

    expect(page.locator(".timeline .supervise")).to_contain_text("复看仍在")
    after = system.cases.get(case.case_id)
    assert (after.state, [str(kind) for kind in after.handling.supervision]) == (CaseState.DISPATCHED, ["important"])


def test_board_of_posted_cases_shows_each_as_it_is_now_and_urges_it_again(visit: Visit, system: FakeSystem) -> None:
    case = look(system, dispatched(system), STILL)
    look(system, dispatched(system), GONE)
    visitor = visit("li")
    visitor.go("posted")
    page = visitor.page
    card = page.locator(".posted-card")
    expect(card).to_have_count(1)
    expect(card).to_have_attribute("data-case", case.case_id)
    expect(card).to_contain_text("cleaning-2")
    expect(card).to_contain_text("尚未督办")
    expect(card.locator("figcaption")).to_contain_text("复看")
    assert "closing-close-up.jpg" in (card.locator("img").get_attribute("src") or "")

    for count in (1, 2):
        card.get_by_role("button", name="督办").click()
        page.wait_for_selector("dialog")
        page.keyboard.press("1")
        expect(card).to_contain_text(f"已督办 {count} 次")

    rows = [row for row in system.cases.history(case.case_id) if row.action == "supervise"]
    assert [(row.reason, row.actor) for row in rows] == [("camera_still_there", "li")] * 2


def test_live_picture_takes_the_place_of_that_of_the_look(visit: Visit, system: FakeSystem) -> None:
    look(system, dispatched(system), STILL)
    visitor = visit("li")
    visitor.go("posted")
    page = visitor.page
    page.get_by_label("实时画面").check()

    expect(page.locator(".posted-card figcaption")).to_have_text("实时画面")
    assert "/api/cameras/gate-1/still.jpg" in (page.locator(".posted-card img").get_attribute("src") or "")


def test_wall_screen_has_no_menu_and_is_left_by_a_key(visit: Visit, system: FakeSystem) -> None:
    cases = [look(system, dispatched(system), STILL) for _ in range(7)]
    with system.cases.database.writing() as session:
        for hours, case in zip((-3, 2, 9), cases, strict=False):
            row = session.get_one(CaseRow, case.case_id)
            row.dispatched_at = row.running_since = row.closing_round_at = datetime.now(UTC) - timedelta(hours=5)
            row.due_at = datetime.now(UTC) + timedelta(hours=hours)
    visitor = visit("li")
    page = visitor.page
    page.goto(f"{visitor.address}/#/posted/screen")
    expect(page.locator(".posted-card")).to_have_count(6)
    expect(page.locator(".posted .toolbar")).to_contain_text("1 / 2")
    expect(page.locator(".bar")).to_be_hidden()
    expect(page.locator(".posted-card").first).to_have_class("posted-card red")
    expect(page.locator(".posted-card").first).to_contain_text("限时整改")
    photograph(page, "posted-screen")

    page.keyboard.press("Escape")

    expect(page.locator(".posted-card")).to_have_count(7)
    expect(page.locator(".bar")).to_be_visible()
    photograph(page, "posted")


def test_look_that_could_not_be_judged_says_why_in_the_readers_language(visit: Visit, system: FakeSystem) -> None:
    case = dispatched(system)
    assert case.handling.dispatched_at is not None
    at = datetime.now(UTC)
    case = system.cases.note_delay(case.case_id, Delay.CAMERA_AWAY, case.handling.dispatched_at, at)
    page = opened(visit, case, "en-GB")

    expect(page.locator(".closing .notice")).to_contain_text("the camera is away")
    expect(page.locator(".closing").get_by_role("button")).to_have_count(0)


def test_merging_is_offered_with_the_number_of_the_earlier_case(visit: Visit, system: FakeSystem) -> None:
    earlier = system.raise_case("gate-1", age_s=5)
    case = system.raise_case("gate-1")
    with system.cases.database.writing() as session:
        row = session.get_one(CaseRow, case.case_id)
        row.kinship, row.kin = "same", earlier.case_id
    page = opened(visit, case)

    page.keyboard.press("m")

    expect(page.locator("#order-into")).to_have_value(earlier.number)
