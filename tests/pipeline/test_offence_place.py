"""Names and rule of an offence: as they were when it was judged, never those of a later edit."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from cases.code_files import bundled_table
from cases.errors import KindWithoutItemError
from cases.packs import Why
from detectors.catalog import ZoneSettings
from pipeline.camera_settings import CameraEntry
from pipeline.offence_place import WHOLE, place_of, require_items
from pipeline.site import Site
from tests.pipeline.fakes import event

CORNERS = ((0.1, 0.1), (0.9, 0.1), (0.9, 0.9))


def site(folder: Path) -> Site:
    zones = {"zones": [{"id": "kerb", "name": "Kerb", "polygon": CORNERS, "rule": {"kind": "parking", "limit_s": 60}}]}
    (folder / "zones.json").write_text(json.dumps(zones), encoding="utf-8")
    camera = CameraEntry(id="gate", name="Gate", url="rtsp://192.0.2.1/x", zones=folder / "zones.json")
    return Site(folder / "data", [camera])


def test_rule_is_told_whole_with_every_threshold(tmp_path: Path) -> None:
    place = place_of(event(), site(tmp_path), bundled_table())

    assert place.rule is not None
    assert (place.rule["kind"], place.rule["limit_s"], place.rule["min_score"]) == ("parking", 60.0, 0.3)
    assert (place.camera_name, place.zone.polygon) == ("Gate", CORNERS)


def test_rule_of_a_zone_that_was_changed_since_is_not_passed_off_as_the_one_that_judged(tmp_path: Path) -> None:
    judged_by_the_next = replace(event(), zone_version=2)

    assert place_of(judged_by_the_next, site(tmp_path), bundled_table()).rule is None


def test_zone_or_camera_that_is_gone_leaves_its_id(tmp_path: Path) -> None:
    gone = place_of(replace(event(), zone_id="wall"), site(tmp_path), bundled_table())
    nowhere = place_of(replace(event(), camera_id="none"), site(tmp_path), bundled_table())

    assert (gone.zone.name, gone.zone.polygon, gone.rule) == ("wall", WHOLE, None)
    assert (nowhere.camera_name, nowhere.rule) == ("none", None)


def test_preset_is_the_view_that_the_zone_is_drawn_in(tmp_path: Path) -> None:
    known = site(tmp_path)
    assert place_of(event(), known, bundled_table()).preset is Why.ONE_VIEW
    views = [{"id": "kerb", "name": "Kerb", "token": "3"}, {"id": "wall"}]
    turning = CameraEntry.model_validate(known.camera("gate").model_dump() | {"id": "yard", "views": views})
    known.add(turning)
    in_yard = replace(event(), camera_id="yard")
    assert place_of(in_yard, known, bundled_table()).preset == "Kerb (kerb), ONVIF 3"
    known.save_zones("yard", [zone.model_copy(update={"view": "wall"}) for zone in known.zones("yard")])
    assert place_of(in_yard, known, bundled_table()).preset is Why.ZONE_CHANGED
    assert place_of(replace(in_yard, zone_version=2), known, bundled_table()).preset == "wall"


def test_zone_whose_cases_would_have_no_item_in_the_table_is_refused() -> None:
    zone = ZoneSettings.model_validate({"id": "pavement", "polygon": CORNERS, "rule": {"kind": "goods"}})
    table = bundled_table()
    require_items([zone], table)
    kinds = {kind: code for kind, code in table.kinds.items() if kind != "goods"}
    with pytest.raises(KindWithoutItemError, match="no item for events of kind 'goods'"):
        require_items([zone], replace(table, kinds=kinds))


def test_fire_lane_is_called_by_its_own_item_on_the_pictures(tmp_path: Path) -> None:
    place = place_of(replace(event(), offence="fire_lane"), site(tmp_path), bundled_table())
    assert place.offence.startswith("0496 ")
