"""Real clips of street cameras through the whole package; skipped where they do not lie beside the checkout."""

from itertools import pairwise
from pathlib import Path

import pytest

from streams.clips import decode_all, write_clip
from streams.gears import Gear
from streams.opening import Openers
from streams.pool import CameraPool
from streams.probe import probe
from streams.recorded import Recorded
from streams.settings import StreamSettings
from tests.rtsp.server import Mount, RtspServer
from tests.streams.helpers import Collector, decoded, segment_of

VIDEOS = Path(__file__).parents[2].parent / "shared" / "material" / "videos"
CLIPS = {
    "jamcam_06514_hydepark_20190628": ("h264", (352, 288), 25.0),
    "one_by_one_person": ("h264", (768, 432), 10.0),
    "opencv4nodejs_traffic": ("h264", (640, 360), 24.0),
    "dvrscan_brightness_cam87": ("mpeg4", (960, 1080), 12.0),
}

pytestmark = [
    pytest.mark.material,
    pytest.mark.skipif(not VIDEOS.is_dir(), reason=f"real clips are missing: {VIDEOS}"),
]


def path_of(name: str) -> Path:
    found = [path for path in VIDEOS.glob(f"{name}.*") if path.suffix in {".mp4", ".avi", ".mkv", ".mov", ".webm"}]
    if not found:
        pytest.skip(f"real clip is missing: {name}")
    return found[0]


@pytest.mark.parametrize("name", CLIPS)
def test_real_clip_is_reported_as_it_is(name: str) -> None:
    codec, size_wh, fps = CLIPS[name]
    report = probe(str(path_of(name)), StreamSettings(), Openers(), watch_s=4)
    assert (report.codec, report.size_wh) == (codec, size_wh)
    assert report.delivered_fps == pytest.approx(fps, rel=0.1)


@pytest.mark.parametrize("name", [name for name in CLIPS if name.startswith(("jamcam", "dvrscan"))])
def test_real_clip_survives_being_cut_without_re_encoding(name: str, tmp_path: Path) -> None:
    segment = segment_of(path_of(name))
    info = write_clip(segment, tmp_path / "clip.mp4")
    frames = list(decode_all(segment))
    assert len(decoded(info.path)) == len(frames)
    assert all(later.t_s > earlier.t_s for earlier, later in pairwise(frames))


@pytest.mark.e2e
@pytest.mark.parametrize("transport", ["tcp", "udp"])
def test_real_clip_over_rtsp_comes_whole(transport: str) -> None:
    seen = Collector()
    with RtspServer([Mount("/traffic", path_of("jamcam_06514_hydepark_20190628"))]) as server:
        pool = CameraPool(Openers(), seen)
        try:
            reader = pool.add("traffic", server.url("/traffic"), StreamSettings(transport=transport))
            reader.want("test", Gear.full())
            frames = seen.wait(50)
        finally:
            pool.close()
    assert {frame.size_wh for frame in frames} == {(352, 288)}
    assert all(later.t_s - earlier.t_s == pytest.approx(0.04, abs=0.01) for earlier, later in pairwise(frames))
    assert reader.health().corrupt == 0


def test_real_avi_that_was_cut_off_is_called_truncated(tmp_path: Path) -> None:
    (tmp_path / "cut.avi").write_bytes(path_of("dvrscan_brightness_cam87").read_bytes()[:200_000])
    report = probe(str(tmp_path / "cut.avi"), StreamSettings(), Openers(), watch_s=4)
    assert "is truncated: it holds 0.2 s of the 4.8 s" in report.problem


@pytest.mark.parametrize("name", CLIPS)
def test_real_whole_clip_is_not_called_truncated(name: str) -> None:
    with Recorded(path_of(name), name) as recorded:
        for _ in recorded:
            pass
    assert recorded.problem == ""
