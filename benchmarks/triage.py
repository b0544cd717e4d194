"""Measures how many cases a minute are triaged by keys alone in a real browser, and how quickly the next one is there.

    python -m benchmarks.triage --json benchmarks/results/triage.json

The page is served with real cases, each with four pictures. A script decides one case after the other: every third is
false (`X`, then a digit for the reason), the others are filed (`F`), and the tenth of each ten is taken back (`Z`) and
decided again. A case counts as seen once its number stands on the page and all its pictures are loaded; only then the
next key is pressed. No person thinks here: the figure is what the page allows, and what it takes of each look.
"""

import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast

import typer
from pydantic import JsonValue
from rich.console import Console

from api.app import create_app
from benchmarks.report import Beginning, Report, at_least, at_most, spread, write_report
from benchmarks.telling import telling
from pipeline.system import System
from tests.api.fake_system import PASSWORDS, FakeSystem
from tests.api.film import SIZE_WH
from tests.api.serving import served

if TYPE_CHECKING:
    from playwright.sync_api import Page

CASES, QUICK_CASES = 60, 22
TAKEN_BACK_EACH = 10
FALSE_EACH = 3
GOAL_PER_MINUTE = 20.0
GOAL_NEXT_S = 1.0
"""Between a key and the whole next case; a person who waits longer notices it."""

DEFINITIONS = {
    "cases_per_minute": "decided cases over the wall time of the whole, taking back included",
    "next_s": "from the last key of a decision until the next case stands there with all its pictures loaded",
}
SEEN = """(seen) => document.querySelector(".case-head code")?.textContent !== seen
  && [...document.querySelectorAll(".evidence img")].length > 0
  && [...document.querySelectorAll(".evidence img")].every((image) => image.complete && image.naturalWidth > 0)"""
NUMBER = 'document.querySelector(".case-head code")?.textContent ?? ""'
LIMIT_S = 30.0
TICK_MS = 5

app = typer.Typer(add_completion=False)


def triage(page: "Page", count: int) -> list[float]:
    """Decide so many cases on a desk that shows one more at least; returns the seconds until each next one is there."""
    taken_s = []
    number = _next(page, "")
    for place in range(count):
        keys = ("x", "1") if place % FALSE_EACH == 0 else ("f",)
        began_s = _press(page, keys)
        following = _next(page, number)
        taken_s.append(time.monotonic() - began_s)
        if place % FALSE_EACH == 0 and place % TAKEN_BACK_EACH == 0:
            _press(page, ("z",))
            assert _next(page, following) == number, "the case that was taken back is not shown"
            _press(page, ("x", "1"))
            following = _next(page, number)
        number = following
    return taken_s


def run(page: "Page", count: int) -> Report:
    """Measure a triage of so many cases."""
    began = Beginning()
    start_s = time.monotonic()
    taken_s = triage(page, count)
    per_minute = 60.0 * count / (time.monotonic() - start_s)
    samples: list[dict[str, JsonValue]] = [{"next_s": round(each, 3)} for each in taken_s]
    found = spread(taken_s)
    return Report(
        name="triage",
        settings={"cases": count, "pictures_a_case": 4},
        definitions=DEFINITIONS,
        samples=samples,
        summary={
            "cases_per_minute": round(per_minute, 1),
            "next_s": {"median": round(found.median, 3), "maximum": round(found.maximum, 3)},
        },
        goals=[
            at_least("cases a minute by keys", GOAL_PER_MINUTE, round(per_minute, 1)),
            at_most("seconds until the next case is there, at the median", GOAL_NEXT_S, round(found.median, 3)),
        ],
        notes=[
            "a script presses the keys; a person's thinking comes on top",
            f"SQLite; pictures of {SIZE_WH[0]}x{SIZE_WH[1]}, drawn",
        ],
        began=began,
    )


@contextmanager
def desk(count: int, tell: Callable[[str], None]) -> Iterator["Page"]:
    """Serve so many candidates and one more, and open the desk that shows them."""
    from tests.api.browser import Visitor, chromium  # not needed to import the benchmark

    with tempfile.TemporaryDirectory() as folder:
        system = FakeSystem(Path(folder) / "data", {"gate-1": ("gate 1", None)})
        for place in range(count + 1):
            tell(f"case {place + 1} of {count + 1}")
            system.raise_case("gate-1", age_s=place)
        tell("opening the desk")
        with served(create_app(cast(System, system))) as address, chromium() as browser:
            visitor = Visitor(browser, address)
            visitor.sign_in("li", PASSWORDS["li"])
            visitor.go("cases")
            yield visitor.page
            visitor.context.close()
        system.stop()


def _press(page: "Page", keys: Sequence[str]) -> float:
    for key in keys:
        if key == "1":
            page.wait_for_selector("dialog")
        page.keyboard.press(key)
    return time.monotonic()


def _next(page: "Page", seen: str) -> str:
    """Return the number of the case that is there once it is another one than `seen`, whole."""
    deadline_s = time.monotonic() + LIMIT_S
    while not page.evaluate(SEEN, seen):
        assert time.monotonic() < deadline_s, f"no other case came after {seen}; the page says {_said(page)}"
        page.wait_for_timeout(TICK_MS)
    return str(page.evaluate(NUMBER))


def _said(page: "Page") -> list[str]:
    return page.locator(".toast").all_inner_texts()


@app.command()
def main(
    json: Annotated[Path | None, typer.Option("--json", help="where to write the result")] = None,
    quick: Annotated[bool, typer.Option("--quick", help="few cases")] = False,
) -> None:
    """Measure triage by keys."""
    count = QUICK_CASES if quick else CASES
    with telling("making cases") as tell, desk(count, tell) as page:
        tell("deciding")
        report = run(page, count)
    for goal in report.goals:
        Console().print(goal.told, highlight=False)
    if json:
        write_report(json, report)


if __name__ == "__main__":
    sys.exit(app())
