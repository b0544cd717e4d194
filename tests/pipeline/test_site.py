"""Cameras of a site: added, changed and removed on the page, kept over restarts."""

import json
import stat
from pathlib import Path

import pytest

from detectors.catalog import ZoneSettings
from detectors.errors import DetectorError
from pipeline.camera_settings import CameraEntry
from pipeline.errors import DuplicateCameraError, SettingsError
from pipeline.site import Site
from streams.errors import UnknownCameraError

GATE = CameraEntry(id="gate", url="rtsp://u:sesame@192.0.2.1/x")
YARD = CameraEntry(id="yard", url="rtsp://192.0.2.2/x")


def zone(zone_id: str = "kerb", limit_s: float = 60) -> ZoneSettings:
    return ZoneSettings.model_validate(
        {"id": zone_id, "polygon": [[0, 0], [1, 0], [1, 1]], "rule": {"kind": "parking", "limit_s": limit_s}}
    )


def test_camera_added_on_the_page_is_there_after_a_restart(tmp_path: Path) -> None:
    Site(tmp_path, [GATE]).add(YARD)
    assert Site(tmp_path, [GATE]).cameras() == (GATE, YARD)


def test_configured_camera_that_was_removed_stays_away_until_it_is_added_again(tmp_path: Path) -> None:
    Site(tmp_path, [GATE]).remove("gate")
    site = Site(tmp_path, [GATE])
    assert site.cameras() == ()
    site.add(GATE)
    assert Site(tmp_path, []).cameras() == (GATE,)


def test_second_camera_of_an_id_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DuplicateCameraError, match="gate"):
        Site(tmp_path, [GATE]).add(GATE)


def test_unknown_camera_is_named(tmp_path: Path) -> None:
    with pytest.raises(UnknownCameraError, match="nobody"):
        Site(tmp_path, [GATE]).zones("nobody")


def test_file_with_urls_is_for_the_owner_only(tmp_path: Path) -> None:
    Site(tmp_path, []).add(GATE)
    assert stat.S_IMODE((tmp_path / "cameras.json").stat().st_mode) == 0o600


def test_password_of_the_environment_is_in_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GATE_PASSWORD", "sesame")
    Site(tmp_path, []).add(CameraEntry(id="gate", url="rtsp://u:${GATE_PASSWORD}@192.0.2.1/x"))
    assert "sesame" not in (tmp_path / "cameras.json").read_text(encoding="utf-8")
    assert Site(tmp_path, []).camera("gate").address == "rtsp://u:sesame@192.0.2.1/x"


def test_password_that_looks_like_a_name_is_taken_as_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GATE_PASSWORD", "a${NOBODY}b")
    Site(tmp_path, []).add(CameraEntry(id="gate", url="rtsp://u:${GATE_PASSWORD}@192.0.2.1/x"))
    assert Site(tmp_path, []).camera("gate").address == "rtsp://u:a${NOBODY}b@192.0.2.1/x"


def test_missing_name_of_the_environment_is_said_at_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GATE_PASSWORD", "sesame")
    Site(tmp_path, []).add(CameraEntry(id="gate", url="rtsp://u:${GATE_PASSWORD}@192.0.2.1/x"))
    monkeypatch.delenv("GATE_PASSWORD")
    with pytest.raises(SettingsError, match="the environment variable GATE_PASSWORD is not set"):
        Site(tmp_path, [])


def test_only_a_zone_that_changed_counts_its_version_up(tmp_path: Path) -> None:
    site = Site(tmp_path, [GATE])
    site.save_zones("gate", [zone("a"), zone("b")])
    site.save_zones("gate", [zone("a"), zone("b", limit_s=90)])
    assert [z.version for z in Site(tmp_path, [GATE]).zones("gate")] == [1, 2]


def test_deleted_zones_id_goes_on_behind_the_version_that_evidence_may_name(tmp_path: Path) -> None:
    site = Site(tmp_path, [GATE])
    site.save_zones("gate", [zone("zone-1")])
    site.save_zones("gate", [zone("zone-1", limit_s=90)])
    site.save_zones("gate", [])
    assert [z.version for z in Site(tmp_path, [GATE]).save_zones("gate", [zone("zone-1")])] == [3]


def test_removed_cameras_zone_goes_on_behind_the_version_that_evidence_may_name(tmp_path: Path) -> None:
    site = Site(tmp_path, [GATE])
    site.save_zones("gate", [zone("zone-1")])
    site.remove("gate")
    site.add(GATE)
    assert [z.version for z in Site(tmp_path, []).save_zones("gate", [zone("zone-1")])] == [2]


def test_zone_of_the_settings_file_counts_although_it_was_never_saved(tmp_path: Path) -> None:
    configured = tmp_path / "zones.json"
    configured.write_text(json.dumps({"zones": [zone("zone-1").model_dump(mode="json")]}), encoding="utf-8")
    site = Site(tmp_path / "data", [GATE.model_copy(update={"zones": configured})])
    site.save_zones("gate", [])
    assert [z.version for z in site.save_zones("gate", [zone("zone-1")])] == [2]


def test_zones_of_a_camera_that_was_just_removed_are_not_kept(tmp_path: Path) -> None:
    site = Site(tmp_path, [GATE])
    site.remove("gate")
    with pytest.raises(UnknownCameraError):
        site.save_zones("gate", [zone()])
    assert list((tmp_path / "zones").iterdir()) == []


def test_camera_of_the_page_that_was_removed_may_come_by_the_settings_file_later(tmp_path: Path) -> None:
    site = Site(tmp_path, [])
    site.add(GATE)
    site.remove("gate")
    assert Site(tmp_path, [GATE]).cameras() == (GATE,)


def test_edited_zones_go_before_those_of_the_settings_file(tmp_path: Path) -> None:
    configured = tmp_path / "zones.json"
    configured.write_text(json.dumps({"zones": [zone("from-file").model_dump(mode="json")]}), encoding="utf-8")
    entry = GATE.model_copy(update={"zones": configured})
    site = Site(tmp_path / "data", [entry])
    assert [z.id for z in site.zones("gate")] == ["from-file"]
    site.save_zones("gate", [zone("drawn")])
    assert [z.id for z in Site(tmp_path / "data", [entry]).zones("gate")] == ["drawn"]


def test_damaged_cameras_file_is_named(tmp_path: Path) -> None:
    Site(tmp_path, []).add(GATE)
    (tmp_path / "cameras.json").write_text('{"added": 5}', encoding="utf-8")
    with pytest.raises(SettingsError, match=r"cameras\.json cannot be used"):
        Site(tmp_path, [])


def test_damaged_zones_file_is_named_at_start(tmp_path: Path) -> None:
    Site(tmp_path, [GATE]).save_zones("gate", [zone()])
    (tmp_path / "zones" / "gate.json").write_text("{", encoding="utf-8")
    with pytest.raises(DetectorError, match=r"gate\.json"):
        Site(tmp_path, [GATE])
