"""A real RTSP stream on the page in a real browser, and its warning at a real ONVIF backchannel."""

from pathlib import Path

import pytest

pytest.importorskip("playwright.sync_api", reason="playwright is not installed: pip install -e .[dev]")

from api.app import create_app
from broadcast.audio import load_audio
from broadcast.loudness import rms_dbfs
from cases.people import Role
from pipeline.settings import Settings
from tests.api.browser import Visitor, chromium, until
from tests.api.serving import served
from tests.broadcast.backchannel import BackchannelServer, require_gstreamer
from tests.e2e.sites import cases_of, pretrained_card, running, zones_file
from tests.e2e.sites import until as until_true
from tests.rtsp.server import Mount, RtspServer

pytestmark = [pytest.mark.e2e, pytest.mark.material]

CLIP = "jamcam_06514_hydepark_20190628.mp4"
NAME, PASSWORD = "li", "correct-horse-battery"

PIXELS = """
() => {
  const video = document.querySelector('[data-camera="a"] video');
  if (!video || video.videoWidth === 0) return null;
  const canvas = new OffscreenCanvas(64, 48);
  const pen = canvas.getContext('2d');
  pen.drawImage(video, 0, 0, 64, 48);
  return [video.currentTime, [...pen.getImageData(0, 0, 64, 48).data].filter((_, i) => i % 4 === 0)];
}
"""

DRAWN = """
() => {
  const canvas = document.querySelector('[data-camera="a"] canvas');
  const pen = new OffscreenCanvas(canvas.width, canvas.height).getContext('2d');
  pen.drawImage(canvas, 0, 0);  // reading the page's own canvas twice makes Chromium complain of it
  const { data } = pen.getImageData(0, 0, canvas.width, canvas.height);
  return data.some((value, i) => i % 4 === 3 && value > 200);
}
"""


def settings_for(tmp_path: Path, material: Path, url: str, horn: str) -> Settings:
    return Settings.model_validate(
        {
            "data": tmp_path / "data",
            "model": {"card": pretrained_card(tmp_path / "model", material), "engine": "onnxruntime"},
            "broadcast": {"horns": [{"id": "h", "url": horn, "quiet_hours": []}]},
            "evidence": {"clip_after_s": 2},
            "cameras": [
                {
                    "id": "a",
                    "url": url,
                    "horn": "h",
                    # The clip's vehicles stop together, as a queue does, which would hold their clocks for two minutes.
                    "zones": zones_file(tmp_path / "zones.json", kind="parking", limit_s=6, queue_vehicles=0),
                }
            ],
        }
    )


def test_wall_moves_with_boxes_and_an_alarm_and_the_console_is_silent(tmp_path: Path, material: Path) -> None:
    with RtspServer([Mount("/a", material / "videos" / CLIP)]) as camera, chromium() as browser:
        settings = settings_for(tmp_path, material, camera.url("/a"), f"file://{tmp_path}/horn")
        with running(settings) as system:
            system.people.create(NAME, PASSWORD, Role.OPERATOR)
            with served(create_app(system)) as address:
                visitor = Visitor(browser, address)
                page = visitor.sign_in(NAME, PASSWORD)
                until(page, f"() => (({PIXELS})() ?? [0])[0] > 0.5")
                time_before, picture_before = page.evaluate(PIXELS)
                until(page, f"(before) => ({PIXELS})()[0] > before + 1", argument=time_before)
                assert page.evaluate(PIXELS)[1] != picture_before
                until(page, DRAWN)
                page.wait_for_selector('[data-camera="a"].alarmed, .alarm', timeout=90_000)
                assert visitor.complaints == []


def test_warning_of_a_case_is_heard_at_an_onvif_backchannel(tmp_path: Path, material: Path) -> None:
    require_gstreamer()
    clip = material / "videos" / CLIP
    with (
        RtspServer([Mount("/a", clip)]) as camera,
        BackchannelServer(tmp_path / "ear") as horn,
        running(settings_for(tmp_path, material, camera.url("/a"), horn.url)) as system,
    ):
        until_true(lambda: any(case.warnings for case in cases_of(system, "a")), "a receipt")
        warning = next(w for case in cases_of(system, "a") for w in case.warnings)
        assert (warning.ok, warning.codec) == (True, "PCMU")
        # not the first session's sound: on a loaded machine GStreamer's server was seen to write none of it
        until_true(lambda: horn.heard_s > warning.duration_s - 0.1, "a whole warning at the horn")
        heard = load_audio(horn.received())
    assert heard.duration_s == pytest.approx(warning.duration_s, abs=0.1)
    assert -30 < rms_dbfs(heard) < -10
