"""Places over HTTP: of a case, of a part of the map, busy ones, permits."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient

from cases.coordinates import Position, gcj02_of
from cases.place_settings import PlaceSettings
from cases.records import Case
from cases.spots import Kinship, Proposal, Spot
from tests.api.fake_system import FakeSystem
from tests.cases.builders import NOON, new_case, pack_of
from tests.cases.city import at_m, city, code, written

SignIn = Callable[[str], TestClient]
PERMITS = """
[[permits]]
number = "夜市-001"
holder = "李"
codes = ["0406"]
grids = ["14080200100000"]
hours = ["18:00-02:00"]

[[controls]]
name = "庙会"
approver = "值班长"
districts = ["140802"]
last_day = 2026-11-30
"""


@pytest.fixture
def town(system: FakeSystem) -> FakeSystem:
    folder = system.settings.data
    (folder / "permits.toml").write_text(PERMITS, encoding="utf-8")
    (folder / "rules.csv").write_text("unit,district\n盐湖区,140802\n", encoding="utf-8")
    grids = written(folder / "grids.geojson", city())
    settings = PlaceSettings(grids=grids, dispatch=folder / "rules.csv", permits=(folder / "permits.toml",))
    system.places = system.places_of(settings)
    return system


def opened(system: FakeSystem, event_id: str, position: Position | None, **changes: Any) -> Case:
    spot = Spot() if position is None else system.places.map.spot(position, "人民路")
    return system.cases.open_case(new_case(event_id, spot=spot, **changes), pack_of(event_id))


def test_place_of_a_case_tells_grids_unit_findings_and_history(as_person: SignIn, town: FakeSystem) -> None:
    earlier = opened(town, "e1", at_m(20, 50), raised_at=NOON - timedelta(hours=3), code="0201")
    proposal = Proposal("盐湖区", Kinship.SAME, earlier.case_id, True, "came_back", 1)
    case = opened(town, "e2", at_m(30, 50, 4.0), raised_at=NOON + timedelta(hours=8), proposal=proposal)

    answer = as_person("wang").get(f"/api/cases/{case.case_id}/place").json()

    assert answer["position"]["longitude"] == pytest.approx(at_m(30, 50).longitude)
    assert answer["position"]["gcj02"] == pytest.approx(gcj02_of(at_m(30, 50).longitude, at_m(30, 50).latitude))
    assert (answer["grid"], answer["district"], answer["address"]) == (code(0, 0), "140802", "人民路")
    assert answer["proposal"]["kin_number"] == earlier.number
    assert (answer["proposal"]["kinship"], answer["proposal"]["why"]) == ("same", "came_back")
    assert answer["proposal"]["is_sure"]
    assert answer["rule"]["unit"] == "盐湖区"
    assert [permit["number"] for permit in answer["findings"]["permits"]] == ["夜市-001"]
    assert [control["approver"] for control in answer["findings"]["controls"]] == ["值班长"]
    assert answer["history"]["count"] == 1
    assert answer["history"]["newest"][0]["number"] == earlier.number


def test_case_without_a_place_says_so(as_person: SignIn, town: FakeSystem) -> None:
    case = opened(town, "e1", None)

    answer = as_person("wang").get(f"/api/cases/{case.case_id}/place").json()

    assert (answer["position"], answer["grid"], answer["rule"]) == (None, "", None)
    assert (answer["proposal"]["kinship"], answer["proposal"]["kin_number"], answer["proposal"]["before"]) == (
        None,
        "",
        0,
    )


def test_unknown_case_has_no_place(as_person: SignIn, town: FakeSystem) -> None:
    assert as_person("wang").get("/api/cases/nobody/place").status_code == 404


BOX = {"west": 110.9, "south": 34.9, "east": 111.1, "north": 35.1}


def test_grids_of_a_part_of_the_map_come_as_geojson(as_person: SignIn, town: FakeSystem) -> None:
    answer = as_person("wang").get("/api/places/grids", params=BOX).json()

    assert (answer["type"], len(answer["features"]), answer["is_whole"]) == ("FeatureCollection", 6, True)
    [feature] = [f for f in answer["features"] if f["properties"]["grid_code"] == code(0, 0)]
    assert feature["geometry"]["coordinates"][0][0][0] == [111.0, 35.0]


def test_grids_are_bounded_and_shifted_where_the_map_is(as_person: SignIn, town: FakeSystem) -> None:
    answer = as_person("wang").get("/api/places/grids", params={**BOX, "limit": 2, "gcj02": True}).json()

    assert (len(answer["features"]), answer["is_whole"]) == (2, False)
    corner = answer["features"][0]["geometry"]["coordinates"][0][0][0]
    assert corner == pytest.approx(gcj02_of(111.0, 35.0), abs=1e-6)


@pytest.mark.parametrize("change", [{"west": 112}, {"north": 91}, {"limit": 2001}, {"south": "x"}])
def test_impossible_box_is_refused(as_person: SignIn, town: FakeSystem, change: dict[str, object]) -> None:
    assert as_person("wang").get("/api/places/grids", params={**BOX, **change}).status_code in (400, 422)


def test_busy_places_come_with_their_codes_and_newest_case(as_person: SignIn, town: FakeSystem) -> None:
    for i in range(3):
        newest = opened(town, f"m{i}", at_m(30 + i, 50), raised_at=NOON + timedelta(minutes=i))
    opened(town, "lone", at_m(230, 50))
    span = {"begin": NOON.isoformat(), "end": (NOON + timedelta(days=1)).isoformat()}

    answer = as_person("wang").get("/api/places/busy", params=span).json()

    assert [(place["count"], place["codes"]) for place in answer["places"]] == [(3, {"0406": 3})]
    assert answer["places"][0]["newest"]["number"] == newest.number
    assert answer["is_whole"]
    of_component = as_person("wang").get("/api/places/busy", params={**span, "code": "B0101"})
    assert of_component.json() == {"places": [], "is_whole": True}


@pytest.mark.parametrize(
    "span",
    [
        {"begin": "2026-01-01T00:00:00Z", "end": "2026-12-01T00:00:00Z"},
        {"begin": "2026-02-01T00:00:00Z", "end": "2026-01-01T00:00:00Z"},
        {"begin": "2026-01-01T00:00:00", "end": "2026-01-02T00:00:00"},
    ],
)
def test_period_that_is_too_long_backward_or_without_an_offset_is_refused(
    as_person: SignIn, town: FakeSystem, span: dict[str, str]
) -> None:
    assert as_person("wang").get("/api/places/busy", params=span).status_code == 400


def test_permits_are_listed(as_person: SignIn, town: FakeSystem) -> None:
    answer = as_person("wang").get("/api/places/permits").json()

    assert [permit["when"]["hours"] for permit in answer["permits"]] == [[[1080, 120]]]
    assert [control["when"]["last_day"] for control in answer["controls"]] == ["2026-11-30"]


@pytest.mark.parametrize("path", ["cases/x/place", "places/busy", "places/grids", "places/permits"])
def test_nobody_sees_places_without_signing_in(client: TestClient, path: str) -> None:
    span = {"begin": datetime(2026, 1, 1, tzinfo=UTC).isoformat(), "end": datetime(2026, 1, 2, tzinfo=UTC).isoformat()}

    assert client.get(f"/api/{path}", params={**BOX, **span}).status_code == 401
