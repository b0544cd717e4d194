"""A drawn clip and its truth, line by line."""

import json
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av
import pytest

from datasets.camera_faults import CameraFaults
from datasets.clips import write_clip
from datasets.demo_scenes import demo_script
from datasets.scene import StreetScene


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    path = tmp_path_factory.mktemp("clip") / "parking.mp4"
    scene = StreetScene(demo_script("parking", 1), (320, 180))
    return path, write_clip(scene, path, 2.0, start_s=16.0, fps=Fraction(10))


def test_clip_has_one_truth_line_for_every_frame(clip: tuple[Path, Path]) -> None:
    with av.open(str(clip[0])) as container:
        frames = sum(1 for _ in container.decode(video=0))
    lines = clip[1].read_text().splitlines()
    assert frames == 20
    assert len(lines) == 1 + 20


def test_truth_of_a_clip_counts_time_from_its_beginning(clip: tuple[Path, Path]) -> None:
    header, first, *_ = (json.loads(line) for line in clip[1].read_text().splitlines())
    assert header["offences"][0]["kind"] == "parking"
    assert header["offences"][0]["started_s"] == pytest.approx(0.0)
    assert first["t_s"] == 0.0
    assert len(first["boxes"]) == len(first["class_ids"]) > 0


def test_clip_of_a_shaking_camera_on_a_narrow_line_is_small_and_tells_where_its_picture_lies(tmp_path: Path) -> None:
    sizes = []
    for faults in (CameraFaults(), CameraFaults(shake_px=2.0, kbit_s=60.0)):
        scene = StreetScene(replace(demo_script("parking", 1), faults=faults), (320, 180))
        truth = write_clip(scene, tmp_path / "clip.mp4", 2.0, start_s=16.0, fps=Fraction(10))
        sizes.append((tmp_path / "clip.mp4").stat().st_size)
    rows = [json.loads(line) for line in truth.read_text().splitlines()[1:]]
    assert sizes[1] < 0.6 * sizes[0]
    assert rows[3]["shift_px"] == pytest.approx(scene.shift_px(16.3), abs=1e-3)
    assert rows[3]["view"][0] == pytest.approx(scene.script.view.yaw_deg, abs=1e-3)


def test_clip_of_a_bent_lens_tells_by_how_much(clip: tuple[Path, Path], tmp_path: Path) -> None:
    scene = StreetScene(replace(demo_script("parking", 1), faults=CameraFaults(barrel_ratio=0.05)), (320, 180))
    truth = write_clip(scene, tmp_path / "clip.mp4", 0.2, start_s=16.0, fps=Fraction(10))
    ratios = [json.loads(path.read_text().splitlines()[0])["barrel_ratio"] for path in (truth, clip[1])]
    assert ratios == [0.05, 0.0]
