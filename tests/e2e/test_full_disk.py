"""A disk that takes no more while the service runs: the case waits, everything else goes on, and then it is written."""

import hashlib
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.broadcast.fake_rtsp import FakeRtspServer
from tests.e2e.scarce import bound_by_permissions, scarce_room, without_permission
from tests.e2e.service import Service, Table, serving, write_settings, write_street, write_zones
from tests.e2e.sites import until

pytestmark = pytest.mark.e2e

OPENING_WAITS = "evidence: held back and tried again: evidence of case"
"""What the log says of a case whose first pictures cannot be written; further ones have other names."""


def settings_for(folder: Path, horn: FakeRtspServer) -> Path:
    """Write settings with two cameras; `late` begins to send when `late_begins` is called."""
    write_street(folder / "early.mp4")
    zones = str(write_zones(folder / "zones.json", limit_s=2))
    cameras = [
        {
            "id": name,
            "url": f"file://{folder}/{name}.mp4?loop=1",
            "zones": zones,
            "horn": "h",
            "stream": {"first_wait_s": 1, "longest_wait_s": 1},
        }
        for name in ("early", "late")
    ]
    return write_settings(
        folder,
        evidence={"clip_before_s": 1, "clip_after_s": 1},
        broadcast={"ladder": {"wait_s": 3}, "horns": [{"id": "h", "url": horn.url, "quiet_hours": []}]},
        cameras=cameras,
    )


def late_begins(folder: Path) -> None:
    """Give the late camera its pictures, so that its case falls into the time without a disk."""
    shutil.copy(folder / "early.mp4", folder / "copy.mp4")
    (folder / "copy.mp4").rename(folder / "late.mp4")


@pytest.fixture
def horn() -> Iterator[FakeRtspServer]:
    with FakeRtspServer() as server:
        yield server


def times_played(horn: FakeRtspServer) -> int:
    return sum(request.startswith("PLAY ") for request in horn.requests)


def case_at(service: Service, camera_id: str) -> Table | None:
    return next((answer["case"] for answer in service.cases() if answer["case"]["camera_id"] == camera_id), None)


def has_clip(service: Service, camera_id: str) -> bool:
    case = case_at(service, camera_id)
    return case is not None and any(file["name"] == "clip.mp4" for file in case["files"])


def is_filed(service: Service, camera_id: str) -> bool:
    case = case_at(service, camera_id)
    return case is not None and case["state"] == "filed"


def check_nothing_else_stops(service: Service, horn: FakeRtspServer) -> None:
    """See that pictures, looks and warnings go on while the evidence of `late` cannot be written."""
    until(lambda: OPENING_WAITS in service.log(), "the late case is held back")
    service.goes_on("early", "late")
    assert service.picture_arrives("late")
    until(lambda: times_played(horn) >= 2, "the second warning of the early case")
    spoken = times_played(horn)
    assert service.send("POST", "/api/horns/h/say", {"words": "parking"}).status_code == 202
    until(lambda: times_played(horn) > spoken, "an operator's warning")
    assert case_at(service, "late") is None


def check_page_says_so(service: Service) -> None:
    """See the sentence as a person does."""
    pytest.importorskip("playwright.sync_api", reason="playwright is not installed: pip install -e .[dev]")
    from tests.api.browser import Visitor, chromium

    with chromium() as browser:
        visitor = Visitor(browser, service.address, "en-GB")
        page = visitor.sign_in("admin", service.first_admin)
        visitor.go("health")
        page.wait_for_selector(".notice >> text=Evidence could not be written yet")


def check_case_is_whole(service: Service, data: Path) -> None:
    """See that the case that had to wait came by itself, with pictures of its own moment."""
    until(lambda: has_clip(service, "late"), "the case of the late camera")
    case = case_at(service, "late")
    assert case is not None
    assert {file["name"] for file in case["files"]} >= {"panorama-1.jpg", "close-up.jpg", "marked.jpg", "clip.mp4"}
    on_disk = {hashlib.sha256(path.read_bytes()).hexdigest() for path in (data / "evidence").rglob("*.*")}
    assert {file["sha256"] for file in case["files"]} <= on_disk
    [close_up] = [file for file in case["files"] if file["name"] == "close-up.jpg"]
    assert close_up["captured_at"] == case["raised_at"]


def check_it_was_said_once(service: Service) -> None:
    log = service.log()
    assert "Traceback" not in log
    assert log.count(OPENING_WAITS) == 1, log


def test_case_waits_for_room_on_a_full_disk_while_all_else_goes_on(tmp_path: Path, horn: FakeRtspServer) -> None:
    data = tmp_path / "data"
    with scarce_room(data) as room, serving(settings_for(tmp_path, horn)) as service:
        until(lambda: case_at(service, "early") is not None, "the early case")
        room.use_up(service.pid)
        late_begins(tmp_path)
        until(lambda: room.sentence in service.problems(), "a sentence on the health page")
        assert service.get("/api/health")["evidence_held_back"] > 0
        check_nothing_else_stops(service, horn)
        check_page_says_so(service)
        room.give_back(service.pid)
        check_case_is_whole(service, data)
        until(lambda: is_filed(service, "early"), "the early case is filed")
        until(lambda: service.get("/api/health")["evidence_held_back"] == 0, "nothing is held back")
        assert room.sentence not in service.problems()
        check_it_was_said_once(service)


def test_case_waits_for_permission_while_all_else_goes_on(tmp_path: Path, horn: FakeRtspServer) -> None:
    data = tmp_path / "data"
    with serving(settings_for(tmp_path, horn), bound_by_permissions()) as service:
        until(lambda: case_at(service, "early") is not None, "the early case")
        folders = [data, *(path for path in data.rglob("*") if path.is_dir())]
        with without_permission(*folders):
            late_begins(tmp_path)
            until(lambda: "no permission to write" in service.problems(), "a sentence on the health page")
            check_nothing_else_stops(service, horn)
            refused = service.send("PUT", "/api/cameras/early/zones", {"zones": []})
            assert refused.status_code == 503
            assert "no permission to write" in refused.json()["error"]["message"]
        check_case_is_whole(service, data)
        check_it_was_said_once(service)
