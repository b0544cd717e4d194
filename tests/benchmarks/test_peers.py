"""One contract for both peers: every picture that they read ends as looked at, dropped with a cause, or waiting."""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import cast

import pytest

from benchmarks.side_load_streams import LoadStreamsSide
from benchmarks.side_opencv import OpenCvSide
from benchmarks.sides import CameraCounts, Side, SideName, SideSettings
from models.model import Model
from tests.rtsp.clips import Pattern, encode_clip
from vision.detections import Detections
from vision.frames import Frame

LIMIT_S = 60.0
MAKERS: dict[str, Callable[[SideSettings, Model], Side]] = {"load_streams": LoadStreamsSide, "opencv": OpenCvSide}


class CountingModel:
    """Notes the length of each batch, sees nothing, and tells when it was called often enough."""

    def __init__(self, enough: int) -> None:
        self.batches: list[int] = []
        self.sizes: set[tuple[int, int]] = set()
        self.is_enough = threading.Event()
        self._enough = enough

    def detect(self, frames: Sequence[Frame]) -> list[Detections]:
        self.batches.append(len(frames))
        self.sizes |= {frame.size_wh for frame in frames}
        self.sizes |= {frame.letterboxed((64, 64))[0].shape[:2] for frame in frames}
        if len(self.batches) >= self._enough:
            self.is_enough.set()
        return []


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return encode_clip(tmp_path_factory.mktemp("clip") / "clip.mp4", Pattern(seconds=4.0))


@contextmanager
def running(side: SideName, clip: Path, model: CountingModel, cameras: int = 2) -> Iterator[Side]:
    settings = SideSettings(
        side=side, urls=(str(clip),) * cameras, card="", engine="", cache_dir="", look_hz=5.0, source_fps=25.0
    )
    made = MAKERS[side.removesuffix("_paced")](settings, cast("Model", model))
    made.start()
    try:
        assert model.is_enough.wait(LIMIT_S), made.problem()
        yield made
    finally:
        made.stop()


@pytest.mark.parametrize("side", ["load_streams", "load_streams_paced", "opencv", "opencv_paced"])
def test_every_picture_that_was_read_is_accounted_for(side: SideName, clip: Path) -> None:
    with running(side, clip, CountingModel(enough=4)) as made:
        found: Sequence[CameraCounts] = made.counts()

    assert [counts.unaccounted for counts in found] == [0, 0]
    assert sum(counts.looked for counts in found) > 0


def test_load_streams_looks_at_all_cameras_as_one_batch(clip: Path) -> None:
    model = CountingModel(enough=3)

    with running("load_streams", clip, model, cameras=3):
        pass

    assert set(model.batches) == {3}


def test_opencv_looks_at_one_picture_at_a_time(clip: Path) -> None:
    model = CountingModel(enough=6)

    with running("opencv", clip, model, cameras=3):
        pass

    assert set(model.batches) == {1}


def test_plain_opencv_loop_drops_nothing(clip: Path) -> None:
    with running("opencv", clip, CountingModel(enough=10), cameras=1) as made:
        counts = made.counts()[0]

    assert (sum(counts.dropped.values()), counts.delivered) == (0, counts.looked + counts.waiting)


def test_paced_opencv_loop_looks_at_every_fifth_picture(clip: Path) -> None:
    with running("opencv_paced", clip, CountingModel(enough=4), cameras=1) as made:
        counts = made.counts()[0]

    assert counts.looked == pytest.approx(counts.delivered / 5, abs=2)


def test_peers_hand_over_whole_pictures(clip: Path) -> None:
    model = CountingModel(enough=1)

    with running("opencv", clip, model, cameras=1):
        pass

    assert model.sizes == {(320, 240), (64, 64)}


def test_load_streams_does_not_start_when_one_source_is_dead(clip: Path) -> None:
    settings = SideSettings(
        side="load_streams",
        urls=(str(clip), str(clip.with_name("none.mp4"))),
        card="",
        engine="",
        cache_dir="",
        look_hz=1.0,
        source_fps=25.0,
    )
    side = LoadStreamsSide(settings, cast("Model", CountingModel(enough=1)))

    with pytest.raises(ConnectionError, match="does not open"):
        side.start()
    side.stop()
