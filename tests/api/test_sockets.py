"""WebSockets: live video, stills, events; who gets in, and that one viewer disturbs no other."""

import json
import struct
from collections.abc import Callable
from itertools import pairwise

import av
import pytest
from fastapi.testclient import TestClient
from starlette.testclient import WebSocketTestSession

from api.app import create_app
from api.auth import Front
from tests.api.fake_system import PASSWORDS, FakeSystem
from tests.api.film import SIZE_WH

SignIn = Callable[[str], TestClient]
VIDEO = "/api/live/gate-1/video"


def receive_media(socket: WebSocketTestSession) -> tuple[float, bytes]:
    data = socket.receive_bytes()
    return struct.unpack("<d", data[:8])[0], data[8:]


def closing_code(socket: WebSocketTestSession) -> int:
    while True:
        message = socket.receive()
        if message["type"] == "websocket.close":
            return int(message["code"])


@pytest.mark.parametrize("path", [VIDEO, "/api/live/gate-1/pictures", "/api/events"])
def test_stranger_gets_nothing(client: TestClient, path: str) -> None:
    with client.websocket_connect(path) as socket:
        assert closing_code(socket) == 4401


def test_video_is_announced_and_can_be_decoded(as_person: SignIn) -> None:
    import io

    with as_person("wang").websocket_connect(VIDEO) as socket:
        announced = json.loads(socket.receive_text())
        pieces = [receive_media(socket) for _ in range(14)]

    assert announced["type"] == "init"
    assert announced["mime"].startswith('video/mp4; codecs="avc1.')
    with av.open(io.BytesIO(b"".join(data for _, data in pieces))) as container:
        sizes = {(frame.width, frame.height) for frame in container.decode(video=0)}
    assert sizes == {SIZE_WH}


def test_video_carries_stream_time_that_grows_by_the_frame(as_person: SignIn) -> None:
    with as_person("wang").websocket_connect(VIDEO) as socket:
        announced = json.loads(socket.receive_text())
        times = [receive_media(socket)[0] for _ in range(8)]

    assert times[0] == pytest.approx(announced["t_s"])
    steps = [later - earlier for earlier, later in pairwise(times[1:])]
    assert steps == pytest.approx([1 / 12] * 6, abs=1e-3)


@pytest.mark.parametrize("kind", ["video", "pictures"])
def test_viewer_of_an_unknown_camera_is_told(as_person: SignIn, kind: str) -> None:
    with as_person("wang").websocket_connect(f"/api/live/gate-7/{kind}") as socket:
        assert closing_code(socket) == 4404


def test_leaving_viewer_gives_its_feed_and_seat_back(as_person: SignIn, system: FakeSystem) -> None:
    client = as_person("wang")
    with client.websocket_connect(VIDEO) as socket:
        socket.receive_text()

    assert system.projectors["gate-1"].wait_until_unwatched(20)


def test_viewer_that_leaves_does_not_disturb_another(as_person: SignIn) -> None:
    client = as_person("wang")
    with client.websocket_connect(VIDEO) as staying:
        staying.receive_text()
        with client.websocket_connect(VIDEO) as leaving:
            leaving.receive_text()
        times = [receive_media(staying)[0] for _ in range(12)]

    assert times == sorted(times)


def test_more_viewers_than_seats_are_turned_away(system: FakeSystem, as_person: SignIn) -> None:
    client = as_person("wang")
    front = client.app.state.front  # type: ignore[attr-defined]
    assert isinstance(front, Front)
    front.seats.limit = 1

    with client.websocket_connect(VIDEO) as seated:
        seated.receive_text()
        with client.websocket_connect(VIDEO) as turned_away:
            assert closing_code(turned_away) == 4503
        receive_media(seated)


def test_camera_that_ends_closes_its_video(as_person: SignIn, system: FakeSystem) -> None:
    with as_person("wang").websocket_connect(VIDEO) as socket:
        socket.receive_text()
        system.projectors["gate-1"].stop()
        assert closing_code(socket) == 1000


def test_camera_that_is_removed_closes_its_stills(as_person: SignIn, system: FakeSystem) -> None:
    with as_person("wang").websocket_connect("/api/live/gate-1/pictures") as socket:
        receive_media(socket)
        system.remove_camera("gate-1")
        assert closing_code(socket) == 1000


def test_stills_come_as_jpegs(as_person: SignIn) -> None:
    with as_person("wang").websocket_connect("/api/live/gate-1/pictures") as socket:
        pictures = [receive_media(socket)[1] for _ in range(2)]

    assert all(jpeg.startswith(b"\xff\xd8") for jpeg in pictures)


def test_events_reach_the_page(as_person: SignIn, system: FakeSystem) -> None:
    with as_person("wang").websocket_connect("/api/events") as socket:
        system.hub.wait_for_listener(20)
        case = system.raise_case("gate-1")
        message = json.loads(socket.receive_text())

    assert (message["kind"], message["case_id"], message["offence"]) == ("case", case.case_id, "parking")


def test_boxes_come_only_for_cameras_that_are_watched(as_person: SignIn, system: FakeSystem) -> None:
    with as_person("wang").websocket_connect("/api/events") as socket:
        socket.send_text(json.dumps({"type": "watch", "cameras": ["gate-1"]}))
        boxes = json.loads(socket.receive_text())
        socket.send_text(json.dumps({"type": "watch", "cameras": []}))
        system.raise_case("gate-2")
        kinds = []
        while "case" not in kinds:
            kinds.append(json.loads(socket.receive_text())["kind"])

    assert (boxes["kind"], boxes["camera_id"]) == ("boxes", "gate-1")
    assert {row["label"] for row in boxes["rows"]} == {"car"}
    assert all(0 <= edge <= 1.2 for row in boxes["rows"] for edge in row["box"][2:])


@pytest.mark.parametrize("text", ["nonsense", "{}", '{"type": "watch", "cameras": "gate-1"}', '{"type": "delete"}'])
def test_page_that_talks_nonsense_is_cut_off(as_person: SignIn, text: str) -> None:
    with as_person("wang").websocket_connect("/api/events") as socket:
        socket.send_text(text)
        assert closing_code(socket) == 1007


def test_person_who_is_disabled_is_cut_off(
    system: FakeSystem, as_person: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.sockets.LOOK_AGAIN_S", 0.05)
    with as_person("wang").websocket_connect("/api/events") as socket:
        system.people.disable("wang")
        assert closing_code(socket) == 4401


def test_mjpeg_is_multipart(system: FakeSystem) -> None:
    import httpx

    from tests.api.serving import served

    with served(create_app(system)) as address, httpx.Client(base_url=address) as client:
        client.post("/api/session", json={"name": "wang", "password": PASSWORDS["wang"]})
        with client.stream("GET", "/api/live/gate-1/mjpeg") as answer:
            first = next(answer.iter_bytes())

    assert answer.headers["content-type"].startswith("multipart/x-mixed-replace")
    assert first.startswith(b"--streetwarden-picture\r\nContent-Type: image/jpeg")
