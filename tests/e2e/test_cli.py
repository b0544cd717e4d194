"""The command line as a person types it: what goes wrong is one sentence, status 1, no trace, no password."""

import hashlib
import json
import re
import socket
import subprocess
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
from cases.people import Role
from cases.posts import Post
from models.cards import Family, ModelCard, card_toml, load_card
from models.shelf import bundled_card
from pipeline.settings import load_settings
from pipeline.stores import open_people, stored_cases
from tests.cases.builders import case_id_of, facts, new_case, parts
from tests.streams.ptz_server import serving

ROOT = Path(__file__).resolve().parents[2]
ZONES = '{"zones":[{"id":"z","polygon":[[0,0],[1,0],[1,1]],"rule":{"kind":"parking","limit_s":5}}]}'


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "zones.json").write_text(ZONES, encoding="utf-8")
    (tmp_path / "text.mp4").write_text("not a video\n", encoding="utf-8")
    bundled = load_card(bundled_card())
    write_card(tmp_path / "text.toml", card_for(tmp_path / "zones.json", bundled))
    write_card(tmp_path / "family.toml", bundled.model_copy(update={"family": Family.YOLO_END2END}))
    return tmp_path


def card_for(weights: Path, like: ModelCard) -> ModelCard:
    return like.model_copy(update={"file": weights, "sha256": hashlib.sha256(weights.read_bytes()).hexdigest()})


def write_card(path: Path, card: ModelCard) -> None:
    name = f"file = {json.dumps(card.file.name)}"
    path.write_text(card_toml(card).replace(name, f"file = {json.dumps(str(card.file))}"), encoding="utf-8")


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
    "presets of no camera": (["presets", "http://u:sesame@127.0.0.1:1/onvif/ptz_service"], "does not answer"),
    "presets of no address": (["presets", "rtsp://u:sesame@127.0.0.1/x"], "a PTZ service is http"),
    "view unknown": (["replay", "text.mp4", "-z", "zones.json", "--view", "roof"], "say by --view"),
    "scene unknown": (["probe", "synthetic://nowhere"], "nowhere"),
    "horns missing": (["say", "nobody", "parking"], "there is no settings file settings.toml"),
    "card of weights that are text": (["models", "card", "text.toml"], "is not a model that ONNX Runtime can run"),
    "card of another family": (["models", "card", "family.toml"], 'it looks like family = "yolov8"'),
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


def test_presets_of_a_camera_are_listed_with_their_tokens(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with serving() as camera:
        status, out, _err = typed(monkeypatch, capsys, "presets", camera.url, "--json")
        told = json.loads(out)
        assert status == 0
        assert told["presets"] == [{"token": "1", "name": "View 1"}, {"token": "2", "name": "View 2"}]
        status, out, _err = typed(monkeypatch, capsys, "presets", camera.url)
    assert "View 2" in out
    assert "pan 0.75, tilt 0, zoom 0.5" in out


def test_truncated_clip_is_replayed_as_far_as_it_goes_and_then_named(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    write_clip(folder / "whole.mp4", 100)
    whole = (folder / "whole.mp4").read_bytes()
    (folder / "cut.mp4").write_bytes(whole[: len(whole) // 2])
    status, _out, err = typed(monkeypatch, capsys, "replay", "cut.mp4", "-z", "zones.json", "--engine", "onnxruntime")
    assert status == 1
    assert "cut.mp4" in err
    assert "truncated" in err or "damaged" in err


@pytest.mark.parametrize("words", [["probe", "cut.avi"], ["replay", "cut.avi", "-z", "zones.json"]])
def test_avi_that_was_cut_off_fails_with_a_sentence(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], words: list[str]
) -> None:
    write_clip(folder / "whole.avi", 100)
    whole = (folder / "whole.avi").read_bytes()
    (folder / "cut.avi").write_bytes(whole[: len(whole) // 3])
    monkeypatch.setenv("HOME", str(folder))
    status, _out, err = typed(monkeypatch, capsys, *words)
    assert (status, "truncated" in err, "cut.avi" in err) == (1, True, True)


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


def write_clip(path: Path, frames: int) -> None:
    with av.open(str(path), "w", options={"movflags": "faststart"}) as clip:
        stream = clip.add_stream("libx264", rate=10, options={"g": "10"})
        stream.width, stream.height = 320, 240
        rng = np.random.default_rng(1)
        for _ in range(frames):
            picture = av.VideoFrame.from_ndarray(rng.integers(0, 255, (240, 320, 3), np.uint8), format="bgr24")
            clip.mux(stream.encode(picture))
        clip.mux(stream.encode())


CHECKED = {
    "recording is junk": (
        "[broadcast]\nrecordings = 'voices'",
        ["broadcast.recordings: ", "parking.1.zh.wav"],
    ),
    "recording has no phrase": ("[broadcast]\nrecordings = 'named'", ["parkng.1.zh.wav is never played"]),
    "recordings missing": ("[broadcast]\nrecordings = 'none'", ["none cannot be read: No such file or directory"]),
    "speech program missing": ("[broadcast]\nspeech_program = 'nosay'", ["there is no program 'nosay'"]),
    "clip missing": ("[[cameras]]\nid = 'a'\nurl = 'none.mp4'", ["camera 'a': url: ", "none.mp4 does not exist"]),
    "clip is text": ("[[cameras]]\nid = 'a'\nurl = 'text.mp4'", ["text.mp4 is a text file, not a video"]),
    "weights differ": ("[model]\ncard = 'hash.toml'", ["model.card: ", "is not the file its card speaks of"]),
    "outputs differ": ("[model]\ncard = 'family.toml'", ["model.card: ", 'it looks like family = "yolov8"']),
    "data is a file": ("data = 'text.mp4/data'", ["data: ", "text.mp4 is a file"]),
    "zone is a file of text": (
        "[[cameras]]\nid = 'a'\nurl = 'rtsp://h/x'\nzones = 'text.mp4'",
        ["camera 'a': zones: "],
    ),
    "scheme left out": ("[[cameras]]\nid = 'a'\nurl = 'admin:sesame@192.0.2.1/s'", ["camera 'a' (number 1): url: "]),
    "second opinion": (
        "[second_opinion]\nmodel = 'none.toml'\n"
        "language_model = { url = 'https://m/v1', model = 'm', ca_file = 'none.pem' }",
        ["second_opinion.model: ", "none.toml", "ca_file", "none.pem"],
    ),
    "address of a model": (
        "[second_opinion.language_model]\nurl = 'https://li:sesame@m/v1'\nmodel = 'm'",
        ["second_opinion.language_model.url: ", "leave user"],
    ),
    "time zone": ("timezone = 'Mars/Base'", ["unknown time zone 'Mars/Base'"]),
}


@pytest.mark.parametrize("case", CHECKED)
def test_check_finds_what_would_fail_later(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], case: str
) -> None:
    text, expected = CHECKED[case]
    for name in ("voices/parking.1.zh.wav", "named/parkng.1.zh.wav"):
        (folder / name).parent.mkdir()
        (folder / name).write_text("no sound", encoding="utf-8")
    write_card(folder / "hash.toml", load_card(bundled_card()).model_copy(update={"sha256": "0" * 64}))
    (folder / "settings.toml").write_text(text, encoding="utf-8")
    before = sorted(folder.rglob("*"))
    status, out, err = typed(monkeypatch, capsys, "check")
    assert status == 1
    assert [part for part in expected if part not in out + err] == []
    assert "sesame" not in out + err
    assert sorted(folder.rglob("*")) == before


def test_check_passes_the_example_and_makes_nothing(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("GATE_PASSWORD", "sesame")
    text = (ROOT / "pipeline" / "example.toml").read_text(encoding="utf-8")
    (folder / "settings.toml").write_text(text, encoding="utf-8")
    monkeypatch.setenv("PATH", str(folder))
    status, out, _err = typed(monkeypatch, capsys, "check")
    assert (status, "1 cameras, 1 horns, nothing wrong" in out) == (0, True)
    assert "espeak-ng is not installed, so only the standard phrases can be spoken" in out
    assert not (folder / "data").exists()


def test_say_takes_the_horns_of_the_settings_beside_it(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    horn = f"[[broadcast.horns]]\nid = 'gate'\nurl = 'file://{folder}/horn?pace=0'\n"
    (folder / "settings.toml").write_text(horn, encoding="utf-8")
    status, out, _err = typed(monkeypatch, capsys, "say", "gate", "parking")
    assert (status, out[:5]) == (0, "said ")
    status, _out, err = typed(monkeypatch, capsys, "say", "nobody", "parking")
    assert (status, "there is no horn 'nobody'; settings.toml has: gate" in err) == (1, True)


def test_card_is_printed_whole_into_a_pipe(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    status, out, _err = typed(monkeypatch, capsys, "models", "card")
    assert (status, load_card(bundled_card()).sha256 in out) == (0, True)


def test_probe_speaks_in_units_to_people(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    status, out, err = typed(monkeypatch, capsys, "probe", "synthetic://quiet?fps=12&size=640x360", "--seconds", "2")
    shown = dict(re.split(r"  +", line, maxsplit=1) for line in out.splitlines())
    assert status == 0
    assert shown["size"] == "640 x 360"
    assert re.fullmatch(r"\d+(\.\d{1,3})? fps", shown["delivered"])
    assert re.fullmatch(r"\d+(\.\d+)? [kM]bit/s", shown["bit rate"])
    assert re.fullmatch(r"\d+(\.\d+)? s", shown["key interval"])
    assert shown["backchannel"] == "—"
    assert err == ""


def test_failing_command_leaves_its_sentence_alone(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    _status, _out, err = typed(monkeypatch, capsys, "probe", "none.mp4")
    assert err == "streetwarden: none.mp4 does not exist there; check the path\n"


def test_unknown_engine_is_a_wrong_use(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    status, _out, err = typed(monkeypatch, capsys, "replay", "text.mp4", "-z", "zones.json", "--engine", "cuda")
    assert (status, "openvino" in err) == (2, True)


def test_commands_load_for_an_account_without_a_home() -> None:
    code = "from pathlib import Path\nPath.home = None\nimport api.cli\n"
    ended = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert (ended.returncode, ended.stderr) == (0, "")


def test_replay_runs_for_an_account_without_a_home(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def homeless() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(Path, "home", homeless)
    write_clip(folder / "short.mp4", 5)
    words = ["replay", "short.mp4", "-z", "zones.json", "--engine", "onnxruntime"]
    status, _out, err = typed(monkeypatch, capsys, *words)
    assert (status, err) == (0, "")


def test_data_folder_of_any_name_is_verified(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "settings.toml").write_text("data = 'd?x%20'\n[evidence]\nkeys = 'k?y%20'", encoding="utf-8")
    status, _out, err = typed(monkeypatch, capsys, "evidence", "verify")
    assert (status, "there is no data folder" in err) == (1, True)
    (folder / "d?x%20").mkdir()
    with stored_cases(load_settings(folder / "settings.toml")) as (cases, evidence):
        cases.open_case(new_case(), evidence.write_pack(case_id_of("event-1"), parts(), facts()))
    assert (folder / "d?x%20" / "streetwarden.sqlite").is_file()
    status, out, _err = typed(monkeypatch, capsys, "evidence", "verify", "--language", "en")
    assert (status, out.startswith("1 cases, 2 files, 0.0 MB: all as they were written")) == (0, True)


def test_person_gets_another_role_and_is_kept_out_and_let_in_again(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "settings.toml").write_text("", encoding="utf-8")
    people = open_people(load_settings(folder / "settings.toml"))
    people.create("chief", "a long password", Role.ADMIN)
    people.create("li", "a long password", Role.VIEWER)
    for words in (["role", "li", "operator"], ["disable", "li"], ["enable", "li"]):
        assert typed(monkeypatch, capsys, "user", *words)[0] == 0
    assert people.check("li", "a long password").role is Role.OPERATOR
    status, _out, err = typed(monkeypatch, capsys, "user", "role", "chief", "viewer")
    assert (status, "Traceback" in err) == (1, False)


def test_person_gets_posts_and_a_unit(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "settings.toml").write_text("", encoding="utf-8")
    people = open_people(load_settings(folder / "settings.toml"))
    people.create("li", "a long password", Role.OPERATOR)

    status, out, _err = typed(monkeypatch, capsys, "user", "posts", "li", "department", "handler", "--unit", "parks-1")
    assert (status, out.strip()) == (0, "li holds department, handler of unit parks-1")
    assert typed(monkeypatch, capsys, "user", "posts", "li", "handler")[0] == 1  # whose unit?
    assert (people.get("li").posts, people.get("li").unit) == ((Post.DEPARTMENT, Post.HANDLER), "parks-1")
    assert "parks-1" in typed(monkeypatch, capsys, "user", "list")[1]
    assert typed(monkeypatch, capsys, "user", "posts", "li", "mayor")[0] == 2


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
