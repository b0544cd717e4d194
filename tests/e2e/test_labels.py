"""A film of one's own, from the command that labels it over the page that corrects it to the rows that train."""

import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("playwright.sync_api", reason="playwright is not installed: pip install -e .[dev]")

from playwright.sync_api import Page, expect

from datasets.formats import read_set
from datasets.labelled import LabelledPicture
from datasets.reading import SetFacts
from datasets.yolo_rows import parse_rows
from tests.api.browser import LIMIT_MS, Visitor, chromium, until
from tests.e2e.service import SIZE_WH, environment, serving, write_settings, write_street
from vision.classes import StreetClass

pytestmark = pytest.mark.e2e
expect.set_options(timeout=LIMIT_MS)

STALL = (40.0, 40.0, 120.0, 160.0)
ON_SCREEN = """
([x, y, width]) => {
  const frame = document.querySelector('.label-stage img').getBoundingClientRect();
  return [frame.left + x * frame.width / width, frame.top + y * frame.width / width];
}
"""


def label(folder: Path, settings: Path) -> str:
    """Let the service's own model propose labels for a film, as a person types it, and return what was said."""
    film = write_street(folder / "gate.mp4", seconds=2)
    card = folder / "model" / "tiny.toml"
    words = ["data", "label", str(film), "--config", str(settings), "--model", str(card), "--engine", "onnxruntime"]
    command = [sys.executable, "-c", "from api.cli import main; main()", *words]
    done = subprocess.run(command, capture_output=True, text=True, timeout=240, env=environment())
    assert done.returncode == 0, done.stderr
    return done.stdout


def wait_for(page: Page, picture: str) -> None:
    expect(page.locator(".label-bar h1")).to_have_text(picture)
    until(page, "document.querySelector('.label-stage img')?.naturalWidth > 0")


def point(page: Page, x: float, y: float) -> tuple[float, float]:
    left, top = page.evaluate(ON_SCREEN, [x, y, SIZE_WH[0]])
    return left, top


def correct(page: Page) -> None:
    """Correct three pictures: a forgotten stall by mouse, a wrong class by key, and a box that shows nothing."""
    wait_for(page, "gate-00000.000")
    page.keyboard.press("n")
    page.keyboard.press("9")
    page.mouse.move(*point(page, *STALL[:2]))
    page.mouse.down()
    page.mouse.move(*point(page, *STALL[2:]), steps=6)
    page.mouse.up()
    expect(page.locator(".label-box.sure")).to_have_count(1)
    page.keyboard.press("r")
    wait_for(page, "gate-00000.500")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("6")
    expect(page.locator(".label-about strong")).to_have_text("货车")
    page.keyboard.press("r")
    wait_for(page, "gate-00001.000")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("d")
    expect(page.locator(".label-box")).to_have_count(0)
    page.keyboard.press("r")
    wait_for(page, "gate-00001.500")


def kinds(picture: LabelledPicture) -> list[str]:
    return [StreetClass(kind).label for kind in picture.labels.class_ids.tolist()]


def test_film_is_labelled_corrected_on_the_page_and_read_for_training(tmp_path: Path) -> None:
    settings = write_settings(tmp_path)
    said = label(tmp_path, settings)
    assert "4 pictures labelled by tiny" in said
    assert "#/labels/gate" in said
    with serving(settings) as service, chromium() as browser:
        visitor = Visitor(browser, service.address.rstrip("/"))
        page = visitor.sign_in("admin", service.first_admin)
        visitor.go("labels")
        expect(page.locator(".label-set")).to_contain_text("已完成 0/4")
        page.click(".label-set")
        page.locator(".label-picture").first.click()
        correct(page)
        page.reload()
        wait_for(page, "gate-00001.500")
        expect(page.locator(".label-bar")).to_contain_text("已完成 3/4")
        page.goto(f"{visitor.address}/#/labels/gate/gate-00000.000")
        expect(page.locator(".label-box.sure")).to_have_count(2)
        assert visitor.complaints == []
    folder = tmp_path / "data" / "labels" / "gate"
    first, second, third, fourth = read_set(str(folder), SetFacts("gate")).pictures
    assert [kinds(each) for each in (first, second, third, fourth)] == [["car", "stall"], ["truck"], [], ["car"]]
    assert first.labels.boxes[1].tolist() == pytest.approx(STALL, abs=1.5)
    assert StreetClass.STALL in first.complete & second.complete & third.complete
    assert fourth.complete == frozenset()
    rows = [parse_rows(path.read_text()).rows.tolist() for path in sorted((folder / "labels" / "train").iterdir())]
    assert rows == [[StreetClass.CAR, StreetClass.STALL], [StreetClass.TRUCK], [], [StreetClass.CAR]]
