"""Recordings and trials over HTTP: who may, what is answered, and that nothing is saved."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient

from detectors.catalog import ZoneSettings
from pipeline import trials as trials_module
from pipeline.recordings import RecordingFolder
from tests.api.fake_system import FakeSystem
from tests.pipeline.recorded import RIGHT, TWO_STOPS, observations, record, zone

SignIn = Callable[[str], TestClient]
LIMIT_S = 60.0


@pytest.fixture
def begins_at(system: FakeSystem) -> datetime:
    """An hour ago 400 s of gate-1 were recorded, with a zone over all of it."""
    at = datetime.now(UTC) - timedelta(hours=1)
    record(system.settings.data / "recordings", [zone(limit_s=60)], observations(TWO_STOPS, 400, "gate-1", at))
    return at


def order(begins_at: datetime, *zones: ZoneSettings, length_s: float = 500) -> dict[str, Any]:
    end = begins_at + timedelta(seconds=length_s)
    sent = [each.model_dump(mode="json") for each in zones]
    return {"zones": sent, "from_at": begins_at.isoformat(), "to_at": end.isoformat()}


def ended(client: TestClient) -> dict[str, Any]:
    end_s = time.monotonic() + LIMIT_S
    while (trial := client.get("/api/trial").json())["state"] == "running":
        assert time.monotonic() < end_s
        time.sleep(0.1)
    return trial


def test_recordings_of_a_camera_are_listed(as_person: SignIn, begins_at: datetime) -> None:
    told = as_person("wang").get("/api/cameras/gate-1/recordings").json()

    assert (told["is_on"], told["keep_days"]) == (True, 2.0)
    [recording] = told["recordings"]
    assert abs(datetime.fromisoformat(recording["begins_at"]) - begins_at) < timedelta(seconds=1.1)
    assert recording["size_bytes"] > 1000
    assert as_person("wang").get("/api/cameras/gate-2/recordings").json()["recordings"] == []
    assert as_person("wang").get("/api/cameras/none/recordings").status_code == 404


def test_zones_are_tried_and_not_saved(as_person: SignIn, system: FakeSystem, begins_at: datetime) -> None:
    client, before = as_person("li"), system.zones("gate-1")
    begun = client.post("/api/cameras/gate-1/trial", json=order(begins_at, zone(limit_s=120), zone("bay", RIGHT)))
    assert (begun.status_code, begun.json()["state"]) == (202, "running")
    trial = ended(client)

    assert (trial["state"], trial["progress"], trial["problem"]) == ("done", 1.0, "")
    kerb, bay = trial["result"]["zones"]
    assert (kerb["tried_count"], kerb["real_count"]) == (1, 2)
    assert [(event["class_name"], len(event["box"])) for event in kerb["tried"]] == [("car", 4)]
    assert {reason["key"] for reason in kerb["tried"][0]["reasons"]} >= {"dwell", "limit"}
    assert (bay["real_count"], bay["caveats"]) == (0, [])
    assert system.zones("gate-1") == before


def test_who_only_looks_tries_nothing(as_person: SignIn, begins_at: datetime) -> None:
    client = as_person("wang")
    assert client.post("/api/cameras/gate-1/trial", json=order(begins_at, zone())).status_code == 403
    assert client.get("/api/trial").status_code == 403


def test_zone_that_cannot_be_used_is_named(as_person: SignIn, begins_at: datetime) -> None:
    sent = order(begins_at, zone())
    sent["zones"][0]["rule"]["limit_s"] = 0
    refused = as_person("li").post("/api/cameras/gate-1/trial", json=sent)

    assert (refused.status_code, refused.json()["error"]["code"]) == (422, "zones_refused")
    assert refused.json()["error"]["facts"]["key"] == "limit_s"


def test_span_without_recordings_and_span_that_runs_back_are_refused(as_person: SignIn, begins_at: datetime) -> None:
    client = as_person("li")
    empty = client.post("/api/cameras/gate-1/trial", json=order(begins_at - timedelta(hours=9), zone()))
    back = client.post("/api/cameras/gate-1/trial", json=order(begins_at, zone(), length_s=-60))

    assert (empty.status_code, empty.json()["error"]["code"]) == (404, "no_recording")
    assert (back.status_code, back.json()["error"]["code"]) == (422, "not_valid")
    assert client.get("/api/trial").status_code == 404


def test_trial_is_cancelled_and_the_next_one_takes_its_place(
    as_person: SignIn, begins_at: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    client, quick = as_person("li"), trials_module.COMMAND
    monkeypatch.setattr(trials_module, "COMMAND", ("sleep", "600"))
    first = client.post("/api/cameras/gate-1/trial", json=order(begins_at, zone())).json()
    assert client.delete("/api/trial").status_code == 204
    assert client.get("/api/trial").json() == {**first, "state": "cancelled"}

    client.post("/api/cameras/gate-1/trial", json=order(begins_at, zone()))
    monkeypatch.setattr(trials_module, "COMMAND", quick)
    third = client.post("/api/cameras/gate-1/trial", json=order(begins_at, zone())).json()
    trial = ended(client)
    assert (trial["trial_id"], trial["state"]) == (third["trial_id"], "done")
    assert third["trial_id"] == first["trial_id"] + 2


def test_no_more_trials_than_the_machine_bears(
    as_person: SignIn, begins_at: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trials_module, "COMMAND", ("sleep", "600"))
    monkeypatch.setattr(trials_module, "MOST_AT_ONCE", 1)
    as_person("li").post("/api/cameras/gate-1/trial", json=order(begins_at, zone()))
    client = as_person("zhang")
    refused = client.post("/api/cameras/gate-1/trial", json=order(begins_at, zone()))

    assert (refused.status_code, refused.json()["error"]["code"]) == (503, "trials_busy")
    as_person("li").delete("/api/trial")
    assert as_person("zhang").post("/api/cameras/gate-1/trial", json=order(begins_at, zone())).status_code == 202
    as_person("zhang").delete("/api/trial")


def test_process_that_dies_and_recording_that_is_damaged_are_told(
    as_person: SignIn, system: FakeSystem, begins_at: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = as_person("li")
    with monkeypatch.context() as patch:
        patch.setattr(trials_module, "COMMAND", ("false",))
        client.post("/api/cameras/gate-1/trial", json=order(begins_at, zone()))
        trial = ended(client)
    assert (trial["state"], "ended before its time" in trial["problem"]) == ("failed", True)

    [file] = RecordingFolder(system.settings.data / "recordings").of_camera("gate-1")
    file.path.write_bytes(b"no recording")
    client.post("/api/cameras/gate-1/trial", json=order(begins_at, zone()))
    trial = ended(client)
    assert (trial["state"], "not compressed by us" in trial["problem"]) == ("failed", True)
