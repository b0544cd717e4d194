"""What is noted of packets and of the model, with a connection and a model that are made up."""

from datetime import UTC, datetime

import numpy as np

from benchmarks.camera_clock import ClipClock
from benchmarks.latency_trace import TimedConnection, Trace
from benchmarks.time_strip import draw
from vision.detections import Detections
from vision.frames import Frame, Planes


class Made:
    """A connection that gives so many pictures."""

    codec = "h264"

    def __init__(self, pictures: int) -> None:
        self._pictures = pictures

    def units(self, _pace):
        yield from range(self._pictures)


def test_each_picture_is_noted_as_it_comes():
    noted: list[int] = []
    connection = TimedConnection(Made(6), lambda: noted.append(len(noted)))  # type: ignore[arg-type]
    came = [(unit, len(noted)) for unit in connection.units(None)]  # type: ignore[arg-type]
    assert came == [(number, number + 1) for number in range(6)]


def test_what_else_is_asked_of_the_connection_goes_on_to_it():
    assert TimedConnection(Made(0), lambda: None).codec == "h264"  # type: ignore[arg-type]


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
