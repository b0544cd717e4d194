"""Debian's Chromium, driven by Playwright, that writes down every error its console shows."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, Route, sync_playwright

CHROMIUM = Path("/usr/bin/chromium")
ARGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--disable-quic",
]
LIMIT_MS = 60_000
PROBE = "/web/favicon.svg?is-it-intercepted"


@contextmanager
def chromium() -> Iterator[Browser]:
    """Yield a running browser; skips where there is none."""
    if not CHROMIUM.exists():
        pytest.skip(f"{CHROMIUM} is not installed: apt-get install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGS)
        yield browser
        browser.close()


def until(page: Page, expression: str, *, argument: object = None) -> Any:
    """Wait until an expression is true on the page; returns its value.

    Playwright's own `wait_for_function` needs `eval`, which our content policy forbids.
    """
    deadline_s = time.monotonic() + LIMIT_MS / 1000
    while not (value := page.evaluate(expression, argument)):
        assert time.monotonic() < deadline_s, f"never came true: {expression}"
        page.wait_for_timeout(50)
    return value


def intercept(page: Page, address: str, handler: Callable[[Route], None]) -> None:
    """Give a page's requests to an address to a handler, for certain.

    Chromium says that it intercepts a moment before it does: the first request of all could slip through.
    """
    page.route(address, handler)
    page.route(f"**{PROBE}", lambda route: route.fulfill(status=204))
    until(page, "(probe) => fetch(probe).then((answer) => answer.status === 204)", argument=PROBE)
    page.unroute(f"**{PROBE}")


class Visitor:
    """One page in one browser context, and what its console complained about."""

    def __init__(self, browser: Browser, address: str, language: str = "zh-CN") -> None:
        self.address = address
        self.complaints: list[str] = []
        self.context = browser.new_context(viewport={"width": 1440, "height": 860}, locale=language)
        self.page: Page = self.context.new_page()
        self.page.set_default_timeout(LIMIT_MS)
        self.page.on("console", self._hear)
        self.page.on("pageerror", lambda err: self.complaints.append(f"page error: {err}"))

    def sign_in(self, name: str, password: str) -> Page:
        """Fill in the form as a person would."""
        self.page.goto(self.address)
        self.page.fill("#name", name)
        self.page.fill("#password", password)
        self.page.press("#password", "Enter")
        self.page.wait_for_selector(".bar")
        return self.page

    def go(self, view: str) -> None:
        """Click on a view's name in the bar."""
        self.page.click(f'.bar [data-view="{view}"]')

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self.complaints.append(f"{message.type}: {message.text}")


class Held:
    """Holds requests to an address back until the test lets them go."""

    def __init__(self, page: Page, address: str) -> None:
        self._page = page
        self._address = address
        self._routes: list[Route] = []
        intercept(page, address, lambda route: self._routes.append(route))

    def wait(self) -> None:
        """Return when a request is held."""
        deadline_s = time.monotonic() + LIMIT_MS / 1000
        while not self._routes:
            assert time.monotonic() < deadline_s, f"nobody asked for {self._address}"
            self._page.wait_for_timeout(20)

    def let_go(self) -> None:
        """Let the first one through, and return when it has been answered."""
        self.wait()
        with self._page.expect_response(self._address):
            self._routes[0].continue_()


Visit = Callable[..., Visitor]
"""Signs a person in by name, on a page in a language; from the fixture `visit`."""
