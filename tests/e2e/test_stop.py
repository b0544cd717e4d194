"""A stop in the middle of a case: what was to come is taken, said again or marked, and the next start goes on."""

import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest

from cases.evidence import EvidenceStore
from cases.evidence_errors import EvidenceWriteError
from cases.records import Case
from cases.states import CaseState
from pipeline.settings import Settings, load_settings
from pipeline.system import System
from streams.opening import Openers
from tests.broadcast.fake_rtsp import FakeRtspServer
from tests.e2e.service import Service, write_settings, write_street, write_zones
from tests.e2e.sites import cases_of, running, until

pytestmark = pytest.mark.e2e


@pytest.fixture
def horn() -> Iterator[FakeRtspServer]:
    with FakeRtspServer() as server:
        yield server


@pytest.fixture
def settings(tmp_path: Path, horn: FakeRtspServer) -> Settings:
    """Return settings of a camera that sees a parked car for ever, whose case has one panorama at first."""
    street = write_street(tmp_path / "street.mp4")
    zones = str(write_zones(tmp_path / "zones.json", limit_s=2))
    return load_settings(
        write_settings(
            tmp_path,
            broadcast={"ladder": {"wait_s": 3600}, "horns": [{"id": "h", "url": horn.url, "quiet_hours": []}]},
            cameras=[{"id": "gate", "url": f"file://{street}?loop=1", "zones": zones, "horn": "h"}],
        )
    )


def the_case(system: System) -> Case:
    [case] = cases_of(system, "gate")
    return case


def names(case: Case) -> list[str]:
    return [file.name for file in case.files]


def panoramas_taken(settings: Settings, case: Case) -> list[datetime]:
    """Return when each panorama was taken, by the manifests; a case's row tells only when a pack's main picture was."""
    folders = {(settings.data / "evidence" / file.path).parent for file in case.files}
    files = [file for folder in folders for file in json.loads((folder / "manifest.json").read_bytes())["files"]]
    return sorted(datetime.fromisoformat(file["taken"]["captured_at"]) for file in files if file["role"] == "panorama")


def test_case_that_a_stop_overtakes_has_its_clip_and_gets_its_second_panorama(settings: Settings) -> None:
    with running(settings) as system:
        until(lambda: cases_of(system, "gate") != (), "a case")
    with running(settings) as system:
        assert "clip.mp4" in names(the_case(system))
        assert "clip_too_short" in the_case(system).incomplete
        until(lambda: "panorama-2.jpg" in names(the_case(system)), "the second panorama")
        first, second = panoramas_taken(settings, the_case(system))
        assert (second - first).total_seconds() >= 10
        assert system.evidence.verify(the_case(system).case_id, the_case(system).manifests).problems == ()


def test_case_that_a_full_disk_held_back_until_the_stop_is_made_after_it(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise EvidenceWriteError("evidence: the disk is full; make room there")

    with monkeypatch.context() as disk:
        disk.setattr(EvidenceStore, "write_pack", full)
        with running(settings) as system:
            until(lambda: system.health().evidence_held_back > 0, "the case is held back")
        assert cases_of(System(settings, Openers()), "gate") == ()
    with running(settings) as system:
        until(lambda: cases_of(system, "gate") != (), "the case")
        until(lambda: "panorama-2.jpg" in names(the_case(system)), "the second panorama")
        assert names(the_case(system)).count("panorama-2.jpg") == 1


def test_warning_that_a_stop_cuts_off_is_kept_and_said_again(settings: Settings, horn: FakeRtspServer) -> None:
    with running(settings) as system:
        until(lambda: any(request.startswith("PLAY ") for request in horn.requests), "the warning begins")
    with running(settings) as system:
        until(lambda: the_case(system).state is CaseState.WARNED, "the whole warning")
        cut_off, whole = the_case(system).warnings
        assert (cut_off.ok, whole.ok) == (False, True)
        assert "the program stopped" in cut_off.detail


def test_service_that_a_service_manager_ends_stops_in_order(tmp_path: Path) -> None:
    street = write_street(tmp_path / "street.mp4")
    cameras = [
        {"id": "gate", "url": f"file://{street}?loop=1", "zones": str(write_zones(tmp_path / "zones.json", limit_s=2))}
    ]
    service = Service(write_settings(tmp_path, cameras=cameras, evidence={"keys": str(tmp_path / "keys")}))
    try:
        service.sign_in()
        until(lambda: service.cases() != [], "a case")
    finally:
        status = service.stop()

    assert status == 0
    [clip] = (tmp_path / "data" / "evidence").rglob("clip.mp4")
    assert clip.stat().st_size > 0
