"""The demo as a new user runs it, from the command line to the summary."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from cases.packs import sha256_hex

pytestmark = pytest.mark.e2e

SECONDS = 150


@pytest.fixture(scope="module")
def summary(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("demo")
    words = ["demo", "--no-browser", "--port", "0", "--exit-after", str(SECONDS), "--summary", "summary.json"]
    command = [sys.executable, "-c", "from api.cli import main; main()", *words]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=SECONDS + 240)
    assert done.returncode == 0, done.stderr[-4000:]
    assert "Traceback" not in done.stderr
    told: dict[str, Any] = json.loads((folder / "summary.json").read_text(encoding="utf-8"))
    return told


def cases_at(summary: dict[str, Any], camera: str) -> list[dict[str, Any]]:
    return [case for case in summary["cases"] if case["camera"] == camera]


def test_parked_car_that_ignores_the_warnings_is_filed(summary: dict[str, Any]) -> None:
    [case] = cases_at(summary, "parking")
    assert (case["kind"], case["state"]) == ("parking", "filed")
    assert [warning["ok"] for warning in case["warnings"]] == [True, True]


def test_vendor_who_packs_up_is_recorded_as_resolved_by_the_warning(summary: dict[str, Any]) -> None:
    [case] = cases_at(summary, "vending")
    assert (case["kind"], case["state"]) == ("vending", "resolved")
    assert any(warning["ok"] for warning in case["warnings"])


def test_both_flyers_become_cases(summary: dict[str, Any]) -> None:
    assert [case["kind"] for case in cases_at(summary, "flyers")] == ["flyers", "flyers"]


def test_nothing_is_filed_on_the_quiet_street(summary: dict[str, Any]) -> None:
    assert cases_at(summary, "quiet") == []


def test_every_evidence_file_is_there_and_is_what_its_hash_says(summary: dict[str, Any]) -> None:
    root = Path(summary["evidence_folder"])
    files = [file for case in summary["cases"] for file in case["evidence"]]
    assert len(files) > 10
    assert all(sha256_hex((root / file["path"]).read_bytes()) == file["sha256"] for file in files)


def test_every_warning_names_a_wav_file_where_there_is_no_sound_card(summary: dict[str, Any]) -> None:
    warnings = [warning for case in summary["cases"] for warning in case["warnings"] if warning["ok"]]
    assert all(warning["codec"].startswith("pcm") for warning in warnings)
    assert all(Path(warning["file"]).is_file() for warning in warnings if warning["file"])


def test_every_frame_is_looked_at_or_dropped_with_a_cause(summary: dict[str, Any]) -> None:
    for camera in summary["cameras"]:
        accounted = camera["looked"] + sum(camera["dropped"].values()) + camera["waiting"]
        assert (camera["state"], camera["offered"]) == ("live", accounted)
        assert camera["looked"] > 0
