"""The whole without its page: what cannot be done leaves nothing half done."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cases.evidence_errors import SigningKeyError
from cases.signing import load_signing_key
from detectors.catalog import ZoneSettings
from pipeline.camera_settings import CameraEntry, GroundSettings
from pipeline.errors import SettingsError
from pipeline.settings import EvidenceSettings, Settings
from pipeline.system import System
from pipeline.watch import CameraWatch
from streams.opening import Openers
from tests.pipeline.fakes import event, facts, part
from vision.detections import Detections
from vision.frames import Frame
from vision.ground_plane import GroundPlane


class SeesNothing:
    def detect(self, frames: Sequence[Frame]) -> list[Detections]:
        return [Detections.empty() for _ in frames]


def new_system(data: Path, keys: Path | None = None) -> System:
    settings = Settings(data=data, evidence=EvidenceSettings(keys=keys))
    return System(settings, Openers(), model=SeesNothing())


@pytest.fixture
def system(tmp_path: Path) -> Iterator[System]:
    made = new_system(tmp_path)
    made.start()
    yield made
    made.stop()


def test_camera_that_cannot_be_watched_is_not_kept(system: System) -> None:
    unopened = CameraEntry(id="gate", url="synthetic://street")
    with pytest.raises(ValueError, match="known are"):
        system.add_camera(unopened)
    assert system.cameras() == ()
    system.add_camera(CameraEntry(id="gate", url="file:///nowhere/there-is-none.mp4"))
    assert [camera.camera_id for camera in system.cameras()] == ["gate"]


def test_camera_that_cannot_be_watched_does_not_stop_the_next_start(tmp_path: Path) -> None:
    system = new_system(tmp_path)
    system.start()
    with pytest.raises(ValueError, match="known are"):
        system.add_camera(CameraEntry(id="gate", url="synthetic://street"))
    system.stop()
    again = new_system(tmp_path)
    again.start()
    assert again.cameras() == ()
    again.stop()


def test_camera_is_watched_with_the_plane_of_its_ground(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    given: dict[str, GroundPlane | None] = {}

    def watch(camera_id: str, zones: Sequence[ZoneSettings], **more: Any) -> CameraWatch:
        given[camera_id] = more["ground"]
        return CameraWatch(camera_id, zones, **more)

    monkeypatch.setattr("pipeline.open_watch.CameraWatch", watch)
    ground = GroundSettings(
        corners=((0.2, 0.9), (0.8, 0.9), (0.6, 0.4), (0.4, 0.4)), metres=((0, 0), (7, 0), (7, 40), (0, 40))
    )
    nowhere = "file:///nowhere/there-is-none.mp4"
    system = System(Settings(data=tmp_path), Openers(), model=SeesNothing())
    system.start()
    system.add_camera(CameraEntry(id="gate", url=nowhere, ground=ground))
    system.add_camera(CameraEntry(id="yard", url=nowhere))
    system.stop()
    plane = given["gate"]
    assert plane is not None
    assert plane.metres(np.array([[0.6, 0.4]], np.float32), (1, 1)) == pytest.approx(np.array([[7, 40]]), abs=0.01)
    assert given["yard"] is None


def test_evidence_of_the_service_is_signed_by_a_key_outside_the_data_folder(tmp_path: Path) -> None:
    system = new_system(tmp_path / "data", tmp_path / "keys")
    pack = system.evidence.write_pack("case-1", [part()], facts(event()))
    system.stop()
    assert pack.manifest.signed_by == load_signing_key(tmp_path / "keys").public.fingerprint
    assert (system.evidence.root / pack.folder / "manifest.sig").stat().st_size == 64
    assert not list((tmp_path / "data").rglob("evidence.key"))


def test_new_key_after_a_lost_one_is_told_on_the_health_page_until_the_next_start(tmp_path: Path) -> None:
    def told() -> list[str]:
        system = new_system(tmp_path / "data", tmp_path / "keys")
        try:
            return [problem.code for problem in system.health().problems if problem.code == "new_signing_key"]
        finally:
            system.stop()

    assert told() == []
    (tmp_path / "keys" / "evidence.key").unlink()
    assert told() == ["new_signing_key"]
    assert told() == []


def test_damaged_key_stops_the_start(tmp_path: Path) -> None:
    new_system(tmp_path / "data", tmp_path / "keys").stop()
    (tmp_path / "keys" / "evidence.key").write_text("x")
    with pytest.raises(SigningKeyError, match="is damaged"):
        new_system(tmp_path / "data", tmp_path / "keys")


def test_key_in_the_data_folder_stops_the_start(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="who could alter evidence could sign it anew"):
        new_system(tmp_path, tmp_path / "keys")
