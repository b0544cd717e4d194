"""Triage by keys in a real browser: every case is decided as its key says, and what was taken back is decided anew."""

import json
from pathlib import Path

import pytest

pytest.importorskip("playwright.sync_api", reason="playwright is not installed: pip install -e .[dev]")

from playwright.sync_api import Browser

from api.app import create_app
from benchmarks.report import Report, write_report
from benchmarks.triage import FALSE_EACH, run
from cases.states import CaseState
from tests.api.browser import Visitor, chromium
from tests.api.fake_system import PASSWORDS, FakeSystem
from tests.api.serving import served

pytestmark = pytest.mark.e2e
COUNT = 21


def test_more_than_twenty_cases_are_triaged_by_keys_alone(tmp_path: Path) -> None:
    system = FakeSystem(tmp_path / "data", {"gate-1": ("人民路东口", None)})
    cases = [system.raise_case("gate-1", age_s=age) for age in range(COUNT + 1)]
    with served(create_app(system)) as address, chromium() as browser:
        report = triaged(browser, address)

    states = [system.cases.get(case.case_id).state for case in cases]
    system.stop()
    wanted = [CaseState.FILED if place % FALSE_EACH else CaseState.DISMISSED for place in range(COUNT)]
    assert states == [*wanted, CaseState.CANDIDATE]
    write_report(tmp_path / "triage.json", report)
    written = json.loads((tmp_path / "triage.json").read_text(encoding="utf-8"))
    assert len(written["samples"]) == COUNT
    assert written["summary"]["cases_per_minute"] > 0


def triaged(browser: Browser, address: str) -> Report:
    visitor = Visitor(browser, address)
    visitor.sign_in("li", PASSWORDS["li"])
    visitor.go("cases")
    report = run(visitor.page, COUNT)
    assert visitor.complaints == []
    visitor.context.close()
    return report
