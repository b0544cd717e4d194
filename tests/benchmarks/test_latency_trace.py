"""What is noted of packets and of the model, with a container and a model that are made up."""

from datetime import UTC, datetime
from types import SimpleNamespace

import numpy as np

from benchmarks.camera_clock import ClipClock
from benchmarks.latency_trace import TimedContainer, Trace
from benchmarks.time_strip import draw
from vision.detections import Detections
from vision.frames import Frame, Planes


class Container:
    """Gives packets, some of key frames."""

    format = "rtsp"

    def __init__(self, keys: str) -> None:
        self._keys = keys

    def demux(self, *_streams):
        yield from (SimpleNamespace(size=int(key != "-"), is_keyframe=key == "K") for key in self._keys)


def pictures_of(keys: str) -> int:
    noted: list[int] = []
    container = TimedContainer(Container(keys), lambda: noted.append(1))  # type: ignore[arg-type]
    assert len(list(container.demux())) == len(keys)
    return len(noted)


def test_each_packet_is_a_picture():
    assert pictures_of("KpppKp") == 6


def test_a_key_frame_in_two_packets_is_one_picture():
    assert pictures_of("KKppKKp") == 5


def test_the_empty_packet_at_the_end_is_no_picture():
    assert pictures_of("Kp-") == 2


def test_what_else_is_asked_of_the_container_goes_on_to_it():
    assert TimedContainer(Container(""), lambda: None).format == "rtsp"  # type: ignore[arg-type]


class Model:
    def detect(self, frames):
        return [Detections.empty() for _ in frames]


def frame(number: int, t_s: float) -> Frame:
    bgr = np.full((272, 480, 3), 100, np.uint8)
    draw(bgr, number)
    return Frame("gate", 0, t_s, datetime(2026, 11, 21, tzinfo=UTC), 0.0, Planes.from_bgr(bgr))


def test_numbers_in_pictures_that_the_model_sees_set_the_cameras_clock():
    trace = Trace({"gate": ClipClock(25, 3000, 0)})
    assert trace.blind == 1

    trace.around(Model()).detect([frame(250, 3.0)])

    (camera,) = trace.to_json()
    assert trace.blind == 0
    assert camera["offset_s"] == 7.0
    (t_s, began_s, ended_s) = camera["models_s"][0]
    assert t_s == 3.0
    assert began_s <= ended_s
