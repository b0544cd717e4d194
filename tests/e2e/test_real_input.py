"""The whole program on real clips behind a real RTSP server, with a pretrained model."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from cases.records import Case
from pipeline.settings import Settings
from tests.e2e.sites import cases_of, pretrained_card, running, until, zones_file
from tests.rtsp.server import Mount, RtspServer
from vision.boxes import iou_matrix

pytestmark = [pytest.mark.e2e, pytest.mark.material]

STANDING = "jamcam_06514_hydepark_20190628"
WRITTEN_DOWN_PX = 30
"""The ground truth leaves out small and far vehicles; a case of such a one is no error."""
FLOWING = "opencv4nodejs_traffic"


def settings_for(tmp_path: Path, material: Path, cameras: list[dict[str, object]], limit_s: float) -> Settings:
    zones = zones_file(tmp_path / "zones.json", kind="parking", limit_s=limit_s, queue_hold_s=0)
    return Settings.model_validate(
        {
            "data": tmp_path / "data",
            "model": {"card": pretrained_card(tmp_path / "model", material), "engine": "onnxruntime"},
            "broadcast": {"horns": [{"id": "h", "url": f"file://{tmp_path}/horn?pace=0", "quiet_hours": []}]},
            "evidence": {"clip_after_s": 3},
            "cameras": [{"horn": "h", "zones": zones, **camera} for camera in cameras],
        }
    )


def standing_boxes(material: Path, clip: str) -> np.ndarray:
    truth = json.loads((material / "videos" / f"{clip}.gt.json").read_text(encoding="utf-8"))
    return np.array([thing["box_xyxy"] for thing in truth["stationary"]], np.float32)


def overlaps(case: Case, boxes: np.ndarray) -> bool:
    return bool((iou_matrix(np.array([case.box], np.float32), boxes) > 0.4).any())


@pytest.mark.parametrize("transport", ["tcp", "udp"])
def test_standing_vehicles_of_a_looped_ten_second_street_clip_become_cases(
    tmp_path: Path, material: Path, transport: str
) -> None:
    clip = material / "videos" / f"{STANDING}.mp4"
    with RtspServer([Mount("/a", clip)]) as server:
        camera = {"id": "a", "url": server.url("/a"), "stream": {"transport": transport}}
        with running(settings_for(tmp_path, material, [camera], limit_s=8)) as system:
            until(lambda: len(cases_of(system, "a")) >= 2, "two cases")
            until(lambda: all(len(case.files) >= 4 for case in cases_of(system, "a")), "evidence of every case")
            cases = cases_of(system, "a")
    truth = standing_boxes(material, STANDING)
    near = [case for case in cases if case.box[3] - case.box[1] >= WRITTEN_DOWN_PX]
    assert len(near) >= 2
    assert [case.box for case in near if not overlaps(case, truth)] == []


def test_vehicles_that_pass_become_no_case(tmp_path: Path, material: Path) -> None:
    clip = material / "videos" / f"{FLOWING}.mp4"
    with RtspServer([Mount("/b", clip)]) as server:
        camera = {"id": "b", "url": server.url("/b")}
        with running(settings_for(tmp_path, material, [camera], limit_s=8)) as system:
            until(lambda: system.cameras()[0].looks.inferred >= 30, "thirty looks")
            assert cases_of(system, "b") == ()


def test_outage_freezes_the_dwell_clock_and_other_cameras_never_pause(tmp_path: Path, material: Path) -> None:
    clip = material / "videos" / f"{STANDING}.mp4"
    limit_s = 25.0
    with RtspServer([Mount("/a", clip)]) as failing, RtspServer([Mount("/b", clip)]) as steady:
        cameras = [{"id": "a", "url": failing.url("/a")}, {"id": "b", "url": steady.url("/b")}]
        with running(settings_for(tmp_path, material, cameras, limit_s=limit_s)) as system:
            until(lambda: system.cameras()[0].looks.inferred >= 10, "ten looks at the camera that will fail")
            failing.kill()
            killed_at = datetime.now(UTC)
            until(lambda: system.cameras()[0].health.state == "away", "the camera shown as away")
            before = system.cameras()[1].health.packets
            until(lambda: system.cameras()[1].health.packets > before + 20 * 25, "20 s of the other camera")
            assert cases_of(system, "a") == ()
            assert system.cameras()[1].health.reconnects == 0
            failing.start()
            until(lambda: any(c.started_at < killed_at for c in cases_of(system, "a")), "a case from before the outage")
            case = next(c for c in cases_of(system, "a") if c.started_at < killed_at)
    dwell_s = next(reason.value for reason in case.reasons if reason.key == "dwell")
    on_the_wall_s = (case.raised_at - case.started_at).total_seconds()
    assert dwell_s == pytest.approx(limit_s, abs=3.0)
    assert on_the_wall_s > limit_s + 17


def test_killing_the_program_does_not_restart_the_dwell_clock(tmp_path: Path, material: Path) -> None:
    clip = material / "videos" / f"{STANDING}.mp4"
    limit_s = 60.0
    with RtspServer([Mount("/a", clip)]) as server:
        settings = settings_for(tmp_path, material, [{"id": "a", "url": server.url("/a")}], limit_s=limit_s)
        checkpoint = settings.data / "checkpoints" / "a.json"
        with killed_after(settings, tmp_path, lambda: checkpoint.exists() and longest_dwell_s(checkpoint) > 12):
            pass
        killed_at = datetime.now(UTC)
        with running(settings) as system:
            until(lambda: len(cases_of(system, "a")) >= 1, "a case")
            case = cases_of(system, "a")[0]
    dwell_s = next(reason.value for reason in case.reasons if reason.key == "dwell")
    assert dwell_s == pytest.approx(limit_s, abs=3.0)
    assert (killed_at - case.started_at).total_seconds() > 12  # what the program was told after its start cannot say so


@contextmanager
def killed_after(settings: Settings, folder: Path, condition: Callable[[], bool]) -> Iterator[None]:
    """Run the program as a process of its own until the condition holds, then kill it without a warning."""
    path = folder / "settings.json"
    path.write_text(settings.model_dump_json(), encoding="utf-8")
    raw = {**json.loads(path.read_text(encoding="utf-8")), "server": {"port": 0}}
    raw["broadcast"]["horns"] = [{"id": "h", "url": f"file://{folder}/horn?pace=0", "quiet_hours": []}]
    script = (
        "import json, sys, pathlib; from pipeline.settings import Settings; from pipeline.system import System;"
        "from streams.opening import Openers;"
        "s = System(Settings.model_validate(json.loads(sys.stdin.read())), Openers()); s.start();"
        "import threading; threading.Event().wait(600)"
    )
    process = subprocess.Popen([sys.executable, "-c", script], stdin=subprocess.PIPE, text=True)
    try:
        assert process.stdin is not None
        process.stdin.write(json.dumps(raw))
        process.stdin.close()
        until(condition, "enough dwell on disk")
        yield
    finally:
        process.kill()
        process.wait()


def longest_dwell_s(checkpoint: Path) -> float:
    """Return the dwell of the longest-standing place in a checkpoint."""
    memory = json.loads(checkpoint.read_text(encoding="utf-8"))["state"]["memory"]
    return max((spot["seen_clock_s"] - spot["since_clock_s"] for spot in memory["spots"]), default=0.0)
