"""The first question to a camera: what its answer proves, and what it must never lead to."""

import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

import pytest

from streams.asking import MOST_REDIRECTS
from streams.asking import ask as ask_until
from streams.connection import Pace
from streams.errors import (
    NotRtspError,
    NoVideoError,
    StreamAuthError,
    StreamBusyError,
    StreamError,
    StreamNotFoundError,
    StreamOpenError,
    StreamRedirectedError,
    StreamRefusedError,
    StreamTimeoutError,
    StreamUnreachableError,
)
from streams.opening import Openers
from streams.pool import CameraPool
from streams.settings import StreamSettings
from tests.rtsp.server import free_port
from tests.simulator.camera import SimulatedCamera
from tests.simulator.dialogue import Login
from tests.simulator.dialogue_faults import (
    Drip,
    EndlessBody,
    EndlessHeader,
    GarbageReplies,
    GarbageSdp,
    Mute,
    OtherTracks,
    Redirects,
    Refuses,
)
from tests.simulator.faults import Fault
from tests.simulator.picture_faults import Silence
from tests.streams.helpers import LIMIT_S, Collector, eventually

pytestmark = pytest.mark.e2e

LOGIN = Login("operator", "geheim")


def ask(url: str, limit_s: float) -> str:
    """Return where the stream is to be opened."""
    asked = ask_until(url, time.monotonic() + limit_s)
    asked.client.close()
    return asked.url


@pytest.fixture(scope="module")
def small(clip) -> Path:
    return clip(seconds=1, fps=10, gop=10)


@pytest.fixture
def camera(small: Path) -> Iterator[SimulatedCamera]:
    with SimulatedCamera(small, login=LOGIN) as camera:
        yield camera


@pytest.fixture
def stranger(small: Path) -> Iterator[SimulatedCamera]:
    """Another host, which asks whoever comes for a password, in the form that gives it away."""
    with SimulatedCamera(small, login=Login("operator", "other", "basic"), host="127.0.0.2") as camera:
        yield camera


def test_good_camera_is_opened_where_it_was_asked_for(camera: SimulatedCamera) -> None:
    assert ask(camera.url(), LIMIT_S) == camera.url()


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        (Refuses(403), StreamAuthError),
        (Refuses(404), StreamNotFoundError),
        (Refuses(453), StreamBusyError),
        (Refuses(503), StreamBusyError),
        (GarbageSdp("noise"), NoVideoError),
        (OtherTracks(("metadata",), has_video=False), NoVideoError),
        (EndlessHeader(has_lines=True), NotRtspError),
        (EndlessHeader(has_lines=False), NotRtspError),
        (EndlessBody(), NotRtspError),
        (GarbageReplies(), NotRtspError),
        (GarbageReplies(b"\x00" * 100), NotRtspError),
    ],
)
def test_answer_that_proves_something_is_said(camera: SimulatedCamera, fault: Fault, kind: type[StreamError]) -> None:
    camera.inject(fault)
    with pytest.raises(kind) as caught:
        ask(camera.url(), LIMIT_S)
    assert LOGIN.password not in str(caught.value)
    assert caught.value.__cause__ is None


def test_missing_password_is_said(camera: SimulatedCamera) -> None:
    with pytest.raises(StreamAuthError):
        ask(camera.bare_url, LIMIT_S)


def test_wrong_password_is_shown_once(camera: SimulatedCamera) -> None:
    with pytest.raises(StreamAuthError):
        ask(camera.url("falsch"), LIMIT_S)
    assert [request.is_signed for request in camera.seen] == [False, True]


def test_password_is_shown_again_where_only_the_nonce_was_too_old(small: Path) -> None:
    with SimulatedCamera(small, login=Login("operator", "geheim", stale_first=True)) as camera:
        assert ask(camera.url(), LIMIT_S) == camera.url()
        assert camera.count("DESCRIBE") == 3


@pytest.mark.parametrize("coding", ["gbk", "utf-8", "latin-1"])
def test_realm_goes_back_in_the_bytes_in_which_it_came(small: Path, coding: str) -> None:
    text = "Überwachung" if coding == "latin-1" else "登录监视"
    login = Login("管理员", "密码", realm=text.encode(coding).decode("utf-8", "surrogateescape"))
    with SimulatedCamera(small, login=login) as camera:
        url = camera.url().replace(login.user, quote(login.user)).replace(login.password, quote(login.password))
        asked = ask_until(url, time.monotonic() + LIMIT_S)
        asked.client.close()
        assert asked.reply is not None
        assert [request.is_signed for request in camera.seen] == [False, True]


def test_camera_behind_tls_is_asked_and_opened(small: Path, tls: ssl.SSLContext) -> None:
    with SimulatedCamera(small, login=LOGIN, tls=tls) as camera:
        assert camera.url().startswith("rtsps://")
        with closing(Openers().open(camera.url(), StreamSettings())) as connection:
            assert next(iter(connection.units(Pace(threading.Event())))).is_key
        with pytest.raises(StreamAuthError):
            ask(camera.url("falsch"), LIMIT_S)


def test_camera_without_tls_that_is_asked_by_tls_is_told(camera: SimulatedCamera) -> None:
    with pytest.raises(StreamOpenError) as caught:
        ask(camera.url().replace("rtsp:", "rtsps:"), 1.0)
    assert LOGIN.password not in str(caught.value)


@pytest.mark.parametrize("data", [b"RTSP/1.0 200 OK\r\nno colon\r\n\r\n", b"RTSP/1.0 401 No\r\nCSeq: 1\r\n\r\n"])
def test_answer_that_is_not_understood_is_left_to_libav(camera: SimulatedCamera, data: bytes) -> None:
    camera.inject(GarbageReplies(data))
    assert ask(camera.url(), LIMIT_S) == camera.url()


@pytest.mark.parametrize("fault", [Mute(), Drip(0.2), Drip(0.2, ("SETUP",))])
def test_answer_that_never_gets_ready_ends_within_the_time_limit(camera: SimulatedCamera, fault: Fault) -> None:
    camera.inject(fault)
    began_s = time.monotonic()
    with pytest.raises(StreamTimeoutError):
        Openers().open(camera.url(), StreamSettings(open_timeout_s=1.0))
    assert time.monotonic() - began_s < LIMIT_S / 2


def test_nobody_there_is_said_as_libav_would() -> None:
    with pytest.raises(StreamRefusedError, match="check the port"):
        ask(f"rtsp://operator:geheim@127.0.0.1:{free_port()}/live", LIMIT_S)
    with pytest.raises(StreamUnreachableError):
        ask("rtsp://operator:geheim@no-such-host.invalid/live", LIMIT_S)


def test_login_never_goes_to_another_host(camera: SimulatedCamera, stranger: SimulatedCamera) -> None:
    camera.inject(Redirects(stranger.bare_url))
    with pytest.raises(StreamRedirectedError, match="its password goes nowhere else") as caught:
        Openers().open(camera.url(), StreamSettings())
    assert stranger.bare_url in str(caught.value)
    assert stranger.connections == 0


def test_login_in_a_redirect_is_not_used(camera: SimulatedCamera, stranger: SimulatedCamera) -> None:
    camera.inject(Redirects(stranger.url()))
    with pytest.raises(StreamRedirectedError) as caught:
        ask(camera.url(), LIMIT_S)
    assert "other" not in str(caught.value)


def test_redirect_within_the_host_is_followed_with_the_login(camera: SimulatedCamera, small: Path) -> None:
    with SimulatedCamera(small, login=LOGIN) as moved:
        camera.inject(Redirects(moved.bare_url))
        with closing(Openers().open(camera.url(), StreamSettings())) as connection:
            assert next(iter(connection.units(Pace(threading.Event())))).is_key


def test_redirect_of_a_camera_without_a_login_is_followed_anywhere(small: Path) -> None:
    with SimulatedCamera(small) as camera, SimulatedCamera(small, host="127.0.0.2") as moved:
        camera.inject(Redirects(moved.bare_url))
        assert ask(camera.url(), LIMIT_S) == moved.bare_url


def test_redirect_in_a_circle_ends_after_a_few_questions(camera: SimulatedCamera) -> None:
    camera.inject(Redirects())
    with pytest.raises(StreamRedirectedError, match="in a circle"):
        Openers().open(camera.url(), StreamSettings())
    assert camera.count("DESCRIBE") == 2 * (MOST_REDIRECTS + 1)  # each is asked for the password first


@pytest.mark.parametrize(
    "location", ["", "file:///etc/passwd", "http://127.0.0.1/", "rtsp://[/", "rtsp://a b/c", "x", "rtsp://a:0/"]
)
def test_redirect_to_no_rtsp_address_is_not_followed(camera: SimulatedCamera, location: str) -> None:
    camera.inject(Redirects(location or "rtsp://"))
    with pytest.raises(StreamRedirectedError, match="no RTSP address"):
        ask(camera.url(), LIMIT_S)


@pytest.mark.parametrize("fault", [Mute(), Drip(), EndlessHeader(), EndlessBody()])
def test_reader_stops_while_a_camera_holds_it_up(camera: SimulatedCamera, fault: Fault) -> None:
    camera.inject(fault)
    pool = CameraPool(Openers(), Collector())
    pool.add("gate", camera.url(), StreamSettings(open_timeout_s=1.0))
    eventually(lambda: camera.connections > 0, "a dial")
    pool.close()  # raises TimeoutError where the thread does not end
    assert "reader-gate" not in [thread.name for thread in threading.enumerate()]


def test_silent_camera_is_left_in_good_order_after_one_time_limit(camera: SimulatedCamera) -> None:
    settings = StreamSettings(read_timeout_s=4.0, first_wait_s=30.0)
    pool = CameraPool(Openers(), Collector())
    reader = pool.add("gate", camera.url(), settings)
    eventually(lambda: reader.health().packets > 5, "packets")
    camera.inject(Silence())
    silent_since_s = time.monotonic()
    eventually(lambda: reader.health().state == "away", "away")
    assert time.monotonic() - silent_since_s < 2 * settings.read_timeout_s
    eventually(lambda: camera.count("TEARDOWN") == 1, "our goodbye, so that no stale session is left")
    pool.close()
