"""Watches one drawn camera as the service does: the rules pace it, pixels decide whether the model looks.

It is `pipeline.watch.CameraWatch` with all that it holds, fed with the pictures that a reader would offer in the gear
of the moment; looking back is `pipeline.look_back` on drawn pictures. Answers come before the next look, as they do in
the service, where they take some tenths of a second.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from benchmarks.scenarios_camera import DrawnCamera
from detectors.catalog import ZoneSettings
from detectors.events import Event
from pipeline.look_back import Question, since_when_in
from pipeline.watch import CameraWatch
from streams.errors import StreamError
from vision.arrays import SizeWH
from vision.closer_look import CloserLook
from vision.detections import Detections
from vision.observations import Dated


class Find(Protocol):
    """What finds things in a camera's pictures."""

    def __call__(self, t_s: float, closer: CloserLook | None = None) -> Detections:
        """Return what is found in the picture of a moment, and with it in a closer look at parts of it."""
        ...


@dataclass(slots=True)
class Watched:
    """What came of watching.

    Attributes:
        events: all of them, in the order of time.
        looks: pictures that were looked at.
        inferred: those that the model saw.
        blind: looks whose view could not be judged.
    """

    events: list[Event] = field(default_factory=list)
    looks: int = 0
    inferred: int = 0
    blind: int = 0


def watch(camera: DrawnCamera, zones: Sequence[ZoneSettings], find: Find, input_wh: SizeWH | None = None) -> Watched:
    """Watch a camera from its beginning to its end; with the model's `input_wh`, closely where things are small."""
    seen = Watched()
    watching = CameraWatch(camera.camera_id, zones, input_wh=input_wh)
    t_s = camera.next_t_s(-1.0, watching.pace())
    while t_s < camera.end_s:
        if watching.is_due(t_s, watching.pace().look_hz):
            _look(camera, watching, find, t_s, seen)
        t_s = camera.next_t_s(t_s, watching.pace())
    return seen


def _look(camera: DrawnCamera, watching: CameraWatch, find: Find, t_s: float, seen: Watched) -> None:
    glance = watching.glance(camera.frame(t_s))
    wants_model = watching.wants_model(glance, watching.pace().model_hz)
    closer = watching.closer(glance) if wants_model else None
    looked = watching.take(glance, find(t_s, closer) if wants_model else None, closer)
    seen.looks += 1
    seen.inferred += wants_model
    seen.blind += looked.scene.view.value != "ok"
    seen.events += looked.events
    for question in looked.questions:
        watching.answer(Dated(question.subject, _since_when(camera, question)))


def _since_when(camera: DrawnCamera, question: Question) -> float | None:
    try:
        return since_when_in(camera, question)
    except StreamError:
        return None
