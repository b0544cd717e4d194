"""The inference benchmark: its pictures, its sides and a short run."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from benchmarks.camera_clip import ClipSettings, write_camera_clip
from benchmarks.inference_frames import street_frames
from benchmarks.inference_sides import SIDES, Contest, DefaultSession
from benchmarks.report import CHECKOUT
from models.cards import card_toml
from models.onnxruntime_engine import OnnxRuntimeEngine
from tests.models.tiny import ONE_CAR, TinyOnnx, onnx_bytes, write_model

LIMIT_S = 300.0


def test_drawn_pictures_have_the_asked_size_and_differ() -> None:
    first, second = street_frames(None, 2, (320, 180))

    assert first.size_wh == second.size_wh == (320, 180)
    assert not np.array_equal(first.planes.y, second.planes.y)


def test_short_clip_is_begun_anew(tmp_path: Path) -> None:
    clip = write_camera_clip(tmp_path / "clip.mp4", ClipSettings(size_wh=(320, 180), seconds=1.0), None)

    assert [frame.size_wh for frame in street_frames(clip, 4, (160, 90))] == [(160, 90)] * 4


def test_batch_longer_than_the_frames_is_refused(tmp_path: Path) -> None:
    card = tmp_path / "tiny.toml"
    card.write_text(card_toml(write_model(tmp_path)), encoding="utf-8")
    contest = Contest(card, None, tmp_path / "cache")

    with pytest.raises(ValueError, match="batch of 8"):
        contest.sides(street_frames(None, 2, (320, 180)), 8)


@pytest.mark.parametrize("fixed", ["N", 1])
def test_default_session_gives_what_the_engine_gives(tmp_path: Path, fixed: int | str) -> None:
    card = write_model(tmp_path, TinyOnnx(ONE_CAR.offset, ONE_CAR.gain, batch=fixed))
    batch = np.random.default_rng(0).random((3, 3, 64, 64), np.float32)

    expected = OnnxRuntimeEngine(card, onnx_bytes(TinyOnnx(ONE_CAR.offset, ONE_CAR.gain, batch=fixed))).infer(batch)

    np.testing.assert_array_equal(DefaultSession(card).infer(batch), expected)


def test_quick_run_writes_every_side_and_its_goals(tmp_path: Path) -> None:
    card = tmp_path / "tiny.toml"
    card.write_text(card_toml(write_model(tmp_path)), encoding="utf-8")
    clip = write_camera_clip(tmp_path / "clip.mp4", ClipSettings(size_wh=(320, 180), seconds=1.0), None)
    subprocess.run(
        [
            *(sys.executable, "-m", "benchmarks.inference", "--quick", "--model", str(card), "--clip", str(clip)),
            *("--json", str(tmp_path / "out.json"), "--plot", str(tmp_path / "out.png")),
        ],
        cwd=CHECKOUT,
        check=True,
        timeout=LIMIT_S,
        capture_output=True,
    )

    written = json.loads((tmp_path / "out.json").read_text(encoding="utf-8"))
    assert {row["side"] for row in written["samples"]} == set(SIDES)
    assert all(row["images_per_s"] > 0 for row in written["samples"])
    assert [goal.get("applies", True) for goal in written["goals"]] == [True, True, written["settings"]["amx"]]
    assert written["summary"]["tiny"]["engine"]["reason"] == "measured"
    assert (tmp_path / "out.png").stat().st_size > 5_000
