"""The command line as a person types it: what goes wrong is one sentence, status 1, no trace, no password."""

import json
import socket
import sys
import threading
from pathlib import Path

import av
import numpy as np
import pytest

from api.cli import main
from api.commands.demo_site import demo_settings
from broadcast.audio import AudioClip
from broadcast.horns import open_horn

ZONES = '{"zones":[{"id":"z","polygon":[[0,0],[1,0],[1,1]],"rule":{"kind":"parking","limit_s":5}}]}'


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "zones.json").write_text(ZONES, encoding="utf-8")
    (tmp_path / "text.mp4").write_text("not a video\n", encoding="utf-8")
    return tmp_path


def typed(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    """Run a command; returns its status, output and error output."""
    monkeypatch.setattr(sys, "argv", ["streetwarden", *words])
    with pytest.raises(SystemExit) as ended:
        main()
    out, err = capsys.readouterr()
    return int(ended.value.code or 0), out, err


BAD = {
    "settings missing": (["check", "-c", "none.toml"], "there is no settings file none.toml"),
    "clip missing": (["replay", "none.mp4", "-z", "zones.json"], "none.mp4 does not exist"),
    "clip is text": (["replay", "text.mp4", "-z", "zones.json"], "text.mp4 is a text file, not a video"),
    "zones missing": (["replay", "text.mp4", "-z", "none.json"], "zones file none.json cannot be read"),
    "card missing": (["models", "card", "none.toml"], "none.toml"),
    "port refused": (["probe", "rtsp://u:sesame@127.0.0.1:1/x", "--seconds", "1"], "refused the connection"),
    "scheme unknown": (["probe", "gopher://u:sesame@127.0.0.1/x"], "gopher"),
    "scheme left out": (["probe", "admin:sesame@192.0.2.1/s"], "begin with rtsp://"),
    "scheme misspelt": (["probe", "rtsp:/admin:sesame@192.0.2.1/s"], "begin with rtsp://"),
    "password unescaped": (["probe", "rtsp://u:p@sesame/1@127.0.0.1:1/x"], "%2F and %40"),
    "camera as a clip": (["replay", "rtsp://u:sesame@192.0.2.1/s", "-z", "zones.json"], "begin with rtsp://"),
    "folder that cannot be": (["models", "draw", "/proc/u:sesame@192.0.2.1"], "No such file or directory"),
    "horn password unescaped": (["say", "onvif://u:p@sesame/1@127.0.0.1:9/x", "parking"], "%2F and %40"),
    "horn password with a slash": (["say", "onvif://u:p/sesame@127.0.0.1:9/x", "parking"], "%2F and %40"),
    "scene unknown": (["probe", "synthetic://nowhere"], "nowhere"),
    "horn unknown": (["say", "nobody", "parking"], "there is no horn 'nobody'"),
    "horn away": (["say", "onvif://u:sesame@127.0.0.1:1/x", "parking"], "cannot connect to 127.0.0.1 port 1"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_gives_one_sentence(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], case: str
) -> None:
    words, expected = BAD[case]
    status, _out, err = typed(monkeypatch, capsys, *words)
    assert status == 1
    assert expected in err
    assert "Traceback" not in err
    assert "sesame" not in err


@pytest.mark.parametrize(
    ("polygon", "expected"),
    [
        ("[[0,0],[1,1]]", "has 2 corners"),
        ("[[0,0],[1,0],[1,1.5]]", "leaves the picture"),
        ("[[0,0],[0,0],[0,0]]", "no area"),
    ],
)
def test_zone_that_is_none_is_named(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], polygon: str, expected: str
) -> None:
    (folder / "zones.json").write_text(ZONES.replace("[[0,0],[1,0],[1,1]]", polygon), encoding="utf-8")
    status, _out, err = typed(monkeypatch, capsys, "replay", "text.mp4", "-z", "zones.json")
    assert (status, expected in err, "zone 'z'" in err) == (1, True, True)


def test_truncated_clip_is_replayed_as_far_as_it_goes_and_then_named(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with av.open(str(folder / "whole.mp4"), "w", options={"movflags": "faststart"}) as clip:
        stream = clip.add_stream("libx264", rate=10, options={"g": "10"})
        stream.width, stream.height = 320, 240
        rng = np.random.default_rng(1)
        for _ in range(100):
            picture = av.VideoFrame.from_ndarray(rng.integers(0, 255, (240, 320, 3), np.uint8), format="bgr24")
            clip.mux(stream.encode(picture))
        clip.mux(stream.encode())
    whole = (folder / "whole.mp4").read_bytes()
    (folder / "cut.mp4").write_bytes(whole[: len(whole) // 2])
    status, _out, err = typed(monkeypatch, capsys, "replay", "cut.mp4", "-z", "zones.json", "--engine", "onnxruntime")
    assert status == 1
    assert "cut.mp4" in err
    assert "truncated" in err or "damaged" in err


def test_busy_port_is_named_before_anything_starts(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        status, _out, err = typed(monkeypatch, capsys, "demo", "--no-browser", "--port", str(port))
    assert status == 1
    assert f"port {port}" in err
    assert not (folder / "demo-data").exists()


def test_demo_leaves_a_folder_alone_that_it_did_not_make(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "mine").mkdir()
    (folder / "mine" / "work.txt").write_text("precious", encoding="utf-8")
    status, _out, err = typed(monkeypatch, capsys, "demo", "--no-browser", "--port", "0", "--data", "mine")
    assert (status, "was not made by the demo" in err) == (1, True)
    assert (folder / "mine" / "work.txt").read_text(encoding="utf-8") == "precious"


@pytest.mark.e2e
def test_demo_says_at_once_that_its_summary_cannot_be_written(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["demo", "--no-browser", "--port", "0", "--exit-after", "600", "--summary", "none/told.json"]
    status, _out, err = typed(monkeypatch, capsys, *words)
    assert status == 1
    assert "the summary none/told.json cannot be written: No such file or directory" in err


def test_demo_takes_a_folder_whose_name_has_signs_of_urls(tmp_path: Path) -> None:
    settings = demo_settings(tmp_path / "d?x#1 %20", 0, None)
    horn = open_horn("demo", settings.broadcast.horns[0].url.get_secret_value().replace("auto:", "file:", 1))
    clip = AudioClip(np.zeros(160, np.float32), 8000)
    assert horn.play(clip, threading.Event()).ok
    assert [path.name for path in tmp_path.iterdir()] == ["d?x#1 %20"]


def test_phrase_said_to_a_folder_is_a_wav_file_of_its_length(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    status, out, _err = typed(monkeypatch, capsys, "say", f"file://{folder}/horn?pace=0", "parking")
    [wav] = (folder / "horn").glob("*.wav")
    with av.open(str(wav)) as audio:
        duration_s = float(audio.duration or 0) / av.time_base
    assert status == 0
    assert f"said {duration_s:.1f} s" in out


def test_probe_tells_what_a_drawn_camera_sends(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    status, out, _err = typed(monkeypatch, capsys, "probe", "synthetic://quiet?fps=10&size=640x360", "--json")
    facts = json.loads(out)
    assert status == 0
    assert (facts["codec"], facts["size_wh"]) == ("h264", [640, 360])
    assert facts["delivered_fps"] == pytest.approx(10, rel=0.3)
