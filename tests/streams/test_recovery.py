"""How cameras that go and come back are noticed, dialled and let go, against a camera that counts its sessions."""

import threading
import time
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path

import pytest

import streams.health as health_module
from streams.dialing import DialBudget, DialLimits
from streams.errors import StreamError, StreamOpenError, StreamStalledError
from streams.gears import Gear
from streams.knocking import knock, needs_knock
from streams.opening import Openers
from streams.pool import CameraPool
from streams.reader import CameraReader
from streams.settings import StreamSettings
from tests.rtsp.server import free_port
from tests.rtsp.session_camera import SessionCamera
from tests.streams.fakes import ScriptedOpener
from tests.streams.helpers import LIMIT_S, Collector, eventually, reader_threads

BRISK = StreamSettings(read_timeout_s=1.5, first_wait_s=0.2, longest_wait_s=1)
CameraMaker = Callable[..., SessionCamera]


@pytest.fixture
def camera(clip) -> Iterator[CameraMaker]:
    made: list[SessionCamera] = []

    def make(**conduct: object) -> SessionCamera:
        made.append(SessionCamera(clip(seconds=2, gop=12), **conduct))
        return made[-1].__enter__()

    yield make
    for each in made:
        each.__exit__()


@pytest.fixture
def pool(camera: CameraMaker) -> Iterator[CameraPool]:
    pool = CameraPool(Openers(), Collector())
    yield pool
    pool.close()
    assert reader_threads() == []


def is_live(reader: CameraReader) -> Callable[[], bool]:
    return lambda: reader.health().state == "live"


def is_away(reader: CameraReader) -> Callable[[], bool]:
    return lambda: reader.health().state == "away"


@pytest.mark.parametrize("transport", ["tcp", "udp"])
def test_camera_that_sends_reports_but_no_video_is_noticed_in_one_time_limit(
    pool: CameraPool, camera: CameraMaker, transport: str
) -> None:
    gate = camera()
    settings = BRISK.model_copy(update={"transport": transport, "read_timeout_s": 3.0})
    reader = pool.add("gate", gate.url(), settings)
    eventually(lambda: reader.health().packets > 20, "packets")
    gate.conduct.video = False
    stopped_s = time.monotonic()
    eventually(is_away(reader), "away")
    assert time.monotonic() - stopped_s < 5.5  # libav alone takes two limits: it hands out what it held back first
    assert reader.health().problem_code == "stream_stalled"


def test_default_limits_notice_a_stream_that_stops_within_five_seconds() -> None:
    assert StreamSettings().read_timeout_s <= 4.5


def test_connection_that_is_half_open_is_noticed_and_the_camera_is_back_at_once_when_it_answers(
    pool: CameraPool, camera: CameraMaker
) -> None:
    gate = camera()
    reader = pool.add("gate", gate.url(), BRISK)
    eventually(is_live(reader), "live")
    gate.go_dark()
    eventually(is_away(reader), "away")
    eventually(lambda: reader.health().problem_code == "stream_timeout", "a knock that nobody answers")
    gate.come_back()
    back_s = time.monotonic()
    eventually(is_live(reader), "live again")
    assert time.monotonic() - back_s < 8


def test_camera_without_power_is_not_dialled_but_knocked_at(pool: CameraPool, camera: CameraMaker) -> None:
    gate = camera()
    reader = pool.add("gate", gate.url(), BRISK)
    eventually(is_live(reader), "live")
    gate.power_off()
    eventually(lambda: reader.health().problem_code == "stream_refused", "refused")
    gate.power_on()
    eventually(is_live(reader), "live again")
    assert reader.health().next_try_at is None


def test_connection_that_ends_in_order_gives_its_session_back(pool: CameraPool, camera: CameraMaker) -> None:
    gate = camera(forgets_s=3600)
    reader = pool.add("gate", gate.url(), BRISK)
    eventually(is_live(reader), "live")
    pool.remove("gate")
    eventually(lambda: gate.sessions == 0, "no session")
    assert gate.requests["TEARDOWN"] == 1


@pytest.mark.parametrize("transport", ["tcp", "udp"])
def test_session_of_a_camera_that_stalls_is_given_back(pool: CameraPool, camera: CameraMaker, transport: str) -> None:
    gate = camera(max_sessions=1, forgets_s=3600)
    reader = pool.add("gate", gate.url(), BRISK.model_copy(update={"transport": transport}))
    eventually(is_live(reader), "live")
    gate.conduct.video = False
    eventually(is_away(reader), "away")
    gate.conduct.video = True
    eventually(is_live(reader), "live again, although the camera has one session only")
    assert gate.replies[453] == 0


@pytest.mark.parametrize("busy_code", [453, 503])
def test_camera_is_not_locked_out_by_its_own_lost_session(
    pool: CameraPool, camera: CameraMaker, busy_code: int
) -> None:
    gate = camera(max_sessions=1, forgets_s=4, busy_code=busy_code)
    reader = pool.add("gate", gate.url(), BRISK)
    eventually(is_live(reader), "live")
    gate.go_dark()
    eventually(is_away(reader), "away")
    gate.come_back()
    eventually(lambda: reader.health().problem_code == "stream_busy", "busy")
    busy = reader.health()
    assert (busy.state, "no free session" in busy.problem) == ("away", True)
    assert busy.next_try_at is not None
    assert busy.next_try_at >= busy.since
    eventually(is_live(reader), "live again")
    assert gate.most_sessions == 1


def test_dial_that_fails_half_way_leaves_no_session_behind(pool: CameraPool, camera: CameraMaker) -> None:
    gate = camera(refuses={"PLAY": 500})
    reader = pool.add("gate", gate.url(), BRISK)
    eventually(lambda: reader.health().problem_code == "stream_busy", "busy")
    pool.remove("gate")
    eventually(lambda: gate.sessions == 0, "no session")


def test_password_that_is_changed_in_mid_life_ends_the_tries_and_the_right_one_begins_anew(
    pool: CameraPool, camera: CameraMaker
) -> None:
    gate = camera(password="old")
    reader = pool.add("gate", gate.url("old"), BRISK)
    eventually(is_live(reader), "live")
    gate.conduct.password = "new"
    gate.conduct.video = False
    eventually(lambda: reader.health().state == "refused", "refused")
    assert (reader.health().problem_code, reader.health().next_try_at) == ("stream_auth", None)
    assert reader_threads() == []
    gate.conduct.video = True
    pool.remove("gate")
    eventually(is_live(pool.add("gate", gate.url("new"), BRISK)), "live with the new password")


def test_camera_that_never_answers_a_request_is_removed_within_its_time_limits(
    pool: CameraPool, camera: CameraMaker
) -> None:
    gate = camera(hangs={"DESCRIBE"})
    pool.add("gate", gate.url(), BRISK.model_copy(update={"open_timeout_s": 1.5}))
    eventually(lambda: gate.requests["DESCRIBE"], "a dial that hangs")
    began_s = time.monotonic()
    pool.remove("gate")
    assert time.monotonic() - began_s < 10


@pytest.mark.parametrize("gear", [Gear.key(), Gear.full()])
def test_camera_of_which_no_picture_can_be_decoded_says_so_and_recovers(
    pool: CameraPool, camera: CameraMaker, gear: Gear, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(health_module, "UNDECODABLE_S", 1.0)
    gate = camera(spoils=True)
    reader = pool.add("gate", gate.url(), BRISK)
    reader.want("rules", gear)
    eventually(lambda: reader.health().problem_code == "stream_undecodable", "pictures that cannot be decoded")
    assert (reader.health().state, reader.health().decoded) == ("live", 0)
    gate.conduct.spoils = False
    eventually(lambda: reader.health().problem == "", "whole pictures again")


def test_herd_of_cameras_dials_no_faster_than_the_budget_and_all_are_served(tmp_path: Path) -> None:
    dialled: list[tuple[float, str]] = []

    def refuse(url: str, _settings: StreamSettings) -> None:
        dialled.append((time.monotonic(), url))
        raise StreamOpenError(f"{url} is only a test")

    budget = DialBudget(DialLimits(at_once=4, per_s=50))
    pool = CameraPool(Openers({"synthetic": refuse}), Collector(), dial=budget)
    for number in range(40):
        pool.add(f"camera-{number}", f"synthetic://{number}", StreamSettings(first_wait_s=60))
    eventually(lambda: len(dialled) == 40, "one dial of each")
    pool.close()
    assert len({url for _, url in dialled}) == 40
    assert min(later - earlier for (earlier, _), (later, _) in pairwise(sorted(dialled))) > 0
    assert dialled[-1][0] - dialled[0][0] > 39 / 50 * 0.9


@pytest.mark.parametrize("url", ["rtsp://127.0.0.1:{port}/live", "rtsp://user:geheim@127.0.0.1:{port}/live"])
def test_knock_at_a_closed_port_says_so_without_the_password(url: str) -> None:
    with pytest.raises(StreamOpenError, match="refused the connection") as caught:
        knock(url.format(port=free_port()))
    assert "geheim" not in str(caught.value)


@pytest.mark.parametrize("sign", ["：", "？", "＃", "＠", "／", "[", "]", "[1]"])
def test_knock_reads_no_password(sign: str) -> None:
    with pytest.raises(StreamOpenError, match="refused the connection") as caught:
        knock(f"rtsp://admin:Geheim{sign}1@127.0.0.1:{free_port()}/live")
    assert "Geheim" not in str(caught.value)


@pytest.mark.parametrize("host", ["no-such-host.invalid", f"{'a' * 70}.invalid"])
def test_knock_at_a_host_without_an_address_says_so(host: str) -> None:
    with pytest.raises(StreamOpenError, match="cannot be reached"):
        knock(f"rtsp://{host}/live")


@pytest.mark.parametrize(
    ("url", "before", "is_needed"),
    [
        ("rtsp://10.0.0.1/live", None, False),
        ("rtsp://10.0.0.1/live", StreamStalledError("stalled"), True),
        ("rtsp://10.0.0.1/live", StreamError("no free session"), False),
        ("synthetic://x", StreamStalledError("stalled"), False),
        ("clip.mp4", StreamStalledError("stalled"), False),
    ],
)
def test_only_hosts_that_may_be_dark_are_knocked_at(url: str, before: StreamError | None, is_needed: bool) -> None:
    assert needs_knock(url, before) is is_needed


def test_stop_ends_the_wait_for_a_turn_to_knock(pool: CameraPool) -> None:
    budget = DialBudget(DialLimits(knocks_per_s=0.001))
    budget.knock(threading.Event())
    opener = ScriptedOpener(StreamStalledError("stalled"))
    reader = CameraReader(
        "gate", "rtsp://10.0.0.1/x", BRISK, openers=Openers({"rtsp": opener}), deliver=Collector(), dial=budget
    )
    reader.start()
    assert opener.wait(1, LIMIT_S)
    began_s = time.monotonic()
    reader.stop()
    assert time.monotonic() - began_s < 10
