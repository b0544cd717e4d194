"""Opens the live wall in Chromium and notes when pictures, boxes and drawings of boxes were on it.

The page is the service's own; a script beside it (latency_page.js) looks on. The page's clock is compared with this
machine's by asking for it, so that all times here are `time.monotonic` seconds.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.errors import NotPossibleError, SideFailedError

if TYPE_CHECKING:
    from playwright.sync_api import Page

CHROMIUM = Path("/usr/bin/chromium")
ARGS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync", "--no-first-run")
SCRIPT = Path(__file__).with_suffix(".js")
LIMIT_MS = 60_000
ASKED = 20
"""How often the page is asked for its clock; the quickest answer counts."""

NOTES = ("frames", "strips", "looks", "paints")

LAYOUTS = (1, 4, 9)
"""How many cameras the wall can show at a time."""


@dataclass(frozen=True, slots=True)
class Noted:
    """What was noted on the wall; all times are `time.monotonic` seconds.

    Attributes:
        frames: [camera, run, media time in s, on the screen at].
        strips: [camera, run, media time in s, at, grey levels of the strip's blocks].
        looks: [camera, stream time, boxes arrived at, how many].
        paints: [camera, drawn at, how many boxes].
        clock_error_s: bound of the error of comparing the page's clock.
    """

    frames: list[list[Any]]
    strips: list[list[Any]]
    looks: list[list[Any]]
    paints: list[list[Any]]
    clock_error_s: float


def require_chromium() -> None:
    """Check that a browser can be driven.

    Raises:
        NotPossibleError: it cannot; the message says what to install.
    """
    try:
        import playwright.sync_api  # noqa: F401  # only whether it is there
    except ImportError:
        raise NotPossibleError("no browser: playwright is missing; install it with: pip install -e .[dev]") from None
    if not CHROMIUM.exists():
        raise NotPossibleError(f"no browser: {CHROMIUM} is missing; apt install chromium, or leave it out: --no-page")


@contextmanager
def opened_wall(address: str, tiles: int, login: tuple[str, str]) -> Iterator["Wall"]:
    """Sign in and show the first `tiles` cameras; the browser ends with the context.

    Raises:
        NotPossibleError: there is no browser.
        SideFailedError: the browser or the page failed.
    """
    require_chromium()
    from playwright.sync_api import Error, sync_playwright

    try:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(ARGS))
            page = browser.new_context(viewport={"width": 1440, "height": 860}).new_page()
            page.set_default_timeout(LIMIT_MS)
            page.add_init_script(f"localStorage.setItem('wall.layout', '{tiles}')")
            page.add_init_script(path=SCRIPT)
            _sign_in(page, address, login)
            yield Wall(page)
            browser.close()
    except Error as err:
        raise SideFailedError("browser", err.message.split("\n")[0]) from None


class Wall:
    """The open wall."""

    def __init__(self, page: "Page") -> None:
        self._page = page

    def begin(self) -> None:
        """Forget what was noted so far."""
        self._page.evaluate(f"() => {{ for (const name of {list(NOTES)!r}) latencyNotes[name].length = 0; }}")

    def wait(self, seconds: float) -> None:
        """Wait while the browser goes on."""
        self._page.wait_for_timeout(1000 * seconds)

    def noted(self) -> Noted:
        """Return what was noted since `begin`."""
        shift_s, error_s = self._clock_shift()
        raw = self._page.evaluate("() => latencyNotes")

        def moved(name: str, column: int) -> list[list[Any]]:
            return [[*row[:column], row[column] / 1000 + shift_s, *row[column + 1 :]] for row in raw[name]]

        return Noted(moved("frames", 3), moved("strips", 3), moved("looks", 2), moved("paints", 1), error_s)

    def shown(self) -> int:
        """Return how many cameras' pictures have come onto the wall."""
        return int(self._page.evaluate("() => new Set(latencyNotes.frames.map(([camera]) => camera)).size"))

    def _clock_shift(self) -> tuple[float, float]:
        """Return what to add to the page's seconds, and a bound of its error: half the quickest round trip."""
        best = (float("inf"), 0.0)
        for _ in range(ASKED):
            before_s = time.monotonic()
            page_ms = float(self._page.evaluate("() => performance.now()"))
            after_s = time.monotonic()
            best = min(best, (after_s - before_s, (before_s + after_s) / 2 - page_ms / 1000))
        return best[1], best[0] / 2


def _sign_in(page: "Page", address: str, login: tuple[str, str]) -> None:
    page.goto(address)
    page.fill("#name", login[0])
    page.fill("#password", login[1])
    page.press("#password", "Enter")
    page.wait_for_selector(".tile")
