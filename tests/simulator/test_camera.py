"""The simulated camera itself: without faults it is a camera like any other."""

import time
from itertools import pairwise
from pathlib import Path

import pytest

from streams.gears import Gear
from streams.opening import Openers
from streams.pool import CameraPool
from streams.settings import StreamSettings
from tests.rtsp.clips import Pattern, encode_clip
from tests.simulator.camera import SimulatedCamera
from tests.simulator.dialogue import Login
from tests.simulator.rtp import MOST_BYTES, RtpCounter, payloads, rtp_packets
from tests.simulator.units import Unit, load_clip
from tests.streams.helpers import Collector, eventually, reader_threads

LOGINS = [None, Login("operator", "ge heim/1"), Login("operator", "geheim", "basic")]


@pytest.fixture(scope="module", params=["h264", "h265"])
def small(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    pattern = Pattern(codec=request.param, fps=10, gop=10, seconds=2)
    return encode_clip(tmp_path_factory.mktemp("simulator") / f"{request.param}.mp4", pattern)


@pytest.mark.e2e
@pytest.mark.parametrize("transport", ["tcp", "udp"])
def test_good_camera_loses_nothing_and_says_its_time(small: Path, transport: str) -> None:
    seen = Collector()
    with SimulatedCamera(small) as camera:
        pool = CameraPool(Openers(), seen)
        reader = pool.add("gate", camera.url(), StreamSettings(transport=transport))
        reader.want("test", Gear.full())
        frames = seen.wait(25, "gate")
        health = reader.health()
        pool.close()
        eventually(lambda: camera.sessions() == 0, "the session torn down")
    assert [frame.seq for frame in frames] == list(range(len(frames)))
    assert max(later.t_s - earlier.t_s for earlier, later in pairwise(frames)) == pytest.approx(0.1, abs=0.03)
    assert (health.corrupt, health.problem, health.declared_fps) == (0, "", 10.0)
    assert health.clock_offset_s == pytest.approx(0.0, abs=5.0)
    assert reader_threads() == []


@pytest.mark.e2e
@pytest.mark.parametrize("login", LOGINS)
def test_login_is_asked_for_and_taken(small: Path, login: Login | None) -> None:
    secret = None if login is None else login.password.replace(" ", "%20").replace("/", "%2F")
    with SimulatedCamera(small, login=login) as camera:
        pool = CameraPool(Openers(), Collector())
        reader = pool.add("gate", camera.url(secret), StreamSettings())
        eventually(lambda: reader.health().state == "live", "live")
        pool.close()


@pytest.mark.parametrize("codec", ["h264", "hevc"])
def test_units_of_any_size_are_whole_in_their_packets(codec: str) -> None:
    heads = {"h264": (b"\x67", b"\x68", b"\x65"), "hevc": (b"\x42\x01", b"\x44\x01", b"\x26\x01")}[codec]
    nals = (heads[0] + b"sps", heads[1] + b"pps", heads[2] + bytes(range(256)) * 40)
    bodies = payloads(Unit(codec, nals, 0, 0.0, is_key=True))
    skip = 2 if codec == "h264" else 3
    assert b"".join(body[skip:] for body in bodies[1:]) == nals[2][skip - 1 :]
    assert nals[0] in bodies[0]
    assert nals[1] in bodies[0]
    assert max(map(len, bodies)) <= MOST_BYTES + skip


def test_only_the_last_packet_of_a_picture_is_marked() -> None:
    unit = Unit("h264", (b"\x65" + b"x" * 5000,), 0, 0.0, is_key=True)
    marks = [packet[1] >> 7 for packet in rtp_packets(unit, RtpCounter())]
    assert marks == [0, 0, 0, 1]


def test_clip_is_read_with_its_sets_and_times(small: Path) -> None:
    clip = load_clip(small)
    assert (len(clip.units), clip.length_s, clip.fps) == (20, pytest.approx(2.0), 10.0)
    assert [unit.is_key for unit in clip.units].count(True) == 2
    assert len(clip.sets) == (2 if clip.codec == "h264" else 3)


def test_closing_ends_everything_at_once(small: Path) -> None:
    began_s = time.monotonic()
    with SimulatedCamera(small):
        pass
    assert time.monotonic() - began_s < 20
