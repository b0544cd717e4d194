"""What arrives at a real backchannel, measured there."""

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import numpy as np
import pytest

from broadcast.audio import AudioClip, load_audio
from broadcast.errors import HornAuthError, HornRefusedError
from broadcast.horns import open_horn
from broadcast.loudness import rms_dbfs
from broadcast.rtsp_backchannel import probe_backchannel
from broadcast.shaping import for_g711
from tests.broadcast.backchannel import BackchannelServer, require_gstreamer
from tests.broadcast.sounds import tone

pytestmark = pytest.mark.e2e

USER, PASSWORD = "talker", "tr0ub4dor&3"


@pytest.fixture(scope="module", autouse=True)
def _gstreamer() -> None:
    require_gstreamer()


@pytest.fixture(scope="module")
def open_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BackchannelServer]:
    with BackchannelServer(tmp_path_factory.mktemp("open")) as server:
        yield server


def peak_hz(clip: AudioClip) -> float:
    """Return the strongest frequency."""
    spectrum = np.abs(np.fft.rfft(clip.samples))
    return float(np.argmax(spectrum)) * clip.rate_hz / len(clip.samples)


@pytest.mark.parametrize("codec", ["PCMU", "PCMA"])
@pytest.mark.parametrize("signed_in", [False, True])
def test_whole_sound_arrives_at_its_level(tmp_path: Path, codec: Literal["PCMU", "PCMA"], signed_in: bool) -> None:
    account = {"user": USER, "password": "secret1"} if signed_in else {}
    clip = tone(1.5)
    with BackchannelServer(tmp_path, codec=codec, **account) as server:
        receipt = open_horn("gate", server.url).play(clip, threading.Event())
        if server.heard_s == 0:  # on a loaded machine GStreamer's server was seen to write nothing of a session
            receipt = open_horn("gate", server.url).play(clip, threading.Event())
        heard = load_audio(server.received())
    assert (receipt.ok, receipt.codec, receipt.bytes_sent) == (True, codec, 12_000)
    assert heard.duration_s == pytest.approx(clip.duration_s, abs=0.041)  # two packets
    assert rms_dbfs(heard) == pytest.approx(rms_dbfs(for_g711(clip)), abs=0.5)
    assert peak_hz(heard) == pytest.approx(1000, abs=5)


def test_sound_arrives_by_udp(open_server: BackchannelServer) -> None:
    clip = tone(1.0, hz=700)
    receipt = open_horn("gate", f"{open_server.url}?transport=udp").play(clip, threading.Event())
    heard = load_audio(open_server.received())
    assert receipt.ok
    assert heard.duration_s == pytest.approx(clip.duration_s, abs=0.101)  # UDP may lose a few packets on a busy machine
    assert peak_hz(heard) == pytest.approx(700, abs=5)


def test_wrong_password_is_refused_without_being_shown(tmp_path: Path) -> None:
    with BackchannelServer(tmp_path, user=USER, password="right") as server:
        url = f"onvif://{USER}:wr0ng@127.0.0.1:{server.port}/talk"
        with pytest.raises(HornAuthError) as caught:
            open_horn("gate", url).play(tone(0.5), threading.Event())
    assert "wr0ng" not in str(caught.value)
    assert not caught.value.retryable


def test_missing_password_is_asked_for(tmp_path: Path) -> None:
    with BackchannelServer(tmp_path, user=USER, password="right") as server:
        check = open_horn("gate", f"onvif://127.0.0.1:{server.port}/talk").check()
    assert "user:password@" in check.detail


def test_device_without_backchannel_says_so(open_server: BackchannelServer) -> None:
    report = probe_backchannel(f"rtsp://127.0.0.1:{open_server.port}/deaf")
    assert (report.has_backchannel, report.usable) == (False, False)
    assert "backchannel" in report.problem


def test_wrong_path_is_named_as_the_trouble(open_server: BackchannelServer) -> None:
    with pytest.raises(HornRefusedError, match="correct the path"):
        open_horn("gate", f"onvif://127.0.0.1:{open_server.port}/nothing").play(tone(0.2), threading.Event())


def test_probe_names_the_codec(open_server: BackchannelServer) -> None:
    report = probe_backchannel(open_server.url)
    assert (report.has_backchannel, report.codecs, report.usable, report.problem) == (True, ("PCMU/8000",), True, "")


def test_backchannel_without_g711_is_refused_by_name(tmp_path: Path) -> None:
    with BackchannelServer(tmp_path, codec="OPUS") as server:
        report = probe_backchannel(server.url)
    assert (report.has_backchannel, report.usable) == (True, False)
    assert "OPUS/48000" in report.problem


def test_stop_cuts_the_voice_off(open_server: BackchannelServer) -> None:
    stop = threading.Event()
    threading.Timer(0.5, stop.set).start()
    receipt = open_horn("gate", open_server.url).play(tone(30.0), stop)
    assert not receipt.ok
    assert receipt.duration_s < 20
    assert "stopped" in receipt.detail
