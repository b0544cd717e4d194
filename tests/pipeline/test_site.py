import json
import stat
from pathlib import Path

import pytest

from detectors.catalog import ZoneSettings
from detectors.errors import DetectorError
from pipeline.errors import DuplicateCameraError, SettingsError, UnknownCameraError
from pipeline.settings import CameraEntry
from pipeline.site import Site

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


def test_only_a_zone_that_changed_counts_its_version_up(tmp_path: Path) -> None:
    site = Site(tmp_path, [GATE])
    site.save_zones("gate", [zone("a"), zone("b")])
    site.save_zones("gate", [zone("a"), zone("b", limit_s=90)])
    assert [z.version for z in Site(tmp_path, [GATE]).zones("gate")] == [1, 2]


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
    with pytest.raises(SettingsError, match=r"cameras\.json was damaged"):
        Site(tmp_path, [])


def test_damaged_zones_file_is_named_at_start(tmp_path: Path) -> None:
    Site(tmp_path, [GATE]).save_zones("gate", [zone()])
    (tmp_path / "zones" / "gate.json").write_text("{", encoding="utf-8")
    with pytest.raises(DetectorError, match=r"gate\.json"):
        Site(tmp_path, [GATE])
