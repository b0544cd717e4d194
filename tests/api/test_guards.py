"""Foreign sites, large bodies, security headers, and faults that nobody expected."""

import logging
from collections.abc import Callable

import pytest
from fastapi.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from api.app import create_app
from api.guards import MAX_BODY_BYTES
from tests.api.fake_system import FakeSystem

SignIn = Callable[[str], TestClient]
SAY = "/api/horns/post-3/say"


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"origin": "http://["},
        {"origin": "http://testserver:no"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
    ],
)
def test_write_from_another_site_is_refused(as_person: SignIn, system: FakeSystem, headers: dict[str, str]) -> None:
    answer = as_person("li").post(SAY, json={"words": "hello"}, headers=headers)

    assert answer.status_code == 403
    assert not system.said


def test_write_from_our_own_page_is_accepted(as_person: SignIn, system: FakeSystem) -> None:
    headers = {"origin": "http://testserver", "sec-fetch-site": "same-origin"}
    answer = as_person("li").post(SAY, json={"words": "hello"}, headers=headers)

    assert answer.status_code == 202


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""])
def test_body_that_a_foreign_form_could_send_is_refused(as_person: SignIn, content_type: str) -> None:
    answer = as_person("li").post(SAY, content=b'{"words": "hello"}', headers={"content-type": content_type})

    assert answer.status_code == 400
    assert "application/json" in answer.json()["error"]["message"]


def test_websocket_opened_by_another_site_is_refused(as_person: SignIn) -> None:
    client = as_person("li")
    connecting = client.websocket_connect("/api/events", headers={"origin": "https://evil.example"})

    with pytest.raises(WebSocketDisconnect), connecting:
        pass


def test_body_that_says_it_is_too_large_is_refused(as_person: SignIn) -> None:
    answer = as_person("li").put("/api/cameras/gate-1/zones", json={"zones": ["x" * MAX_BODY_BYTES]})

    assert answer.status_code == 413
    assert answer.json()["error"]["code"] == "too_large"


def test_body_that_grows_too_large_without_saying_so_is_refused(as_person: SignIn) -> None:
    chunks = (b"x" * 65536 for _ in range(8))
    answer = as_person("li").post(SAY, content=chunks, headers={"content-type": "application/json"})

    assert answer.status_code == 413


@pytest.mark.parametrize("path", ["/", "/web/app.js", "/api/session", "/api/cameras", "/nowhere"])
def test_every_answer_forbids_foreign_content(client: TestClient, path: str) -> None:
    headers = client.get(path).headers

    assert "default-src 'self'" in headers["content-security-policy"]
    assert "unsafe" not in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert "frame-ancestors 'none'" in headers["content-security-policy"]


def test_answers_of_the_api_are_not_stored(as_person: SignIn) -> None:
    assert as_person("li").get("/api/cameras").headers["cache-control"] == "no-store"


def test_fault_is_answered_with_a_number_that_stands_in_the_log(
    system: FakeSystem, as_person: SignIn, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken() -> None:
        raise ZeroDivisionError("hunter2")

    client = as_person("li")
    monkeypatch.setattr(system, "health", broken)
    with caplog.at_level(logging.ERROR):
        answer = client.get("/api/health")

    faults = [record for record in caplog.records if record.name.startswith("api")]
    number = faults[0].args[0]  # type: ignore[index]
    assert answer.status_code == 500
    assert len(faults) == 1
    assert str(number) in answer.json()["error"]["message"]
    assert "hunter2" not in answer.text
    assert "Traceback" not in answer.text


def test_full_disk_is_said(system: FakeSystem, as_person: SignIn, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(camera_id: str, zones: object) -> None:
        raise OSError(28, "No space left on device", "/srv/secret-folder/zones.json")

    client = as_person("li")
    monkeypatch.setattr(system, "save_zones", full)
    answer = client.put("/api/cameras/gate-1/zones", json={"zones": []})

    assert answer.status_code == 503
    assert answer.json()["error"]["message"] == "the server's machine refuses: the disk is full; make room there"


def test_unknown_address_gets_our_kind_of_answer(client: TestClient) -> None:
    answer = client.get("/api/nonsense")

    assert answer.status_code == 404
    assert answer.json() == {
        "error": {"code": "not_found", "message": "there is nothing at /api/nonsense", "facts": {}}
    }


def test_app_neither_starts_nor_stops_the_system(system: FakeSystem) -> None:
    with TestClient(create_app(system)):
        pass

    assert system.projectors["gate-1"].is_playing
