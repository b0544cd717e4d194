"""Cameras, zones, horns, health: what is answered, and to whom."""

from collections.abc import Callable
from typing import Any

import pytest
from fastapi.testclient import TestClient

from detectors.catalog import RULES
from pipeline.views import ViewOfCamera
from tests.api.fake_system import PARKING_ZONE, FakeSystem

SignIn = Callable[[str], TestClient]
ZONE: dict[str, Any] = PARKING_ZONE.model_dump(mode="json")

READS = [
    "/api/cameras",
    "/api/cameras/gate-1",
    "/api/cameras/gate-1/still.jpg",
    "/api/cameras/gate-1/zones",
    "/api/cameras/gate-1/recordings",
    "/api/rules",
    "/api/cases",
    "/api/cases/counts",
    "/api/horns",
    "/api/health",
    "/api/site",
    "/openapi.json",
]
WRITES: list[tuple[str, str, str, dict[str, Any]]] = [
    ("operator", "PUT", "/api/cameras/gate-1/zones", {"zones": []}),
    ("operator", "PUT", "/api/cameras/gate-1/view", {"view": "kerb"}),
    ("operator", "POST", "/api/horns/post-3/say", {"words": "hello"}),
    ("operator", "POST", "/api/horns/post-3/stop", {}),
    ("operator", "POST", "/api/cases/none/actions", {"action": "confirm"}),
    ("operator", "POST", "/api/cases/none/warn", {}),
    ("admin", "POST", "/api/cameras", {"id": "gate-9", "url": "rtsp://10.0.0.9/9"}),
    ("admin", "DELETE", "/api/cameras/gate-2", {}),
]
BELOW = {"operator": "wang", "admin": "li"}


@pytest.mark.parametrize("path", READS)
def test_nothing_is_shown_to_strangers(client: TestClient, path: str) -> None:
    answer = client.get(path)

    assert answer.status_code == 401
    assert answer.json()["error"]["code"] == "not_signed_in"


@pytest.mark.parametrize("path", READS)
def test_viewer_may_look_at_everything(as_person: SignIn, path: str) -> None:
    assert as_person("wang").get(path).status_code == 200


@pytest.mark.parametrize(("role", "method", "path", "body"), WRITES)
def test_stranger_may_change_nothing(
    client: TestClient, role: str, method: str, path: str, body: dict[str, Any]
) -> None:
    assert client.request(method, path, json=body).status_code == 401


@pytest.mark.parametrize(("role", "method", "path", "body"), WRITES)
def test_role_below_may_not(as_person: SignIn, role: str, method: str, path: str, body: dict[str, Any]) -> None:
    answer = as_person(BELOW[role]).request(method, path, json=body)

    assert answer.status_code == 403
    assert role in answer.json()["error"]["message"]


def test_camera_is_listed_without_its_password(as_person: SignIn) -> None:
    answer = as_person("wang").get("/api/cameras")

    first = answer.json()["cameras"][0]
    assert (first["id"], first["name"], first["health"]["state"], first["zones"][0]["id"]) == (
        "gate-1", "人民路东口", "live", "kerb",
    )  # fmt: skip
    assert "secret" not in answer.text


def test_camera_that_is_away_says_why(as_person: SignIn) -> None:
    camera = as_person("wang").get("/api/cameras/gate-2").json()

    assert camera["health"]["state"] == "away"
    assert "nobody answers" in camera["health"]["problem"]


def test_unknown_camera_is_named(as_person: SignIn) -> None:
    answer = as_person("wang").get("/api/cameras/gate-7")

    assert answer.status_code == 404
    assert answer.json()["error"]["code"] == "unknown_camera"
    assert "'gate-7'" in answer.json()["error"]["message"]


def test_still_is_a_jpeg(as_person: SignIn) -> None:
    answer = as_person("wang").get("/api/cameras/gate-1/still.jpg")

    assert answer.headers["content-type"] == "image/jpeg"
    assert answer.content.startswith(b"\xff\xd8")


def test_still_of_a_camera_that_is_away_is_refused_for_now(as_person: SignIn) -> None:
    answer = as_person("wang").get("/api/cameras/gate-2/still.jpg")

    assert answer.status_code == 503
    assert answer.json()["error"]["code"] == "no_picture"


@pytest.mark.parametrize("width", ["0", "100000", "wide"])
def test_still_of_impossible_width_is_refused(as_person: SignIn, width: str) -> None:
    assert as_person("wang").get(f"/api/cameras/gate-1/still.jpg?width={width}").status_code == 422


def test_added_camera_is_listed_without_its_password(as_person: SignIn) -> None:
    client = as_person("zhang")
    entry = {"id": "gate-9", "name": "南门", "url": "rtsp://admin:hunter2@10.0.0.9/9"}
    answer = client.post("/api/cameras", json=entry)

    assert answer.status_code == 201
    assert "hunter2" not in answer.text + client.get("/api/cameras").text


def test_camera_id_that_is_taken_is_refused(as_person: SignIn) -> None:
    answer = as_person("zhang").post("/api/cameras", json={"id": "gate-1", "url": "rtsp://10.0.0.9/9"})

    assert answer.status_code == 409
    assert answer.json()["error"]["code"] == "duplicate_camera"


@pytest.mark.parametrize(
    ("entry", "named"),
    [
        ({"id": "gate-9"}, "url"),
        ({"id": "../etc", "url": "rtsp://10.0.0.9/9"}, "id: write 1 to 64 of the signs A-Z a-z 0-9 _ -"),
        ({"id": "gate-9", "url": "rtsp://10.0.0.9/9", "hron": "post-3"}, "hron: there is no such key"),
    ],
)
def test_camera_entry_that_cannot_be_used_names_the_key(as_person: SignIn, entry: dict[str, str], named: str) -> None:
    answer = as_person("zhang").post("/api/cameras", json=entry)

    assert answer.status_code == 422
    assert named in answer.json()["error"]["message"]


@pytest.mark.parametrize(
    "url",
    [
        "gopher://admin:hunter2@10.0.0.9/9",
        "admin:hunter2@10.0.0.9/9",
        "rtsp:/admin:hunter2@10.0.0.9/9",
        "rtsp//admin:hunter2@10.0.0.9/9",
        "rtsp://admin:p@hunter2/1@10.0.0.9/9",
        "rtsp://admin:p/hunter2@10.0.0.9/9",
        "rtsp://admin:hunter2/10.0.0.9/9",
    ],
)
def test_camera_url_that_is_wrong_does_not_come_back_with_its_password(as_person: SignIn, url: str) -> None:
    client = as_person("zhang")
    answer = client.post("/api/cameras", json={"id": "gate-9", "url": url})

    assert (answer.status_code, answer.json()["error"]["facts"]["cause"]) == (422, "bad_url")
    assert "hunter2" not in answer.text + client.get("/api/cameras").text


def test_removed_camera_is_gone(as_person: SignIn) -> None:
    client = as_person("zhang")
    client.delete("/api/cameras/gate-2")

    assert [camera["id"] for camera in client.get("/api/cameras").json()["cameras"]] == ["gate-1"]


def test_saved_zones_are_those_in_force(as_person: SignIn, system: FakeSystem) -> None:
    zone = ZONE | {"id": "stalls", "name": "市场口", "rule": {"kind": "vending", "limit_s": 45}}
    answer = as_person("li").put("/api/cameras/gate-1/zones", json={"zones": [zone]})

    assert answer.json()["zones"][0]["rule"]["limit_s"] == 45
    assert [saved.id for saved in system.zones("gate-1")] == ["stalls"]


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"polygon": [[0.1, 0.1], [0.9, 0.9]]}, "corners"),
        ({"polygon": [[0.1, 0.1], [1.4, 0.1], [0.9, 0.9]]}, "leaves the picture"),
        ({"polygon": [[0.1, 0.1], [0.2, 0.2], [0.9, 0.9]]}, "no area"),
        ({"rule": {"kind": "parking", "limit": 30}}, "limit"),
        ({"rule": {"kind": "litter"}}, "litter"),
    ],
)
def test_zone_that_cannot_be_used_is_named_and_the_old_ones_stay(
    as_person: SignIn, system: FakeSystem, change: dict[str, Any], named: str
) -> None:
    answer = as_person("li").put("/api/cameras/gate-1/zones", json={"zones": [ZONE | change]})

    message = answer.json()["error"]["message"]
    assert answer.status_code == 422
    assert "'kerb'" in message
    assert named in message
    assert system.zones("gate-1") == (PARKING_ZONE,)


def test_view_that_a_camera_shows_is_told_by_an_operator(as_person: SignIn, system: FakeSystem) -> None:
    view = ViewOfCamera("kerb", "Kerb", is_known=False, is_here=False, seen_at=None, every_s=None)
    system.views.of["gate-1"] = (view,)
    assert as_person("li").put("/api/cameras/gate-1/view", json={"view": "kerb"}).status_code == 204
    assert system.views.told == [("gate-1", "kerb", "li")]
    [told] = as_person("li").get("/api/cameras/gate-1").json()["views"]
    assert told == {"id": "kerb", "name": "Kerb", "is_known": True, "is_here": True, "seen_at": None, "every_s": None}


def test_view_that_a_camera_does_not_have_is_refused(as_person: SignIn) -> None:
    answer = as_person("li").put("/api/cameras/gate-1/view", json={"view": "roof"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "unknown_view")


def test_rules_come_with_their_limits(as_person: SignIn) -> None:
    rules = as_person("wang").get("/api/rules").json()

    assert list(rules) == list(RULES)
    assert rules["parking"]["properties"]["limit_s"]["minimum"] == 1


def test_operator_speaks_through_a_horn(as_person: SignIn, system: FakeSystem) -> None:
    answer = as_person("li").post("/api/horns/post-3/say", json={"words": " 请勿占道 "})

    assert answer.status_code == 202
    assert system.said == [("post-3", "请勿占道", "li")]


@pytest.mark.parametrize("words", ["", "   ", "x" * 201])
def test_words_that_cannot_be_spoken_are_refused(as_person: SignIn, system: FakeSystem, words: str) -> None:
    assert as_person("li").post("/api/horns/post-3/say", json={"words": words}).status_code == 422
    assert not system.said


def test_unknown_horn_is_named(as_person: SignIn) -> None:
    answer = as_person("li").post("/api/horns/post-9/say", json={"words": "hello"})

    assert answer.status_code == 404
    assert "post-9" in answer.json()["error"]["message"]


def test_horn_is_silenced(as_person: SignIn, system: FakeSystem) -> None:
    as_person("li").post("/api/horns/post-3/stop", json={})

    assert system.silenced == ["post-3"]


def test_horn_names_the_file_it_wrote(as_person: SignIn) -> None:
    client = as_person("li")
    client.post("/api/horns/post-3/say", json={"words": "hello"})

    assert client.get("/api/horns").json()["horns"][0]["last_file"].endswith(".wav")


def test_health_tells_model_and_disk(as_person: SignIn) -> None:
    health = as_person("wang").get("/api/health").json()

    assert health["model"] == "street-nano"
    assert health["disk_free_bytes"] > 0


def test_figures_are_for_those_who_are_signed_in(client: TestClient) -> None:
    assert client.get("/metrics").status_code == 401


def test_figures_are_for_programs_on_this_machine(system: FakeSystem) -> None:
    from api.app import create_app

    with TestClient(create_app(system), client=("127.0.0.1", 50000)) as local:
        assert "streetwarden_" in local.get("/metrics").text


def test_figures_are_not_for_whom_a_local_proxy_hands_on(system: FakeSystem) -> None:
    from api.app import create_app

    with TestClient(create_app(system), client=("127.0.0.1", 50000)) as local:
        assert local.get("/metrics", headers={"x-forwarded-for": "203.0.113.9"}).status_code == 401


def test_description_of_the_api_names_its_answers(as_person: SignIn) -> None:
    description = as_person("wang").get("/openapi.json").json()

    assert "CasesBody" in description["components"]["schemas"]
    assert {"/api/cameras", "/api/cases/{case_id}/actions"} <= set(description["paths"])


@pytest.mark.parametrize(("timezone", "hours"), [("Asia/Shanghai", 8), ("Asia/Kolkata", 5.5), ("Etc/GMT+3", -3)])
def test_site_says_how_far_it_is_from_utc(as_person: SignIn, system: FakeSystem, timezone: str, hours: float) -> None:
    system.settings = system.settings.model_copy(update={"timezone": timezone})

    assert as_person("wang").get("/api/site").json() == {"timezone": timezone, "utc_offset_h": hours}
