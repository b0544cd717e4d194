"""What was read on cases: who sees it, who finds what by it, and whether a view sees A4."""

from collections.abc import Callable
from typing import Any

import pytest
from fastapi.testclient import TestClient

from cases.readings import Reading, ReadingKind, Readings, text_reading
from cases.states import Action
from tests.api.fake_system import FakeSystem

SignIn = Callable[[str], TestClient]
NUMBER = Reading(ReadingKind.MOBILE, "13812345678", "13812345678", 0.97)
PLATE = Reading(ReadingKind.PLATE, "晋M12345", "晋M12345", 0.6)


def readings(client: TestClient, case_id: str) -> dict[str, Any]:
    answer = client.get(f"/api/cases/{case_id}/readings")
    assert answer.status_code == 200, answer.text
    return answer.json()


def listed(client: TestClient, **query: str) -> set[str]:
    answer = client.get("/api/cases", params=query)
    assert answer.status_code == 200, answer.text
    return {case["id"] for case in answer.json()["cases"]}


def test_case_tells_what_was_read_and_which_cases_share_it(as_person: SignIn, system: FakeSystem) -> None:
    case, other = system.raise_case("gate-1"), system.raise_case("gate-1")
    kept = Readings(system.cases.database)
    kept.note(case.case_id, (NUMBER, text_reading("专业办证", 0.8)))
    kept.note(other.case_id, (NUMBER,))

    told = readings(as_person("li"), case.case_id)

    assert [(r["kind"], r["shown"], r["is_sure"]) for r in told["readings"]] == [
        ("mobile", "13812345678", True),
        ("text", "专业办证", False),
    ]
    assert [(a["id"], a["number"], a["value"]) for a in told["alike"]] == [(other.case_id, other.number, "13812345678")]
    assert told["plates_hidden"] is False


def test_plate_is_told_to_who_may_see_the_originals_only(as_person: SignIn, system: FakeSystem) -> None:
    case, other = system.raise_case("gate-1"), system.raise_case("gate-1")
    kept = Readings(system.cases.database)
    for each in (case, other):
        kept.note(each.case_id, (PLATE,))
    viewer = as_person("wang")
    assert readings(viewer, case.case_id) == {"readings": [], "alike": [], "plates_hidden": True}
    operator = as_person("li")
    assert [r["shown"] for r in readings(operator, case.case_id)["readings"]] == ["晋M12345"]

    for action in (Action.CONFIRM, Action.FILE):
        system.act(case.case_id, action, actor="li", reason="")
    assert readings(operator, case.case_id)["plates_hidden"] is True
    operator.post(f"/api/cases/{case.case_id}/views", json={"reason": "appeal 12"})
    assert [r["shown"] for r in readings(operator, case.case_id)["readings"]] == ["晋M12345"]


def test_cases_are_found_by_what_was_read_also_from_the_search(as_person: SignIn, system: FakeSystem) -> None:
    case, _ = system.raise_case("gate-1"), system.raise_case("gate-1")
    Readings(system.cases.database).note(case.case_id, (NUMBER, PLATE))
    operator = as_person("li")
    assert listed(operator, reading="13812345678") == {case.case_id}
    assert listed(operator, text="晋M·12345") == {case.case_id}
    viewer = as_person("wang")
    assert listed(viewer, text="138 1234 5678") == {case.case_id}
    assert listed(viewer, reading="晋M12345") == set()


@pytest.mark.parametrize("reading", ["12", "market"])
def test_what_nothing_is_found_by_is_said(as_person: SignIn, reading: str) -> None:
    answer = as_person("li").get("/api/cases", params={"reading": reading})
    assert answer.status_code == 400
    assert "no telephone number" in answer.json()["error"]["message"]


def test_camera_tells_whether_a4_is_seen_on_each_of_its_surfaces(as_person: SignIn, system: FakeSystem) -> None:
    corners = [[0.1, 0.1], [0.9, 0.1], [0.9, 0.9], [0.1, 0.9]]
    sizes: list[dict[str, float]] = [{}, {"surface_width_m": 2.0, "surface_height_m": 1.1}]
    sizes.append({"surface_width_m": 60.0, "surface_height_m": 33.0})
    rules = [{"kind": "flyers", **told} for told in sizes]
    zones = [{"id": f"wall-{n}", "polygon": corners, "rule": rule} for n, rule in enumerate(rules)]
    operator = as_person("li")
    assert operator.put("/api/cameras/gate-1/zones", json={"zones": zones}).status_code == 200

    sheets = operator.get("/api/cameras/gate-1").json()["sheets"]

    assert [sheet["zone_id"] for sheet in sheets] == ["wall-0", "wall-1", "wall-2"]
    assert [sheet["sight"] for sheet in sheets][::2] == ["unknown", "too_small"]
    assert sheets[1]["sight"] in ("seen", "read")
    assert sheets[1]["px_per_m"] > 100
