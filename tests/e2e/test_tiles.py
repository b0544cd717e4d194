"""Nine cameras at once, and a camera that the browser cannot play, on the page of a real system in a real browser."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("playwright.sync_api", reason="playwright is not installed: pip install -e .[dev]")

from playwright.sync_api import Browser, expect

from api.app import create_app
from cases.people import Role
from pipeline.settings import Settings
from pipeline.system import System
from streams.opening import Openers
from tests.api.browser import LIMIT_MS, Visitor, chromium, until
from tests.api.film import PARKED_BOX, SIZE_WH, encode, hevc_clip, mp4_bytes
from tests.api.serving import served
from vision.classes import StreetClass
from vision.detections import Detections
from vision.frames import Frame

pytestmark = pytest.mark.e2e
expect.set_options(timeout=LIMIT_MS)

NAME, PASSWORD = "li", "correct-horse-battery"
CAMERAS = 9

LOOK = """
() => [...document.querySelectorAll('.tile')].map((tile) => {
  const pixels = (source, width, height) => {
    const pen = new OffscreenCanvas(width, height).getContext('2d', { willReadFrequently: true });
    pen.drawImage(source, 0, 0, width, height);
    return [...pen.getImageData(0, 0, width, height).data];
  };
  const shown = tile.dataset.mode === 'pictures' ? tile.querySelector('.picture') : tile.querySelector('video');
  if (!(shown.videoWidth || shown.naturalWidth)) return null;
  const overlay = tile.querySelector('canvas');
  return {
    picture: pixels(shown, 64, 36).join(),
    time: shown.currentTime ?? 0,
    isDrawn: pixels(overlay, overlay.width, overlay.height).some((value, i) => i % 4 === 3 && value > 200),
  };
})
"""
"""What each tile shows: its picture in small, its playing time, and whether anything is drawn over it."""


def seen(condition: str) -> str:
    """Return what gives the tiles once each shows a picture and meets a condition on `tile`, `i` and `before`."""
    return f"(before) => {{ const tiles = ({LOOK})(); return tiles.every((tile, i) => tile && {condition}) && tiles; }}"


class Truth:
    """Knows the parked car of the film, so that no model is needed."""

    def detect(self, frames: Sequence[Frame]) -> list[Detections]:
        """Return the parked car in each frame."""
        scale = np.array((*SIZE_WH, *SIZE_WH), np.float32)
        box = np.array([PARKED_BOX], np.float32) * scale
        row = Detections(box, np.array([0.9], np.float32), np.array([StreetClass.CAR], np.int64))
        return [row for _ in frames]


@contextmanager
def on_the_page(folder: Path, clip: Path, cameras: int, browser: Browser) -> Iterator[Visitor]:
    """Yield somebody who is signed in to a system whose cameras all play a clip."""
    entries = [
        {"id": f"gate-{i}", "name": f"人民路{i + 1}号口", "url": f"file://{clip}?loop=1", "stream": {"ring_s": 10}}
        for i in range(cameras)
    ]
    system = System(Settings.model_validate({"data": folder, "cameras": entries}), Openers(), model=Truth())
    system.people.create(NAME, PASSWORD, Role.OPERATOR)
    system.start()
    try:
        with served(create_app(system)) as address:
            visitor = Visitor(browser, address)
            visitor.sign_in(NAME, PASSWORD)
            yield visitor
            visitor.context.close()
    finally:
        system.stop()


def test_nine_tiles_move_with_boxes_and_the_console_is_silent(tmp_path: Path) -> None:
    clip = tmp_path / "street.mp4"
    clip.write_bytes(mp4_bytes(encode(), tmp_path))
    with chromium() as browser, on_the_page(tmp_path / "data", clip, CAMERAS, browser) as visitor:
        page = visitor.page
        page.get_by_role("button", name=f"{CAMERAS} 画面").click()
        expect(page.locator(".tile")).to_have_count(CAMERAS)
        before = until(page, seen("tile.time > 0 && tile.isDrawn"))
        until(page, seen("tile.time > before[i].time && tile.picture !== before[i].picture"), argument=before)

        assert visitor.complaints == []


def test_h265_camera_is_shown_in_stills_and_the_tile_says_why(tmp_path: Path) -> None:
    clip = hevc_clip(tmp_path / "street.mp4")
    with chromium() as browser, on_the_page(tmp_path / "data", clip, 1, browser) as visitor:
        page = visitor.page
        if page.evaluate("""MediaSource.isTypeSupported('video/mp4; codecs="hvc1.1.6.L93.90"')"""):
            pytest.skip("this Chromium plays H.265")
        expect(page.locator(".tile .mode")).to_have_text("图片模式：此浏览器不能播放 H.265")
        before = until(page, seen("tile.isDrawn"))
        until(page, seen("tile.picture !== before[i].picture"), argument=before)

        assert visitor.complaints == []
