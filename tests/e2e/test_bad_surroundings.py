"""What a person gets wrong, shown on a whole service: it says so in one sentence, and nothing else stops.

Two good cameras watch while every other camera, horn and key of the service is wrong in a way of its own.
"""

import re
import socket
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from api.cli import main
from tests.broadcast.fake_rtsp import SDP, FakeRtspServer, Script, answer
from tests.e2e.scarce import bound_by_permissions, may_mount, mounted, scarce_room, without_permission
from tests.e2e.service import Service, serving, write_seeing_model, write_settings, write_street, write_zones
from tests.e2e.sites import until
from tests.models.tiny import TinyOnnx

pytestmark = pytest.mark.e2e

SECRET = "sesame-7431"
GOOD = ("good", "other")
NO_SUCH_HOST = "x" * 64
"""No label of a host name may be so long: it is unknown without asking anybody."""

SILENT_SDP = "v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\nm=audio 0 RTP/AVP 0\r\na=control:sound\r\n"
PATIENCE = {"open_timeout_s": 3, "first_wait_s": 1, "longest_wait_s": 2}


def refusing(status: str, *headers: str) -> Script:
    """Return a script that answers everything but OPTIONS with a status."""

    def script(method: str, cseq: str) -> bytes:
        if method == "OPTIONS":
            return answer(cseq, "Public: DESCRIBE, SETUP, PLAY, TEARDOWN")
        return answer(cseq, *headers, status=status)

    return script


def without_video(method: str, cseq: str) -> bytes:
    """Answer like a microphone."""
    if method == "DESCRIBE":
        return answer(cseq, "Content-Type: application/sdp", body=SILENT_SDP)
    return answer(cseq, "Session: 42", "Transport: RTP/AVP/TCP;unicast;interleaved=0-1")


def busy(method: str, cseq: str) -> bytes:
    """Answer like a horn through which somebody else speaks."""
    if method == "DESCRIBE":
        return answer(cseq, "Content-Type: application/sdp", body=SDP)
    return answer(cseq, status="453 Not Enough Bandwidth")


UNAUTHORIZED = refusing("401 Unauthorized", 'WWW-Authenticate: Digest realm="gate", nonce="1f"')
SERVERS: dict[str, Script] = {
    "locked": UNAUTHORIZED,
    "lost": refusing("404 Not Found"),
    "broken": refusing("500 Internal Server Error"),
    "soundonly": without_video,
    "horn-locked": UNAUTHORIZED,
    "horn-broken": refusing("500 Internal Server Error"),
    "horn-busy": busy,
}


@dataclass(frozen=True)
class Crowd:
    """A service in bad company, and the servers that refuse it."""

    service: Service
    servers: dict[str, FakeRtspServer]


@pytest.fixture(scope="module")
def crowd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Crowd]:
    folder = tmp_path_factory.mktemp("crowd")
    servers = {name: FakeRtspServer(script) for name, script in SERVERS.items()}
    with _all(servers), serving(_crowd_settings(folder, servers)) as service:
        yield Crowd(service, servers)


class _all:  # noqa: N801 - reads as a word in the one place where it is used
    def __init__(self, servers: dict[str, FakeRtspServer]) -> None:
        self._servers = servers

    def __enter__(self) -> None:
        for server in self._servers.values():
            server.__enter__()

    def __exit__(self, *_: object) -> None:
        for server in self._servers.values():
            server.__exit__(None, None, None)


def _crowd_settings(folder: Path, servers: dict[str, FakeRtspServer]) -> Path:
    street = write_street(folder / "street.mp4")
    whole = street.read_bytes()
    (folder / "cut.mp4").write_bytes(whole[: len(whole) * 2 // 3])
    (folder / "text.mp4").write_text("this is a letter\n", encoding="utf-8")
    zones = str(write_zones(folder / "zones.json", limit_s=3600))
    login = f"viewer:{SECRET}@"

    def rtsp(name: str, path: str = "/live") -> str:
        return f"rtsp://{login}127.0.0.1:{servers[name].port}{path}"

    urls = {
        "good": f"file://{street}?loop=1",
        "other": f"file://{street}?loop=1",
        "hostless": f"rtsp://{login}{NO_SUCH_HOST}/live",
        "portless": f"rtsp://{login}127.0.0.1:1/live",
        "locked": rtsp("locked"),
        "lost": rtsp("lost", "/wrong"),
        "broken": rtsp("broken"),
        "soundonly": rtsp("soundonly"),
        "text": f"file://{folder}/text.mp4",
        "cut": f"file://{folder}/cut.mp4",
        "missing": f"file://{folder}/missing.mp4",
    }
    horns = {name: f"onvif://{login}127.0.0.1:{servers[name].port}/talk" for name in SERVERS if name.startswith("horn")}
    horns |= {
        "horn-away": f"onvif://{login}127.0.0.1:1/talk",
        "horn-card": "soundcard:?device=no-such-card",
        "horn-folder": f"file://{folder}/text.mp4/below",
    }
    return write_settings(
        folder,
        broadcast={"horns": [{"id": name, "url": url, "quiet_hours": []} for name, url in horns.items()]},
        cameras=[{"id": name, "url": url, "zones": zones, "stream": PATIENCE} for name, url in urls.items()],
    )


CAMERAS = {
    "hostless": ("away", "check the host name and the network"),
    "portless": ("away", "refused the connection; check the port"),
    "locked": ("refused", "refused the user name or password"),
    "lost": ("away", "/wrong does not exist there; check the path"),
    "broken": ("away", "answered 500; restart the camera if that lasts"),
    "soundonly": ("away", "carries no video; check the stream's path"),
    "text": ("refused", "text.mp4 is a text file, not a video; give a video file"),
    "cut": ("refused", "cut.mp4 is truncated: its index is missing; copy it again"),
    "missing": ("away", "missing.mp4 does not exist there; check the path"),
}


@pytest.mark.parametrize("camera_id", CAMERAS)
def test_camera_that_is_wrong_says_what_and_the_way_out(crowd: Crowd, camera_id: str) -> None:
    state, sentence = CAMERAS[camera_id]
    until(lambda: crowd.service.camera(camera_id)["health"]["problem"] != "", "a problem")
    health = crowd.service.camera(camera_id)["health"]
    assert (health["state"], sentence in health["problem"]) == (state, True), health["problem"]


HORNS = {
    "horn-locked": ("refused", "it refuses our user or password; correct them in its URL"),
    "horn-broken": ("away", "it answers 500 to DESCRIBE: it has trouble of its own; restart it"),
    "horn-busy": ("busy", "somebody else is speaking through it; we try again later"),
    "horn-away": ("away", "cannot connect to 127.0.0.1 port 1"),
    "horn-card": ("away", "use file:///folder"),
    "horn-folder": ("away", "make it writable or name another folder"),
}


@pytest.mark.parametrize("horn_id", HORNS)
def test_horn_that_refuses_says_what_and_the_way_out(crowd: Crowd, horn_id: str) -> None:
    state, sentence = HORNS[horn_id]
    assert crowd.service.send("POST", f"/api/horns/{horn_id}/say", {"words": "parking"}).status_code == 202
    until(lambda: crowd.service.horn(horn_id)["last_detail"] != "", "a receipt")
    horn = crowd.service.horn(horn_id)
    assert (horn["state"], sentence in horn["problem"]) == (state, True), horn["problem"]
    assert horn["last_detail"] == horn["problem"]


def test_refused_password_is_not_asked_again(crowd: Crowd) -> None:
    until(lambda: crowd.service.camera("locked")["health"]["state"] == "refused", "the refused camera")
    until(lambda: crowd.servers["broken"].connections >= 3, "three tries at a camera that fails otherwise")
    assert crowd.servers["locked"].connections == 1


def test_good_cameras_go_on_among_all_the_bad_ones(crowd: Crowd) -> None:
    crowd.service.goes_on(*GOOD)
    assert [crowd.service.camera(name)["health"]["reconnects"] for name in GOOD] == [0, 0]
    assert crowd.service.picture_arrives("good")


ZONES = {
    "two points": ([[0, 0], [1, 1]], "has 2 corners"),
    "outside": ([[0, 0], [1, 0], [1, 1.5]], "leaves the picture"),
}


@pytest.mark.parametrize("case", ZONES)
def test_zone_that_is_none_is_refused_and_the_old_ones_stay(crowd: Crowd, case: str) -> None:
    polygon, sentence = ZONES[case]
    before = crowd.service.get("/api/cameras/good/zones")
    zone = {"id": "new-kerb", "polygon": polygon, "rule": {"kind": "parking", "limit_s": 5}}
    refused = crowd.service.send("PUT", "/api/cameras/good/zones", {"zones": [zone]})
    message = refused.json()["error"]["message"]
    assert (refused.status_code, "new-kerb" in message, sentence in message) == (422, True, True), message
    assert crowd.service.get("/api/cameras/good/zones") == before
    crowd.service.goes_on("good")


def test_no_password_and_no_trace_are_anywhere(crowd: Crowd) -> None:
    service = crowd.service
    for camera_id in CAMERAS:
        until(lambda name=camera_id: service.camera(name)["health"]["problem"] != "", f"the problem of {camera_id}")
    added = service.send("POST", "/api/cameras", {"id": "new", "url": f"gopher://viewer:{SECRET}@127.0.0.1/x"})
    assert added.status_code == 422
    pages = [str(service.get(path)) for path in ("/api/cameras", "/api/horns", "/api/health")]
    for text in (service.log(), added.text, *pages):
        assert SECRET not in text
        assert "Traceback" not in text


def test_page_shows_every_problem_and_no_password(crowd: Crowd) -> None:
    pytest.importorskip("playwright.sync_api", reason="playwright is not installed: pip install -e .[dev]")
    from tests.api.browser import Visitor, chromium
    from tests.api.browser import until as until_shown

    for camera_id in CAMERAS:
        until(lambda name=camera_id: crowd.service.camera(name)["health"]["problem"] != "", f"problem of {camera_id}")
    with chromium() as browser:
        visitor = Visitor(browser, crowd.service.address, "en-GB")
        page = visitor.sign_in("admin", crowd.service.first_admin)
        visitor.go("health")
        until_shown(page, "() => document.querySelectorAll('.health-body tr[data-state=refused]').length >= 4")
        shown = page.locator(".health-body").inner_text()
        whole = page.content()
        assert visitor.complaints == []
    for words in ("refused the user name or password", "carries no video", "the horn cannot be reached"):
        assert words.lower() in shown.lower(), shown
    assert SECRET not in whole


def refused_start(settings: Path, tied: Sequence[str] = ()) -> str:
    """Start the service, see that it ends with status 1 and without a trace, and return its last sentence."""
    service = Service(settings, tied)
    try:
        status = service.ends()
    finally:
        service.stop()
    log = service.log()
    assert (status, "Traceback" in log, SECRET in log) == (1, False, False), log
    return log[log.rindex("streetwarden: ") :]


def refused_here(
    settings: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], word: str = "run"
) -> str:
    """Do the same in this process, which is quicker, for what stops the start before any thread runs."""
    monkeypatch.setattr(sys, "argv", ["streetwarden", word, "--config", str(settings)])
    with pytest.raises(SystemExit) as ended:
        main()
    said = capsys.readouterr().err
    assert (ended.value.code, "Traceback" in said, SECRET in said) == (1, False, False), said
    return said[said.rindex("streetwarden: ") :]


def test_data_folder_without_permission_stops_the_start(tmp_path: Path) -> None:
    settings = write_settings(tmp_path)
    (tmp_path / "data").mkdir()
    with without_permission(tmp_path / "data"):
        said = refused_start(settings, bound_by_permissions())
    assert f"the data folder {tmp_path}/data cannot be used: there is no permission to write; give it" in said
    assert 'name another folder by data = "..."' in said


def test_data_folder_below_a_file_stops_the_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "letter").write_text("x", encoding="utf-8")
    said = refused_here(write_settings(tmp_path, data=str(tmp_path / "letter" / "data")), monkeypatch, capsys)
    assert "letter/data cannot be used: a part of its path is a file, not a folder" in said


def test_data_folder_on_a_read_only_disk_stops_the_start(tmp_path: Path) -> None:
    settings = write_settings(tmp_path)
    (tmp_path / "data").mkdir()
    if may_mount():
        with mounted(tmp_path / "data", "tmpfs", "ro"):
            said = refused_start(settings)
        assert "the disk is read-only; mount it writable" in said
    else:  # the kernel's own read-only disk
        said = refused_start(write_settings(tmp_path, data="/proc/self/data"))
        assert "/proc/self/data cannot be used" in said


def test_disk_that_is_full_stops_the_start(tmp_path: Path) -> None:
    with scarce_room(tmp_path / "data") as room:
        said = refused_start(write_settings(tmp_path), room.start_without())
    assert f"the data folder {tmp_path}/data cannot be used: " in said
    assert room.sentence in said


def test_busy_port_stops_the_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        said = refused_here(write_settings(tmp_path, server={"port": port}), monkeypatch, capsys)
    assert f"cannot listen on 127.0.0.1, port {port}: Address already in use; end the program" in said
    assert not (tmp_path / "data").exists()


def test_unknown_keys_stop_the_start_and_are_all_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    camera = {"id": "a", "url": f"rtsp://viewer:{SECRET}@127.0.0.1/x", "zoness": "z.json"}
    said = refused_here(write_settings(tmp_path, cameras=[camera], evidence={"still_gab_s": 12}), monkeypatch, capsys)
    assert "camera 'a' (number 1): zoness: there is no such key" in said
    assert "evidence.still_gab_s: there is no such key" in said


def test_model_with_foreign_outputs_stops_the_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    foreign = TinyOnnx(np.zeros((1, 5, 7), np.float32), np.zeros((1, 5, 7), np.float32))
    card = write_seeing_model(tmp_path / "foreign", foreign)
    said = refused_here(
        write_settings(tmp_path, model={"card": str(card), "engine": "onnxruntime"}), monkeypatch, capsys
    )
    assert "tiny" in said
    assert re.search(r"yolov8|family", said), said


def test_zones_file_that_is_wrong_stops_the_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    zones = write_zones(tmp_path / "zones.json", polygon=((0, 0), (1, 1)))
    camera = {"id": "a", "url": f"rtsp://viewer:{SECRET}@127.0.0.1/x", "zones": str(zones)}
    said = refused_here(write_settings(tmp_path, cameras=[camera]), monkeypatch, capsys)
    assert "zone 'kerb'" in said
    assert "has 2 corners" in said
