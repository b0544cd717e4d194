"""Zones files: what is wrong is said in one sentence that names the file, the zone and the key."""

import json
from pathlib import Path
from typing import Any

import pytest

from detectors.catalog import load_zones, make_detector, surfaces, unknown_zones
from detectors.errors import ZonesFileError

SQUARE = [[0.1, 0.1], [0.9, 0.1], [0.9, 0.9]]


def entry(**changes: Any) -> dict[str, Any]:
    return {"id": "gate", "name": "东门", "polygon": SQUARE, "rule": {"kind": "parking"}} | changes


def written(tmp_path: Path, content: object) -> Path:
    path = tmp_path / "zones.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return path


def complaint(path: Path) -> str:
    with pytest.raises(ZonesFileError) as caught:
        load_zones(path)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_zones_of_all_kinds_are_read_and_get_their_detectors(tmp_path: Path) -> None:
    kinds = ["parking", "vending", "spillover", "flyers"]
    path = written(tmp_path, {"zones": [entry(id=kind, rule={"kind": kind}) for kind in kinds]})
    zones = load_zones(path)
    assert [make_detector("gate", zone).zone.zone_id for zone in zones] == kinds
    assert [zone.zone_id for zone in surfaces(zones)] == ["flyers"]
    assert [zone.zone_id for zone in unknown_zones(zones)] == ["vending", "spillover"]


def test_missing_file_is_named(tmp_path: Path) -> None:
    assert "nowhere.json cannot be read: No such file" in complaint(tmp_path / "nowhere.json")


def test_text_that_is_no_json_is_named_with_its_line(tmp_path: Path) -> None:
    assert "is no JSON" in complaint(written(tmp_path, '{\n"zones": oops}'))
    assert "line 2" in complaint(written(tmp_path, '{\n"zones": oops}'))


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"polygon": SQUARE[:2]}, "has 2 corners"),
        ({"polygon": [[0.1, 0.1], [1.2, 0.1], [0.9, 0.9]]}, "leaves the picture at (1.2, 0.1)"),
        ({"rule": {"kind": "littering"}}, "no rule of kind 'littering'"),
        ({"rule": {"kind": "parking", "limits": 5}}, "rule.limits: there is no such key"),
        ({"rule": {"kind": "spillover", "door": [[0.1, 0.1]]}}, "a door line has at least two points"),
        ({"rule": {"kind": "parking", "limit_s": -5}}, "rule.limit_s: write a number of 1 or more"),
        ({"colour": "red"}, "colour: there is no such key"),
        ({"rule": {"kind": "parking", "hours": [{"begin": "7 Uhr", "end": "20:00"}]}}, "'7 Uhr' is no time of day"),
    ],
)
def test_wrong_zone_is_named_with_its_key(tmp_path: Path, changes: dict[str, Any], expected: str) -> None:
    said = complaint(written(tmp_path, {"zones": [entry(id="yard"), entry(**changes)]}))
    assert "zone 'gate' (number 2)" in said
    assert expected in said


def test_two_zones_of_one_id_are_refused(tmp_path: Path) -> None:
    assert "'gate' stands for more than one zone" in complaint(written(tmp_path, {"zones": [entry(), entry()]}))


def test_list_instead_of_an_object_is_refused(tmp_path: Path) -> None:
    assert "zones.json" in complaint(written(tmp_path, []))


def test_detector_refuses_the_state_of_another_kind(tmp_path: Path) -> None:
    zones = load_zones(written(tmp_path, {"zones": [entry(), entry(id="b", rule={"kind": "vending"})]}))
    parking, vending = (make_detector("gate", zone) for zone in zones)
    with pytest.raises(ValueError, match="kind"):
        vending.restore(parking.checkpoint())
