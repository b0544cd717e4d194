"""Both parts of the latency benchmark, shortly, with one camera that shows nothing but its clock."""

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from benchmarks import latency_page
from benchmarks.capacity_clips import CAMERA
from benchmarks.capacity_streets import PERIOD_S, STORIES
from benchmarks.errors import NotPossibleError
from benchmarks.farm import write_units
from benchmarks.latency_figures import Measured, make_report
from benchmarks.latency_page import CHROMIUM, require_chromium
from benchmarks.latency_run import Equipment, page_part, watch_part
from benchmarks.report import to_json
from benchmarks.throughput import ModelChoice
from benchmarks.time_strip import draw
from models.shelf import bundled_card
from tests.rtsp.server import missing_reason

QUIET = next(told for told in STORIES if told.name == "quiet")

LONGEST_S = 20.0
"""Nothing takes longer on a machine that is loaded; what is misread is off by laps of two minutes."""


@pytest.fixture(scope="module")
def equipment(tmp_path_factory) -> Equipment:
    if reason := missing_reason():
        pytest.skip(reason)
    folder = tmp_path_factory.mktemp("latency")
    clip, units = folder / "grey.mp4", folder / "grey.units"
    write_grey_clip(clip)
    write_units(clip, units)
    return Equipment((QUIET,), {QUIET.name: units}, ModelChoice(bundled_card(), None, "onnxruntime", "a model"))


def write_grey_clip(path: Path) -> None:
    """Write a period of a small grey picture with its number in it."""
    bgr = np.full((270, 480, 3), 110, np.uint8)
    with av.open(str(path), "w") as container:
        options = {"preset": "ultrafast", "x264-params": "scenecut=0:keyint=50:min-keyint=50:bframes=0"}
        stream = container.add_stream("libx264", rate=CAMERA.fps, options=options)
        stream.width, stream.height, stream.pix_fmt = 480, 270, "yuv420p"
        for number in range(round(PERIOD_S * CAMERA.fps)):
            draw(bgr, number)
            frame = av.VideoFrame.from_ndarray(bgr, format="bgr24")
            frame.pts, frame.time_base = number, Fraction(1, CAMERA.fps)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


@pytest.mark.e2e
def test_watching_tells_the_stages_of_looks(equipment):
    part = watch_part(equipment, 1, 8.0)

    assert (part.missed, part.breaks, list(part.events)) == (0, 0, [])
    assert part.looks
    for look in part.looks:
        assert look.read_s is not None
        assert 0 <= look.read_s < look.whole_s < LONGEST_S


@pytest.mark.e2e
def test_the_wall_tells_how_late_its_pictures_and_boxes_are(equipment):
    if not CHROMIUM.exists():
        pytest.skip(f"{CHROMIUM} is not installed: apt-get install chromium")
    pytest.importorskip("playwright.sync_api", reason="playwright is not installed: pip install -e .[dev]")
    part = page_part(equipment, 1, 1, 4.0)

    assert part.pictures_s
    assert all(0 < seconds < LONGEST_S for seconds in (*part.pictures_s, *part.arrived_s, *part.painted_s))
    assert part.painted_s
    assert min(part.painted_s) > min(part.arrived_s)
    report = to_json(make_report(Measured({}, [], page=part)))
    assert [goal["name"].split(" beyond")[0] for goal in report["goals"]] == [
        "picture change to boxes in the page",
        "picture change to boxes painted with their picture",
    ]


def test_a_missing_browser_is_said_with_the_way_out(monkeypatch, tmp_path):
    monkeypatch.setattr(latency_page, "CHROMIUM", tmp_path / "chromium")
    pytest.importorskip("playwright.sync_api", reason="playwright is not installed: pip install -e .[dev]")

    with pytest.raises(NotPossibleError, match="apt install chromium"):
        require_chromium()
