"""The page in a real browser, against a real server, with films for cameras."""

import re
import statistics
import time
from pathlib import Path

import pytest

pytest.importorskip("playwright.sync_api", reason="playwright is not installed: pip install -e .[dev]")

from playwright.sync_api import Browser, Page, expect

from api.app import create_app
from cases.records import Case
from cases.states import CaseState
from pipeline.messages import HornMessage
from tests.api.browser import LIMIT_MS, Held, Visit, Visitor, until
from tests.api.fake_system import PASSWORDS, FakeSystem
from tests.api.film import Film, encode, hevc_clip, mp4_bytes
from tests.api.serving import served

pytestmark = pytest.mark.e2e
expect.set_options(timeout=LIMIT_MS)

MIDDLES = """
() => {
  const tile = document.querySelector('[data-camera="gate-1"]');
  const video = tile.querySelector('video');
  const overlay = tile.querySelector('canvas');
  const middle = (source, width, height, isWanted) => {
    const canvas = new OffscreenCanvas(width, height);
    const pen = canvas.getContext('2d');
    pen.drawImage(source, 0, 0, width, height);
    const { data } = pen.getImageData(0, 0, width, height);
    let [low, high] = [width, -1];
    for (let i = 0; i < data.length; i += 4) {
      if (!isWanted(data[i], data[i + 1], data[i + 2], data[i + 3])) continue;
      const x = (i / 4) % width;
      [low, high] = [Math.min(low, x), Math.max(high, x)];
    }
    return high < 0 ? null : (low + high) / 2;
  };
  const scale = Math.min(overlay.clientWidth / video.videoWidth, overlay.clientHeight / video.videoHeight);
  const left = (overlay.clientWidth - video.videoWidth * scale) / 2;
  const ratio = overlay.width / overlay.clientWidth;
  const car = middle(video, video.videoWidth, video.videoHeight, (r, g, b) => r > 150 && g < 90 && b < 90);
  const box = middle(overlay, overlay.width, overlay.height, (r, g, b, a) => a > 200 && r < 110 && g > 190 && b > 190);
  if (car === null || box === null) return null;
  return [car / video.videoWidth, (box / ratio - left) / (video.videoWidth * scale)];
}
"""
"""Where the red car is in the video, and where the moving box is drawn over it, as fractions of the width."""


CUT_OFF = """
() => [...document.querySelectorAll('.bar a, main :is(button, a, h1, label, select)')].filter((element) => {
  const inside = element.getBoundingClientRect();
  if (!inside.width || element.closest('.table-frame, .alarms, .case-list')) return false;
  const frame = (element.closest('.tile, fieldset, .zone-side') ?? document.body).getBoundingClientRect();
  return inside.right > frame.right + 1 || inside.left < frame.left - 1;
}).map((element) => `${element.className} ${element.textContent}`)
"""
"""What sticks out of its tile, its panel or the page; lists that scroll are left out."""


def wait_for_picture(page: Page, camera_id: str = "gate-1") -> None:
    until(page, f"document.querySelector('[data-camera={camera_id}] video')?.currentTime > 0.3")


def middles(page: Page) -> tuple[float, float]:
    """Look until car and box are both whole in the picture."""
    deadline_s = time.monotonic() + LIMIT_MS / 1000
    while time.monotonic() < deadline_s:
        found = page.evaluate(MIDDLES)
        if found is not None and all(0.15 < place < 0.85 for place in found):
            return found[0], found[1]
        page.wait_for_timeout(100)
    raise AssertionError("car and box were never seen together")


def usual_gap(page: Page) -> float:
    """Return how far the box lies from the car most of the time, as a fraction of the width."""
    off = []
    for _ in range(9):
        car, box = middles(page)
        off.append(abs(car - box))
        page.wait_for_timeout(170)
    return statistics.median(off)


def test_wall_shows_a_moving_picture(visit: Visit) -> None:
    page = visit().page
    wait_for_picture(page)
    first = middles(page)[0]

    until(page, "document.querySelector('[data-camera=gate-1] video')?.currentTime > 2")
    assert page.evaluate("document.querySelector('[data-camera=gate-1] video').videoWidth") == 640
    assert abs(middles(page)[0] - first) > 0.02


@pytest.mark.parametrize("b_frames", [0, 2])
def test_box_lies_on_the_moving_car(visit: Visit, system: FakeSystem, b_frames: int) -> None:
    if b_frames:
        system.projectors["gate-1"].put_on(encode(b_frames=b_frames))
    page = visit().page
    page.uncheck("#show-zones")
    until(page, "document.querySelector('[data-camera=gate-1] video')?.currentTime > 2")

    assert usual_gap(page) < 0.02


def test_box_lies_on_the_moving_car_though_the_videos_clock_runs_ahead(browser: Browser, address: str) -> None:
    """On a busy machine pictures come onto the screen long after their time on the video's clock."""
    visitor = Visitor(browser, address)
    visitor.page.add_init_script("""
      const { get, set } = Object.getOwnPropertyDescriptor(HTMLMediaElement.prototype, 'currentTime');
      const ahead = function () { return get.call(this) + 0.4; };
      Object.defineProperty(HTMLMediaElement.prototype, 'currentTime', { get: ahead, set, configurable: true });
    """)
    page = visitor.sign_in("li", PASSWORDS["li"])
    page.uncheck("#show-zones")
    until(page, "document.querySelector('[data-camera=gate-1] video')?.currentTime > 2")

    assert usual_gap(page) < 0.02
    visitor.context.close()


def test_box_lies_on_the_moving_car_in_a_browser_that_does_not_tell_of_pictures(browser: Browser, address: str) -> None:
    visitor = Visitor(browser, address)
    visitor.page.add_init_script("delete HTMLVideoElement.prototype.requestVideoFrameCallback")
    page = visitor.sign_in("li", PASSWORDS["li"])
    page.uncheck("#show-zones")
    until(page, "document.querySelector('[data-camera=gate-1] video')?.currentTime > 2")

    assert usual_gap(page) < 0.03
    visitor.context.close()
    assert visitor.complaints == []


def test_picture_and_boxes_go_on_after_a_reconnect(visit: Visit, system: FakeSystem) -> None:
    page = visit().page
    page.uncheck("#show-zones")
    until(page, "document.querySelector('[data-camera=gate-1] video')?.currentTime > 3")
    system.projectors["gate-1"].put_on(
        encode()
    )  # a new format, as after a new connection: media time begins at 0 again
    until(page, "document.querySelector('[data-camera=gate-1] video')?.currentTime < 2.5")
    until(page, "document.querySelector('[data-camera=gate-1] video')?.currentTime > 1")

    car, box = middles(page)
    assert abs(car - box) < 0.03


def test_camera_that_is_away_says_why(visit: Visit) -> None:
    page = visit().page

    veil = page.locator('[data-camera="gate-2"] .veil')
    expect(veil).to_contain_text("摄像机没有应答")
    expect(veil.locator("p")).to_have_attribute("title", re.compile(r"nobody answers at 10\.0\.0\.9:554"))


def test_alarm_comes_up_on_its_tile_and_can_be_warned(visit: Visit, system: FakeSystem) -> None:
    page = visit().page
    page.wait_for_selector('[data-camera="gate-1"]')
    expect(page.locator(".connection")).to_contain_text("已连接")
    case = system.raise_case("gate-1")

    tile = page.locator('[data-camera="gate-1"].alarm')
    expect(tile.locator(".alarm-words")).to_contain_text("违章停车")
    expect(page.locator(".alarm-card")).to_contain_text("待核实")
    tile.get_by_role("button", name="喊话").last.click()
    expect(page.locator(".toast.good")).to_have_text("喊话已下达")
    assert system.warned == [(case.case_id, "li")]


def test_tile_shows_that_its_horn_is_speaking(visit: Visit, system: FakeSystem) -> None:
    page = visit().page
    speaking = page.locator('[data-camera="gate-1"] .speaking')
    expect(page.locator(".connection")).to_contain_text("已连接")
    expect(page.locator('[data-camera="gate-1"]')).to_be_visible()
    system.hub.publish(HornMessage("post-3", "speaking", ""))
    expect(speaking).to_be_visible()

    system.hub.publish(HornMessage("post-3", "ok", ""))
    expect(speaking).to_be_hidden()


def test_wall_shows_one_camera_large_and_goes_back(visit: Visit) -> None:
    page = visit().page
    page.dblclick('[data-camera="gate-2"]')
    expect(page.locator(".tile")).to_have_count(1)

    page.dblclick('[data-camera="gate-2"]')
    expect(page.locator(".tile")).to_have_count(2)


def test_stills_are_shown_where_the_browser_cannot_play_the_codec(browser: Browser, address: str) -> None:
    visitor = Visitor(browser, address)
    visitor.page.add_init_script("MediaSource.isTypeSupported = () => false")
    page = visitor.sign_in("li", PASSWORDS["li"])

    expect(page.locator('[data-camera="gate-1"][data-mode="pictures"]')).to_contain_text("图片模式")
    until(page, "document.querySelector('[data-camera=gate-1] .picture')?.naturalWidth > 0")
    first = page.get_attribute('[data-camera="gate-1"] .picture', "src")
    until(page, "(first) => document.querySelector('[data-camera=gate-1] .picture')?.src !== first", argument=first)
    visitor.context.close()
    assert visitor.complaints == []


def test_case_is_confirmed_by_one_key(visit: Visit, system: FakeSystem, tmp_path: Path, film: Film) -> None:
    case = system.raise_case("gate-1", clip=mp4_bytes(film, tmp_path))
    visitor = visit()
    visitor.go("cases")
    page = visitor.page
    expect(page.locator(".case-head")).to_contain_text(case.number)
    expect(page.locator(".evidence img")).to_have_count(4)
    until(page, "document.querySelector('.clip-player video')?.readyState > 0")

    page.keyboard.press("c")
    expect(page.locator(".case-head .badge")).to_have_text("已确认")
    assert system.cases.get(case.case_id).state is CaseState.CONFIRMED


def test_clip_that_the_browser_cannot_play_is_offered_for_download(
    visit: Visit, system: FakeSystem, tmp_path: Path
) -> None:
    case = system.raise_case("gate-1", clip=hevc_clip(tmp_path / "street.mp4").read_bytes())
    visitor = visit()
    if visitor.page.evaluate("""MediaSource.isTypeSupported('video/mp4; codecs="hvc1.1.6.L93.90"')"""):
        pytest.skip("this Chromium plays H.265")
    visitor.page.goto(f"{visitor.address}/#/cases/{case.case_id}")

    player = visitor.page.locator(".clip-player")
    expect(player).to_contain_text("此浏览器不能播放该录像的编码")
    with visitor.page.expect_download() as download:
        player.get_by_role("link", name="下载录像").click()
    assert download.value.suggested_filename == "clip.mp4"


def test_case_is_called_false_by_two_keys(visit: Visit, system: FakeSystem) -> None:
    case = system.raise_case("gate-1")
    visitor = visit()
    visitor.go("cases")
    expect(visitor.page.locator(".case-head")).to_contain_text(case.number)

    visitor.page.keyboard.press("x")
    visitor.page.wait_for_selector("dialog")
    visitor.page.keyboard.press("2")
    expect(visitor.page.locator(".toast.good")).to_contain_text("误报")

    assert system.cases.get(case.case_id).state is CaseState.DISMISSED
    assert system.cases.history(case.case_id)[-1].reason == "permitted"


def test_keys_move_through_the_list(visit: Visit, system: FakeSystem) -> None:
    cases = [system.raise_case("gate-1", age_s=age_s) for age_s in (10, 20, 30)]
    visitor = visit()
    visitor.go("cases")
    page = visitor.page

    def chosen(case: Case) -> None:
        expect(page.locator(".case-row[aria-current]")).to_have_attribute("data-case", case.case_id)

    chosen(cases[0])
    page.keyboard.press("j")
    chosen(cases[1])
    page.keyboard.press("ArrowDown")
    chosen(cases[2])
    page.keyboard.press("k")
    chosen(cases[1])


def test_case_that_changes_elsewhere_changes_on_the_page(visit: Visit, system: FakeSystem) -> None:
    case = system.raise_case("gate-1")
    visitor = visit()
    visitor.go("cases")
    expect(visitor.page.locator(".case-head .badge")).to_have_text("待核实")

    system.add_warning(case)

    expect(visitor.page.locator(".timeline")).to_contain_text("您好，此处有监控，禁止停车")
    expect(visitor.page.locator(".timeline")).to_contain_text("20261121-120000.wav")


def test_viewer_sees_cases_but_no_buttons(visit: Visit, system: FakeSystem) -> None:
    case = system.raise_case("gate-1")
    visitor = visit("wang")
    visitor.go("cases")
    expect(visitor.page.locator(".case-head")).to_contain_text(case.number)

    visitor.page.keyboard.press("c")
    expect(visitor.page.locator(".actions")).to_have_count(0)
    assert system.cases.get(case.case_id).state is CaseState.CANDIDATE


def test_language_is_switched_and_stays(visit: Visit) -> None:
    visitor = visit()
    page = visitor.page
    expect(page.locator(".bar nav")).to_contain_text("实时监看")
    page.click(".language")
    expect(page.locator(".bar nav")).to_contain_text("Live wall")
    page.reload()

    expect(page.locator(".bar nav")).to_contain_text("Live wall")
    assert page.evaluate("document.documentElement.lang") == "en"
    wait_for_picture(page)


def test_health_names_cameras_horns_and_the_file_that_was_written(visit: Visit, system: FakeSystem) -> None:
    system.say("post-3", "hello", actor="li")
    visitor = visit(language="en-GB")
    visitor.go("health")

    body = visitor.page.locator(".health-body")
    expect(body).to_contain_text("street-nano")
    expect(body).to_contain_text("The camera did not answer in time")
    expect(body).to_contain_text("20261121-120000.wav")
    assert "secret" not in visitor.page.content()


def test_admin_adds_a_camera(visit: Visit, system: FakeSystem) -> None:
    visitor = visit("zhang")
    visitor.go("health")
    page = visitor.page
    page.get_by_role("button", name="添加摄像机").click()
    page.fill("#camera-id", "gate-9")
    page.fill("#camera-name", "南门")
    page.fill("#camera-url", "rtsp://admin:hunter2@10.0.0.9/9")
    page.get_by_role("button", name="确定").click()

    expect(page.locator(".health-body")).to_contain_text("南门")
    assert "hunter2" not in page.content()


def test_wrong_password_is_said_on_the_form(browser: Browser, address: str) -> None:
    visitor = Visitor(browser, address)
    page = visitor.page
    page.goto(address)
    page.fill("#name", "li")
    page.fill("#password", "not-the-password")
    page.press("#password", "Enter")

    expect(page.locator(".form-problem")).to_have_text("用户名或密码错误，或账号已停用")
    visitor.context.close()


def test_signing_out_shows_the_form_and_ends_the_pictures(visit: Visit, system: FakeSystem) -> None:
    page = visit().page
    wait_for_picture(page)
    page.get_by_role("button", name="退出登录").click()

    expect(page.locator("#password")).to_be_visible()
    assert system.projectors["gate-1"].wait_until_unwatched(30)


def test_page_survives_the_server_going_away(browser: Browser, system: FakeSystem) -> None:
    app = create_app(system)
    with served(app) as address:
        visitor = Visitor(browser, address)
        page = visitor.sign_in("li", PASSWORDS["li"])
        wait_for_picture(page)

    expect(page.locator(".connection.lost")).to_be_visible()
    assert [complaint for complaint in visitor.complaints if complaint.startswith("page error")] == []
    visitor.context.close()


def test_camera_address_that_makes_no_sense_is_refused_in_chinese(browser: Browser, address: str) -> None:
    visitor = Visitor(browser, address)  # the refused request shows in the console, as it should
    page = visitor.sign_in("zhang", PASSWORDS["zhang"])
    visitor.go("health")
    page.get_by_role("button", name="添加摄像机").click()
    page.fill("#camera-id", "gate-9")
    page.fill("#camera-url", "rtsp://")
    page.get_by_role("button", name="确定").click()

    expect(page.locator(".toast.bad")).to_contain_text("地址不正确，应类似 rtsp://")
    visitor.context.close()


@pytest.mark.parametrize("language", ["zh-CN", "en-GB"])
@pytest.mark.parametrize("size", [(1024, 768), (1280, 720), (1920, 1080)])
def test_nothing_is_cut_off_on_any_screen(
    visit: Visit, system: FakeSystem, size: tuple[int, int], language: str
) -> None:
    system.raise_case("gate-1", age_s=4000)
    visitor = visit("zhang", language)
    page = visitor.page
    page.set_viewport_size({"width": size[0], "height": size[1]})
    page.click(".segments button:last-child")
    expect(page.locator(".alarm-bar .button:visible")).to_have_count(1)
    seen = {}
    for view, sign in (
        ("wall", ".alarm-bar .button"),
        ("cases", ".case-head"),
        ("zones", ".zone-form"),
        ("evaluation", ".figures"),
        ("health", "table"),
    ):
        visitor.go(view)
        expect(page.locator(sign).first).to_be_visible()
        if view == "zones":
            page.click("#hours-add")
        seen[view] = page.evaluate(CUT_OFF)

    assert seen == {"wall": [], "cases": [], "zones": [], "evaluation": [], "health": []}


def test_tile_says_that_too_many_pictures_are_open(browser: Browser, system: FakeSystem) -> None:
    app = create_app(system)
    app.state.front.seats.limit = 0
    with served(app) as address:
        visitor = Visitor(browser, address)
        page = visitor.sign_in("li", PASSWORDS["li"])

        expect(page.locator('[data-camera="gate-1"] .mode')).to_have_text("同时打开的画面太多")
        visitor.context.close()
    assert visitor.complaints == []


def test_address_that_no_page_wrote_is_answered_with_the_list(visit: Visit, system: FakeSystem) -> None:
    case = system.raise_case("gate-1")
    visitor = visit()
    visitor.page.goto(f"{visitor.address}/#/cases/%E0%A4%A")

    expect(visitor.page.locator(".case-row")).to_have_attribute("data-case", case.case_id)


def test_wall_that_is_left_before_it_was_built_opens_no_pictures(visit: Visit) -> None:
    visitor = visit()
    page = visitor.page
    wait_for_picture(page)
    visitor.go("cases")
    sockets: list[str] = []
    page.on("websocket", lambda socket: sockets.append(socket.url))
    held = Held(page, "**/api/cameras")
    visitor.go("wall")
    held.wait()
    visitor.go("cases")
    held.let_go()
    page.wait_for_timeout(300)  # in which it would have opened them

    assert sockets == []


def fail_to_decode(page: Page) -> None:
    """Let the video of gate-1 fail as a damaged picture makes it fail, once it plays."""
    page.wait_for_selector('[data-camera="gate-1"][data-mode="video"]')
    wait_for_picture(page)
    page.evaluate("""() => {
      const tile = document.querySelector('[data-camera="gate-1"]');
      tile.dataset.mode = 'failed';
      tile.querySelector('video').dispatchEvent(new Event('error'));
    }""")


def test_third_failure_to_decode_brings_up_stills(visit: Visit) -> None:
    page = visit().page
    for _ in range(3):
        fail_to_decode(page)

    expect(page.locator('[data-camera="gate-1"] .mode')).to_contain_text("图片模式")


def test_failures_to_decode_are_forgiven_after_a_minute_of_good_play(browser: Browser, address: str) -> None:
    visitor = Visitor(browser, address)
    visitor.page.add_init_script("""
      window.ahead = 0;
      const now = performance.now.bind(performance);
      performance.now = () => now() + window.ahead;
    """)
    page = visitor.sign_in("li", PASSWORDS["li"])
    for _ in range(2):
        fail_to_decode(page)
    page.wait_for_selector('[data-camera="gate-1"][data-mode="video"]')
    page.evaluate("window.ahead = 61_000")
    for _ in range(2):
        fail_to_decode(page)

    expect(page.locator('[data-camera="gate-1"]')).to_have_attribute("data-mode", "video")
    visitor.context.close()
    assert visitor.complaints == []
