"""Works out how late pictures and boxes were on the wall, from what was noted there and the cameras' clocks.

Which picture is on the screen is told by the strip in it: it ties the video's media time to the camera's clock, and
so every picture whose media time the browser tells. A look's boxes are painted with the first drawing after they came
in at which the picture that they belong to, or a later one, is on the screen: that is what the page draws them for.
"""

import bisect
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from benchmarks.latency_clock import CameraLine
from benchmarks.latency_page import Noted
from benchmarks.time_strip import number_of


@dataclass(frozen=True, slots=True)
class Shown:
    """One picture on the screen: which it is, and when it came there."""

    picture: int
    at_s: float


@dataclass(frozen=True, slots=True)
class LookShown:
    """One look at a camera: the picture looked at, and when its boxes arrived and were painted.

    Attributes:
        picture: which one.
        since: the picture looked at before; changes after it are shown by this look.
        model_s: when the model had looked at it; None where it was not asked.
        arrived_s: when the page had the boxes.
        painted_s: when they were drawn with their picture; None where that was not seen.
        is_late: the picture was on the screen before its boxes had come.
    """

    picture: int
    since: int
    model_s: tuple[float, float] | None
    arrived_s: float
    painted_s: float | None
    is_late: bool


def shown_pictures(line: CameraLine, noted: Noted) -> list[Shown]:
    """Return the pictures of a camera in the order in which they came onto the screen."""
    ties = _ties(line, noted)
    rows = [
        Shown(round(media_s * line.clip.fps) + ties[run], at_s)
        for name, run, media_s, at_s in noted.frames
        if name == line.name and run in ties
    ]
    return sorted(rows, key=lambda shown: shown.at_s)


def looks_shown(
    line: CameraLine, noted: Noted, models_s: Mapping[float, tuple[float, float]], shown: Sequence[Shown]
) -> list[LookShown]:
    """Return what became of each look's boxes; the first look is left out, as nobody knows what came before it."""
    looks = sorted((row[1:] for row in noted.looks if row[0] == line.name), key=lambda row: row[0])
    paints = sorted((at_s, boxes) for name, at_s, boxes in noted.paints if name == line.name)
    pictures = [line.picture_of(t_s) for t_s, _arrived_s, _rows in looks]
    found = []
    for (t_s, arrived_s, rows), picture, since in zip(looks[1:], pictures[1:], pictures, strict=False):
        on_screen_s = next((each.at_s for each in shown if each.picture >= picture), None)
        painted_s = None
        if on_screen_s is not None:
            first = bisect.bisect_left(paints, (max(arrived_s, on_screen_s), -1))
            painted_s = next((at_s for at_s, boxes in paints[first:] if boxes > 0 or rows == 0), None)
        is_late = on_screen_s is not None and on_screen_s < arrived_s
        found.append(LookShown(picture, since, models_s.get(t_s), arrived_s, painted_s, is_late))
    return found


def picture_delays(line: CameraLine, shown: Sequence[Shown]) -> list[float]:
    """Return by how much later than it was sent each picture was on the screen."""
    return [each.at_s - line.sent_s(each.picture) for each in shown]


def change_delays(line: CameraLine, looks: Sequence[LookShown], *, painted: bool) -> list[float]:
    """Return how late a change in each of the camera's pictures was told by boxes.

    A change in any picture since the look before is first seen by this look; so each picture counts as one change.

    Args:
        line: the camera.
        looks: of the camera.
        painted: until its boxes are painted with their picture; else until they are in the page.
    """
    delays = []
    for look in looks:
        at_s = look.painted_s if painted else look.arrived_s
        if at_s is not None:
            delays += [at_s - line.sent_s(picture) for picture in range(look.since + 1, look.picture + 1)]
    return delays


def look_stages(line: CameraLine, looks: Sequence[LookShown]) -> dict[str, list[float]]:
    """Return the seconds that each look took from stage to stage."""
    stages: dict[str, list[float]] = {name: [] for name in STAGES}
    for look in looks:
        read_s = line.read_s(look.picture)
        if read_s is None or look.model_s is None or look.painted_s is None:
            continue
        times = line.sent_s(look.picture), read_s, *look.model_s, look.arrived_s, look.painted_s
        for name, before_s, after_s in zip(STAGES, times, times[1:], strict=False):
            stages[name].append(after_s - before_s)
    return stages


STAGES = ("sent_to_read", "read_to_model", "model", "model_to_page", "page_to_paint")
"""Of a look whose boxes are shown on the wall."""


def _ties(line: CameraLine, noted: Noted) -> dict[int, int]:
    """Return by run what to add to a media time, in pictures, to know the picture; runs without a strip are missing."""
    offsets: dict[int, list[int]] = {}
    for name, run, media_s, at_s, grey in noted.strips:
        number: Any = number_of(grey)
        if name != line.name or number is None:
            continue
        picture = line.picture_of_number(number, at_s)
        offsets.setdefault(run, []).append(picture - round(media_s * line.clip.fps))
    return {run: round(statistics.median(found)) for run, found in offsets.items()}
