"""The whole without its page: what cannot be done leaves nothing half done."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from pipeline.settings import CameraEntry, Settings
from pipeline.system import System
from streams.opening import Openers
from vision.detections import Detections
from vision.frames import Frame


class SeesNothing:
    def detect(self, frames: Sequence[Frame]) -> list[Detections]:
        return [Detections.empty() for _ in frames]


def new_system(data: Path) -> System:
    return System(Settings(data=data), Openers(), model=SeesNothing())


@pytest.fixture
def system(tmp_path: Path) -> Iterator[System]:
    made = new_system(tmp_path)
    made.start()
    yield made
    made.stop()


def test_camera_that_cannot_be_watched_is_not_kept(system: System) -> None:
    unopened = CameraEntry(id="gate", url="synthetic://street")
    with pytest.raises(ValueError, match="known are"):
        system.add_camera(unopened)
    assert system.cameras() == ()
    system.add_camera(CameraEntry(id="gate", url="file:///nowhere/there-is-none.mp4"))
    assert [camera.camera_id for camera in system.cameras()] == ["gate"]


def test_camera_that_cannot_be_watched_does_not_stop_the_next_start(tmp_path: Path) -> None:
    system = new_system(tmp_path)
    system.start()
    with pytest.raises(ValueError, match="known are"):
        system.add_camera(CameraEntry(id="gate", url="synthetic://street"))
    system.stop()
    again = new_system(tmp_path)
    again.start()
    assert again.cameras() == ()
    again.stop()
