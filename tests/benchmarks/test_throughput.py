"""The throughput benchmark: the order of its windows and a short run."""

import itertools
import json
import subprocess
import sys
from pathlib import Path

import av
import pytest

from benchmarks.camera_clip import ClipSettings, write_camera_clip
from benchmarks.errors import SideFailedError
from benchmarks.report import CHECKOUT
from benchmarks.side_process import SideProcess
from benchmarks.sides import SIDES, SideSettings
from benchmarks.throughput import Plan
from models.cards import card_toml
from tests.models.tiny import write_model
from tests.rtsp.server import missing_reason

LIMIT_S = 300.0


def test_each_round_measures_every_side_with_every_number_of_cameras() -> None:
    windows = list(Plan(cameras=(1, 4), rounds=2).windows())

    assert sorted(windows) == sorted(itertools.product((0, 1), (1, 4), SIDES))


def test_each_round_begins_with_another_side() -> None:
    plan = Plan(cameras=(1,), rounds=3)

    first = {number: next(side for r, _n, side in plan.windows() if r == number) for number in range(3)}

    assert len(set(first.values())) == 3


def test_paced_peer_keeps_as_many_frames_as_it_is_told() -> None:
    settings = {"urls": (), "card": "", "engine": "", "cache_dir": "", "look_hz": 2.0, "source_fps": 25.0}

    strides = {side: SideSettings.model_validate({"side": side, **settings}).stride for side in SIDES}

    assert strides["load_streams_paced"] == strides["opencv_paced"] == 12
    assert strides["load_streams"] == strides["opencv"] == 1


def test_clip_has_the_key_frames_and_length_of_the_camera(tmp_path: Path) -> None:
    settings = ClipSettings(size_wh=(320, 180), seconds=3.0, key_interval_s=1.0, bit_rate=300_000)

    with av.open(str(write_camera_clip(tmp_path / "clip.mp4", settings, None))) as container:
        packets = [packet for packet in container.demux(video=0) if packet.size]

    assert [index for index, packet in enumerate(packets) if packet.is_keyframe] == [0, 25, 50]
    assert len(packets) == 75


def test_short_source_is_looped_to_the_asked_length(tmp_path: Path) -> None:
    settings = ClipSettings(size_wh=(320, 180), seconds=1.0, key_interval_s=1.0, bit_rate=300_000)
    short = write_camera_clip(tmp_path / "short.mp4", settings, None)

    longer = ClipSettings(size_wh=(160, 90), seconds=2.2, key_interval_s=1.0, bit_rate=300_000)
    with av.open(str(write_camera_clip(tmp_path / "long.mp4", longer, short))) as container:
        assert sum(1 for _ in container.decode(video=0)) == 55


def test_side_that_cannot_start_is_named_and_leaves_no_process(tmp_path: Path) -> None:
    settings = SideSettings(
        side="opencv",
        urls=("rtsp://127.0.0.1:1/none",),
        card=str(tmp_path / "none.toml"),
        engine="onnxruntime",
        cache_dir=str(tmp_path),
        look_hz=1.0,
        source_fps=25.0,
    )

    with (
        pytest.raises(SideFailedError, match=r"its process ended .*none\.toml cannot be read"),
        SideProcess(settings),
    ):
        pass


@pytest.mark.e2e
def test_short_run_writes_figures_that_add_up(tmp_path: Path) -> None:
    if reason := missing_reason():
        pytest.skip(reason)
    card = tmp_path / "tiny.toml"
    card.write_text(card_toml(write_model(tmp_path)), encoding="utf-8")
    options = "--quick --cameras 1 --seconds 2 --height 180 --key-interval 1 --engine onnxruntime"
    sides = ("ours", "load_streams_paced", "opencv")
    subprocess.run(
        [
            *(sys.executable, "-m", "benchmarks.throughput", *options.split(), "--sides", ",".join(sides)),
            *("--model", str(card), "--json", str(tmp_path / "out.json"), "--plot", str(tmp_path / "out.png")),
        ],
        cwd=CHECKOUT,
        check=True,
        timeout=LIMIT_S,
        capture_output=True,
    )

    written = json.loads((tmp_path / "out.json").read_text(encoding="utf-8"))
    samples = {sample["side"]: sample for sample in written["samples"]}
    assert set(samples) == set(sides)
    assert all(sample["unaccounted"] == 0 for sample in samples.values())
    assert all(sample["delivered_fps"] > 0 and sample["looked_hz"] > 0 for sample in samples.values())
    assert {"name", "goal", "value", "met"} == set(written["goals"][0])
    assert set(written["summary"]["by_cameras"]["1"]["ours_to_peer"]) == {"load_streams_paced", "opencv"}
    assert (tmp_path / "out.png").stat().st_size > 10_000
