"""The case desk over HTTP: lights in lists, reminders, the board, codes, times of pictures, the map's ground."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from fastapi.testclient import TestClient

from api.app import create_app
from api.guards import CONTENT_POLICY
from cases.posts import Doer
from pipeline.map_settings import MapSettings
from tests.api.desk_town import TO_DISPATCH, dispatched, furnish, spotted
from tests.api.fake_system import FakeSystem

SignIn = Callable[[str], TestClient]


@pytest.fixture
def town(system: FakeSystem) -> FakeSystem:
    furnish(system)
    return system


def test_list_tells_lights_and_can_be_narrowed_by_them(as_person: SignIn, town: FakeSystem) -> None:
    late = dispatched(town, spotted(town, "late"), timedelta(hours=3))
    soon = dispatched(town, spotted(town, "soon"), timedelta(minutes=110))
    fresh = dispatched(town, spotted(town, "fresh"), timedelta())
    spotted(town, "waiting")
    page = as_person("wang")

    everything = {row["id"]: row["time"] for row in page.get("/api/cases").json()["cases"]}

    assert [everything[case.case_id]["light"] for case in (late, soon, fresh)] == ["red", "yellow", "green"]
    assert everything[late.case_id]["left_s"] == pytest.approx(-3600, abs=60)
    assert len([left for left in everything.values() if left is None]) == 1
    assert [row["id"] for row in page.get("/api/cases?soon=true").json()["cases"]] == [soon.case_id]
    assert page.get("/api/cases/reminders").json()["counts"] == {"due_soon": 1, "overdue": 1}
    assert page.get(f"/api/cases/{soon.case_id}").json()["case"]["time"]["light"] == "yellow"


def test_list_tells_where_cases_are(as_person: SignIn, town: FakeSystem) -> None:
    case = spotted(town, "e1")

    [row] = as_person("wang").get("/api/cases").json()["cases"]

    assert row["position"]["longitude"] == pytest.approx(case.spot.position.longitude if case.spot.position else None)


def test_board_tells_states_and_units_with_what_is_late(as_person: SignIn, town: FakeSystem) -> None:
    dispatched(town, spotted(town, "late"), timedelta(hours=3))
    dispatched(town, spotted(town, "fresh"), timedelta())
    spotted(town, "waiting")

    board = as_person("wang").get("/api/cases/board").json()

    assert board["by_unit"] == [
        {"unit": "盐湖区城管局", "open": 2, "overdue": 1},
        {"unit": "", "open": 1, "overdue": 0},
    ]
    assert (board["by_state"]["dispatched"], board["by_state"]["candidate"], board["overdue"]) == (2, 1, 1)


def test_code_tells_its_conditions_with_their_limits_in_both_languages(as_person: SignIn, town: FakeSystem) -> None:
    item = as_person("wang").get("/api/codes/0101").json()["item"]

    assert item["name"][1] == "Unauthorised structure"
    assert [each["number"] for each in item["conditions"]] == [1, 2]
    assert item["conditions"][1]["limit"][1] == "15 work days"


def test_code_of_an_older_table_has_nothing_to_tell(as_person: SignIn, town: FakeSystem) -> None:
    assert as_person("wang").get("/api/codes/9999").json() == {"item": None}


def test_pictures_tell_when_each_was_taken(as_person: SignIn, town: FakeSystem) -> None:
    case = spotted(town, "e1")

    files = as_person("wang").get(f"/api/cases/{case.case_id}/taken").json()["files"]

    assert [file["name"] for file in files][:2] == ["panorama-1.jpg", "panorama-2.jpg"]
    assert files[0]["captured_at"] < files[1]["captured_at"]


def test_map_has_the_bounds_of_the_city_and_fetches_no_tiles(as_person: SignIn, town: FakeSystem) -> None:
    answer = as_person("wang").get("/api/map").json()

    assert (answer["tiles"], answer["gcj02"]) == ("", False)
    assert answer["bounds"][:2] == pytest.approx([111.0, 35.0])


def test_grids_tell_their_responsibility_grid(as_person: SignIn, town: FakeSystem) -> None:
    box = {"west": 110.9, "south": 34.9, "east": 111.1, "north": 35.1}

    [feature, *_] = as_person("wang").get("/api/places/grids", params=box).json()["features"]

    assert (feature["properties"]["area_code"], feature["properties"]["area_name"]) == ("A0", "第1责任网格")


def test_page_may_show_pictures_from_where_tiles_come_and_from_nowhere_else(system: FakeSystem) -> None:
    tiles = MapSettings(tiles="https://tiles.city.lan:8443/{z}/{x}/{y}.png")
    system.settings = system.settings.model_copy(update={"map": tiles})

    with TestClient(create_app(system)) as visitor:
        policy = visitor.get("/").headers["content-security-policy"]

    assert "img-src 'self' blob: https://tiles.city.lan:8443;" in policy
    assert policy.replace(" https://tiles.city.lan:8443", "") == CONTENT_POLICY


def test_without_tiles_the_page_may_show_its_own_pictures_only(client: TestClient) -> None:
    assert client.get("/").headers["content-security-policy"] == CONTENT_POLICY


@pytest.mark.parametrize("path", ["cases/reminders", "cases/board", "codes/0406", "cases/x/taken", "map"])
def test_nobody_sees_the_desk_without_signing_in(client: TestClient, path: str) -> None:
    assert client.get(f"/api/{path}").status_code == 401


def test_stage_that_takes_too_long_is_late_for_whom_it_is_the_work(as_person: SignIn, town: FakeSystem) -> None:
    case, at = spotted(town, "e1"), datetime.now(UTC) - timedelta(minutes=20)
    for order in TO_DISPATCH[:3]:
        town.cases.decide(case.case_id, order, by=Doer("li"), at=at)
    operator = as_person("li")

    [row] = operator.get("/api/cases?overdue=true").json()["cases"]

    assert (row["id"], row["time"]["light"], row["due_at"], row["is_overdue"]) == (case.case_id, "red", None, False)
    assert datetime.fromisoformat(row["stage_due_at"]) == at + timedelta(minutes=15)
    assert operator.get("/api/cases/reminders").json()["counts"] == {"due_soon": 0, "overdue": 1}
    viewer = as_person("wang")
    assert viewer.get("/api/cases").json()["cases"][0]["time"]["light"] == "red"
    assert viewer.get("/api/cases?overdue=true").json()["cases"] == []
    assert viewer.get("/api/cases/reminders").json()["counts"] == {"due_soon": 0, "overdue": 0}
