"""The farm of RTSP cameras: each plays its clip from its own picture on, without end."""

import av
import numpy as np
import pytest

from benchmarks.errors import NotPossibleError
from benchmarks.farm import Camera, Farm, write_units
from tests.rtsp.clips import Pattern, encode_clip, pattern_frame
from tests.rtsp.server import missing_reason

PATTERN = Pattern(size_wh=(320, 240), seconds=2.0, fps=25, gop=25)


def luma_of(index: int) -> np.ndarray:
    return pattern_frame(index, PATTERN.size_wh).to_ndarray(format="gray")


@pytest.fixture(scope="module")
def units(tmp_path_factory):
    folder = tmp_path_factory.mktemp("farm")
    target = folder / "pattern.units"
    assert write_units(encode_clip(folder / "pattern.mp4", PATTERN), target) == 50
    return {"pattern": target}


def test_a_farm_without_its_server_names_what_is_missing(monkeypatch):
    monkeypatch.setattr("benchmarks.farm.missing_reason", lambda: "no RTSP server: it is missing")

    with pytest.raises(NotPossibleError, match="missing"):
        Farm([], {}, fps=25)


@pytest.mark.e2e
def test_cameras_begin_at_their_own_picture_and_go_on_past_the_clip_without_a_break(units):
    if reason := missing_reason():
        pytest.skip(reason)
    cameras = [Camera("/first", "pattern", 0, 0.0), Camera("/second", "pattern", 25, 0.4)]

    with Farm(cameras, units, fps=25) as farm:
        for camera, url in zip(cameras, farm.urls, strict=True):
            with av.open(url, options={"rtsp_transport": "tcp"}, timeout=60) as container:
                pictures, times_s = [], []
                for frame in container.decode(video=0):
                    pictures.append(frame.to_ndarray(format="gray"))
                    times_s.append(frame.time)
                    if len(pictures) == 60:
                        break
                assert len(farm.behind_s()) == 1
            wanted = [luma_of((camera.first_unit + number) % 50) for number in range(60)]
            worst = max(np.abs(a.astype(int) - b).mean() for a, b in zip(pictures, wanted, strict=True))
            assert worst < 6
            known_s = [time_s for time_s in times_s if time_s is not None]  # libav knows none before the first report
            assert len(known_s) > 40
            assert np.allclose(np.diff(known_s), 0.04, atol=0.002)
